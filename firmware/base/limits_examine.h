// Bounds of the walk over everything stored, by `shosoin storage check` and by the scrub. As firmware/base/limits.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shosoin::limits {

inline constexpr std::uint64_t kPageRead = 4096;        // what a page of an environment counts for in the pace
inline constexpr std::size_t kMaxFaultsTold = 1000;     // one by one; the rest is only counted
inline constexpr std::size_t kMaxFaultsLogged = 20;     // of one pass of the scrub, in the log of the appliance
inline constexpr std::chrono::minutes kScrubFirst{10};  // after a start: who starts daily is scrubbed too
inline constexpr std::int64_t kScrubHours = 24;         // from one pass to the next
inline constexpr std::int64_t kScrubHoursMost = 31 * 24;
inline constexpr std::int64_t kScrubRate = 20;  // MiB a second: a tenth of what a slow SATA disk gives
inline constexpr std::int64_t kScrubRateMost = 4096;

}  // namespace shosoin::limits
