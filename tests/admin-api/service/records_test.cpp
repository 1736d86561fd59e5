// Imports and retrieval (promises 1, 4, 7; D-03, D-06, L-06, L-10, L-21, S-03, S-04, U-17).
#include <gtest/gtest.h>

#include "storage/files/importer.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using files::ItemRole;

struct Sent {  // one row as it was sent
  std::vector<std::string> values;
  std::string number;
};

class Records : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kPeople = 40, kSeed = 11;
  ServiceWorld& world = ServiceWorld::shared();
  const files::DefinitionSet definitions = files::DefinitionSet::embedded().value();
  const files::Definition& definition = *definitions.find(ServiceWorld::kFile);

  // The one confirmed import of Koganei that most tests look at, made by the first of them.
  const std::vector<Sent>& confirmed_people() {
    static std::vector<Sent> people;
    if (!people.empty()) return people;
    const auto csv = world.csv(ServiceWorld::kKoganei, kPeople, kSeed);
    const auto told = world.import(world.session("sato", world.t1), world.t1, csv);
    EXPECT_FALSE(told.refused) << told.text;
    EXPECT_FALSE(decide("kato", world.t2, told.member("importId"), "approve").refused);
    people = rows_of(csv);
    return people;
  }
  std::vector<Sent> rows_of(const std::string& csv) {
    std::vector<Sent> rows;
    auto importer =
        files::Importer::create(definition, files::LocalGovernmentCode::parse(ServiceWorld::kKoganei).value(), {})
            .value();
    const files::RecordSink take = [&](const files::ImportedRow& row) -> Result<void> {
      rows.push_back({row.record.values, std::string(row.record.individual_number->reveal())});
      return success();
    };
    EXPECT_TRUE(importer.feed(view_of(csv), take));
    EXPECT_TRUE(importer.finish(take));
    return rows;
  }
  Told decide(const std::string& id, const std::string& terminal, const std::string& import,
              const std::string& decision) {
    const auto token = world.session(id, terminal);
    return world.ask(Kind::ImportDecide, {{FieldId::Terminal, terminal},
                                          {FieldId::Session, token},
                                          {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                                          {FieldId::ImportId, std::string(text_of(from_hex(import).value()))},
                                          {FieldId::Decision, decision},
                                          {FieldId::Code, world.code(id)}});
  }
  Fields question(const std::string& token, const std::string& terminal, const std::string& kind,
                  const std::string& value) {
    return {{FieldId::Terminal, terminal},
            {FieldId::Session, token},
            {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
            {FieldId::File, std::string(ServiceWorld::kFile)},
            {FieldId::SearchKind, kind},
            {FieldId::SearchValue, value},
            {FieldId::ReasonCode, "certificate-issue"},
            {FieldId::CaseReference, "架空-2026-0001"}};
  }
  std::string value(const Sent& sent, ItemRole role) { return sent.values[definition.index_of(role).value()]; }
  std::vector<std::string> values_told(const json::value& record) {
    std::vector<std::string> out;
    for (const auto& item : record.at("items").as_array()) out.emplace_back(item.at("value").as_string());
    return out;
  }
  std::vector<std::string> masked(const Sent& sent) {
    auto values = sent.values;
    values[definition.index_of(ItemRole::IndividualNumber).value()] = "************";
    return values;
  }
};

TEST_F(Records, ComeBackByteForByteByResidentRecordCodeWithTheNumberMasked) {
  const auto& people = confirmed_people();
  ASSERT_EQ(people.size(), kPeople);
  const auto token = world.session("sato", world.t1);
  for (const auto& sent : people) {
    const auto told = world.ask(
        Kind::Retrieve, question(token, world.t1, "residentRecordCode", value(sent, ItemRole::ResidentRecordCode)));
    ASSERT_FALSE(told.refused) << told.text;
    const auto& records = told.body.at("records").as_array();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(values_told(records[0]), masked(sent));
    EXPECT_EQ(told.text.find(sent.number), std::string::npos);
    EXPECT_GT(told.body.at("logged").at("line").as_int64(), 0);
  }
}

// U-18: by a number, or by name and birth date together.
TEST_F(Records, AreFoundByKanaNameAndBirthDateByAddresseeNumberAndByIndividualNumber) {
  const auto& sent = confirmed_people().front();
  const auto token = world.session("suzuki", world.t1);
  auto by_name = question(token, world.t1, "kanaNameAndBirthDate", value(sent, ItemRole::KanaName));
  by_name[FieldId::BirthDate] = value(sent, ItemRole::BirthDate);
  const auto named = world.ask(Kind::Retrieve, by_name);
  ASSERT_FALSE(named.refused) << named.text;
  const auto addressee = std::string(named.body.at("records").at(0).at("addresseeNumber").as_string());
  EXPECT_EQ(addressee.size(), 15u);
  const auto addressed = world.ask(Kind::Retrieve, question(token, world.t1, "addresseeNumber", addressee));
  ASSERT_FALSE(addressed.refused);
  EXPECT_EQ(values_told(addressed.body.at("records").at(0)), masked(sent));
  const auto numbered = world.ask(Kind::Retrieve, question(token, world.t1, "individualNumber", sent.number));
  ASSERT_FALSE(numbered.refused);
  EXPECT_EQ(numbered.body.at("records").at(0).at("addresseeNumber").as_string(), addressee);
  // A part of a name is found by its beginning, a part of an addressee number is not.
  EXPECT_EQ(world.ask(Kind::Retrieve, question(token, world.t1, "addresseeNumber", addressee.substr(0, 14))).refused,
            ErrorCode::NotFound);
}

TEST_F(Records, ShowTheNumberOnlyWithThePermissionAndTheWish) {
  const auto& sent = confirmed_people().front();
  const auto code = value(sent, ItemRole::ResidentRecordCode);
  const auto shown_to = [&](const std::string& id, bool wish) {
    auto fields = question(world.session(id, world.t1), world.t1, "residentRecordCode", code);
    if (wish) fields[FieldId::IncludeIndividualNumber] = std::string(1, '\1');
    return world.ask(Kind::Retrieve, fields).text.find(sent.number) != std::string::npos;
  };
  EXPECT_TRUE(shown_to("suzuki", true));
  EXPECT_FALSE(shown_to("suzuki", false));
  EXPECT_FALSE(shown_to("sato", true));
}

TEST_F(Records, EveryViewOfANumberIsALineOfThirteenItemsInOrderWithAGaplessSequence) {
  const auto& sent = confirmed_people().front();
  auto fields = question(world.session("suzuki", world.t1), world.t1, "individualNumber", sent.number);
  fields[FieldId::IncludeIndividualNumber] = std::string(1, '\1');
  ASSERT_FALSE(world.ask(Kind::Retrieve, fields).refused);
  fields[FieldId::SearchValue] = "123456789018";  // valid and unknown: the search is an access too
  EXPECT_EQ(world.ask(Kind::Retrieve, fields).refused, ErrorCode::NotFound);
  const std::vector<std::string> items{
      "SEQ",      "団体内統合宛名番号", "宛名番号",           "操作日",       "操作内容コード",   "システムコード",
      "管理番号", "操作端末",           "端末コンピュータ名", "操作職員番号", "操作職員所属名称", "操作職員名称",
      "備考"};
  std::uint64_t sequence = 0, seen = 0;
  for (const auto& entry : world.entries_of(ServiceWorld::kKoganei)) {
    EXPECT_EQ(entry.text.find(sent.number), std::string::npos);
    const auto line = json::parse(entry.text).as_object();
    const auto* access = line.if_contains("individualNumberAccess");
    if (access == nullptr) {
      EXPECT_EQ(entry.number_seq, sequence);
      continue;
    }
    EXPECT_EQ(entry.number_seq, ++sequence);
    std::vector<std::string> names;
    for (const auto& item : access->as_object()) names.emplace_back(item.key());
    EXPECT_EQ(names, items);
    ++seen;
  }
  EXPECT_GE(seen, 3u);  // the import, the view, the search
}

TEST_F(Records, LeaveALineWithAllSevenItemsOfTheAccessLog) {
  const auto& sent = confirmed_people().front();
  const auto token = world.session("sato", world.t1);
  ASSERT_FALSE(world
                   .ask(Kind::Retrieve,
                        question(token, world.t1, "residentRecordCode", value(sent, ItemRole::ResidentRecordCode)))
                   .refused);
  const auto line = json::parse(world.log_of(ServiceWorld::kKoganei).back()).as_object();  // L-06
  EXPECT_EQ(line.at("operation").as_string(), "retrieve");
  EXPECT_EQ(line.at("operator").at("id").as_string(), "sato");
  EXPECT_EQ(line.at("operator").at("section").as_string(), "市民課");
  EXPECT_EQ(line.at("terminal").at("id").as_string(), to_hex(view_of(world.t1)));
  EXPECT_EQ(line.at("accessReason").at("reasonCode").as_string(), "certificate-issue");
  EXPECT_EQ(line.at("records").at(0).at("addresseeNumber").as_string().size(), 15u);
  EXPECT_EQ(line.at("records").at(0).at("basicFour").at("氏名").as_string(), value(sent, ItemRole::Name));
  EXPECT_EQ(line.at("records").at(0).at("basicFour").at("住所").as_string(), value(sent, ItemRole::Address));
}

TEST_F(Records, AreRefusedWithoutAReasonAndTheRefusalIsLogged) {
  const auto& sent = confirmed_people().front();
  const auto token = world.session("sato", world.t1);
  const auto good = question(token, world.t1, "residentRecordCode", value(sent, ItemRole::ResidentRecordCode));
  struct Case {
    FieldId field;
    std::string text, pointer;
  };
  for (const auto& [field, text, pointer] :
       {Case{FieldId::ReasonCode, "", "/accessReason/reasonCode"},
        Case{FieldId::ReasonCode, "curiosity", "/accessReason/reasonCode"},
        Case{FieldId::CaseReference, " ", "/accessReason/caseReference"},
        Case{FieldId::SearchKind, "name", "/searchKey/kind"}, Case{FieldId::SearchValue, "123", "/searchKey/value"}}) {
    auto fields = good;
    fields[field] = text;
    const auto told = world.ask(Kind::Retrieve, fields);
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << pointer;
    EXPECT_EQ(told.member("pointer"), pointer);
    EXPECT_NE(world.log_of(ServiceWorld::kKoganei).back().find("\"result\":\"invalid-content\""), std::string::npos);
  }
}

// S-01: a known record of another tenant answers like none.
TEST_F(Records, OfAForeignTenantLookLikeThoseOfNoTenant) {
  const auto& sent = confirmed_people().front();
  const auto code = value(sent, ItemRole::ResidentRecordCode);
  const auto token = world.session("ito", world.t3);
  auto foreign = question(token, world.t3, "residentRecordCode", code);
  auto nowhere = foreign, own = foreign;
  nowhere[FieldId::TenantCode] = "431001";
  own[FieldId::TenantCode] = std::string(ServiceWorld::kIshinomaki);
  const auto first = world.ask(Kind::Retrieve, foreign), second = world.ask(Kind::Retrieve, nowhere),
             third = world.ask(Kind::Retrieve, own);
  EXPECT_EQ(first.refused, ErrorCode::NotFound);
  for (const auto* other : {&second, &third}) {
    EXPECT_EQ(other->refused, first.refused);
    EXPECT_EQ(other->body.at("detail"), first.body.at("detail"));
    EXPECT_EQ(other->body.size(), first.body.size());
  }
  const auto log = world.log_of(ServiceWorld::kKoganei);
  EXPECT_TRUE(std::ranges::none_of(log, [](const auto& line) { return line.find("\"ito\"") != std::string::npos; }));
}

TEST_F(Records, AreRefusedWithoutThePermission) {
  confirmed_people();
  const auto told =
      world.ask(Kind::Retrieve, question(world.session("kato", world.t2), world.t2, "addresseeNumber", "1"));
  EXPECT_EQ(told.refused, ErrorCode::NotPermitted);  // P-01
  EXPECT_EQ(told.member("permission"), "retrieve");
}

TEST_F(Records, StayUnseenUntilAnotherPersonOnAnotherTerminalConfirms) {
  confirmed_people();
  const auto csv = world.csv(ServiceWorld::kKoganei, 3, 77);
  const auto sent = rows_of(csv);
  const auto token = world.session("suzuki", world.t1);
  const auto told = world.import(token, world.t1, csv);
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.member("state"), "staged");
  const auto ask = [&] {
    return world.ask(Kind::Retrieve, question(world.session("suzuki", world.t1), world.t1, "residentRecordCode",
                                              value(sent[0], ItemRole::ResidentRecordCode)));
  };
  EXPECT_EQ(ask().refused, ErrorCode::NotFound);
  world.enrol("both-hats", std::string(ServiceWorld::kKoganei), "dataProtectionManager", "import,confirmImport");
  EXPECT_EQ(decide("kato", world.t1, told.member("importId"), "approve").refused,
            ErrorCode::SamePerson);  // the same terminal
  const auto second = world.import(world.session("both-hats", world.t1), world.t1, csv);
  EXPECT_EQ(second.refused, ErrorCode::Conflict);  // two imports at once
  EXPECT_EQ(decide("sato", world.t2, told.member("importId"), "approve").refused, ErrorCode::NotPermitted);
  EXPECT_FALSE(decide("kato", world.t2, told.member("importId"), "approve").refused);
  EXPECT_FALSE(ask().refused);
  EXPECT_EQ(decide("kato", world.t2, told.member("importId"), "approve").refused, ErrorCode::Conflict);
}

