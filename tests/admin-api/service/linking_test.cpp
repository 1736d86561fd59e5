// Linking rows to integrated addressee numbers (N-02, D-15; decision 0056).
#include "admin-api/service/records/linking.h"

#include <gtest/gtest.h>

#include <future>
#include <set>

#include "firmware/base/limits_linking.h"
#include "tests/admin-api/service/linking_world.h"

namespace shosoin::test {
namespace {

using service::Assignments;
using service::IntegratedNumber;
using service::Linker;
using service::LinkFlag;
using service::LinkTable;
using service::NumberDraw;

Digest token_of(std::uint64_t number) {
  Digest token{};
  const auto spread = be(number * 0x9E3779B97F4A7C15u), plain = be(number);
  std::ranges::copy(spread, token.begin());
  std::ranges::copy(plain, token.begin() + 8);
  token[16] = static_cast<std::uint8_t>(number);
  return token;
}

TEST(NumberDraw, GivesEachNumberOnceAndInNoOrder) {
  NumberDraw draw;
  std::set<std::uint64_t> seen;
  std::size_t ascents = 0;
  std::uint64_t before = 0;
  constexpr std::size_t kDraws = 50'000;
  for (std::size_t i = 0; i < kDraws; ++i) {
    const auto number = draw.next();
    ASSERT_LT(number.value(), IntegratedNumber::kCount);
    ASSERT_TRUE(seen.insert(number.value()).second);
    ascents += number.value() > before;
    before = number.value();
  }
  EXPECT_NEAR(static_cast<double>(ascents), kDraws / 2.0, 1000);
  EXPECT_NE(NumberDraw().at(0), NumberDraw().at(0));  // a key for each
}

TEST(IntegratedNumber, IsFifteenDigitsAndNothingElseIsRead) {
  EXPECT_EQ(IntegratedNumber(42).text(), "000000000000042");
  EXPECT_EQ(IntegratedNumber::parse(view_of(std::string_view("000000000000042"))).value(), IntegratedNumber(42));
  for (const auto* broken : {"", "42", "00000000000004a", "0000000000000042", "+00000000000042"}) {
    const auto read = IntegratedNumber::parse(view_of(std::string_view(broken)));
    ASSERT_FALSE(read) << broken;
    EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
  }
}

TEST(LinkTable, FindsWhatWasAddedAndStaysSmallForAMillion) {
  LinkTable table;
  constexpr std::uint64_t kMany = 1'000'000;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    ASSERT_FALSE(table.find(token_of(i)));
    ASSERT_TRUE(table.add(token_of(i), IntegratedNumber(i * 7)));
  }
  for (std::uint64_t i = 0; i < kMany; ++i) {
    const auto place = table.find(token_of(i));
    ASSERT_TRUE(place);
    ASSERT_EQ(table.number(*place), IntegratedNumber(i * 7));
  }
  EXPECT_FALSE(table.find(token_of(kMany)));
  EXPECT_LT(table.bytes(), std::size_t{48} << 20);
}

TEST(LinkTable, TellsTokensApartThatDifferInTheBitsItKeeps) {
  LinkTable table;
  Digest one{}, other{};
  other[15] = 1;
  ASSERT_TRUE(table.add(one, IntegratedNumber(1)));
  EXPECT_FALSE(table.find(other));
  ASSERT_TRUE(table.add(other, IntegratedNumber(2)));
  EXPECT_EQ(table.number(*table.find(one)), IntegratedNumber(1));
  EXPECT_EQ(table.number(*table.find(other)), IntegratedNumber(2));
}

TEST(LinkTable, RefusesMoreThanItsBound) {
  LinkTable table;
  for (std::uint64_t i = 0; i < limits::kLinkedAtOnce; ++i) ASSERT_TRUE(table.add(token_of(i), IntegratedNumber(0)));
  const auto more = table.add(token_of(limits::kLinkedAtOnce), IntegratedNumber(0));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code(), ErrorCode::TooMany);
}

