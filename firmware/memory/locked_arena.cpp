#include "firmware/memory/locked_arena.h"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <limits>
#include <utility>

#include "firmware/memory/secret.h"

namespace shosoin::memory {

LockedArena LockedArena::take(std::size_t size) noexcept {
  LockedArena arena;
  if (size == 0) return arena;
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return arena;
  // The kernel itself is asked, as in secret.cpp: the sanitizers' mlock does nothing.
  if (::madvise(at, size, MADV_DONTDUMP) != 0 || ::syscall(SYS_mlock2, at, size, MLOCK_ONFAULT) != 0) {
    ::munmap(at, size);
    return arena;
  }
  arena.bytes_ = {static_cast<std::uint8_t*>(at), size};
  return arena;
}

LockedArena::LockedArena(LockedArena&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
LockedArena& LockedArena::operator=(LockedArena&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}
LockedArena::~LockedArena() {
  if (bytes_.empty()) return;
  wipe(bytes_);
  ::munmap(bytes_.data(), bytes_.size());
}

std::size_t lockable() noexcept {
  // The limit does not hold for whoever may lock without one.
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &head, held) == 0 && (held[0].effective & (1u << CAP_IPC_LOCK)) != 0) {
    return std::numeric_limits<std::size_t>::max();
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
  return limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<std::size_t>::max()
                                         : static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t machine_memory() noexcept {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size) : 0;
}

}  // namespace shosoin::memory
