// Files of the installation that nobody else may read: 0600, written once and whole, synced with their directory. Any
// thread.
#pragma once

#include <filesystem>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::service {

// Conflict when the file exists. If power goes inside: no file, or the whole file under its name.
Result<void> write_private(const std::filesystem::path& file, ByteView bytes);
// The same, readable by others (certificates, records that hold no secret).
Result<void> write_public(const std::filesystem::path& file, ByteView bytes);
Result<Bytes> read_file(const std::filesystem::path& file, std::size_t most);
// Settings when group or others may read it, or it is not ours.
Result<Bytes> read_private(const std::filesystem::path& file, std::size_t most);

}  // namespace shosoin::service
