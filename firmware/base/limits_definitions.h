// Bounds of logic checks, and of the definitions a running service takes.
#pragma once

#include <cstddef>

namespace shosoin::limits {

inline constexpr std::size_t kMaxLogicChecks = 64;          // of one file; the seeds state three
inline constexpr std::size_t kMaxCheckValues = 64;          // one condition lists; a code table of reasons takes a dozen
inline constexpr std::size_t kMaxDatesInOrder = 8;          // of one check
inline constexpr std::size_t kMaxStoredDefinitions = 64;    // versions added to one service: seven files and years of amendments
inline constexpr std::size_t kMaxStoredDefinition = 128u << 10;  // bytes of one; the longest shipped takes under 32 KiB

}  // namespace shosoin::limits
