// The legal calendar: from a counting rule, a period and an event date to the last day that must be kept and the first
// moment at which erasure is lawful. Legal days are days in Asia/Tokyo (UTC+9). Pure: no clock, no file, no tenant. Any
// thread. Law and examples: README.md beside this file.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "firmware/base/clock.h"
#include "firmware/base/result.h"
#include "storage/retention/event_date.h"
#include "storage/retention/period.h"

namespace shosoin::retention {

// 出納整理期間: payments from 1 April to 31 May may still belong to the accounts of the fiscal year before
// (地方自治法235条の5 closes them on 31 May). Which year such an event belongs to is the rule's decision; the later one
// keeps the record longer.
enum class Settlement : std::uint8_t {
  ActualDate = 1,   // by the day itself: the later end, and what holds unless a rule says otherwise
  AccountYear = 2,  // 1 April to 31 May counts to the fiscal year before; NEXT_FY only
};
std::string_view to_text(Settlement settlement) noexcept;  // "actual-date", "account-year"
Result<Settlement> parse_settlement(std::string_view text);

struct RetentionQuestion {
  CountingRule rule;
  Period period;
  EventDate event;
  Settlement settlement = Settlement::ActualDate;
};
struct RetentionSpan {
  std::chrono::year_month_day start;       // 起算日
  std::chrono::year_month_day end;         // 満了日: all of this day belongs to the record
  std::chrono::year_month_day purge_from;  // 廃棄可能日 = end + 1 day, from 00:00 in Tokyo
  friend bool operator==(const RetentionSpan&, const RetentionSpan&) = default;
};
struct ReasonStep {
  std::string ja, en;
};
struct RetentionAnswer {
  std::optional<RetentionSpan> span;  // none: the year is unknown, nothing expires by itself, a person decides
  std::optional<std::chrono::year_month_day> event_used;  // the latest possible day of the event
  std::vector<ReasonStep> reasoning;
};
// InvalidContent when a date would pass the year 9999, or AccountYear goes with another rule than NEXT_FY.
Result<RetentionAnswer> explain_retention(const RetentionQuestion& question);
// The same without the reasoning, for long lists of due dates.
Result<std::optional<RetentionSpan>> compute_retention(const RetentionQuestion& question);

int fiscal_year(std::chrono::year_month_day day);  // 年度: April to March, named by its April
int fiscal_year(Instant instant);                  // of the day in Tokyo

// 00:00:00 in Tokyo of that day = 15:00:00Z of the day before.
std::chrono::sys_seconds tokyo_midnight(std::chrono::year_month_day day);

enum class Verdict : std::uint8_t { NeverByItself, TooEarly, Held, MayErase };
struct RetentionFacts {
  std::optional<RetentionSpan> span;
  bool on_hold = false;  // 廃棄停止: suspends erasure, never shortens the period
};
Verdict retention_verdict(const RetentionFacts& facts, Instant now);

}  // namespace shosoin::retention
