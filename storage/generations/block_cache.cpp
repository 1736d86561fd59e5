#include "storage/generations/block_cache.h"

#include <algorithm>
#include <atomic>

#include "firmware/base/limits_speed.h"
#include "firmware/base/log.h"
#include "firmware/memory/secret.h"

namespace shosoin::generations {

namespace {

std::atomic<std::size_t> wanted{limits::kBlockCacheMiB << 20};

// Where keys have taken more of what may be locked than was set aside for them: half of it, or half of that.
memory::LockedArena take_what_fits(std::size_t size, std::size_t step) {
  for (auto part = size / step; part > 0; part /= 2) {
    if (auto arena = memory::LockedArena::take(part * step); !arena.bytes().empty()) return arena;
  }
  return {};
}

}  // namespace

std::size_t BlockCache::size_in(const Room& room) noexcept {
  const auto beside_keys = room.lockable > limits::kLockedForKeys ? room.lockable - limits::kLockedForKeys : 0;
  const auto may_lock = std::max(beside_keys, room.lockable / limits::kBlockCacheShare);
  return std::min({room.wanted, may_lock, room.machine / limits::kBlockCacheMemoryShare});
}

void BlockCache::want(std::size_t bytes) noexcept { wanted.store(bytes); }

BlockCache& BlockCache::of_process() {
  static BlockCache cache(size_in({wanted.load(), memory::lockable(), memory::machine_memory()}));
  static const bool told = [] {
    if (cache.capacity() == 0 && wanted.load() > 0) {
      oplog::warning("no memory could be locked for blocks: each is decrypted anew");
    }
    return true;
  }();
  (void)told;
  return cache;
}

BlockCache::BlockCache(std::size_t size)
    : arena_(take_what_fits(size, kSlot * kWays)), sets_(arena_.bytes().size() / (kSlot * kWays)) {}

std::uint64_t BlockCache::new_view() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

BlockCache::Set& BlockCache::set_of(const Place& place) {
  // Neighbouring blocks go to different sets; the multiplier is that of Knuth's multiplicative hash, 64 bits wide.
  const auto mixed = (place.view * 0x9E37'79B9'7F4A'7C15u) ^ (place.block * 0xD6E8'FEB8'6659'FD93u);
  return sets_[(mixed >> 24) % sets_.size()];
}

std::span<std::uint8_t> BlockCache::memory_of(const Set& set, std::size_t way) const {
  const auto number = static_cast<std::size_t>(&set - sets_.data());
  return arena_.bytes().subspan((number * kWays + way) * kSlot, kSlot);
}

void BlockCache::put(const Place& place, ByteView plain) {
  if (sets_.empty() || plain.size() > kSlot) return;
  auto& set = set_of(place);
  std::scoped_lock lock(set.mutex);
  const auto known = std::ranges::find(set.slots, place, &Slot::place);
  if (known != set.slots.end()) return;  // another reader was first; blocks never change
  // The clock's hand: whoever was not used since it last came by gives way.
  while (std::exchange(set.slots[set.hand].used, false)) set.hand = (set.hand + 1) % kWays;
  auto& slot = set.slots[set.hand];
  const auto memory = memory_of(set, set.hand);
  std::ranges::copy(plain, memory.begin());
  if (plain.size() < slot.size) memory::wipe(memory.subspan(plain.size(), slot.size - plain.size()));
  slot = {place, plain.size(), false};  // what is used once gives way before what is used again
  set.hand = (set.hand + 1) % kWays;
}

void BlockCache::drop(std::uint64_t view) noexcept {
  for (auto& set : sets_) {
    std::scoped_lock lock(set.mutex);
    for (std::size_t way = 0; way < kWays; ++way) {
      if (set.slots[way].place.view != view) continue;
      memory::wipe(memory_of(set, way).first(set.slots[way].size));
      set.slots[way] = {};
    }
  }
}

std::size_t BlockCache::held(std::uint64_t view) const {
  std::size_t count = 0;
  for (const auto& set : sets_) {
    std::scoped_lock lock(set.mutex);
    count += static_cast<std::size_t>(
        std::ranges::count_if(set.slots, [&](const Slot& slot) { return slot.place.view == view; }));
  }
  return count;
}

BlockCache::Counts BlockCache::counts() const {
  Counts all;
  for (const auto& set : sets_) {
    std::scoped_lock lock(set.mutex);
    all.found += set.found;
    all.missed += set.missed;
  }
  return all;
}

}  // namespace shosoin::generations
