#include "storage/journal/copy.h"

#include <fcntl.h>

#include <algorithm>
#include <ranges>

#include "firmware/base/disk.h"
#include "firmware/base/limits_backup.h"
#include "firmware/base/power.h"
#include "storage/journal/recovery.h"

namespace shosoin::journal {
namespace {

Result<void> copy_backwards(const std::filesystem::path& from, const std::filesystem::path& to) {
  TRY(const auto in, disk::open(from, O_RDONLY));
  TRY(const auto out, disk::open(to, O_RDWR | O_CREAT | O_EXCL));
  TRY(auto left, disk::size_of(in));
  Bytes piece;
  while (left > 0) {
    const auto size = std::min<std::uint64_t>(left, limits::kBackupPiece);
    left -= size;
    piece.resize(static_cast<std::size_t>(size));
    TRY(disk::read_at(in, piece, left));
    TRY(disk::write_at(out, piece, left));
  }
  return disk::sync_data(out);
}

// A disk that cannot take the copy is no reason to end: nothing depends on it.
Result<void> not_fatal(Result<void> done) {
  if (done || done.error().code() != ErrorCode::StorageFailed) return done;
  return Error{ErrorCode::Unavailable, "copy the journal", done.error().outside()};
}

}  // namespace

Result<void> copy_segments(const std::filesystem::path& directory, const std::filesystem::path& into) {
  TRY(const auto segments, find_segments(directory));
  return power::guarded("journal:copy", [&]() -> Result<void> {
    TRY(not_fatal(disk::make_directory(into)));
    for (const auto number : std::views::reverse(segments)) {
      TRY(not_fatal(copy_backwards(segment_path(directory, number), segment_path(into, number))));
    }
    TRY(not_fatal(disk::sync_directory(into)));
    if (const auto walked = walk_at_rest(into); !walked) {
      return Error{ErrorCode::Unavailable, "verify the copy of the journal", walked.error().outside()};
    }
    return success();
  });
}

}  // namespace shosoin::journal
