// Preloaded into a server under test: counts its file calls below the installation and its allocations, and lets one of
// them fail. It stands before the C library for every shared library too, LMDB among them. Calls on sockets, logs and
// the TPM are none of its business: only regular files and directories count.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/fault/shim/faults.h"

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* bytes, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

using namespace shosoin::faults;

Page* page = nullptr;

__attribute__((constructor)) void map_page() {
  const char* path = ::getenv("SHOSOIN_FAULTS");
  if (path == nullptr) return;
  const int file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC));
  if (file < 0) return;
  void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped != MAP_FAILED) page = static_cast<Page*>(mapped);
}

// True when this call is to fail; errno is set.
bool fails(Call call) {
  if (page == nullptr || page->armed.load(std::memory_order_relaxed) == 0) return false;
  page->counted[call].fetch_add(1);
  if (page->call.load() != call) return false;
  const auto left = page->left.fetch_sub(1);
  if (left > 0 || (left < 0 && page->lasting.load() == 0)) return false;
  page->hits.fetch_add(1);
  errno = static_cast<int>(page->error.load());
  return true;
}

std::uint32_t place_of(const char* path) {
  if (std::strstr(path, "/journal/") != nullptr) return 1;
  if (std::strstr(path, ".mdb") != nullptr) return 2;
  return std::strstr(path, "state-copy") != nullptr ? 3 : 4;
}
bool is_file(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}
bool file_fails(Call call, int file) {
  if (page == nullptr || page->armed.load(std::memory_order_relaxed) == 0) return false;
  const int before = errno;
  char link[64], path[512] = {};
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const auto size = ::readlink(link, path, sizeof path - 1);
  const bool ours = is_file(file) && size > 0 && std::strstr(path, "/logs/") == nullptr;
  errno = before;
  if (!ours || !fails(call)) return false;
  page->place.store(place_of(path));
  return true;
}
bool name_fails(Call call, const char* path) {
  if (page == nullptr || page->armed.load(std::memory_order_relaxed) == 0 || path == nullptr) return false;
  if (std::strncmp(path, "/proc/", 6) == 0 || std::strncmp(path, "/dev/", 5) == 0) return false;
  if (!fails(call)) return false;
  page->place.store(place_of(path));
  return true;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* from, size_t size) {
  if (file > STDERR_FILENO && file_fails(Write, file)) return -1;
  return static_cast<ssize_t>(::syscall(SYS_write, file, from, size));
}
ssize_t pwrite(int file, const void* from, size_t size, off_t offset) {
  if (file_fails(Write, file)) return -1;
  return static_cast<ssize_t>(::syscall(SYS_pwrite64, file, from, size, offset));
}
ssize_t pwrite64(int file, const void* from, size_t size, off64_t offset) { return pwrite(file, from, size, offset); }
ssize_t pwritev(int file, const struct iovec* parts, int count, off_t offset) {
  if (file_fails(Write, file)) return -1;
  return static_cast<ssize_t>(::syscall(SYS_pwritev, file, parts, count, offset, 0L));
}
ssize_t pwritev64(int file, const struct iovec* parts, int count, off64_t offset) {
  return pwritev(file, parts, count, offset);
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  if (file_fails(Write, file)) return -1;
  return static_cast<ssize_t>(::syscall(SYS_writev, file, parts, count));
}
int fdatasync(int file) {
  if (file_fails(Sync, file)) return -1;
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}
int fsync(int file) {
  if (file_fails(Sync, file)) return -1;
  return static_cast<int>(::syscall(SYS_fsync, file));
}
int msync(void* bytes, size_t size, int flags) {
  if (fails(Sync)) return -1;
  return static_cast<int>(::syscall(SYS_msync, bytes, size, flags));
}
int ftruncate(int file, off_t size) noexcept {
  if (file_fails(Truncate, file)) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, file, size));
}
int ftruncate64(int file, off64_t size) noexcept { return ftruncate(file, size); }
int fallocate(int file, int mode, off_t offset, off_t size) {
  if (file_fails(Allocate, file)) return -1;
  return static_cast<int>(::syscall(SYS_fallocate, file, mode, offset, size));
}
int posix_fallocate(int file, off_t offset, off_t size) {
  if (file_fails(Allocate, file)) return errno;
  return ::syscall(SYS_fallocate, file, 0, offset, size) == 0 ? 0 : errno;
}
int posix_fallocate64(int file, off64_t offset, off64_t size) { return posix_fallocate(file, offset, size); }
int rename(const char* from, const char* to) noexcept {
  if (name_fails(Rename, from)) return -1;
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
int mkdir(const char* path, mode_t mode) noexcept {
  if (name_fails(Create, path)) return -1;
  return static_cast<int>(::syscall(SYS_mkdir, path, mode));
}
int unlink(const char* path) noexcept {
  if (name_fails(Remove, path)) return -1;
  return static_cast<int>(::syscall(SYS_unlink, path));
}
int unlinkat(int at, const char* path, int flags) noexcept {
  if (name_fails(Remove, path)) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, at, path, flags));
}
int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    if (name_fails(Create, path)) return -1;
  }
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  return open(path, flags, mode);
}

// -- memory

void* malloc(size_t size) noexcept { return fails(Memory) ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) noexcept { return fails(Memory) ? nullptr : __libc_calloc(count, size); }
void* realloc(void* bytes, size_t size) noexcept { return fails(Memory) ? nullptr : __libc_realloc(bytes, size); }
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return fails(Memory) ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) noexcept {
  if (fails(Memory)) return ENOMEM;
  void* bytes = __libc_memalign(alignment, size);
  if (bytes == nullptr) return ENOMEM;
  *out = bytes;
  return 0;
}
// Pages asked for as memory (libsodium, Argon2, LMDB's own), not files.
void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) noexcept {
  if ((flags & MAP_ANONYMOUS) != 0 && fails(Memory)) return MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, at, size, protection, flags, file, offset));
}
void* mmap64(void* at, size_t size, int protection, int flags, int file, off64_t offset) noexcept {
  return mmap(at, size, protection, flags, file, offset);
}

}  // extern "C"
