#include "admin-api/gate/vault_pool.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <cerrno>

#include "firmware/base/limits.h"
#include "firmware/base/log.h"
#include "firmware/memory/secret.h"

namespace shosoin::gate {
namespace {

namespace net = boost::asio;
using local = net::local::stream_protocol;
constexpr auto use_result = net::as_tuple(net::use_awaitable);

struct WipedBytes {
  Bytes bytes;
  ~WipedBytes() { memory::wipe(bytes); }
};

}  // namespace

struct VaultPool::Channel {
  explicit Channel(net::io_context& context) : stream(context) {}
  // The vault closed its end while the channel lay idle (it restarted): then nothing was asked yet and another may be
  // opened.
  bool still_open() {
    char byte;
    const auto got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
  boost::beast::basic_stream<local> stream;
};

struct VaultPool::Waiter {
  explicit Waiter(net::io_context& context) : timer(context, limits::kVaultReply) {}
  net::steady_timer timer;
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
  idle_.reserve(most_);  // giving a channel back takes no memory
}
VaultPool::~VaultPool() = default;
void VaultPool::drop_idle() { idle_.clear(); }

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
  channel->stream.expires_never();
  idle_.push_back(std::move(channel));
  wake_one();
}

net::awaitable<bool> VaultPool::wait_for_turn() {
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
  co_await self.timer.async_wait(use_result);
  co_return self.called;
}

net::awaitable<Result<std::unique_ptr<VaultPool::Channel>>> VaultPool::open() {
  ++open_;
  Place place(*this, nullptr);
  place.channel = std::make_unique<Channel>(context_);
  place.channel->stream.expires_after(limits::kVaultConnect);
  auto [failed] = co_await place.channel->stream.async_connect(local::endpoint(socket_path_), use_result);
  if (failed) co_return Error{ErrorCode::Unavailable, "connect to the vault", failed.value()};
  co_return place.release();
}

net::awaitable<Result<std::unique_ptr<VaultPool::Channel>>> VaultPool::acquire() {
  // Whoever comes while others wait stands behind them; whoever was called is next.
  if (!waiters_.empty() && !co_await wait_for_turn())
    co_return Error{ErrorCode::Unavailable, "wait for a channel to the vault"};
  while (true) {
    while (!idle_.empty()) {
      auto channel = std::move(idle_.back());
      idle_.pop_back();
      if (channel->still_open()) co_return channel;
      --open_;
    }
    if (open_ < most_) co_return co_await open();
    if (!co_await wait_for_turn()) co_return Error{ErrorCode::Unavailable, "wait for a channel to the vault"};
  }
}

net::awaitable<Result<protocol::Reply>> VaultPool::ask(protocol::Request request, std::chrono::seconds patience) {
  auto acquired = co_await acquire();
  if (!acquired) {
    protocol::wipe_secrets(request);
    oplog::failure("no channel to the vault", acquired.error());
    co_return acquired.error();
  }
  Place place(*this, std::move(acquired).value());
  auto& channel = place.channel;
  WipedBytes frame;
  frame.bytes = protocol::encode(request);
  protocol::wipe_secrets(request);
  channel->stream.expires_after(patience);
  auto [write_failed, written] = co_await net::async_write(channel->stream, net::buffer(frame.bytes), use_result);
  memory::wipe(frame.bytes);
  std::array<std::uint8_t, protocol::kLengthSize> length{};
  Bytes payload;
  auto failed = write_failed;
  if (!failed) {
    auto [length_failed, got] = co_await net::async_read(channel->stream, net::buffer(length), use_result);
    failed = length_failed;
  }
  const auto size = protocol::payload_size(length, limits::kMaxReplyFrame);
  if (!failed && size) {
    payload.resize(size.value());
    auto [payload_failed, got] = co_await net::async_read(channel->stream, net::buffer(payload), use_result);
    failed = payload_failed;
  }
  auto reply = protocol::decode_reply(payload);
  if (failed || !reply || reply.value().id != request.id) {
    const Error error{ErrorCode::Unavailable, "hear the vault's reply", failed.value()};
    oplog::failure("lost a channel to the vault", error);
    co_return error;
  }
  give_back(place.release());
  co_return std::move(reply).value();
}

}  // namespace shosoin::gate
