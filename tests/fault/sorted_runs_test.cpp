// The runs of a sort that is under way outlive a batch of another tenant; those that a killed process has left go at the next start
// (storage/generations/generations.md, "Sorted runs").
#include <gtest/gtest.h>

#include "storage/generations/layout.h"
#include "tests/fault/epoch_rig.h"

namespace shosoin::test {
namespace {

using generations::Entry;
using generations::TableId;

std::size_t drained(generations::EntrySorter& sorter) {
  auto source = sorter.sorted().value();
  std::size_t found = 0;
  while (source->next().value()) ++found;
  return found;
}

class SortedRuns : public ::testing::Test {
 protected:
  void TearDown() override {
    power::set_plug(nullptr);
    power::power_on();
  }
  std::unique_ptr<generations::EntrySorter> filled() {
    auto sorter = rig.appliance().tenant(tenant()).value()->sorter();
    const std::optional<Bytes> value(Bytes(300, 1));
    for (std::uint64_t i = 0; sorter->runs() < 1; ++i) {
      ENSURE(sorter->add(Entry{{TableId::Facts, copy_of(be(i * 0x9e3779b97f4a7c15ull))}, value}));
    }
    return sorter;
  }
  const TenantId& tenant() const { return rig.tenants[0]; }
  std::size_t generations_stored() {  // while nothing has the environment open
    const auto place = rig.places().data / "tenants" / tenant().hex();
    const auto environment = engine::Environment::open(place, generations::tenant_layout(), false).value();
    return generations::generations_in(*environment).value().size();
  }
  EpochRig rig;
};

TEST_F(SortedRuns, StayWhileTheirSortIsUnderWayThoughABatchSweeps) {
  ASSERT_TRUE(rig.start());
  {
    auto sorter = filled();
    ASSERT_TRUE(rig.erase_some());
    EXPECT_EQ(drained(*sorter), sorter->added());
  }
  rig.stop();
  EXPECT_EQ(generations_stored(), 1u);
}

TEST_F(SortedRuns, ThatAKilledProcessHasLeftGoAtTheNextStart) {
  ASSERT_TRUE(rig.start());
  auto sorter = filled();
  power::set_plug([](std::string_view step) noexcept {
    return step == "generation:drop" ? power::Cut::Before : power::Cut::None;
  });
  sorter.reset();
  rig.power_cycle();
  EXPECT_EQ(generations_stored(), 2u);
  ASSERT_TRUE(rig.start());
  rig.stop();
  EXPECT_EQ(generations_stored(), 1u);
  ASSERT_TRUE(rig.start());
  EXPECT_EQ(rig.readable(tenant()).size(), std::size_t{EpochRig::kRecords});
}

}  // namespace
}  // namespace shosoin::test
