#include "storage/files/characters.h"

#include "storage/files/embedded.h"
#include "storage/files/utf8.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

CharacterReport report_of(std::string_view text, bool standard = false) {
  return check_characters(text, {.standard_characters = standard});
}

TEST(Characters, TheCollectionIsWholeAndKnowsTheDomainExamples) {
  std::size_t found = 0;
  for (char32_t base = 0x3400; base < 0x30000; ++base) {
    for (char32_t selector = 0xE0100; selector <= 0xE011F; ++selector) found += in_moji_joho(base, selector) ? 1 : 0;
  }
  EXPECT_EQ(found, 11'384u);
  EXPECT_TRUE(in_moji_joho(U'葛', 0xE0102));   // MJ022335
  EXPECT_TRUE(in_moji_joho(U'辻', 0xE0102));   // MJ025760
  EXPECT_FALSE(in_moji_joho(U'辻', 0xE0100));  // Adobe-Japan1
  EXPECT_FALSE(in_moji_joho(U'葛', 0xE01EF));
  EXPECT_FALSE(in_moji_joho(U'葛', 0xFE00));
}
TEST(Characters, AcceptsNamesThatOtherSystemsBreak) {
  for (auto text :
       {"髙橋", "𠮷村", "﨑山", "\uFA19田", "葛\U000E0102城", "辻\U000E0102本", "ｱｵｷ", "NGUYEN", "渡邉", "か\u3099"}) {
    EXPECT_FALSE(report_of(text).fault) << text;
  }
}
TEST(Characters, NamesWhatIsDoubtfulAndWhere) {
  const auto fault = [](std::string_view text) { return report_of(text).fault; };
  EXPECT_EQ(fault("山\uE000田"), CharacterFault::VendorPrivateUse);
  EXPECT_EQ(report_of("山\uE000田").position, 2u);
  EXPECT_EQ(fault("辻\U000E0100"), CharacterFault::SelectorNotInCollection);
  EXPECT_EQ(fault("\U000E0102"), CharacterFault::SelectorNotInCollection);
  EXPECT_EQ(fault("神\uFE00"), CharacterFault::SelectorNotInCollection);
  EXPECT_EQ(fault("山\uFFFD"), CharacterFault::Replacement);
  EXPECT_EQ(fault("山\uFDD0"), CharacterFault::Noncharacter);
  EXPECT_EQ(fault("山\U0001FFFF"), CharacterFault::Noncharacter);
  EXPECT_EQ(fault("山\u202E田"), CharacterFault::Invisible);
  EXPECT_EQ(fault("山\u0085田"), CharacterFault::Invisible);
}
TEST(Characters, ThePlanesOfTheAdministrativeSetDependOnTheProfile) {
  EXPECT_EQ(report_of("\U0010DE92").fault, CharacterFault::StandardPrivateUse);
  EXPECT_FALSE(report_of("\U0010DE92", true).fault);
  EXPECT_TRUE(report_of("\U0010DE92", true).standard_private_use);
  EXPECT_EQ(report_of("\uE000", true).fault, CharacterFault::VendorPrivateUse);
}
TEST(Characters, SequencesAreTakenOnlyFromTheDeclaredCollection) {
  const CharacterProfile none{.collection = IvsCollection::None};
  EXPECT_FALSE(check_characters("葛\U000E0102城", {}).fault);
  EXPECT_EQ(check_characters("葛\U000E0102城", none).fault, CharacterFault::SelectorNotInCollection);
  EXPECT_FALSE(check_characters("葛城", none).fault);
}
// domain notes, section 2, "Importer rules": what each doubtful input does to its row.
TEST(Characters, TheQuarantineRulesAreThoseOfTheDomainTable) {
  const std::pair<const char*, bool> table[] = {
      {"\uE000", true},       {"\uF8FF", true},        {"\uFFFD", true},    {"\uFDEF", true},
      {"\uFFFE", true},       {"\U0010FFFF", true},    {"〜", false},       {"～", false},
      {"−－‐ー", false},      {"\U000F0000", true},    {"\uFA19", false},   {"　", false},
      {"辻\U000E0100", true}, {"辻\U000E0102", false}, {"か\u3099", false}, {"\uF929", false}};
  for (const auto& [text, quarantined] : table) {
    const auto run = run_import(header_line() + row_line({{"kanjiName", text}}));
    EXPECT_EQ(run.report.verdict, quarantined ? Verdict::Quarantined : Verdict::Accepted) << text;
    EXPECT_EQ(run.records.at(0).values[index_of_key("kanjiName")], text);
  }
  // A lone surrogate is no UTF-8 at all.
  EXPECT_EQ(run_import(header_line() + row_line({{"kanjiName", "\xED\xA0\x80"}})).report.verdict, Verdict::Refused);
}
TEST(Characters, ABaseWithItsSelectorOrMarkIsOneCharacter) {
  EXPECT_EQ(length_in_characters(""), 0u);
  EXPECT_EQ(length_in_characters("abc"), 3u);
  EXPECT_EQ(length_in_characters("葛\U000E0102城"), 2u);
  EXPECT_EQ(length_in_characters("か\u3099き"), 2u);
  EXPECT_EQ(length_in_characters("𠮷"), 1u);
  EXPECT_EQ(length_in_characters("ｶﾞ"), 2u);  // half-width marks are characters of their own
  EXPECT_EQ(length_in_characters("\u3099か"), 2u);
}
TEST(Utf8, RefusesWhatTheUnicodeTableRefuses) {  // Unicode 15, table 3-7
  for (auto text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE3\x81", "\xE3", "\xFF", "a\xE3\x81z"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
  for (auto text : {"", "a", "\u00A9", "あ", "𠮷", "\U0010FFFF", "\uD7FF", "\uE000"}) EXPECT_TRUE(is_valid_utf8(text));
}
TEST(Utf8, EveryScalarValueReadsBackAsWritten) {
  std::size_t visited = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    std::size_t at = 0;
    ASSERT_EQ(next_code_point(text, at), c);
    ASSERT_EQ(at, text.size());
    ++visited;
  }
  EXPECT_EQ(visited, 1'112'064u);
}

}  // namespace
}  // namespace shosoin::files
