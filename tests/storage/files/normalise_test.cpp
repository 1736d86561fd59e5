#include "storage/files/normalise.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unicode/normalizer2.h>

#include "storage/files/utf8.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

TEST(KanaKey, FindsTheSameNameHoweverItsKanaAreWritten) {
  const auto key = kana_search_key("アオキ");
  for (auto text : {"ｱｵｷ", "あおき", " アオキ ", "ア オ キ", "アオ　キ", "ｱｵｷ　"})
    EXPECT_EQ(kana_search_key(text), key) << text;
  for (auto text : {"ガ", "ｶﾞ", "が", "か\u3099", "カ\u3099", "カ゛", "ｶ゛", "か ﾞ"})
    EXPECT_EQ(kana_search_key(text), "ガ") << text;
  EXPECT_EQ(kana_search_key("ﾊﾟﾊﾞﾊ"), "パバハ");
  EXPECT_EQ(kana_search_key("ｳﾞｨｵﾗ"), "ヴィオラ");
  EXPECT_EQ(kana_search_key("ﾜﾞｦﾞ"), "\u30F7\u30FA");
  EXPECT_EQ(kana_search_key("ゝゞ"), "ヽヾ");
  EXPECT_EQ(kana_search_key("ﾏﾘｰ"), "マリー");
  EXPECT_EQ(kana_search_key("Ｓｍｉｔｈ john"), "SMITHJOHN");
}
TEST(KanaKey, TreatsHyphensAndWavesAlikeAndNothingElse) {
  for (auto text : {"マリ-", "マリ\u2010", "マリ\u2015", "マリ\u2212", "マリ\uFF0D", "マリー", "マリｰ"}) {
    EXPECT_EQ(kana_search_key(text), "マリー") << text;
  }
  EXPECT_EQ(kana_search_key("\u301C"), kana_search_key("\uFF5E"));
  EXPECT_NE(kana_search_key("キヨウコ"), kana_search_key("キョウコ"));  // small kana are other kana
  EXPECT_NE(kana_search_key("ハ"), kana_search_key("バ"));
  EXPECT_NE(kana_search_key("髙"), kana_search_key("高"));  // no rule says so
}
TEST(Keys, BirthDatesAreEightCharactersWithTheirCodes) {
  EXPECT_EQ(birth_date_key(read_date("昭和20年8月20日").value()), "19450820");
  EXPECT_EQ(birth_date_key(read_date("1945-A1-00").value()), "1945A100");
  EXPECT_EQ(birth_date_key(read_date("0000-00-00").value()), "00000000");
}
TEST(Keys, AddresseeNumbersKeepTheirZerosAndLoseTheirSpaces) {
  EXPECT_EQ(addressee_number_key("　０００１２ "), "00012");
  EXPECT_NE(addressee_number_key("0012"), addressee_number_key("12"));
  EXPECT_EQ(addressee_number_key(" "), "");
}
TEST(Conversions, SayWhatTheyChangedCharacterByCharacter) {
  std::string value = "ｶﾞｰアﾊ";
  std::vector<CodePointChange> changes;
  EXPECT_TRUE(widen_kana(value, &changes));
  EXPECT_EQ(value, "ガーアハ");
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0], (CodePointChange{.before = 0xFF76, .before_mark = 0xFF9E, .after = 0x30AC}));
  value = "１２a３";
  EXPECT_TRUE(narrow_digits(value));
  EXPECT_EQ(value, "12a3");
  EXPECT_FALSE(narrow_digits(value));
}

// Random text that is heavy on what normalisation forms would change.
rc::Gen<std::string> any_text() {
  const auto code_point =
      rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0x20, 0x7F), rc::gen::inRange<std::uint32_t>(0x3041, 0x30FF),
                     rc::gen::inRange<std::uint32_t>(0xFF01, 0xFFA0), rc::gen::inRange<std::uint32_t>(0xF900, 0xFAD9),
                     rc::gen::inRange<std::uint32_t>(0x4E00, 0x9FFF), rc::gen::inRange<std::uint32_t>(0x300, 0x340),
                     rc::gen::inRange<std::uint32_t>(0x2F800, 0x2FA1E),
                     rc::gen::element<std::uint32_t>(0x3099, 0x309A, 0xFA19, 0xFA1B, 0xE0102));
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(code_point),
                      [](const std::vector<std::uint32_t>& all) {
                        std::string out;
                        for (auto c : all) append_utf8(out, c);
                        return out;
                      });
}

RC_GTEST_PROP(NormaliseProperty, AKanaKeyIsItsOwnKey, ()) {
  const auto text = *any_text();
  const auto key = kana_search_key(text);
  RC_ASSERT(kana_search_key(key) == key);
  RC_ASSERT(is_valid_utf8(key));
}
RC_GTEST_PROP(NormaliseProperty, WideningTouchesOnlyHalfWidthKana, ()) {
  auto text = *any_text();
  const auto before = text;
  std::size_t half_width = 0;
  each_code_point(before, [&](char32_t c) { return half_width += (c >= 0xFF61 && c <= 0xFF9F) ? 1 : 0, true; });
  const bool changed = widen_kana(text, nullptr);
  RC_ASSERT(changed == (half_width != 0));
  if (!changed) RC_ASSERT(text == before);
  RC_ASSERT(kana_search_key(text) == kana_search_key(before));
}
// The stored value of a text item is the received one, also where NFC or NFKC would have rewritten it.
TEST(StoredValues, AreNeverNormalised) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfc = icu::Normalizer2::getNFCInstance(status);
  const auto* nfkc = icu::Normalizer2::getNFKCInstance(status);
  ASSERT_TRUE(U_SUCCESS(status));
  std::size_t rewritten = 0;
  const auto holds = [&](const std::string& name) {
    const auto text = icu::UnicodeString::fromUTF8(name);
    if (nfc->normalize(text, status) != text || nfkc->normalize(text, status) != text) ++rewritten;
    const auto run = run_import(header_line() + row_line({{"kanjiName", name}, {"address", name}}));
    if (run.records.empty()) return;  // refused or too long: then nothing is stored
    EXPECT_EQ(run.records[0].values[index_of_key("kanjiName")], name);
    EXPECT_EQ(run.records[0].values[index_of_key("address")], name);
  };
  for (auto name : {"\uFA19田", "\uFA1B", "\uFA26", "\uF92C", "﨑", "\uFA0E", "髙", "𠮷", "か\u3099", "ｶﾞ", "〜", "～",
                    "−", "－", "　山 "}) {
    holds(name);
  }
  EXPECT_GE(rewritten, 8u);
  EXPECT_TRUE(rc::check("stored as received", [&] {
    const auto name = *any_text();
    RC_PRE(!name.empty());
    holds(name);
  }));
}

}  // namespace
}  // namespace shosoin::files
