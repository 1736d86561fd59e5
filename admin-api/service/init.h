// What `shosoin init` does: makes an appliance out of a TPM, a settings file and two security officers (DESIGN sections
// 3 and 4, A-12). Runs once, alone, before the vault's first start. Prints nothing and keeps no custodian secret.
//
// Order, and what holds if power goes behind each step:
//   1 checks                         nothing has happened
//   2 custodian shares, five files   files without meaning: no TPM knows their secret yet; a repetition refuses to
//   overwrite them 3 TPM authorisation file         the same 4 TPM provisioned                the TPM belongs to these
//   custodians; init refuses it until they clear it (lockout authorisation) 5 epoch 0, tenant zero           the data
//   directory is not empty; init refuses it until it is emptied 6 terminal-ca.pem                the same 7
//   provisioning.json              done: its presence is the mark, and the vault does not start without it
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "admin-api/service/settings.h"
#include "firmware/base/bytes.h"
#include "firmware/base/clock.h"

namespace shosoin::service {

inline constexpr std::string_view kProvisioningFile = "provisioning.json";
inline constexpr std::string_view kTerminalAuthorityFile = "terminal-ca.pem";
inline constexpr std::size_t kMaxInstallationFile = 256u << 10;

struct OfficerInput {
  std::string id, name, section, staff_number;
  std::string password;
  Bytes totp_secret;  // 20 bytes
  OfficerInput() = default;
  OfficerInput(OfficerInput&&) = default;
  OfficerInput& operator=(OfficerInput&&) = default;
  ~OfficerInput();  // wipes both factors
};
struct InitInput {
  std::array<OfficerInput, 2> officers;
  std::filesystem::path share_directory;  // gets custodian-1.share ... custodian-5.share, 0600
};
// Conflict: already initialised, a directory that is not empty, a TPM that carries an appliance. InvalidContent: an
// officer as enrolment would refuse him (`at` names the place, e.g. "/officers/1/password"). Settings: boot approvals.
// TpmRefused: too small.
Result<void> initialise_appliance(const Settings& settings, const InitInput& input, const Clock& clock,
                                  std::string* at = nullptr);

}  // namespace shosoin::service
