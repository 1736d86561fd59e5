#include "storage/files/dates.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

DateFault why_not(std::string_view text) {
  DateFault why{};
  EXPECT_FALSE(read_date(text, &why)) << text;
  return why;
}
std::string iso(std::string_view text) { return read_date(text).value().date.to_text(); }

TEST(Dates, ErasAgreeWithTheDomainVectors) {
  int visited = 0;
  for (const auto& entry : domain_vectors().at("era").as_array()) {
    const auto& row = entry.as_object();
    const auto text = word(row.at("jp"));
    ++visited;
    if (row.contains("iso")) {
      EXPECT_EQ(iso(text), word(row.at("iso")));
    } else if (row.contains("reject")) {
      EXPECT_EQ(why_not(text), DateFault::AfterEra);
    } else {
      EXPECT_TRUE(row.contains("warn"));
      EXPECT_EQ(read_date(text).value().warning, DateWarning::AfterEraChange);
    }
  }
  EXPECT_EQ(visited, 7);
}
TEST(Dates, EraBoundariesHoldToTheDay) {
  EXPECT_EQ(iso("昭和64-01-07"), "1989-01-07");
  EXPECT_EQ(why_not("昭和64-01-08"), DateFault::AfterEra);
  EXPECT_EQ(why_not("平成1-01-07"), DateFault::BeforeEra);
  EXPECT_EQ(why_not("令和1-04-30"), DateFault::BeforeEra);
  EXPECT_EQ(read_date("平成31-04-30").value().warning, DateWarning::None);
  EXPECT_EQ(iso("平成31-05-01"), "2019-05-01");
  EXPECT_EQ(read_date("明治45-07-30").value().warning, DateWarning::LastDayOfOldEra);
  EXPECT_EQ(why_not("明治45-07-31"), DateFault::AfterEra);
  EXPECT_EQ(read_date("大正15-12-25").value().warning, DateWarning::LastDayOfOldEra);
  EXPECT_EQ(why_not("大正15-12-26"), DateFault::AfterEra);
  EXPECT_EQ(why_not("明治5-12-02"), DateFault::BeforeGregorian);
}
TEST(Dates, ReadsTheWrittenFormsOfAnEra) {
  EXPECT_EQ(iso("令和元年5月1日"), "2019-05-01");
  EXPECT_EQ(iso("令和元-05-01"), "2019-05-01");
  EXPECT_EQ(iso("平成30年12月31日"), "2018-12-31");
  EXPECT_EQ(iso("昭和20-00-00"), "1945-00-00");
  EXPECT_EQ(iso("昭和20-A1-00"), "1945-A1-00");
  EXPECT_EQ(iso("昭和64-00-00"), "1989-00-00");
}
TEST(Dates, KeepsUnknownPartsAndRefusesImpossibleDays) {
  EXPECT_EQ(iso("19450820"), "1945-08-20");
  EXPECT_EQ(iso("1945A200"), "1945-A2-00");
  EXPECT_EQ(iso("0000-00-00"), "0000-00-00");
  EXPECT_EQ(why_not("2023-02-30"), DateFault::NoSuchDay);
  EXPECT_EQ(why_not("2023-02-29"), DateFault::NoSuchDay);
  EXPECT_EQ(why_not("2023-00-15"), DateFault::NoSuchDay);
  EXPECT_EQ(why_not("昭和20-02-30"), DateFault::NoSuchDay);
  EXPECT_EQ(why_not(""), DateFault::Empty);
  for (auto text :
       {"2023/02/03", "2023-2-3", "2023-A5-00", "2023-01-A4", "昭和", "昭和20", "昭和0-01-01", "昭和100-01-01",
        "昭和20-1-", "昭和20年1月", "昭和20年1月2", "令和１年５月１日", "S20-01-01", "２０２３-01-01"}) {
    EXPECT_EQ(why_not(text), DateFault::BadForm) << text;
  }
}
TEST(Dates, ATimeStampIsDigitsOrIso8601) {
  for (auto text : {"20251001120000", "20251001120000123", "2025-10-01T12:00:00", "2025-10-01T12:00:00.123+09:00",
                    "2025-10-01 12:00:00Z"}) {
    EXPECT_TRUE(check_timestamp(text)) << text;
  }
  for (auto text :
       {"", "20251001", "20251001250000", "20250230120000", "20250000120000", "2025-10-01T12:00", "2025-10-01T12:60:00",
        "2025-10-01T12:00:00.", "2025-10-01T12:00:00+9", "202510011200001234", "2025-10-01T12:00:00.1234567890"}) {
    EXPECT_FALSE(check_timestamp(text)) << text;
  }
}
RC_GTEST_PROP(DateProperty, WhateverIsReadIsReadAgainFromItsOwnText, (const std::string& text)) {
  const auto read = read_date(text);
  if (read) RC_ASSERT(read_date(read.value().date.to_text()).value().date == read.value().date);
}
RC_GTEST_PROP(DateProperty, IsoAndCompactFormsAreTheSameDay, ()) {
  const auto y = *rc::gen::inRange(0, 10'000), m = *rc::gen::inRange(0, 14), d = *rc::gen::inRange(0, 33);
  char dashed[24], compact[24];
  std::snprintf(dashed, sizeof dashed, "%04d-%02d-%02d", y, m, d);
  std::snprintf(compact, sizeof compact, "%04d%02d%02d", y, m, d);
  const auto one = read_date(dashed), other = read_date(compact);
  RC_ASSERT(one.has_value() == other.has_value());
  if (one) RC_ASSERT(one.value().date == other.value().date);
  if (one) RC_ASSERT(one.value().date.to_compact() == compact);
}

}  // namespace
}  // namespace shosoin::files
