// A calendar date of a register, whose parts may be unknown: year 0000; month 00 or a season A1..A4; day 00 or a third
// of the month A1..A3 (domain notes, section 2). A made EventDate is always a possible date. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "firmware/base/result.h"

namespace shosoin::retention {

enum class MonthKnown : std::uint8_t { Unknown, Spring, Summer, Autumn, Winter, Exact };
enum class DayKnown : std::uint8_t { Unknown, First, Second, Last, Exact };  // 不明, 上旬, 中旬, 下旬

class EventDate {
 public:
  // Four, two and two characters. A day needs its month: 2024-00-15 is refused. 0000-02-29 is possible.
  struct Text {
    std::string_view year, month, day;
  };
  static Result<EventDate> from_text(const Text& text);
  static Result<EventDate> parse(std::string_view text);    // "2024-06-20", "2024-A1-00", "0000-00-00"
  static EventDate exact(std::chrono::year_month_day day);  // ENSUREs ok() and the bounds of limits.h

  bool year_known() const noexcept { return year_ != 0; }
  bool exact() const noexcept {
    return year_known() && month_kind_ == MonthKnown::Exact && day_kind_ == DayKnown::Exact;
  }
  // Latest and earliest day the date can stand for; none when the year is unknown.
  // 日不明 -> last of the month, 上旬 -> 10, 中旬 -> 20, 下旬 -> last; 月不明 and seasons -> 31 December.
  std::optional<std::chrono::year_month_day> latest_possible() const;
  std::optional<std::chrono::year_month_day> earliest_possible() const;
  std::string to_text() const;     // "2024-A1-00"
  std::string to_compact() const;  // "2024A100", the search key form
  friend bool operator==(const EventDate&, const EventDate&) = default;

 private:
  EventDate() = default;
  struct Parts {
    std::string year, month, day;
  };
  Parts parts() const;
  int year_ = 0;
  unsigned month_ = 0, day_ = 0;  // only where the kind is Exact
  MonthKnown month_kind_ = MonthKnown::Unknown;
  DayKnown day_kind_ = DayKnown::Unknown;
};

std::string to_text(std::chrono::year_month_day day);  // "2024-06-20"

}  // namespace shosoin::retention
