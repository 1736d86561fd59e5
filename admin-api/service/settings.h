// The vault's settings: one TOML file that it shares with the gate. Unknown sections and keys are refused with file,
// line and key, so that a misspelt limit is never silently the default. Read once at start; a value; any thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>

#include "firmware/base/limits.h"
#include "firmware/base/limits_examine.h"
#include "firmware/base/limits_retention.h"
#include "firmware/base/limits_space.h"
#include "firmware/base/limits_speed.h"
#include "firmware/base/result.h"

namespace shosoin::service {

struct Settings {
  std::filesystem::path data_directory;
  std::filesystem::path state_copy_directory;
  std::filesystem::path gate_socket;
  std::filesystem::path admin_socket;
  std::string site_label;  // S-06: shown on the status page
  std::string gate_user;   // the gate's account; empty: the vault's own
  std::string tcti;
  bool hardware_only = false;  // true: a software TPM is refused, however it is reached
  std::filesystem::path auth_file;                   // the service's TPM authorisation values, 0600, written by init
  std::filesystem::path signer_public_key;           // PEM of the firmware signer
  std::filesystem::path boot_approvals;              // JSON, hardware/tpm/boot-approval.md
  std::chrono::seconds idle = limits::kSessionIdle;
  std::chrono::seconds absolute = limits::kSessionAbsolute;
  int daily_batches = limits::kMaxBatchesPerDay;
  std::uint64_t reserve_bytes = limits::kReserveMiB << 20;  // of the data disk: administrator, auditor, erasure
  std::size_t block_cache_bytes = limits::kBlockCacheMiB << 20;  // decrypted blocks of the index, in locked memory
  std::chrono::hours clock_off_time{24 * limits::kClockOffDays};  // DESIGN 6: longest time without power that asks nobody
  std::chrono::hours scrub_every{limits::kScrubHours};
  std::uint64_t scrub_rate = static_cast<std::uint64_t>(limits::kScrubRate) << 20;  // bytes a second
};

// Where and why a settings file was refused; both texts name file, line and key. They hold no value.
struct SettingsFault {
  std::string ja, en;
};
Result<Settings> parse_settings(std::string_view text, std::string_view file_name, SettingsFault& fault);
Result<Settings> load_settings(const std::filesystem::path& file, SettingsFault& fault);

struct SettingsKey {
  std::string_view section, key;
  bool required;
  std::string_view ja, en;
};
std::span<const SettingsKey> settings_keys();
std::string settings_help();  // printed by `shosoin-vault --settings-help`

}  // namespace shosoin::service
