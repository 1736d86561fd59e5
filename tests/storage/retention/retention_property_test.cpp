#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "storage/retention/retention.h"

namespace shosoin::retention {
namespace {

using namespace std::chrono;

rc::Gen<year_month_day> any_day() {
  return rc::gen::map(rc::gen::inRange(-35'000, 400'000), [](int n) { return year_month_day{sys_days{days{n}}}; });
}
rc::Gen<CountingRule> any_rule() {
  return rc::gen::element(CountingRule::Excl, CountingRule::Incl, CountingRule::NextFiscalYear,
                          CountingRule::NextCalendarYear);
}
rc::Gen<PeriodUnit> any_unit() { return rc::gen::element(PeriodUnit::Years, PeriodUnit::Months, PeriodUnit::Days); }

RetentionSpan span_of(CountingRule rule, unsigned count, PeriodUnit unit, const EventDate& event) {
  return compute_retention({.rule = rule, .period = Period::make(count, unit).value(), .event = event}).value().value();
}

RC_GTEST_PROP(RetentionProperty, ALongerPeriodNeverEndsEarlier, ()) {
  const auto rule = *any_rule();
  const auto unit = *any_unit();
  const auto event = EventDate::exact(*any_day());
  const auto count = *rc::gen::inRange(1u, 900u);
  RC_ASSERT(sys_days{span_of(rule, count + 1, unit, event).end} > sys_days{span_of(rule, count, unit, event).end});
}
RC_GTEST_PROP(RetentionProperty, NothingStartsOrEndsBeforeTheEventAndErasureFollowsTheEnd, ()) {
  const auto day = *any_day();
  const auto span = span_of(*any_rule(), *rc::gen::inRange(1u, 900u), *any_unit(), EventDate::exact(day));
  RC_ASSERT(sys_days{span.start} >= sys_days{day});
  RC_ASSERT(sys_days{span.end} >= sys_days{span.start});
  RC_ASSERT(sys_days{span.purge_from} == sys_days{span.end} + days{1});
}
RC_GTEST_PROP(RetentionProperty, ALaterEventNeverEndsEarlier, ()) {
  const auto rule = *any_rule();
  const auto unit = *any_unit();
  const auto count = *rc::gen::inRange(1u, 900u);
  const auto day = *any_day();
  const year_month_day next = sys_days{day} + days{1};
  RC_ASSERT(sys_days{span_of(rule, count, unit, EventDate::exact(next)).end} >=
            sys_days{span_of(rule, count, unit, EventDate::exact(day)).end});
}
RC_GTEST_PROP(RetentionProperty, ByAccountYearNothingEndsBeforeTheEventNorLaterThanByTheActualDate, ()) {
  const auto day = *any_day();
  RetentionQuestion question{.rule = CountingRule::NextFiscalYear,
                             .period = Period::make(*rc::gen::inRange(1u, 900u), *any_unit()).value(),
                             .event = EventDate::exact(day)};
  const auto later = compute_retention(question).value().value();
  question.settlement = Settlement::AccountYear;
  const auto earlier = compute_retention(question).value().value();
  RC_ASSERT(sys_days{earlier.end} >= sys_days{day});
  RC_ASSERT(sys_days{earlier.end} <= sys_days{later.end});
}
RC_GTEST_PROP(RetentionProperty, AnUnknownDayIsNeverErasedBeforeAnyDayItCouldBe, ()) {
  const auto rule = *any_rule();
  const auto unit = *any_unit();
  const auto count = *rc::gen::inRange(1u, 900u);
  const auto day = *any_day();
  const auto month_only = EventDate::parse(to_text(day).substr(0, 8) + "00").value();
  RC_ASSERT(sys_days{span_of(rule, count, unit, month_only).end} >=
            sys_days{span_of(rule, count, unit, EventDate::exact(day)).end});
}
RC_GTEST_PROP(RetentionProperty, PeriodsAndDatesReadBackAsWritten, ()) {
  const auto period = Period::make(*rc::gen::inRange(1u, 1001u), *any_unit()).value();
  RC_ASSERT(Period::parse(period.to_text()).value() == period);
  const auto event = EventDate::exact(*any_day());
  RC_ASSERT(EventDate::parse(event.to_text()).value() == event);
}
RC_GTEST_PROP(RetentionProperty, TheVerdictTurnsExactlyAtMidnightInTokyo, ()) {
  const auto span = span_of(*any_rule(), *rc::gen::inRange(1u, 200u), *any_unit(), EventDate::exact(*any_day()));
  const Instant turn = tokyo_midnight(span.purge_from);
  RC_ASSERT(retention_verdict({.span = span}, turn) == Verdict::MayErase);
  RC_ASSERT(retention_verdict({.span = span}, turn - milliseconds{1}) == Verdict::TooEarly);
  RC_ASSERT(tokyo_date(turn) == span.purge_from);
}

}  // namespace
}  // namespace shosoin::retention
