// All seven record files through the service: every table imported, confirmed, retrieved and compared with what was
// sent, in every encoding; several numbers in one row; many rows of one person; tables about no person (issue 3; S-03,
// S-04, S-05, D-03, D-09, L-21).
#include <set>

#include "firmware/base/limits.h"
#include "firmware/base/limits_intake.h"
#include "storage/generations/entry.h"
#include "tests/admin-api/service/tables_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using files::GroupRows;
using files::ItemRole;

constexpr std::string_view kMask = "************";

class AllFiles : public TablesWorld {
 protected:
  // Two rows with a text in every item that takes one, so that what comes back can be told apart.
  Csv filled(const files::Definition& definition, std::size_t group, std::uint64_t seed) {
    std::vector<Row> rows;
    for (std::uint64_t n = 0; n < 2; ++n) {
      Row row{{"宛名番号", std::to_string(seed * 10 + n)}};
      std::size_t at = 0;
      for (const auto& item : definition.items_of(group)) {
        ++at;
        if (item.role == ItemRole::ResidentRecordCode) {
          row[item.key] = made_resident_code(seed * 10 + n);
        } else if (files::is_individual_number(item.role)) {
          row[item.key] = made_number(seed * 1000 + n * 100 + at);
        } else if (item.type == files::ItemType::Kana && item.max_length >= 6) {
          row[item.key] = "タロウ" + std::string(n == 0 ? "ア" : "イ");
        } else if (item.type == files::ItemType::Text && item.max_length >= 8) {
          row[item.key] = "髙﨑①～－" + std::string(n == 0 ? "甲" : "乙") + "\"";
        } else if (item.type == files::ItemType::Number && item.check == files::ItemCheck::None) {
          row[item.key] = std::to_string(n + 1);
        } else if (item.role == ItemRole::BirthDate) {
          row[item.key] = "1980-02-0" + std::to_string(n + 1);
        }
      }
      rows.push_back(std::move(row));
    }
    return csv_of(definition.key(), definition.groups()[group].key, rows);
  }
  std::vector<std::string> masked(const Csv& csv, std::vector<std::string> values) {
    const auto items = csv.definition.items_of(csv.group);
    bool any = false;
    for (std::size_t i = 0; i < items.size(); ++i)
      any = any || (files::is_individual_number(items[i].role) && !values[i].empty());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (files::is_individual_number(items[i].role)) values[i] = any ? std::string(kMask) : "";
    }
    return values;
  }
  // The two rows of an import, whatever they can be found by.
  std::vector<json::value> told_rows(const Csv& csv, std::uint64_t seed) {
    const auto& table = csv.definition.groups()[csv.group];
    std::vector<json::value> out;
    for (std::size_t n = 0; n < csv.rows.size(); ++n) {
      auto fields = question("sato", csv.definition.key(), "addresseeNumber", std::to_string(seed * 10 + n));
      if (table.rows == GroupRows::Apart) {
        fields[FieldId::SearchKind] = "group";
        fields[FieldId::SearchValue] = table.key;
      }
      fields[FieldId::Group] = table.key;
      const auto told = world.ask(Kind::Retrieve, fields);
      EXPECT_FALSE(told.refused) << told.text;
      if (told.refused) return out;
      for (const auto& record : told.body.at("records").as_array()) out.push_back(record);
      if (table.rows == GroupRows::Apart) return out;
    }
    return out;
  }
  void goes_round(const files::Definition& definition, std::size_t group, std::uint64_t seed,
                  const std::string& encoding) {
    const auto& table = definition.groups()[group];
    SCOPED_TRACE(definition.key() + ' ' + table.key + ' ' + encoding);
    const auto csv = filled(definition, group, seed);
    const auto import =
        confirmed(csv, {.encoding = encoding, .name_group = seed % 2 == 0 || definition.groups().size() > 1});
    const auto records = told_rows(csv, seed);
    ASSERT_EQ(records.size(), csv.rows.size());
    std::set<std::vector<std::string>> sent, told;
    for (const auto& row : csv.rows) sent.insert(masked(csv, row));
    for (const auto& record : records) {
      told.insert(values_of(record));
      EXPECT_EQ(record.at("group").at("key").as_string(), table.key);
      EXPECT_EQ(record.at("group").at("name").as_string(), table.name);
      EXPECT_EQ(record.at("recordFile").as_string(), definition.key());
      if (table.rows == GroupRows::Apart) {
        EXPECT_EQ(record.at("addresseeNumber").as_string(), "");
        EXPECT_EQ(record.at("integratedAddresseeNumber").as_string(), "");
      }
    }
    EXPECT_EQ(told, sent);
  }
  // No number of the rows stands in the text.
  static void expect_without_numbers(const Csv& csv, std::string_view text) {
    const auto items = csv.definition.items_of(csv.group);
    for (const auto& row : csv.rows) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (!files::is_individual_number(items[i].role) || row[i].empty()) continue;
        EXPECT_EQ(text.find(row[i]), std::string_view::npos) << items[i].key;
      }
    }
  }
};

