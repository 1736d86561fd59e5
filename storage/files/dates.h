// Dates as they stand in record files: ISO, eight digits, or Japanese eras, each with the codes for unknown parts. The
// stored value stays as received; this reads it. Pure; any thread.
//   2024-06-20  20240620  2024-A1-00  0000-00-00        昭和64-01-07  令和元-05-01  令和1年5月1日  昭和20-00-00
#pragma once

#include <cstdint>
#include <string_view>

#include "firmware/base/result.h"
#include "storage/files/bilingual.h"
#include "storage/retention/event_date.h"

namespace shosoin::files {

enum class DateFault : std::uint8_t {
  Empty,
  BadForm,          // none of the accepted forms
  NoSuchDay,        // 2023-02-30, or a day without its month
  BeforeEra,        // 令和1-04-30
  AfterEra,         // 昭和64-01-08
  BeforeGregorian,  // 明治1..5: the lunar calendar, cannot be read as a Gregorian day
};
enum class DateWarning : std::uint8_t {
  None,
  LastDayOfOldEra,  // 明治45-07-30 and 大正15-12-25 belong to the next era but occur in registers
  AfterEraChange,   // 平成31-05-01 and later: paper forms were used on
};
struct ReadDate {
  retention::EventDate date;
  DateWarning warning = DateWarning::None;
};

Result<ReadDate> read_date(std::string_view text, DateFault* why = nullptr);
// 年月: 2024-06, 202406, 令和6-06, 令和6年6月, each with the codes for unknown parts; read as a date whose day is
// unknown.
Result<ReadDate> read_month(std::string_view text, DateFault* why = nullptr);
// タイムスタンプ: YYYYMMDDhhmmss with up to three digits of a fraction, or YYYY-MM-DDThh:mm:ss with an optional offset.
Result<void> check_timestamp(std::string_view text);

std::string_view fault_slug(DateFault fault) noexcept;
std::string_view warning_slug(DateWarning warning) noexcept;  // "" for None
Bilingual fault_text(DateFault fault) noexcept;
Bilingual warning_text(DateWarning warning) noexcept;

}  // namespace shosoin::files
