// What an import may do to somebody who is known (D-11): refused with the definition's own message, or a new version.
#include <gtest/gtest.h>

#include "firmware/base/codec.h"
#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;

class Changes : public ::testing::Test {
 protected:
  ServiceWorld& world = own();
  static ServiceWorld& own() {
    static ServiceWorld& kept = ServiceWorld::keep(std::make_unique<ServiceWorld>());
    return kept;
  }
  const files::Definition& definition = *world.parts().definitions.find(ServiceWorld::kFile);
  using Row = std::map<std::string, std::string>;  // item key -> value

  static Row resident(const std::string& code, const std::string& number) {
    return {{"residentRecordCode", code}, {"kanjiName", "髙橋　花子"},       {"kanaName", "タカハシ　ハナコ"},
            {"birthDate", "1945-08-20"},  {"localGovernmentCode", "132101"}, {"individualNumber", number},
            {"address", "本町6-6-3"},     {"changeReason", "転入"}};
  }
  std::string csv(const Row& row) {
    std::string header, line;
    for (const auto& item : definition.items()) {
      const auto found = row.find(item.key);
      header += (header.empty() ? "" : ",") + ('"' + item.name + '"');
      line += (&item == &definition.items().front() ? "" : ",") + (found == row.end() ? std::string() : found->second);
    }
    return header + "\r\n" + line + "\r\n";
  }
  Told send(const Row& row) { return world.import(world.session("sato", world.t1), world.t1, csv(row)); }
  Told confirm(const Told& staged) {
    EXPECT_FALSE(staged.refused) << staged.text;
    const auto token = world.session("kato", world.t2);
    return world.ask(Kind::ImportDecide, {{FieldId::Terminal, world.t2},
                                          {FieldId::Session, token},
                                          {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                                          {FieldId::ImportId, raw(staged.member("importId"))},
                                          {FieldId::Decision, "approve"},
                                          {FieldId::Code, world.code("kato")}});
  }
  static std::string raw(const std::string& hex) { return std::string(text_of(from_hex(hex).value())); }
  Fields question() {
    return {{FieldId::Terminal, world.t1},
            {FieldId::Session, world.session("sato", world.t1)},
            {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
            {FieldId::File, std::string(ServiceWorld::kFile)},
            {FieldId::ReasonCode, "R01"},
            {FieldId::CaseReference, "2026-1"}};
  }
  json::array find(const std::string& kind, const std::string& value, const std::string& birth = {}) {
    auto fields = question();
    fields[FieldId::SearchKind] = kind;
    fields[FieldId::SearchValue] = value;
    if (!birth.empty()) fields[FieldId::BirthDate] = birth;
    const auto told = world.ask(Kind::Retrieve, fields);
    return told.refused ? json::array{} : told.body.at("records").as_array();
  }
  std::string item(const json::value& record, std::string_view key) {
    for (const auto& one : record.at("items").as_array()) {
      if (std::string_view(one.at("key").as_string()) == key) return std::string(one.at("value").as_string());
    }
    return {};
  }
  std::string finding(const Told& told) {
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << told.text;
    const auto& findings = told.body.at("findings").as_array();
    if (findings.empty()) return {};
    const auto* check = findings[0].as_object().if_contains("check");
    return std::string(check != nullptr ? check->as_string() : findings[0].at("rule").as_string());
  }
};

TEST_F(Changes, OfAResidentFollowTheChecksAndBecomeNewVersions) {
  const std::string code = "12345678903";
  auto row = resident(code, "123456789018");
  auto moved = row;
  moved["changeReason"] = "転居";
  moved["address"] = "前原町1-1";
  EXPECT_EQ(finding(send(moved)), "changeNeedsResident");  // nobody there yet
  EXPECT_FALSE(confirm(send(row)).refused);

  const auto again = send(row);
  EXPECT_EQ(finding(again), "noMoveInOfResident");
  EXPECT_EQ(again.body.at("findings").at(0).at("row"), 2);
  EXPECT_EQ(again.body.at("findings").at(0).at("item"), "異動事由");
  EXPECT_NE(again.text.find("現存する住民に対して"), std::string::npos);
  EXPECT_EQ(again.text.find("123456789018"), std::string::npos);

  auto more = moved;
  more["kanjiName"] = "高橋　花子";
  const auto refused = send(more);
  EXPECT_EQ(finding(refused), "moveChangesOnlyAddress");
  EXPECT_EQ(refused.body.at("findings").at(0).at("item"), "漢字氏名");
  more = moved;
  more["individualNumber"] = "023456789013";
  EXPECT_EQ(finding(send(more)), "moveChangesOnlyAddress");
  more = row;
  more["changeReason"] = "";  // no check speaks of it: a known subject is not taken
  EXPECT_EQ(finding(send(more)), "subject-known");

  const auto staged = send(moved);
  ASSERT_FALSE(staged.refused) << staged.text;
  auto hits = find("residentRecordCode", code);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(item(hits[0], "address"), "本町6-6-3");  // not confirmed yet (D-06)
  const auto first = std::string(hits[0].at("recordId").as_string());
  const auto integrated = hits[0].at("integratedAddresseeNumber");
  EXPECT_FALSE(confirm(staged).refused);

  hits = find("residentRecordCode", code);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(item(hits[0], "address"), "前原町1-1");
  EXPECT_EQ(hits[0].at("version"), 2);
  EXPECT_EQ(hits[0].at("integratedAddresseeNumber"), integrated);
  EXPECT_EQ(hits[0].at("earlierVersions"), json::array{first});
  EXPECT_EQ(find("individualNumber", "123456789018").size(), 1u);
  EXPECT_EQ(find("addresseeNumber", std::string(hits[0].at("addresseeNumber").as_string())).size(), 1u);

  auto fields = question();
  fields[FieldId::RecordId] = raw(first);
  const auto earlier = world.ask(Kind::RetrieveRecord, fields);
  ASSERT_FALSE(earlier.refused) << earlier.text;
  EXPECT_EQ(earlier.body.at("records").at(0).at("version"), 1);
  EXPECT_EQ(item(earlier.body.at("records").at(0), "address"), "本町6-6-3");
}

TEST_F(Changes, OfANameAreFoundByTheEarlierNameAndToldAsTheyAreNow) {
  const std::string code = "23456789013";
  auto row = resident(code, "023456789013");
  row["kanaName"] = "フクダ　イチロウ";
  EXPECT_FALSE(confirm(send(row)).refused);
  auto household = row;
  household["changeReason"] = "世帯変更";
  household["kanaName"] = "ヤマダ　イチロウ";
  EXPECT_FALSE(confirm(send(household)).refused);
  const auto hits = find("kanaNameAndBirthDate", "フクダ", "1945-08-20");
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(item(hits[0], "kanaName"), "ヤマダ　イチロウ");
  EXPECT_EQ(hits[0].at("version"), 2);
  EXPECT_EQ(find("kanaNameAndBirthDate", "ヤマダ", "1945-08-20").size(), 1u);
}

TEST_F(Changes, LetSomebodyWhoLeftComeBackButNotMove) {
  const std::string code = "34567890122";
  auto row = resident(code, "100000000420");
  EXPECT_FALSE(confirm(send(row)).refused);
  auto left = row;
  left["changeReason"] = "転出";
  EXPECT_FALSE(confirm(send(left)).refused);
  auto moved = row;
  moved["changeReason"] = "転居";
  EXPECT_EQ(finding(send(moved)), "changeNeedsResident");
  EXPECT_FALSE(confirm(send(row)).refused);  // moves in again
  const auto hits = find("residentRecordCode", code);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].at("version"), 3);
}

