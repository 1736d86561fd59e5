#include <fcntl.h>

#include <algorithm>
#include <set>

#include "firmware/base/disk.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_backup.h"
#include "storage/backup/backup.h"
#include "storage/engine/page_check.h"
#include "storage/journal/recovery.h"

namespace shosoin::backup {
namespace {

namespace fs = std::filesystem;

Result<Bytes> read_manifest(const fs::path& directory) {
  const Error none{ErrorCode::InvalidContent, "find the manifest of a backup"};
  const auto file = disk::open(directory / kManifestFile, O_RDONLY);
  if (!file) return none;
  TRY(const auto size, disk::size_of(file.value()));
  if (size > limits::kMaxBackupManifest) return none;
  Bytes bytes(static_cast<std::size_t>(size));
  TRY(disk::read_at(file.value(), bytes, 0));
  return bytes;
}

Result<void> check_environment(const fs::path& path, Verified& verified) {
  TRY(const auto file, disk::open(path, O_RDONLY));
  engine::PageCheck plan;
  plan.map_size = limits::kEnvironmentMapSize;
  plan.visit = [&](const engine::PageSeen& page) { verified.pages += page.count; };
  return engine::check_pages(file.number(), plan);
}

// A file that nobody named may be left over, or put there: a restore would not look at it, and says so rather than
// guess.
Result<void> find_strangers(const fs::path& directory, const Manifest& manifest, Fault& fault) {
  std::set<std::string> known{std::string(kManifestFile)};
  for (const auto& file : manifest.files) known.insert(file.name);
  std::error_code failed;
  for (fs::recursive_directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    const auto name = at->path().lexically_relative(directory).string();
    if (at->is_directory() && !at->is_symlink()) continue;
    if (known.contains(name)) continue;
    fault.name = name;
    return Error{ErrorCode::Integrity, "verify a backup: a file is there that its manifest does not name"};
  }
  if (failed) return Error{ErrorCode::Integrity, "list the files of a backup", failed.value()};
  return success();
}

}  // namespace

Result<Verified> verify(const fs::path& directory, Fault& fault) {
  fault.name = kManifestFile;
  TRY(const auto encoded, read_manifest(directory));
  Verified verified;
  TRY(verified.manifest, decode_manifest(encoded));
  verified.digest = digest_of(encoded);
  if (auto missing = missing_in(verified.manifest)) {
    fault.name = std::move(*missing);
    return Error{ErrorCode::Integrity, "verify a backup: its manifest does not name a file that a restore needs"};
  }
  for (const auto& named : verified.manifest.files) {
    fault.name = named.name;
    const auto found = facts_of(directory, named.name);
    if (!found)
      return Error{ErrorCode::Integrity, "verify a backup: a file is missing or cannot be read",
                   found.error().outside()};
    if (found.value().size != named.size || found.value().digest != named.digest)
      return Error{ErrorCode::Integrity, "verify a backup: a file is not as it was made"};
    verified.bytes += named.size;
    if (named.name.ends_with("/data.mdb")) {
      TRY(check_environment(directory / named.name, verified));
    }
  }
  TRY(find_strangers(directory, verified.manifest, fault));
  fault.name = "journal";
  TRY(const auto walked, journal::walk_at_rest(directory / "journal"));
  verified.frames = walked.frames;
  fault.name.clear();
  return verified;
}

}  // namespace shosoin::backup
