#include "storage/retention/retention.h"

#include <algorithm>

#include "firmware/base/limits.h"

namespace shosoin::retention {
namespace {

using std::chrono::April;
using std::chrono::days;
using std::chrono::January;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr std::chrono::hours kTokyoOffset{9};  // no daylight saving since 1951

bool within_bounds(year_month_day day) noexcept {
  return int(day.year()) >= limits::kFirstYear && int(day.year()) <= limits::kLastYear;
}

// The latest possible day decides: an event whose day or month is unknown is never moved to an earlier account year
// than it can be.
int account_year(year_month_day event, Settlement settlement) {
  const bool settling = event.month() == April || event.month() == std::chrono::May;
  return fiscal_year(event) - (settlement == Settlement::AccountYear && settling ? 1 : 0);
}

year_month_day start_of(CountingRule rule, year_month_day event, Settlement settlement) {
  switch (rule) {
    case CountingRule::Excl:
      return sys_days{event} + days{1};
    case CountingRule::Incl:
      return event;
    case CountingRule::NextFiscalYear:
      return std::chrono::year{account_year(event, settlement) + 1} / April / 1;
    case CountingRule::NextCalendarYear:
      return (event.year() + years{1}) / January / 1;
  }
  return event;
}

// 民法143条: the day before the corresponding day; where that month has no such day, the last of the month.
year_month_day end_of_months(year_month_day start, months length) {
  const year_month_day corresponding = start + length;
  if (corresponding.ok()) return sys_days{corresponding} - days{1};
  return corresponding.year() / corresponding.month() / std::chrono::last;
}

year_month_day end_of(year_month_day start, const Period& period) {
  const int count = static_cast<int>(period.count());
  switch (period.unit()) {
    case PeriodUnit::Years:
      return end_of_months(start, months{12 * count});
    case PeriodUnit::Months:
      return end_of_months(start, months{count});
    case PeriodUnit::Days:
      return sys_days{start} + days{count - 1};
  }
  return start;
}

}  // namespace

Result<std::optional<RetentionSpan>> compute_retention(const RetentionQuestion& question) {
  if (question.settlement == Settlement::AccountYear && question.rule != CountingRule::NextFiscalYear) {
    return Error{ErrorCode::InvalidContent, "count by account year: only NEXT_FY knows one"};
  }
  const auto event = question.event.latest_possible();
  if (!event) return std::optional<RetentionSpan>{};
  RetentionSpan span;
  span.start = start_of(question.rule, *event, question.settlement);
  // By account year counting may start before the event; a period of days must not end before it, too.
  span.end = std::max(sys_days{end_of(span.start, question.period)}, sys_days{*event});
  span.purge_from = sys_days{span.end} + days{1};
  if (!within_bounds(span.start) || !within_bounds(span.end) || !within_bounds(span.purge_from)) {
    return Error{ErrorCode::InvalidContent, "count a retention period beyond the year 9999"};
  }
  return std::optional(span);
}

std::string_view to_text(Settlement settlement) noexcept {
  switch (settlement) {
    case Settlement::ActualDate:
      return "actual-date";
    case Settlement::AccountYear:
      return "account-year";
  }
  return "";
}
Result<Settlement> parse_settlement(std::string_view text) {
  for (const auto settlement : {Settlement::ActualDate, Settlement::AccountYear}) {
    if (text == to_text(settlement)) return settlement;
  }
  return Error{ErrorCode::InvalidContent, "read how the settlement months count: actual-date or account-year"};
}

int fiscal_year(year_month_day day) { return int(day.year()) - (day.month() < April ? 1 : 0); }
int fiscal_year(Instant instant) { return fiscal_year(tokyo_date(instant)); }

std::chrono::sys_seconds tokyo_midnight(year_month_day day) { return sys_days{day} - kTokyoOffset; }

Verdict retention_verdict(const RetentionFacts& facts, Instant now) {
  if (!facts.span) return Verdict::NeverByItself;
  if (now < tokyo_midnight(facts.span->purge_from)) return Verdict::TooEarly;
  return facts.on_hold ? Verdict::Held : Verdict::MayErase;
}

}  // namespace shosoin::retention
