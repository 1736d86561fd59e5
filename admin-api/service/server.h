// The vault's two unix sockets: framed requests in, replies out, and a bound on the number of channels. Those of the
// gate are served by a few loops, local ones by a thread each. Knows the protocol's frame and who is at the other end
// (SO_PEERCRED); decides nothing else. start and stop: one thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "admin-api/protocol/protocol.h"
#include "admin-api/service/channel_loop.h"
#include "admin-api/service/service.h"
#include "firmware/base/disk.h"

namespace shosoin::service {

class Server {
 public:
  // ends: called after the answer has been sent when the outcome of a write is unknown; it does not return in the
  // product.
  using Ends = std::function<void(ErrorCode)>;
  using Handle = std::function<Service::Outcome(const protocol::Request&, protocol::Channel)>;
  static Result<std::unique_ptr<Server>> bind(const Settings& settings, Ends ends);
  ~Server();
  Result<void> start(Service& service);
  void start(Handle handle);  // a thread for every channel
  void stop();                // no new channel; waits for the requests under way

 private:
  struct Listener {
    disk::Descriptor socket;
    protocol::Channel channel;
    std::filesystem::path path;
    std::vector<unsigned> users;  // who may connect
  };
  Server(std::vector<Listener> listeners, Ends ends) : listeners_(std::move(listeners)), ends_(std::move(ends)) {}
  static Result<Listener> listen_at(const std::filesystem::path& path, protocol::Channel channel,
                                    std::vector<unsigned> users);
  void accept_all(const Listener& listener);
  void serve(int socket, protocol::Channel channel);
  void let_go(int socket);
  void take_in(int socket, protocol::Channel channel);
  bool step_aside(ChannelLoop& loop, GateChannel& channel, std::optional<protocol::Request>& request);
  bool serve_aside(GateChannel& channel);
  bool exchange(Incoming& incoming, int socket, protocol::Channel channel);
  bool answer(int socket, protocol::Channel channel, Bytes& payload);
  bool reply_to(int socket, protocol::Channel channel, protocol::Request& request);
  bool may_connect(int socket, const Listener& listener) const;

  std::vector<Listener> listeners_;
  Ends ends_;
  Handle handle_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> acceptors_;
  std::vector<std::unique_ptr<ChannelLoop>> loops_;
  std::size_t next_loop_ = 0;
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::set<int> channels_;  // open sockets
};

}  // namespace shosoin::service
