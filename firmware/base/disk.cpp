#include "firmware/base/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace shosoin::disk {
namespace {

Error failed(Literal doing) noexcept {
  const int number = errno;
  return Error{code_of(number), doing, number};
}
std::filesystem::path parent_of(const std::filesystem::path& path) {
  auto clean = path.lexically_normal();
  if (clean.filename().empty()) clean = clean.parent_path();  // "dir/" names dir
  return clean.has_parent_path() ? clean.parent_path() : std::filesystem::path(".");
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}
Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

ErrorCode code_of(int number) noexcept {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::StorageFull;
    case ENOENT:
      return ErrorCode::NotFound;
    case EEXIST:
    case ENOTEMPTY:
    case EBUSY:
      return ErrorCode::Conflict;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return ErrorCode::Settings;
    case EMFILE:
    case ENFILE:
    case EAGAIN:
      return ErrorCode::Unavailable;
    case ENOMEM:
      return ErrorCode::OutOfMemory;
    default:
      return ErrorCode::StorageFailed;
  }
}

Result<Descriptor> open(const std::filesystem::path& path, int flags) {
  const int number = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (number < 0) return failed("open a file");
  return Descriptor(number);
}
Result<std::uint64_t> size_of(const Descriptor& file) {
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return failed("read the size of a file");
  return static_cast<std::uint64_t>(status.st_size);
}
Result<void> write_at(const Descriptor& file, ByteView bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(file.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("write a file");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return success();
}
Result<void> read_at(const Descriptor& file, std::span<std::uint8_t> out, std::uint64_t offset) {
  while (!out.empty()) {
    const auto got = ::pread(file.number(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read a file");
    if (got == 0) return Error{ErrorCode::Integrity, "read a file: it is shorter than it was"};
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return success();
}

Result<void> sync_data(const Descriptor& file) {
  if (::fdatasync(file.number()) != 0) return Error{ErrorCode::StorageFailed, "sync a file", errno};
  return success();
}
Result<void> sync_directory(const std::filesystem::path& directory) {
  TRY(auto opened, open(directory, O_RDONLY | O_DIRECTORY));
  if (::fsync(opened.number()) != 0) return Error{ErrorCode::StorageFailed, "sync a directory", errno};
  return success();
}
Result<void> make_directory(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return failed("make a directory");
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return failed("make a directory");
  if (!S_ISDIR(status.st_mode)) return Error{ErrorCode::Settings, "make a directory: something else has its name"};
  return sync_directory(parent_of(directory));
}
Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename a file");
  TRY(sync_directory(parent_of(to)));
  if (parent_of(from) == parent_of(to)) return success();
  return sync_directory(parent_of(from));
}

}  // namespace shosoin::disk
