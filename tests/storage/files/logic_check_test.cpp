#include <gtest/gtest.h>

#include "storage/files/amendment.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

// One table of four items; `checks` is what a test is about.
json::object definition_with(json::array checks) {
  return json::object{
      {"format", 3},
      {"key", "test-file"},
      {"version", 1},
      {"name", "試験ファイル"},
      {"nameEn", "Test file"},
      {"source", "none"},
      {"checks", std::move(checks)},
      {"items",
       json::array{
           {{"no", "1"},
            {"key", "code"},
            {"name", "住民票コード"},
            {"type", "number"},
            {"maxLength", 11},
            {"mayLeave", false},
            {"role", "residentRecordCode"},
            {"check", "residentRecordCode"},
            {"required", true}},
           {{"no", "2"},
            {"key", "reason"},
            {"name", "異動事由"},
            {"type", "text"},
            {"maxLength", 4},
            {"mayLeave", true}},
           {{"no", "3"}, {"key", "from"}, {"name", "開始日"}, {"type", "date"}, {"maxLength", 12}, {"mayLeave", true}},
           {{"no", "4"}, {"key", "until"}, {"name", "終了日"}, {"type", "date"}, {"maxLength", 12}, {"mayLeave", true}},
           {{"no", "5"},
            {"key", "number"},
            {"name", "個人番号"},
            {"type", "number"},
            {"maxLength", 12},
            {"mayLeave", false},
            {"role", "individualNumber"},
            {"check", "individualNumber"}},
           {{"no", "6"}, {"key", "kind"}, {"name", "区分"}, {"type", "code"}, {"maxLength", 1}, {"mayLeave", true}}}}};
}
json::object check_of(json::object rule) {
  rule["key"] = "rule";
  rule["source"] = "D-11";
  rule["ja"] = "だめです。";
  rule["en"] = "No.";
  return rule;
}
json::object when(std::string_view value) { return {{"item", "reason"}, {"in", json::array{value}}}; }
Definition load(json::array checks) {
  DefinitionFault fault;
  auto loaded = Definition::load(json::serialize(definition_with(std::move(checks))), &fault);
  EXPECT_TRUE(loaded) << fault.pointer << ": " << fault.message.en;
  return std::move(loaded).value();
}
std::string refused(const json::object& definition) {
  DefinitionFault fault;
  const auto loaded = Definition::load(json::serialize(definition), &fault);
  EXPECT_TRUE(!loaded && loaded.error().code() == ErrorCode::InvalidContent);
  EXPECT_FALSE(fault.message.ja.empty());
  EXPECT_FALSE(fault.message.en.empty());
  return fault.pointer;
}
std::string refused_rule(json::object rule) { return refused(definition_with({check_of(std::move(rule))})); }

struct Row {
  std::string reason{}, from{}, until{}, number{}, kind{};
};
struct Told {
  std::vector<std::string> items;
  bool change = false;
  Finding last;
};
std::string line_of(const Row& row) {
  return "12345678903," + row.reason + "," + row.from + "," + row.until + "," + row.number + "," + row.kind + "\r\n";
}
// The row through the importer, with this row of the subject confirmed.
Told run(const Definition& definition, const Row& row, std::optional<SubjectRow> known = std::nullopt) {
  auto importer = Importer::create(definition, tenant(), {}).value();
  std::size_t asked = 0;
  importer.look_up_subjects([&](const RecordInput&) -> Result<std::optional<SubjectRow>> {
    EXPECT_EQ(++asked, 1u);  // once for a row, whatever the checks ask
    return known;
  });
  Told told;
  const auto sink = [&](const ImportedRow& taken) -> Result<void> {
    told.change = taken.changes_subject;
    return success();
  };
  const auto csv = "住民票コード,異動事由,開始日,終了日,個人番号,区分\r\n" + line_of(row);
  EXPECT_TRUE(importer.feed(view_of(csv), sink));
  const auto report = importer.finish(sink).value();
  for (const auto& finding : report.problems) {
    EXPECT_EQ(finding.rule, RuleId::LogicCheck);
    EXPECT_EQ(finding.row, 2u);
    told.items.push_back(finding.item);
    told.last = finding;
  }
  EXPECT_EQ(report.verdict, told.items.empty() ? Verdict::Accepted : Verdict::Refused);
  return told;
}
const std::vector<std::string> kNone;
std::vector<std::string> only(std::string item) { return {std::move(item)}; }
SubjectRow known_row(const Row& row) {
  SubjectRow known{{"12345678903", row.reason, row.from, row.until, "", row.kind}};
  if (!row.number.empty()) known.individual_number = IndividualNumber::parse(row.number).value();
  return known;
}