class Linking : public ::testing::Test, protected LinkingWorld {
 protected:
  std::shared_ptr<Assignments> open = std::make_shared<Assignments>();
  Linker::Link linked(Linker& linker, const std::string& number, const std::string& addressee) {
    const auto typed = number.empty() ? std::optional<files::IndividualNumber>{}
                                      : std::optional(files::IndividualNumber::parse(number).value());
    const auto given = addressee.empty() ? std::optional<std::string>{} : std::optional(addressee);
    auto link = linker.link({typed, given});
    EXPECT_TRUE(link);
    return std::move(link.value());
  }
  const files::Definition& definition(std::string_view file = ServiceWorld::kFile) {
    return *world.parts().definitions.find(file);
  }
  using Flags = std::vector<LinkFlag>;
};

TEST_F(Linking, ANumberGetsOneIntegratedNumberAndKeepsIt) {
  Linker linker(store(), definition(), open);
  const auto one = linked(linker, number(1), ""), again = linked(linker, number(1), "");
  EXPECT_EQ(one.integrated, again.integrated);
  EXPECT_EQ(one.integrated.size(), 15u);
  ASSERT_TRUE(one.entry);
  EXPECT_FALSE(again.entry);  // keys of an import are unique
  EXPECT_NE(one.integrated, linked(linker, number(2), "").integrated);
  EXPECT_NE(linked(linker, "", "").integrated, linked(linker, "", "").integrated);
}

TEST_F(Linking, ATableWithoutNumbersIsLinkedByTheAddresseeNumberOfItsOwnFile) {
  Linker linker(store(), definition(), open), other_file(store(), definition("jido-teate"), open);
  const auto one = linked(linker, "", "000123");
  EXPECT_EQ(linked(linker, "", "000123").integrated, one.integrated);
  EXPECT_EQ(linked(linker, "", " ０００１２３").integrated, one.integrated);  // the search key of it
  EXPECT_NE(linked(linker, "", "123").integrated, one.integrated);            // leading zeros may be two people
  EXPECT_NE(linked(other_file, "", "000123").integrated, one.integrated);     // another system's number
  EXPECT_FALSE(one.entry);
}

TEST_F(Linking, AnAddresseeKnownWithoutANumberGetsTheNumberThatArrives) {
  Linker linker(store(), definition(), open);
  const auto known = linked(linker, "", "A-31");
  const auto arrived = linked(linker, number(3), "A-31");
  EXPECT_EQ(arrived.integrated, known.integrated);
  ASSERT_TRUE(arrived.entry);
  EXPECT_EQ(text_of(*arrived.entry->value), known.integrated);
  EXPECT_TRUE(arrived.flags.empty());
}

// The page for operators says: tables with numbers first (deploy/operations.md).
TEST_F(Linking, TheOrderOfImportsDecidesWhereTheNumberIsKnownFromAnotherFile) {
  Linker elsewhere(store(), definition(), open), here(store(), definition("kyufukin-shikyu-kanri-daicho"), open);
  const auto right = linked(elsewhere, number(71), "").integrated, wrong = linked(elsewhere, number(72), "").integrated;
  // The table with numbers first: one person in both files and both tables.
  EXPECT_EQ(linked(here, number(71), "order-1").integrated, right);
  const auto after = linked(here, "", "order-1");
  EXPECT_EQ(after.integrated, right);
  EXPECT_EQ(after.flags, Flags{});
  // The table without numbers first: two, which is flagged and stays so.
  const auto before = linked(here, "", "order-2");
  EXPECT_EQ(before.flags, Flags{});
  const auto with_number = linked(here, number(72), "order-2");
  EXPECT_EQ(with_number.integrated, wrong);
  EXPECT_NE(with_number.integrated, before.integrated);
  EXPECT_EQ(with_number.flags, Flags{LinkFlag::TwoPersons});
  EXPECT_EQ(linked(here, "", "order-2").integrated, before.integrated);
}

TEST_F(Linking, ContradictionsAreFlaggedAndNeverMakeTwoPersonsOne) {
  Linker linker(store(), definition(), open);
  const auto a = linked(linker, number(4), "A-41"), b = linked(linker, number(5), "A-51");
  EXPECT_TRUE(a.flags.empty() && b.flags.empty());
  const auto crossed = linked(linker, number(4), "A-51");
  EXPECT_EQ(crossed.flags, Flags{LinkFlag::TwoPersons});
  EXPECT_EQ(crossed.integrated, a.integrated);
  EXPECT_EQ(linked(linker, "", "A-51").integrated, b.integrated);  // what was known stays
  const auto second = linked(linker, number(6), "A-41");
  EXPECT_EQ(second.flags, Flags{LinkFlag::SecondNumber});
  EXPECT_NE(second.integrated, a.integrated);
  EXPECT_EQ(linked(linker, "", "A-41").integrated, a.integrated);
  const auto moved = linked(linker, number(4), "A-42");
  EXPECT_EQ(moved.flags, Flags{LinkFlag::TwoAddressees});
  EXPECT_EQ(moved.integrated, a.integrated);
}

