#include "admin-api/service/restore_attempts.h"

#include <fcntl.h>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/disk.h"
#include "firmware/base/limits.h"

namespace shosoin::service {
namespace {

// "shosoin-attempts-1", failures(4), when(8, ms), SHA-256 of all before(32).
constexpr std::string_view kMagic = "shosoin-attempts-1";
constexpr std::size_t kSize = kMagic.size() + 4 + 8 + 32;

std::uint64_t milliseconds(Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

}  // namespace

RestoreAttempts::RestoreAttempts(const std::filesystem::path& data_directory) : file_(data_directory) {
  file_ += ".restore-attempts";
}

// A clock that was set back keeps the lock; one set forward ends it, as it does for a login.
Result<void> RestoreAttempts::begin(Instant now) {
  const auto opened = disk::open(file_, O_RDONLY);
  if (!opened && opened.error().code() != ErrorCode::NotFound) return opened.error();
  if (opened) {
    Bytes bytes(kSize);
    TRY(disk::read_at(opened.value(), bytes, 0));
    Reader in(bytes);
    const bool ours = text_of(in.raw(kMagic.size())) == kMagic;
    before_ = in.u32();
    before_at_ = Instant{std::chrono::milliseconds(static_cast<std::int64_t>(in.u64()))};
    const auto digest = in.fixed<32>();
    if (!ours || digest != crypto::sha256(ByteView(bytes).first(kSize - digest.size())))
      return Error{ErrorCode::Integrity, "read how often a restore was refused"};
  }
  const bool lapsed = now - before_at_ >= limits::kOfficerLock;
  if (before_ >= static_cast<std::uint32_t>(limits::kFailuresToLock) && !lapsed)
    return Error{ErrorCode::TooMany, "restore: too many wrong passwords or codes; try again a day after the last one"};
  if (lapsed) before_ = 0;
  return write(before_ + 1, now);
}

Result<void> RestoreAttempts::forgive() { return write(before_, before_at_); }
Result<void> RestoreAttempts::forget() { return write(0, {}); }

// Beside and renamed: a cut leaves the old count or the new one.
Result<void> RestoreAttempts::write(std::uint32_t failures, Instant at) const {
  Writer out;
  out.raw(view_of(kMagic)).u32(failures).u64(milliseconds(at));
  const auto digest = crypto::sha256(out.bytes());
  out.raw(digest);
  auto fresh = file_;
  fresh += ".partial";
  std::error_code ignored;
  std::filesystem::remove(fresh, ignored);
  {
    TRY(const auto file, disk::open(fresh, O_RDWR | O_CREAT | O_EXCL));
    TRY(disk::write_at(file, out.bytes(), 0));
    TRY(disk::sync_data(file));
  }
  return disk::rename(fresh, file_);
}

}  // namespace shosoin::service
