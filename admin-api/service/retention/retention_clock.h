// The time retention counts with (DESIGN section 6; storage/retention/accepted_time.h): a watermark in tenant zero that
// only accepted time moves on, looked after by the maintenance with the TPM's clock; what handlers ask is what was
// accepted last. A jump ahead that nobody could have lived through waits for two persons. Any thread.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
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
  // At an orderly end: what was counted until now shall not be taken for time without power.
  Result<void> keep(erasure::Appliance& appliance, const Clock& clock);
  // Two persons' word for the system clock as it stands; their line is `line`, with what was accepted.
  Result<void> accept(erasure::Appliance& appliance, const Clock& clock, boost::json::object line);
  // Accepted last; 1970 before the first look, so that nothing is due.
  Instant now() const noexcept { return Instant(std::chrono::milliseconds(accepted_.load())); }
  retention::AcceptedTime last() const;
  // Of off_time, what boots have used up and running time has not made up for.
  std::chrono::milliseconds unproven() const;
  // At this start the stored watermark and its last line in the log said different things (decision 0080).
  struct Disagreement {
    std::optional<Instant> stored;  // none: the watermark was gone
    Instant logged;
  };
  std::optional<Disagreement> disagreement() const;

 private:
  Result<void> begin(erasure::Appliance& appliance, Instant system, const retention::SteadyReading& steady);
  Result<void> advance(erasure::Appliance& appliance, Instant system, const retention::SteadyReading& steady);
  Result<void> store(erasure::Appliance& appliance, const retention::Watermark& mark, boost::json::object line);
  retention::ClockRules rules_{limits::kClockTolerance, std::chrono::hours{24 * limits::kClockOffDays}};
  mutable std::mutex mutex_;
  std::optional<retention::Watermark> mark_, stored_;
  std::optional<Disagreement> disagreement_;
  retention::AcceptedTime last_{};
  std::atomic<std::int64_t> accepted_{0};
};

// After a restore: the watermark that came back is moved on by its lines of the lost range, those of the backup's own
// journal and those of `remains` (may be null), and stored. Comes back with what the declaration says of it.
Result<boost::json::object> restore_watermark(erasure::Appliance& appliance, std::uint64_t present,
                                              const journal::Journal* remains, std::chrono::hours off_time);

Bytes encode_watermark(const retention::Watermark& mark);
Result<retention::Watermark> decode_watermark(ByteView bytes);

}  // namespace shosoin::service
