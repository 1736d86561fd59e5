// Issue 2, line 6: a restored copy from an earlier epoch, a forked copy and another TPM are each refused with a message of their own,
// and the current state then still starts. And the row of the table in which a committed epoch does not open.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "storage/erasure/core.h"
#include "tests/fault/epoch_rig.h"

namespace shosoin::test {
namespace {

using generations::kEpoch;
using generations::name_key;

std::string fingerprint(const std::filesystem::path& directory) {
  std::string all;
  for (const auto& item : std::filesystem::recursive_directory_iterator(directory)) {
    if (!item.is_regular_file() || item.path().filename() == "lock.mdb") continue;
    all += item.path().string() + " " + std::to_string(std::filesystem::file_size(item.path())) + " " +
           std::to_string(std::filesystem::last_write_time(item.path()).time_since_epoch().count()) + "\n";
  }
  return all;
}

TEST(StateRefusal, ARestoredOlderEpochIsRefusedAsRolledBackAndChangesNothing) {
  EpochRig rig;
  rig.save_disk(rig.root() / "old");
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.erase_some());
  rig.stop();
  rig.save_disk(rig.root() / "now");
  rig.restore_disk(rig.root() / "old");
  const auto before = fingerprint(rig.places().data);
  auto refused = rig.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::RolledBack);
  EXPECT_EQ(fingerprint(rig.places().data), before);
  rig.restore_disk(rig.root() / "now");
  EXPECT_TRUE(rig.start());
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
}

TEST(StateRefusal, AForkedCopyIsRefusedAsForked) {
  EpochRig rig;
  ASSERT_TRUE(rig.start());
  // The copy: a batch cut right after its commit. The TPM then goes another way with another attempt.
  rig.save_disk(rig.root() / "base");
  CutPlan::arm(-1, power::Cut::None);
  power::set_plug([](std::string_view step) noexcept {
    return step == "batch:commit" ? power::Cut::After : power::Cut::None;
  });
  EXPECT_FALSE(rig.erase_some());
  rig.power_cycle();
  rig.save_disk(rig.root() / "fork");
  rig.restore_disk(rig.root() / "base");
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.erase_some());
  rig.stop();
  rig.save_disk(rig.root() / "now");
  rig.restore_disk(rig.root() / "fork");
  auto refused = rig.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Forked);
  rig.restore_disk(rig.root() / "now");
  EXPECT_TRUE(rig.start());
}

TEST(StateRefusal, AnotherTpmIsRefusedAsForeign) {
  EpochRig rig;
  TestAppliance other;
  auto refused = tpm::Anchor::open(other.tpm.tcti(), rig.hardware().pins, duplicate(rig.hardware().service), rig.hardware().boot);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::ForeignTpm);
  EXPECT_TRUE(rig.start());
}

// Damages what a committed epoch stands on, while the TPM is still at the old one.
void damage_after_commit(EpochRig& rig, const std::function<void(engine::Environment&)>& damage) {
  ASSERT_TRUE(rig.start());
  CutPlan::arm(-1, power::Cut::None);
  power::set_plug([](std::string_view step) noexcept {
    return step == "batch:commit" ? power::Cut::After : power::Cut::None;
  });
  EXPECT_FALSE(rig.erase_some());
  rig.power_cycle();
  {
    auto environment =
        engine::Environment::open(rig.places().data / "appliance", generations::appliance_layout(), false).value();
    damage(*environment);
  }
  auto started = rig.start();
  ASSERT_TRUE(started) << started.error().doing();
  EXPECT_EQ(rig.appliance().status().recovered, "reverted");
  EXPECT_EQ(rig.appliance().status().epoch, 0u);
  for (const auto& tenant : rig.tenants) EXPECT_EQ(rig.readable(tenant).size(), std::size_t{EpochRig::kRecords});
  auto again = rig.erase_some();
  ASSERT_TRUE(again) << again.error().doing();
  rig.stop();
  ASSERT_TRUE(rig.start());
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
}

TEST(StateRefusal, ACommittedEpochWhoseSealedRootDoesNotOpenIsTakenBack) {
  EpochRig rig;
  damage_after_commit(rig, [](engine::Environment& environment) {
    auto transaction = environment.write().value();
    auto state = erasure::decode_epoch_state(*generations::get_plain(*transaction, kEpoch, name_key("current")).value()).value();
    state.sealed_root[state.sealed_root.size() - 5] ^= 1;
    ASSERT_TRUE(generations::put_plain(*transaction, kEpoch, name_key("current"), erasure::encode_epoch_state(state)));
    ASSERT_TRUE(transaction->commit("test:damage"));
  });
}

