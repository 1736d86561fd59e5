// Tables of the files with several: one CSV each, linked by the addressee number.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unicode/normalizer2.h>

#include "storage/files/name_key.h"
#include "storage/files/utf8.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

const DefinitionSet& shipped() {
  static const auto set = DefinitionSet::embedded().value();
  return set;
}
struct Table {
  const Definition& definition;
  std::size_t group;
  std::span<const Item> items() const { return definition.items_of(group); }
  bool links_itself() const { return definition.index_of(ItemRole::AddresseeNumber, group).has_value(); }
  bool needs_column() const {
    return !links_itself() && !definition.is_flat() && definition.groups()[group].rows != GroupRows::Apart;
  }
};
Table table(std::string_view file, std::string_view group) {
  const auto* definition = shipped().find(file);
  EXPECT_NE(definition, nullptr);
  return {*definition, definition->group_index(group).value()};
}
std::string header_of(const Table& table) {
  std::string line = table.needs_column() ? "宛名番号" : "";
  for (const auto& item : table.items()) line += (line.empty() ? "" : ",") + in_quotes(item.name);
  return line + "\r\n";
}
// Item key without the prefix of its group is not needed here: whole keys.
std::string row_of(const Table& table, const Changes& values, std::string_view addressee = "12") {
  std::string line(table.needs_column() ? addressee : "");
  bool first = !table.needs_column();
  for (const auto& item : table.items()) {
    const auto found = values.find(item.key);
    const auto value = found != values.end()                             ? found->second
                       : item.role == ItemRole::AddresseeNumber          ? std::string(addressee)
                       : item.check == ItemCheck::OwnLocalGovernmentCode ? std::string("132101")
                       : item.required && item.type == ItemType::Date    ? std::string("2000-01-01")
                       : item.required && item.check != ItemCheck::None  ? std::string("12345678903")
                       : item.required                                   ? std::string("1")
                                                                         : std::string();
    line += (std::exchange(first, false) ? "" : ",") + in_quotes(value);
  }
  return line + "\r\n";
}
struct GroupRun {
  ImportReport report;
  std::vector<RecordInput> records;
};
GroupRun import_table(const Table& table, std::string_view csv, ImportProfile profile = {}) {
  GroupRun run;
  auto importer =
      Importer::create_for_group(table.definition, table.definition.groups()[table.group].key, tenant(), profile)
          .value();
  const auto sink = [&](const ImportedRow& row) -> Result<void> {
    run.records.push_back(row.record);
    return success();
  };
  (void)importer.feed(view_of(csv), sink).has_value();
  run.report = importer.finish(sink).value();
  return run;
}

