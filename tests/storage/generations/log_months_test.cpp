// Months of the log (L-15, E-03): one whose term ended leaves with its key and says so; the chain stands, the SEQ goes
// on, and a key that is missing for no reason stays damage.
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

class LogMonths : public ::testing::Test {
 protected:
  House house;

  void SetUp() override {
    house.clock.set(2026, 11, 22);
    house.create();
  }
  void access(int times) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(house.store->log({true, "{}"}));
  }
  void go_to(int year, unsigned month) {
    house.clock.set(year, month, 5);
    ASSERT_TRUE(house.store->ensure_log_keys());
  }
  LogMonthId id_of(unsigned month) const {
    for (const auto& id : house.store->log_months()) {
      if (id.month == month) return id;
    }
    ADD_FAILURE() << "no key of " << month;
    return {};
  }
  // As a batch lets a month go.
  RebuildPlan closing(unsigned month) const {
    const auto at = house.store->log_position();
    RebuildPlan plan;
    plan.fresh_key = true;
    plan.additions = {{log_key_of(month), std::nullopt},
                      log_month_entry({id_of(month), text_bytes("term"), ErasedMonth{3, 1, at.line, at.number_seq}})};
    return plan;
  }
  std::vector<journal::Frame> frames() const {
    std::vector<journal::Frame> found;
    EXPECT_TRUE(house.journal->walk([&](const journal::Frame& frame) {
      found.push_back(frame);
      return true;
    }));
    return found;
  }
};

TEST_F(LogMonths, AMonthThatEndedAtItsTermOpensForNobodyAndSaysSo) {
  access(2);
  const auto erased = id_of(202611);
  go_to(2027, 1);  // line 3
  access(1);
  ASSERT_TRUE(house.merge(closing(202611)));
  for (const bool reopened : {false, true}) {
    if (reopened) {
      ASSERT_TRUE(house.reopen());
    }
    const auto all = frames();  // the whole chain was walked
    ASSERT_EQ(all.size(), 4u);
    EXPECT_EQ(house.store->open_frame(all[0]).error().code(), ErrorCode::Erased);
    EXPECT_EQ(house.store->open_frame(all[1]).error().code(), ErrorCode::Erased);
    EXPECT_EQ(house.store->open_frame(all[3]).value().number_seq, 3u);
    EXPECT_EQ(house.store->key_of_frame(erased.key).value(), TenantStore::KeyOfFrame::Erased);
    EXPECT_FALSE(house.store->get(log_key_of(202611)).value().has_value());
    const auto known = house.store->known_log_months().value();
    ASSERT_EQ(known.size(), 1u);
    EXPECT_EQ(known[0].id, erased);
    EXPECT_EQ(known[0].erased->epoch, 3u);
    EXPECT_EQ(known[0].term, text_bytes("term"));
  }
}

