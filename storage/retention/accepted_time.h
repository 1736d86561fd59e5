// Which time retention may count with (DESIGN section 6; domain notes, section 3). The system clock can be set by
// whoever runs the machine: ten years ahead would let records expire early, back would keep them for ever. So time is
// accepted, not read: a watermark that never decreases, moved on by the system clock only as far as a clock nobody sets
// (the TPM's, within one boot) or an allowed time without power can explain. Further ahead waits for two persons. What
// was allowed without a clock to prove it is remembered over boots, and running time makes up for it slowly: rebooting
// often comes to no more than rebooting once (decision 0083). Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "firmware/base/clock.h"

namespace shosoin::retention {

struct SteadyReading {  // counts on while there is power; starts somewhere else after a reboot
  std::chrono::milliseconds running{};
  std::uint64_t boot = 0;  // differs between boots
  friend bool operator==(const SteadyReading&, const SteadyReading&) = default;
};
struct Watermark {       // what is stored
  Instant accepted;      // the last accepted time
  Instant base;          // accepted time at `steady`, the first reading of this boot. What can have passed is measured
  SteadyReading steady;  // from there, so that many small steps ahead come to no more than one
  std::chrono::milliseconds unproven{};  // at `base`: accepted, counted by no clock, and not made up for; never negative
  std::chrono::milliseconds ran{};       // of this boot, by the steady clock, until `accepted`
};
struct ClockRules {
  std::chrono::milliseconds tolerance{};  // what a time service may correct at once
  std::chrono::milliseconds off_time{};   // longest time without power that passes without a question, within kMadeUp
};
inline constexpr std::chrono::milliseconds kMadeUp = std::chrono::days{365};  // of running time makes up for off_time

enum class ClockState : std::uint8_t {
  Agreed,
  Behind,  // the system clock is before accepted time: alarm; accepted time goes on by the steady clock
  Ahead,   // it claims more time than can have passed: alarm; waits for two persons
};
struct AcceptedTime {
  Instant now;  // never before the watermark, never later than can have passed
  ClockState state = ClockState::Agreed;
  std::chrono::milliseconds apart{};  // system clock minus accepted time, when they disagree
};

// TPM 2.0 part 1 allows a TPM's clock to run up to 32.5 % fast or slow; within one boot that explains no more than
// off_time.
AcceptedTime accept_time(const Watermark& mark, Instant system, const SteadyReading& steady, const ClockRules& rules);

// What to store next. Only accepted time moves it; two persons' word moves it to the system clock (their decision,
// logged by the caller), also back: then what was accepted too early is corrected, and a period that ended meanwhile
// has not ended again.
Watermark advanced(const Watermark& mark, const AcceptedTime& time, const SteadyReading& steady,
                   const ClockRules& rules);
// How much of what was accepted until then no clock has counted, less what running time has made up for.
std::chrono::milliseconds unproven(const Watermark& mark, const ClockRules& rules);
Watermark accepted_by_two(Instant system, const SteadyReading& steady);

}  // namespace shosoin::retention