TEST_F(Records, OfAnOwnImportMayNotBeConfirmed) {
  confirmed_people();
  world.enrol("two-hats", std::string(ServiceWorld::kKoganei), "dataProtectionManager", "import,confirmImport");
  const auto told =
      world.import(world.session("two-hats", world.t1), world.t1, world.csv(ServiceWorld::kKoganei, 2, 78));
  ASSERT_FALSE(told.refused);
  ASSERT_FALSE(
      world.ask(Kind::Logout, {{FieldId::Terminal, world.t1}, {FieldId::Session, world.session("two-hats", world.t1)}})
          .refused);
  EXPECT_EQ(decide("two-hats", world.t2, told.member("importId"), "approve").refused, ErrorCode::SamePerson);
  EXPECT_FALSE(decide("kato", world.t2, told.member("importId"), "reject").refused);
}

TEST_F(Records, OfARefusedFileAreNotStoredAndTheReportHoldsNoValue) {
  confirmed_people();
  auto csv = world.csv(ServiceWorld::kKoganei, 3, 79);
  const auto sent = rows_of(csv);
  const auto at = csv.find(sent[1].number);
  csv[at + 11] = csv[at + 11] == '0' ? '1' : '0';  // its check digit
  const auto told = world.import(world.session("sato", world.t1), world.t1, csv);
  EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
  EXPECT_EQ(told.member("state"), "refused");
  EXPECT_EQ(told.body.at("findings").at(0).at("row").as_int64(), 3);
  EXPECT_EQ(told.text.find(csv.substr(at, 12)), std::string::npos);
  const auto again = world.ask(Kind::Retrieve, question(world.session("sato", world.t1), world.t1, "residentRecordCode",
                                                        value(sent[0], ItemRole::ResidentRecordCode)));
  EXPECT_EQ(again.refused, ErrorCode::NotFound);
}