TEST_F(AllFiles, EveryTableComesBackByteForByteFromEveryEncoding) {
  std::uint64_t seed = 700;
  std::size_t tables = 0;
  const std::vector<std::string> encodings{"UTF-8", "CP932", "EUC-JP-MS"};
  for (const auto& definition : definitions.all()) {
    if (definition.key() == "hoikushi-torokubo") continue;  // without an addressee number: the next test
    for (std::size_t g = 0; g < definition.groups().size(); ++g) {
      goes_round(definition, g, ++seed, encodings[tables % encodings.size()]);
      ++tables;
    }
  }
  EXPECT_EQ(tables, 4u + 1 + 6 + 4 + 1 + 1);
  for (const auto& line : world.log_of(tenant)) {
    for (std::uint64_t n = 700; n <= seed; ++n) {
      EXPECT_EQ(line.find(made_number(n * 1000).substr(0, 7)), std::string::npos);
    }
  }
}

TEST_F(AllFiles, ARegisterWithoutAddresseeNumbersIsFoundByNumberAndByTheIntegratedOne) {
  const auto csv = csv_of("hoikushi-torokubo", definitions.find("hoikushi-torokubo")->groups()[0].key,
                          {{{"individualNumber", made_number(88)}, {"kanjiName", "𠮷田　葛\U000E0102"}}});
  confirmed(csv, {.encoding = "UTF-8", .name_group = false});
  const auto told = ask("sato", "hoikushi-torokubo", "individualNumber", made_number(88));
  ASSERT_FALSE(told.refused) << told.text;
  const auto& record = told.body.at("records").at(0);
  EXPECT_EQ(values_of(record), masked(csv, csv.rows[0]));
  const auto again = ask("sato", "hoikushi-torokubo", "integratedAddresseeNumber",
                         std::string(record.at("integratedAddresseeNumber").as_string()));
  ASSERT_FALSE(again.refused) << again.text;
  EXPECT_EQ(again.body.at("records").at(0).at("recordId"), record.at("recordId"));
}

