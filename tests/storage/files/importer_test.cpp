#include "storage/files/importer.h"

#include "firmware/base/limits.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

// One bad row behind a good one: refused by this rule, at this item, and nothing may be stored.
void refuses_row(const Changes& changes, RuleId expected, std::string_view item_key, ImportProfile profile = {}) {
  const auto run = run_import(header_line() + row_line() + row_line(changes), profile);
  EXPECT_EQ(run.report.verdict, Verdict::Refused);
  ASSERT_FALSE(run.report.problems.empty()) << item_key;
  const auto& finding = run.report.problems[0];
  EXPECT_EQ(rule(finding.rule).slug, rule(expected).slug);
  EXPECT_EQ(finding.row, 3u);
  EXPECT_EQ(finding.column, index_of_key(item_key) + 1);
  EXPECT_EQ(finding.item, honnin().items()[index_of_key(item_key)].name);
  EXPECT_EQ(rule(finding.rule).action, Action::RefuseRow);
}
Changes other_person() { return {{"residentRecordCode", "10000000030"}, {"individualNumber", "023456789013"}}; }
Changes and_other_person(Changes changes) {
  for (const auto& [key, value] : other_person()) changes.emplace(key, value);
  return changes;
}
const Finding& file_refusal(const ImportRun& run) {
  EXPECT_EQ(run.report.verdict, Verdict::Refused);
  EXPECT_FALSE(run.report.problems.empty());
  EXPECT_EQ(rule(run.report.problems.back().rule).action, Action::RefuseFile);
  return run.report.problems.back();
}

