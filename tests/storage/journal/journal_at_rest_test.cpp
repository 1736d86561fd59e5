#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/storage/journal/support.h"

namespace shosoin::journal {
namespace {

class JournalAtRest : public JournalTest {
 protected:
  void fill(std::uint64_t lines) {
    open();
    for (std::uint64_t line = 1; line <= lines; ++line) ASSERT_TRUE(journal_->append(draft_of(1, line)));
    ASSERT_TRUE(journal_->append(draft_of(2, 1)));
    journal_.reset();
  }
  void overwrite(std::uint32_t segment, std::streamoff at, char byte) {
    std::fstream file(segment_path(place(), segment), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at).put(byte);
  }
};

TEST_F(JournalAtRest, IsCountedOverAllItsSegmentsWithoutAnyWriting) {
  fill(150);  // several small segments
  const auto segments = find_segments(place()).value();
  ASSERT_GT(segments.size(), 2u);
  for (const auto number : segments) ::chmod(segment_path(place(), number).c_str(), 0400);
  const auto found = walk_at_rest(place());
  ASSERT_TRUE(found) << found.error().doing();
  EXPECT_EQ(found.value().frames, 151u);
  EXPECT_EQ(found.value().lines.at(tenant_of(1)), 150u);
  EXPECT_EQ(found.value().lines.at(tenant_of(2)), 1u);
  EXPECT_FALSE(found.value().torn_tail);
}
TEST_F(JournalAtRest, NamesATornTailAndLeavesItToTheNextStart) {
  fill(3);
  const auto before = read_file(segment_path(place(), 1));
  std::size_t last = before.size();
  while (before[last - 1] == 0) --last;
  overwrite(1, static_cast<std::streamoff>(last - 1), static_cast<char>(before[last - 1] ^ 1));
  const auto found = walk_at_rest(place());
  ASSERT_TRUE(found) << found.error().doing();
  EXPECT_TRUE(found.value().torn_tail);
  EXPECT_EQ(found.value().frames, 4u);  // what was torn is the seal behind them
}
TEST_F(JournalAtRest, FindsABrokenFrameInTheMiddle) {
  fill(150);
  overwrite(1, 200, 'x');
  EXPECT_EQ(walk_at_rest(place()).error().code(), ErrorCode::Integrity);
}
TEST_F(JournalAtRest, MissingSegmentsAreNotAnEmptyJournal) {
  std::filesystem::create_directories(place());
  EXPECT_EQ(walk_at_rest(place()).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(walk_at_rest(place() / "nowhere").error().code(), ErrorCode::NotFound);
}
TEST_F(JournalAtRest, ItsDirectoryIsLockedAgainstASecondVault) {
  open();
  EXPECT_EQ(lock_directory(place()).error().code(), ErrorCode::Conflict);
  journal_.reset();
  const auto lock = lock_directory(place());
  ASSERT_TRUE(lock);
  EXPECT_EQ(open_journal(place(), false, {.segment_size = kSmall}).error().code(), ErrorCode::Conflict);
}

}  // namespace
}  // namespace shosoin::journal
