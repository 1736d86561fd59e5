#include "admin-api/cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_all(int fd, std::size_t most) {
  std::string out;
  char buffer[16384];
  for (;;) {
    const auto got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorCode::BadRequest, "read a file", errno};
    if (got == 0) break;
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > most) {
      memory::wipe(out);
      return Error{ErrorCode::TooLarge, "read a file"};
    }
  }
  memory::wipe(std::span(reinterpret_cast<std::uint8_t*>(buffer), sizeof buffer));
  return out;
}

Result<void> write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return Error{errno == ENOSPC ? ErrorCode::StorageFull : ErrorCode::BadRequest, "write a file", errno};
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  if (::fsync(fd) != 0 && errno != EINVAL) return Error{ErrorCode::BadRequest, "sync a file", errno};
  return success();
}

Result<void> write_beside(const std::string& path, ByteView bytes, mode_t mode) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (file.get() < 0) return Error{ErrorCode::BadRequest, "create a file", errno};
    TRY(write_all(file.get(), bytes));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return Error{ErrorCode::BadRequest, "rename a file", errno};
  return success();
}

}  // namespace

Result<std::string> read_text(const std::string& path, std::size_t most) {
  if (path == "-") return read_all(STDIN_FILENO, most);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Error{ErrorCode::BadRequest, "open a file", errno};
  return read_all(file.get(), most);
}

Result<std::string> read_private(const std::string& path, std::size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return Error{ErrorCode::BadRequest, "open a secret file", errno};
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return Error{ErrorCode::BadRequest, "look at a secret file", errno};
  if (!S_ISREG(facts.st_mode) || facts.st_uid != ::geteuid() || (facts.st_mode & 077) != 0) {
    return Error{ErrorCode::Settings, "read a secret file: it must be yours and have mode 0600"};
  }
  return read_all(file.get(), most);
}

Result<void> write_public(const std::string& path, ByteView bytes) {
  if (path == "-") return write_all(STDOUT_FILENO, bytes);
  return write_beside(path, bytes, 0644);
}

Result<void> write_private(const std::string& path, ByteView bytes, bool replace) {
  if (replace) return write_beside(path, bytes, 0600);
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) {
    return Error{errno == EEXIST ? ErrorCode::Conflict : ErrorCode::BadRequest, "create a secret file", errno};
  }
  return write_all(file.get(), bytes);
}

}  // namespace shosoin::cli
