#include "admin-api/gate/server.h"

#include <netinet/tcp.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <new>
#include <thread>
#include <vector>

#include "admin-api/gate/descriptors.h"
#include "admin-api/gate/tls.h"
#include "admin-api/gate/worker.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_clients.h"
#include "firmware/base/limits_gate.h"
#include "firmware/base/log.h"

namespace shosoin::gate {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
constexpr auto use_result = net::as_tuple(net::use_awaitable);
constexpr std::chrono::milliseconds kStopPoll{20};
constexpr std::chrono::milliseconds kShedPause{5};      // until the thread of the one that gives way has closed it
constexpr std::chrono::milliseconds kAcceptPause{100};  // out of descriptors: let some close
constexpr std::chrono::milliseconds kMemoryPause{10};

// Nothing of ours throws. Out of memory ends the connection it met (connection.cpp); anywhere else it ends the process.
constexpr auto never_throws = [](std::exception_ptr escaped) { ENSURE(escaped == nullptr); };

// IPv4 as IPv6 maps it; of IPv6 the network, because a host picks its lower half itself (RFC 8981).
Address address_of(const TcpSocket& socket) {
  boost::system::error_code failed;
  const auto remote = socket.remote_endpoint(failed).address();
  if (failed) return {};
  const auto ip = remote.is_v4() ? net::ip::make_address_v6(net::ip::v4_mapped, remote.to_v4()) : remote.to_v6();
  Address out = ip.to_bytes();
  if (!ip.is_v4_mapped()) std::fill(out.begin() + 8, out.end(), std::uint8_t{0});
  return out;
}

// Inherited by what is accepted: otherwise the kernel would hold several megabytes for a client that does not read, or
// that sends what we have not asked for yet.
void bound_buffers(tcp::acceptor& acceptor) {
  boost::system::error_code ignored;
  acceptor.set_option(net::socket_base::send_buffer_size(limits::kSocketBuffer), ignored);
  acceptor.set_option(net::socket_base::receive_buffer_size(limits::kSocketBuffer), ignored);
}

Result<void> listen_on(tcp::acceptor& acceptor, const std::string& text) {
  TRY(auto address, parse_listen(text));
  boost::system::error_code failed;
  const auto ip = net::ip::make_address(address.host, failed);
  if (failed) return Error{ErrorCode::Settings, "read the address to listen on", failed.value()};
  const tcp::endpoint endpoint(ip, address.port);
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(static_cast<int>(limits::kListenBacklog), failed);
  if (failed) return Error{ErrorCode::Settings, "listen on the address of the settings", failed.value()};
  return success();
}

Result<void> take_over(tcp::acceptor& acceptor, int descriptor) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  int listening = 0;
  socklen_t option = sizeof listening;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &option) != 0 || listening != 1 ||
      (name.ss_family != AF_INET && name.ss_family != AF_INET6)) {
    return Error{ErrorCode::Settings, "take over a listening TCP socket", errno};
  }
  boost::system::error_code failed;
  acceptor.assign(name.ss_family == AF_INET ? tcp::v4() : tcp::v6(), descriptor, failed);
  if (failed) return Error{ErrorCode::Settings, "take over a listening TCP socket", failed.value()};
  return success();
}

}  // namespace

struct Server::Inside {
  Shared shared;
  std::vector<std::unique_ptr<Worker>> workers;
  std::optional<tcp::acceptor> acceptor;
  std::optional<net::signal_set> signals, reread;
  ReserveDescriptor reserve;
  std::vector<std::thread> threads;
  std::atomic<std::size_t> turned{0};  // workers that have run since the last sign of life

  ~Inside() {
    signals.reset();
    reread.reset();
    acceptor.reset();
  }
  net::io_context& first() { return *workers.front()->context; }

  // Work of the gate's own, one at a time of each. When Asio finds no memory to begin a wait it destroys the coroutine
  // that asked and lets the exception out of run(): a connection ends so, and these are begun again.
  enum class Duty : std::size_t { Accept, LookAround, Hangup, Watch };
  static constexpr std::size_t kDuties = 4;
  std::array<bool, kDuties> wanted{}, alive{};  // of the first thread
  Hooks hooks{};
  class OnDuty {
   public:
    OnDuty(Inside& inside, Duty duty) : flag_(inside.alive[static_cast<std::size_t>(duty)]) { flag_ = true; }
    ~OnDuty() { flag_ = false; }
    OnDuty(const OnDuty&) = delete;
    OnDuty& operator=(const OnDuty&) = delete;