TEST(GroupImport, EveryTableOfEveryFileTakesItsPrintedHeader) {
  std::size_t tables = 0, columns = 0;
  for (const auto& definition : shipped().all()) {
    for (std::size_t g = 0; g < definition.groups().size(); ++g) {
      const Table one{definition, g};
      const auto run = import_table(one, header_of(one) + row_of(one, {}));
      EXPECT_EQ(run.report.verdict, Verdict::Accepted) << definition.key() << ' ' << definition.groups()[g].key;
      ASSERT_EQ(run.records.size(), 1u);
      EXPECT_EQ(run.records[0].values.size(), one.items().size());
      EXPECT_EQ(run.report.addressee_column, one.needs_column());
      ++tables, columns += one.items().size();
    }
  }
  EXPECT_EQ(tables, 4u + 1 + 6 + 4 + 1 + 1 + 1);
  EXPECT_EQ(columns, 174u + 103 + 164 + 136 + 36 + 61 + 16);
}
TEST(GroupImport, HistoriesRepeatTheirPersonButNoRowRepeatsAnother) {
  const auto tax = table("chihozei-shutaino", "taxTerm");
  const auto first = row_of(tax, {{"individualNumber", "123456789018"}, {"termCode", "1"}});
  const auto second = row_of(tax, {{"individualNumber", "123456789018"}, {"termCode", "2"}});
  const auto run = import_table(tax, header_of(tax) + first + second);
  EXPECT_EQ(run.report.verdict, Verdict::Accepted);
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_EQ(run.records[1].individual_number->reveal(), "123456789018");
  EXPECT_EQ(run.records[1].addressee_number, "12");
  const auto repeated = import_table(tax, header_of(tax) + first + second + first);
  EXPECT_EQ(repeated.report.verdict, Verdict::Refused);
  EXPECT_EQ(repeated.report.problems.at(0).rule, RuleId::DuplicateRow);
  EXPECT_EQ(repeated.report.problems.at(0).row, 4u);
  EXPECT_EQ(repeated.report.problems.at(0).column, 0u);
  EXPECT_EQ(repeated.report.refused, 1u);
  const auto one_each = table("jumin-kihon-daicho", "resident");
  const auto twice = import_table(
      one_each, header_of(one_each) + row_of(one_each, {{"sexCode", "1"}}) + row_of(one_each, {{"sexCode", "2"}}));
  EXPECT_EQ(twice.report.problems.at(0).rule, RuleId::DuplicateNumber);
}
TEST(GroupImport, EveryIndividualNumberLeavesItsRowAtOnce) {
  const auto linked = table("jumin-kihon-daicho", "integratedAddressee");
  const auto run =
      import_table(linked, header_of(linked) + row_of(linked, {{"integratedIndividualNumber", "123456789018"},
                                                               {"integratedFormerIndividualNumber", "023456789013"},
                                                               {"integratedNewIndividualNumber", "123456789018"}}));
  ASSERT_EQ(run.report.verdict, Verdict::Accepted);
  const auto& record = run.records.at(0);
  EXPECT_EQ(record.individual_number->reveal(), "123456789018");
  ASSERT_EQ(record.other_numbers.size(), 2u);
  EXPECT_EQ(record.other_numbers[0].item, 36u);
  EXPECT_EQ(record.other_numbers[0].number.reveal(), "023456789013");
  EXPECT_EQ(record.other_numbers[1].item, 37u);
  for (const auto& value : record.values) EXPECT_EQ(value.find("3456789"), std::string::npos);
  const auto wrong =
      import_table(linked, header_of(linked) + row_of(linked, {{"integratedFormerIndividualNumber", "023456789012"}}));
  EXPECT_EQ(wrong.report.problems.at(0).rule, RuleId::WrongCheckDigit);
  EXPECT_EQ(wrong.report.problems.at(0).item, "変更前個人番号");
}
TEST(GroupImport, ATableThatCannotLinkItselfNeedsTheAddresseeNumberInFront) {
  const auto benefit = table("kyufukin-shikyu-kanri-daicho", "benefit");
  auto header = header_of(benefit);
  ASSERT_TRUE(header.starts_with("宛名番号,"));
  header = header.substr(header.find(',') + 1);
  const auto run = import_table(benefit, header + "\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r\n");
  ASSERT_EQ(run.report.verdict, Verdict::Refused);
  EXPECT_EQ(run.report.problems.at(0).rule, RuleId::HeaderMissing);
  EXPECT_EQ(run.report.problems.at(0).item, "宛名番号");
  const auto apart = table("jumin-kihon-daicho", "sectionPermission");
  EXPECT_EQ(import_table(apart, "宛名番号," + header_of(apart)).report.problems.at(0).rule, RuleId::HeaderExtra);
}
TEST(GroupImport, TheHeaderOfAnotherTableIsRefused) {
  const auto child = table("jido-teate", "child"), related = table("jido-teate", "relatedPerson");
  EXPECT_EQ(import_table(child, header_of(related)).report.verdict, Verdict::Refused);
  // 外国人住定異動事由 stands twice in one table: twice in the header too, and not three times.
  const auto resident = table("jumin-kihon-daicho", "resident");
  auto header = header_of(resident);
  const std::string doubled = "\"外国人住定異動事由\"";
  EXPECT_NE(header.find(doubled), header.rfind(doubled));
  header.replace(header.find("\"外国人住定届出日\""), std::string("\"外国人住定届出日\"").size(), doubled);
  EXPECT_EQ(import_table(resident, header).report.problems.at(0).rule, RuleId::HeaderDoubled);
}
TEST(GroupImport, AFileThatIsNotFlatNeedsItsTableNamed) {
  for (const auto* key : {"kyufukin-shikyu-kanri-daicho", "chihozei-shutaino", "jido-teate", "jumin-kihon-daicho"}) {
    EXPECT_EQ(Importer::create(*shipped().find(key), tenant(), {}).error().code(), ErrorCode::InvalidContent) << key;
    EXPECT_EQ(Importer::create_for_group(*shipped().find(key), "none", tenant(), {}).error().code(),
              ErrorCode::NotFound);
  }
  for (const auto* key : {"honnin-kakunin-joho", "sofusaki-joho", "hoikushi-torokubo"}) {
    EXPECT_TRUE(Importer::create(*shipped().find(key), tenant(), {})) << key;
  }
}
TEST(GroupImport, MonthsAmountsAndCardsAreChecked) {
  const auto entitlement = table("jido-teate", "entitlement");
  const auto rule_of = [](const Table& where, const Changes& values) {
    const auto run = import_table(where, header_of(where) + row_of(where, values));
    return run.report.problems.empty() ? std::string_view("") : rule(run.report.problems[0].rule).slug;
  };
  for (const auto* good :
       {"2024-06", "202406", "令和6-06", "令和6年6月", "2024-00", "2024A1", "2024-A1", "0000-00", "2024-12"}) {
    EXPECT_EQ(rule_of(entitlement, {{"entitlementPaymentStartMonth", good}}), "") << good;
  }
  for (const auto* bad : {"2024", "24-06", "2024/06", "June", "2024-06-01", "20240601", "2024-6"}) {
    EXPECT_EQ(rule_of(entitlement, {{"entitlementPaymentStartMonth", bad}}), "month.bad-form") << bad;
  }
  EXPECT_EQ(rule_of(entitlement, {{"entitlementPaymentStartMonth", "2024-13"}}), "date.no-such-day");
  EXPECT_EQ(rule_of(entitlement, {{"entitlementPaymentStartMonth", "昭和64-02"}}), "date.after-era");
  const auto tax = table("chihozei-shutaino", "taxTerm");
  for (const auto* good : {"0", "-1200", "１２００"})
    EXPECT_EQ(rule_of(tax, {{"termSettlementAmount", good}}), "") << good;
  for (const auto* bad : {"1,200", "-", "12.5", "△100", "--1"}) {
    EXPECT_EQ(rule_of(tax, {{"termSettlementAmount", bad}}), "amount.bad-form") << bad;
  }
  const auto resident = table("jumin-kihon-daicho", "resident");
  const auto card =
      import_table(resident, header_of(resident) + row_of(resident, {{"residenceCardNumber", "AB1234567890"}}));
  EXPECT_EQ(card.report.verdict, Verdict::Accepted);
  EXPECT_EQ(card.report.notes.at(0).rule, RuleId::ResidenceCardForm);
  EXPECT_TRUE(import_table(resident, header_of(resident) + row_of(resident, {{"residenceCardNumber", "AB12345678CD"}}))
                  .report.notes.empty());
}
TEST(GroupImport, ATooLongValueIsToldInCharactersAndCodePoints) {
  std::string name;
  for (int i = 0; i < 101; ++i) name += "葛\U000E0102";
  const auto run = run_import(header_line() + row_line({{"kanjiName", name}}));
  ASSERT_EQ(run.report.problems.at(0).rule, RuleId::TooLong);
  EXPECT_EQ(run.report.problems[0].characters, 101u);
  EXPECT_EQ(run.report.problems[0].code_points, 202u);
  EXPECT_NE(render(run.report.problems[0]).ja.find("101文字、符号位置202個"), std::string::npos);
  EXPECT_NE(render(run.report.problems[0]).en.find("101 characters, 202 code points"), std::string::npos);
}

