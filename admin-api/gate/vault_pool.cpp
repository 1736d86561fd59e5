#include "admin-api/gate/vault_pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "firmware/base/limits.h"
#include "firmware/base/limits_gate.h"
#include "firmware/base/log.h"
#include "firmware/memory/secret.h"

namespace shosoin::gate {
namespace {

namespace net = boost::asio;

struct WipedBytes {
  Bytes bytes;
  ~WipedBytes() { memory::wipe(bytes); }
};

}  // namespace

// Known to the pool while it is open, for its deadline.
struct VaultPool::Channel {
  explicit Channel(VaultPool& of) : pool(of), socket(of.context_) { pool.channels_.push_back(this); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() { std::erase(pool.channels_, this); }
  VaultPool& pool;
  LocalSocket socket;
  Deadline deadline;
  Bytes in = Bytes(limits::kReplyRead);  // kept from reply to reply, wiped in between
};

struct VaultPool::Waiter {
  explicit Waiter(net::io_context& context) : timer(context, limits::kVaultReply) {}
  Timer timer;
  bool called = false;
};

// A channel's place in the pool, given back on every way out, running out of memory included.
struct VaultPool::Place {
  VaultPool& pool;
  std::unique_ptr<Channel> channel{};
  bool held = true;
  Place(VaultPool& of, std::unique_ptr<Channel> with) noexcept : pool(of), channel(std::move(with)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (!held) return;
    channel.reset();
    pool.forget();
  }
  std::unique_ptr<Channel> release() noexcept {
    held = false;
    return std::move(channel);
  }
};

VaultPool::VaultPool(net::io_context& context, std::string socket_path, std::size_t most)
    : context_(context), socket_path_(std::move(socket_path)), most_(most) {
  idle_.reserve(most_);  // giving a channel back takes no memory, and opening one none for its place here
  channels_.reserve(most_);
}
VaultPool::~VaultPool() = default;
void VaultPool::drop_idle() { idle_.clear(); }

void VaultPool::close_late(SteadyClock::time_point now) {
  for (auto* channel : channels_) {
    if (!channel->deadline.has_passed(now)) continue;
    channel->deadline.never();
    boost::system::error_code ignored;
    channel->socket.close(ignored);
  }
}

void VaultPool::wake_one() {
  if (waiters_.empty()) return;
  Waiter* first = waiters_.front();
  waiters_.pop_front();
  first->called = true;
  first->timer.cancel();
}
void VaultPool::forget() {
  --open_;
  wake_one();
}
void VaultPool::give_back(std::unique_ptr<Channel> channel) {
  channel->deadline.never();
  idle_.push_back(std::move(channel));
  wake_one();
}

Awaitable<bool> VaultPool::wait_for_turn() {
  if (waiters_.size() >= limits::kGateWaiters) co_return false;
  Waiter self(context_);
  struct Standing {
    std::list<Waiter*>& line;
    const Waiter& self;
    std::list<Waiter*>::iterator place;
    ~Standing() {
      if (!self.called) line.erase(place);
    }
  } standing{waiters_, self, waiters_.insert(waiters_.end(), &self)};
  co_await self.timer.async_wait(on_loop);
  co_return self.called;
}

Awaitable<Result<std::unique_ptr<VaultPool::Channel>>> VaultPool::open() {
  ++open_;
  Place place(*this, nullptr);
  place.channel = std::make_unique<Channel>(*this);
  place.channel->deadline.after(limits::kVaultConnect);
  const net::local::stream_protocol::endpoint vault(socket_path_);
  auto [failed] = co_await place.channel->socket.async_connect(vault, on_loop);
  if (!failed) place.channel->socket.native_non_blocking(true, failed);
  if (failed) co_return Error{ErrorCode::Unavailable, "connect to the vault", failed.value()};
  co_return place.release();
}

Awaitable<Result<std::unique_ptr<VaultPool::Channel>>> VaultPool::acquire() {
  // Whoever comes while others wait stands behind them; whoever was called is next.
  if (!waiters_.empty() && !co_await wait_for_turn())
    co_return Error{ErrorCode::Unavailable, "wait for a channel to the vault"};
  while (true) {
    if (!idle_.empty()) {
      auto channel = std::move(idle_.back());
      idle_.pop_back();
      co_return channel;
    }
    if (open_ < most_) co_return co_await open();
    if (!co_await wait_for_turn()) co_return Error{ErrorCode::Unavailable, "wait for a channel to the vault"};
  }
}

// Nearly always at once: the kernel's buffer is larger than a request.
Awaitable<VaultPool::Sent> VaultPool::send(Channel& channel, ByteView frame) {
  for (bool begun = false; !frame.empty();) {
    const auto put = ::send(channel.socket.native_handle(), frame.data(), frame.size(), MSG_NOSIGNAL);
    if (put > 0) {
      begun = true;
      frame = frame.subspan(static_cast<std::size_t>(put));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) co_return begun ? Sent::InPart : Sent::Nothing;
    auto [failed] = co_await channel.socket.async_wait(LocalSocket::wait_write, on_loop);
    if (failed) co_return Sent::InPart;
  }
  co_return Sent::Whole;
}

// How long one reply is, its length included, which then stands in channel.in; 0 when the channel fails, or says more.
Awaitable<std::size_t> VaultPool::hear(Channel& channel) {
  auto& in = channel.in;
  std::size_t have = 0, want = protocol::kLengthSize;
  bool length_known = false;
  while (have < want) {
    auto [failed] = co_await channel.socket.async_wait(LocalSocket::wait_read, on_loop);
    if (failed) co_return 0;
    while (have < want) {
      const auto got = ::recv(channel.socket.native_handle(), in.data() + have, in.size() - have, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (got <= 0) co_return 0;
      have += static_cast<std::size_t>(got);
      if (length_known || have < want) continue;
      const auto size = protocol::payload_size(std::span(in).first<protocol::kLengthSize>(), limits::kMaxReplyFrame);
      if (!size) co_return 0;
      length_known = true;
      want += size.value();
      if (in.size() < want) in.resize(want);
    }
  }
  co_return have == want ? want : 0;
}

Awaitable<Result<protocol::Reply>> VaultPool::ask(protocol::Request request, std::chrono::seconds patience) {
  WipedBytes frame;
  frame.bytes = protocol::encode(request);
  protocol::wipe_secrets(request);
  request.fields.clear();  // the frame alone waits for a channel
  for (std::size_t attempt = 0;; ++attempt) {
    auto acquired = co_await acquire();
    if (!acquired) {
      oplog::failure("no channel to the vault", acquired.error());
      co_return acquired.error();
    }
    Place place(*this, std::move(acquired).value());
    place.channel->deadline.after(patience);
    const Sent sent = co_await send(*place.channel, frame.bytes);
    // The vault closed its end while the channel lay idle (it restarted): it was asked nothing, and another is taken.
    if (sent == Sent::Nothing && attempt < most_) continue;
    memory::wipe(frame.bytes);
    const std::size_t heard = sent == Sent::Whole ? co_await hear(*place.channel) : 0;
    auto& in = place.channel->in;
    auto reply =
        protocol::decode_reply(heard == 0 ? ByteView{} : ByteView(in).first(heard).subspan(protocol::kLengthSize));
    memory::wipe(std::span(in).first(heard));
    if (in.size() > limits::kReplyRead) in = Bytes(limits::kReplyRead);  // a large one is not kept
    if (!reply || reply.value().id != request.id) {
      const Error error{ErrorCode::Unavailable, "hear the vault's reply"};
      oplog::failure("lost a channel to the vault", error);
      co_return error;
    }
    give_back(place.release());
    co_return std::move(reply).value();
  }
}

}  // namespace shosoin::gate
