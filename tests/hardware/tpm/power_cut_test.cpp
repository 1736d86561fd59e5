// A cut before and after every TPM command of one epoch's steps: the anchor opens again, each value is the old or the
// new one, and the steps can be brought to their end by reading CHAIN and CTR first.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "crypto/hash.h"
#include "firmware/base/power.h"
#include "tests/support/test_appliance.h"

namespace shosoin::tpm {
namespace {

using test::TestAppliance;

int commands_left = 0;
power::Cut kind_of_cut = power::Cut::None;
power::Cut cut_here(std::string_view) noexcept { return commands_left-- == 0 ? kind_of_cut : power::Cut::None; }

std::vector<std::string> recorded;
power::Cut record(std::string_view step) noexcept {
  recorded.emplace_back(step);
  return power::Cut::None;
}

struct Plan {  // one epoch: what stood before and what shall stand after
  Digest manifest, shred, before, after;
  std::uint64_t count = 0;
  RootHalfSlot fresh = RootHalfSlot::random();
  SealedBlob blob;
  RootTerms terms{};
};
// Step 2 and 3: repeatable as a whole, nothing of it is irreversible.
Result<void> prepare(Anchor& anchor, Plan& plan) {
  TRY(anchor.write_slot(1, plan.fresh));
  TRY(plan.blob, anchor.seal_root(RootHalfSealed::random(), plan.terms));
  TRY(anchor.unseal_root(plan.blob, plan.terms));
  return success();
}
// Steps 5 to 8, each only if it has not happened: extend and increment are not idempotent.
Result<void> finish(Anchor& anchor, const Plan& plan) {
  TRY(auto link, anchor.read_chain());
  if (link == plan.before) {
    TRY(anchor.extend_chain(plan.manifest));
  } else {
    EXPECT_EQ(link, plan.after);
  }
  TRY(anchor.extend_pcr13(plan.manifest));
  TRY(anchor.overwrite_slot(0, plan.shred));
  TRY(auto count, anchor.read_counter());
  if (count == plan.count) {
    TRY(anchor.increment_counter());
  } else {
    EXPECT_EQ(count, plan.count + 1);
  }
  TRY(anchor.certify(0, plan.manifest));
  return success();
}
Result<void> open_and_run(TestAppliance& appliance, Plan& plan) {
  TRY(auto anchor, appliance.try_open());
  TRY(prepare(*anchor, plan));
  return finish(*anchor, plan);
}
Plan plan_of(Anchor& anchor, std::uint64_t epoch) {
  Plan plan;
  plan.manifest = crypto::sha256(be(epoch));
  plan.shred = crypto::sha256({view_of("shred"), plan.manifest});
  plan.before = anchor.read_chain().value();
  plan.after = crypto::sha256({plan.before, plan.manifest});
  plan.count = anchor.read_counter().value();
  plan.terms = {.x_current = plan.after, .x_previous = plan.before, .ctr_bound = plan.count + 1};
  return plan;
}
void expect_finished(Anchor& anchor, const Plan& plan) {
  EXPECT_EQ(anchor.read_chain().value(), plan.after);
  EXPECT_EQ(anchor.read_counter().value(), plan.count + 1);
  EXPECT_TRUE(anchor.unseal_root(plan.blob, plan.terms));
  const auto holds = [&](unsigned parity, ByteView expected) {
    return anchor.read_slot(parity).value().expose([&](auto bytes) { return equal(bytes, expected); });
  };
  EXPECT_TRUE(holds(0, plan.shred));
  EXPECT_TRUE(plan.fresh.expose([&](auto fresh) { return holds(1, fresh); }));
}

struct CutPoint {
  int command;
  power::Cut kind;
};
// Every command of the run is cut; those that change the TPM for good both ways, the others before and after in turn.
std::vector<CutPoint> cut_points(const std::vector<std::string>& steps) {
  const std::set<std::string> durable = {"tpm:NV_Write", "tpm:NV_Extend", "tpm:NV_Increment", "tpm:PCR_Extend"};
  std::vector<CutPoint> points;
  for (int i = 0; i < static_cast<int>(steps.size()); ++i) {
    const bool both = durable.contains(steps[static_cast<std::size_t>(i)]);
    if (both || i % 2 == 0) points.push_back({i, power::Cut::Before});
    if (both || i % 2 == 1) points.push_back({i, power::Cut::After});
  }
  return points;
}
void cut_one_run(TestAppliance& appliance, Plan& plan, const CutPoint& point) {
  commands_left = point.command;
  kind_of_cut = point.kind;
  power::set_plug(cut_here);
  const auto outcome = open_and_run(appliance, plan);
  power::set_plug(nullptr);
  power::power_on();
  // A lost answer to the last flush is noticed by nobody; every other cut is.
  if (!outcome) {
    EXPECT_EQ(outcome.error().code(), ErrorCode::TpmUnreachable) << outcome.error().doing();
  }
  if (point.command % 4 == 0) appliance.tpm.reboot();
  const auto again = open_and_run(appliance, plan);
  EXPECT_TRUE(again) << point.command << ": " << again.error().doing();
}

}  // namespace

TEST(PowerCut, AtEveryCommandOfAnEpochLeavesAStateThatOpensAndCanBeFinished) {
  TestAppliance appliance;
  Plan plan = plan_of(*appliance.open(), 0);
  recorded.clear();
  power::set_plug(record);
  ASSERT_TRUE(open_and_run(appliance, plan));
  power::set_plug(nullptr);
  const std::set<std::string> kinds(recorded.begin(), recorded.end());
  for (const char* step : {"tpm:NV_Extend", "tpm:NV_Increment", "tpm:NV_Write", "tpm:NV_Certify", "tpm:Unseal",
                           "tpm:Create", "tpm:PCR_Extend", "tpm:PolicyAuthorize", "tpm:StartAuthSession"}) {
    EXPECT_TRUE(kinds.contains(step)) << step;
  }
  EXPECT_FALSE(kinds.contains("tpm:Other"));  // every command has its name
  const auto points = cut_points(recorded);
  EXPECT_GT(points.size(), 100u);
  RecordProperty("commands", static_cast<int>(recorded.size()));
  RecordProperty("cuts", static_cast<int>(points.size()));
  auto anchor = appliance.open();
  for (const auto& point : points) {
    plan = plan_of(*anchor, static_cast<std::uint64_t>(point.command) + 1);
    anchor.reset();
    cut_one_run(appliance, plan, point);
    anchor = appliance.open();
    expect_finished(*anchor, plan);
  }
}

}  // namespace shosoin::tpm
