// Rows with 外字: accepted rows are staged, the others wait for 文字同定 with the bytes as they came; one person says
// what the characters are, another confirms (domain notes, section 2; D-03, D-19). And the 変換記録.
#include "admin-api/service/records/quarantine.h"

#include <atomic>
#include <set>

#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/holds.h"
#include "firmware/base/power.h"
#include "storage/files/source_values.h"
#include "storage/files/stored_row.h"
#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/tables_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using generations::TableId;

class Quarantine : public TablesWorld {
 protected:
  static constexpr std::string_view kFile = "jumin-kihon-daicho";
  const std::string gaiji = "\uE000", ivs = "葛\U000E01EF";

  Row resident(std::uint64_t index, const std::string& name) {
    return {{"宛名番号", std::to_string(index)},
            {"residentRecordCode", made_resident_code(index)},
            {"individualNumber", made_number(index)},
            {"kanjiName", name},
            {"kanaName", "ガイジ　タロウ"}};
  }
  Told list(const std::string& import, const std::string& id = "sato") {
    auto fields = at(id, id == "kato" ? world.t2 : world.t1);
    fields[FieldId::ImportId] = raw(import);
    return world.ask(Kind::QuarantineList, fields);
  }
  Told identify(const std::string& import, const std::string& record, const std::string& item, const std::string& value,
                const std::string& id = "sato") {
    auto fields = at(id, world.t1);
    fields[FieldId::ImportId] = raw(import);
    fields[FieldId::RecordId] = raw(record);
    fields[FieldId::ItemKey] = item;
    fields[FieldId::Value] = value;
    return world.ask(Kind::Identify, fields);
  }
  Told settle(const std::string& import, const std::string& record, const std::string& decision,
              const std::string& id = "kato", const std::string& terminal = std::string(32, '\2')) {
    auto fields = at(id, terminal);
    fields[FieldId::ImportId] = raw(import);
    fields[FieldId::RecordId] = raw(record);
    fields[FieldId::Decision] = decision;
    fields[FieldId::Code] = world.code(id);
    return world.ask(Kind::IdentificationDecide, fields);
  }
  Told conversions_of(const std::string& import, std::uint64_t after) {
    auto fields = at("kato", world.t2);
    fields[FieldId::ImportId] = raw(import);
    fields[FieldId::Offset] = std::string(text_of(be(after)));
    return world.ask(Kind::ConversionList, fields);
  }
  std::set<std::int64_t> converted_rows(const std::string& import) {
    std::set<std::int64_t> rows;
    const auto told = conversions_of(import, 0);
    for (const auto& one : told.body.at("conversions").as_array()) rows.insert(one.at("row").as_int64());
    return rows;
  }
  std::string record_at(const Told& listed, std::int64_t row) {
    for (const auto& one : listed.body.at("rows").as_array()) {
      if (one.at("row").as_int64() == row) return std::string(one.at("recordId").as_string());
    }
    return {};
  }
  generations::RecordEntry entry_of(const std::string& record) {
    auto* store = world.parts().tenants.open(world.tenant(tenant)).value();
    return generations::decode_record_entry(*store->get({TableId::Records, from_hex(record).value()}).value()).value();
  }
  generations::TenantStore& store() { return *world.parts().tenants.open(world.tenant(tenant)).value(); }
};

