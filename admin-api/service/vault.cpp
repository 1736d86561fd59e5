#include "admin-api/service/vault.h"

#include <signal.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <iostream>

#include "admin-api/service/init.h"
#include "admin-api/service/private_file.h"
#include "admin-api/service/server.h"
#include "firmware/base/log.h"
#include "firmware/sandbox/sandbox.h"
#include "hardware/tpm/boot_approval.h"
#include "storage/erasure/provisioning_record.h"
#include "storage/erasure/scrub.h"

namespace shosoin::service {
namespace {

int tell(const Error& error) {
  const auto& row = error_row(error.code());
  oplog::failure("the vault cannot go on", error);
  std::cerr << row.ja << '\n' << row.en << '\n';
  if (error.code() == ErrorCode::Integrity) {
    std::cerr << "起動前の破損です。data と状態の写しを別の媒体に写してから、運用の手引き第5節の integrity の行に従ってください。\n"
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

void maintain_until_told(Service& service, const sigset_t& signals) {
  for (;;) {
    sd_notify(0, "WATCHDOG=1");
    const timespec round{std::chrono::seconds(limits::kMaintenanceRound).count(), 0};
    if (sigtimedwait(&signals, nullptr, &round) > 0) return;
    if (const auto end = service.maintain()) end_now(*end);
  }
}

Result<void> run(const Settings& settings, const Clock& clock) {
  const auto signals = block_signals();
  TRY(auto opened, open_appliance(settings, clock));
  TRY(const auto definitions, files::DefinitionSet::embedded());
  TRY(opened.appliance->zero().ensure_log_keys());
  TRY(auto server, Server::bind(settings, end_now));
  Service service(*opened.appliance, settings, clock, definitions, std::move(opened.installation));
  TRY(sandbox::confine(sandbox::Profile::Vault));
  if (const auto end = service.maintain()) end_now(*end);  // sessions that ended while we were away
  const erasure::Scrub scrub(*opened.appliance, clock, {limits::kScrubFirst, settings.scrub_every, settings.scrub_rate});
  service.parts().scrub = &scrub;  // ends after the server has stopped and before the appliance
  server->start(service);
  sd_notify(0, "READY=1");
  oplog::info("the vault serves");
  maintain_until_told(service, signals);
  sd_notify(0, "STOPPING=1");
  server->stop();
  return success();
}

}  // namespace

Result<OpenedAppliance> open_appliance(const Settings& settings, const Clock& clock) {
  OpenedAppliance opened;
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
  TRY(auto anchor, tpm::Anchor::open(settings.tcti, record.pins, std::move(service), std::move(trust)));
  TRY(opened.appliance, erasure::Appliance::start({settings.data_directory, settings.state_copy_directory}, record.pins,
                                                  std::move(anchor), clock));
  return opened;
}

int run_vault(const std::filesystem::path& settings_file) {
  if (auto prepared = memory::prepare_process(); !prepared) return tell(prepared.error());
  engine::prepare_allocator();
  SettingsFault fault;
  const auto settings = load_settings(settings_file, fault);
  if (!settings) {
    std::cerr << fault.ja << '\n' << fault.en << '\n';
    return error_row(ErrorCode::Settings).exit_code;
  }
  const SystemClock clock;
  if (auto done = run(settings.value(), clock); !done) return tell(done.error());
  return EXIT_SUCCESS;
}

}  // namespace shosoin::service
