#include "admin-api/service/vault.h"

#include <signal.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <iostream>
#include <new>

#include "admin-api/service/init.h"
#include "admin-api/service/installation_lock.h"
#include "admin-api/service/private_file.h"
#include "admin-api/service/repair.h"
#include "admin-api/service/server.h"
#include "crypto/library_memory.h"
#include "firmware/base/limits_space.h"
#include "firmware/base/log.h"
#include "firmware/sandbox/sandbox.h"
#include "hardware/tpm/boot_approval.h"
#include "storage/erasure/provisioning_record.h"
#include "storage/erasure/scrub.h"
#include "storage/generations/block_cache.h"

namespace shosoin::service {
namespace {

int tell(const Error& error) {
  const auto& row = error_row(error.code());
  oplog::failure("the vault cannot go on", error);
  std::cerr << row.ja << '\n' << row.en << '\n';
  if (error.code() == ErrorCode::Integrity) {
    std::cerr
        << "起動前の破損です。data と状態の写しを別の媒体に写してから、運用の手引き第5節の integrity "
           "の行に従ってください。\n"
           "Damage before the start. Copy data and state copy to another medium, then follow the row `integrity` of "
           "section 5 of the operations guide.\n";
  }
  return row.exit_code;
}

// The outcome of a write or of a TPM command is unknown: the next start finds out (STYLE, errors). No destructor runs.
[[noreturn]] void end_now(ErrorCode code) {
  oplog::warning("the vault ends; its next start checks and repairs", {"exit", error_row(code).exit_code});
  std::_Exit(error_row(code).exit_code);
}

sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // before any thread, so that all inherit it
  return set;
}

bool told_to_end(const sigset_t& signals, std::chrono::milliseconds patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timespec wait{seconds.count(), static_cast<long>(std::chrono::nanoseconds(patience - seconds).count())};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

// Between two rounds: true when told to end. A flusher that gave up ends the process even while nobody asks.
bool rest(const journal::Journal& journal, const sigset_t& signals) {
  for (std::chrono::milliseconds rested{0}; rested < limits::kMaintenanceRound; rested += limits::kFailureNoticed) {
    if (journal.has_failed()) end_now(ErrorCode::StorageFailed);
    if (told_to_end(signals, limits::kFailureNoticed)) return true;
  }
  return false;
}

void maintain(Service& service) {
  try {
    if (const auto end = service.maintain()) end_now(*end);
  } catch (const std::bad_alloc&) {
    oplog::warning("out of memory: a round of maintenance was given up; the next one goes on");
  }
}

Result<int> serve(OpenedAppliance& opened, const Settings& settings, const Clock& clock, const sigset_t& signals) {
  TRY(const auto shipped, files::DefinitionSet::embedded());
  TRY(const auto definitions, with_stored_definitions(opened.appliance->zero(), shipped));
  TRY(auto server, Server::bind(settings, end_now));
  Service service(*opened.appliance, settings, clock, definitions, std::move(opened.installation));
  TRY(sandbox::confine(sandbox::Profile::Vault));
  maintain(service);  // sessions that ended while we were away
  const erasure::Scrub scrub(*opened.appliance, clock,
                             {limits::kScrubFirst, settings.scrub_every, settings.scrub_rate});
  service.parts().scrub = &scrub;  // ends after the server has stopped and before the appliance
  TRY(server->start(service));
  sd_notify(0, "READY=1");
  oplog::info("the vault serves");
  do {
    sd_notify(0, "WATCHDOG=1");
    maintain(service);
  } while (!rest(opened.appliance->journal(), signals));
  sd_notify(0, "STOPPING=1");
  server->stop();
  if (const auto kept = service.parts().legal.keep(service.parts().appliance, clock); !kept)
    oplog::failure("accepted time could not be stored at the end", kept.error());
  return EXIT_SUCCESS;
}

// Serves without keys until writing works again; then ends, for what a start needs (libraries, the TPM) is closed to a
// confined process. The service manager starts it anew.
Result<int> repair(const Settings& settings, const Error& cause, const sigset_t& signals) {
  oplog::failure("the data cannot be written: repair mode, without keys", cause);
  TRY(auto mode, Repair::enter(settings, cause));
  TRY(auto server, Server::bind(settings, end_now));
  TRY(sandbox::confine(sandbox::Profile::Vault));
  server->start(
      [&](const protocol::Request& request, protocol::Channel channel) { return mode->handle(request, channel); });
  sd_notify(0, "READY=1\nSTATUS=修復モード / repair mode");
  for (;;) {
    sd_notify(0, "WATCHDOG=1");
    if (told_to_end(signals, limits::kRepairRound)) {
      server->stop();
      return EXIT_SUCCESS;
    }
    if (!probe_writing(settings.data_directory)) continue;
    oplog::info("writing works again: the vault ends to be started anew");
    std::_Exit(error_row(ErrorCode::RepairMode).exit_code);
  }
}

Result<OpenedAppliance> open_ready(const Settings& settings, const Clock& clock) {
  TRY(auto opened, open_appliance(settings, clock));
  TRY(opened.appliance->zero().ensure_log_keys());
  return opened;
}

Result<int> run(const Settings& settings, const Clock& clock) {
  const auto signals = block_signals();
  // Held until this process ends. Where it cannot be made - a disk that does not write - the vault says so and goes on,
  // into repair mode.
  const auto alone = lock_installation(settings.data_directory);
  if (!alone && alone.error().code() == ErrorCode::Conflict) return alone.error();
  if (!alone)
    oplog::failure("the installation could not be locked: a restore would not notice this vault", alone.error());
  if (auto probed = probe_writing(settings.data_directory); !probed && calls_for_repair(probed.error()))
    return repair(settings, probed.error(), signals);
  auto opened = open_ready(settings, clock);
  if (opened) return serve(opened.value(), settings, clock, signals);
  const Error why = opened.error();
  return calls_for_repair(why) ? repair(settings, why, signals) : Result<int>(why);
}

}  // namespace

Result<OpenedAnchor> open_anchor(const Settings& settings) {
  OpenedAnchor opened;
  opened.installation.terminal_authority = settings.data_directory / kTerminalAuthorityFile;
  auto text = read_file(settings.data_directory / kProvisioningFile, kMaxInstallationFile);
  if (!text) return Error{ErrorCode::Settings, "find the provisioning record: shosoin init has not come to its end"};
  opened.installation.provisioning = std::string(text_of(text.value()));
  TRY(const auto record, erasure::read_provisioning_record(opened.installation.provisioning));
  TRY(auto auth, read_private(settings.auth_file, kMaxInstallationFile));
  auto decoded = tpm::decode_service_auth(auth);
  memory::wipe(auth);
  TRY(auto service, std::move(decoded));
  TRY(auto pem, read_file(settings.signer_public_key, kMaxInstallationFile));
  TRY(auto approvals, read_file(settings.boot_approvals, kMaxInstallationFile));
  TRY(auto trust, tpm::load_boot_trust(text_of(pem), text_of(approvals)));
  TRY(opened.anchor, tpm::Anchor::open(settings.tcti, record.pins, std::move(service), std::move(trust)));
  opened.pins = record.pins;
  if (opened.anchor->facts().software) {
    if (settings.hardware_only) return Error{ErrorCode::Settings, "start on a software TPM: tpm.hardware_only is set"};
    oplog::warning("the TPM is a software TPM: no root of trust, for demonstration and tests only");
  }
  return opened;
}

Result<OpenedAppliance> open_appliance(const Settings& settings, const Clock& clock) {
  TRY(auto anchor, open_anchor(settings));
  OpenedAppliance opened;
  opened.installation = std::move(anchor.installation);
  TRY(opened.appliance, erasure::Appliance::start({settings.data_directory, settings.state_copy_directory}, anchor.pins,
                                                  std::move(anchor.anchor), clock));
  return opened;
}

int run_vault(const std::filesystem::path& settings_file) {
  if (auto prepared = memory::prepare_process(); !prepared) return tell(prepared.error());
  if (!crypto::watch_library_memory())
    oplog::warning("OpenSSL was begun earlier: its want of memory is not told apart");
  engine::prepare_allocator();
  SettingsFault fault;
  const auto settings = load_settings(settings_file, fault);
  if (!settings) {
    std::cerr << fault.ja << '\n' << fault.en << '\n';
    return error_row(ErrorCode::Settings).exit_code;
  }
  generations::BlockCache::want(settings.value().block_cache_bytes);
  const SystemClock clock;
  const auto done = run(settings.value(), clock);
  return done ? done.value() : tell(done.error());
}

}  // namespace shosoin::service
