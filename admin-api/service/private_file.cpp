#include "admin-api/service/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "firmware/base/disk.h"
#include "firmware/memory/secret.h"

namespace shosoin::service {
namespace {

constexpr mode_t kOthers = 0077, kPublicMode = 0644;

Result<void> write_whole(const std::filesystem::path& file, ByteView bytes, bool open_to_all) {
  std::error_code failed;
  if (std::filesystem::exists(file, failed) || failed) return Error{ErrorCode::Conflict, "write a file that exists"};
  auto draft = file;
  draft += ".new";
  std::filesystem::remove(draft, failed);  // of a start that was cut
  {
    TRY(auto out, disk::open(draft, O_WRONLY | O_CREAT | O_EXCL));
    if (open_to_all && ::fchmod(out.number(), kPublicMode) != 0)
      return Error{ErrorCode::StorageFailed, "set a file's mode", errno};
    TRY(disk::write_at(out, bytes, 0));
    TRY(disk::sync_data(out));
  }
  return disk::rename(draft, file);
}

Result<Bytes> read_open(const disk::Descriptor& file, std::size_t most) {
  TRY(const auto size, disk::size_of(file));
  if (size > most) return Error{ErrorCode::Settings, "read a file of the installation: it is too large"};
  Bytes bytes(size);
  TRY(disk::read_at(file, bytes, 0));
  return bytes;
}

}  // namespace

Result<void> write_private(const std::filesystem::path& file, ByteView bytes) {
  return write_whole(file, bytes, false);
}
Result<void> write_public(const std::filesystem::path& file, ByteView bytes) { return write_whole(file, bytes, true); }

Result<Bytes> read_file(const std::filesystem::path& file, std::size_t most) {
  TRY(auto in, disk::open(file, O_RDONLY));
  return read_open(in, most);
}

Result<Bytes> read_private(const std::filesystem::path& file, std::size_t most) {
  TRY(auto in, disk::open(file, O_RDONLY));
  struct stat facts {};
  if (::fstat(in.number(), &facts) != 0 || (facts.st_mode & kOthers) != 0 || facts.st_uid != ::geteuid()) {
    return Error{ErrorCode::Settings, "read a secret file: its mode must be 0600 and its owner this account"};
  }
  return read_open(in, most);
}

}  // namespace shosoin::service