TEST_F(AllFiles, AllNumbersOfARowAreMaskedAndShownTogetherWithThePermissionAlone) {
  const auto csv = csv_of("jumin-kihon-daicho", "integratedAddressee",
                          {{{"宛名番号", "880011"},
                            {"integratedIndividualNumber", made_number(1)},
                            {"integratedFormerIndividualNumber", made_number(2)},
                            {"integratedNewIndividualNumber", made_number(3)}},
                           {{"宛名番号", "880012"}, {"integratedFormerIndividualNumber", made_number(4)}}});
  const auto staged = import("sato", csv);
  ASSERT_FALSE(staged.refused) << staged.text;
  expect_without_numbers(csv, staged.text);
  ASSERT_FALSE(decide(staged.member("importId")).refused);
  const auto shown_to = [&](const std::string& id, bool wish, const std::string& addressee) {
    auto fields = question(id, "jumin-kihon-daicho", "addresseeNumber", addressee);
    fields[FieldId::Group] = "integratedAddressee";
    if (wish) fields[FieldId::IncludeIndividualNumber] = std::string(1, '\1');
    const auto told = world.ask(Kind::Retrieve, fields);
    EXPECT_FALSE(told.refused) << told.text;
    return values_of(told.body.at("records").at(0));
  };
  EXPECT_EQ(shown_to("sato", true, "880011"), masked(csv, csv.rows[0]));
  EXPECT_EQ(shown_to("suzuki", false, "880011"), masked(csv, csv.rows[0]));
  EXPECT_EQ(shown_to("suzuki", true, "880011"), csv.rows[0]);
  EXPECT_EQ(shown_to("suzuki", false, "880012"), masked(csv, csv.rows[1]));  // which of the three is not told
  EXPECT_EQ(shown_to("suzuki", true, "880012"), csv.rows[1]);
  std::uint64_t seen = 0, sequence = 0;
  for (const auto& entry : world.entries_of(tenant)) {
    expect_without_numbers(csv, entry.text);
    const auto line = json::parse(entry.text).as_object();
    if (entry.number_seq != sequence) {
      EXPECT_TRUE(line.contains("individualNumberAccess"));  // gapless
      EXPECT_EQ(entry.number_seq, ++sequence);
    }
    if (!line.contains("records") || !line.contains("individualNumberAccess")) continue;
    const auto& access = line.at("individualNumberAccess").as_object();
    if (access.at("宛名番号") != "880011") continue;
    EXPECT_EQ(access.size(), 13u);
    EXPECT_EQ(access.at("備考").as_string(), "個人番号3件の表示");
    ++seen;
  }
  EXPECT_EQ(seen, 1u);
  // Only the subject's own number finds the row: those of others are theirs.
  EXPECT_FALSE(ask("sato", "jumin-kihon-daicho", "individualNumber", made_number(1)).refused);
  EXPECT_EQ(ask("sato", "jumin-kihon-daicho", "individualNumber", made_number(3)).refused, ErrorCode::NotFound);
}

TEST_F(AllFiles, ManyRowsOfOnePersonComeTableByTableInTheOrderOfTheirFileAndByCursor) {
  constexpr std::size_t kRows = 120;
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kRows; ++i) rows.push_back({{"宛名番号", "770001"}, {"termCode", std::to_string(i)}});
  const auto csv = csv_of("chihozei-shutaino", "taxTerm", rows);
  confirmed(csv);
  auto fields = question("sato", "chihozei-shutaino", "addresseeNumber", "770001");
  std::vector<std::vector<std::string>> told;
  std::size_t pages = 0;
  std::string cursor;
  do {
    const auto page = world.ask(Kind::Retrieve, fields);
    ASSERT_FALSE(page.refused) << page.text;
    const auto& records = page.body.at("records").as_array();
    EXPECT_LE(records.size(), limits::kRowsTold);
    for (const auto& record : records) told.push_back(values_of(record));
    const auto line = json::parse(world.log_of(tenant).back()).as_object();  // what was told is what was logged
    EXPECT_EQ(line.at("records").as_array().size(), records.size());
    cursor = page.member("cursor");
    if (!cursor.empty()) fields[FieldId::Cursor] = raw(cursor);
    ++pages;
  } while (!cursor.empty() && pages < 10);
  EXPECT_EQ(pages, 3u);
  EXPECT_EQ(told, csv.rows);
  fields[FieldId::Cursor] = std::string(16, 'x');
  const auto lost = world.ask(Kind::Retrieve, fields);
  EXPECT_EQ(lost.refused, ErrorCode::InvalidContent);
  EXPECT_EQ(lost.member("pointer"), "/cursor");
  // More rows of the same people may follow.
  confirmed(csv_of("chihozei-shutaino", "taxTerm", {{{"宛名番号", "770001"}, {"termCode", "new"}}}));
}

TEST_F(AllFiles, ASearchTellsOfNoMorePeopleThanASearchMay) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i <= limits::kMaxRetrievalHits; ++i) {
    rows.push_back({{"宛名番号", std::to_string(660000 + i)},
                    {"addresseeKanaName", "オナジ　ナマエ"},
                    {"addresseeBirthDate", "1970-01-01"}});
  }
  rows.push_back(
      {{"宛名番号", "660000"}, {"addresseeKanaName", "オナジ　ナマエ"}, {"addresseeBirthDate", "1970-01-02"}});
  confirmed(csv_of("jido-teate", "addressee", rows));
  auto fields = question("sato", "jido-teate", "kanaNameAndBirthDate", "ｵﾅｼﾞ");
  fields[FieldId::BirthDate] = "1970-01-01";
  EXPECT_EQ(world.ask(Kind::Retrieve, fields).refused, ErrorCode::TooMany);
  fields[FieldId::BirthDate] = "1970-01-02";
  EXPECT_FALSE(world.ask(Kind::Retrieve, fields).refused);
}

