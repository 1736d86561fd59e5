#include "firmware/base/clock.h"

#include <fmt/format.h>

namespace shosoin {
namespace {
constexpr std::chrono::hours kTokyo{9};  // 標準時: UTC+9 since 1951 without daylight saving
}

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::chrono::year_month_day tokyo_date(Instant instant) {
  return std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(instant + kTokyo)};
}

std::string to_iso8601(Instant instant) {
  const auto local = instant + kTokyo;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{local - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+09:00", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

unsigned tokyo_month(Instant instant) {
  const auto date = tokyo_date(instant);
  return static_cast<unsigned>(static_cast<int>(date.year())) * 100 + static_cast<unsigned>(date.month());
}
unsigned next_month(unsigned month) { return month % 100 == 12 ? month + 89 : month + 1; }

}  // namespace shosoin
