// The SEQ of the accesses to 個人番号 (L-21) where the last lines of a tenant do not open any more: no number is given
// twice, and the gap stands in the log before anything else does (decision 0030).
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

class NumberSeq : public ::testing::Test {
 protected:
  House house;

  void SetUp() override {
    house.clock.set(2026, 11, 22);
    house.create();
    house.clock.set(2027, 1, 10);
    ASSERT_TRUE(house.store->ensure_log_keys());  // up to March, so that a start in January has none to make
    house.clock.set(2026, 11, 22);
  }
  void access(int times) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(house.store->log({true, "{}"}));
  }
  // The key of a month goes, as a batch would take it; the store is opened again without it.
  void lose_key_of(unsigned month) {
    ASSERT_TRUE(house.change({{{TableId::LogKeys, Writer{}.u32(month).u8(0).take()}, std::nullopt}}));
    RebuildPlan fresh;
    fresh.fresh_key = true;
    ASSERT_TRUE(house.merge(fresh));
    house.clock.set(2027, 1, 10);
    ASSERT_TRUE(house.reopen());
  }
  std::uint64_t lines() const { return house.journal->position(house.tenant).line; }
  std::vector<StoredLogEntry> readable() const {
    std::vector<StoredLogEntry> found;
    EXPECT_TRUE(house.journal->walk([&](const journal::Frame& frame) {
      if (auto entry = house.store->open_frame(frame)) found.push_back(std::move(entry.value()));
      return true;
    }));
    return found;
  }
  std::vector<std::uint64_t> seqs() const {
    std::vector<std::uint64_t> found;
    for (const auto& entry : readable()) found.push_back(entry.number_seq);
    return found;
  }
};

TEST_F(NumberSeq, GoesOnBehindLinesThatDoNotOpenAndTheGapIsDeclaredFirst) {
  access(2);  // line 1 made the keys; lines 2 and 3, SEQ 1 and 2
  house.clock.set(2026, 12, 5);
  access(3);                                     // lines 4 to 6, SEQ 3 to 5
  ASSERT_TRUE(house.store->log({false, "{}"}));  // line 7
  ASSERT_NO_FATAL_FAILURE(lose_key_of(202612));  // line 8
  EXPECT_EQ(house.store->log({true, "{}"}).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(house.change({put_of(TableId::Facts, "a", "1")}).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(lines(), 8u);  // nothing went past it
  EXPECT_FALSE(house.store->get({TableId::Facts, text_bytes("a")}).value().has_value());

  ASSERT_TRUE(house.store->ensure_log_keys());
  access(1);
  const auto told = readable();
  const auto gap = boost::json::parse(told[told.size() - 2].text).as_object();
  EXPECT_EQ(gap.at("operation").as_string(), "number-seq-gap");
  EXPECT_EQ(gap.at("lastKnownSeq").as_int64(), 2);
  EXPECT_EQ(gap.at("lastKnownLine").as_int64(), 3);
  EXPECT_EQ(gap.at("firstUnreadableLine").as_int64(), 4);
  EXPECT_EQ(gap.at("lastUnreadableLine").as_int64(), 8);
  EXPECT_EQ(gap.at("continuesAfterSeq").as_int64(), 7);  // 2 and five lines that may each have been an access
  EXPECT_EQ(seqs(), (std::vector<std::uint64_t>{0, 1, 2, 7, 8}));
  ASSERT_TRUE(house.reopen());  // declared once
  ASSERT_TRUE(house.store->ensure_log_keys());
  access(1);
  EXPECT_EQ(seqs(), (std::vector<std::uint64_t>{0, 1, 2, 7, 8, 9}));
}

TEST_F(NumberSeq, WhereNoLineOpensGoesOnBehindTheNumberOfLines) {
  access(4);
  ASSERT_NO_FATAL_FAILURE(lose_key_of(202611));
  ASSERT_TRUE(house.store->ensure_log_keys());  // line 1 is of January and still opens
  ASSERT_NO_FATAL_FAILURE(lose_key_of(202701));
  const auto before = lines();
  ASSERT_TRUE(
      house.store
          ->ensure_log_keys());  // the keys of January are missing: the change that makes them carries the declaration
  access(1);
  const auto told = readable();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NE(told[0].text.find(R"("lastKnownSeq":0,"lastKnownLine":0)"), std::string::npos) << told[0].text;
  EXPECT_EQ(seqs(), (std::vector<std::uint64_t>{before, before + 1}));
}

TEST_F(NumberSeq, IsNotGuessedWhereTheLastLineIsDamagedThoughItsKeyIsThere) {
  access(2);
  std::optional<journal::Frame> last;
  ASSERT_TRUE(house.journal->walk([&](const journal::Frame& frame) {
    last = frame;
    return true;
  }));
  auto forged = last->draft;
  ++forged.line;
  ASSERT_TRUE(house.journal->append(forged));  // a box of another line
  EXPECT_EQ(house.reopen().error().code(), ErrorCode::Integrity);
}

TEST_F(NumberSeq, IsNeverGivenTwiceWhereThePowerGoesWhileTheGapIsDeclared) {
  static std::atomic<const char*> step{""};
  static std::atomic<power::Cut> how{power::Cut::None};
  access(3);
  ASSERT_NO_FATAL_FAILURE(lose_key_of(202611));
  for (const auto* cut_at : {"journal:flush", "tenant:change"}) {
    if (std::string_view(cut_at) == "tenant:change") {
      ASSERT_NO_FATAL_FAILURE(lose_key_of(202701));
    }
    for (const auto cut : {power::Cut::Before, power::Cut::After}) {
      const auto unknown_from = lines();
      step = cut_at;
      how = cut;
      power::set_plug([](std::string_view now) noexcept { return now == step.load() ? how.load() : power::Cut::None; });
      EXPECT_FALSE(house.store->ensure_log_keys());
      house.power_back();
      ASSERT_TRUE(house.open());
      EXPECT_GE(lines(), unknown_from);
    }
  }
  ASSERT_TRUE(house.store->ensure_log_keys());
  access(1);
  const auto given = seqs().back();
  EXPECT_GT(given, 3u);
  ASSERT_TRUE(house.reopen());
  access(1);
  EXPECT_EQ(seqs().back(), given + 1);
}

}  // namespace
}  // namespace shosoin::generations