TEST_F(AllFiles, OnlyATableAboutNoPersonIsListed) {
  EXPECT_EQ(ask("sato", "jumin-kihon-daicho", "group", "resident").member("pointer"), "/searchKey/value");
  EXPECT_EQ(ask("sato", "jumin-kihon-daicho", "group", "nothing").refused, ErrorCode::InvalidContent);
  EXPECT_EQ(ask("sato", "chihozei-shutaino", "group", "taxTerm").refused, ErrorCode::InvalidContent);
}

TEST_F(AllFiles, TheTableMustBeNamedWhereThereAreSeveral) {
  const auto csv = csv_of("jido-teate", "child", {{{"宛名番号", "1"}}});
  const auto told = open("sato", csv, {.encoding = "UTF-8", .name_group = false});
  EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
  EXPECT_EQ(told.member("pointer"), "/group");
  EXPECT_EQ(told.body.at("groups").as_array().size(), 6u);
  const auto unknown = open("sato", csv, {.encoding = "Shift_JIS"});
  EXPECT_EQ(unknown.refused, ErrorCode::InvalidContent);
  EXPECT_EQ(unknown.member("pointer"), "/encoding");
}

TEST_F(AllFiles, TwoImportsAtOnceQuarrelOverATableNotOverAFile) {
  const auto child = csv_of("jido-teate", "child", {{{"宛名番号", "550001"}}});
  const auto revision = csv_of("jido-teate", "revision", {{{"宛名番号", "550001"}}});
  const auto first = import("sato", child);
  ASSERT_FALSE(first.refused) << first.text;
  const auto second = import("sato", revision);
  EXPECT_FALSE(second.refused) << second.text;
  EXPECT_EQ(import("sato", child).refused, ErrorCode::Conflict);
  EXPECT_FALSE(decide(first.member("importId"), "reject").refused);
  EXPECT_FALSE(decide(second.member("importId")).refused);
}

TEST_F(AllFiles, ASubjectOfATableOfOneRowIsKnownByCodeElseByNumberElseByAddressee) {
  struct Case {
    std::string file, group;
    Row row, same;
  };
  const std::vector<Case> cases{
      {"jumin-kihon-daicho",
       "resident",
       {{"宛名番号", "440001"}, {"residentRecordCode", made_resident_code(44)}},
       {{"宛名番号", "440099"}, {"residentRecordCode", made_resident_code(44)}}},
      {"kyufukin-shikyu-kanri-daicho",
       "numberLink",
       {{"宛名番号", "440002"}, {"individualNumber", made_number(44)}},
       {{"宛名番号", "440098"}, {"individualNumber", made_number(44)}}},
      {"kyufukin-shikyu-kanri-daicho", "tax", {{"宛名番号", "440003"}}, {{"宛名番号", "４４０００３"}}}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.group);
    confirmed(csv_of(one.file, one.group, {one.row}));
    const auto told = import("sato", csv_of(one.file, one.group, {one.same}));
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << told.text;
    EXPECT_EQ(told.body.at("findings").at(0).at("rule").as_string(), "subject-known");
    EXPECT_EQ(told.body.at("findings").at(0).at("row").as_int64(), 2);
  }
  // Known in one table is not known in another.
  confirmed(csv_of("kyufukin-shikyu-kanri-daicho", "resident", {{{"宛名番号", "440003"}}}));
}

