#include "tests/support/tpm_frames.h"

#include <sys/socket.h>

#include <cerrno>

#include "firmware/base/codec.h"
#include "firmware/base/result.h"

namespace shosoin::test {
namespace {

constexpr std::uint16_t kWithSessions = 0x8002;
constexpr std::uint32_t kPassword = 0x40000009;
constexpr std::uint32_t kOwner = 0x40000001;

bool read_exactly(int descriptor, std::span<std::uint8_t> to) {
  while (!to.empty()) {
    const auto got = ::recv(descriptor, to.data(), to.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return true;
}
Bytes with_header(std::uint32_t code, ByteView body) {
  return Writer().u16(kWithSessions).u32(static_cast<std::uint32_t>(10 + body.size())).u32(code).raw(body).take();
}
Writer& empty_password(Writer& body) { return body.u32(9).u32(kPassword).u16(0).u8(0).u16(0); }

}  // namespace

std::optional<Bytes> read_frame(int descriptor) {
  std::array<std::uint8_t, 10> header{};
  if (!read_exactly(descriptor, header)) return std::nullopt;
  const std::size_t size = from_be<std::uint32_t>(ByteView(header).subspan<2, 4>());
  if (size < header.size() || size > 1u << 16) return std::nullopt;
  Bytes rest(size - header.size());
  if (!read_exactly(descriptor, rest)) return std::nullopt;
  Bytes frame = copy_of(header);
  append(frame, rest);
  return frame;
}
bool write_frame(int descriptor, ByteView frame) {
  while (!frame.empty()) {
    const auto sent = ::send(descriptor, frame.data(), frame.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    frame = frame.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}
std::uint32_t code_of(ByteView frame) { return from_be<std::uint32_t>(frame.subspan<6, 4>()); }
std::uint32_t run_command(int descriptor, ByteView command) {
  ENSURE(write_frame(descriptor, command));
  auto answer = read_frame(descriptor);
  ENSURE(answer.has_value());
  return code_of(*answer);
}

Bytes extend_pcr_command(unsigned pcr, const Digest& digest) {
  Writer body;
  body.u32(pcr);
  empty_password(body).u32(1).u16(0x000B).raw(digest);
  return with_header(0x182, body.bytes());
}
Bytes define_owner_space_command(std::uint32_t index, std::uint16_t size) {
  Writer area;
  area.u32(index).u16(0x000B).u32(0x00020002).u16(0).u16(size);  // OWNERREAD | OWNERWRITE, ordinary, no policy
  Writer body;
  body.u32(kOwner);
  empty_password(body).u16(0).blob16(area.bytes());
  return with_header(0x12A, body.bytes());
}

}  // namespace shosoin::test