TEST_F(Quarantine, ARowWithGaijiWaitsIsIdentifiedByOneConfirmedByAnotherAndKeepsItsBytes) {
  auto csv = csv_of(kFile, "resident", {resident(910001, "架空一郎"), resident(910002, gaiji + "田　太" + gaiji)});
  const auto told = import("sato", csv, {.encoding = "CP932"});
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.member("state"), "staged");
  EXPECT_EQ(told.body.at("accepted").as_int64(), 1);
  EXPECT_EQ(told.body.at("quarantined").as_int64(), 1);
  EXPECT_EQ(told.body.at("byRule").at("character.vendor-private-use").as_int64(), 1);
  const auto import = told.member("importId");
  ASSERT_FALSE(decide(import).refused);
  // The accepted one is there, the other is not - by no key and not by its id.
  EXPECT_FALSE(ask("sato", kFile, "addresseeNumber", "910001").refused);
  EXPECT_EQ(ask("sato", kFile, "addresseeNumber", "910002").refused, ErrorCode::NotFound);
  EXPECT_EQ(ask("sato", kFile, "individualNumber", made_number(910002)).refused, ErrorCode::NotFound);
  const auto listed = list(import);
  ASSERT_FALSE(listed.refused) << listed.text;
  ASSERT_EQ(listed.body.at("rows").as_array().size(), 1u);
  const auto& row = listed.body.at("rows").at(0);
  EXPECT_EQ(row.at("row").as_int64(), 3);
  EXPECT_EQ(row.at("state").as_string(), "waiting");
  const auto& item = row.at("items").at(0);
  EXPECT_EQ(item.at("key").as_string(), "kanjiName");
  EXPECT_EQ(item.at("name").as_string(), "漢字氏名");
  EXPECT_EQ(item.at("doubtful"), json::parse(R"([{"position":1,"codePoints":["U+E000"]},
                                                 {"position":5,"codePoints":["U+E000"]}])"));
  EXPECT_EQ(listed.text.find("田"), std::string::npos);  // places and code points, nothing of the value
  EXPECT_EQ(listed.text.find(made_number(910002)), std::string::npos);
  const auto record = record_at(listed, 3);
  auto by_id = question("sato", kFile, "addresseeNumber", "1");
  by_id.erase(FieldId::SearchKind);
  by_id.erase(FieldId::SearchValue);
  by_id[FieldId::RecordId] = raw(record);
  EXPECT_EQ(world.ask(Kind::RetrieveRecord, by_id).refused, ErrorCode::NotFound);

  const auto said = identify(import, record, "kanjiName", "𠮷田　太\u9AD9");
  ASSERT_FALSE(said.refused) << said.text;
  EXPECT_EQ(said.member("state"), "proposed");
  EXPECT_EQ(ask("sato", kFile, "addresseeNumber", "910002").refused, ErrorCode::NotFound);
  EXPECT_EQ(settle(import, record, "approve", "sato").refused, ErrorCode::NotPermitted);
  EXPECT_EQ(settle(import, record, "approve", "kato", world.t1).refused, ErrorCode::SamePerson);  // the same terminal
  const auto before = entry_of(record);
  const auto settled = settle(import, record, "approve");
  ASSERT_FALSE(settled.refused) << settled.text;
  EXPECT_EQ(settled.member("state"), "identified");
  auto values = csv.rows[1];
  const auto at_name = csv.definition.index_of(files::ItemRole::Name, csv.group).value();
  values[at_name] = "𠮷田　太\u9AD9";
  values[csv.definition.index_of(files::ItemRole::IndividualNumber, csv.group).value()] = "************";
  const auto seen = ask("sato", kFile, "addresseeNumber", "910002");
  ASSERT_FALSE(seen.refused) << seen.text;
  EXPECT_EQ(values_of(seen.body.at("records").at(0)), values);
  EXPECT_EQ(seen.body.at("records").at(0).at("version").as_int64(), 1);
  // The bytes as they came stay with the record; its earlier row is gone.
  const auto after = entry_of(record);
  EXPECT_EQ(after.identification, generations::Identification::Identified);
  const auto sources = files::decode_sources(store().read_row(after.source.id, after.source.key).value()).value();
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(text_of(sources[0].bytes), in_encoding(gaiji + "田　太" + gaiji, "CP932"));
  EXPECT_FALSE(store().read_row(before.record.id, before.record.key));
  EXPECT_EQ(settle(import, record, "approve").refused, ErrorCode::Conflict);
  EXPECT_EQ(identify(import, record, "kanjiName", "田").refused, ErrorCode::Conflict);
  bool logged = false;
  for (const auto& line : world.log_of(tenant)) {
    EXPECT_EQ(line.find(made_number(910002)), std::string::npos);
    if (line.find("identification-decide") == std::string::npos || line.find(record) == std::string::npos) continue;
    const auto text = json::parse(line).as_object();
    if (text.at("result") != "ok") continue;
    EXPECT_EQ(text.at("changes").at(0).at("places"),
              json::parse(R"([{"position":1,"codePoints":["U+E000"],"identifiedAs":["U+20BB7"]},
                              {"position":5,"codePoints":["U+E000"],"identifiedAs":["U+9AD9"]}])"));
    logged = true;
  }
  EXPECT_TRUE(logged);
}

