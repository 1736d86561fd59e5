// The vault process: start-up order, maintenance, end. run_vault: the main thread, once.
#pragma once

#include "admin-api/service/service.h"

namespace shosoin::service {

struct OpenedAppliance {
  std::unique_ptr<erasure::Appliance> appliance;
  Installation installation;
};
// Provisioning record, TPM authorisation, boot approvals, anchor, appliance - in this order. Settings: init has not
// run.
Result<OpenedAppliance> open_appliance(const Settings& settings, const Clock& clock);

// Returns the exit code of the table in firmware/base/error.cpp; 0 after SIGTERM.
int run_vault(const std::filesystem::path& settings_file);

}  // namespace shosoin::service
