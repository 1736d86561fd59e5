#include "storage/retention/event_date.h"

#include <fmt/format.h>

#include "firmware/base/limits.h"

namespace shosoin::retention {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr Literal kDoing = "read a date (YYYY-MM-DD, unknown parts 0000, 00, A1..A4)";

std::optional<unsigned> digits(std::string_view text) noexcept {
  unsigned value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}
// "A1" -> 1 when it is at most `most`.
std::optional<unsigned> code(std::string_view text, unsigned most) noexcept {
  if (text.size() != 2 || text[0] != 'A' || text[1] < '1') return std::nullopt;
  const auto value = static_cast<unsigned>(text[1] - '0');
  return value <= most ? std::optional(value) : std::nullopt;
}
unsigned last_day(int y, unsigned m) noexcept {
  return static_cast<unsigned>((year{y} / month{m} / std::chrono::last).day());
}

}  // namespace

Result<EventDate> EventDate::from_text(const Text& text) {
  constexpr int kSomeLeapYear = 2000;
  if (text.year.size() != 4 || text.month.size() != 2 || text.day.size() != 2)
    return Error{ErrorCode::InvalidContent, kDoing};
  EventDate date;
  const auto y = digits(text.year);
  if (!y) return Error{ErrorCode::InvalidContent, kDoing};
  date.year_ = static_cast<int>(*y);
  if (auto season = code(text.month, 4)) {
    date.month_kind_ = static_cast<MonthKnown>(*season);
  } else if (auto m = digits(text.month); m && *m <= 12) {
    date.month_kind_ = *m == 0 ? MonthKnown::Unknown : MonthKnown::Exact;
    date.month_ = *m;
  } else {
    return Error{ErrorCode::InvalidContent, kDoing};
  }
  if (auto third = code(text.day, 3)) {
    date.day_kind_ = static_cast<DayKnown>(*third);
  } else if (auto d = digits(text.day)) {
    date.day_kind_ = *d == 0 ? DayKnown::Unknown : DayKnown::Exact;
    date.day_ = *d;
  } else {
    return Error{ErrorCode::InvalidContent, kDoing};
  }
  const bool month_exact = date.month_kind_ == MonthKnown::Exact;
  if (!month_exact && date.day_kind_ != DayKnown::Unknown) return Error{ErrorCode::InvalidContent, kDoing};
  if (month_exact && date.day_ > last_day(date.year_known() ? date.year_ : kSomeLeapYear, date.month_)) {
    return Error{ErrorCode::InvalidContent, kDoing};
  }
  return date;
}

Result<EventDate> EventDate::parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return Error{ErrorCode::InvalidContent, kDoing};
  return from_text({.year = text.substr(0, 4), .month = text.substr(5, 2), .day = text.substr(8, 2)});
}

EventDate EventDate::exact(year_month_day value) {
  ENSURE(value.ok() && int(value.year()) >= limits::kFirstYear && int(value.year()) <= limits::kLastYear);
  EventDate date;
  date.year_ = int(value.year());
  date.month_ = unsigned(value.month());
  date.day_ = unsigned(value.day());
  date.month_kind_ = MonthKnown::Exact;
  date.day_kind_ = DayKnown::Exact;
  return date;
}

std::optional<year_month_day> EventDate::latest_possible() const {
  if (!year_known()) return std::nullopt;
  if (month_kind_ != MonthKnown::Exact) return year{year_} / std::chrono::December / 31;
  const auto on = [&](unsigned d) { return year{year_} / month{month_} / day{d}; };
  switch (day_kind_) {
    case DayKnown::Exact:
      return on(day_);
    case DayKnown::First:
      return on(10);
    case DayKnown::Second:
      return on(20);
    case DayKnown::Last:
    case DayKnown::Unknown:
      return on(last_day(year_, month_));
  }
  return std::nullopt;
}

std::optional<year_month_day> EventDate::earliest_possible() const {
  if (!year_known()) return std::nullopt;
  if (month_kind_ != MonthKnown::Exact) return year{year_} / std::chrono::January / 1;
  const auto on = [&](unsigned d) { return year{year_} / month{month_} / day{d}; };
  switch (day_kind_) {
    case DayKnown::Exact:
      return on(day_);
    case DayKnown::Unknown:
    case DayKnown::First:
      return on(1);
    case DayKnown::Second:
      return on(11);
    case DayKnown::Last:
      return on(21);
  }
  return std::nullopt;
}

EventDate::Parts EventDate::parts() const {
  const bool season = month_kind_ != MonthKnown::Exact && month_kind_ != MonthKnown::Unknown;
  const bool third = day_kind_ != DayKnown::Exact && day_kind_ != DayKnown::Unknown;
  return {.year = fmt::format("{:04}", year_),
          .month = season ? fmt::format("A{}", static_cast<unsigned>(month_kind_)) : fmt::format("{:02}", month_),
          .day = third ? fmt::format("A{}", static_cast<unsigned>(day_kind_)) : fmt::format("{:02}", day_)};
}
std::string EventDate::to_text() const {
  const auto p = parts();
  return p.year + '-' + p.month + '-' + p.day;
}
std::string EventDate::to_compact() const {
  const auto p = parts();
  return p.year + p.month + p.day;
}

std::string to_text(year_month_day value) {
  return fmt::format("{:04}-{:02}-{:02}", int(value.year()), unsigned(value.month()), unsigned(value.day()));
}

}  // namespace shosoin::retention
