// Making a backup while the service runs, and checking one with nothing but its files. create: any thread, a
// second one is refused; verify: any thread.
#pragma once

#include <filesystem>

#include "storage/backup/manifest.h"
#include "storage/erasure/appliance.h"

namespace shosoin::backup {

struct Created {
  Manifest manifest;
  Digest digest{};  // of the manifest: the backup digest
  std::filesystem::path directory;
  std::vector<TenantId> left_out;  // damaged: not in the backup
};
// Into <place>/<time>-<epoch>, made whole under another name and renamed. Conflict: another is being made, or a batch is being
// finished. Unavailable, StorageFull: nothing was made.
Result<Created> create(erasure::Appliance& appliance, const std::filesystem::path& data,
                       const std::filesystem::path& place, Instant now);

struct Verified {
  Manifest manifest;
  Digest digest{};
  std::uint64_t bytes = 0, pages = 0, frames = 0;
};
// Where the first fault is, for the person who asked.
struct Fault {
  std::string name;
};
// Every file is there with its digest and no other; environments' structure and the journal's chain hold.
// InvalidContent: the manifest is none; Integrity: something in it is not as it was made.
Result<Verified> verify(const std::filesystem::path& directory, Fault& fault);

// Digest of a file, piece by piece.
Result<FileFacts> facts_of(const std::filesystem::path& directory, const std::string& name);

}  // namespace shosoin::backup