// Text heavy on what normalisation forms would rewrite, in any text item of any table.
rc::Gen<std::string> any_name() {
  const auto code_point = rc::gen::oneOf(
      rc::gen::inRange<std::uint32_t>(0x4E00, 0x9FFF), rc::gen::inRange<std::uint32_t>(0xF900, 0xFA6E),
      rc::gen::inRange<std::uint32_t>(0x2F800, 0x2FA1E), rc::gen::inRange<std::uint32_t>(0x3041, 0x30FF),
      rc::gen::inRange<std::uint32_t>(0xFF01, 0xFF5F),
      rc::gen::element<std::uint32_t>(0x9AD9, 0x3099, 0xFF5E, 0x301C, 0x2212, 0xFF0D, 0x212B, 0x2126, 0x3000));
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(code_point),
                      [](const std::vector<std::uint32_t>& all) {
                        std::string out;
                        for (auto c : all) append_utf8(out, c);
                        return out;
                      });
}
TEST(StoredValues, OfEveryTableAreNeverNormalised) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfkc = icu::Normalizer2::getNFKCInstance(status);
  ASSERT_TRUE(U_SUCCESS(status));
  std::vector<std::pair<Table, std::size_t>> places;
  for (const auto& definition : shipped().all()) {
    for (std::size_t g = 0; g < definition.groups().size(); ++g) {
      const auto items = definition.items_of(g);
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].type == ItemType::Text) places.push_back({{definition, g}, i});
      }
    }
  }
  EXPECT_GT(places.size(), 100u);
  std::size_t stored = 0, rewritten = 0;
  EXPECT_TRUE(rc::check("stored as received in any table", [&] {
    const auto& [where, index] = *rc::gen::elementOf(places);
    const auto name = *any_name();
    RC_PRE(!name.empty());
    const auto run = import_table(where, header_of(where) + row_of(where, {{where.items()[index].key, name}}));
    if (run.records.empty()) return;  // too long for its item: then nothing is stored
    RC_ASSERT(run.records[0].values[index] == name);
    const auto text = icu::UnicodeString::fromUTF8(name);
    ++stored;
    rewritten += nfkc->normalize(text, status) != text ? 1 : 0;
  }));
  EXPECT_GT(stored, 30u);
  EXPECT_GT(rewritten, 15u);  // these a normalisation form would have changed
}