   private:
    bool& flag_;
  };
  net::awaitable<void> duty(Duty which) {
    const OnDuty here(*this, which);
    switch (which) {
      case Duty::Accept:
        co_await accept_all();
        break;
      case Duty::LookAround:
        co_await look_around();
        break;
      case Duty::Hangup:
        co_await refresh_on_hangup();
        break;
      case Duty::Watch:
        co_await watch();
        break;
    }
  }
  void begin(Duty which) {
    wanted[static_cast<std::size_t>(which)] = true;
    net::co_spawn(first(), duty(which), never_throws);
  }
  void begin_again() {
    for (std::size_t i = 0; i < kDuties && !shared.stopping; ++i) {
      if (wanted[i] && !alive[i]) begin(static_cast<Duty>(i));
    }
  }
  bool post_begin_again() {  // on the first thread, after whatever it is doing
    try {
      out_of_memory();
      net::post(first(), [this] { begin_again(); });
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  void serve(Worker& worker) {
    auto& context = *worker.context;
    while (!context.stopped()) {
      try {
        context.run_for(limits::kDeadlineStep);
        worker.close_late(SteadyClock::now());
      } catch (const std::bad_alloc&) {
        while (!post_begin_again()) {
        }
      }
    }
  }

  // Accepts on the first thread, spreads the connections over all.
  net::awaitable<void> accept_all() {
    for (std::uint64_t number = 1; !shared.stopping; ++number) {
      try {
        co_await accept_one(number);
      } catch (const std::bad_alloc&) {  // the connection is dropped; those that stand go on
        oplog::warning("out of memory: a connection was not accepted");
        std::this_thread::sleep_for(kMemoryPause);
      }
      if (number % limits::kAcceptBurst == 0) co_await net::post(first(), use_result);
    }
  }
  net::awaitable<void> accept_one(std::uint64_t number) {
    Worker& worker = *workers[number % workers.size()];
    TcpSocket socket(*worker.context);
    auto [failed] = co_await acceptor->async_accept(socket, use_result);
    if (shared.stopping) co_return;
    if (failed) {
      co_await get_over(failed);
      co_return;
    }
    let_in(worker, number, std::move(socket));
  }

  void let_in(Worker& worker, std::uint64_t number, TcpSocket socket) {
    auto place = shared.admission->enter(address_of(socket), Admission::Clock::now(), [&worker, number] {
      net::post(*worker.context, [&worker, number] {
        const auto found = worker.connections.find(number);
        if (found != worker.connections.end()) found->second->give_way();
      });
    });
    if (!place) return;  // counted; the socket closes
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    // After our own deadline has closed it, the kernel would offer the rest to a client that does not read, for
    // minutes.
    const auto patience = static_cast<int>(shared.settings.deadlines.write.count());
    (void)::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
    net::co_spawn(*worker.context, serve_connection(worker, {number, std::move(socket), std::move(*place)}),
                  never_throws);
  }

  // Out of descriptors (somebody else's, or a limit lowered from outside): whoever holds the most gives way.
  net::awaitable<void> get_over(boost::system::error_code failed) {
    oplog::warning("a connection could not be accepted", {"error", failed.value()});
    bool shed = false;
    if (failed.value() == EMFILE || failed.value() == ENFILE) {
      shed = shared.admission->shed_one(Admission::Clock::now());
      if (!shed) reserve.turn_one_away(acceptor->native_handle());
    }
    net::steady_timer pause(first(), shed ? kShedPause : kAcceptPause);
    co_await pause.async_wait(use_result);
  }

  // Sees changed authorities and revocation lists, and reports what was turned away, in numbers only.
  net::awaitable<void> look_around() {
    net::steady_timer timer(first());
    while (!shared.stopping) {
      try {
        timer.expires_after(limits::kTrustPoll);
        auto [failed] = co_await timer.async_wait(use_result);
        if (failed || shared.stopping) co_return;
        refresh_trust(false);
        report();
      } catch (const std::bad_alloc&) {  // what is in force stays in force; the next round looks again
        out_of_memory();
      }
    }
  }
  static void out_of_memory() {
    oplog::warning("out of memory: a round of looking after the gate was given up");
    std::this_thread::sleep_for(kMemoryPause);
  }
  net::awaitable<void> refresh_on_hangup() {
    while (true) {
      try {
        auto [failed, number] = co_await reread->async_wait(use_result);
        if (failed || shared.stopping) co_return;
        refresh_trust(true);
      } catch (const std::bad_alloc&) {
        out_of_memory();
      }
    }
  }
  void refresh_trust(bool even_if_unchanged) {
    if (shared.trust->refresh(even_if_unchanged) != Trust::Seen::Replaced) return;
    oplog::info("authorities and revocation lists were read again",
                {"lists", static_cast<std::int64_t>(shared.trust->now()->lists())});
    for (auto& worker : workers) {
      net::post(*worker->context, [held = worker.get()] {
        for (auto& [number, connection] : held->connections) connection->close_if_untrusted();
      });
    }
  }
  void report() {
    const auto tell = [](Literal what, std::size_t count) {
      if (count > 0) oplog::warning(what, {"count", static_cast<std::int64_t>(count)});
    };
    const auto counts = shared.admission->take_counts();
    tell("connections were turned away at their bound", counts.turned_away);
    tell("connections gave way to others", counts.shed);
    tell("connections of a certificate were over their bound", counts.refused_certificates);
    tell("TLS handshakes failed", shared.failures.exchange(0));
  }

  // Tells the service manager that we live, only if every thread has turned since the last time.
  net::awaitable<void> watch() {
    net::steady_timer timer(first());
    turned = workers.size();
    while (true) {
      try {
        timer.expires_after(hooks.alive_interval);
        auto [failed] = co_await timer.async_wait(use_result);
        if (failed || shared.stopping) co_return;
        if (turned != workers.size()) continue;
        hooks.alive();
        turned = 0;
        for (auto& worker : workers) net::post(*worker->context, [this] { ++turned; });
      } catch (const std::bad_alloc&) {
        out_of_memory();
      }
    }
  }

  net::awaitable<void> wind_down() {
    boost::system::error_code ignored;
    acceptor->close(ignored);
    for (auto& worker : workers) {
      net::post(*worker->context, [held = worker.get()] {
        for (auto& [number, connection] : held->connections) connection->close_if_idle();
      });
    }
    const auto deadline = std::chrono::steady_clock::now() + limits::kGateShutdown;
    net::steady_timer timer(first());
    while (shared.connections > 0 && std::chrono::steady_clock::now() < deadline) {
      timer.expires_after(kStopPoll);
      co_await timer.async_wait(use_result);
    }
    for (auto& worker : workers) worker->context->stop();
  }
};

Server::Server(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(const Settings& settings, std::optional<int> inherited) {
  auto inside = std::make_unique<Inside>();
  inside->shared.settings = settings;
  TRY(prepare_tls(inside->shared.tls, settings, inside->shared.names));
  TRY(inside->shared.trust, Trust::open({settings.client_ca, settings.client_crl}));
  TRY(const auto most, make_room_for(settings.connections));
  if (most < settings.connections) {
    oplog::warning("the descriptor limit allows fewer connections than the settings",
                   {"connections", static_cast<std::int64_t>(most)});
  }
  inside->shared.admission.emplace(
      ConnectionBounds{most, settings.connections_per_address, settings.connections_per_certificate});
  const std::size_t channels = std::max<std::size_t>(1, limits::kGateChannels / settings.threads);
  for (unsigned i = 0; i < settings.threads; ++i) {
    inside->workers.push_back(std::make_unique<Worker>(inside->shared, channels));
  }
  inside->acceptor.emplace(inside->first());
  const bool by_manager = settings.listen == "systemd";
  if (by_manager != inherited.has_value()) {
    return Error{ErrorCode::Settings, "match the setting listen with the way the gate was started"};
  }
  TRY(by_manager ? take_over(*inside->acceptor, *inherited) : listen_on(*inside->acceptor, settings.listen));
  bound_buffers(*inside->acceptor);
  return std::unique_ptr<Server>(new Server(std::move(inside)));
}

std::uint16_t Server::port() const {
  boost::system::error_code failed;
  const auto endpoint = inside_->acceptor->local_endpoint(failed);
  return failed ? std::uint16_t{0} : endpoint.port();
}

void Server::follow_signals() {
  inside_->reread.emplace(inside_->first(), SIGHUP);
  inside_->begin(Inside::Duty::Hangup);
  inside_->signals.emplace(inside_->first(), SIGTERM, SIGINT);
  inside_->signals->async_wait([this](boost::system::error_code failed, int) {
    if (!failed) stop();
  });
}

void Server::stop() {
  if (inside_->shared.stopping.exchange(true)) return;
  net::co_spawn(inside_->first(), inside_->wind_down(), never_throws);
}

void Server::run(const Hooks& hooks) {
  inside_->hooks = hooks;
  inside_->begin(Inside::Duty::Accept);
  inside_->begin(Inside::Duty::LookAround);
  if (hooks.alive && hooks.alive_interval.count() > 0) inside_->begin(Inside::Duty::Watch);
  for (auto& worker : inside_->workers) {
    inside_->threads.emplace_back([inside = inside_.get(), held = worker.get()] {
      const auto work = net::make_work_guard(*held->context);
      inside->serve(*held);
    });
  }
  if (hooks.ready) hooks.ready();
  for (auto& thread : inside_->threads) thread.join();
  if (hooks.stopping) hooks.stopping();
  inside_->threads.clear();
}

}  // namespace shosoin::gate
