// The gate as a whole: TLS context, listening socket, worker threads. open() does everything that needs files and
// sockets of the outside world, so that the process can be confined before run(). stop() may be called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "admin-api/gate/settings.h"

namespace shosoin::gate {

struct Hooks {
  std::function<void()> ready, stopping;
  std::function<void()> alive;                 // called while every worker thread still turns
  std::chrono::milliseconds alive_interval{};  // zero: never
};

class Server {
 public:
  // inherited: a listening socket from the service manager; then settings.listen must be "systemd".
  static Result<std::unique_ptr<Server>> open(const Settings& settings, std::optional<int> inherited);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  void follow_signals();         // SIGTERM, SIGINT: stop; SIGHUP: read authorities and revocation lists again
  void run(const Hooks& hooks);  // until stop(); requests under way may end within limits::kGateShutdown
  void stop();

 private:
  struct Inside;
  explicit Server(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace shosoin::gate
