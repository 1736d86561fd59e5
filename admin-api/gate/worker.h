// What a worker thread of the gate holds: its own event loop, its own channels to the vault, its connections.
// Everything in a Worker belongs to its one thread; Shared is constant, atomic or guarded.
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <map>
#include <memory>

#include "admin-api/gate/admission.h"
#include "admin-api/gate/executor.h"
#include "admin-api/gate/login_line.h"
#include "admin-api/gate/settings.h"
#include "admin-api/gate/trust.h"
#include "admin-api/gate/vault_pool.h"

namespace shosoin::gate {

struct Shared {
  Settings settings;
  std::vector<std::string> names;  // server names a client may ask for; empty: any
  boost::asio::ssl::context tls{boost::asio::ssl::context::tlsv13_server};
  std::unique_ptr<Trust> trust;
  std::optional<Admission> admission;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> answers_held{0};  // bytes of large answers on their way
  std::atomic<std::size_t> failures{0};      // handshakes since the last report
  std::atomic<unsigned long long> requests{0};
};

class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  virtual void close_if_idle() = 0;
  virtual void give_way() = 0;            // closes at once, or after the answer when the vault is at it
  virtual void close_if_untrusted() = 0;  // the authorities or their lists have changed
  virtual void close_if_late(SteadyClock::time_point now) = 0;
};

struct Worker {
  Worker(Shared& shared_by_all, std::size_t channels);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  void close_late(SteadyClock::time_point now);  // what a client or the vault has been waited for too long

  Shared& shared;
  std::map<std::uint64_t, OpenConnection*> connections;  // by the number given at the door
  std::unique_ptr<boost::asio::io_context> context;
  VaultPool vault;
  LoginLine logins;
};

// A socket that was let in.
struct Arrival {
  std::uint64_t number;
  TcpSocket socket;
  Admission::Place place;
};
// From the TLS handshake to the end of the connection.
Awaitable<void> serve_connection(Worker& worker, Arrival arrival);

}  // namespace shosoin::gate
