#include "storage/retention/retention.h"

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

year_month_day start_of(CountingRule rule, year_month_day event) {
  switch (rule) {
    case CountingRule::Excl:
      return sys_days{event} + days{1};
    case CountingRule::Incl:
      return event;
    case CountingRule::NextFiscalYear:
      return std::chrono::year{fiscal_year(event) + 1} / April / 1;
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
  const auto event = question.event.latest_possible();
  if (!event) return std::optional<RetentionSpan>{};
  RetentionSpan span;
  span.start = start_of(question.rule, *event);
  span.end = end_of(span.start, question.period);
  span.purge_from = sys_days{span.end} + days{1};
  if (!within_bounds(span.start) || !within_bounds(span.end) || !within_bounds(span.purge_from)) {
    return Error{ErrorCode::InvalidContent, "count a retention period beyond the year 9999"};
  }
  return std::optional(span);
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
