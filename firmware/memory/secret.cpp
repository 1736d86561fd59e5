#include "firmware/memory/secret.h"

#include <bits/functexcept.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "firmware/base/ids.h"

namespace shosoin {

void fill_secret_random(std::span<std::uint8_t> out) noexcept { fill_random(out); }

namespace memory {
namespace {

// Asks the kernel itself: the run-time libraries of the sanitizers answer mlock(2) with success and do nothing.
bool lock_pages(const void* bytes, std::size_t size) noexcept { return ::syscall(SYS_mlock, bytes, size) == 0; }

}  // namespace

std::uint8_t* allocate_locked(std::size_t size) {
  // Before the first allocation: sodium_init draws the canary that sodium_free compares.
  static const bool started = sodium_init() >= 0;
  ENSURE(started);
  auto* bytes = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (bytes == nullptr) std::__throw_bad_alloc();
  // sodium_malloc ignores a failing mlock; a key in unlocked memory may reach swap, so a second, checked lock decides.
  ENSURE(lock_pages(bytes, size));
  return bytes;
}
void release_locked(std::uint8_t* bytes) noexcept { sodium_free(bytes); }
void wipe(std::span<std::uint8_t> bytes) noexcept { sodium_memzero(bytes.data(), bytes.size()); }
void wipe(std::string& text) noexcept {
  sodium_memzero(text.data(), text.size());
  text.clear();
}
void wipe(Bytes& bytes) noexcept {
  sodium_memzero(bytes.data(), bytes.size());
  bytes.clear();
}
bool constant_time_equal(ByteView left, ByteView right) noexcept {
  return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

Result<void> prepare_process() noexcept {
  if (sodium_init() < 0) return Error{ErrorCode::Internal, "start libsodium"};
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return Error{ErrorCode::Settings, "turn core dumps off", errno};
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) return Error{ErrorCode::Settings, "make the process undumpable", errno};
  rlimit locked{};
  if (::getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur < locked.rlim_max) {
    locked.rlim_cur = locked.rlim_max;
    ::setrlimit(RLIMIT_MEMLOCK, &locked);
  }
  alignas(4096) static std::uint8_t probe[4096];
  if (!lock_pages(probe, sizeof probe)) return Error{ErrorCode::Settings, "lock memory (LimitMEMLOCK)", errno};
  return success();
}

}  // namespace memory
}  // namespace shosoin