TEST_F(Records, OfASubjectAlreadyConfirmedAreRefused) {
  confirmed_people();
  const auto told =
      world.import(world.session("sato", world.t1), world.t1, world.csv(ServiceWorld::kKoganei, kPeople, kSeed));
  EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
  EXPECT_EQ(told.body.at("findings").as_array().size(), kPeople);
  EXPECT_EQ(told.body.at("findings").at(0).at("rule").as_string(), "subject-known");
}

TEST_F(Records, OfAnImportCutOffByARestartAreAbandoned) {
  confirmed_people();
  const auto token = world.session("sato", world.t1);
  const Fields common{{FieldId::Terminal, world.t1}, {FieldId::Session, token}};
  auto opening = common;
  opening[FieldId::TenantCode] = std::string(ServiceWorld::kKoganei);
  opening[FieldId::File] = std::string(ServiceWorld::kFile);
  opening[FieldId::Encoding] = "UTF-8";
  const auto opened = world.ask(Kind::ImportOpen, opening);
  ASSERT_FALSE(opened.refused);
  auto chunk = common;
  chunk[FieldId::ImportId] = std::string(text_of(from_hex(opened.member("importId")).value()));
  chunk[FieldId::Offset] = std::string(8, '\0');
  chunk[FieldId::Chunk] = world.csv(ServiceWorld::kKoganei, 3, 80).substr(0, 1000);
  ASSERT_FALSE(world.ask(Kind::ImportChunk, chunk).refused);
  const auto again = world.ask(Kind::ImportChunk, chunk);  // the same piece a second time
  EXPECT_EQ(again.refused, ErrorCode::Conflict);
  EXPECT_EQ(again.body.at("expectedOffset").as_int64(), 1000);
  world.restart();
  EXPECT_EQ(world.ask(Kind::ImportChunk, chunk).refused, ErrorCode::Conflict);
  auto show = common;
  show[FieldId::TenantCode] = std::string(ServiceWorld::kKoganei);
  show[FieldId::ImportId] = chunk[FieldId::ImportId];
  EXPECT_EQ(world.ask(Kind::ImportShow, show).member("state"), "abandoned");
}

TEST_F(Records, AreImportedOnceUnderOneIdempotencyKey) {
  confirmed_people();
  const auto csv = world.csv(ServiceWorld::kKoganei, 2, 81);
  const auto first = world.import(world.session("sato", world.t1), world.t1, csv, "key-81");
  const auto second = world.import(world.session("sato", world.t1), world.t1, csv, "key-81");
  ASSERT_FALSE(first.refused);
  ASSERT_FALSE(second.refused) << second.text;
  EXPECT_EQ(first.member("importId"), second.member("importId"));
  EXPECT_FALSE(decide("kato", world.t2, first.member("importId"), "reject").refused);
}

TEST_F(Records, RefuseAnEncodingThatIsNotDeclaredAsUtf8) {
  const auto told = world.ask(Kind::ImportOpen, {{FieldId::Terminal, world.t1},
                                                 {FieldId::Session, world.session("sato", world.t1)},
                                                 {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                                                 {FieldId::File, std::string(ServiceWorld::kFile)},
                                                 {FieldId::Encoding, "Shift_JIS"}});
  EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
  EXPECT_EQ(told.member("pointer"), "/encoding");
}

}  // namespace
}  // namespace shosoin::test
