// Issue 5: a tenant is removed in one batch. Cut at every TPM command and every durable step, as "failed" and as
// "failed but happened"; every copy of the disks from before attacked with the live TPM. Afterwards it is as if it had
// never been there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "storage/erasure/certificate.h"
#include "storage/erasure/state_copy.h"
#include "storage/generations/layout.h"
#include "tests/fault/epoch_rig.h"
#include "tests/fault/old_image_attack.h"
#include "tests/storage/erasure/support.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;
using erasure::ErasureOrder;
using erasure::TenantFacts;

ErasureOrder removal_of(const TenantId& tenant) {
  ErasureOrder order;
  order.tenant = tenant;
  order.declaration = R"({"tenant":{"localGovernmentCode":"111007"}})";
  order.log = {false, R"({"operation":"tenant-removed"})"};
  order.remove_tenant = true;
  return order;
}

// A loses some records, B goes as a whole, C is not touched.
Result<erasure::BatchOutcome> remove_b(EpochRig& rig) {
  std::vector<ErasureOrder> orders;
  ErasureOrder order;
  order.tenant = rig.tenants[0];
  for (std::size_t i = 0; i < EpochRig::kErased; ++i) order.records.insert(rig.records.at(order.tenant)[i].id);
  order.declaration = R"({"count":3,"recordFile":"test"})";
  order.log = {false, R"({"operation":"erased"})"};
  orders.push_back(std::move(order));
  orders.push_back(removal_of(rig.tenants[1]));
  return rig.appliance().run_batch(std::move(orders), 24);
}

fs::path directory_of(const EpochRig& rig, const TenantId& tenant) {
  return rig.places().data / "tenants" / tenant.hex();
}

bool any_copy_names(const EpochRig& rig, const TenantId& tenant) {
  const auto copies = erasure::read_state_copies(rig.places().state_copy).value();
  return std::ranges::any_of(copies, [&](const erasure::StateCopy& copy) {
    const auto in_table = std::ranges::any_of(
        copy.table, [&](const auto& pair) { return equal(ByteView(pair.first).subspan(8), tenant.view()); });
    const auto has = [&](const auto& one) { return one.tenant == tenant; };
    return in_table || std::ranges::any_of(copy.generations, has);
  });
}

// Nothing of it answers any more, and what stays known is that it was removed, and how that is proven.
void expect_removed(EpochRig& rig, const std::string& where) {
  auto& appliance = rig.appliance();
  const auto& b = rig.tenants[1];
  EXPECT_EQ(appliance.tenant(b).error().code(), ErrorCode::NotFound) << where;
  EXPECT_EQ(appliance.find_tenant("111007").error().code(), ErrorCode::NotFound) << where;
  EXPECT_EQ(appliance.find_tenant("111007").error().doing(), appliance.find_tenant("472018").error().doing()) << where;
  EXPECT_EQ(appliance.tenants().size(), 2u) << where;
  EXPECT_FALSE(fs::exists(directory_of(rig, b))) << where;
  EXPECT_FALSE(any_copy_names(rig, b)) << where;
  const auto removed = appliance.removed_tenants().value();
  ASSERT_EQ(removed.size(), 1u) << where;
  EXPECT_EQ(removed[0].id, b) << where;
  EXPECT_EQ(removed[0].code, "111007") << where;
  EXPECT_EQ(removed[0].rows, static_cast<std::uint32_t>(EpochRig::kRecords)) << where;
  EXPECT_EQ(removed[0].serial, appliance.serial_of(removed[0].epoch, 1).value()) << where;
  const auto text = appliance.certificate(b, removed[0].serial);
  ASSERT_TRUE(text) << where;
  const auto check = erasure::verify_certificate(text.value(), record_of(rig.hardware()), "111007");
  EXPECT_EQ(check.fault, erasure::CertificateFault::None) << where << describe(check.fault, false);
}

