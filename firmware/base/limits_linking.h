// Bounds of linking: numbers, addressees and files of one tenant.
#pragma once

#include <cstddef>

namespace shosoin::limits {

inline constexpr std::size_t kLinkedAtOnce =
    4'000'000;  // numbers or addressees of all open imports of a tenant: two imports of kMaxImportRows
inline constexpr std::size_t kMaxPersonRecords =
    10'000;  // records of one person looked through: tax terms of a lifetime, many times over
inline constexpr std::size_t kReportWork =
    20'000;  // entries one page of the consistency report looks at: well under a second
inline constexpr std::size_t kReportBucket =
    1'000'000;  // entries of one part of its walk: a thousandth of a tenant, or a 256th
inline constexpr std::size_t kReportFindings = 200;      // told on one page
inline constexpr std::size_t kMaxNumberChanges = 1'000;  // of one person; nobody's number changed more than a few times
inline constexpr std::size_t kMaxNumberChangesListed = 10'000;  // requests of one tenant
inline constexpr std::size_t kMaxNumberChangesTold = 500;       // in one list

}  // namespace shosoin::limits
