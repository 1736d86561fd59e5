// Bounds of batches: what is read at once, and what is deleted behind one. As firmware/base/limits.h.
#pragma once

#include <cstddef>

namespace shosoin::limits {

// Records that one thread looks at alone: 10 ms of reading, which a second would not shorten by much.
inline constexpr std::size_t kLookedAtAlone = 512;
// Rows that one commit drops: they lie in random pages, each of which is written anew, 16 MiB; writers wait that long.
inline constexpr std::size_t kRowsDroppedAtOnce = 4096;

}  // namespace shosoin::limits
