#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "firmware/base/bytes.h"
#include "firmware/base/clock.h"
#include "firmware/base/codec.h"
#include "firmware/base/disk.h"
#include "firmware/base/power.h"
#include "firmware/base/result.h"

namespace shosoin {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error{ErrorCode::InvalidContent, "halve a number", value};
  return value / 2;
}
Result<int> quarter(int value) {
  TRY(auto once, half(value));
  TRY(auto twice, half(once));
  return twice;
}

TEST(Result, HandsTheFirstErrorUpUnchanged) {
  EXPECT_EQ(quarter(12).value(), 3);
  auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::InvalidContent);
  EXPECT_EQ(failed.error().outside(), 3);
}
TEST(ResultDeathTest, ReadingAFailedResultEndsTheProcess) {
  EXPECT_DEATH({ [[maybe_unused]] int value = quarter(6).value(); }, "");
}
TEST(ErrorTable, HasOneRowPerCodeWithBothLanguagesAndAUniqueSlug) {
  std::set<std::string_view> slugs;
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const auto& row = error_row(static_cast<ErrorCode>(i));
    EXPECT_TRUE(slugs.insert(row.slug).second) << row.slug;
    EXPECT_FALSE(row.ja.empty());
    EXPECT_FALSE(row.en.empty());
    EXPECT_GE(row.http_status, 400);
    EXPECT_GT(row.exit_code, 0);
  }
}
TEST(Bytes, Base64AcceptsOnlyTheOneCanonicalText) {  // RFC 4648 section 10
  EXPECT_EQ(to_base64(view_of("foob")), "Zm9vYg==");
  EXPECT_EQ(text_of(*from_base64("Zm9vYmE=")), "fooba");
  EXPECT_FALSE(from_base64("Zm9vYmF"));
  EXPECT_FALSE(from_base64("Zm9vYh=="));  // trailing bits set
  EXPECT_FALSE(from_base64("Zm9v Yg=="));
  EXPECT_EQ(to_base64url(view_of("\xff\xfe")), "__4");
  EXPECT_TRUE(from_base64url("__4"));
  EXPECT_FALSE(from_base64url("__4="));
}
TEST(Codec, ReadsBackWhatItWroteAndRefusesOneByteMoreOrLess) {
  auto bytes = Writer{}.u8(1).u16(2).u64(3).text16("あ").blob32(view_of("xyz")).take();
  const auto read = [](ByteView in) -> Result<void> {
    Reader reader(in);
    reader.u8();
    reader.u16();
    reader.u64();
    reader.text16(10);
    reader.blob32(10);
    return reader.finish("read a test message");
  };
  EXPECT_TRUE(read(bytes));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(read(ByteView(bytes).first(cut))) << cut;
  bytes.push_back(0);
  EXPECT_FALSE(read(bytes));
}
TEST(Clock, TheDayTurnsInTokyo) {
  using namespace std::chrono;
  const Instant before = sys_days{2025y / March / 31} + hours{14} + minutes{59} + seconds{59};
  EXPECT_EQ(tokyo_date(before), 2025y / March / 31);
  EXPECT_EQ(tokyo_date(before + seconds{1}), 2025y / April / 1);
  EXPECT_EQ(to_iso8601(before), "2025-03-31T23:59:59.000+09:00");
  EXPECT_EQ(next_month(202612), 202701u);
}
TEST(Power, AfterACutEverythingFailsUntilPowerReturns) {
  static int calls;
  calls = 0;
  power::set_plug([](std::string_view step) noexcept { return step == "b" ? power::Cut::After : power::Cut::None; });
  const auto act = []() -> Result<void> { return ++calls, success(); };
  EXPECT_TRUE(power::guarded("a", act));
  EXPECT_FALSE(power::guarded("b", act));  // failed, but happened
  EXPECT_FALSE(power::guarded("c", act));
  EXPECT_EQ(calls, 2);
  power::set_plug(nullptr);
  power::power_on();
  EXPECT_TRUE(power::guarded("c", act));
}

TEST(NoWayBack, LeftByAnErrorEndsTheProcessAndComingToItsEndDoesNot) {
  const auto cut = [](std::string_view) noexcept { return power::Cut::None; };
  power::set_plug(cut);  // where a test has the plug in, the end of the process is told by is_out()
  {
    power::NoWayBack whole("do a thing whole");
    whole.done();
  }
  EXPECT_FALSE(power::is_out());
  const auto half = []() -> Result<void> {
    const power::NoWayBack whole("do a thing whole");
    return Error{ErrorCode::OutOfMemory, "do its second half"};
  };
  EXPECT_FALSE(half());
  EXPECT_TRUE(power::is_out());
  power::set_plug(nullptr);
  power::power_on();
}
TEST(NoWayBackDeathTest, LeftByALibrarysExceptionItEndsTheProcess) {
  const auto half = [] {
    const power::NoWayBack whole("do a thing whole");
    std::vector<int>().at(1);
  };
  EXPECT_EXIT(half(), testing::ExitedWithCode(74), "do a thing whole");
}
TEST(DiskErrors, WantOfMemoryIsToldApartFromADiskThatFails) {
  EXPECT_EQ(disk::code_of(ENOMEM), ErrorCode::OutOfMemory);
  EXPECT_EQ(disk::code_of(ENOSPC), ErrorCode::StorageFull);
  EXPECT_EQ(disk::code_of(EIO), ErrorCode::StorageFailed);
}

}  // namespace
}  // namespace shosoin