TEST(LogicCheck, AnItemIsRequiredOnlyWhereAnotherHoldsOneOfTheValues) {
  const auto definition = load({check_of({{"when", when("転入")}, {"required", json::array{"from", "number"}}})});
  EXPECT_EQ(run(definition, {.reason = "転入", .from = "2024-04-01", .number = "123456789018"}).items, kNone);
  EXPECT_EQ(run(definition, {.reason = "出生"}).items, kNone);
  EXPECT_EQ(run(definition, {.reason = "転入", .from = "2024-04-01"}).items, only("個人番号"));
  EXPECT_EQ(run(definition, {.reason = "転入", .number = "123456789018"}).items, only("開始日"));
}
TEST(LogicCheck, TheMessageIsTheDefinitionsWithRowColumnAndItemAndNoValue) {
  const auto definition = load({check_of({{"when", when("転入")}, {"required", json::array{"from"}}})});
  const auto told = run(definition, {.reason = "転入", .number = "123456789018"});
  EXPECT_EQ(told.last.check, "rule");
  EXPECT_EQ(told.last.column, 3u);
  EXPECT_EQ(render(told.last).ja, "2行目 3列目「開始日」: だめです。");
  EXPECT_EQ(render(told.last).en, "row 2, column 3 (開始日): No.");
}
TEST(LogicCheck, AConditionMayAskOnlyWhetherAnItemIsFilled) {
  const json::object filled{{"item", "from"}, {"filled", true}};
  const auto definition = load({check_of({{"when", filled}, {"required", json::array{"until"}}})});
  EXPECT_EQ(run(definition, {}).items, kNone);
  EXPECT_EQ(run(definition, {.from = "2024-04-01"}).items, only("終了日"));
}
TEST(LogicCheck, DatesRunForwardsAsFarAsTheyAreKnown) {
  const auto definition = load({check_of({{"inOrder", json::array{"from", "until"}}})});
  EXPECT_EQ(run(definition, {.from = "2024-04-01", .until = "2024-04-01"}).items, kNone);
  EXPECT_EQ(run(definition, {.from = "2024-04-02", .until = "2024-04-01"}).items, only("終了日"));
  EXPECT_EQ(run(definition, {.from = "令和6-04-02", .until = "20240401"}).items, only("終了日"));
  EXPECT_EQ(run(definition, {.from = "2024-04-02", .until = "2024-04-00"}).items, kNone);  // the day is unknown
  EXPECT_EQ(run(definition, {.from = "2024-05-00", .until = "2024-04-00"}).items, only("終了日"));
  EXPECT_EQ(run(definition, {.from = "0000-00-00", .until = "1950-04-01"}).items, kNone);
  EXPECT_EQ(run(definition, {.until = "1950-04-01"}).items, kNone);
}
TEST(LogicCheck, AValueStandsAmongTheListedOnesOrIsEmpty) {
  const auto definition = load({check_of({{"oneOf", json::object{{"item", "kind"}, {"in", json::array{"1", "2"}}}}})});
  EXPECT_EQ(run(definition, {.kind = "2"}).items, kNone);
  EXPECT_EQ(run(definition, {}).items, kNone);
  EXPECT_EQ(run(definition, {.kind = "3"}).items, only("区分"));
}
TEST(LogicCheck, WhoExistsCannotMoveInUnlessTheRowSaysGone) {
  const auto definition = load({check_of({{"when", when("転入")}, {"subject", "absent"}, {"goneWhen", when("転出")}})});
  EXPECT_EQ(run(definition, {.reason = "転入"}).items, kNone);
  EXPECT_FALSE(run(definition, {.reason = "転入"}).change);
  EXPECT_EQ(run(definition, {.reason = "転入"}, known_row({.reason = "転居"})).items, only("異動事由"));
  const auto back = run(definition, {.reason = "転入"}, known_row({.reason = "転出"}));
  EXPECT_EQ(back.items, kNone);
  EXPECT_TRUE(back.change);  // the same record, a new version
}
TEST(LogicCheck, WhoDoesNotExistCannotBeChanged) {
  const auto definition = load({check_of({{"when", when("転居")}, {"subject", "exists"}, {"goneWhen", when("転出")}})});
  EXPECT_EQ(run(definition, {.reason = "転居"}).items, only("異動事由"));
  EXPECT_EQ(run(definition, {.reason = "転居"}, known_row({.reason = "転出"})).items, only("異動事由"));
  const auto moved = run(definition, {.reason = "転居"}, known_row({.reason = "転入"}));
  EXPECT_EQ(moved.items, kNone);
  EXPECT_TRUE(moved.change);
  EXPECT_FALSE(run(definition, {.reason = "出生"}, known_row({.reason = "転入"})).change);  // no check speaks of it
}
TEST(LogicCheck, AMoveChangesTheListedItemsAndNothingElse) {
  const auto definition = load({check_of({{"when", when("転居")}, {"changesOnly", json::array{"reason", "until"}}})});
  const Row before{.reason = "転入", .from = "2024-04-01", .number = "123456789018", .kind = "1"};
  Row after = before;
  after.reason = "転居";
  after.until = "2025-04-01";
  EXPECT_EQ(run(definition, after, known_row(before)).items, kNone);
  EXPECT_EQ(run(definition, after).items, kNone);  // nobody to compare with
  auto other = after;
  other.kind = "2";
  EXPECT_EQ(run(definition, other, known_row(before)).items, only("区分"));
  other = after;
  other.from = "20240401";  // the same day, written otherwise
  EXPECT_EQ(run(definition, other, known_row(before)).items, kNone);
  other = after;
  other.number.clear();
  EXPECT_EQ(run(definition, other, known_row(before)).items, only("個人番号"));
  other.number = "100000003080";
  EXPECT_EQ(run(definition, other, known_row(before)).items, only("個人番号"));
}
TEST(LogicCheck, ARowWhoseValuesAreRefusedIsNotJudgedAgain) {
  const auto definition = load({check_of({{"when", when("転入")}, {"required", json::array{"until"}}})});
  auto importer = Importer::create(definition, tenant(), {}).value();
  const auto sink = [](const ImportedRow&) -> Result<void> { return success(); };
  const auto csv =
      "住民票コード,異動事由,開始日,終了日,個人番号,区分\r\n" + line_of({.reason = "転入", .from = "2023-02-30"});
  EXPECT_TRUE(importer.feed(view_of(csv), sink));
  const auto report = importer.finish(sink).value();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_EQ(report.problems[0].rule, RuleId::NoSuchDay);
}
TEST(LogicCheck, ALookupThatFailsEndsTheImport) {
  const auto definition = load({check_of({{"when", when("転入")}, {"subject", "absent"}})});
  auto importer = Importer::create(definition, tenant(), {}).value();
  importer.look_up_subjects([](const RecordInput&) -> Result<std::optional<SubjectRow>> {
    return Error{ErrorCode::Integrity, "look for a subject in this test"};
  });
  const auto sink = [](const ImportedRow&) -> Result<void> { return success(); };
  const auto csv = "住民票コード,異動事由,開始日,終了日,個人番号,区分\r\n" + line_of({.reason = "転入"});
  const auto fed = importer.feed(view_of(csv), sink);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code(), ErrorCode::Integrity);
  EXPECT_FALSE(importer.finish(sink));
}

