// Bounds of applications for erasure, their witnesses and reports, and of the disposal register.
#pragma once

#include <chrono>
#include <cstddef>

namespace shosoin::limits {

inline constexpr auto kWitnessPresent =
    std::chrono::minutes{15};  // a person who confirmed it longer ago may have left the room (E-05)
inline constexpr std::size_t kMaxOpenErasures =
    2000;  // of one tenant, requested or approved: each is read before every batch
inline constexpr std::size_t kErasurePage = 200;       // of one page of applications, 7 kB each as a rule
inline constexpr std::size_t kDisposalPage = 200;      // items of one page of the register, 4 kB each as a rule
inline constexpr int kDisposalYears = 100;             // the longest range of days one list may ask for
inline constexpr int kBatchesForPeople =
    6;  // of the day's cap: left for persons, however long a backlog the appliance works through
inline constexpr std::size_t kWaitingTold = 1000;      // records told with the reason why they wait; the rest is counted

}  // namespace shosoin::limits
