// Bounds of the months of the log and of the documents of work.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shosoin::limits {

inline constexpr std::size_t kMaxLogMonths = 12 * 200;  // of one tenant, erased ones too: two hundred years of service
inline constexpr std::size_t kMaxMonthsText =
    16 * 1024;  // of one application: as many as there can be, "YYYY-MM," each
inline constexpr int kShortestOwnMonths =
    12;  // a period of the log from the end of its month, of a paper from its closing: to the yearly audit
inline constexpr int kShortestOwnDays = 366;  // the same said in days, leap years too

}  // namespace shosoin::limits
