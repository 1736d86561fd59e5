// What a campaign and the preloaded library share: one page of memory, mapped from the file that SHOSOIN_FAULTS names. The campaign
// (tests/fault/faults.py knows the same layout) writes the upper part, the library counts below. Test only: nothing of the product
// includes or links it.
#pragma once

#include <atomic>
#include <cstdint>

namespace shosoin::faults {

enum Call : std::uint32_t { Write, Sync, Truncate, Allocate, Rename, Create, Remove, Memory, kCalls };

struct Page {
  std::atomic<std::uint32_t> armed;      // 1: count, and fail the call below
  std::atomic<std::uint32_t> call;       // which
  std::atomic<std::int64_t> left;        // so many of them still go well; the next fails
  std::atomic<std::uint32_t> error;      // errno
  std::atomic<std::uint32_t> lasting;    // 1: it goes on failing
  std::atomic<std::uint32_t> hits;       // calls that failed
  std::atomic<std::uint32_t> place;      // of the last one: 1 journal, 2 environment, 3 state copy, 4 elsewhere
  std::atomic<std::uint32_t> unused;
  std::atomic<std::uint64_t> counted[kCalls];
};
static_assert(sizeof(Page) == 40 + 8 * kCalls);

}  // namespace shosoin::faults
