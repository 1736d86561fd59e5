// shosoin-gate: the only process that listens on the network. Reads its settings, opens TLS and socket, gives up what
// it no longer needs, serves.
#include <systemd/sd-daemon.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "admin-api/gate/routes.h"
#include "admin-api/gate/server.h"
#include "firmware/base/log.h"
#include "firmware/memory/secret.h"
#include "firmware/sandbox/sandbox.h"

namespace {

using namespace shosoin;
using namespace shosoin::gate;

constexpr std::string_view kDefaultSettings = "/etc/shosoin/shosoin.toml";
constexpr std::string_view kUsage =
    "shosoin-gate [--settings FILE] | --help | --routes\n"
    "  正倉院の門: 端末とのTLS、HTTP、JSON。鍵も記録も持たない。\n"
    "  The gate of Shosoin: TLS, HTTP and JSON towards the terminals; holds no record and no key of one.\n\n";

int fail(const Error& error) {
  const ErrorRow& row = error_row(error.code());
  const auto doing = error.doing();
  std::fprintf(stderr, "<3>shosoin-gate: %.*s\n<3>%.*s (%.*s, %lld)\n", static_cast<int>(row.ja.size()), row.ja.data(),
               static_cast<int>(row.en.size()), row.en.data(), static_cast<int>(doing.size()), doing.data(),
               static_cast<long long>(error.outside()));
  return row.exit_code;
}

int fail_settings(const Error& error, const SettingsFault& fault) {
  if (fault.line > 0) {
    std::fprintf(stderr, "<3>shosoin-gate: 設定ファイルの%u行目 / line %u of the settings: %s%.*s\n", fault.line,
                 fault.line,
                 fault.key.empty() ? "知らないキー、または誤った書式 / unknown key or malformed"
                                   : "値の誤り / wrong or missing value: ",
                 static_cast<int>(fault.key.size()), fault.key.data());
  }
  return fail(error);
}

Hooks service_hooks() {
  Hooks hooks;
  hooks.ready = [] { sd_notify(0, "READY=1"); };
  hooks.stopping = [] { sd_notify(0, "STOPPING=1"); };
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) > 0) {
    hooks.alive = [] { sd_notify(0, "WATCHDOG=1"); };
    hooks.alive_interval = std::chrono::milliseconds(microseconds / 3000);
  }
  return hooks;
}

Result<void> serve(const Settings& settings) {
  TRY(memory::prepare_process());
  std::signal(SIGPIPE, SIG_IGN);
  const int handed = sd_listen_fds(1);
  if (handed > 1) return Error{ErrorCode::Settings, "take one listening socket from the service manager", handed};
  const auto inherited = handed == 1 ? std::optional<int>(SD_LISTEN_FDS_START) : std::nullopt;
  TRY(auto server, Server::open(settings, inherited));
  server->follow_signals();
  const Hooks hooks = service_hooks();
  TRY(sandbox::confine(sandbox::Profile::Gate));
  oplog::info("the gate listens", {"port", server->port()});
  server->run(hooks);
  oplog::info("the gate has stopped");
  return success();
}

}  // namespace

int main(int argc, char** argv) {
  std::string path(kDefaultSettings);
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--routes") return std::puts(routes_json().c_str()) < 0 ? 74 : 0;
    if (word == "--help") return std::printf("%s%s", kUsage.data(), settings_help().c_str()) < 0 ? 74 : 0;
    if (word != "--settings" || i + 1 == argc) {
      std::fputs(kUsage.data(), stderr);
      return error_row(ErrorCode::BadRequest).exit_code;
    }
    path = argv[++i];
  }
  SettingsFault fault;
  const auto settings = load_settings(path, fault);
  if (!settings) return fail_settings(settings.error(), fault);
  const auto served = serve(settings.value());
  return served ? 0 : fail(served.error());
}
