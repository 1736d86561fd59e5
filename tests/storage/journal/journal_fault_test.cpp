// What holds when power, disk or process fail.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/storage/journal/support.h"
#include "tests/support/faulty_disk.h"

namespace shosoin::journal {
namespace {

using JournalFault = JournalTest;
// Read by the journal's threads while a test sets the next cut.
std::atomic<const char*> cut_at{""};
std::atomic<power::Cut> cut_how{power::Cut::None};
power::Cut plug(std::string_view step) noexcept { return step == cut_at.load() ? cut_how.load() : power::Cut::None; }
void power_back() {
  power::set_plug(nullptr);
  power::power_on();
}

TEST_F(JournalFault, APowerCutBeforeAFlushLosesOnlyWhatWasNotAcknowledged) {
  ASSERT_NO_FATAL_FAILURE(open());
  ASSERT_TRUE(journal_->append(draft_of(1, 1)));
  cut_at = "journal:flush";
  cut_how = power::Cut::Before;
  power::set_plug(plug);
  auto failed = journal_->append(draft_of(1, 2));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::StorageFailed);
  failed = journal_->append(draft_of(1, 3));  // and everything afterwards
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::StorageFailed);
  journal_.reset();
  power_back();
  ASSERT_NO_FATAL_FAILURE(open(false));
  EXPECT_EQ(all_of(*journal_).value().size(), 1u);
  EXPECT_TRUE(journal_->append(draft_of(1, 2)));
}
TEST_F(JournalFault, APowerCutAfterAFlushKeepsWhatWasFlushed) {
  ASSERT_NO_FATAL_FAILURE(open());
  ASSERT_TRUE(journal_->append(draft_of(1, 1)));
  cut_at = "journal:flush";
  cut_how = power::Cut::After;
  power::set_plug(plug);
  EXPECT_FALSE(journal_->append(draft_of(1, 2)));
  journal_.reset();
  power_back();
  ASSERT_NO_FATAL_FAILURE(open(false));
  EXPECT_EQ(all_of(*journal_).value().size(), 2u);
}
TEST_F(JournalFault, APowerCutAtAnyOtherStepLosesNothingAcknowledged) {
  int cuts = 0;
  for (const char* step : {"journal:directory", "journal:segment-zeros", "journal:segment-name", "journal:repair",
                           "journal:drop-unused"}) {
    for (auto how : {power::Cut::Before, power::Cut::After}) {
      journal_.reset();
      std::filesystem::remove_all(place());
      std::uint64_t acknowledged = 0;
      cut_at = step;
      cut_how = how;
      for (int run = 0; run < 6; ++run) {
        // Once the first segment is full the cut comes while a later one is made, and while reopening.
        power::set_plug(run == 0 || run == 3 || run == 4 ? plug : nullptr);
        auto opened = open_journal(place(), true, {.segment_size = run == 4 ? kSmall * 2 : kSmall});
        if (opened) {
          auto line = opened.value()->position(tenant_of(1)).line;
          EXPECT_GE(line, acknowledged);
          for (int i = 0; i < 25 && opened.value()->append(draft_of(1, line + 1, 1000)); ++i) acknowledged = ++line;
          opened.value().reset();
        }
        cuts += power::is_out();
        power_back();
      }
      ASSERT_NO_FATAL_FAILURE(open(false));
      EXPECT_GE(journal_->position(tenant_of(1)).line, acknowledged) << step;
      EXPECT_TRUE(all_of(*journal_)) << step;
    }
  }
  EXPECT_GE(cuts, 20);
}
TEST_F(JournalFault, AFailedSyncFailsEverybodyAndIsNeverTriedAgain) {
  ASSERT_NO_FATAL_FAILURE(open());
  ASSERT_TRUE(journal_->append(draft_of(0, 1)));
  wait_for(place() / "00000002.jnl");  // the segment made ahead is synced by then
  support::faulty_disk().sync_error = EIO;
  const auto before = support::faulty_disk().syncs_seen.load();
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (std::uint8_t tenant = 1; tenant <= 16; ++tenant) {
    threads.emplace_back([&, tenant] {
      auto failed = journal_->append(draft_of(tenant, 1));
      if (!failed && failed.error().code() == ErrorCode::StorageFailed) ++failures;
    });
  }
  for (auto& thread : threads) thread.join();
  support::faulty_disk().sync_error = 0;
  EXPECT_EQ(failures, 16);
  EXPECT_EQ(support::faulty_disk().syncs_seen, before + 1);
  EXPECT_FALSE(journal_->append(draft_of(0, 2)));
  ASSERT_NO_FATAL_FAILURE(open(false));  // a new process: it writes the last flush again, whatever the cache shows
  EXPECT_TRUE(journal_->append(draft_of(0, 2)));
  EXPECT_TRUE(all_of(*journal_));
}
TEST_F(JournalFault, AFullDiskRefusesWithNothingChangedAndGoesOnWhenThereIsRoom) {
  ASSERT_NO_FATAL_FAILURE(open());
  std::uint64_t line = 0;
  ASSERT_TRUE(journal_->append(draft_of(1, ++line, 1000)));
  wait_for(place() / "00000002.jnl");
  // The next segment is there. Filling it makes the journal want one more, and that one finds no room: those writes are
  // the only ones to fail, since flushes go on in segments that have their blocks. Here all writes fail alike, so only
  // the making is cut off.
  const auto blocked = place() / "00000003.new";
  std::filesystem::create_directory(blocked);
  Result<void> result = success();
  while (result && line < 100) result = journal_->append(draft_of(1, line + 1, 1000)), line += result ? 1 : 0;
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().code(), ErrorCode::StorageFailed);
  EXPECT_EQ(journal_->position(tenant_of(1)).line, line);
  std::filesystem::remove(blocked);
  bool went_on = false;  // an attempt made meanwhile may refuse once more
  for (int i = 0; i < 3 && !went_on; ++i) went_on = journal_->append(draft_of(1, line + 1, 1000)).has_value();
  EXPECT_TRUE(went_on);
  ASSERT_NO_FATAL_FAILURE(open(false));
  EXPECT_EQ(all_of(*journal_).value().size(), line + 1);
}
TEST_F(JournalFault, AProcessKilledAtAnyMomentKeepsWhatItAcknowledged) {
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 25; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto journal = open_journal(place(), true, {.segment_size = kSmall});
      if (!journal) ::_exit(1);
      for (auto line = journal.value()->position(tenant_of(1)).line + 1;; ++line) {
        if (!journal.value()->append(draft_of(1, line, 300, line))) ::_exit(1);
        if (::write(pipe[1], &line, sizeof line) != sizeof line) ::_exit(1);
      }
    }
    ::close(pipe[1]);
    std::uint64_t line = 0;
    if (round % 2 == 1 && ::read(pipe[0], &line, sizeof line) == sizeof line) acknowledged = line;
    ::usleep(static_cast<useconds_t>(4000 + 977 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(pipe[0], &line, sizeof line) == sizeof line) acknowledged = line;
    ::close(pipe[0]);
    ASSERT_NO_FATAL_FAILURE(open());
    const auto position = journal_->position(tenant_of(1));
    EXPECT_GE(position.line, acknowledged);
    EXPECT_EQ(position.change_seq, position.line);
    EXPECT_EQ(all_of(*journal_).value().size(), position.line);
    journal_.reset();
  }
  EXPECT_GE(acknowledged, 12u);  // each second round waits for one
}

}  // namespace
}  // namespace shosoin::journal
