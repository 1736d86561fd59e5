#include "admin-api/service/channel_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>

#include "crypto/library_memory.h"
#include "firmware/base/log.h"
#include "firmware/memory/secret.h"

namespace shosoin::service {
namespace {

constexpr int kLookMilliseconds = 500;  // how soon a stop is noticed
constexpr int kStopMilliseconds = 20;   // while the last channels come back
constexpr int kEventsAtOnce = 64;

}  // namespace

Result<std::unique_ptr<ChannelLoop>> ChannelLoop::make(Ways ways) {
  disk::Descriptor events(::epoll_create1(EPOLL_CLOEXEC));
  disk::Descriptor bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!events.is_open() || !bell.is_open()) return Error{ErrorCode::Unavailable, "make an event loop", errno};
  epoll_event about{};  // of no channel; edge triggered, so that nobody has to read it
  about.events = EPOLLIN | EPOLLET;
  if (::epoll_ctl(events.number(), EPOLL_CTL_ADD, bell.number(), &about) != 0) {
    return Error{ErrorCode::Unavailable, "listen for flushes", errno};
  }
  std::unique_ptr<ChannelLoop> loop(new ChannelLoop(std::move(ways), std::move(events), std::move(bell)));
  try {
    loop->thread_ = std::thread([of = loop.get()] { of->run(); });
  } catch (const std::system_error& failed) {
    return Error{ErrorCode::Unavailable, "start a thread for the gate's channels", failed.code().value()};
  }
  return loop;
}
ChannelLoop::ChannelLoop(Ways ways, disk::Descriptor events, disk::Descriptor bell)
    : ways_(std::move(ways)), journal_(ways_.service.journal()), events_(std::move(events)), bell_(std::move(bell)) {
  journal_.tell(*this);
}
ChannelLoop::~ChannelLoop() {
  if (thread_.joinable()) thread_.join();
  journal_.tell_no_more(*this);
}

void ChannelLoop::take_in(int socket) {
  auto channel = std::make_unique<GateChannel>(socket, ways_.stopping);
  epoll_event about{};
  about.events = EPOLLIN | EPOLLET | EPOLLRDHUP;
  about.data.ptr = channel.get();
  const std::scoped_lock lock(mutex_);
  const auto place = channels_.insert(std::move(channel)).first;
  if (::epoll_ctl(events_.number(), EPOLL_CTL_ADD, socket, &about) == 0) return;
  channels_.erase(place);  // the kernel had no memory for it either
  crypto::end_without_memory();
}
void ChannelLoop::close(GateChannel& channel) {
  const int socket = channel.socket;
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(channels_, [&](const auto& held) { return held.get() == &channel; });
  }
  ways_.closed(socket);
}

// What came in while it was aside is told of anew.
void ChannelLoop::come_back(GateChannel& channel) noexcept {
  epoll_event about{};
  about.events = EPOLLIN | EPOLLET | EPOLLRDHUP;
  about.data.ptr = &channel;
  const std::scoped_lock lock(mutex_);  // close() takes it too: the channel is there until the kernel was told
  channel.aside.store(false);
  (void)::epoll_ctl(events_.number(), EPOLL_CTL_MOD, channel.socket, &about);
}
bool ChannelLoop::goes_aside(GateChannel& channel, std::optional<protocol::Request>& request) {
  channel.aside = true;
  if (ways_.go_aside(*this, channel, request)) return true;
  channel.aside = false;
  return false;
}

void ChannelLoop::flushed() noexcept {
  if (!wants_flush_.exchange(false)) return;
  const std::uint64_t one = 1;
  (void)!::write(bell_.number(), &one, sizeof one);
}

void ChannelLoop::run() {
  std::array<epoll_event, kEventsAtOnce> events{};
  while (!over()) {
    wants_flush_.store(!owed_.empty());
    settle();  // what became durable just before would not be told of any more
    const int patience = ways_.stopping ? kStopMilliseconds : kLookMilliseconds;
    const int count = ::epoll_wait(events_.number(), events.data(), kEventsAtOnce, patience);
    for (int i = 0; i < count; ++i) {
      auto* channel = static_cast<GateChannel*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (channel == nullptr || channel->aside) continue;
      if (channel->owed) {
        channel->more = true;
      } else {
        look_at(*channel);
      }
    }
  }
}
// Of the requests under way each is answered before the end.
bool ChannelLoop::over() {
  if (!ways_.stopping || !owed_.empty()) return false;
  for (;;) {
    GateChannel* next = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      if (channels_.empty()) return true;
      if (std::ranges::any_of(channels_, [](const auto& channel) { return channel->aside.load(); })) return false;
      next = channels_.begin()->get();
    }
    close(*next);
  }
}

