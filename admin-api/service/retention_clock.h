// The time retention counts with (DESIGN section 6; storage/retention/accepted_time.h): a watermark in tenant zero that
// only accepted time moves on, looked after by the maintenance with the TPM's clock; what handlers ask is what was
// accepted last. A jump ahead that nobody could have lived through waits for two persons. Any thread.
#pragma once

#include <atomic>
#include <mutex>

#include "firmware/base/limits_retention.h"
#include "storage/erasure/appliance.h"
#include "storage/retention/accepted_time.h"

namespace shosoin::service {

class LegalClock {
 public:
  void allow_off(std::chrono::hours longest) { rules_.off_time = longest; }  // before the first look
  // Reads the TPM's clock, moves accepted time on and stores it; alarms once for each change of state.
  Result<void> look(erasure::Appliance& appliance, const Clock& clock);
  // Two persons' word for the system clock as it stands; their line is `log`.
  Result<void> accept(erasure::Appliance& appliance, const Clock& clock, const generations::LogEntry& log);
  // Accepted last; 1970 before the first look, so that nothing is due.
  Instant now() const noexcept { return Instant(std::chrono::milliseconds(accepted_.load())); }
  retention::AcceptedTime last() const;

 private:
  Result<void> advance(erasure::Appliance& appliance, Instant system, const retention::SteadyReading& steady);
  Result<void> store(erasure::Appliance& appliance, const retention::Watermark& mark, const generations::LogEntry& log);
  retention::ClockRules rules_{limits::kClockTolerance, std::chrono::hours{24 * limits::kClockOffDays}};
  mutable std::mutex mutex_;
  std::optional<retention::Watermark> mark_, stored_;
  retention::AcceptedTime last_{};
  std::atomic<std::int64_t> accepted_{0};
};

Bytes encode_watermark(const retention::Watermark& mark);
Result<retention::Watermark> decode_watermark(ByteView bytes);

}  // namespace shosoin::service
