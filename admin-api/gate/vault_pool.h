// Channels to the vault: unix sockets with one outstanding request each. One pool per worker thread, used from that
// thread only. A channel that fails in any way is closed and never used again; the next request opens a new one.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "admin-api/gate/executor.h"
#include "admin-api/protocol/protocol.h"

namespace shosoin::gate {

class VaultPool {
 public:
  VaultPool(boost::asio::io_context& context, std::string socket_path, std::size_t most);
  ~VaultPool();
  // Unavailable when the vault cannot be reached or does not answer in time; whether it acted is then unknown. The
  // frame and the request's secrets are wiped once sent.
  Awaitable<Result<protocol::Reply>> ask(protocol::Request request, std::chrono::seconds patience);
  void drop_idle();  // before the context goes
  void close_late(SteadyClock::time_point now);

 private:
  struct Channel;
  struct Waiter;
  struct Place;
  Awaitable<Result<std::unique_ptr<Channel>>> acquire();
  Awaitable<Result<std::unique_ptr<Channel>>> open();
  Awaitable<bool> wait_for_turn();
  enum class Sent { Whole, InPart, Nothing };
  static Awaitable<Sent> send(Channel& channel, ByteView frame);
  static Awaitable<std::size_t> hear(Channel& channel);
  void give_back(std::unique_ptr<Channel> channel);
  void forget();  // a channel was lost: its place is free
  void wake_one();

  boost::asio::io_context& context_;
  std::string socket_path_;
  std::size_t most_;
  std::size_t open_ = 0;            // idle and in use
  std::vector<Channel*> channels_;  // all that are open
  std::vector<std::unique_ptr<Channel>> idle_;
  std::list<Waiter*> waiters_;
};

}  // namespace shosoin::gate
