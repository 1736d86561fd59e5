// How long something is kept ("5y", "6m", "30d") and from when it counts. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "firmware/base/result.h"

namespace shosoin::retention {

// Frozen numbers: they are stored with every adopted rule.
enum class CountingRule : std::uint8_t {
  Excl = 1,              // "...した日から": the first day does not count (民法140条)
  Incl = 2,              // "...した日から起算して": the first day counts
  NextFiscalYear = 3,    // "...の属する年度の翌年度から起算": 1 April after the event
  NextCalendarYear = 4,  // "...の属する年の翌年から起算": 1 January after the event
};
enum class PeriodUnit : std::uint8_t { Years = 1, Months = 2, Days = 3 };

std::string_view to_text(CountingRule rule) noexcept;  // "EXCL", "INCL", "NEXT_FY", "NEXT_CY"
Result<CountingRule> parse_counting_rule(std::string_view text);

// At least 1, at most the bounds in limits.h. Written as on every interface: a number without leading zero, then y, m
// or d.
class Period {
 public:
  static Result<Period> make(unsigned count, PeriodUnit unit);
  static Result<Period> parse(std::string_view text);
  unsigned count() const noexcept { return count_; }
  PeriodUnit unit() const noexcept { return unit_; }
  std::string to_text() const;
  friend bool operator==(const Period&, const Period&) = default;

 private:
  Period(unsigned count, PeriodUnit unit) noexcept : count_(count), unit_(unit) {}
  unsigned count_;
  PeriodUnit unit_;
};

}  // namespace shosoin::retention