TEST(NameKey, FindsVariantsOnlyWhereTheRuleSaysSo) {
  const auto key = [](std::string_view name, bool fold) { return name_search_key(name, {.fold_variants = fold}); };
  for (const auto& [written, meant] : {std::pair{"髙橋", "高橋"},
                                       {"山﨑", "山崎"},
                                       {"𠮷田", "吉田"},
                                       {"渡邉", "渡辺"},
                                       {"渡邊", "渡邉"},
                                       {"\uFA19田", "神田"},
                                       {"葛\U000E0102城", "葛城"},
                                       {"神\U000E0100", "\uFA19"}}) {
    EXPECT_NE(key(written, false), key(meant, false)) << written;
    EXPECT_EQ(key(written, true), key(meant, true)) << written;
  }
  for (const bool fold : {false, true}) {
    EXPECT_EQ(key("髙橋　花子", fold), key("髙橋 花子", fold));
    EXPECT_EQ(key("ｓｍｉｔｈ", fold), "SMITH");
    EXPECT_NE(key("田中", fold), key("中田", fold));
    EXPECT_NE(key("高島", fold), key("高橋", fold));
  }
  // The kana key has its own rule, always on: アオキ is found as ｱｵｷ. It folds no kanji.
  EXPECT_EQ(kana_search_key("ｱｵｷ"), kana_search_key("アオキ"));
  EXPECT_NE(kana_search_key("髙"), kana_search_key("高"));
}
RC_GTEST_PROP(NameKeyProperty, AKeyIsItsOwnKey, (bool fold)) {
  const auto key = name_search_key(*any_name(), {.fold_variants = fold});
  RC_ASSERT(name_search_key(key, {.fold_variants = fold}) == key);
}

}  // namespace
}  // namespace shosoin::files
