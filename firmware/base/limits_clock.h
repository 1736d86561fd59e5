// Bounds of the comparison between accepted time and its lines in the log.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shosoin::limits {

// A start looks no further back: two segments, so that one that has just begun does not hide the hour before it.
inline constexpr std::uint32_t kClockSegments = 2;
inline constexpr std::chrono::hours kClockUnproven{24 * 3660};  // what a line may claim: ten times what a setting may
inline constexpr std::size_t kClockLines = 10'000;  // changes of tenant zero kept to be opened from behind: some 8 MiB

}  // namespace shosoin::limits