TEST(LogicCheckDefinition, EveryRefusalHasItsPointer) {
  const auto in = [](std::string_view item, json::array values) {
    return json::object{{"item", item}, {"in", std::move(values)}};
  };
  EXPECT_EQ(refused_rule({{"subject", "exists"}, {"colour", 1}}), "/checks/0/colour");
  EXPECT_EQ(refused_rule(json::object{}), "/checks/0");
  EXPECT_EQ(refused_rule({{"subject", "exists"}, {"inOrder", json::array{"from", "until"}}}), "/checks/0");
  EXPECT_EQ(refused_rule({{"subject", "perhaps"}}), "/checks/0/subject");
  EXPECT_EQ(refused_rule({{"subject", "exists"}, {"group", "main"}}), "/checks/0/group");
  EXPECT_EQ(refused_rule({{"required", json::array{"from"}}}), "/checks/0/when");
  EXPECT_EQ(refused_rule({{"changesOnly", json::array{"from"}}}), "/checks/0/when");
  EXPECT_EQ(refused_rule({{"when", when("転入")}, {"required", json::array{"code"}}}), "/checks/0/required/0");
  EXPECT_EQ(refused_rule({{"when", when("転入")}, {"required", json::array{"from", "from"}}}), "/checks/0/required/1");
  EXPECT_EQ(refused_rule({{"when", when("転入")}, {"required", json::array{"nowhere"}}}), "/checks/0/required/0");
  EXPECT_EQ(refused_rule({{"when", when("転入")}, {"required", json::array{}}}), "/checks/0/required");
  EXPECT_EQ(refused_rule({{"inOrder", json::array{"from"}}}), "/checks/0/inOrder");
  EXPECT_EQ(refused_rule({{"inOrder", json::array{"from", "kind"}}}), "/checks/0/inOrder");
  EXPECT_EQ(refused_rule({{"oneOf", in("kind", {"12"})}}), "/checks/0/oneOf/in/0");  // longer than the item
  EXPECT_EQ(refused_rule({{"oneOf", in("kind", {"1", "1"})}}), "/checks/0/oneOf/in/1");
  EXPECT_EQ(refused_rule({{"oneOf", in("kind", {1})}}), "/checks/0/oneOf/in/0");
  EXPECT_EQ(refused_rule({{"oneOf", in("kind", {"転"})}}), "/checks/0/oneOf/in/0");          // no code
  EXPECT_EQ(refused_rule({{"oneOf", in("from", {"2024-04-01"})}}), "/checks/0/oneOf/in/0");  // a date is not listed
  EXPECT_EQ(refused_rule({{"oneOf", in("number", {"123456789018"})}}), "/checks/0/oneOf/item");
  EXPECT_EQ(refused_rule({{"when", in("number", {"1"})}, {"subject", "exists"}}), "/checks/0/when/item");
  EXPECT_EQ(refused_rule({{"when", "転入"}, {"subject", "exists"}}), "/checks/0/when");
  EXPECT_EQ(refused_rule({{"when", json::object{{"item", "reason"}}}, {"subject", "exists"}}), "/checks/0/when");
  EXPECT_EQ(refused_rule({{"when", json::object{{"item", "reason"}, {"filled", false}}}, {"subject", "exists"}}),
            "/checks/0/when/filled");
  EXPECT_EQ(refused_rule({{"inOrder", json::array{"from", "until"}}, {"goneWhen", when("転出")}}),
            "/checks/0/goneWhen");
}
TEST(LogicCheckDefinition, MessagesSourceAndKeyAreRequired) {
  for (const auto* member : {"key", "source", "ja", "en"}) {
    auto check = check_of({{"subject", "exists"}});
    check.erase(member);
    EXPECT_EQ(refused(definition_with({check})), std::string("/checks/0/") + member);
  }
  const auto check = check_of({{"subject", "exists"}});
  EXPECT_EQ(refused(definition_with({check, check})), "/checks/1/key");
  EXPECT_EQ(refused(definition_with({"check"})), "/checks/0");
  EXPECT_EQ(refused(definition_with({})), "/checks");
  EXPECT_EQ(refused(definition_with(json::array(65, check))), "/checks");
}
TEST(LogicCheckDefinition, TwoChecksThatNoRowCouldMeetAreRefused) {
  auto first = check_of({{"when", when("転入")}, {"subject", "absent"}});
  auto second = check_of({{"when", when("転入")}, {"subject", "exists"}});
  second["key"] = "other";
  EXPECT_EQ(refused(definition_with({first, second})), "/checks/1/subject");
  second.erase("when");
  EXPECT_EQ(refused(definition_with({first, second})), "/checks/1/subject");
  second["when"] = when("転居");
  load({first, second});
}
TEST(LogicCheckDefinition, ASubjectNeedsATableThatNamesItOnce) {
  auto definition = definition_with({check_of({{"subject", "exists"}})});
  auto& code = definition["items"].as_array()[0].as_object();
  code.erase("role");
  EXPECT_EQ(refused(definition), "/checks/0/subject");

  auto grouped = definition_with({check_of({{"subject", "exists"}})});
  grouped["groups"] = json::array{{{"key", "history"}, {"rows", "many"}}};
  for (auto& item : grouped["items"].as_array()) item.as_object()["group"] = "history";
  auto& check = grouped["checks"].as_array()[0].as_object();
  EXPECT_EQ(refused(grouped), "/checks/0/group");
  check["group"] = "elsewhere";
  EXPECT_EQ(refused(grouped), "/checks/0/group");
  check["group"] = "history";
  EXPECT_EQ(refused(grouped), "/checks/0/subject");
  grouped["groups"].as_array()[0].as_object()["rows"] = "one";
  EXPECT_TRUE(Definition::load(json::serialize(grouped)));
}
TEST(LogicCheckDefinition, EarlierFormatsKnowNoChecks) {
  auto definition = definition_with({check_of({{"subject", "exists"}})});
  for (const int format : {1, 2}) {
    definition["format"] = format;
    EXPECT_EQ(refused(definition), "/checks");
  }
  definition["format"] = 4;
  EXPECT_EQ(refused(definition), "/format");
}
TEST(LogicCheckDefinition, KnowsExactlyTheMembersOfTheSchema) {
  const auto schema =
      json::parse(read_source_file("storage/files/definitions/record-file-definition.schema.json")).as_object();
  const auto& members = schema.at("$defs").at("check").at("properties").as_object();
  EXPECT_EQ(members.size(), 12u);
  for (const auto& member : members) {  // a value of no type is refused, and not as unknown
    auto check = check_of({{"subject", "exists"}});
    check[member.key()] = json::object{};
    DefinitionFault fault;
    EXPECT_FALSE(Definition::load(json::serialize(definition_with({check})), &fault)) << member.key();
    EXPECT_NE(fault.message.en, "Unknown member.") << member.key();
  }
  EXPECT_EQ(schema.at("properties").at("checks").at("maxItems").as_int64(), 64);
}

