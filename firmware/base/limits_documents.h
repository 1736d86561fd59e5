// Bounds of working documents and their terms.
#pragma once

#include <cstddef>

namespace shosoin::limits {

inline constexpr std::size_t kTermsPerChange = 500;  // of documents: writers wait no longer than for a small import
// Applications that came of one another by what stayed behind: each holds a record less (limits::kMaxErasureRecords).
inline constexpr int kRemaindersFollowed = 10'000;

}  // namespace shosoin::limits
