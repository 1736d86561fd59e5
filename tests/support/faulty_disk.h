// Makes the file calls of the whole test program fail on demand: this header defines pwrite, pwritev, writev and
// fdatasync, which then stand before the C library's, for shared libraries too. Include it in exactly one source of a
// test program.
#pragma once

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <string_view>

namespace shosoin::support {

struct FaultyDisk {
  std::atomic<int> write_error{0};   // errno of every write while not 0
  std::atomic<int> sync_error{0};    // errno of every fdatasync while not 0
  std::atomic<long> writes_left{0};  // so many writes still go well
  std::atomic<long> syncs_seen{0};
  std::atomic<const char*> only{""};  // writes fail for files whose path ends so
};
inline FaultyDisk& faulty_disk() {
  static FaultyDisk disk;
  return disk;
}
inline bool is_meant(int file, std::string_view end) {
  char path[512];
  const auto link = "/proc/self/fd/" + std::to_string(file);
  const auto size = end.empty() ? 0 : ::readlink(link.c_str(), path, sizeof path);
  return end.empty() || (size > 0 && std::string_view(path, static_cast<std::size_t>(size)).ends_with(end));
}
inline bool write_fails(int file) {
  auto& disk = faulty_disk();
  if (disk.write_error == 0 || !is_meant(file, disk.only.load()) || disk.writes_left-- > 0) return false;
  errno = disk.write_error;
  return true;
}

}  // namespace shosoin::support

extern "C" {
ssize_t pwrite(int file, const void* from, size_t size, off_t offset) {
  if (shosoin::support::write_fails(file)) return -1;
  return static_cast<ssize_t>(::syscall(SYS_pwrite64, file, from, size, offset));
}
ssize_t pwrite64(int file, const void* from, size_t size, off64_t offset) { return pwrite(file, from, size, offset); }
ssize_t pwritev(int file, const struct iovec* parts, int count, off_t offset) {
  if (shosoin::support::write_fails(file)) return -1;
  return static_cast<ssize_t>(::syscall(SYS_pwritev, file, parts, count, offset, 0L));
}
ssize_t pwritev64(int file, const struct iovec* parts, int count, off64_t offset) {
  return pwritev(file, parts, count, offset);
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  if (shosoin::support::write_fails(file)) return -1;
  return static_cast<ssize_t>(::syscall(SYS_writev, file, parts, count));
}
int fdatasync(int file) {
  shosoin::support::faulty_disk().syncs_seen++;
  if (int number = shosoin::support::faulty_disk().sync_error; number != 0) return errno = number, -1;
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}
}