TEST(LogicCheckAmendment, ChecksComeChangeAndGoAndEachIsTold) {
  const auto version = [](int number, json::array checks) {
    auto definition = definition_with(std::move(checks));
    if (definition["checks"].as_array().empty()) definition.erase("checks");
    definition["version"] = number;
    return Definition::load(json::serialize(definition)).value();
  };
  const auto rules = [](const Definition& older, const Definition& newer) {
    const auto amendment = compare(older, newer);
    EXPECT_TRUE(amendment.allowed());
    std::vector<std::string> out;
    for (const auto& change : amendment.changes)
      out.push_back(std::string(amendment_rule(change.rule).slug) + " " + change.pointer);
    return out;
  };
  const auto check = check_of({{"when", when("転入")}, {"subject", "absent"}});
  auto other = check;
  other["when"] = when("01");
  EXPECT_EQ(rules(version(1, {}), version(2, {check})), only("logic-check-added /checks/0"));
  EXPECT_EQ(rules(version(1, {check}), version(2, {other})), only("logic-check-changed /checks/0"));
  EXPECT_EQ(rules(version(1, {check}), version(2, {})), only("logic-check-removed /checks/0"));
  EXPECT_EQ(rules(version(1, {check}), version(2, {check})), kNone);
  other = check;
  other["en"] = "Not so.";
  EXPECT_EQ(rules(version(1, {check}), version(2, {other})), only("logic-check-changed /checks/0"));
}

