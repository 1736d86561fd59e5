#include <sys/stat.h>

#include <thread>

#include "firmware/base/zeros.h"
#include "tests/storage/journal/support.h"

namespace shosoin::journal {
namespace {

TEST_F(JournalTest, GivesBackEveryFrameAfterEachOfManyRestarts) {
  std::vector<Draft> expected;
  for (std::uint64_t round = 1; round <= 20; ++round) {
    ASSERT_NO_FATAL_FAILURE(open());
    for (std::uint8_t tenant = 0; tenant < 3; ++tenant) {
      expected.push_back(draft_of(tenant, round, 50 * round, tenant == 1 ? round * 10 : 0));
      ASSERT_TRUE(journal_->append(expected.back()));
    }
    EXPECT_EQ(journal_->position(tenant_of(1)).line, round);
    EXPECT_EQ(journal_->position(tenant_of(1)).change_seq, round * 10);
  }
  ASSERT_NO_FATAL_FAILURE(open(false));
  const auto found = all_of(*journal_).value();
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(same(found[i], expected[i])) << i;
  EXPECT_EQ(journal_->positions().size(), 3u);
  EXPECT_EQ(journal_->position(tenant_of(9)).line, 0u);
  EXPECT_GT(std::distance(std::filesystem::directory_iterator(place()), {}), 3);  // it rolled over
}
TEST_F(JournalTest, ChainsFramesByHashWithinAndAcrossSegments) {
  ASSERT_NO_FATAL_FAILURE(open());
  for (std::uint64_t line = 1; line <= 60; ++line) ASSERT_TRUE(journal_->append(draft_of(1, line, 1000)));
  Digest last{};
  std::uint64_t flush = 0, seen = 0;
  ASSERT_TRUE(journal_->walk([&](const Frame& frame) {
    EXPECT_GE(frame.flush, flush);
    EXPECT_NE(frame.previous, frame.hash);
    flush = frame.flush;
    last = frame.hash;
    ++seen;
    return true;
  }));
  EXPECT_EQ(seen, 60u);
  EXPECT_EQ(journal_->position(tenant_of(1)).last_frame, last);
}
TEST_F(JournalTest, TheVisitorStopsTheWalk) {
  ASSERT_NO_FATAL_FAILURE(open());
  for (std::uint64_t line = 1; line <= 5; ++line) ASSERT_TRUE(journal_->append(draft_of(1, line)));
  int seen = 0;
  ASSERT_TRUE(journal_->walk([&](const Frame&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}
TEST_F(JournalTest, FindsATenantsLastFrameAlsoInAnOlderSegment) {
  ASSERT_NO_FATAL_FAILURE(open());
  ASSERT_TRUE(journal_->append(draft_of(7, 1, 123)));
  for (std::uint64_t line = 1; line <= 60; ++line) ASSERT_TRUE(journal_->append(draft_of(1, line, 1000)));
  ASSERT_NO_FATAL_FAILURE(open());
  auto old = journal_->last_frame_of(tenant_of(7)).value();
  ASSERT_TRUE(old);
  EXPECT_TRUE(same(old->draft, draft_of(7, 1, 123)));
  EXPECT_EQ(old->hash, journal_->position(tenant_of(7)).last_frame);
  EXPECT_TRUE(same(journal_->last_frame_of(tenant_of(1)).value()->draft, draft_of(1, 60, 1000)));
  EXPECT_FALSE(journal_->last_frame_of(tenant_of(2)).value());
}
TEST_F(JournalTest, GathersTheFramesOfSixtyFourThreadsIntoFewFlushes) {
  constexpr std::uint8_t kThreads = 64;
  constexpr std::uint64_t kLines = 50;
  auto opened = Journal::open(place(), true);
  ASSERT_TRUE(opened);
  auto& journal = *opened.value();
  std::vector<std::thread> threads;
  for (std::uint8_t tenant = 0; tenant < kThreads; ++tenant) {
    threads.emplace_back([&journal, tenant] {
      for (std::uint64_t line = 1; line <= kLines; ++line) ASSERT_TRUE(journal.append(draft_of(tenant, line, 400)));
    });
  }
  for (auto& thread : threads) thread.join();
  std::map<TenantId, std::uint64_t> lines;
  std::uint64_t flushes = 0;
  ASSERT_TRUE(journal.walk([&](const Frame& frame) {
    EXPECT_EQ(frame.draft.line, ++lines[frame.draft.tenant]);
    flushes = frame.flush;
    return true;
  }));
  EXPECT_EQ(lines.size(), kThreads);
  for (const auto& [tenant, line] : lines) EXPECT_EQ(line, kLines);
  EXPECT_LT(flushes, kThreads * kLines / 2);
}
TEST_F(JournalTest, ThreadsRollOverTogetherWithoutLosingALine) {
  ASSERT_NO_FATAL_FAILURE(open());
  std::vector<std::thread> threads;
  for (std::uint8_t tenant = 0; tenant < 16; ++tenant) {
    threads.emplace_back([this, tenant] {
      for (std::uint64_t line = 1; line <= 40; ++line) ASSERT_TRUE(journal_->append(draft_of(tenant, line, 700)));
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_NO_FATAL_FAILURE(open());
  EXPECT_EQ(all_of(*journal_).value().size(), 16u * 40u);
}
TEST_F(JournalTest, TakesTheLargestEntriesOneAfterTheOther) {
  auto opened = Journal::open(place(), true);
  ASSERT_TRUE(opened);
  std::vector<Draft> expected;
  for (std::uint64_t line = 1; line <= 6; ++line) {
    expected.push_back(draft_of(1, line, limits::kMaxJournalEntry));
    ASSERT_TRUE(opened.value()->append(expected.back()));
  }
  opened.value().reset();
  opened = Journal::open(place(), false);
  ASSERT_TRUE(opened);
  const auto found = all_of(*opened.value()).value();
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(same(found[i], expected[i])) << i;
}
TEST_F(JournalTest, SegmentsAreMadeFullSizeZeroFilledAndForTheOwnerOnly) {
  auto opened = Journal::open(place(), true);
  ASSERT_TRUE(opened);
  struct stat status {};
  ASSERT_EQ(::stat((place() / "00000001.jnl").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_EQ(static_cast<std::size_t>(status.st_size), limits::kJournalSegment);
  EXPECT_GE(static_cast<std::size_t>(status.st_blocks) * 512, limits::kJournalSegment);  // written, not a hole
  ASSERT_EQ(::stat(place().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
  EXPECT_TRUE(all_zero(read_file(place() / "00000001.jnl")));
}

TEST_F(JournalTest, TheNextSegmentIsMadeOnlyOnceTheCurrentOneHoldsAFlush) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(open());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(std::filesystem::exists(place() / "00000002.jnl"));
  }
  ASSERT_TRUE(journal_->append(draft_of(1, 1)));
  wait_for(place() / "00000002.jnl");
  EXPECT_TRUE(std::filesystem::exists(place() / "00000002.jnl"));
  EXPECT_FALSE(std::filesystem::exists(place() / "00000003.jnl"));
}
TEST_F(JournalTest, AStartRemovesAnUnfinishedSegmentAndAWalkLeavesItAlone) {
  ASSERT_NO_FATAL_FAILURE(open());
  const auto unfinished = place() / "00000009.new";
  write_file(unfinished, Bytes(100));
  ASSERT_TRUE(all_of(*journal_));  // the maker may be at work
  EXPECT_TRUE(std::filesystem::exists(unfinished));
  ASSERT_NO_FATAL_FAILURE(open(false));
  EXPECT_FALSE(std::filesystem::exists(unfinished));
}
TEST_F(JournalTest, AMissingJournalIsNotFoundUnlessItMayBeMade) {
  auto missing = Journal::open(place(), false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::NotFound);
  std::filesystem::create_directory(place());
  missing = Journal::open(place(), false);  // a directory without segments is no journal
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::NotFound);
}
TEST_F(JournalTest, RefusesToBeOpenedTwice) {
  ASSERT_NO_FATAL_FAILURE(open());
  auto second = open_journal(place(), false, {.segment_size = kSmall});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::Conflict);
}
TEST_F(JournalTest, RefusesAnEntryThatIsTooLargeAndGoesOn) {
  ASSERT_NO_FATAL_FAILURE(open());
  auto refused = journal_->append(draft_of(1, 1, limits::kMaxJournalEntry + 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::TooLarge);
  refused = journal_->append(draft_of(1, 1, kSmall));  // larger than these small segments
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::TooLarge);
  EXPECT_TRUE(journal_->append(draft_of(1, 1)));
}
using JournalDeathTest = JournalTest;
TEST_F(JournalDeathTest, ALineThatDoesNotFollowIsADefect) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  ASSERT_NO_FATAL_FAILURE(open());
  ASSERT_TRUE(journal_->append(draft_of(1, 1)));
  EXPECT_DEATH(
      (void)open_journal(place().string() + "2", true, {.segment_size = kSmall}).value()->append(draft_of(1, 2)), "");
}

TEST(JournalDraft, SurvivesEncodingAndRefusesAnythingElse) {
  const auto draft = draft_of(3, 77, 500, 12);
  auto bytes = encode_draft(draft);
  EXPECT_TRUE(same(decode_draft(bytes).value(), draft));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(decode_draft(ByteView(bytes).first(cut)));
  bytes.push_back(0);
  EXPECT_FALSE(decode_draft(bytes));
  bytes.pop_back();
  bytes[0] = 2;  // another version
  EXPECT_FALSE(decode_draft(bytes));
}
TEST(JournalCarry, RefusesTenantsOutOfOrder) {
  Carry carry{.segment_size = 64, .places = {{tenant_of(1), {}}, {tenant_of(2), {}}}};
  auto bytes = encode_carry(carry);
  EXPECT_EQ(decode_carry(bytes).value().places, carry.places);
  bytes[kCarryHead + 15] = 2;  // twice the same
  EXPECT_FALSE(decode_carry(bytes));
}

}  // namespace
}  // namespace shosoin::journal