TEST(Importer, HandsOverEveryValueAsReceivedAndTheNumberApart) {
  for (std::size_t chunk : {std::size_t{1}, std::size_t{13}, std::size_t{1} << 16}) {
    const auto run = run_import(header_line() + row_line() + row_line(other_person()), {}, chunk);
    EXPECT_EQ(run.report.verdict, Verdict::Accepted);
    EXPECT_EQ(run.report.rows, 2u);
    EXPECT_EQ(run.report.accepted, 2u);
    ASSERT_EQ(run.records.size(), 2u);
    auto person = sample_person();
    const auto& record = run.records[0];
    EXPECT_EQ(record.individual_number->reveal(), "123456789018");
    EXPECT_FALSE(record.addressee_number);
    for (std::size_t i = 0; i < honnin().items().size(); ++i) {
      const auto& item = honnin().items()[i];
      EXPECT_EQ(record.values[i], item.role == ItemRole::IndividualNumber ? "" : person[item.key]);
    }
  }
}
TEST(Importer, TakesOneMoreColumnInFrontForTheAddresseeNumber) {
  const auto run = run_import("宛名番号," + header_line() + "000000000000012," + row_line());
  EXPECT_EQ(run.report.verdict, Verdict::Accepted);
  EXPECT_TRUE(run.report.addressee_column);
  EXPECT_EQ(run.records.at(0).addressee_number, "000000000000012");
  for (auto bad : {"", "12A", "1234567890123456"}) {
    const auto refused = run_import("宛名番号," + header_line() + bad + "," + row_line());
    ASSERT_FALSE(refused.report.problems.empty()) << bad;
    EXPECT_EQ(refused.report.problems[0].column, 1u);
    EXPECT_EQ(refused.report.problems[0].item, "宛名番号");
  }
}
TEST(Importer, RefusesAWrongOrPlaceholderIndividualNumber) {
  refuses_row({{"individualNumber", "123456789012"}}, RuleId::WrongCheckDigit, "individualNumber");
  refuses_row({{"individualNumber", "000000000000"}}, RuleId::Placeholder, "individualNumber");
  refuses_row({{"individualNumber", "12345678901"}}, RuleId::WrongLength, "individualNumber");
  refuses_row({{"individualNumber", "12345678901X"}}, RuleId::NotADigit, "individualNumber");
}
TEST(Importer, RefusesValuesThatDoNotFitTheirItem) {
  refuses_row({{"residentRecordCode", ""}}, RuleId::RequiredEmpty, "residentRecordCode");
  refuses_row({{"residentRecordCode", "00000000000"}}, RuleId::Placeholder, "residentRecordCode");
  refuses_row(and_other_person({{"birthDate", "2023-02-30"}}), RuleId::NoSuchDay, "birthDate");
  refuses_row(and_other_person({{"birthDate", "昭和64-01-08"}}), RuleId::AfterEra, "birthDate");
  refuses_row(and_other_person({{"birthDate", "令和1-04-30"}}), RuleId::BeforeEra, "birthDate");
  refuses_row(and_other_person({{"birthDate", "明治5-01-01"}}), RuleId::BeforeGregorian, "birthDate");
  refuses_row(and_other_person({{"birthDate", "2023/02/03"}}), RuleId::BadDateForm, "birthDate");
  refuses_row(and_other_person({{"sex", "男"}}), RuleId::NotACode, "sex");
  refuses_row(and_other_person({{"privateUseCharFlag", "-"}}), RuleId::NotAFlag, "privateUseCharFlag");
  refuses_row(and_other_person({{"nameSubstituteCharCount", "x"}}), RuleId::NotADigit, "nameSubstituteCharCount");
  refuses_row(and_other_person({{"timestamp", "yesterday"}}), RuleId::BadTimestamp, "timestamp");
  refuses_row(and_other_person({{"previousLocalGovernmentCode", "132100"}}), RuleId::WrongCheckDigit,
              "previousLocalGovernmentCode");
  refuses_row(and_other_person({{"previousLocalGovernmentCode", "990001"}}), RuleId::UnknownPrefecture,
              "previousLocalGovernmentCode");
}
TEST(Importer, CountsCharactersSoThatOneSequenceTooManyIsRefused) {
  std::string fits;
  for (int i = 0; i < 100; ++i) fits += "葛\U000E0102";
  EXPECT_EQ(run_import(header_line() + row_line({{"kanjiName", fits}})).report.verdict, Verdict::Accepted);
  refuses_row(and_other_person({{"kanjiName", fits + "葛\U000E0102"}}), RuleId::TooLong, "kanjiName");
}
TEST(Importer, RefusesTheFileOfAnotherTenant) {
  const auto run = run_import(header_line() + row_line() +
                              row_line(and_other_person({{"localGovernmentCode", "431001"}})) + row_line());
  const auto& finding = file_refusal(run);
  EXPECT_EQ(finding.rule, RuleId::ForeignTenant);
  EXPECT_EQ(finding.row, 3u);
  EXPECT_EQ(run.report.rows, 2u);  // reading stopped there
}
TEST(Importer, CompletesFiveDigitCodesOnlyWhereTheProfileSaysSo) {
  const Changes five = and_other_person({{"localGovernmentCode", "13210"}});
  refuses_row(five, RuleId::WrongLength, "localGovernmentCode");
  const auto run = run_import(header_line() + row_line(five), {.five_digit_codes = true});
  EXPECT_EQ(run.report.verdict, Verdict::Accepted);
  EXPECT_EQ(run.records.at(0).values[index_of_key("localGovernmentCode")], "132101");
  EXPECT_EQ(run.report.counts[static_cast<std::size_t>(RuleId::CodeCompleted)], 1u);
}
TEST(Importer, ConvertsWhatTheDomainNotesNameAndSaysSoWithoutTheValue) {
  const auto run = run_import(header_line() +
                              row_line({{"kanaName", "ﾀｶﾊｼ ﾊﾅｺﾞ"}, {"individualNumber", "１２３４５６７８９０１８"}}));
  EXPECT_EQ(run.report.verdict, Verdict::Accepted);
  EXPECT_EQ(run.records.at(0).values[index_of_key("kanaName")], "タカハシ ハナゴ");
  EXPECT_EQ(run.records.at(0).individual_number->reveal(), "123456789018");
  ASSERT_EQ(run.report.notes.size(), 2u);
  const auto& kana = run.report.notes[0];
  EXPECT_EQ(kana.rule, RuleId::KanaWidened);
  EXPECT_TRUE(std::is_sorted(kana.changes.begin(), kana.changes.end()));  // the set of changes, not the name
  EXPECT_EQ(kana.changes.size(), 6u);
  EXPECT_EQ(run.report.notes[1].rule, RuleId::DigitsNarrowed);
  EXPECT_TRUE(run.report.notes[1].changes.empty());  // they would be the number
}
TEST(Importer, QuarantinesRowsWithDoubtfulCharactersWithTheirBytesAsTheyCame) {
  const std::pair<const char*, RuleId> cases[] = {{"山\uE000田", RuleId::VendorPrivateUse},
                                                  {"山\U0010DE92", RuleId::StandardPrivateUse},
                                                  {"辻\U000E0100", RuleId::SelectorNotInCollection},
                                                  {"山\uFFFD", RuleId::ReplacementCharacter},
                                                  {"山\uFFFE", RuleId::Noncharacter},
                                                  {"山\u202E", RuleId::InvisibleCharacter}};
  for (const auto& [name, expected] : cases) {
    const auto run = run_import(header_line() + row_line() + row_line(and_other_person({{"kanjiName", name}})));
    EXPECT_EQ(run.report.verdict, Verdict::Quarantined) << name;
    ASSERT_EQ(run.report.problems.size(), 1u);
    EXPECT_EQ(run.report.problems[0].rule, expected);
    EXPECT_EQ(run.states, (std::vector{RowState::Accepted, RowState::Quarantined}));
    EXPECT_EQ(run.records[1].values[1], name);
    EXPECT_EQ(run.report.quarantined, 1u);
  }
}
TEST(Importer, AcceptsTheAdministrativeSetWhereTheProfileDeclaresIt) {
  const auto run = run_import(header_line() + row_line({{"kanjiName", "山\U0010DE92"}}),
                              {.characters = {.standard_characters = true}});
  EXPECT_EQ(run.report.verdict, Verdict::Accepted);
  EXPECT_EQ(run.report.notes.at(0).rule, RuleId::StandardCharacters);
}
TEST(Importer, AcceptsUnknownDatesAndDoubtfulResidentRecordCodesWithANote) {
  const auto note_of = [](const Changes& changes) {
    const auto run = run_import(header_line() + row_line(changes));
    EXPECT_EQ(run.report.verdict, Verdict::Accepted);
    return run.report.notes.at(0).rule;
  };
  EXPECT_EQ(note_of({{"birthDate", "1945-A1-00"}}), RuleId::DateUnknown);
  EXPECT_EQ(note_of({{"birthDate", "0000-00-00"}}), RuleId::DateYearUnknown);
  EXPECT_EQ(note_of({{"birthDate", "平成31-05-01"}}), RuleId::DateEraWarning);
  EXPECT_EQ(note_of({{"residentRecordCode", "12345678901"}}), RuleId::ResidentRecordCheckDigit);
}
TEST(Importer, RefusesTheSameNumberTwiceInOneFile) {
  const auto same_code = run_import(header_line() + row_line() + row_line({{"individualNumber", "023456789013"}}));
  EXPECT_EQ(same_code.report.verdict, Verdict::Refused);
  EXPECT_EQ(same_code.report.problems.at(0).rule, RuleId::DuplicateNumber);
  EXPECT_EQ(same_code.report.problems.at(0).row, 3u);
  EXPECT_EQ(same_code.report.problems.at(0).item, "住民票コード");
  const auto same_row = run_import(header_line() + row_line() + row_line());
  EXPECT_EQ(same_row.report.problems.size(), 2u);
  EXPECT_EQ(same_row.report.refused, 1u);
  EXPECT_EQ(same_row.report.accepted, 1u);
  const auto same_addressee =
      run_import("宛名番号," + header_line() + "7," + row_line() + "7," + row_line(other_person()));
  EXPECT_EQ(same_addressee.report.problems.at(0).item, "宛名番号");
}
TEST(Importer, RefusesAFileThatIsNoProperCsv) {
  const auto rule_of = [](const std::string& csv) { return file_refusal(run_import(csv)).rule; };
  const auto good = header_line() + row_line();
  EXPECT_EQ(rule_of(header_line() + row_line({{"kanjiName", "\x83\x41"}})), RuleId::InvalidUtf8);
  EXPECT_EQ(rule_of(header_line() + row_line({{"kanjiName", std::string("a\0b", 3)}})), RuleId::ControlCharacter);
  EXPECT_EQ(rule_of(good + "\"abc\r\n"), RuleId::UnterminatedQuote);
  EXPECT_EQ(rule_of(good + "a\"b\r\n"), RuleId::StrayQuote);
  EXPECT_EQ(rule_of(good + "a,b\r\n"), RuleId::WrongColumnCount);
  EXPECT_EQ(rule_of(good.substr(0, good.size() - 60)), RuleId::CutOff);
  EXPECT_EQ(rule_of(good + std::string(2u << 20, ',')), RuleId::LineTooLong);
  EXPECT_EQ(rule_of(good + std::string(40u << 10, 'x')), RuleId::FieldTooLong);
  EXPECT_EQ(rule_of(""), RuleId::NoRows);
  EXPECT_EQ(rule_of(header_line()), RuleId::NoRows);
}
TEST(Importer, NamesTheItemInWhoseColumnTheFileBreaks) {
  const auto run = run_import("宛名番号," + header_line() + "7," + row_line({{"address", "\xFF"}}));
  EXPECT_EQ(file_refusal(run).item, "住所");
  EXPECT_EQ(file_refusal(run).column, 12u);
}

