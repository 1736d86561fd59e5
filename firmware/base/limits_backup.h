// Bounds of backups and restores (limits.h has the others).
#pragma once

#include <cstddef>
#include <cstdint>

namespace shosoin::limits {

inline constexpr std::size_t kBackupPiece = 1u << 20;          // read and written at once
inline constexpr std::size_t kMaxBackupManifest = 4u << 20;    // 2,000 tenants and 20,000 segments of a journal
inline constexpr std::size_t kMaxBackupFiles = 30'000;         // the same, and the two files of the installation
inline constexpr std::size_t kMaxBackupName = 96;              // tenants/<32 hex digits>/data.mdb
inline constexpr std::uint64_t kSequenceLine = 1ull << 32;     // a restore goes on at a multiple of it above all that is known;
                                                               // so many changes nobody makes between two restores
inline constexpr std::size_t kBackupsDeclared = 100;           // named in a certificate; it stays readable
inline constexpr std::size_t kMaxLostListed = 10'000;          // records lost in a restore, told in one answer

}  // namespace shosoin::limits
