#include "storage/retention/retention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "storage/retention/proposals.h"

namespace shosoin::retention {
namespace {

using namespace std::chrono;
namespace json = boost::json;

json::object domain_vectors() {
  std::ifstream in(SHOSOIN_SOURCE_DIR "/tests/vectors/domain.json");
  std::ostringstream text;
  text << in.rdbuf();
  return json::parse(text.str()).as_object();
}
std::string word(const json::object& row, std::string_view name) { return std::string(row.at(name).as_string()); }

RetentionQuestion ask(std::string_view rule, std::string_view period, std::string_view event) {
  return {.rule = parse_counting_rule(rule).value(),
          .period = Period::parse(period).value(),
          .event = EventDate::parse(event).value()};
}
RetentionSpan span_of(std::string_view rule, std::string_view period, std::string_view event) {
  return compute_retention(ask(rule, period, event)).value().value();
}
Instant utc(const std::string& text) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%dZ", &y, &mo, &d, &h, &mi, &s);
  return sys_days{year{y} / mo / d} + hours{h} + minutes{mi} + seconds{s};
}

TEST(Retention, AgreesWithEveryPublishedExampleOfTheDomainNotes) {
  const auto vectors = domain_vectors();
  int visited = 0;
  for (const auto& entry : vectors.at("retention").as_array()) {
    const auto& row = entry.as_object();
    std::string unit = word(row, "unit");
    const auto period = std::to_string(row.at("period").as_int64()) + static_cast<char>(std::tolower(unit[0]));
    const auto span = span_of(word(row, "rule"), period, word(row, "event"));
    EXPECT_EQ(to_text(span.start), word(row, "start")) << word(row, "id");
    EXPECT_EQ(to_text(span.end), word(row, "end")) << word(row, "id");
    EXPECT_EQ(to_text(span.purge_from), word(row, "purgeFrom")) << word(row, "id");
    ++visited;
  }
  EXPECT_EQ(visited, 19);
}
TEST(Retention, TheLastDayBelongsToTheRecordToTheSecondInTokyo) {
  int visited = 0;
  const auto vectors = domain_vectors();
  for (const auto& entry : vectors.at("purgeBoundary").as_array()) {
    const auto& row = entry.as_object();
    const auto end = EventDate::parse(word(row, "end")).value().latest_possible().value();
    const RetentionFacts facts{.span = RetentionSpan{.start = end, .end = end, .purge_from = sys_days{end} + days{1}}};
    EXPECT_EQ(retention_verdict(facts, utc(word(row, "nowUtc"))) == Verdict::MayErase, row.at("allowed").as_bool());
    ++visited;
  }
  EXPECT_EQ(visited, 2);
}
TEST(Retention, TheFiscalYearTurnsInTokyoOnTheFirstOfApril) {
  int visited = 0;
  const auto vectors = domain_vectors();
  for (const auto& entry : vectors.at("fiscalYearFromUtc").as_array()) {
    const auto& row = entry.as_object();
    EXPECT_EQ(fiscal_year(utc(word(row, "utc"))), row.at("fy").as_int64());
    EXPECT_EQ(to_text(tokyo_date(utc(word(row, "utc")))), word(row, "jst"));
    ++visited;
  }
  EXPECT_EQ(visited, 2);
}
TEST(Retention, AHoldSuspendsErasureButNeverMakesItEarlier) {
  const RetentionFacts held{.span = span_of("EXCL", "5y", "2020-06-30"), .on_hold = true};
  EXPECT_EQ(retention_verdict(held, utc("2025-06-30T14:59:59Z")), Verdict::TooEarly);
  EXPECT_EQ(retention_verdict(held, utc("2025-06-30T15:00:00Z")), Verdict::Held);
}
TEST(Retention, WithoutAKnownYearNothingExpires) {
  const auto answer = explain_retention(ask("EXCL", "5y", "0000-06-00")).value();
  EXPECT_FALSE(answer.span);
  EXPECT_FALSE(answer.event_used);
  ASSERT_EQ(answer.reasoning.size(), 1u);
  EXPECT_EQ(retention_verdict({.span = answer.span}, utc("9000-01-01T00:00:00Z")), Verdict::NeverByItself);
}
TEST(Retention, UnknownPartsCountAsTheLatestPossibleDay) {
  const auto used = [](std::string_view event) { return to_text(*EventDate::parse(event).value().latest_possible()); };
  EXPECT_EQ(used("2024-02-00"), "2024-02-29");
  EXPECT_EQ(used("2023-02-A3"), "2023-02-28");
  EXPECT_EQ(used("2023-02-A1"), "2023-02-10");
  EXPECT_EQ(used("2023-02-A2"), "2023-02-20");
  EXPECT_EQ(used("2023-00-00"), "2023-12-31");
  EXPECT_EQ(used("2023-A1-00"), "2023-12-31");
  EXPECT_EQ(used("2023-A4-00"), "2023-12-31");
}
TEST(Retention, ALeapDayEndsOnTheLastOfFebruaryInACommonYear) {
  EXPECT_EQ(to_text(span_of("INCL", "1y", "2024-02-29").end), "2025-02-28");
  EXPECT_EQ(to_text(span_of("INCL", "4y", "2024-02-29").end), "2028-02-28");
}
TEST(Retention, TheSettlementMonthsCountToTheYearBeforeOnlyWhereARuleSaysSo) {
  const auto end_of = [](std::string_view event, Settlement settlement) {
    auto question = ask("NEXT_FY", "5y", event);
    question.settlement = settlement;
    return to_text(compute_retention(question).value()->end);
  };
  EXPECT_EQ(end_of("2025-05-31", Settlement::ActualDate), "2031-03-31");
  EXPECT_EQ(end_of("2025-05-31", Settlement::AccountYear), "2030-03-31");
  EXPECT_EQ(end_of("2025-04-01", Settlement::AccountYear), "2030-03-31");
  EXPECT_EQ(end_of("2025-03-31", Settlement::AccountYear), "2030-03-31");
  EXPECT_EQ(end_of("2025-06-01", Settlement::AccountYear), "2031-03-31");
  EXPECT_EQ(end_of("2025-00-00", Settlement::AccountYear), "2031-03-31");  // it may have been in December
}
TEST(Retention, ByAccountYearNoPeriodEndsBeforeItsEvent) {
  auto question = ask("NEXT_FY", "1d", "2025-05-20");
  question.settlement = Settlement::AccountYear;
  EXPECT_EQ(to_text(compute_retention(question).value()->end), "2025-05-20");
  EXPECT_EQ(explain_retention(question).value().reasoning.size(), 5u);
}
TEST(Retention, OnlyNextFiscalYearKnowsAnAccountYear) {
  for (auto rule : {"EXCL", "INCL", "NEXT_CY"}) {
    auto question = ask(rule, "5y", "2025-05-20");
    question.settlement = Settlement::AccountYear;
    EXPECT_EQ(compute_retention(question).error().code(), ErrorCode::InvalidContent);
  }
}
TEST(Settlement, ReadsItsOwnTextAndNothingElse) {
  for (auto text : {"actual-date", "account-year"}) EXPECT_EQ(to_text(parse_settlement(text).value()), text);
  for (auto text : {"", "Actual-date", "account_year"}) EXPECT_FALSE(parse_settlement(text)) << text;
}
TEST(Retention, RefusesToCountBeyondTheYear9999) {
  EXPECT_FALSE(compute_retention(ask("EXCL", "1d", "9999-12-31")));
  EXPECT_FALSE(compute_retention(ask("NEXT_FY", "1y", "9999-04-01")));
  EXPECT_FALSE(compute_retention(ask("INCL", "1000y", "9500-01-01")));
  EXPECT_TRUE(compute_retention(ask("INCL", "1d", "9999-12-30")));
}
TEST(Retention, ExplainsEveryStepInBothLanguages) {
  for (auto rule : {"EXCL", "INCL", "NEXT_FY", "NEXT_CY"}) {
    for (auto period : {"5y", "6m", "30d"}) {
      const auto answer = explain_retention(ask(rule, period, "2024-06-A1")).value();
      ASSERT_EQ(answer.reasoning.size(), 4u);
      for (const auto& step : answer.reasoning) {
        EXPECT_FALSE(step.ja.empty());
        EXPECT_FALSE(step.en.empty());
      }
      EXPECT_NE(answer.reasoning[0].en.find("2024-06-10"), std::string::npos);
    }
  }
}

TEST(Proposals, NameTheirSourceAndCanBeCountedWith) {
  std::set<std::string_view> ids;
  for (const auto& proposal : proposals()) {
    EXPECT_TRUE(ids.insert(proposal.id).second) << proposal.id;
    EXPECT_FALSE(proposal.citation.empty()) << proposal.id;
    EXPECT_FALSE(proposal.what_ja.empty() || proposal.what_en.empty() || proposal.event_ja.empty() ||
                 proposal.event_en.empty());
    EXPECT_EQ(proposal.rule.has_value(), !proposal.period.empty()) << proposal.id;
    if (!proposal.rule) continue;
    const auto period = Period::parse(proposal.period);
    ASSERT_TRUE(period) << proposal.id;
    EXPECT_TRUE(compute_retention(
        {.rule = *proposal.rule, .period = period.value(), .event = EventDate::parse("2024-06-20").value()}));
  }
  EXPECT_GE(ids.size(), 10u);
}
TEST(Proposals, WhatWasNeverReadAtItsSourceSaysSo) {
  const auto find = [](std::string_view id) { return *std::ranges::find(proposals(), id, &Proposal::id); };
  EXPECT_EQ(find("jumin-johyo-150y").reliability, Reliability::Read);
  EXPECT_EQ(find("jido-teate-5y").reliability, Reliability::Recalled);
  EXPECT_FALSE(find("genzon-juminhyo").rule);
  EXPECT_FALSE(find("hoikushi").rule);
}

TEST(Period, RefusesWhatIsNotAPositiveNumberAndAUnit) {
  for (auto text : {"", "y", "5", "0y", "05y", "-5y", "5Y", "5 y", "5yy", "5.5y", "1001y", "12001m", "366001d",
                    "9999999y", "５y"}) {
    EXPECT_FALSE(Period::parse(text)) << text;
  }
  for (auto text : {"5y", "6m", "30d", "150y", "1000y", "366000d"})
    EXPECT_EQ(Period::parse(text).value().to_text(), text);
}
TEST(CountingRule, ReadsItsOwnTextAndNothingElse) {
  for (auto text : {"EXCL", "INCL", "NEXT_FY", "NEXT_CY"}) EXPECT_EQ(to_text(parse_counting_rule(text).value()), text);
  for (auto text : {"", "excl", "NEXT", "EXCL "}) EXPECT_FALSE(parse_counting_rule(text)) << text;
}
TEST(EventDate, RefusesDaysThatDoNotExistAndCodesOutOfPlace) {
  for (auto text :
       {"2023-02-29", "2023-02-30", "2023-13-01", "2023-04-31", "2023-00-15", "2023-A1-01", "2023-A5-00", "2023-01-A4",
        "2023-1-01", "2023/01/01", "20230101", "", "2023-01-01 ", "A123-01-01", "0000-02-30", "2023-A0-00"}) {
    EXPECT_FALSE(EventDate::parse(text)) << text;
  }
  EXPECT_TRUE(EventDate::parse("0000-02-29"));
  EXPECT_EQ(EventDate::parse("2024-A1-00").value().to_compact(), "2024A100");
}

}  // namespace
}  // namespace shosoin::retention
