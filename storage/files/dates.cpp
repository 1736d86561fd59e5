#include "storage/files/dates.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace shosoin::files {
namespace {

using retention::EventDate;
using std::chrono::year_month_day;
using namespace std::chrono_literals;

// Boundaries agree with ICU's Japanese calendar. The last days of 明治 and 大正 are also the first of the next era.
struct Era {
  std::string_view name;
  year_month_day first, last;   // last: the last day accepted without a warning
  year_month_day warned_until;  // the last day accepted with one
  DateWarning warning;
};
constexpr year_month_day kOpenEnd = 9999y / 12 / 31;
constexpr std::array<Era, 5> kEras{{
    {"明治", 1868y / 1 / 25, 1912y / 7 / 29, 1912y / 7 / 30, DateWarning::LastDayOfOldEra},
    {"大正", 1912y / 7 / 30, 1926y / 12 / 24, 1926y / 12 / 25, DateWarning::LastDayOfOldEra},
    {"昭和", 1926y / 12 / 25, 1989y / 1 / 7, 1989y / 1 / 7, DateWarning::None},
    {"平成", 1989y / 1 / 8, 2019y / 4 / 30, kOpenEnd, DateWarning::AfterEraChange},
    {"令和", 2019y / 5 / 1, kOpenEnd, kOpenEnd, DateWarning::None},
}};
constexpr int kFirstGregorianYear = 1873;  // 明治6

Error refuse(DateFault fault, DateFault* why) {
  if (why != nullptr) *why = fault;
  return Error{ErrorCode::InvalidContent, "read a date"};
}

// Takes everything up to `mark` off the front of `text`; none when the mark is missing.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto head = text.substr(0, at);
  text.remove_prefix(at + mark.size());
  return head;
}
bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}
// "5" and "05" -> "05"; codes pass as they are.
std::optional<std::string> two(std::string_view text) {
  if (text.size() == 2) return std::string(text);
  if (text.size() == 1 && all_digits(text)) return std::string{'0', text[0]};
  return std::nullopt;
}

Result<ReadDate> within_era(const Era& era, const EventDate& date, DateFault* why) {
  const auto earliest = *date.earliest_possible(), latest = *date.latest_possible();
  if (latest < era.first) return refuse(DateFault::BeforeEra, why);
  if (earliest <= era.last) return ReadDate{date, DateWarning::None};
  if (earliest <= era.warned_until) return ReadDate{date, era.warning};
  return refuse(DateFault::AfterEra, why);
}

Result<ReadDate> read_era_date(const Era& era, std::string_view rest, DateFault* why) {
  const bool words = rest.find("年") != std::string_view::npos;
  const auto year_text = take_until(rest, words ? "年" : "-");
  const auto month_text = take_until(rest, words ? "月" : "-");
  if (!year_text || !month_text) return refuse(DateFault::BadForm, why);
  if (words) {
    if (!rest.ends_with("日")) return refuse(DateFault::BadForm, why);
    rest.remove_suffix(std::string_view("日").size());
  }
  unsigned era_year = 0;
  if (*year_text == "元") {
    era_year = 1;
  } else if (all_digits(*year_text) && year_text->size() <= 2) {
    for (char c : *year_text) era_year = era_year * 10 + static_cast<unsigned>(c - '0');
  }
  const auto month = two(*month_text), day = two(rest);
  if (era_year == 0 || !month || !day) return refuse(DateFault::BadForm, why);
  const int year = int(era.first.year()) + static_cast<int>(era_year) - 1;
  if (year < kFirstGregorianYear) return refuse(DateFault::BeforeGregorian, why);
  auto date = EventDate::from_text({.year = fmt::format("{:04}", year), .month = *month, .day = *day});
  if (!date) return refuse(DateFault::NoSuchDay, why);
  return within_era(era, date.value(), why);
}

bool plausible_part(std::string_view text, char most_code) {
  return text.size() == 2 && (all_digits(text) || (text[0] == 'A' && text[1] >= '1' && text[1] <= most_code));
}

bool in_range(std::string_view text, int most) {
  return text.size() == 2 && all_digits(text) && (text[0] - '0') * 10 + (text[1] - '0') <= most;
}
bool is_offset(std::string_view text) {
  if (text.empty() || text == "Z") return true;
  return text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' && in_range(text.substr(1, 2), 14) &&
         in_range(text.substr(4, 2), 59);
}
bool is_clock(std::string_view hour, std::string_view minute, std::string_view second) {
  return in_range(hour, 23) && in_range(minute, 59) && in_range(second, 60);
}

}  // namespace

