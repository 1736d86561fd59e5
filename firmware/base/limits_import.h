// Bounds of imports: what one may hold in memory however many rows it has. As firmware/base/limits.h.
#pragma once

#include <cstddef>

namespace shosoin::limits {

inline constexpr std::size_t kSorterMemory =
    8u << 20;  // entries one sort holds before it writes a run: 15,000 rows of an import
inline constexpr std::size_t kSorterBlockPlain =
    8 * 4096 - 16 - 81;  // stored with page header and box: eight LMDB pages
inline constexpr std::size_t kMaxSorterRuns =
    1024;  // merged at once, a block of each in memory: 32 MiB at most, 8 GiB of entries

inline constexpr std::size_t kLetGoPages =
    1024;  // a commit of so many pages lets go of what the process has mapped of the file

inline constexpr std::size_t kDropAtOnce =
    8 * kLetGoPages;  // blocks deleted by one commit, as far as the next bound lets it
inline constexpr std::size_t kDropBytes = 32u << 20;  // of what they hold: freeing maps them

}  // namespace shosoin::limits
