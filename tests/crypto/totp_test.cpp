#include "crypto/totp.h"

#include <gtest/gtest.h>

namespace shosoin::crypto {
namespace {

using std::chrono::seconds;

const ByteView kSecret = view_of("12345678901234567890");
Instant at(std::int64_t unix_seconds) { return Instant{seconds{unix_seconds}}; }

TEST(Totp, AgreesWithRfc6238) {  // appendix B, SHA-1; the RFC prints eight digits, six are their last six
  const std::pair<std::int64_t, std::string_view> cases[] = {{59, "94287082"},         {1111111109, "07081804"},
                                                             {1111111111, "14050471"}, {1234567890, "89005924"},
                                                             {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& [time, code] : cases) {
    EXPECT_EQ(totp_code(kSecret, static_cast<std::uint64_t>(time / 30)), code.substr(2)) << time;
    EXPECT_EQ(match_totp(kSecret, code.substr(2), at(time), 0), static_cast<std::uint64_t>(time / 30)) << time;
  }
}
TEST(Totp, AgreesWithRfc4226) {  // appendix D
  const std::string_view codes[] = {"755224", "287082", "359152", "969429", "338314",
                                    "254676", "287922", "162583", "399871", "520489"};
  for (std::size_t i = 0; i < std::size(codes); ++i) EXPECT_EQ(totp_code(kSecret, i), codes[i]);
}
TEST(Totp, AcceptsOneStepOfSkewEitherWayAndNoMore) {
  const std::uint64_t step = 50'000'000;
  const auto now = at(static_cast<std::int64_t>(step) * 30 + 29);
  EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, step - 2), now, 0));
  EXPECT_EQ(match_totp(kSecret, totp_code(kSecret, step - 1), now, 0), step - 1);
  EXPECT_EQ(match_totp(kSecret, totp_code(kSecret, step), now, 0), step);
  EXPECT_EQ(match_totp(kSecret, totp_code(kSecret, step + 1), now, 0), step + 1);
  EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, step + 2), now, 0));
}
TEST(Totp, RefusesACodeUsedBeforeAndEveryOlderOne) {
  const std::uint64_t step = 50'000'000;
  const auto now = at(static_cast<std::int64_t>(step) * 30);
  EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, step), now, step));
  EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, step - 1), now, step));
  EXPECT_EQ(match_totp(kSecret, totp_code(kSecret, step + 1), now, step), step + 1);
}
// Of 25 million steps some neighbours share their code; such a code must not work twice.
TEST(Totp, ACodeSharedByTwoNeighbouringStepsStillWorksOnlyOnce) {
  std::uint64_t shared = 0;
  std::string before = totp_code(kSecret, 1);
  for (std::uint64_t step = 2; step < 20'000'000 && shared == 0; ++step) {
    std::string code = totp_code(kSecret, step);
    if (code == before) shared = step;
    before = std::move(code);
  }
  ASSERT_NE(shared, 0u);
  const auto used = match_totp(kSecret, before, at(static_cast<std::int64_t>(shared - 1) * 30), 0);
  ASSERT_EQ(used, shared);
  EXPECT_FALSE(match_totp(kSecret, before, at(static_cast<std::int64_t>(shared) * 30), *used));
}
TEST(Totp, RefusesEverythingThatIsNotSixDigits) {
  const auto now = at(59);
  EXPECT_TRUE(match_totp(kSecret, "287082", now, 0));
  for (std::string_view code : {"", "28708", "2870820", "94287082", " 287082", "28708x", "-87082", "２８７０８２"}) {
    EXPECT_FALSE(match_totp(kSecret, code, now, 0)) << code;
  }
}
TEST(Totp, RefusesTimesBeforeTheFirstStep) {
  EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, 0), at(0), 0));
  EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, 0), at(-100'000), 0));
}
TEST(Base32, AgreesWithRfc4648WithoutPadding) {  // section 10
  const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                 {"f", "MY"},
                                                                 {"fo", "MZXQ"},
                                                                 {"foo", "MZXW6"},
                                                                 {"foob", "MZXW6YQ"},
                                                                 {"fooba", "MZXW6YTB"},
                                                                 {"foobar", "MZXW6YTBOI"}};
  for (const auto& [plain, text] : cases) {
    EXPECT_EQ(base32(view_of(plain)), text);
    const auto back = from_base32(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(text_of(*back), plain);
  }
}
TEST(Base32, RefusesOtherCharactersLengthsAndLeftOverBits) {
  for (std::string_view text : {"my", "MY======", "M", "MZX", "MZXW6Y", "MZ", "M1", "M8", "M Y", "MY\n"}) {
    EXPECT_FALSE(from_base32(text)) << text;
  }
}

}  // namespace
}  // namespace shosoin::crypto
