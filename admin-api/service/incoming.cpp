#include "admin-api/service/incoming.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::service {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Incoming::~Incoming() { memory::wipe(near_); }

bool Incoming::head(std::array<std::uint8_t, protocol::kLengthSize>& out) {
  while (have_ < out.size()) {
    const std::size_t got = some(std::span(near_).subspan(have_), have_ == 0);
    if (got == 0) return false;
    have_ += got;
  }
  std::copy_n(near_.begin(), out.size(), out.begin());
  return true;
}

bool Incoming::payload(std::span<std::uint8_t> out) {
  const std::size_t here = have_ - protocol::kLengthSize;
  if (here > out.size()) return false;  // another request before its answer
  std::copy_n(near_.begin() + protocol::kLengthSize, here, out.begin());
  done();
  for (auto rest = out.subspan(here); !rest.empty();) {
    const std::size_t got = some(rest, false);
    if (got == 0) return false;
    rest = rest.subspan(got);
  }
  return true;
}

// The socket's own patience is as long as a stop may go unnoticed.
std::size_t Incoming::some(std::span<std::uint8_t> out, bool first) {
  const auto until = std::chrono::steady_clock::now() + limits::kVaultReadWait;
  for (;;) {
    const auto got = ::recv(socket_, out.data(), out.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0 || !would_block()) return 0;
    if (first ? stopping_.load() : std::chrono::steady_clock::now() >= until) return 0;
  }
}

Incoming::Seen Incoming::look() {
  filled_ = false;
  const auto room = std::span(near_).subspan(have_);
  const auto got = ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
  if (got < 0 && would_block()) return have_ == 0 ? Seen::Nothing : Seen::Part;
  if (got <= 0) return Seen::Gone;
  filled_ = static_cast<std::size_t>(got) == room.size();
  have_ += static_cast<std::size_t>(got);
  if (have_ < protocol::kLengthSize) return Seen::Part;
  const auto size = protocol::payload_size(std::span(near_).first<protocol::kLengthSize>(), limits::kMaxRequestFrame);
  if (!size || have_ > protocol::kLengthSize + size.value()) return Seen::Gone;
  return have_ == protocol::kLengthSize + size.value() ? Seen::Whole : Seen::Part;
}
ByteView Incoming::whole() const { return ByteView(near_).first(have_).subspan(protocol::kLengthSize); }
void Incoming::done() {
  memory::wipe(std::span(near_).first(have_));
  have_ = 0;
}

bool send_all(int socket, ByteView bytes) {
  while (!bytes.empty()) {
    const auto put = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace shosoin::service
