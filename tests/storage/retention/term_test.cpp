// Terms of records: what is counted, what a later rule may change, and the stored form (storage/retention/term.md).
#include "storage/retention/term.h"

#include <gtest/gtest.h>

#include "firmware/base/bytes.h"

namespace shosoin::retention {
namespace {

using namespace std::chrono;

CountedBy rule(std::string_view period, std::uint16_t version = 1) {
  return {version, CountingRule::Excl, Period::parse(period).value(), Settlement::ActualDate,
          UnknownParts::LatestPossible};
}
EventDate on(std::string_view text) { return EventDate::parse(text).value(); }

TEST(Term, OfAKnownEventEndsAsTheLegalCalendarSays) {
  const auto term = term_of(rule("150y"), on("2024-06-20"));
  EXPECT_EQ(term.state, TermState::Fixed);
  EXPECT_EQ(to_text(term.end), "2174-06-20");
  EXPECT_EQ(to_text(term.purge_from), "2174-06-21");
  EXPECT_EQ(due_day(term), 21740621u);
}

TEST(Term, OfAnUnknownYearWaitsForAPerson) {
  const auto term = term_of(rule("5y"), on("0000-00-00"));
  EXPECT_EQ(term.state, TermState::Undetermined);
  EXPECT_EQ(due_day(term), kNoDay);
  EXPECT_EQ(due_day(not_begun(rule("5y"))), std::nullopt);
}

TEST(Term, OfAnUnknownDayCountsFromTheLatestUnlessTheRuleAsksAPerson) {
  EXPECT_EQ(to_text(term_of(rule("1y"), on("2024-02-00")).end), "2025-02-28");
  auto asks = rule("1y");
  asks.unknown = UnknownParts::PersonDecides;
  EXPECT_EQ(term_of(asks, on("2024-02-00")).state, TermState::Undetermined);
  EXPECT_EQ(term_of(asks, on("2024-02-03")).state, TermState::Fixed);
}

TEST(Term, BeyondTheLastYearWaitsForAPersonAndNeverWraps) {
  EXPECT_EQ(term_of(rule("150y"), on("9990-01-01")).state, TermState::Undetermined);
}

TEST(Term, IsNeverShortenedByALaterRule) {
  const auto longer = term_of(rule("10y", 1), on("2024-06-20"));
  const auto shorter = term_of(rule("5y", 2), on("2024-06-20"));
  EXPECT_EQ(after_rule_change(longer, shorter), longer);
  EXPECT_EQ(after_rule_change(shorter, longer), longer);
  EXPECT_EQ(after_rule_change(longer, not_begun(rule("5y", 2))), longer);
  EXPECT_EQ(after_rule_change(longer, undetermined(rule("5y", 2))), longer);
  EXPECT_EQ(after_rule_change(not_begun(rule("10y", 1)), shorter), shorter);
  EXPECT_EQ(after_rule_change(undetermined(rule("10y", 1)), shorter), shorter);
}

TEST(Term, IsShortenedByARuleThatWasApprovedOfForItAndNeverMadeUnknown) {
  const auto longer = term_of(rule("10y", 1), on("2024-06-20"));
  const auto shorter = term_of(rule("5y", 2), on("2024-06-20"));
  EXPECT_EQ(after_shortening_rule(longer, shorter), shorter);
  EXPECT_EQ(after_shortening_rule(longer, not_begun(rule("5y", 2))), longer);
  EXPECT_EQ(after_shortening_rule(longer, undetermined(rule("5y", 2))), longer);
  EXPECT_EQ(after_shortening_rule(not_begun(rule("10y", 1)), shorter), shorter);
  const auto same_rule = term_of(rule("5y", 2), on("2020-06-20"));  // of another version of the record
  EXPECT_EQ(after_shortening_rule(shorter, same_rule), shorter);
}

// 住基法施行令34条2項1号: what a change has replaced is kept from the notice of the new information.
TEST(Term, OfAVersionFollowsTheLatestEventOfItsRecord) {
  const auto none = not_begun(rule("150y")), unknown = undetermined(rule("150y"));
  const auto early = term_of(rule("150y"), on("2010-04-01")), late = term_of(rule("150y"), on("2014-06-20"));
  using Terms = std::vector<Term>;
  EXPECT_EQ(terms_of_versions({none, late}), (Terms{late, late}));
  EXPECT_EQ(terms_of_versions({early, late}), (Terms{late, late}));
  EXPECT_EQ(terms_of_versions({none, none}), (Terms{none, none}));
  EXPECT_EQ(terms_of_versions({none, early, none}), (Terms{early, early, none}));  // came back
  EXPECT_EQ(terms_of_versions({none, early, none, late}), (Terms{late, late, late, late}));
  EXPECT_EQ(terms_of_versions({none, unknown}), (Terms{unknown, unknown}));
  EXPECT_EQ(terms_of_versions({unknown, late}), (Terms{late, late}));
  EXPECT_EQ(terms_of_versions({early, unknown}), (Terms{early, unknown}));
  EXPECT_EQ(terms_of_versions({late, unknown, early}), (Terms{late, late, late}));
  // An earlier version never stays alone behind a later one.
  EXPECT_EQ(terms_of_versions({late, early}), (Terms{late, late}));
  EXPECT_EQ(terms_of_versions({}), Terms{});
}

// Written by hand from term.md: 2174-06-20 is 21740620 = 0x014bbc4c.
TEST(Term, IsStoredAsItsPageSays) {
  EXPECT_EQ(to_hex(encode_term(term_of(rule("150y", 7), on("2024-06-20")))),
            "01010007"
            "3230323430363230"
            "014bbc4c"
            "014bbc4d");
  EXPECT_EQ(to_hex(encode_term(not_begun(rule("5y", 258)))),
            "01020102"
            "0000000000000000"
            "00000000"
            "00000000");
  EXPECT_EQ(to_hex(encode_term(term_of(rule("5y", 1), on("0000-A1-00")))),
            "01030001"
            "3030303041313030"
            "00000000"
            "00000000");
}

TEST(Term, IsReadBackAndRefusedWhenAnyPartIsWrong) {
  const auto term = term_of(rule("150y", 7), on("2024-06-20"));
  const auto good = encode_term(term);
  EXPECT_EQ(decode_term(good).value(), term);
  const auto with = [&](std::size_t at, std::uint8_t value) {
    auto bytes = good;
    bytes[at] = value;
    return bytes;
  };
  for (const auto& bad :
       {with(0, 2), with(1, 0), with(1, 4), with(1, 2), with(4, 'x'), with(15, 0x4d), with(19, 0x4e)}) {
    ASSERT_FALSE(decode_term(bad));
    EXPECT_EQ(decode_term(bad).error().code(), ErrorCode::Integrity);
  }
  auto longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_term(longer));
  EXPECT_FALSE(decode_term(ByteView(good).first(kTermSize - 1)));
}

}  // namespace
}  // namespace shosoin::retention