TEST_F(Quarantine, AnIdentificationChangesNothingButWhatIsDoubtfulAndNothingAnImportWouldRefuse) {
  const auto csv = csv_of(kFile, "resident", {resident(920001, "甲" + ivs + "乙")});
  const auto import_id = confirmed(csv);
  const auto record = record_at(list(import_id), 2);
  struct Case {
    std::string item, value, pointer;
  };
  for (const auto& one :
       {Case{"kanjiName", "丙葛\U000E0102乙", "/value"},          // another character besides
        Case{"kanjiName", "甲乙", "/value"},                      // left out
        Case{"kanjiName", "甲" + ivs + "乙", "/value"},           // still doubtful
        Case{"kanjiName", "甲\uE001乙", "/value"},                // as doubtful
        Case{"kanjiName", "甲あいうえおかきくけこ乙", "/value"},  // a text in the place of a character
        Case{"kanaName", "ガイジ", "/item"},                      // nothing doubtful there
        Case{"individualNumber", made_number(5), "/item"}, Case{"nothing", "x", "/item"}}) {
    const auto told = identify(import_id, record, one.item, one.value);
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << one.value;
    EXPECT_EQ(told.member("pointer"), one.pointer) << one.value;
  }
  EXPECT_EQ(settle(import_id, record, "approve").refused, ErrorCode::Conflict);  // nothing is proposed
  EXPECT_FALSE(identify(import_id, record, "kanjiName", "甲葛\U000E0102乙").refused);
  // Sent back: it waits again, without what was said; then another says it.
  const auto back = settle(import_id, record, "reject");
  EXPECT_EQ(back.member("state"), "waiting");
  EXPECT_EQ(back.text.find("identifiedAs"), std::string::npos);
  EXPECT_FALSE(identify(import_id, record, "kanjiName", "甲葛乙", "suzuki").refused);
  EXPECT_EQ(settle(import_id, record, "approve").member("state"), "identified");
  EXPECT_FALSE(ask("sato", kFile, "addresseeNumber", "920001").refused);
}

TEST_F(Quarantine, KanaThatIsIdentifiedIsFoundByItsNewNameAndNotByTheOld) {
  auto row = resident(930001, "仮名");
  row["kanaName"] = "カナ" + gaiji + "タロウ";
  row["birthDate"] = "1961-03-04";
  const auto import_id = confirmed(csv_of(kFile, "resident", {row}));
  const auto record = record_at(list(import_id), 2);
  ASSERT_FALSE(identify(import_id, record, "kanaName", "カナヱタロウ").refused);
  ASSERT_FALSE(settle(import_id, record, "approve").refused);
  auto fields = question("sato", kFile, "kanaNameAndBirthDate", "カナヱタロウ");
  fields[FieldId::BirthDate] = "1961-03-04";
  EXPECT_FALSE(world.ask(Kind::Retrieve, fields).refused);
  std::size_t keys = 0;
  const auto id = from_hex(record).value();
  EXPECT_TRUE(store().scan(TableId::SearchKeys, Bytes{4}, [&](const generations::Entry& entry) {
    keys += std::equal(id.begin(), id.end(), entry.key.bytes.end() - 16) ? 1 : 0;
    return true;
  }));
  EXPECT_EQ(keys, 1u);
}

TEST_F(Quarantine, WhatNobodyCanIdentifyIsRejectedByAnotherPersonAndLeavesWithTheNextBatch) {
  auto unknown = resident(940001, gaiji), known = resident(940002, "乙");
  unknown["kanaName"] = "ｱｵｷ";
  known["kanaName"] = "ｱｵｷ";
  const auto csv = csv_of(kFile, "resident", {unknown, known});
  const auto import_id = confirmed(csv);
  const auto record = record_at(list(import_id), 2);
  const auto entry = entry_of(record);
  ASSERT_EQ(converted_rows(import_id), (std::set<std::int64_t>{2, 3}));
  EXPECT_EQ(settle(import_id, record, "reject").member("state"), "rejected");
  EXPECT_EQ(identify(import_id, record, "kanjiName", "甲").refused, ErrorCode::Conflict);
  // Its subject is not known: the row may come again, now with a character that is.
  const auto again = import("sato", csv_of(kFile, "resident", {resident(940001, "甲")}));
  EXPECT_FALSE(again.refused) << again.text;
  EXPECT_FALSE(decide(again.member("importId")).refused);
  const auto ran = world.as_officers(Kind::BatchRun, {});
  ASSERT_FALSE(ran.refused) << ran.text;
  EXPECT_FALSE(store().get({TableId::Records, from_hex(record).value()}).value().has_value());
  EXPECT_TRUE(store().read_row(entry.source.id, entry.source.key)) << "deleted behind the answer (decision 0079)";
  world.parts().appliance.sweep_up();
  EXPECT_FALSE(store().read_row(entry.source.id, entry.source.key));
  EXPECT_TRUE(list(import_id).body.at("rows").as_array().empty());
  EXPECT_EQ(converted_rows(import_id), std::set<std::int64_t>{3});  // nothing is left that tells of the removed one
  EXPECT_FALSE(ask("sato", kFile, "addresseeNumber", "940001").refused);
  EXPECT_FALSE(ask("sato", kFile, "individualNumber", made_number(940001)).refused);  // its number goes on
  bool logged = false;
  for (const auto& line : world.log_of(tenant)) logged = logged || line.find("unidentified-rows-removed") != line.npos;
  EXPECT_TRUE(logged);
  bool registered = false;  // in the 廃棄簿 too, by its random id
  ASSERT_TRUE(store().scan(TableId::Disposals, Bytes{0x20}, [&](const generations::Entry& found) {
    registered = registered || text_of(*found.value).find("rejected-identifications") != std::string_view::npos;
    return true;
  }));
  EXPECT_TRUE(registered);
}

