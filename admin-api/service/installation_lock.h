// One process at a time has an installation: the vault for its whole life, a restore, a drill. The lock stands beside
// the data directory, not in it: data that were moved away from under a living vault do not take it along. Released
// when the process ends.
#pragma once

#include <filesystem>

#include "firmware/base/disk.h"

namespace shosoin::service {

// Conflict: another process has it. Other errors: it could not be made or locked there.
Result<disk::Descriptor> lock_installation(const std::filesystem::path& data_directory);

}  // namespace shosoin::service
