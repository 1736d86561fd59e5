// What stands around a restore: nobody else on the installation, no endless guessing, no place it could not be put, no
// backup that takes the room of the state copy, no drill in production.
#include <gtest/gtest.h>

#include <fstream>

#include "admin-api/service/drill.h"
#include "admin-api/service/installation_lock.h"
#include "admin-api/service/restore.h"
#include "admin-api/service/restore_attempts.h"
#include "firmware/base/limits.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;
using service::RestoreAttempts;

class RestoreGuards : public ::testing::Test {
 protected:
  support::TemporaryDirectory place;
  fs::path data = place.path() / "data";
  MovedClock clock;
  Result<void> attempt() { return RestoreAttempts(data).begin(clock.now()); }  // each time as another process would
};

TEST_F(RestoreGuards, OnlyOneProcessHasAnInstallationAndDataThatAreMovedAwayDoNotTakeTheLockAlong) {
  fs::create_directory(data);
  {
    const auto vault = service::lock_installation(data);
    ASSERT_TRUE(vault);
    EXPECT_EQ(service::lock_installation(data).error().code(), ErrorCode::Conflict);
    fs::rename(data, place.path() / "old");
    EXPECT_EQ(service::lock_installation(data).error().code(), ErrorCode::Conflict);
    service::Settings settings;
    settings.data_directory = data;
    EXPECT_EQ(service::restore_appliance(settings, {}, clock).error().code(), ErrorCode::Conflict);
  }
  EXPECT_TRUE(service::lock_installation(data));
  EXPECT_FALSE(service::lock_installation(place.path() / "nowhere" / "data"));
}

TEST_F(RestoreGuards, TenWrongPasswordsOrCodesInARowLockForADayWhateverProcessTries) {
  for (int i = 0; i < limits::kFailuresToLock; ++i) ASSERT_TRUE(attempt()) << i;
  EXPECT_EQ(attempt().error().code(), ErrorCode::TooMany);
  clock.move(limits::kOfficerLock - std::chrono::seconds{1});
  EXPECT_EQ(attempt().error().code(), ErrorCode::TooMany);
  clock.move(-2 * limits::kOfficerLock);  // set back: no way round
  EXPECT_EQ(attempt().error().code(), ErrorCode::TooMany);
  clock.move(2 * limits::kOfficerLock + std::chrono::seconds{1});
  EXPECT_TRUE(attempt());
}

TEST_F(RestoreGuards, WhatWasRefusedForSomethingElseDoesNotCountAndARightAnswerBeginsAnew) {
  for (int i = 0; i < 3 * limits::kFailuresToLock; ++i) {
    RestoreAttempts attempts(data);
    ASSERT_TRUE(attempts.begin(clock.now())) << i;
    ASSERT_TRUE(attempts.forgive());
  }
  for (int i = 0; i < limits::kFailuresToLock - 1; ++i) ASSERT_TRUE(attempt()) << i;
  {
    RestoreAttempts attempts(data);
    ASSERT_TRUE(attempts.begin(clock.now()));
    ASSERT_TRUE(attempts.forget());
  }
  for (int i = 0; i < limits::kFailuresToLock; ++i) ASSERT_TRUE(attempt()) << i;
  EXPECT_FALSE(attempt());
}

TEST_F(RestoreGuards, ACountThatWasChangedOrCutShortIsRefused) {
  ASSERT_TRUE(attempt());
  const auto file = place.path() / "data.restore-attempts";
  ASSERT_TRUE(fs::exists(file));
  {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(20);
    out.put(9);
  }
  EXPECT_EQ(attempt().error().code(), ErrorCode::Integrity);
  fs::resize_file(file, 10);
  EXPECT_EQ(attempt().error().code(), ErrorCode::Integrity);
}

TEST_F(RestoreGuards, AMountPointAsTargetIsToldAtOnce) {
  EXPECT_TRUE(service::can_be_put_in_place(data));
  fs::create_directory(data);
  EXPECT_TRUE(service::can_be_put_in_place(data));
  EXPECT_EQ(service::can_be_put_in_place("/proc").error().code(), ErrorCode::Settings);
  EXPECT_EQ(service::can_be_put_in_place(place.path() / "nowhere" / "data").error().code(), ErrorCode::Settings);
}

TEST_F(RestoreGuards, ABackupThatWouldTakeTheReserveBesideTheStateCopyIsRefused) {
  fs::create_directory(data);
  fs::create_directory(place.path() / "copy");
  service::Settings settings;
  settings.data_directory = data;
  settings.state_copy_directory = place.path() / "copy";
  settings.reserve_bytes = 0;
  EXPECT_TRUE(service::room_for_backup(settings));
  std::ofstream(data / "much") << "";
  fs::resize_file(data / "much", 1ull << 50);  // a hole
  EXPECT_EQ(service::room_for_backup(settings).error().code(), ErrorCode::StorageFull);
  fs::remove(data / "much");
  settings.reserve_bytes = 1ull << 60;
  EXPECT_EQ(service::room_for_backup(settings).error().code(), ErrorCode::StorageFull);
}

TEST_F(RestoreGuards, ADrillIsRefusedInProductionBeforeAnythingIsStarted) {
  fs::create_directories(data / "journal");
  service::Settings settings;
  settings.data_directory = data;
  settings.hardware_only = true;
  settings.tcti = "no TPM is asked";
  EXPECT_EQ(service::drill_old_image(settings, place.path() / "image", clock).error().code(), ErrorCode::NotPermitted);
}

}  // namespace
}  // namespace shosoin::test