TEST_F(Linking, AHundredParallelEntriesOfOneNumberGiveOne) {
  std::vector<std::unique_ptr<Linker>> linkers;
  for (std::size_t i = 0; i < Assignments::kImports; ++i)
    linkers.push_back(std::make_unique<Linker>(store(), definition(), open));
  std::vector<std::future<std::set<std::string>>> entered;
  for (auto& linker : linkers) {
    entered.push_back(std::async(std::launch::async, [this, &linker] {
      std::set<std::string> seen;
      for (int i = 0; i < 100; ++i) seen.insert(linked(*linker, number(7), "").integrated);
      return seen;
    }));
  }
  std::set<std::string> all;
  for (auto& one : entered) all.merge(one.get());
  EXPECT_EQ(all.size(), 1u);
}

TEST_F(Linking, EachImportWritesTheEntryOfANumberOnceAndAPlaceIsCleanForTheNext) {
  auto first = std::make_unique<Linker>(store(), definition(), open);
  Linker second(store(), definition(), open);
  EXPECT_TRUE(linked(*first, number(8), "").entry);
  EXPECT_TRUE(linked(second, number(8), "").entry);
  first.reset();
  Linker third(store(), definition(), open);  // at the place of the first
  EXPECT_TRUE(linked(third, number(8), "").entry);
  EXPECT_FALSE(linked(third, number(8), "").entry);
}

TEST_F(Linking, RefusesOneImportTooMany) {
  std::vector<std::unique_ptr<Linker>> linkers;
  for (std::size_t i = 0; i < Assignments::kImports; ++i)
    linkers.push_back(std::make_unique<Linker>(store(), definition(), open));
  Linker more(store(), definition(), open);
  const auto link = more.link({std::nullopt, std::nullopt});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), ErrorCode::TooMany);
}

TEST_F(Linking, WhatIsStoredCountsForTheNextImportAndFlagsAreToldWithoutANumber) {
  auto first = people(3, 501);
  first[0].addressee = "7001";
  first[1].addressee = "7002";
  first[2].addressee = "7003";
  first[2].number.clear();
  const auto staged = import(first);
  ASSERT_FALSE(staged.refused) << staged.text;
  EXPECT_EQ(staged.body.at("linkFlags").as_int64(), 0);
  confirm(staged);

  auto next = people(4, 502);
  next[0].number = first[0].number;  // the same person in a second record
  next[0].addressee = "7001";
  next[1].number = first[0].number;  // one number on two addressees
  next[1].addressee = "7002";
  next[2].addressee = "7003";  // arrives for an addressee that had none
  next[3].addressee = "7001";  // one addressee with two numbers
  const auto quiet = import({next[0], next[2]});
  ASSERT_FALSE(quiet.refused) << quiet.text;
  EXPECT_EQ(quiet.body.at("linkFlags").as_int64(), 0) << quiet.text;
  confirm(quiet);
  const auto told = import({next[1], next[3]});
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.body.at("linkFlags").as_int64(), 2);
  EXPECT_NE(told.text.find("\"link.two-persons\",\"row\":2"), std::string::npos) << told.text;
  EXPECT_NE(told.text.find("\"link.second-number\",\"row\":3"), std::string::npos) << told.text;
  for (const auto& person : next) EXPECT_EQ(told.text.find(person.number), std::string::npos);
  confirm(told);
  EXPECT_EQ(integrated_of(next[0]), integrated_of(first[0]));
  EXPECT_EQ(integrated_of(next[1]), integrated_of(first[0]));
  EXPECT_EQ(integrated_of(next[2]), integrated_of(first[2]));
  EXPECT_NE(integrated_of(next[3]), integrated_of(first[0]));
  for (const auto& line : world.log_of(tenant)) {
    for (const auto& person : next) EXPECT_EQ(line.find(person.number), std::string::npos);
  }
}

}  // namespace
}  // namespace shosoin::test