// Returns whether the batch took place.
bool expect_whole_or_removed(EpochRig& rig, const std::string& where) {
  const auto in_a = rig.readable(rig.tenants[0]).size();
  EXPECT_EQ(rig.readable(rig.tenants[2]).size(), std::size_t{EpochRig::kRecords}) << where;
  const bool gone = in_a == EpochRig::kRecords - EpochRig::kErased;
  EXPECT_TRUE(gone || in_a == EpochRig::kRecords) << where << " " << in_a;
  if (gone) {
    expect_removed(rig, where);
    return true;
  }
  EXPECT_EQ(rig.readable(rig.tenants[1]).size(), std::size_t{EpochRig::kRecords}) << where;
  EXPECT_TRUE(fs::exists(directory_of(rig, rig.tenants[1]))) << where;
  EXPECT_TRUE(rig.appliance().removed_tenants().value().empty()) << where;
  return false;
}

// What the start's table says for a run in which these steps happened and no more.
std::string expected(std::vector<std::string> steps, power::Cut how) {
  if (how == power::Cut::Before && !steps.empty()) steps.pop_back();
  const auto happened = [&](std::string_view step) { return std::ranges::find(steps, step) != steps.end(); };
  if (!happened("batch:commit") || happened("batch:certified")) return "settled";
  if (happened("tpm:NV_Increment")) return "incremented";
  return happened("tpm:NV_Extend") ? "extended" : "committed";
}

class TenantRemoval : public ::testing::Test {
 protected:
  EpochRig rig;
};

class TenantRemovalCuts : public TenantRemoval {};

