// What holds when power, disk or process fail.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/storage/engine/support.h"
#include "tests/support/faulty_disk.h"

namespace shosoin::engine {
namespace {

using EngineFault = EngineTest;

void no_more_faults() {
  auto& disk = support::faulty_disk();
  disk.write_error = 0;
  disk.sync_error = 0;
  disk.writes_left = 0;
}

TEST_F(EngineFault, APowerCutBeforeTheCommitLeavesTheOldState) {
  ASSERT_TRUE(write("a", "old"));
  power::set_plug([](std::string_view step) noexcept { return step == "x" ? power::Cut::Before : power::Cut::None; });
  auto failed = write("a", "new", "x");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::StorageFailed);
  auto refused = environment_->write();  // unknown outcome: nothing more is written by this process
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::StorageFailed);
  power::set_plug(nullptr);
  power::power_on();
  reopen();
  EXPECT_EQ(read("a"), "old");
}
TEST_F(EngineFault, APowerCutAfterTheCommitLeavesTheNewState) {
  ASSERT_TRUE(write("a", "old"));
  power::set_plug([](std::string_view step) noexcept { return step == "x" ? power::Cut::After : power::Cut::None; });
  EXPECT_FALSE(write("a", "new", "x"));
  power::set_plug(nullptr);
  power::power_on();
  reopen();
  EXPECT_EQ(read("a"), "new");
}
TEST(Engine, APowerCutDuringCreationLeavesNoneOrAWholeEnvironment) {
  static std::string_view cut_at;
  static power::Cut how;
  for (std::string_view step : {"engine:tables", "engine:create"}) {
    for (auto cut : {power::Cut::Before, power::Cut::After}) {
      support::TemporaryDirectory directory;
      const auto place = directory.path() / "environment";
      cut_at = step;
      how = cut;
      power::set_plug([](std::string_view at) noexcept { return at == cut_at ? how : power::Cut::None; });
      EXPECT_FALSE(Environment::open(place, kOptions, true));
      power::set_plug(nullptr);
      power::power_on();
      EXPECT_EQ(std::filesystem::exists(place), step == "engine:create" && cut == power::Cut::After);
      EXPECT_TRUE(Environment::open(place, kOptions, true));
      EXPECT_FALSE(std::filesystem::exists(directory.path() / "environment.new"));
    }
  }
}
TEST_F(EngineFault, AFullMapIsStorageFullAndTheEnvironmentStaysUsable) {
  ASSERT_TRUE(write("a", "one"));
  const std::string large(8u << 20, 'x');
  {
    auto writer = environment_->write().value();
    Result<void> put = success();
    for (int i = 0; i < 20 && put; ++i) put = writer->put(kFirst, view_of(std::to_string(i)), view_of(large));
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code(), ErrorCode::StorageFull);
    auto committed = writer->commit("test:commit");  // the reason, not LMDB's "bad transaction"
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code(), ErrorCode::StorageFull);
  }
  EXPECT_EQ(read("0"), std::nullopt);
  ASSERT_TRUE(write("b", "two"));
  EXPECT_EQ(read("a"), "one");
}
TEST_F(EngineFault, AFullDiskIsStorageFullWithNothingChangedAndUsableAsSoonAsThereIsRoom) {
  ASSERT_TRUE(write("a", "old"));
  for (long good_writes = 0; good_writes < 2; ++good_writes) {
    support::faulty_disk().writes_left = good_writes;
    support::faulty_disk().write_error = ENOSPC;
    auto failed = write("a", std::string(100'000, 'n'));
    no_more_faults();
    ASSERT_FALSE(failed);
    if (failed.error().code() == ErrorCode::StorageFailed) break;  // the meta page's turn: the next test
    EXPECT_EQ(failed.error().code(), ErrorCode::StorageFull);
    EXPECT_EQ(read("a"), "old");
    ASSERT_TRUE(write("b", "new")) << good_writes;
    EXPECT_EQ(read("b"), "new");
  }
  reopen();
  EXPECT_EQ(read("a"), "old");
}
TEST_F(EngineFault, NoRoomForTheMetaPageIsAnUnknownOutcome) {
  ASSERT_TRUE(write("a", "old"));
  support::faulty_disk().writes_left = 1;  // the one small data run goes well
  support::faulty_disk().write_error = ENOSPC;
  auto failed = write("a", "new");
  no_more_faults();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::StorageFailed);
  EXPECT_FALSE(environment_->write());
  reopen();
  EXPECT_TRUE(read("a") == "old" || read("a") == "new");
  EXPECT_TRUE(write("b", "more"));
}
TEST_F(EngineFault, AWriteErrorIsAnUnknownOutcomeAndNothingMoreIsWritten) {
  ASSERT_TRUE(write("a", "old"));
  support::faulty_disk().write_error = EIO;
  auto failed = write("a", "new");
  no_more_faults();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::StorageFailed);
  auto refused = environment_->write();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::StorageFailed);
  reopen();
  EXPECT_EQ(read("a"), "old");
}
TEST_F(EngineFault, AFailedSyncIsNeverTriedAgain) {
  ASSERT_TRUE(write("a", "old"));
  support::faulty_disk().sync_error = EIO;
  const auto before = support::faulty_disk().syncs_seen.load();
  auto failed = write("a", "new");
  no_more_faults();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::StorageFailed);
  EXPECT_EQ(support::faulty_disk().syncs_seen, before + 1);
  EXPECT_FALSE(environment_->write());
}
TEST_F(EngineFault, ATruncatedDataFileIsAnIntegrityErrorAndNotTheEndOfTheProcess) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(write(std::to_string(i), std::string(4000, 'v')));
  environment_.reset();
  std::filesystem::resize_file(place() / "data.mdb", 2 * 4096);
  auto opened = Environment::open(place(), kOptions, false);
  if (!opened) {
    EXPECT_EQ(opened.error().code(), ErrorCode::Integrity);
  } else {
    auto found = opened.value()->read().value()->get(kFirst, view_of("1"));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), ErrorCode::Integrity);
  }
}
TEST_F(EngineFault, AFileThatIsNoEnvironmentIsAnIntegrityError) {
  environment_.reset();
  std::ofstream(place() / "data.mdb", std::ios::binary | std::ios::trunc) << std::string(8192, 'x');
  auto opened = Environment::open(place(), kOptions, true);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Integrity);
}
TEST_F(EngineFault, AProcessKilledInsideATransactionLeavesAllOrNothing) {
  ASSERT_TRUE(write("count", "0"));
  int last = 0;
  for (int round = 0; round < 20; ++round) {
    environment_.reset();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {  // writes the same number under two keys, for ever
      auto environment = Environment::open(place(), kOptions, false).value();
      for (int i = last + 1;; ++i) {
        auto writer = environment->write().value();
        const auto text = std::to_string(i);
        if (!writer->put(kFirst, view_of("count"), view_of(text))) ::_exit(1);
        if (!writer->put(kSecond, view_of("twin"), view_of(text + std::string(20'000, '.')))) ::_exit(1);
        if (!writer->commit("test:commit")) ::_exit(1);
      }
    }
    ::usleep(static_cast<useconds_t>(3000 + 1371 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    reopen();
    const auto count = read("count").value();
    if (std::string_view(count) != "0") {
      EXPECT_EQ(read("twin", kSecond)->substr(0, count.size() + 1), count + ".");
    }
    EXPECT_GE(std::stoi(count), last);
    last = std::stoi(count);
    ASSERT_TRUE(write("after", count));  // the dead writer's lock was taken over
  }
  EXPECT_GT(last, 0);
}

}  // namespace
}  // namespace shosoin::engine
