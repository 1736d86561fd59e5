#include <fcntl.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <mutex>

#include "crypto/hash_stream.h"
#include "firmware/base/disk.h"
#include "firmware/base/limits_backup.h"
#include "firmware/base/power.h"
#include "storage/backup/backup.h"

namespace shosoin::backup {
namespace {

namespace fs = std::filesystem;

// Nothing depends on a backup that failed: nobody ends for it.
Error not_made(const Error& error) {
  const bool fatal = error.code() == ErrorCode::StorageFailed;
  return fatal ? Error{ErrorCode::Unavailable, "write a backup", error.outside()} : error;
}

Result<void> write_new(const fs::path& path, ByteView bytes) {
  TRY(const auto file, disk::open(path, O_RDWR | O_CREAT | O_EXCL));
  TRY(disk::write_at(file, bytes, 0));
  return disk::sync_data(file);
}

Result<void> copy_small(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  if (!in) return Error{ErrorCode::NotFound, "read a file of the installation for a backup"};
  const Bytes bytes{std::istreambuf_iterator<char>(in), {}};
  return write_new(to, bytes);
}

// 20261122T064700Z-12: sorts by time, and says which epoch it is of.
std::string name_of(Instant now, std::uint64_t epoch) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(seconds - days);
  const auto two = [](auto number) {
    const auto text = std::to_string(number);
    return text.size() < 2 ? "0" + text : text;
  };
  return std::to_string(static_cast<int>(date.year())) + two(static_cast<unsigned>(date.month())) +
         two(static_cast<unsigned>(date.day())) + "T" + two(time.hours().count()) + two(time.minutes().count()) +
         two(time.seconds().count()) + "Z-" + std::to_string(epoch);
}

std::mutex one_at_a_time;  // backups are made by one process only

Result<void> describe_files(const fs::path& directory, Manifest& manifest) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->is_directory() && !at->is_symlink()) continue;
    names.push_back(at->path().lexically_relative(directory).string());
  }
  if (failed) return Error{ErrorCode::Unavailable, "list the files of a backup", failed.value()};
  std::ranges::sort(names);
  for (const auto& name : names) {
    if (!is_place(name)) return Error{ErrorCode::Unavailable, "make a backup: somebody else's file is in its directory"};
    TRY(auto facts, facts_of(directory, name));
    manifest.files.push_back(std::move(facts));
  }
  return success();
}

}  // namespace

Result<FileFacts> facts_of(const fs::path& directory, const std::string& name) {
  TRY(const auto file, disk::open(directory / name, O_RDONLY));
  FileFacts facts{name, 0, {}};
  TRY(facts.size, disk::size_of(file));
  crypto::Sha256Stream hash;
  Bytes piece;
  for (std::uint64_t at = 0; at < facts.size; at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(facts.size - at, limits::kBackupPiece)));
    TRY(disk::read_at(file, piece, at));
    hash.add(piece);
  }
  facts.digest = hash.finish();
  return facts;
}

Result<Created> create(erasure::Appliance& appliance, const fs::path& data, const fs::path& place, Instant now) {
  // Two would clear each other's files away as what a cut left.
  const std::unique_lock alone(one_at_a_time, std::try_to_lock);
  if (!alone.owns_lock()) return Error{ErrorCode::Conflict, "make a backup while another is being made"};
  std::error_code ignored;
  const auto fresh = place / "making";
  fs::remove_all(fresh, ignored);  // what a cut left
  const auto made = [&]() -> Result<Created> {
    TRY(disk::make_directory(place));
    TRY(disk::make_directory(fresh));
    TRY(const auto stores, appliance.copy_stores(fresh));
    for (const auto* name : {"provisioning.json", "terminal-ca.pem"}) {
      TRY(copy_small(data / name, fresh / name));
    }
    Created created{{now, stores.epoch, stores.chain, {}, {}}, {}, place / name_of(now, stores.epoch), stores.left_out};
    for (const auto& [tenant, seq] : stores.sequences) {
      if (std::ranges::find(stores.left_out, tenant) == stores.left_out.end())
        created.manifest.tenants.push_back({tenant, seq});
    }
    TRY(describe_files(fresh, created.manifest));
    if (missing_in(created.manifest)) return Error{ErrorCode::Unavailable, "make a backup: a file of it went away meanwhile"};
    const auto encoded = encode_manifest(created.manifest);
    created.digest = digest_of(encoded);
    TRY(write_new(fresh / kManifestFile, encoded));
    TRY(disk::sync_directory(fresh));
    // If power goes before this: a directory `making`, which the next backup removes.
    TRY(power::guarded("backup:name", [&] { return disk::rename(fresh, created.directory); }));
    return created;
  }();
  if (made) return made;
  fs::remove_all(fresh, ignored);
  return not_made(made.error());
}

}  // namespace shosoin::backup