std::function<void()> meanwhile;
std::atomic<bool> armed{false};

TEST_F(Quarantine, ARejectedRowStaysWhereAHoldOnItComesWhileABatchIsBeingWritten) {
  const auto import_id = confirmed(csv_of(kFile, "resident", {resident(945001, gaiji)}));
  const auto record = record_at(list(import_id), 2);
  ASSERT_EQ(settle(import_id, record, "reject").member("state"), "rejected");
  service::HoldFacts hold;
  hold.id = RecordId::random();
  hold.state = "active";
  hold.file = kFile;
  hold.records = {RecordId::parse(record).value()};
  const auto put = [&](const generations::Entry& entry) {
    return bool(store().change([&](std::uint64_t) -> Result<generations::Change> {
      return generations::Change{{entry}, {}, {}, {false, R"({"operation":"test"})"}};
    }));
  };
  bool set = false;
  meanwhile = [&] { set = put(service::hold_entry(hold)); };
  const auto run = [&] {
    service::BatchFailure failure;
    std::unique_lock one_at_a_time(world.parts().erasures);
    power::set_plug([](std::string_view) noexcept {
      if (armed.exchange(false)) meanwhile();
      return power::Cut::None;
    });
    const auto done = service::run_approved(world.parts(), nullptr, failure);
    power::set_plug(nullptr);
    return bool(done);
  };
  const auto is_there = [&] { return store().get({TableId::Records, from_hex(record).value()}).value().has_value(); };
  armed = true;
  ASSERT_TRUE(run());
  ASSERT_TRUE(set);
  EXPECT_TRUE(is_there());
  ASSERT_TRUE(put({service::hold_entry(hold).key, std::nullopt}));
  ASSERT_TRUE(run());
  EXPECT_FALSE(is_there());
}

TEST_F(Quarantine, IsSeenByThoseWhoImportOrConfirmIntoTheFileOnly) {
  const auto import_id = confirmed(csv_of(kFile, "resident", {resident(950001, gaiji)}));
  EXPECT_FALSE(list(import_id, "kato").refused);
  world.enrol("reader", tenant, "operator", "retrieve");
  EXPECT_EQ(list(import_id, "reader").refused, ErrorCode::NotPermitted);
  world.enrol("elsewhere", tenant, "operator", "import,file:jido-teate");
  EXPECT_EQ(list(import_id, "elsewhere").refused, ErrorCode::NotFound);
  EXPECT_EQ(list(std::string(32, 'a')).refused, ErrorCode::NotFound);
  const auto record = record_at(list(import_id), 2);
  EXPECT_EQ(identify(import_id, record, "kanjiName", "甲", "elsewhere").refused, ErrorCode::NotFound);
  EXPECT_EQ(identify(import_id, std::string(32, 'b'), "kanjiName", "甲").refused, ErrorCode::NotFound);
}

