// Issue 2, line 6: a restored copy from an earlier epoch, a forked copy and another TPM are each refused with a message of their own,
// and the current state then still starts. And the row of the table in which a committed epoch does not open.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <thread>

#include "firmware/base/disk.h"
#include "storage/erasure/core.h"
#include "storage/erasure/scrub.h"
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

void flip_bit(const std::filesystem::path& file, std::uint64_t offset) {
  const auto opened = disk::open(file, O_RDWR).value();
  std::array<std::uint8_t, 1> byte{};
  ASSERT_TRUE(disk::read_at(opened, byte, offset));
  byte[0] ^= 4;
  ASSERT_TRUE(disk::write_at(opened, byte, offset));
}
boost::json::array faults_of(EpochRig& rig) {
  return boost::json::parse(rig.appliance().check_storage().value()).as_object().at("faults").as_array();
}

TEST(StateRefusal, ATenantWhoseFileOrOutboxIsDamagedIsNamedAndTheOthersServe) {
  EpochRig rig;
  flip_bit(rig.places().data / "tenants" / rig.tenants[0].hex() / "data.mdb", 10);  // flags of a meta page
  {
    const auto name = rig.places().data / "tenants" / rig.tenants[1].hex();
    auto environment = engine::Environment::open(name, generations::tenant_layout(), false).value();
    auto transaction = environment->write().value();
    ASSERT_TRUE(transaction->put(generations::kOutbox, generations::seq_key(99), Bytes(80, 1)));
    ASSERT_TRUE(transaction->commit("test:damage"));
  }
  const auto started = rig.start();
  ASSERT_TRUE(started) << started.error().doing();
  for (int damaged : {0, 1}) {
    const auto refused = rig.appliance().tenant(rig.tenants[static_cast<std::size_t>(damaged)]);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::Integrity);
  }
  EXPECT_EQ(rig.readable(rig.tenants[2]).size(), std::size_t{EpochRig::kRecords});
  const auto faults = faults_of(rig);
  ASSERT_EQ(faults.size(), 2u);
  std::set<std::string> named;
  for (const auto& fault : faults) named.emplace(fault.at("tenant").as_string());
  EXPECT_EQ(named, (std::set{rig.tenants[0].hex(), rig.tenants[1].hex()}));
}
TEST(StateRefusal, ADamagedApplianceEnvironmentIsRefusedAndChangesNothing) {
  EpochRig rig;
  flip_bit(rig.places().data / "appliance" / "data.mdb", 4096 + 10);
  const auto before = fingerprint(rig.places().data);
  const auto refused = rig.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Integrity);
  EXPECT_EQ(refused.error().outside(), 1);
  EXPECT_EQ(fingerprint(rig.places().data), before);
  std::filesystem::rename(rig.places().data / "appliance", rig.root() / "aside");  // what the operations guide says
  ASSERT_TRUE(rig.start());
  EXPECT_EQ(rig.appliance().status().recovered, "rebuilt");
  EXPECT_TRUE(faults_of(rig).empty());
  rig.stop();
  EXPECT_TRUE(rig.start());
}
TEST(StateRefusal, ATenantWithoutItsRowAndAnEpochWithoutItsEvidenceAreIntegrityAndNotUnknown) {
  EpochRig rig;
  ASSERT_TRUE(rig.start());
  const auto outcome = rig.erase_some();
  ASSERT_TRUE(outcome);
  rig.stop();
  const auto damage = [&](engine::Table table, const Bytes& key) {
    auto environment =
        engine::Environment::open(rig.places().data / "appliance", generations::appliance_layout(), false).value();
    auto transaction = environment->write().value();
    ASSERT_TRUE(transaction->erase(table, key).value());
    ASSERT_TRUE(transaction->commit("test:damage"));
  };
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.erase_some_more());
  rig.stop();
  damage(generations::kEvidence, erasure::epoch_key(1));
  ASSERT_TRUE(rig.start());
  EXPECT_EQ(rig.appliance().certificate(rig.tenants[0], outcome.value().serials[0]).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(faults_of(rig).at(0).at("where").as_string(), "evidence/1");
  rig.stop();
  damage(generations::kTenants, erasure::table_key(2, rig.tenants[1]));
  const auto refused = rig.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Integrity);
}
TEST(StateRefusal, TheScrubFindsDamageOfARunningApplianceNamesItAndClosesTheEnvironment) {
  EpochRig rig;
  ASSERT_TRUE(rig.start());
  const auto passed = [](const erasure::Scrub& scrub) {
    for (int i = 0; i < 3000 && scrub.status().passes == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return scrub.status().passes > 0;
  };
  const erasure::ScrubPlan plan{std::chrono::milliseconds(0), std::chrono::hours(1), 1u << 30};
  {
    const erasure::Scrub scrub(rig.appliance(), rig.clock(), plan);
    ASSERT_TRUE(passed(scrub));
    EXPECT_EQ(scrub.status().faults, 0u);
  }
  EXPECT_EQ(rig.readable(rig.tenants[1]).size(), std::size_t{EpochRig::kRecords});
  for (std::uint64_t meta : {0, 1}) {
    flip_bit(rig.places().data / "tenants" / rig.tenants[1].hex() / "data.mdb", meta * 4096 + 10);
  }
  const auto lines = rig.appliance().journal().position(kAppliance).line;
  const erasure::Scrub scrub(rig.appliance(), rig.clock(), plan);
  ASSERT_TRUE(passed(scrub));
  EXPECT_EQ(scrub.status().faults, 1u);
  EXPECT_EQ(rig.appliance().journal().position(kAppliance).line, lines + 1);
  auto* store = rig.appliance().tenant(rig.tenants[1]).value();
  // What was read and authenticated before may still be told from memory; nothing is read from the file any more.
  const auto scanned = store->scan(generations::TableId::Records, {}, [](const generations::Entry&) { return true; });
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code(), ErrorCode::Integrity);
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords});
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
