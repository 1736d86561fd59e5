// The sentences that `shosoin retention explain` and the manager's list show, one per step of the computation.
#include <fmt/format.h>

#include "storage/retention/retention.h"

namespace shosoin::retention {
namespace {

using std::chrono::year_month_day;

ReasonStep event_step(const EventDate& event, year_month_day used) {
  const auto given = event.to_text(), day = to_text(used);
  if (event.exact()) return {fmt::format("基準となる日は {} です。", day), fmt::format("The event was on {}.", day)};
  return {fmt::format("基準となる日 {} は一部が不明なので、あり得る最も遅い日 {} とみなします。", given, day),
          fmt::format("Part of the event date {} is unknown: its latest possible day, {}, is used.", given, day)};
}

ReasonStep start_step(CountingRule rule, year_month_day start) {
  const auto day = to_text(start);
  switch (rule) {
    case CountingRule::Excl:
      return {
          fmt::format("初日は算入しないので（民法140条）、起算日は翌日の {} です。", day),
          fmt::format("The first day does not count (Civil Code art. 140): counting starts on the next day, {}.", day)};
    case CountingRule::Incl:
      return {fmt::format("その日から起算するので、起算日は {} です。", day),
              fmt::format("The day of the event counts: counting starts on {}.", day)};
    case CountingRule::NextFiscalYear:
      return {fmt::format("翌年度から起算するので、起算日は {} です（年度は4月から3月）。", day),
              fmt::format("Counting starts with the next fiscal year (April to March), on {}.", day)};
    case CountingRule::NextCalendarYear:
      return {fmt::format("翌年から起算するので、起算日は {} です。", day),
              fmt::format("Counting starts with the next calendar year, on {}.", day)};
  }
  return {};
}

ReasonStep settlement_step(int year) {
  return {
      fmt::format("出納整理期間（4月から5月）の出来事なので、規則により会計年度は前の{}年度です。", year),
      fmt::format("The event fell into the settlement months (April, May): by the rule it belongs to the accounts of "
                  "fiscal year {}.",
                  year)};
}

ReasonStep end_step(const Period& period, year_month_day end) {
  const auto day = to_text(end);
  const auto n = period.count();
  switch (period.unit()) {
    case PeriodUnit::Years:
      return {
          fmt::format(
              "{}年の期間は応当日の前日（応当日がなければその月の末日）に満了します（民法143条）。満了日は {} です。",
              n, day),
          fmt::format("{} year(s) end on the day before the corresponding day, or on the last of a month that has none "
                      "(Civil Code art. 143): {} must still be kept.",
                      n, day)};
    case PeriodUnit::Months:
      return {
          fmt::format(
              "{}か月の期間は応当日の前日（応当日がなければその月の末日）に満了します（民法143条）。満了日は {} です。",
              n, day),
          fmt::format(
              "{} month(s) end on the day before the corresponding day, or on the last of a month that has none "
              "(Civil Code art. 143): {} must still be kept.",
              n, day)};
    case PeriodUnit::Days:
      return {fmt::format("起算日を1日目として{}日目が満了日で、{} です。", n, day),
              fmt::format("The first day counted is day 1; day {} is {} and must still be kept.", n, day)};
  }
  return {};
}

ReasonStep purge_step(year_month_day purge_from) {
  const auto day = to_text(purge_from);
  return {fmt::format("満了日の翌日 {} の午前0時（日本時間）から廃棄できます。休日による繰延べはありません。", day),
          fmt::format("It may be erased from 00:00 (Japan time) on {}, the day after; no shift for holidays.", day)};
}

}  // namespace

Result<RetentionAnswer> explain_retention(const RetentionQuestion& question) {
  TRY(auto span, compute_retention(question));
  RetentionAnswer answer{.span = span, .event_used = question.event.latest_possible(), .reasoning = {}};
  if (!span) {
    answer.reasoning.push_back({"基準となる日の年が不明なので、自動では満了しません。人が判断してください。",
                                "The year of the event is unknown: nothing expires by itself, a person must decide."});
    return answer;
  }
  answer.reasoning.push_back(event_step(question.event, *answer.event_used));
  const bool moved =
      question.rule == CountingRule::NextFiscalYear && fiscal_year(span->start) == fiscal_year(*answer.event_used);
  if (moved) answer.reasoning.push_back(settlement_step(fiscal_year(*answer.event_used) - 1));
  answer.reasoning.push_back(start_step(question.rule, span->start));
  if (moved && span->end == *answer.event_used) {
    answer.reasoning.push_back(
        {fmt::format("期間は基準となる日より前に満了しません。満了日は {} です。", to_text(span->end)),
         fmt::format("No period ends before its event: {} must still be kept.", to_text(span->end))});
  } else {
    answer.reasoning.push_back(end_step(question.period, span->end));
  }
  answer.reasoning.push_back(purge_step(span->purge_from));
  return answer;
}

}  // namespace shosoin::retention
