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
char last_step[64] = {};
power::Cut cut_here(std::string_view step) noexcept {
  if (commands_left-- != 0) return power::Cut::None;
  const auto size = std::min(step.size(), sizeof last_step - 1);
  step.copy(last_step, size);
  last_step[size] = '\0';
  return kind_of_cut;
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
Plan plan_of(TestAppliance& appliance, std::uint64_t epoch) {
  auto anchor = appliance.open();
  Plan plan;
  plan.manifest = crypto::sha256(be(epoch));
  plan.shred = crypto::sha256({view_of("shred"), plan.manifest});
  plan.before = anchor->read_chain().value();
  plan.after = crypto::sha256({plan.before, plan.manifest});
  plan.count = anchor->read_counter().value();
  plan.terms = {.x_current = plan.after, .x_previous = plan.before, .ctr_bound = plan.count + 1};
  return plan;
}
void expect_finished(TestAppliance& appliance, const Plan& plan) {
  auto anchor = appliance.open();
  EXPECT_EQ(anchor->read_chain().value(), plan.after);
  EXPECT_EQ(anchor->read_counter().value(), plan.count + 1);
  EXPECT_TRUE(anchor->unseal_root(plan.blob, plan.terms));
  const auto holds = [&](unsigned parity, ByteView expected) {
    return anchor->read_slot(parity).value().expose([&](auto bytes) { return equal(bytes, expected); });
  };
  EXPECT_TRUE(holds(0, plan.shred));
  EXPECT_TRUE(plan.fresh.expose([&](auto fresh) { return holds(1, fresh); }));
}
// False when the run came to its end before the cut.
bool cut_one_run(TestAppliance& appliance, int at, power::Cut kind, bool machine_too) {
  Plan plan = plan_of(appliance, static_cast<std::uint64_t>(at));
  commands_left = at;
  kind_of_cut = kind;
  power::set_plug(cut_here);
  auto outcome = open_and_run(appliance, plan);
  power::set_plug(nullptr);
  power::power_on();
  if (outcome) return false;
  EXPECT_EQ(outcome.error().code(), ErrorCode::TpmUnreachable) << at << ' ' << outcome.error().doing();
  if (machine_too) appliance.tpm.reboot();
  const auto again = open_and_run(appliance, plan);
  EXPECT_TRUE(again) << at << ' ' << last_step << ": " << again.error().doing();
  expect_finished(appliance, plan);
  return true;
}
}  // namespace

TEST(PowerCut, AtEveryCommandOfAnEpochLeavesAStateThatOpensAndCanBeFinished) {
  std::set<std::string> steps;
  int cuts = 0;
  for (const auto kind : {power::Cut::Before, power::Cut::After}) {
    TestAppliance appliance;
    for (int at = 0; at < 1000; ++at, ++cuts) {
      if (!cut_one_run(appliance, at, kind, at % 2 == 0)) break;
      steps.insert(last_step);
    }
  }
  EXPECT_GT(cuts, 150);
  for (const char* step : {"tpm:NV_Extend", "tpm:NV_Increment", "tpm:NV_Write", "tpm:NV_Certify", "tpm:Unseal",
                           "tpm:Create", "tpm:PCR_Extend", "tpm:PolicyAuthorize", "tpm:StartAuthSession"}) {
    EXPECT_TRUE(steps.contains(step)) << step;
  }
}

}  // namespace shosoin::tpm