class Header : public testing::Test {
 protected:
  std::vector<std::string> names_ = [] {
    std::vector<std::string> names;
    for (const auto& item : honnin().items()) names.push_back(item.name);
    return names;
  }();
  const Finding refuse() {
    std::string line;
    for (const auto& name : names_) line += (line.empty() ? "" : ",") + in_quotes(name);
    return file_refusal(run_import(line + "\r\n"));
  }
};
TEST_F(Header, MissingItemIsNamed) {
  names_.erase(names_.begin() + 4);
  EXPECT_EQ(refuse().rule, RuleId::HeaderMissing);
  EXPECT_EQ(refuse().item, "清音化かぬ氏名");
}
TEST_F(Header, ExtraColumnIsPlacedButNotNamed) {
  names_.insert(names_.begin() + 3, "備考");
  EXPECT_EQ(refuse().rule, RuleId::HeaderExtra);
  EXPECT_EQ(refuse().column, 4u);
  EXPECT_EQ(refuse().item, "");
}
TEST_F(Header, DoubledItemIsNamed) {
  names_[8] = names_[7];
  EXPECT_EQ(refuse().rule, RuleId::HeaderDoubled);
  EXPECT_EQ(refuse().column, 9u);
  names_ = {"宛名番号", "宛名番号", "住民票コード"};
  EXPECT_EQ(refuse().rule, RuleId::HeaderUnknown);
}
TEST_F(Header, ReorderedItemIsNamed) {
  std::swap(names_[1], names_[2]);
  EXPECT_EQ(refuse().rule, RuleId::HeaderReordered);
  EXPECT_EQ(refuse().column, 2u);
}
TEST_F(Header, UnknownNameIsPlacedButNotNamed) {
  names_[4] = "清音化かな氏名";  // the correct word is not what is printed
  EXPECT_EQ(refuse().rule, RuleId::HeaderUnknown);
  EXPECT_EQ(refuse().column, 5u);
  EXPECT_EQ(refuse().item, "");
}
TEST_F(Header, ADataRowInItsPlaceIsRecognised) {
  EXPECT_EQ(file_refusal(run_import(row_line())).rule, RuleId::HeaderAbsent);
}

