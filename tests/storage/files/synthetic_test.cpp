#include "storage/files/synthetic.h"

#include "firmware/base/limits.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

std::string people(const SyntheticOptions& options) {
  std::string out;
  EXPECT_TRUE(write_synthetic_people(honnin(), options, [&](std::string_view text) -> Result<void> {
    out += text;
    return success();
  }));
  return out;
}

TEST(Synthetic, EveryoneIsImportedWithoutAProblemInEveryMunicipality) {
  for (auto code : {"110001", "111007", "042021", "431001", "132101"}) {
    const auto run = run_import(people({.tenant = tenant(code), .count = 2000, .seed = 7, .addressee_column = true}),
                                {}, 65'536, tenant(code));
    EXPECT_EQ(run.report.verdict, Verdict::Accepted) << code;
    EXPECT_EQ(run.report.accepted, 2000u);
    EXPECT_TRUE(run.report.had_bom && run.report.had_crlf);
    EXPECT_GT(run.report.counts[static_cast<std::size_t>(RuleId::DateUnknown)], 10u);
    EXPECT_GT(run.report.counts[static_cast<std::size_t>(RuleId::DateYearUnknown)], 0u);
    EXPECT_EQ(run.report.counts[static_cast<std::size_t>(RuleId::ResidentRecordCheckDigit)], 0u);
    ASSERT_EQ(run.records.size(), 2000u);
    EXPECT_EQ(run.records[4].addressee_number, "000000000000005");
  }
}
TEST(Synthetic, TheSameSeedGivesTheSameBytesAndAnotherSeedOtherPeople) {
  const SyntheticOptions options{.tenant = tenant(), .count = 50, .seed = 1};
  EXPECT_EQ(people(options), people(options));
  auto other = options;
  other.seed = 2;
  EXPECT_NE(people(options), people(other));
  auto elsewhere = options;
  elsewhere.tenant = tenant("431001");
  EXPECT_NE(people(options), people(elsewhere));
}
TEST(Synthetic, BringsTheNamesThatBreakOtherSystems) {
  const auto text = people({.tenant = tenant(), .count = 2000, .seed = 3});
  for (auto piece : {"髙橋", "𠮷村", "葛\U000E0102城", "辻\U000E0102本", "\uFA19田", "NGUYEN", "-A1-00", "0000-00-00",
                     "−", "TEST-00000001"}) {
    EXPECT_NE(text.find(piece), std::string::npos) << piece;
  }
}
TEST(Synthetic, HalfWidthKanaComeOutOfTheImportAsFullWidth) {
  const SyntheticOptions full{.tenant = tenant(), .count = 300, .seed = 5};
  auto half = full;
  half.half_width_kana = true;
  const auto one = run_import(people(full)), other = run_import(people(half));
  EXPECT_GT(other.report.counts[static_cast<std::size_t>(RuleId::KanaWidened)], 300u);
  ASSERT_EQ(one.records.size(), other.records.size());
  const auto kana = index_of_key("kanaName");
  for (std::size_t i = 0; i < one.records.size(); ++i) {
    EXPECT_EQ(kana_search_key(one.records[i].values[kana]), kana_search_key(other.records[i].values[kana]));
  }
}
TEST(Synthetic, RefusesAFileItDoesNotKnowAndTooManyPeople) {
  const auto nowhere = [](std::string_view) -> Result<void> { return success(); };
  const auto memo =
      Definition::load(R"({"format":1,"key":"memo","version":1,"name":"メモ","nameEn":"memo","source":"test",
    "items":[{"no":"1","key":"text","name":"内容","type":"text","maxLength":10,"mayLeave":false}]})");
  EXPECT_FALSE(write_synthetic_people(memo.value(), {.tenant = tenant(), .count = 1}, nowhere));
  EXPECT_FALSE(
      write_synthetic_people(honnin(), {.tenant = tenant(), .count = limits::kMaxSyntheticPeople + 1}, nowhere));
}

}  // namespace
}  // namespace shosoin::files
