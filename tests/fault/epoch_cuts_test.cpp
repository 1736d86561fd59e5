// Issue 2, line 4: cut at every TPM command and every durable step of a batch, as "failed" and as "failed but happened", with
// three tenants of which one is closed. Every start must do what the table says: nothing live lost, nothing erased back.
#include <gtest/gtest.h>

#include <algorithm>

#include "storage/erasure/certificate.h"
#include "tests/fault/cut_history.h"

namespace shosoin::test {
namespace {

class EpochCuts : public ::testing::Test {
 protected:
  EpochRig rig;
  void cut_at_every_other_step(int first);

  // After any cut: A and B hold all or the rest (both the same), C holds all, and the service can go on.
  // Returns whether the batch took place.
  bool expect_whole(const std::string& where) {
    const auto& a = rig.tenants[0];
    const auto& b = rig.tenants[1];
    const auto& c = rig.tenants[2];
    const auto in_a = rig.readable(a), in_b = rig.readable(b), in_c = rig.readable(c);
    EXPECT_EQ(in_c.size(), rig.records.at(c).size()) << where;
    const bool erased = in_a.size() == EpochRig::kRecords - EpochRig::kErased;
    EXPECT_TRUE(erased || in_a.size() == EpochRig::kRecords) << where << " " << in_a.size();
    EXPECT_EQ(in_b.size(), in_a.size()) << where;
    for (const auto& tenant : {a, b}) {
      const auto present = rig.readable(tenant);
      for (std::size_t i = 0; i < rig.records.at(tenant).size(); ++i) {
        const bool should = !(erased && i < EpochRig::kErased);
        EXPECT_EQ(present.contains(rig.records.at(tenant)[i].id), should) << where << " record " << i;
      }
    }
    return erased;
  }
  // What the table says for a run in which these steps happened and no more. Taken from the run itself: how many flushes the
  // journal needs differs from run to run.
  static std::string expected(std::vector<std::string> steps, power::Cut how) {
    if (how == power::Cut::Before && !steps.empty()) steps.pop_back();
    return expected_word(steps);
  }
};

// Cuts at the steps first, first + 2, ... : two tests share all steps, so that two cores can.
void EpochCuts::cut_at_every_other_step(int first) {
  const auto base = rig.root() / "base";
  rig.save_all(base);
  ASSERT_TRUE(rig.start());
  CutPlan::arm(-1, power::Cut::None);
  auto whole = rig.erase_some();
  ASSERT_TRUE(whole) << whole.error().doing();
  const int steps = CutPlan::seen();
  const auto names = CutPlan::steps();
  CutPlan::disarm();
  ASSERT_TRUE(expect_whole("uncut batch"));
  rig.stop();

  int cuts = 0, erased = 0, kept = 0;
  std::map<std::string, int> found;
  for (int at = first; at < steps; at += 2) {
    for (const auto how : {power::Cut::Before, power::Cut::After}) {
      const auto where = std::to_string(at) + " " + names[static_cast<std::size_t>(at)] +
                         (how == power::Cut::Before ? " failed" : " failed but happened");
      rig.restore_all(base);
      ASSERT_TRUE(rig.start()) << where;
      CutPlan::arm(at, how);
      auto cut = rig.erase_some();
      ++cuts;
      const bool told = static_cast<bool>(cut);  // only where the cut fell into sweeping up
      rig.power_cycle();
      auto started = rig.start();
      ASSERT_TRUE(started) << where << ": " << started.error().doing();
      const auto status = rig.appliance().status();
      ++found[status.recovered];
      EXPECT_TRUE(status.certified) << where;
      EXPECT_EQ(status.recovered, expected(CutPlan::steps(), how)) << where;
      const bool gone = expect_whole(where);
      EXPECT_EQ(gone, status.epoch == 1) << where;
      EXPECT_TRUE(!told || gone) << where;
      gone ? ++erased : ++kept;
      auto again = rig.erase_some_more();
      EXPECT_TRUE(again) << where << ": " << (again ? "" : again.error().doing());
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::string summary;
  for (const auto& [word, times] : found) summary += word + " " + std::to_string(times) + ", ";
  std::printf("[ cuts ] %d cuts at %d steps: %d kept, %d erased; starts: %s\n", cuts, steps, kept, erased, summary.c_str());
  EXPECT_GE(cuts, 150);  // two tests: 300
  EXPECT_EQ(cuts, (steps + 1 - first) / 2 * 2);
  EXPECT_GT(erased, 0);
  EXPECT_GT(kept, 0);
}

TEST_F(EpochCuts, AtEveryEvenStepBeforeAndAfterNothingLiveIsLostAndNothingErasedComesBack) { cut_at_every_other_step(0); }
TEST_F(EpochCuts, AtEveryOddStepBeforeAndAfterNothingLiveIsLostAndNothingErasedComesBack) { cut_at_every_other_step(1); }

TEST_F(EpochCuts, WhatABatchLeavesForLaterIsSweptWhenAskedForAndBeforeAnyOtherBatch) {
  ASSERT_TRUE(rig.start());
  const auto rows = [&](int tenant) {
    return rig.appliance().tenant(rig.tenants[static_cast<std::size_t>(tenant)]).value()->rows_stored().value();
  };
  const std::uint64_t all = EpochRig::kRecords;
  ASSERT_TRUE(rig.erase_some(EpochRig::Sweep::Later));
  EXPECT_EQ(rows(0), all);
  EXPECT_EQ(rig.appliance().run_batch({}, 0).error().code(), ErrorCode::TooMany);  // refused, but swept before
  EXPECT_EQ(rows(0), all - EpochRig::kErased);
  ASSERT_TRUE(rig.erase_some_more(EpochRig::Sweep::Later));
  EXPECT_EQ(rows(2), all);
  rig.appliance().sweep_up();
  EXPECT_EQ(rows(2), all - 1);
}

// Decision 0079: what a batch has left is gone after the next start, wherever the power went - before anybody swept, behind a
// change that came first, at any step of the sweep.
TEST_F(EpochCuts, WhatABatchLeavesForLaterIsGoneAfterTheNextStartWhereverThePowerWent) {
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.erase_some(EpochRig::Sweep::Later));
  const auto& a = rig.tenants[0];
  const auto rows = [&] { return rig.appliance().tenant(a).value()->rows_stored().value(); };
  ASSERT_TRUE(expect_whole("before the sweep"));
  EXPECT_EQ(rows(), static_cast<std::uint64_t>(EpochRig::kRecords));
  rig.plant(a, 1);
  rig.records.at(a).pop_back();  // there, but none of those that expect_whole counts
  rig.power_cycle();
  const auto base = rig.root() / "unswept";
  rig.save_all(base);
  const std::uint64_t left = EpochRig::kRecords - EpochRig::kErased + 1;
  ASSERT_TRUE(rig.start());
  EXPECT_EQ(rig.appliance().status().recovered, "settled");
  EXPECT_TRUE(expect_whole("swept by a start"));
  EXPECT_EQ(rows(), left);
  int cuts = 0;
  for (bool more = true; more; ++cuts) {
    rig.restore_all(base);
    CutPlan::arm(cuts, power::Cut::Before);
    more = !rig.start() || CutPlan::cut_at() >= 0;
    rig.power_cycle();
    CutPlan::disarm();
    ASSERT_TRUE(rig.start()) << cuts;
    EXPECT_EQ(rig.appliance().status().recovered, "settled") << cuts;
    EXPECT_TRUE(expect_whole("cut at step " + std::to_string(cuts))) << cuts;
    EXPECT_EQ(rows(), left) << cuts;
    rig.stop();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(cuts, 4);
}

}  // namespace
}  // namespace shosoin::test
