// Bounds that exist for speed alone: what is kept at hand so that it is not fetched again.
#pragma once

#include <cstddef>

namespace shosoin::limits {

// Decrypted blocks of all tenants, MiB: the whole index of a million records (500, counted) and some. vault.block_cache_mib says
// otherwise. Only what is used is taken from the machine.
inline constexpr std::size_t kBlockCacheMiB = 512;
inline constexpr std::size_t kBlockCacheMostMiB = 16'384;  // of the setting: thirty times that
// Of what may be locked, kept for keys: 1,741 tenants with 25 keys of a page each, 170 MiB. Where less may be locked, the
// cache has an eighth of it.
inline constexpr std::size_t kLockedForKeys = 192u << 20;
inline constexpr std::size_t kBlockCacheShare = 8;
inline constexpr std::size_t kBlockCacheMemoryShare = 16;  // of the machine's memory: the rest holds the rows themselves
inline constexpr std::size_t kScanKept = 8;  // blocks that one scan leaves in the cache: a search's few, not a walk's all
inline constexpr std::size_t kRemembered = 4096;     // decoded entries of each kind: people at work at a time, and more
inline constexpr std::size_t kIdleReaders = 64;          // read transactions kept ready, of each environment

inline constexpr std::size_t kBoxesAlone = 256;    // a generation of so many blocks, 1 MiB, is not worth a second thread
inline constexpr std::size_t kBoxesWaiting = 16u << 20;  // bytes of boxes between the two: what is boxed while the disk syncs
inline constexpr std::size_t kBoxesTogether = 256u << 10;  // bytes handed from one to the other: 64 blocks
inline constexpr std::size_t kBoxKept = 8u << 10;  // of a box that is stored, for the next: not what a large entry took
inline constexpr std::size_t kBlocksAhead =
    1024;  // 4 MiB of a generation that is read whole, asked of the disk ahead, twice as much at the beginning
inline constexpr std::size_t kAskedAtOnce = 128u << 10;  // bytes: what a kernel reads ahead at least; it cuts longer runs short

inline constexpr std::size_t kVaultLoops = 4;  // threads that serve the gate's channels, and not more than processors

}  // namespace shosoin::limits