TEST_F(LogMonths, AKeyThatIsMissingWithoutAnErasureStaysDamage) {
  access(1);
  const auto lost = id_of(202611).key;
  go_to(2027, 1);
  ASSERT_TRUE(house.change({{log_key_of(202611), std::nullopt}}));
  EXPECT_EQ(house.store->key_of_frame(lost).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(house.store->open_frame(frames()[0]).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(house.store->key_of_frame(MonthKeyId::random()).error().code(), ErrorCode::Integrity);
}

TEST_F(LogMonths, TheMonthThatIsWrittenAndThoseAheadAreNeverErased) {
  for (const unsigned month : {202611u, 202612u, 202701u}) {
    EXPECT_EQ(house.store->stage(closing(month)).error().code(), ErrorCode::TooEarly) << month;
  }
  access(1);
  EXPECT_TRUE(house.store->open_frame(frames()[0]));
}

TEST_F(LogMonths, NoLineGoesIntoAMonthBeforeThatOfAcceptedTime) {
  go_to(2027, 1);
  house.store->log_from(202701);
  house.clock.set(2026, 11, 22);  // back: the key of that month is still there
  EXPECT_EQ(house.store->writing_month(), 202701u);
  access(1);
  EXPECT_EQ(frames().back().draft.month_key, id_of(202701).key);
  house.clock.set(2016, 11, 22);
  ASSERT_TRUE(house.store->ensure_log_keys());  // makes none for years ago
  EXPECT_EQ(house.store->log_months().front().month, 202611u);
  house.store->log_from(202611);  // two persons have set accepted time back
  house.clock.set(2026, 11, 22);
  access(1);
  EXPECT_EQ(frames().back().draft.month_key, id_of(202611).key);
}

TEST_F(LogMonths, TheSeqHasNoGapAcrossAMonthThatEnded) {
  access(3);
  go_to(2027, 1);
  ASSERT_TRUE(house.merge(closing(202611)));
  ASSERT_TRUE(
      house.store->log({false, R"({"operation":"erasure-batch"})"}));  // as the batch does, in its present month
  ASSERT_TRUE(house.reopen());
  access(1);
  EXPECT_EQ(house.store->open_frame(frames().back()).value().number_seq, 4u);
}

// Nothing was written behind the lines of the month: the entry that says it ended has the SEQ.
TEST_F(LogMonths, TheSeqIsCarriedByTheErasedMonthWhereNoOtherLineOpens) {
  go_to(2027, 1);  // keys up to March, so that no start has one to make
  house.clock.set(2026, 11, 22);
  access(3);
  house.clock.set(2027, 1, 6);
  const auto lines = house.journal->position(house.tenant).line;
  ASSERT_TRUE(house.merge(closing(202611)));
  ASSERT_TRUE(house.reopen());
  ASSERT_EQ(house.journal->position(house.tenant).line, lines);
  access(1);
  EXPECT_EQ(house.store->open_frame(frames().back()).value().number_seq, 4u);
}

// What a round wrote while the batch was being written must not say of an erased month that it is kept, nor bring its
// key back.
TEST_F(LogMonths, WhatIsSaidOfAMonthWhileItsBatchIsWrittenDoesNotBringItBack) {
  access(1);
  const auto id = id_of(202611);
  const auto key = house.store->get(log_key_of(202611)).value();
  go_to(2027, 1);
  ASSERT_TRUE(house.merge(closing(202611), [&] {
    ASSERT_TRUE(house.change({log_month_entry({id, text_bytes("kept"), std::nullopt}), {log_key_of(202611), key}}));
  }));
  ASSERT_TRUE(house.reopen());
  EXPECT_EQ(house.store->key_of_frame(id.key).value(), TenantStore::KeyOfFrame::Erased);
  EXPECT_FALSE(house.store->get(log_key_of(202611)).value().has_value());
}

TEST(LogMonthEntry, VectorsOfTheOtherProgramReadAndWriteTheSame) {
  const auto made = read_vectors("generations.json").at("logMonth").as_object();
  for (const auto* name : {"kept", "erased"}) {
    const Entry entry{{TableId::LogMonths, hex_at(made, "key")}, hex_at(made, name)};
    const auto month = decode_log_month(entry).value();
    EXPECT_EQ(month.id.month, made.at("month").to_number<unsigned>());
    EXPECT_EQ(month.term, hex_at(made, "term"));
    EXPECT_EQ(month_in(entry.key), month.id.month);
    ASSERT_EQ(month.erased.has_value(), std::string_view(name) == "erased");
    if (month.erased) {
      EXPECT_EQ(month.erased->epoch, made.at("epoch").to_number<std::uint64_t>());
      EXPECT_EQ(month.erased->index, made.at("index").to_number<std::uint32_t>());
      EXPECT_EQ(month.erased->line, made.at("line").to_number<std::uint64_t>());
      EXPECT_EQ(month.erased->number_seq, made.at("numberSeq").to_number<std::uint64_t>());
    }
    EXPECT_EQ(log_month_entry(month).key, entry.key);
    EXPECT_EQ(log_month_entry(month).value, entry.value);
  }
}

TEST(LogMonthEntry, CutShortOrPrependedOrOfAnotherFormatStateOrClassIsRefused) {
  const auto made = read_vectors("generations.json").at("logMonth").as_object();
  const auto key = hex_at(made, "key"), value = hex_at(made, "erased");
  const auto refused = [](Bytes of_key, std::optional<Bytes> of_value) {
    return decode_log_month({{TableId::LogMonths, std::move(of_key)}, std::move(of_value)}).error().code();
  };
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(refused(key, copy_of(ByteView(value).first(size))), ErrorCode::Integrity) << size;
  }
  for (std::size_t size = 0; size < key.size(); ++size) {
    EXPECT_EQ(refused(copy_of(ByteView(key).first(size)), value), ErrorCode::Integrity) << size;
  }
  auto longer = value;
  longer.push_back(0);
  EXPECT_EQ(refused(key, longer), ErrorCode::Integrity);
  EXPECT_EQ(refused(key, std::nullopt), ErrorCode::Integrity);
  for (const std::size_t at : {0u, 1u}) {
    auto other = value;
    other[at] = 9;
    EXPECT_EQ(refused(key, other), ErrorCode::Integrity) << at;
  }
  auto other_class = key;
  other_class[4] = 1;
  EXPECT_EQ(refused(other_class, value), ErrorCode::Integrity);
}

}  // namespace
}  // namespace shosoin::generations
