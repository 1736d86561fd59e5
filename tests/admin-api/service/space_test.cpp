#include "admin-api/service/space.h"

#include <gtest/gtest.h>

#include "firmware/base/limits_space.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::service {
namespace {

using Kind = protocol::RequestKind;
constexpr std::uint64_t kReserve = 64u << 20;

TEST(Space, IsScarceBelowFourReservesAndDownToTheReserveBelowOne) {
  const auto at = [](std::uint64_t free) { return scarcity(free, kReserve, limits::kGrowthFactor); };
  EXPECT_EQ(at(4 * kReserve), Scarcity::None);
  EXPECT_EQ(at(4 * kReserve - 4), Scarcity::NoGrowth);
  EXPECT_EQ(at(kReserve), Scarcity::NoGrowth);
  EXPECT_EQ(at(kReserve - 1), Scarcity::ReserveOnly);
  EXPECT_EQ(at(0), Scarcity::ReserveOnly);
}
TEST(Space, RefusesWhatGrowsTheStoreBeforeAnythingIsWritten) {
  for (const auto kind :
       {Kind::ImportOpen, Kind::ImportChunk, Kind::ImportClose, Kind::TenantCreate, Kind::FileAdd}) {
    EXPECT_TRUE(admit(kind, Asker::Anybody, Scarcity::None));
    for (const auto asker : {Asker::Anybody, Asker::KeepsTheAppliance}) {
      EXPECT_EQ(admit(kind, asker, Scarcity::NoGrowth).error().code(), ErrorCode::StorageFull);
      EXPECT_EQ(admit(kind, asker, Scarcity::ReserveOnly).error().code(), ErrorCode::StorageFull);
    }
  }
}
TEST(Space, LetsOperatorsReadUntilTheReserveIsReached) {
  EXPECT_TRUE(admit(Kind::ImportDecide, Asker::Anybody, Scarcity::NoGrowth));
  EXPECT_TRUE(admit(Kind::Retrieve, Asker::Anybody, Scarcity::NoGrowth));
  EXPECT_EQ(admit(Kind::Retrieve, Asker::Anybody, Scarcity::ReserveOnly).error().code(), ErrorCode::StorageFull);
  EXPECT_EQ(admit(Kind::RetrieveRecord, Asker::Anybody, Scarcity::ReserveOnly).error().code(), ErrorCode::StorageFull);
}
TEST(Space, KeepsTheReserveForAdministratorAuditorAndErasure) {
  for (const auto kind :
       {Kind::Login, Kind::Logout, Kind::ErasureRequest, Kind::ErasureDecide, Kind::ErasureExecute, Kind::BatchRun,
        Kind::PersonDisable, Kind::TerminalRevoke, Kind::Status, Kind::StorageCheck, Kind::JournalWalk})
    EXPECT_TRUE(admit(kind, Asker::Anybody, Scarcity::ReserveOnly));
  EXPECT_TRUE(admit(Kind::ImportShow, Asker::KeepsTheAppliance, Scarcity::ReserveOnly));
}
TEST(Space, IsMeasuredOnTheDataDisk) {
  const support::TemporaryDirectory directory;
  EXPECT_GT(free_bytes(directory.path()).value(), 0u);
  EXPECT_EQ(free_bytes(directory.path() / "missing").error().code(), ErrorCode::NotFound);
  Settings settings;
  settings.data_directory = directory.path();
  settings.reserve_bytes = ~std::uint64_t{0} >> 8;
  EXPECT_EQ(Space(settings).look(), Scarcity::ReserveOnly);
  settings.reserve_bytes = 1;
  EXPECT_EQ(Space(settings).look(), Scarcity::None);
}

}  // namespace
}  // namespace shosoin::service