TEST_F(Changes, OfANumberAreNoneOfTheseChanges) {
  const std::string code = "45678901230";
  auto row = resident(code, "100000003080");
  EXPECT_FALSE(confirm(send(row)).refused);
  auto other = row;
  other["changeReason"] = "世帯変更";
  other["individualNumber"] = "465281266333";
  EXPECT_EQ(finding(send(other)), "subject-known");
  other["individualNumber"] = "";  // the row may come without it
  EXPECT_FALSE(confirm(send(other)).refused);
  EXPECT_EQ(find("residentRecordCode", code).size(), 1u);
  const auto hits = find("individualNumber", "100000003080");
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].at("version"), 2);
}

// A restore brought the row back and not the row of its number: there is nothing to compare with, as without the row.
TEST_F(Changes, OfSomebodyWhoseNumberWasLostInARestoreAreJudgedAsOfSomebodyNew) {
  const std::string code = "56789012348";
  const auto row = resident(code, "100000000501");
  EXPECT_FALSE(confirm(send(row)).refused);
  const auto hits = find("residentRecordCode", code);
  ASSERT_EQ(hits.size(), 1u);
  const auto id = RecordId::from(view_of(raw(std::string(hits[0].at("recordId").as_string())))).value();
  auto* store = world.parts().tenants.open(world.tenant(ServiceWorld::kKoganei)).value();
  const auto entry = store->get({generations::TableId::Records, copy_of(id.view())}).value();
  ASSERT_TRUE(entry);
  const auto number = generations::decode_record_entry(*entry).value().number.id;
  ASSERT_NE(number, RowId{});
  ASSERT_TRUE(store->change([&](std::uint64_t) -> Result<generations::Change> {
    const auto key = Writer{}.raw(number.view()).raw(id.view()).take();
    return generations::Change{{{{generations::TableId::Lost, key}, Writer{}.u64(0).take()}}, {}, {number}, {false, "{}"}};
  }));
  auto moved = row;
  moved["changeReason"] = "転居";
  EXPECT_EQ(finding(send(moved)), "changeNeedsResident");
}

}  // namespace
}  // namespace shosoin::test
