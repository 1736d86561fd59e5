// A range of locked memory for plaintext that is kept for a while (STYLE, secrets: a bounded arena, never a guarded
// page for each). Left out of core dumps, wiped when it goes. The owner decides what stands where and who may read it.
#pragma once

#include <cstdint>
#include <span>

namespace shosoin::memory {

class LockedArena {
 public:
  // Empty when the memory cannot be had or not be locked: whoever asks must do without. A page counts against the limit
  // from here on and is taken from the machine, locked, when it is first written.
  static LockedArena take(std::size_t size) noexcept;
  LockedArena() = default;
  LockedArena(LockedArena&& other) noexcept;
  LockedArena& operator=(LockedArena&& other) noexcept;
  ~LockedArena();
  std::span<std::uint8_t> bytes() const noexcept { return bytes_; }

 private:
  std::span<std::uint8_t> bytes_;
};
// What this process may lock: RLIMIT_MEMLOCK, or SIZE_MAX without a limit or with CAP_IPC_LOCK.
std::size_t lockable() noexcept;
std::size_t machine_memory() noexcept;  // bytes; 0 where that is not known

}  // namespace shosoin::memory