TEST(ShippedChecks, AResidentWhoExistsCannotMoveInAndAMoveChangesOnlyTheAddress) {  // D-11
  const auto set = DefinitionSet::embedded().value();
  for (const auto* key : {"jumin-kihon-daicho", "honnin-kakunin-joho"}) {
    std::vector<std::string> keys;
    for (const auto& check : set.find(key)->checks()) {
      keys.push_back(check.key);
      EXPECT_NE(check.source.find("003"), std::string::npos);
    }
    EXPECT_EQ(keys, (std::vector<std::string>{"noMoveInOfResident", "changeNeedsResident", "moveChangesOnlyAddress"}))
        << key;
  }
  EXPECT_TRUE(set.find("sofusaki-joho")->checks().empty());  // the seed states none for it
}
TEST(ShippedChecks, RefuseTheTwoExamplesOfTheSeed) {  // D-11
  const auto told = [](const Changes& before, const Changes& after) {
    auto importer = Importer::create(honnin(), tenant(), {}).value();
    SubjectRow known{std::vector<std::string>(honnin().items().size()),
                     IndividualNumber::parse(sample_person()["individualNumber"]).value()};
    auto person = sample_person();
    for (const auto& [key, value] : before) person[key] = value;
    for (const auto& [key, value] : person) {
      if (key != "individualNumber") known.values[index_of_key(key)] = value;
    }
    importer.look_up_subjects([&](const RecordInput&) -> Result<std::optional<SubjectRow>> { return known; });
    const auto sink = [](const ImportedRow&) -> Result<void> { return success(); };
    const auto csv = header_line() + row_line(after);
    EXPECT_TRUE(importer.feed(view_of(csv), sink));
    std::vector<std::string> out;
    const auto report = importer.finish(sink).value();
    for (const auto& finding : report.problems)
      out.push_back(finding.check + " " + finding.item);
    return out;
  };
  EXPECT_EQ(told({}, {{"changeReason", "転入"}}), only("noMoveInOfResident 異動事由"));
  const Changes move{{"changeReason", "転居"}, {"address", "東京都小金井市前原町1-1"}, {"changeDate", "2026-10-01"}};
  EXPECT_EQ(told({}, move), kNone);
  auto more = move;
  more["kanjiName"] = "高橋　花子";
  EXPECT_EQ(told({}, more), only("moveChangesOnlyAddress 漢字氏名"));
  EXPECT_EQ(told({{"changeReason", "転出"}}, move), only("changeNeedsResident 異動事由"));
  EXPECT_EQ(told({{"changeReason", "転出"}}, {{"changeReason", "転入"}}), kNone);
}

}  // namespace
}  // namespace shosoin::files