TEST_F(AllFiles, AnImportGoesOnWhereTheVaultHasItAndIsOneImport) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < 40; ++i) rows.push_back({{"宛名番号", std::to_string(330000 + i)}});
  const auto csv = csv_of("jido-teate", "entitlement", rows);
  const ImportWish wish{.encoding = "EUC-JP-MS", .key = "resume-1", .resume = true};
  const auto bytes = in_encoding(csv.text, "EUC-JP-MS");
  const auto opened = open("sato", csv, wish);
  EXPECT_EQ(opened.body.at("received").as_int64(), 0);
  const auto id = opened.member("importId");
  ASSERT_FALSE(send("sato", id, std::string_view(bytes).substr(0, 1001), 0).refused);
  const auto again = open("sato", csv, wish);  // the client was lost
  EXPECT_EQ(again.member("importId"), id);
  EXPECT_EQ(again.body.at("received").as_int64(), 1001);
  const auto early = send("sato", id, "x", 7);
  EXPECT_EQ(early.refused, ErrorCode::Conflict);
  EXPECT_EQ(early.body.at("expectedOffset").as_int64(), 1001);
  ASSERT_FALSE(send("sato", id, std::string_view(bytes).substr(1001), 1001).refused);
  const auto closed = close("sato", id);
  ASSERT_FALSE(closed.refused) << closed.text;
  EXPECT_EQ(closed.body.at("accepted").as_int64(), 40);
  const auto done = open("sato", csv, wish);
  EXPECT_EQ(done.member("state"), "staged");
  EXPECT_FALSE(done.body.contains("received"));
  EXPECT_FALSE(decide(id).refused);
  // Without the wish the same key begins again from the first byte.
  const auto other = open("sato", csv, {.encoding = "UTF-8", .key = "resume-2"});
  ASSERT_FALSE(send("sato", other.member("importId"), csv.text.substr(0, 900), 0).refused);
  EXPECT_EQ(open("sato", csv, {.encoding = "UTF-8", .key = "resume-2"}).body.at("received").as_int64(), 0);
  ASSERT_FALSE(send("sato", other.member("importId"), csv.text, 0).refused);
  ASSERT_FALSE(close("sato", other.member("importId")).refused);
  EXPECT_FALSE(decide(other.member("importId"), "reject").refused);
}

TEST_F(AllFiles, ABadRowRefusesTheTableNamesItsPlaceAndTellsNoValue) {
  auto csv = csv_of("jumin-kihon-daicho", "integratedAddressee",
                    {{{"宛名番号", "320001"}, {"integratedFormerIndividualNumber", made_number(32)}}});
  const auto at = csv.text.find(made_number(32));
  csv.text[at + 11] = csv.text[at + 11] == '0' ? '1' : '0';
  const auto told = import("sato", csv, {.encoding = "CP932"});
  EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
  const auto& finding = told.body.at("findings").at(0);
  EXPECT_EQ(finding.at("rule").as_string(), "number.wrong-check-digit");
  EXPECT_EQ(finding.at("row").as_int64(), 2);
  EXPECT_EQ(finding.at("item").as_string(), "変更前個人番号");
  EXPECT_EQ(told.text.find(csv.text.substr(at, 11)), std::string::npos);
  for (const auto& line : world.log_of(tenant)) EXPECT_EQ(line.find(csv.text.substr(at, 11)), std::string::npos);
  const auto wrong = import("sato", csv_of("jido-teate", "child", {{{"宛名番号", "1"}}}), {.encoding = "UTF-8"});
  ASSERT_FALSE(wrong.refused);
  EXPECT_FALSE(decide(wrong.member("importId"), "reject").refused);
  auto declared = csv_of("jido-teate", "child", {{{"宛名番号", "1"}}});
  const auto opened = open("sato", declared, {.encoding = "EUC-JP-MS"});
  const auto refused = send("sato", opened.member("importId"), in_encoding(declared.text, "CP932"), 0);
  EXPECT_FALSE(refused.refused);  // the report comes with the close
  const auto closed = close("sato", opened.member("importId"));
  EXPECT_EQ(closed.refused, ErrorCode::InvalidContent);
}