Result<ReadDate> read_date(std::string_view text, DateFault* why) {
  if (text.empty()) return refuse(DateFault::Empty, why);
  for (const auto& era : kEras) {
    if (text.starts_with(era.name)) return read_era_date(era, text.substr(era.name.size()), why);
  }
  EventDate::Text parts;
  if (text.size() == 8) {
    parts = {.year = text.substr(0, 4), .month = text.substr(4, 2), .day = text.substr(6, 2)};
  } else if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    parts = {.year = text.substr(0, 4), .month = text.substr(5, 2), .day = text.substr(8, 2)};
  } else {
    return refuse(DateFault::BadForm, why);
  }
  if (!all_digits(parts.year) || !plausible_part(parts.month, '4') || !plausible_part(parts.day, '3')) {
    return refuse(DateFault::BadForm, why);
  }
  auto date = EventDate::from_text(parts);
  if (!date) return refuse(DateFault::NoSuchDay, why);
  return ReadDate{date.value(), DateWarning::None};
}

Result<ReadDate> read_month(std::string_view text, DateFault* why) {
  if (text.empty()) return refuse(DateFault::Empty, why);
  const bool words = text.ends_with("月");
  const bool digits = all_digits(text) && text.size() == 6;
  const bool hyphened = !words && (text.size() == 7 || !all_digits(text.substr(0, 1))) && text.find('-') != text.npos;
  if (words) return read_date(std::string(text) + "00日", why);
  if (digits) return read_date(std::string(text) + "00", why);
  if (hyphened) return read_date(std::string(text) + "-00", why);
  const bool coded = text.size() == 6 && all_digits(text.substr(0, 4)) && text[4] == 'A';
  if (coded) return read_date(std::string(text) + "00", why);
  return refuse(DateFault::BadForm, why);
}

Result<void> check_timestamp(std::string_view text) {
  const Error refused{ErrorCode::InvalidContent, "read a time stamp"};
  if (all_digits(text) && text.size() >= 14 && text.size() <= 17) {
    auto date = read_date(text.substr(0, 8));
    if (!date || !date.value().date.exact()) return refused;
    if (!is_clock(text.substr(8, 2), text.substr(10, 2), text.substr(12, 2))) return refused;
    return success();
  }
  if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') return refused;
  auto date = read_date(text.substr(0, 10));
  if (!date || !date.value().date.exact()) return refused;
  if (!is_clock(text.substr(11, 2), text.substr(14, 2), text.substr(17, 2))) return refused;
  auto rest = text.substr(19);
  if (rest.starts_with('.')) {
    constexpr std::size_t kMostFraction = 9;
    const auto end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end < 2 || end > kMostFraction + 1) return refused;
    rest.remove_prefix(end);
  }
  if (!is_offset(rest)) return refused;
  return success();
}

std::string_view fault_slug(DateFault fault) noexcept {
  switch (fault) {
    case DateFault::Empty:
      return "empty";
    case DateFault::BadForm:
      return "bad-form";
    case DateFault::NoSuchDay:
      return "no-such-day";
    case DateFault::BeforeEra:
      return "before-era";
    case DateFault::AfterEra:
      return "after-era";
    case DateFault::BeforeGregorian:
      return "before-gregorian";
  }
  return "";
}
std::string_view warning_slug(DateWarning warning) noexcept {
  switch (warning) {
    case DateWarning::None:
      return "";
    case DateWarning::LastDayOfOldEra:
      return "last-day-of-old-era";
    case DateWarning::AfterEraChange:
      return "after-era-change";
  }
  return "";
}
Bilingual fault_text(DateFault fault) noexcept {
  switch (fault) {
    case DateFault::Empty:
      return {"値がありません。", "There is no value."};
    case DateFault::BadForm:
      return {"日付の書式ではありません。2024-06-20、20240620、令和6-06-20 のように書いてください。",
              "Not a date. Write it like 2024-06-20, 20240620 or 令和6-06-20."};
    case DateFault::NoSuchDay:
      return {"暦にない日付です。", "No such day in the calendar."};
    case DateFault::BeforeEra:
      return {"その元号が始まる前の日付です。", "The day lies before the era began."};
    case DateFault::AfterEra:
      return {"その元号が終わった後の日付です。", "The day lies after the era ended."};
    case DateFault::BeforeGregorian:
      return {"明治5年以前は旧暦なので、西暦の日付にできません。",
              "Before 明治6 the lunar calendar was in use; the day cannot be converted."};
  }
  return {};
}
Bilingual warning_text(DateWarning warning) noexcept {
  switch (warning) {
    case DateWarning::None:
      return {};
    case DateWarning::LastDayOfOldEra:
      return {"改元の日です。次の元号の1年にもあたります。",
              "The day of the era change; it also is a day of the next era."};
    case DateWarning::AfterEraChange:
      return {"改元後の日付です。令和に読み替えて扱います。",
              "The day lies after the era change and is read as its 令和 day."};
  }
  return {};
}

}  // namespace shosoin::files
