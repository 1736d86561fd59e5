// What a worker thread of the gate holds: its own event loop, its own channels to the vault, its connections.
// Everything in a Worker belongs to its one thread; Shared is constant or atomic.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <set>

#include "admin-api/gate/settings.h"
#include "admin-api/gate/vault_pool.h"

namespace shosoin::gate {

struct Shared {
  Settings settings;
  boost::asio::ssl::context tls{boost::asio::ssl::context::tlsv13_server};
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> connections{0};
  std::atomic<unsigned long long> requests{0};
};

class IdleConnection {
 public:
  virtual ~IdleConnection() = default;
  virtual void close_if_idle() = 0;
};

struct Worker {
  explicit Worker(Shared& shared_by_all, std::size_t channels)
      : shared(shared_by_all),
        context(std::make_unique<boost::asio::io_context>(1)),
        vault(*context, shared_by_all.settings.vault_socket, channels) {}
  ~Worker() {
    vault.drop_idle();
    context.reset();  // destroys what is suspended, which still uses vault and connections
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Shared& shared;
  std::set<IdleConnection*> connections;
  std::unique_ptr<boost::asio::io_context> context;
  VaultPool vault;
};

// From the TLS handshake to the end of the connection.
boost::asio::awaitable<void> serve_connection(Worker& worker, boost::asio::ip::tcp::socket socket);

}  // namespace shosoin::gate