TEST_F(TenantRemovalCuts, AtEveryStepTheTenantIsWholeOrGoneAndTheServiceGoesOn) {
  const auto base = rig.root() / "base";
  rig.save_all(base);
  ASSERT_TRUE(rig.start());
  (void)rig.readable(rig.tenants[1]);  // somebody works in it
  CutPlan::arm(-1, power::Cut::None);
  auto whole = remove_b(rig);
  ASSERT_TRUE(whole) << whole.error().doing();
  const int steps = CutPlan::seen();
  const auto names = CutPlan::steps();
  CutPlan::disarm();
  ASSERT_TRUE(expect_whole_or_removed(rig, "uncut batch"));
  ASSERT_NE(std::ranges::find(names, "tenant:drop-files"), names.end());
  const bool every =
      std::getenv("SHOSOIN_EVERY_CUT") != nullptr;  // the campaign; the suite takes each kind of step twice
  int removed = 0, kept = 0, cuts = 0;
  for (int at = 0; at < steps; ++at) {
    const auto name = names[static_cast<std::size_t>(at)];
    const auto begin = names.begin(), here = begin + at;
    const bool first = std::find(begin, here, name) == here,
               last = std::find(here + 1, names.end(), name) == names.end();
    if (!every && !first && !last) continue;
    for (const auto how : {power::Cut::Before, power::Cut::After}) {
      const auto where =
          std::to_string(at) + " " + name + (how == power::Cut::Before ? " failed" : " failed but happened");
      rig.restore_all(base);
      ASSERT_TRUE(rig.start()) << where;
      if (at % 2 == 0) (void)rig.readable(rig.tenants[1]);  // open in one half of the cuts, closed in the other
      CutPlan::arm(at, how);
      const bool told = static_cast<bool>(remove_b(rig));
      rig.power_cycle();
      auto started = rig.start();
      ASSERT_TRUE(started) << where << ": " << started.error().doing();
      const auto status = rig.appliance().status();
      EXPECT_TRUE(status.certified) << where;
      EXPECT_EQ(status.recovered, expected(CutPlan::steps(), how)) << where;
      const bool gone = expect_whole_or_removed(rig, where);
      EXPECT_EQ(gone, status.epoch == 1) << where;
      EXPECT_TRUE(!told || gone) << where;
      gone ? ++removed : ++kept;
      ++cuts;
      EXPECT_TRUE(rig.erase_some_more()) << where;
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::printf("[ cuts ] %d cuts at %d steps: %d kept, %d removed\n", cuts, steps, kept, removed);
  EXPECT_GE(cuts, every ? 2 * steps : 60);
  EXPECT_GT(removed, 0);
  EXPECT_GT(kept, 0);
}

TEST_F(TenantRemoval, WhoeverStillHoldsItsStoreHearsNothingAndWritesNothing) {
  ASSERT_TRUE(rig.start());
  const auto& b = rig.tenants[1];
  auto* store = rig.appliance().tenant(b).value();
  const auto& planted = rig.records.at(b)[0];
  const auto version = store->version();
  ASSERT_TRUE(remove_b(rig));
  const generations::EntryKey key{generations::TableId::Records, copy_of(planted.id.view())};
  EXPECT_NE(store->version(), version);  // what was remembered of it is looked up anew
  EXPECT_EQ(store->get(key).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(store->any(key.table, key.bytes).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(store->scan(key.table, {}, [](const auto&) { return true; }).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(store->log({false, "{}"}).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(
      store->change([](std::uint64_t) -> Result<generations::Change> { return generations::Change{}; }).error().code(),
      ErrorCode::NotFound);
  EXPECT_EQ(store->write_rows_ahead({}).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(rig.appliance().merge(*store, {}).error().code(), ErrorCode::NotFound);
  EXPECT_NE(store->number_token(view_of(planted.number)), planted.token);
  const auto found = rig.appliance().check_storage().value();
  EXPECT_NE(found.find(R"("sound":true)"), std::string::npos) << found;
}

// A removed file takes room as long as somebody has it open or mapped.
std::size_t uses_of(const fs::path& directory) {
  std::size_t count = 0;
  for (const auto& open : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    count += fs::read_symlink(open.path(), gone).native().starts_with(directory.native()) ? 1 : 0;
  }
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) count += line.find(directory.native()) != line.npos ? 1 : 0;
  return count;
}

TEST_F(TenantRemoval, TheRoomOfItsFilesIsFreeAtOnceAndNotOnlyWhenTheProcessEnds) {
  ASSERT_TRUE(rig.start());
  const auto& b = rig.tenants[1];
  (void)rig.readable(b);
  EXPECT_GT(uses_of(directory_of(rig, b)), 0u);
  ASSERT_TRUE(remove_b(rig));
  EXPECT_FALSE(fs::exists(directory_of(rig, b)));
  EXPECT_EQ(uses_of(directory_of(rig, b)), 0u);
  EXPECT_GT(uses_of(directory_of(rig, rig.tenants[2])), 0u);
}

TEST_F(TenantRemoval, ANewTenantOfTheSameCodeBeginsWithFreshKeys) {
  ASSERT_TRUE(rig.start());
  const auto before = rig.appliance().tenant(rig.tenants[1]).value()->number_token(view_of("same"));
  ASSERT_TRUE(remove_b(rig));
  const auto made = rig.appliance().create_tenant("111007", "again", {}, {false, "{}"});
  ASSERT_TRUE(made);
  EXPECT_NE(made.value().id, rig.tenants[1]);
  EXPECT_NE(rig.appliance().tenant(made.value().id).value()->number_token(view_of("same")), before);
  rig.power_cycle();
  ASSERT_TRUE(rig.start());
  EXPECT_EQ(rig.appliance().find_tenant("111007").value().id, made.value().id);
  EXPECT_EQ(rig.appliance().removed_tenants().value().size(), 1u);
}

TEST_F(TenantRemoval, WithoutAStateCopyNothingOfItHappensAndTheTenantGoesOn) {
  ASSERT_TRUE(rig.start());
  auto* store = rig.appliance().tenant(rig.tenants[1]).value();
  fs::rename(rig.places().state_copy, rig.root() / "elsewhere");
  EXPECT_FALSE(remove_b(rig));
  EXPECT_EQ(rig.readable(rig.tenants[1]).size(), std::size_t{EpochRig::kRecords});
  EXPECT_TRUE(store->log({false, "{}"}));
  fs::rename(rig.root() / "elsewhere", rig.places().state_copy);
  ASSERT_TRUE(remove_b(rig));
  expect_removed(rig, "second attempt");
}

power::Cut cut_behind_the_commit(std::string_view step) noexcept {
  return step == "batch:commit" ? power::Cut::After : power::Cut::None;
}

TEST_F(TenantRemoval, IsTakenBackWithAnEpochThatDoesNotOpenAndTheTenantServesAtOnce) {
  ASSERT_TRUE(rig.start());
  power::set_plug(cut_behind_the_commit);
  EXPECT_FALSE(remove_b(rig));
  rig.power_cycle();
  {
    auto environment =
        engine::Environment::open(rig.places().data / "appliance", generations::appliance_layout(), false).value();
    auto transaction = environment->write().value();
    const auto current = generations::name_key("current");
    auto state =
        erasure::decode_epoch_state(*generations::get_plain(*transaction, generations::kEpoch, current).value()).value();
    state.sealed_root[state.sealed_root.size() - 5] ^= 1;
    ASSERT_TRUE(generations::put_plain(*transaction, generations::kEpoch, current, erasure::encode_epoch_state(state)));
    ASSERT_TRUE(transaction->commit("test:damage"));
  }
  ASSERT_TRUE(rig.start());
  EXPECT_EQ(rig.appliance().status().recovered, "reverted");
  EXPECT_FALSE(expect_whole_or_removed(rig, "reverted"));
  EXPECT_TRUE(rig.appliance().tenant(rig.tenants[1]).value()->log({false, "{}"}));
  ASSERT_TRUE(remove_b(rig));
  expect_removed(rig, "after all");
}

TEST_F(TenantRemoval, WhatALastLookRefusesStays) {
  ASSERT_TRUE(rig.start());
  auto order = removal_of(rig.tenants[1]);
  order.last_look = []() -> Result<void> { return Error{ErrorCode::Locked, "remove a tenant on hold"}; };
  std::vector<ErasureOrder> orders;
  orders.push_back(std::move(order));
  EXPECT_EQ(rig.appliance().run_batch(std::move(orders), 24).error().code(), ErrorCode::Locked);
  EXPECT_EQ(rig.readable(rig.tenants[1]).size(), std::size_t{EpochRig::kRecords});
}

struct Kept {
  const EpochRig* rig = nullptr;
  std::vector<fs::path> copies;
};
Kept kept_copies;

power::Cut keep_a_copy(std::string_view step) noexcept {
  if (step.starts_with("tpm:")) return power::Cut::None;
  auto path = kept_copies.rig->root() / ("copy-" + std::to_string(kept_copies.copies.size()));
  kept_copies.rig->save_disk(path);
  kept_copies.copies.push_back(path);
  return power::Cut::None;
}

TEST_F(TenantRemoval, NoOldImageWithTheLiveTpmGivesBackAnythingOfIt) {
  {
    rig.save_disk(rig.root() / "before");
    auto anchor = rig.hardware().open();
    const auto loot = attack(rig.root() / "before", *anchor);
    for (const auto& record : rig.records.at(rig.tenants[1])) EXPECT_TRUE(loot.holds(record.key));  // no straw man
  }
  ASSERT_TRUE(rig.start());
  kept_copies = {&rig, {rig.root() / "before"}};
  power::set_plug(keep_a_copy);
  const auto removed = remove_b(rig);
  power::set_plug(nullptr);
  ASSERT_TRUE(removed) << removed.error().doing();
  rig.stop();
  ASSERT_GT(kept_copies.copies.size(), 10u);
  auto anchor = rig.hardware().open();
  int opened = 0;
  for (const auto& copy : kept_copies.copies) {
    const auto loot = attack(copy, *anchor);
    if (loot.generations > 0) ++opened;
    for (const auto& record : rig.records.at(rig.tenants[1])) {
      ASSERT_FALSE(loot.holds(record.key)) << copy;
      ASSERT_FALSE(loot.holds(record.token)) << copy;
    }
  }
  EXPECT_GT(opened, 0);
}

}  // namespace
}  // namespace shosoin::test