TEST(StateRefusal, ACommittedEpochWithABrokenOuterLayerIsTakenBack) {
  EpochRig rig;
  damage_after_commit(rig, [&](engine::Environment& environment) {
    auto transaction = environment.write().value();
    const auto key = erasure::table_key(1, rig.tenants[2]);
    auto box = copy_of(*transaction->get(generations::kTenants, key).value());
    box.back() ^= 1;
    ASSERT_TRUE(transaction->put(generations::kTenants, key, box));
    ASSERT_TRUE(transaction->commit("test:damage"));
  });
}

TEST(StateRefusal, ATenantBehindTheJournalIsNamedAndTheOthersServe) {
  EpochRig rig;
  rig.save_disk(rig.root() / "old");
  ASSERT_TRUE(rig.start());
  rig.plant(rig.tenants[1], 1);
  rig.stop();
  // One tenant's environment comes from an older backup; journal and appliance are of now.
  const auto name = std::filesystem::path("tenants") / rig.tenants[1].hex();
  std::filesystem::remove_all(rig.places().data / name);
  std::filesystem::copy(rig.root() / "old" / "live" / "data" / name, rig.places().data / name,
                        std::filesystem::copy_options::recursive);
  ASSERT_TRUE(rig.start());
  auto stale = rig.appliance().tenant(rig.tenants[1]);
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code(), ErrorCode::Integrity);
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords});
  EXPECT_EQ(rig.readable(rig.tenants[2]).size(), std::size_t{EpochRig::kRecords});
}

TEST(StateRefusal, ALostApplianceEnvironmentIsRebuiltFromTheStateCopyThatFitsTheTpm) {
  EpochRig rig;
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.erase_some());
  rig.stop();
  std::filesystem::remove_all(rig.places().data / "appliance");
  auto started = rig.start();
  ASSERT_TRUE(started) << started.error().doing();
  EXPECT_EQ(rig.appliance().status().recovered, "rebuilt");
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
  EXPECT_EQ(rig.readable(rig.tenants[2]).size(), std::size_t{EpochRig::kRecords});
}

TEST(StateRefusal, ALostApplianceEnvironmentWithLaterChangesWaitsForAPersonsDecision) {
  EpochRig rig;
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.erase_some());
  ASSERT_TRUE(rig.appliance().zero().change([](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{{{{generations::TableId::Facts, Bytes{1}}, Bytes{2}}}, {}, {}, {false, "{}"}};
  }));
  rig.stop();
  std::filesystem::remove_all(rig.places().data / "appliance");
  auto refused = rig.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Integrity);
  EXPECT_FALSE(std::filesystem::exists(rig.places().data / "appliance"));
}

// A read's line may still be waiting for its flush when a change of the same tenant commits: the change's line must not come to
// stand behind a line that was lost.
std::atomic<int> flushes_left{-1};
TEST(StateRefusal, ACutWhileReadersAndWritersAreAtWorkLeavesAStateThatStarts) {
  EpochRig rig;
  for (int round = 0; round < 12; ++round) {
    ASSERT_TRUE(rig.start());
    auto* store = rig.appliance().tenant(rig.tenants[0]).value();
    std::atomic<std::uint64_t> acknowledged{0};
    flushes_left = 3 + 5 * round;
    power::set_plug([](std::string_view step) noexcept {
      return step == "journal:flush" && --flushes_left <= 0 ? power::Cut::Before : power::Cut::None;
    });
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        while (store->log({false, R"({"operation":"read"})"})) {
        }
      });
    }
    for (;;) {
      auto seq = store->change([](std::uint64_t now) -> Result<generations::Change> {
        return generations::Change{{{{generations::TableId::Facts, Bytes{9}}, copy_of(be(now))}}, {}, {}, {false, "{}"}};
      });
      if (!seq) break;
      acknowledged = seq.value();
    }
    for (auto& reader : readers) reader.join();
    rig.power_cycle();
    auto started = rig.start();
    ASSERT_TRUE(started) << round << ": " << started.error().doing();
    auto found = rig.appliance().tenant(rig.tenants[0]).value()->get({generations::TableId::Facts, Bytes{9}}).value();
    if (acknowledged != 0) {
      ASSERT_TRUE(found);
      EXPECT_GE(from_be<std::uint64_t>(std::span(*found).first<8>()), acknowledged.load());
    }
    rig.stop();
  }
}

}  // namespace
}  // namespace shosoin::test
