#include "admin-api/gate/worker.h"

#include <algorithm>

#include "firmware/base/limits_clients.h"

namespace shosoin::gate {

Worker::Worker(Shared& shared_by_all, std::size_t channels)
    : shared(shared_by_all),
      context(std::make_unique<boost::asio::io_context>(1)),
      vault(*context, shared_by_all.settings.vault_socket, channels),
      logins(*context, {.at_once = std::max<std::size_t>(1, channels / limits::kLoginChannelShare),
                        .waiting = limits::kLoginsWaiting,
                        .per_terminal = limits::kLoginsPerTerminal}) {}

Worker::~Worker() {
  vault.drop_idle();
  logins.end();
  context.reset();  // destroys what is suspended, which still uses vault, line and connections
}

void Worker::close_late(SteadyClock::time_point now) {
  for (auto& [number, connection] : connections) connection->close_if_late(now);
  vault.close_late(now);
}

}  // namespace shosoin::gate
