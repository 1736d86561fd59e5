// A journal that fills up inside a batch: before its commit nothing has happened, after it nothing is dropped and the
// next start goes on (DESIGN section 7, disk full).
#include "tests/support/full_journal.h"

#include <gtest/gtest.h>

#include "tests/fault/epoch_rig.h"

namespace shosoin::test {
namespace {

using support::FullJournal;

class BatchInAFullJournal : public ::testing::Test {
 protected:
  EpochRig rig;

  // Fills the journal with lines of the tenant that takes no part, when the batch comes to `step`.
  static inline EpochRig* filled_rig = nullptr;
  static inline std::optional<FullJournal> full;
  static inline const char* fill_before = "";
  void fill_at(const char* step) {
    filled_rig = &rig;
    fill_before = step;
    power::set_plug([](std::string_view now) noexcept {
      if (now == fill_before && !full) {
        full.emplace(filled_rig->places().data / "journal");
        auto* other = filled_rig->appliance().tenant(filled_rig->tenants[2]).value();
        FullJournal::fill([&](std::size_t size) {
          return static_cast<bool>(other->log({false, R"({"operation":")" + std::string(size, 'x') + "\"}"}));
        });
      }
      return power::Cut::None;
    });
  }
  void TearDown() override {
    power::set_plug(nullptr);
    power::power_on();
    full.reset();
  }
  void expect_erased(bool erased) {
    for (const auto& tenant : {rig.tenants[0], rig.tenants[1]}) {
      const auto left = rig.readable(tenant);
      EXPECT_EQ(left.size(), static_cast<std::size_t>(EpochRig::kRecords - (erased ? EpochRig::kErased : 0)));
      for (int i = EpochRig::kErased; i < EpochRig::kRecords; ++i) {
        EXPECT_TRUE(left.contains(rig.records.at(tenant)[static_cast<std::size_t>(i)].id));
      }
    }
    EXPECT_EQ(rig.readable(rig.tenants[2]).size(), std::size_t{EpochRig::kRecords});
  }
};

TEST_F(BatchInAFullJournal, AfterItsCommitDropsNothingAndIsFinishedByTheNextStart) {
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.appliance().tenant(rig.tenants[2]));
  fill_at("batch:commit");
  const auto cut = rig.erase_some();
  ASSERT_TRUE(full.has_value());
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), ErrorCode::StorageFailed);
  EXPECT_TRUE(power::is_out());  // the process ends here
  rig.power_cycle();
  EXPECT_FALSE(rig.start());  // still no room for the lines of the batch: nothing is told, nothing goes on
  rig.stop();
  full->make_room();
  const auto started = rig.start();
  ASSERT_TRUE(started) << started.error().doing();
  EXPECT_EQ(rig.appliance().status().recovered, "committed");
  EXPECT_EQ(rig.appliance().status().epoch, 1u);
  EXPECT_TRUE(rig.appliance().status().certified);
  expect_erased(true);
  ASSERT_TRUE(rig.erase_some_more());
}

TEST_F(BatchInAFullJournal, BeforeItsCommitIsRefusedWithNothingChangedAndRunsWhenThereIsRoom) {
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.appliance().tenant(rig.tenants[2]));
  fill_at("state-copy:rename");
  const auto refused = rig.erase_some();
  ASSERT_TRUE(full.has_value());
  ASSERT_FALSE(refused);
  EXPECT_FALSE(power::is_out());  // nothing is unknown: the process goes on
  EXPECT_EQ(rig.appliance().status().epoch, 0u);
  expect_erased(false);
  full->make_room();
  power::set_plug(nullptr);
  Result<erasure::BatchOutcome> again = rig.erase_some();
  for (int i = 0; i < 3 && !again; ++i) again = rig.erase_some();  // an attempt made meanwhile may be refused once more
  ASSERT_TRUE(again) << again.error().doing();
  expect_erased(true);
  rig.stop();
  ASSERT_TRUE(rig.start());
  expect_erased(true);
}

}  // namespace
}  // namespace shosoin::test
