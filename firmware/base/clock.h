// Wall-clock time behind one seam, so that tests can set it. Legal dates are in Asia/Tokyo (UTC+9, no daylight saving).
#pragma once

#include <chrono>
#include <string>

namespace shosoin {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

std::string to_iso8601(Instant instant);                    // "2026-11-22T14:03:05.123+09:00"
std::chrono::year_month_day tokyo_date(Instant instant);    // the legal calendar day
unsigned tokyo_month(Instant instant);                      // 202611
unsigned next_month(unsigned month);                        // 202612 -> 202701

}  // namespace shosoin