TEST(Importer, NoReportEverHoldsAValue) {
  const std::string number = "123456789012", wide = "１２３４５６７８９０１２", name = "極秘\uFFFD太郎";
  const auto run =
      run_import(header_line() + row_line({{"individualNumber", number}, {"kanjiName", name}, {"kanaName", "ｺﾞｸﾋ"}}) +
                 row_line(and_other_person(
                     {{"individualNumber", wide}, {"birthDate", "1999-99-98"}, {"address", "極秘町\uE000"}})));
  std::string all;
  for (const auto* list : {&run.report.problems, &run.report.notes}) {
    for (const auto& finding : *list) all += render(finding).ja + render(finding).en + finding.item + '\n';
  }
  EXPECT_FALSE(all.empty());
  for (auto secret : {"123456", "１２３", "極秘", "1999", "ｺﾞ", "ゴク"})
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
}
TEST(Importer, ListsAtMostAThousandProblemsButCountsAllAndStillNamesWhatRefusesTheFile) {
  std::string csv = header_line();
  for (int i = 0; i < 1500; ++i) csv += row_line({{"individualNumber", "1"}});
  const auto run = run_import(csv + row_line({{"localGovernmentCode", "431001"}}));
  EXPECT_EQ(run.report.problems.size(), limits::kMaxImportFindings);
  EXPECT_EQ(run.report.counts[static_cast<std::size_t>(RuleId::WrongLength)], 1500u);
  EXPECT_EQ(file_refusal(run).rule, RuleId::ForeignTenant);
  EXPECT_TRUE(run.records.empty());
}
TEST(Importer, AfterARefusedRowTheSinkIsLeftAloneAndTheRestIsStillRead) {
  const auto run = run_import(header_line() + row_line({{"sex", "男"}}) + row_line(other_person()) +
                              row_line(and_other_person({{"sex", "女"}})));
  EXPECT_TRUE(run.records.empty());
  EXPECT_EQ(run.report.rows, 3u);
  EXPECT_EQ(run.report.refused, 2u);
}
TEST(Importer, HandsTheSinksErrorUpAndEndsThere) {
  auto importer = Importer::create(honnin(), tenant(), {}).value();
  const auto full = [](const ImportedRow&) -> Result<void> { return Error{ErrorCode::StorageFull, "stage a row"}; };
  EXPECT_EQ(importer.feed(view_of(header_line() + row_line()), full).error().code(), ErrorCode::StorageFull);
  EXPECT_EQ(importer.feed(view_of(row_line()), full).error().code(), ErrorCode::StorageFull);
  EXPECT_EQ(importer.finish(full).error().code(), ErrorCode::StorageFull);
}
TEST(Importer, FinishesOnce) {
  auto importer = Importer::create(honnin(), tenant(), {}).value();
  const auto sink = [](const ImportedRow&) -> Result<void> { return success(); };
  ASSERT_TRUE(importer.feed(view_of(header_line() + row_line()), sink));
  EXPECT_TRUE(importer.finish(sink));
  EXPECT_EQ(importer.finish(sink).error().code(), ErrorCode::Conflict);
}
TEST(Importer, RefusesADefinitionThroughWhichNoRecordCouldBeFound) {
  const auto plain =
      Definition::load(R"({"format":1,"key":"memo","version":1,"name":"メモ","nameEn":"memo","source":"test",
    "items":[{"no":"1","key":"text","name":"内容","type":"text","maxLength":10,"mayLeave":false}]})");
  EXPECT_EQ(Importer::create(plain.value(), tenant(), {}).error().code(), ErrorCode::InvalidContent);
}
TEST(Findings, EveryRuleHasItsSlugAndBothLanguages) {
  std::set<std::string_view> slugs;
  for (std::size_t i = 0; i < kRuleCount; ++i) {
    const auto& row = rule(static_cast<RuleId>(i));
    EXPECT_TRUE(slugs.insert(row.slug).second) << row.slug;
    EXPECT_FALSE(row.text.ja.empty());
    EXPECT_FALSE(row.text.en.empty());
  }
  const auto text = render({.rule = RuleId::TooLong, .row = 5, .column = 2, .item = "漢字氏名"});
  EXPECT_EQ(text.ja, "5行目 2列目「漢字氏名」: 定義の文字数を超えています。");
  EXPECT_EQ(text.en, "row 5, column 2 (漢字氏名): Longer than the definition allows.");
}

}  // namespace
}  // namespace shosoin::files
