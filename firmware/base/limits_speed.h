// Bounds that exist for speed alone: what is kept at hand so that it is not fetched again.
#pragma once

#include <cstddef>

namespace shosoin::limits {

inline constexpr std::size_t kBlockCacheMost =
    32u << 20;  // decrypted blocks of all tenants: the record keys of 150,000 records
inline constexpr std::size_t kBlockCacheShare = 8;  // of what may be locked: the keys themselves come first
inline constexpr std::size_t kRemembered = 4096;     // decoded entries of each kind: people at work at a time, and more
inline constexpr std::size_t kIdleReaders = 64;          // read transactions kept ready, of each environment

inline constexpr std::size_t kVaultLoops = 4;  // threads that serve the gate's channels, and not more than processors

}  // namespace shosoin::limits