TEST_F(Quarantine, WhatTheProfileDeclaresDoesNotWait) {
  const auto row = resident(960001, "甲\U0010DE92");
  const auto told =
      import("sato", csv_of(kFile, "resident", {row}), {.encoding = "UTF-8", .standard_characters = true});
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.body.at("quarantined").as_int64(), 0);
  EXPECT_EQ(told.body.at("profile").at("standardCharacters").as_bool(), true);
  EXPECT_EQ(told.body.at("byRule").at("note.standard-characters").as_int64(), 1);
  EXPECT_FALSE(decide(told.member("importId"), "reject").refused);
  const auto declared = csv_of(kFile, "resident", {resident(960002, "葛\U000E0102")});
  const auto none = import("sato", declared, {.encoding = "UTF-8", .no_collection = true});
  EXPECT_EQ(none.body.at("quarantined").as_int64(), 1) << none.text;
  EXPECT_FALSE(decide(none.member("importId"), "reject").refused);
}

TEST_F(Quarantine, ConversionsAreToldWithTheImportByRowColumnAndRuleAndNoneOfANumber) {
  auto row = resident(970001, "変換");
  row["kanaName"] = "ｶﾞｲｼﾞ ﾊﾅｺ";
  row["addresseeNumber"] = "９７０００１";
  const auto csv = csv_of(kFile, "resident", {row});
  const auto told = import("sato", csv, {.encoding = "EUC-JP-MS"});
  ASSERT_FALSE(told.refused) << told.text;
  const auto import_id = told.member("importId");
  const auto listed = conversions_of(import_id, 0);
  ASSERT_FALSE(listed.refused) << listed.text;
  const auto& conversions = listed.body.at("conversions").as_array();
  ASSERT_EQ(conversions.size(), 2u);
  bool digits = false, kana = false;
  for (const auto& one : conversions) {
    EXPECT_EQ(one.at("row").as_int64(), 2);
    const auto rule = one.at("rule").as_string();
    digits = digits || (rule == "convert.digits-narrowed" && one.at("changes").as_array().empty());
    if (rule != "convert.kana-widened") continue;
    const auto& changes = one.at("changes").as_array();
    kana = std::ranges::any_of(changes, [](const json::value& change) {
      return change == json::parse(R"({"before":["U+FF76","U+FF9E"],"after":"U+30AC"})");
    });
  }
  EXPECT_TRUE(digits);
  EXPECT_TRUE(kana);
  EXPECT_FALSE(listed.body.contains("nextPart"));
  EXPECT_EQ(conversions_of(import_id, 1).body.at("conversions").as_array().size(), 2u);
  EXPECT_EQ(conversions_of(import_id, 2).refused, ErrorCode::NotFound);
  bool counted = false;
  for (const auto& line : world.log_of(tenant)) {
    if (line.find("import-close") == std::string::npos || line.find(import_id) == std::string::npos) continue;
    counted = json::parse(line).as_object().at("byRule").at("convert.kana-widened").as_int64() == 1;
  }
  EXPECT_TRUE(counted);
  EXPECT_FALSE(decide(import_id).refused);
  EXPECT_FALSE(ask("sato", kFile, "addresseeNumber", "970001").refused);
}

TEST_F(Quarantine, ConversionsOfALongFileAreToldInPartsWithoutALostOrDoubledRow) {
  constexpr std::uint64_t kRows = 1100;  // two conversions each: more than one answer tells
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < kRows; ++i) {
    rows.push_back({{"宛名番号", "９８" + std::to_string(10000 + i)},
                    {"residentRecordCode", made_resident_code(980000 + i)},
                    {"kanjiName", "丁"},
                    {"kanaName", "ｱｵｷ"}});
    rows.back()["addresseeNumber"] = rows.back()["宛名番号"];
  }
  const auto told = import("sato", csv_of(kFile, "resident", rows));
  ASSERT_FALSE(told.refused) << told.text;
  const auto import_id = told.member("importId");
  std::map<std::int64_t, int> seen;
  std::uint64_t after = 0;
  int answers = 0;
  for (bool more = true; more && answers < 10; ++answers) {
    const auto part = conversions_of(import_id, after);
    ASSERT_FALSE(part.refused) << part.text;
    for (const auto& one : part.body.at("conversions").as_array()) ++seen[one.at("row").as_int64()];
    more = part.body.contains("nextPart");
    if (more) after = static_cast<std::uint64_t>(part.body.at("nextPart").as_int64());
  }
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(seen.size(), kRows);
  for (const auto& [row, count] : seen) EXPECT_EQ(count, seen.begin()->second) << row;
  EXPECT_FALSE(decide(import_id, "reject").refused);
}

}  // namespace
}  // namespace shosoin::test
