// Serves many of the gate's channels on one thread (decision 0043): a retrieval is worked on where it was read, and
// while its line is on its way to the disk the thread is at the next. Replies leave when their flush is durable, and
// not before (promise 4). What may take longer, or has not come in whole, goes aside to a thread of its own and the
// channel comes back. take_in, come_back, flushed: any thread. Everything else: the loop's own.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "admin-api/service/incoming.h"
#include "admin-api/service/service.h"
#include "firmware/base/disk.h"

namespace shosoin::service {

// One of the gate's connections to the vault.
struct GateChannel {
  GateChannel(int of, const std::atomic<bool>& stopping) : socket(of), incoming(of, stopping) {}
  const int socket;
  Incoming incoming;
  std::atomic<bool> aside{false};            // another thread has it
  bool owed = false;                         // a reply waits for its flush
  bool more = false;                         // something came in meanwhile
  std::optional<protocol::Request> asked{};  // what it went aside with
  Bytes rest{};                              // of a reply that the gate is slow to take
};

class ChannelLoop final : public journal::FlushListener {
 public:
  struct Ways {
    Service& service;
    const std::atomic<bool>& stopping;
    std::function<void(ErrorCode)> ends;
    // On another thread: sends what is left of a reply, or answers the request, or reads one and answers that. Then
    // gives the channel to come_back(). False: no memory or no thread for it; nothing was done.
    std::function<bool(ChannelLoop&, GateChannel&, std::optional<protocol::Request>&)> go_aside;
    std::function<void(int socket)> closed;
  };
  static Result<std::unique_ptr<ChannelLoop>> make(Ways ways);
  ~ChannelLoop() override;  // `stopping` is set: sends what is owed and closes every channel
  ChannelLoop(const ChannelLoop&) = delete;
  ChannelLoop& operator=(const ChannelLoop&) = delete;

  void take_in(int socket);  // takes it over; std::bad_alloc where there is no memory for it
  void come_back(GateChannel& channel) noexcept;
  void flushed() noexcept override;

 private:
  struct Owed {
    GateChannel* channel;
    journal::Journal::Ticket ticket;
    std::uint64_t id;
    Bytes reply;  // empty: told without a body that memory was short
    std::optional<ErrorCode> end;
  };
  ChannelLoop(Ways ways, disk::Descriptor events, disk::Descriptor bell);
  void run();
  bool over();
  void look_at(GateChannel& channel);
  bool take(GateChannel& channel, ByteView payload);
  bool answer(GateChannel& channel, protocol::Request& request);
  bool goes_aside(GateChannel& channel, std::optional<protocol::Request>& request);
  void settle();
  bool send(Owed owed);
  void close(GateChannel& channel);

  Ways ways_;
  journal::Journal& journal_;
  const disk::Descriptor events_, bell_;
  std::deque<Owed> owed_;                 // in the order of their flushes
  std::atomic<bool> wants_flush_{false};  // sleeps until one is over
  std::mutex mutex_;
  std::set<std::unique_ptr<GateChannel>> channels_;
  std::thread thread_;
};

}  // namespace shosoin::service