TEST_F(AllFiles, OneRowOfAPersonIsErasedAloneAndItsNumberGoesWithTheLastRow) {
  world.enrol("eraser", tenant, "dataProtectionManager", "requestErasure,approveErasure,manageRetention");
  confirmed(csv_of("chihozei-shutaino", "taxTerm",
                   {{{"宛名番号", "310001"}, {"individualNumber", made_number(31)}, {"termCode", "1"}},
                    {{"宛名番号", "310001"}, {"individualNumber", made_number(31)}, {"termCode", "2"}}}));
  const auto ids = [&] {
    std::vector<std::string> out;
    const auto told = ask("sato", "chihozei-shutaino", "individualNumber", made_number(31));
    if (told.refused) return out;
    for (const auto& record : told.body.at("records").as_array()) out.emplace_back(record.at("recordId").as_string());
    return out;
  };
  const auto erase = [&](const std::string& record) {
    auto fields = at("sato", world.t1);
    fields[FieldId::File] = "chihozei-shutaino";
    fields[FieldId::RecordIds] = raw(record);
    for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Quantity, FieldId::Method, FieldId::Ground})
      fields[field] = "架空";
    fields[FieldId::PlannedDate] = "2026-12-01";
    const auto asked = world.ask(Kind::ErasureRequest, fields);
    EXPECT_FALSE(asked.refused) << asked.text;
    auto decision = at("eraser", world.t2);
    decision[FieldId::ErasureId] = raw(asked.member("erasureId"));
    decision[FieldId::Decision] = "approve";
    decision[FieldId::Code] = world.code("eraser");
    EXPECT_FALSE(world.ask(Kind::ErasureDecide, decision).refused);
    const auto ran = world.as_officers(Kind::BatchRun, {});
    EXPECT_FALSE(ran.refused) << ran.text;
    decision.erase(FieldId::Decision);
    decision.erase(FieldId::Code);
    return world.ask(Kind::ErasureShow, decision);
  };
  const auto by_id = [&](const std::string& record, const std::string& file) {
    auto fields = question("sato", file, "addresseeNumber", "1");
    fields.erase(FieldId::SearchKind);
    fields.erase(FieldId::SearchValue);
    fields[FieldId::RecordId] = raw(record);
    return world.ask(Kind::RetrieveRecord, fields).refused;
  };
  const auto both = ids();
  ASSERT_EQ(both.size(), 2u);
  const auto first = erase(both[0]);
  EXPECT_EQ(first.member("state"), "executed");
  EXPECT_EQ(first.member("recordFile"), "chihozei-shutaino");
  EXPECT_EQ(ids(), std::vector<std::string>{both[1]});
  EXPECT_EQ(by_id(both[0], "chihozei-shutaino"), ErrorCode::Erased);
  EXPECT_EQ(by_id(both[0], "jido-teate"), ErrorCode::NotFound);  // of another file nothing is told
  erase(both[1]);
  EXPECT_TRUE(ids().empty());
  auto* store = world.parts().tenants.open(world.tenant(tenant)).value();
  const auto token = store->number_token(view_of(made_number(31)));
  EXPECT_FALSE(store->get({generations::TableId::Addressees, copy_of(token)}).value().has_value());  // promise 5
}

TEST_F(AllFiles, WhoeverIsNotInTheBasicRegisterStandsInTheConsistencyReport) {
  const auto person = [](std::uint64_t index) {
    return Row{{"宛名番号", std::to_string(index)},
               {"residentRecordCode", made_resident_code(index)},
               {"individualNumber", made_number(index)}};
  };
  confirmed(csv_of("jumin-kihon-daicho", "resident", {person(46001)}));
  const auto group = definitions.find("honnin-kakunin-joho")->groups().front().key;
  confirmed(csv_of("honnin-kakunin-joho", group, {person(46001), person(46002)}));
  const auto record_of = [&](std::uint64_t index) {
    const auto told = ask("sato", "honnin-kakunin-joho", "individualNumber", made_number(index));
    return std::string(told.body.at("records").at(0).at("recordId").as_string());
  };
  std::set<std::string> missing;
  auto fields = at("kato", world.t2);
  for (bool more = true; more;) {
    const auto told = world.ask(Kind::LinkingReport, fields);
    ASSERT_FALSE(told.refused) << told.text;
    for (const auto& finding : told.body.at("findings").as_array()) {
      if (finding.at("kind").as_string() != "not-in-other-file") continue;
      if (finding.at("recordFile").as_string() != "honnin-kakunin-joho") continue;
      for (const auto& id : finding.at("recordIds").as_array()) missing.emplace(id.as_string());
    }
    more = told.body.contains("cursor");
    if (more) fields[FieldId::ReportCursor] = told.member("cursor");
  }
  EXPECT_TRUE(missing.contains(record_of(46002)));
  EXPECT_FALSE(missing.contains(record_of(46001)));
}

}  // namespace
}  // namespace shosoin::test
