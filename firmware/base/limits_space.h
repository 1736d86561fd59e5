// Bounds of repair mode and of a disk that fills.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shosoin::limits {

inline constexpr std::size_t kWriteProbe = 1u << 20;            // a start repairs a tail and commits a few pages: it fits in that
inline constexpr std::chrono::seconds kRepairRound{1};          // how soon repair mode notices that writing works again
inline constexpr std::chrono::seconds kRepairLeast{3};          // after a start that failed: not one after another without a pause
inline constexpr std::chrono::milliseconds kFailureNoticed{250};  // a flusher that gave up while nobody asks
inline constexpr std::uint64_t kReserveMiB = 64;                // default of vault.reserve_mib: four journal segments
inline constexpr std::uint64_t kReserveMostMiB = 1u << 20;
inline constexpr std::uint64_t kGrowthFactor = 4;               // what grows the store stops at so many reserves
inline constexpr std::chrono::milliseconds kSpaceLooked{200};   // how old an answer about free space may be

}  // namespace shosoin::limits
