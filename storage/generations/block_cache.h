// Decrypted blocks of snapshots in locked memory, bounded for the whole process (limits_speed.h, vault.block_cache_mib).
// Blocks never change, so what is here is never stale. They leave, wiped, with the view they were read through: after a merge or a batch
// nothing of the generation before is found here (promise 5). Any thread.
#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/memory/locked_arena.h"

namespace shosoin::generations {

class BlockCache {
 public:
  struct Place {
    std::uint64_t view = 0;  // of a SnapshotView: never given twice, never 0
    std::uint64_t block = 0;
    bool operator==(const Place&) const = default;
  };
  // What it may have: as much as is wanted, as far as the keys leave room to lock and the machine has memory. Pure.
  struct Room {
    std::size_t wanted, lockable, machine;
  };
  static std::size_t size_in(const Room& room) noexcept;
  static void want(std::size_t bytes) noexcept;  // before the first call of of_process; otherwise limits::kBlockCacheMiB
  static BlockCache& of_process();               // the first call makes it
  explicit BlockCache(std::size_t size);
  static std::uint64_t new_view() noexcept;

  // use(ByteView plain) under the lock of the place, hence briefly; false when it is not here.
  template <class Use>
  bool use(const Place& place, Use&& use) {
    if (sets_.empty()) return false;
    auto& set = set_of(place);
    std::scoped_lock lock(set.mutex);
    for (std::size_t way = 0; way < kWays; ++way) {
      if (set.slots[way].place != place) continue;
      set.slots[way].used = true;
      ++set.found;
      use(ByteView(memory_of(set, way)).first(set.slots[way].size));
      return true;
    }
    ++set.missed;
    return false;
  }
  void put(const Place& place, ByteView plain);  // not kept when it is larger than a slot
  void drop(std::uint64_t view) noexcept;
  std::size_t held(std::uint64_t view) const;  // blocks
  std::size_t capacity() const { return sets_.size() * kWays; }  // blocks
  struct Counts {
    std::uint64_t found = 0, missed = 0;  // by use()
  };
  Counts counts() const;

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kSlot = 4096;
  struct Slot {
    Place place;
    std::size_t size = 0;
    bool used = false;
  };
  struct Set {
    mutable std::mutex mutex;
    std::array<Slot, kWays> slots;
    std::size_t hand = 0;
    std::uint64_t found = 0, missed = 0;
  };
  Set& set_of(const Place& place);
  std::span<std::uint8_t> memory_of(const Set& set, std::size_t way) const;

  memory::LockedArena arena_;
  std::vector<Set> sets_;
};

}  // namespace shosoin::generations
