// Issue 2, line 5: every copy of data directory and state copy kept before an erasure, attacked with the live TPM and
// all service secrets after the epoch advanced.
#include <gtest/gtest.h>

#include "tests/fault/epoch_rig.h"
#include "tests/fault/old_image_attack.h"

namespace shosoin::test {
namespace {

struct Kept {
  const EpochRig* rig = nullptr;
  std::vector<std::filesystem::path> copies;
};
Kept kept;

// Keeps a copy of the disk before every durable step that is not the TPM's.
power::Cut keep_a_copy(std::string_view step) noexcept {
  if (step.starts_with("tpm:")) return power::Cut::None;
  auto path = kept.rig->root() / ("copy-" + std::to_string(kept.copies.size()));
  kept.rig->save_disk(path);
  kept.copies.push_back(path);
  return power::Cut::None;
}

TEST(OldImages, YieldNoErasedRecordNoKeyAndNoPresenceAfterTheEpochHasAdvanced) {
  EpochRig rig;
  ASSERT_TRUE(rig.start());
  kept = {&rig, {}};
  power::set_plug(keep_a_copy);
  auto erased = rig.erase_some();
  power::set_plug(nullptr);
  ASSERT_TRUE(erased) << erased.error().doing();
  rig.stop();
  ASSERT_GT(kept.copies.size(), 10u);

  auto anchor = rig.hardware().open();
  int opened_copies = 0, live_seen = 0;
  for (const auto& copy : kept.copies) {
    const auto loot = attack(copy, *anchor);
    const DiskBytes disk(copy / "live");
    if (loot.generations > 0) ++opened_copies;  // copies of the state that is valid now
    for (std::size_t t = 0; t < 2; ++t) {
      const auto& records = rig.records.at(rig.tenants[t]);
      for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = records[i];
        if (i < EpochRig::kErased) {
          EXPECT_FALSE(loot.holds(record.key)) << copy << " a key of an erased record";
          EXPECT_FALSE(loot.holds(record.token)) << copy << " that a number was present";
        } else if (loot.holds(record.key)) {
          ++live_seen;
        }
        if (i >= EpochRig::kErased) {
          EXPECT_TRUE(disk.hold(record.row.view())) << copy;  // row ids are found, so the search looks
        }
        EXPECT_FALSE(disk.hold(view_of(record.text))) << copy;
        EXPECT_FALSE(disk.hold(record.token)) << copy;
        EXPECT_FALSE(disk.hold(record.key)) << copy;
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
  // The attacker is no straw man: on copies of the valid state it does open the live records.
  EXPECT_GT(opened_copies, 0);
  EXPECT_GT(live_seen, 0);
  std::printf("[ copies ] %zu attacked, %d of them hold the valid state; 0 erased records, keys or presences\n",
              kept.copies.size(), opened_copies);
}

TEST(OldImages, TheSameAttackBeforeTheErasureFindsEverythingSoItWouldBeNoticed) {
  EpochRig rig;
  rig.save_disk(rig.root() / "before");
  auto anchor = rig.hardware().open();
  const auto loot = attack(rig.root() / "before", *anchor);
  for (const auto& tenant : rig.tenants) {
    for (const auto& record : rig.records.at(tenant)) {
      EXPECT_TRUE(loot.holds(record.key));
      EXPECT_TRUE(loot.holds(record.token));
    }
  }
}

}  // namespace
}  // namespace shosoin::test
