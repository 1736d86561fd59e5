// Issue 5, line 4: with the system clock ten years ahead or back nothing may be early, and both are seen.
#include "storage/retention/accepted_time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace shosoin::retention {
namespace {

using namespace std::chrono;

constexpr Instant kNoon = sys_days{year{2026} / 11 / 22} + hours{3};
constexpr milliseconds kYears10 = days{3653};
constexpr ClockRules kRules{.tolerance = minutes{2}, .off_time = days{7}};
constexpr Watermark kMark{kNoon, kNoon, {hours{100}, 7}};

SteadyReading later(milliseconds passed) { return {kMark.steady.running + passed, 7}; }
constexpr SteadyReading kRebooted{seconds{5}, 8};

TEST(AcceptedTime, FollowsTheSystemClockWhileTheSteadyClockAgrees) {
  const auto time = accept_time(kMark, kNoon + hours{5}, later(hours{5}), kRules);
  EXPECT_EQ(time.now, kNoon + hours{5});
  EXPECT_EQ(time.state, ClockState::Agreed);
}
TEST(AcceptedTime, DoesNotFollowTenYearsAheadAndSaysSo) {
  for (const auto& steady : {later(hours{5}), kRebooted}) {
    const auto time = accept_time(kMark, kNoon + kYears10, steady, kRules);
    EXPECT_EQ(time.state, ClockState::Ahead);
    EXPECT_GE(time.now, kNoon);
    EXPECT_LE(time.now, kNoon + hours{5});
    EXPECT_GT(time.apart, kYears10 - hours{6});
  }
}
TEST(AcceptedTime, DoesNotFollowTenYearsBackAndSaysSo) {
  for (const auto& steady : {later(hours{5}), kRebooted}) {
    const auto time = accept_time(kMark, kNoon - kYears10, steady, kRules);
    EXPECT_EQ(time.state, ClockState::Behind);
    EXPECT_GE(time.now, kNoon);
    EXPECT_LT(time.apart, milliseconds{0});
  }
}
TEST(AcceptedTime, AllowsTheTimeWithoutPowerThatASettingNames) {
  EXPECT_EQ(accept_time(kMark, kNoon + days{6}, kRebooted, kRules).state, ClockState::Agreed);
  EXPECT_EQ(accept_time(kMark, kNoon + days{8}, kRebooted, kRules).state, ClockState::Ahead);
  EXPECT_EQ(accept_time(kMark, kNoon + days{6}, later(hours{1}), kRules).state, ClockState::Ahead);
}
TEST(AcceptedTime, ForgivesASlowOrFastSteadyClockAndACorrectionByATimeService) {
  EXPECT_EQ(accept_time(kMark, kNoon + hours{13}, later(hours{10}), kRules).state, ClockState::Agreed);
  EXPECT_EQ(accept_time(kMark, kNoon + hours{7}, later(hours{10}), kRules).state, ClockState::Agreed);
  EXPECT_EQ(accept_time(kMark, kNoon - minutes{1}, later(seconds{1}), kRules).state, ClockState::Agreed);
}
TEST(AcceptedTime, AfterYearsOfOneBootNoMoreIsExplainedThanATimeWithoutPower) {
  const milliseconds three_years = days{1095};
  const auto time = accept_time(kMark, kNoon + three_years + days{7}, later(three_years), kRules);
  EXPECT_EQ(time.state, ClockState::Agreed);
  const auto ahead = accept_time(kMark, kNoon + three_years + days{8}, later(three_years), kRules);
  EXPECT_EQ(ahead.state, ClockState::Ahead);
  EXPECT_LE(ahead.now, kNoon + three_years);
}
TEST(AcceptedTime, ASteadyClockThatWentBackIsAnotherBoot) {
  const SteadyReading backwards{kMark.steady.running - hours{1}, 7};
  EXPECT_EQ(accept_time(kMark, kNoon + days{6}, backwards, kRules).state, ClockState::Agreed);
}
TEST(AcceptedTime, TwoPersonsMoveTheWatermarkToTheSystemClock) {
  const auto system = kNoon + kYears10;
  const auto mark = accepted_by_two(system, later(hours{5}));
  const auto time = accept_time(mark, system + hours{1}, later(hours{6}), kRules);
  EXPECT_EQ(time.state, ClockState::Agreed);
  EXPECT_EQ(time.now, system + hours{1});
}
TEST(AcceptedTime, ManySmallStepsAheadComeToNoMoreThanOne) {
  auto mark = kMark;
  auto system = kNoon;
  for (int round = 1; round <= 10'000; ++round) {  // five seconds pass, the clock is set two minutes ahead each time
    system += minutes{2};
    const auto steady = later(seconds{5 * round});
    mark = advanced(mark, accept_time(mark, system, steady, kRules), steady, kRules);
  }
  EXPECT_LE(mark.accepted, kNoon + seconds{5 * 10'000 * 3 / 2} + kRules.tolerance);
}
// Somebody reboots, each time with the system clock set as far ahead as it goes, and lets it run for a while.
Watermark rebooted_often(int times, milliseconds runs, const ClockRules& rules) {
  Watermark mark = kMark;
  for (std::uint64_t boot = 8; times > 0; --times, ++boot) {
    for (milliseconds passed{0}; passed <= runs; passed += std::max<milliseconds>(runs / 4, milliseconds{1})) {
      const SteadyReading steady{seconds{5} + passed, boot};
      auto most = mark.accepted;  // what is accepted at most is found by halving
      for (milliseconds step = days{16}; step >= milliseconds{1}; step /= 2) {
        if (accept_time(mark, most + step, steady, rules).state != ClockState::Ahead) most += step;
      }
      mark = advanced(mark, accept_time(mark, most, steady, rules), steady, rules);
    }
  }
  return mark;
}
TEST(AcceptedTime, ManyRebootsComeToNoMoreThanOneTimeWithoutPower) {
  const auto once = kRules.off_time + kRules.tolerance;
  EXPECT_LE(rebooted_often(1000, {}, kRules).accepted - kNoon, once);
  EXPECT_GE(rebooted_often(1, {}, kRules).accepted - kNoon, kRules.off_time);
  const auto ran = rebooted_often(1000, hours{1}, kRules).accepted - kNoon - hours{1000};
  EXPECT_LE(ran, once + hours{1000} * 7 / 365 + hours{1});
  EXPECT_GE(ran, kRules.off_time);
}
TEST(AcceptedTime, ATimeWithoutPowerIsMadeUpForByAYearOfRunning) {
  auto mark = kMark;
  const auto boot = [&](std::uint64_t number, Instant system) {
    const SteadyReading steady{seconds{5}, number};
    const auto time = accept_time(mark, system, steady, kRules);
    mark = advanced(mark, time, steady, kRules);
    return time.state;
  };
  const auto runs = [&](milliseconds passed) {
    const SteadyReading steady{mark.steady.running + passed, mark.steady.boot};
    const auto time = accept_time(mark, mark.accepted + passed, steady, kRules);
    mark = advanced(mark, time, steady, kRules);
    return time.state;
  };
  EXPECT_EQ(boot(8, kNoon + days{6}), ClockState::Agreed);
  EXPECT_EQ(unproven(mark, kRules), milliseconds{days{6}});
  auto soon = mark;
  std::swap(soon, mark);
  EXPECT_EQ(boot(9, mark.accepted + days{2}), ClockState::Ahead);  // a day is left of the week
  std::swap(soon, mark);
  EXPECT_EQ(runs(days{365}), ClockState::Agreed);
  EXPECT_EQ(unproven(mark, kRules), milliseconds{0});
  EXPECT_EQ(boot(9, mark.accepted + days{6}), ClockState::Agreed);
}
// Ten minutes a month, a long weekend twice, a steady clock that is off by a hundredth.
TEST(AcceptedTime, OrdinaryYearsOfRebootsAskNobody) {
  constexpr ClockRules kShipped{.tolerance = minutes{5}, .off_time = days{14}};
  Watermark mark = kMark;
  for (int month = 1; month <= 36; ++month) {
    const auto off = month % 6 == 0 ? milliseconds{days{3}} : milliseconds{minutes{10}};
    const SteadyReading started{seconds{5}, mark.steady.boot + 1};
    auto time = accept_time(mark, mark.accepted + off, started, kShipped);
    ASSERT_EQ(time.state, ClockState::Agreed) << month;
    mark = advanced(mark, time, started, kShipped);
    const milliseconds month_long = days{30};
    const SteadyReading ended{started.running + month_long - month_long / 100, started.boot};
    time = accept_time(mark, mark.accepted + month_long, ended, kShipped);
    ASSERT_EQ(time.state, ClockState::Agreed) << month;
    mark = advanced(mark, time, ended, kShipped);
  }
}
TEST(AcceptedTime, TwoPersonsSettleWhatBootsHaveUsedUp) {
  const auto used_up = rebooted_often(3, {}, kRules);
  EXPECT_EQ(accept_time(used_up, used_up.accepted + minutes{1}, {seconds{1}, 99}, kRules).state, ClockState::Ahead);
  const auto settled = accepted_by_two(used_up.accepted, {seconds{1}, 99});
  EXPECT_EQ(unproven(settled, kRules), milliseconds{0});
  EXPECT_EQ(accept_time(settled, settled.accepted + days{6}, {seconds{1}, 100}, kRules).state, ClockState::Agreed);
}
TEST(AcceptedTime, ASettingThatIsLoweredLaterGrantsNothingMore) {
  const auto used_up = rebooted_often(1, {}, kRules);
  const ClockRules lower{.tolerance = kRules.tolerance, .off_time = days{1}};
  EXPECT_EQ(accept_time(used_up, used_up.accepted, {seconds{1}, 99}, lower).state, ClockState::Agreed);
  EXPECT_EQ(accept_time(used_up, used_up.accepted + minutes{1}, {seconds{1}, 99}, lower).state, ClockState::Ahead);
}
RC_GTEST_PROP(AcceptedTime, NeverGoesBackAndNeverRunsAheadOfWhatCanHavePassed, ()) {
  Watermark mark = kMark;
  milliseconds longest{0}, this_boot{0};
  SteadyReading steady = kMark.steady;
  for (int step = 0; step < 30; ++step) {
    const milliseconds passed{*rc::gen::inRange(0, 100'000'000)};
    const bool reboot = *rc::gen::inRange(0, 5) == 0;
    if (reboot) longest += this_boot + this_boot / 2 + kRules.off_time + 2 * kRules.tolerance;
    this_boot = reboot ? milliseconds{0} : this_boot + passed;
    steady = reboot ? SteadyReading{seconds{1}, steady.boot + 1} : SteadyReading{steady.running + passed, steady.boot};
    const auto system = kNoon + seconds{*rc::gen::inRange(-400'000'000, 400'000'000)};
    const auto time = accept_time(mark, system, steady, kRules);
    RC_ASSERT(time.now >= mark.accepted);
    RC_ASSERT(time.now <= kNoon + longest + this_boot + this_boot / 2 + 2 * kRules.tolerance);
    mark = advanced(mark, time, steady, kRules);
    RC_ASSERT(unproven(mark, kRules) >= milliseconds{0});
    RC_ASSERT(unproven(mark, kRules) <= kRules.off_time + kRules.tolerance);
  }
}

}  // namespace
}  // namespace shosoin::retention
