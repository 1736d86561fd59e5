#include "storage/retention/accepted_time.h"

#include <algorithm>

namespace shosoin::retention {
namespace {

using std::chrono::milliseconds;

// Shortest and longest true time behind a reading of a clock that may be a third fast or slow. What is granted beyond
// the reading itself is never more than a time without power: else a server that runs for years would follow a clock
// set years ahead.
milliseconds at_least(milliseconds read) { return read - read / 3; }
milliseconds at_most(milliseconds read, milliseconds most) { return read + std::min(read / 2, most); }

std::optional<milliseconds> ran(const SteadyReading& before, const SteadyReading& now) {
  if (before.boot != now.boot || now.running < before.running) return std::nullopt;
  return now.running - before.running;
}

milliseconds allowed(const ClockRules& rules) { return rules.off_time + rules.tolerance; }
milliseconds made_up_by(milliseconds ran, const ClockRules& rules) {
  using std::chrono::seconds;
  constexpr milliseconds kMost = std::chrono::days{36'500};  // a century's is enough, and does not overflow below
  const auto in_seconds = [](milliseconds time) { return std::chrono::duration_cast<seconds>(time).count(); };
  return seconds{in_seconds(std::min(ran, kMost)) * in_seconds(allowed(rules)) / in_seconds(kMadeUp)};
}

}  // namespace

milliseconds unproven(const Watermark& mark, const ClockRules& rules) {
  const auto beyond = (mark.accepted - mark.base) - mark.ran - made_up_by(mark.ran, rules);
  return std::max(milliseconds{0}, mark.unproven + std::chrono::duration_cast<milliseconds>(beyond));
}

AcceptedTime accept_time(const Watermark& mark, Instant system, const SteadyReading& steady, const ClockRules& rules) {
  const auto passed = ran(mark.steady, steady);
  // Without power nobody counted: nothing need have passed, and as much as is allowed may have.
  const auto left = [&](milliseconds used) { return std::max(milliseconds{0}, allowed(rules) - used); };
  const auto latest = passed ? std::min(mark.base + at_most(*passed, rules.off_time) + rules.tolerance,
                                        mark.base + *passed + made_up_by(*passed, rules) + left(mark.unproven))
                             : mark.accepted + left(unproven(mark, rules));
  const auto earliest = passed ? std::max(mark.accepted, mark.base + at_least(*passed)) : mark.accepted;
  if (system > latest) return {earliest, ClockState::Ahead, system - earliest};
  if (system + rules.tolerance < earliest) return {earliest, ClockState::Behind, system - earliest};
  return {std::max(system, mark.accepted), ClockState::Agreed, milliseconds{0}};
}

Watermark advanced(const Watermark& mark, const AcceptedTime& time, const SteadyReading& steady,
                   const ClockRules& rules) {
  if (const auto passed = ran(mark.steady, steady))
    return {time.now, mark.base, mark.steady, mark.unproven, *passed};
  const auto granted = std::chrono::duration_cast<milliseconds>(time.now - mark.accepted);
  return {time.now, time.now, steady, unproven(mark, rules) + granted, milliseconds{0}};
}
Watermark accepted_by_two(Instant system, const SteadyReading& steady) { return {system, system, steady, {}, {}}; }

}  // namespace shosoin::retention
