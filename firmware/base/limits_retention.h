// Bounds of retention rules, holds and the scheduler.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shosoin::limits {

inline constexpr std::size_t kMaxEventItems =
    32;  // of one rule: one for each table of the largest file, and alternatives
inline constexpr std::size_t kMaxEventText = 2048;       // the same as a text: keys with commas between them
inline constexpr std::uint16_t kMaxRuleVersions = 1000;  // of one file: a change a month for eighty years
inline constexpr std::size_t kMaxHolds = 1000;           // in force in one tenant: each is looked at before an erasure
inline constexpr std::size_t kMaxHoldsTold = 500;        // in one list; the rest is counted
inline constexpr std::size_t kDuePage = 1000;            // entries of one page of what is due
inline constexpr std::size_t kDueStep = 4000;            // due dates a calendar looks at while writers wait
inline constexpr std::size_t kCalendarMonths =
    12 * 200;  // told: the longest period of the law and what stands before it
inline constexpr auto kClockTolerance = std::chrono::minutes{5};  // what a time service may correct at once
inline constexpr int kClockOffDays = 14;  // longest time without power that passes without a question; a setting
inline constexpr int kClockOffDaysMost = 366;
inline constexpr auto kClockStored = std::chrono::hours{1};   // how far accepted time runs ahead of what is stored
inline constexpr auto kClockLook = std::chrono::seconds{30};  // between two looks at the TPM's clock
inline constexpr auto kBatchWindow =
    std::chrono::hours{1};  // what the scheduler applied for goes together, at most so often
inline constexpr auto kRoundEvery = std::chrono::minutes{10};  // of the scheduler
inline constexpr std::size_t kRoundRecords =
    1000;  // of one file in one round: one application each; a certificate names every row
inline constexpr std::uint64_t kDueCounted = 100'000;  // due records of one tenant a round counts; beyond: "at least"
inline constexpr int kBatchLooks =
    3;  // how often a batch is gathered anew because a hold came meanwhile; then it waits for the next
inline constexpr std::size_t kOpenedAtOnce = 4;                // tenants nobody has used: each takes the TPM a while
inline constexpr auto kOpenRetry = std::chrono::minutes{10};   // after one could not be opened
inline constexpr auto kTermsRetry = std::chrono::minutes{10};  // after terms could not be computed

}  // namespace shosoin::limits
