// The vault process: start-up order, maintenance, end. run_vault: the main thread, once.
#pragma once

#include "admin-api/service/service.h"

namespace shosoin::service {

struct OpenedAppliance {
  std::unique_ptr<erasure::Appliance> appliance;
  Installation installation;
};
// Provisioning record, TPM authorisation, boot approvals, anchor - in this order. Settings: init has not run.
struct OpenedAnchor {
  Installation installation;
  tpm::Pins pins;
  std::unique_ptr<tpm::Anchor> anchor;
};
Result<OpenedAnchor> open_anchor(const Settings& settings);
// The same, and the appliance behind it.
Result<OpenedAppliance> open_appliance(const Settings& settings, const Clock& clock);

// Returns the exit code of the table in firmware/base/error.cpp; 0 after SIGTERM.
int run_vault(const std::filesystem::path& settings_file);

}  // namespace shosoin::service