void ChannelLoop::look_at(GateChannel& channel) {
  channel.more = false;
  switch (channel.incoming.look()) {
    case Incoming::Seen::Nothing:
      return;
    case Incoming::Seen::Gone:
      return close(channel);
    case Incoming::Seen::Part: {
      std::optional<protocol::Request> unread;
      if (!goes_aside(channel, unread)) close(channel);
      return;
    }
    case Incoming::Seen::Whole:
      break;
  }
  channel.more = channel.incoming.may_have_more();
  const std::uint64_t id = protocol::id_in(channel.incoming.whole());
  bool goes_on = false;
  try {
    goes_on = take(channel, channel.incoming.whole());
  } catch (const std::bad_alloc&) {
    oplog::warning("out of memory: a request was given up");
    channel.incoming.done();
    goes_on = send_all(channel.socket, protocol::encode_bare(protocol::status_of(ErrorCode::OutOfMemory), id));
  }
  if (!goes_on) return close(channel);
  if (channel.more && !channel.owed && !channel.aside) come_back(channel);
}

// After a frame that is not understood the channel is closed: nothing behind it can be trusted.
bool ChannelLoop::take(GateChannel& channel, ByteView payload) {
  auto decoded = protocol::decode_request(payload, protocol::Channel::Gate);
  channel.incoming.done();
  if (!decoded) {
    send_all(channel.socket, protocol::encode(protocol::Reply{protocol::status_of(decoded.error().code()), 0,
                                                              R"({"code":"bad-request"})"}));
    return false;
  }
  if (ways_.service.is_brief(decoded.value())) return answer(channel, decoded.value());
  std::optional<protocol::Request> request(std::move(decoded).value());
  if (goes_aside(channel, request)) return true;
  const auto id = request->id;
  protocol::wipe_secrets(*request);
  return send_all(channel.socket, protocol::encode_bare(protocol::status_of(ErrorCode::OutOfMemory), id));
}

bool ChannelLoop::answer(GateChannel& channel, protocol::Request& request) {
  auto& owed = owed_.emplace_back(Owed{&channel, 0, request.id, {}, {}});  // before anything is done
  auto outcome = ways_.service.begin(request, protocol::Channel::Gate);
  protocol::wipe_secrets(request);
  owed.end = outcome.end;
  try {
    owed.reply = protocol::encode(outcome.reply);
  } catch (const std::bad_alloc&) {
    oplog::warning("out of memory: a request was given up");
  }
  memory::wipe(outcome.reply.body);
  if (outcome.after) {
    owed.ticket = *outcome.after;
    channel.owed = true;
    return true;
  }
  Owed now = std::move(owed_.back());  // of others nothing has become due meanwhile
  owed_.pop_back();
  return send(std::move(now));
}

// The kernel takes a reply whole, unless the gate does not read.
bool ChannelLoop::send(Owed owed) {
  const auto bare = protocol::encode_bare(protocol::status_of(ErrorCode::OutOfMemory), owed.id);
  auto& channel = *owed.channel;
  ByteView left = owed.reply.empty() ? ByteView(bare) : ByteView(owed.reply);
  bool sent = true;
  while (sent && !left.empty()) {
    const auto put = ::send(channel.socket, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put > 0) {
      left = left.subspan(static_cast<std::size_t>(put));
    } else if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && left.size() <= owed.reply.size()) {
      const auto done = static_cast<std::ptrdiff_t>(owed.reply.size() - left.size());
      owed.reply.erase(owed.reply.begin(), owed.reply.begin() + done);
      channel.rest = std::move(owed.reply);
      std::optional<protocol::Request> none;
      sent = goes_aside(channel, none);
      break;
    } else if (!(put < 0 && errno == EINTR)) {
      sent = false;
    }
  }
  memory::wipe(owed.reply);
  if (owed.end) ways_.ends(*owed.end);
  return sent;
}

void ChannelLoop::settle() {
  while (!owed_.empty()) {
    const auto settlement = journal_.settlement(owed_.front().ticket);
    if (settlement == journal::Journal::Settlement::Waiting) return;
    Owed owed = std::move(owed_.front());
    owed_.pop_front();
    if (settlement ==
        journal::Journal::Settlement::Failed) {  // whether the line stands is unknown: nothing of it is told
      const auto bare = protocol::encode_bare(protocol::status_of(ErrorCode::StorageFailed), owed.id);
      owed.reply.assign(bare.begin(), bare.end());
      owed.end = ErrorCode::StorageFailed;
    }
    auto& channel = *owed.channel;
    channel.owed = false;
    if (!send(std::move(owed))) {
      close(channel);
    } else if (channel.more && !channel.aside) {
      look_at(channel);
    }
  }
}

}  // namespace shosoin::service
