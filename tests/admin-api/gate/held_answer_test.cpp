// What large answers that nobody reads may do to others: nothing.
#include "admin-api/gate/held_answer.h"

#include <gtest/gtest.h>

#include <deque>

namespace shosoin::gate::testing {
namespace {

TEST(HeldAnswers, ThatDoNotFitAreNotCountedAndSmallOnesAlwaysFit) {
  std::atomic<std::size_t> all{0};
  constexpr std::size_t kLarge = 77'455, kFit = limits::kAnswersHeld / kLarge;
  std::deque<HeldAnswer> held;
  for (std::size_t i = 0; i < kFit; ++i) EXPECT_TRUE(held.emplace_back(all, kLarge).fits());
  const auto full = all.load();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(held.emplace_back(all, kLarge).fits());  // told so, and slow to read that
  EXPECT_EQ(all.load(), full);
  EXPECT_TRUE(HeldAnswer(all, 3'000).fits());
  EXPECT_TRUE(HeldAnswer(all, limits::kLargeAnswer).fits());
  held.clear();
  EXPECT_EQ(all.load(), 0u);
  EXPECT_TRUE(HeldAnswer(all, kLarge).fits());
}

}  // namespace
}  // namespace shosoin::gate::testing
