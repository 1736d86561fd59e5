// A change of a 個人番号 from request to erasure (D-16, L-21, S-04, promises 5 and 7).
#include <gtest/gtest.h>

#include "admin-api/service/records/linking.h"
#include "admin-api/service/records/number_changes.h"
#include "tests/admin-api/service/linking_world.h"

namespace shosoin::test {
namespace {

using generations::TableId;

class NumberChanges : public ::testing::Test, protected LinkingWorld {
 protected:
  SomePerson person;
  void given_a_person(std::uint64_t seed) {
    person = people(1, seed)[0];
    confirm(import({person}));
    EXPECT_EQ(records_of(person).size(), 1u);
  }
  Fields base(const std::string& id, const std::string& terminal) {
    return {
        {FieldId::Terminal, terminal}, {FieldId::Session, world.session(id, terminal)}, {FieldId::TenantCode, tenant}};
  }
  Fields request(const std::string& number, const std::string& id = "suzuki") {
    auto fields = base(id, world.t1);
    fields[FieldId::File] = kFile;
    fields[FieldId::RecordId] = std::string(text_of(records_of(person)[0].view()));
    fields[FieldId::NewNumber] = number;
    fields[FieldId::ChangedOn] = "2026-11-01";
    fields[FieldId::ChangeBasis] = "application";
    fields[FieldId::CaseReference] = "架空-変更-1";
    return fields;
  }
  Told asked(const std::string& number) { return world.ask(Kind::NumberChangeRequest, request(number)); }
  Told decide(const Told& change, const std::string& number, const std::string& decision = "approve",
              const std::string& id = "kato", std::string terminal = {}) {
    auto fields = base(id, terminal.empty() ? world.t2 : terminal);
    fields[FieldId::NumberChangeId] = std::string(text_of(from_hex(change.member("numberChangeId")).value()));
    fields[FieldId::Decision] = decision;
    if (!number.empty()) fields[FieldId::NewNumber] = number;
    fields[FieldId::Code] = world.code(id);
    return world.ask(Kind::NumberChangeDecide, fields);
  }
  Told found_by(const std::string& number, bool shown = true) {
    auto fields = base("suzuki", world.t1);
    fields[FieldId::File] = kFile;
    fields[FieldId::SearchKind] = "individualNumber";
    fields[FieldId::SearchValue] = number;
    fields[FieldId::ReasonCode] = "R05";
    fields[FieldId::CaseReference] = "架空-変更-1";
    fields[FieldId::IncludeIndividualNumber] = std::string(1, shown ? '\1' : '\0');
    return world.ask(Kind::Retrieve, fields);
  }
  static bool holds(const Told& told, const std::string& text) { return told.text.find(text) != std::string::npos; }
  std::vector<generations::Entry> history() {
    std::vector<generations::Entry> out;
    EXPECT_TRUE(store().scan(TableId::NumberHistory, {}, [&](const generations::Entry& entry) {
      if (generations::integrated_in(entry.key) == integrated_) out.push_back(entry);
      return true;
    }));
    return out;
  }
  std::string integrated_;
};

TEST_F(NumberChanges, TheFormerNumberFindsThePersonAndSaysThatItIsSuperseded) {
  given_a_person(601);
  const auto before = person.number, after = number(601);
  const auto change = asked(after);
  ASSERT_FALSE(change.refused) << change.text;
  EXPECT_FALSE(holds(change, after) || holds(change, before));
  EXPECT_EQ(found_by(after).refused, ErrorCode::NotFound);  // nothing is changed before it is approved
  ASSERT_FALSE(found_by(before).body.contains("superseded"));
  const auto decided = decide(change, after);
  ASSERT_FALSE(decided.refused) << decided.text;
  EXPECT_EQ(decided.member("state"), "approved");

  const auto by_new = found_by(after);
  ASSERT_FALSE(by_new.refused) << by_new.text;
  EXPECT_FALSE(by_new.body.contains("superseded"));
  EXPECT_TRUE(holds(by_new, "\"value\":\"" + after + "\""));
  EXPECT_TRUE(holds(
      by_new, "\"formerIndividualNumbers\":[{\"changedOn\":\"2026-11-01\",\"individualNumber\":\"" + before + "\"}]"))
      << by_new.text;
  const auto by_old = found_by(before);
  ASSERT_FALSE(by_old.refused) << by_old.text;
  EXPECT_EQ(by_old.body.at("superseded").at("changedOn").as_string(), "2026-11-01");
  EXPECT_TRUE(holds(by_old, "\"value\":\"" + after + "\""));

  const auto masked = found_by(before, false);
  EXPECT_TRUE(holds(masked, "\"formerIndividualNumbers\":[{\"changedOn\":\"2026-11-01\",\"individualNumber\":\"****"));
  EXPECT_FALSE(holds(masked, before) || holds(masked, after));
  for (const auto& line : world.log_of(tenant)) {
    EXPECT_EQ(line.find(before), std::string::npos);
    EXPECT_EQ(line.find(after), std::string::npos);
  }
}

TEST_F(NumberChanges, EachStepIsALineWithThe13Items) {
  given_a_person(602);
  const auto after = number(602);
  const auto change = asked(after);
  ASSERT_FALSE(decide(change, after).refused);
  ASSERT_FALSE(found_by(person.number).refused);
  const auto lines = world.entries_of(tenant);
  std::map<std::string, std::string> seen;  // operation -> 備考
  std::uint64_t last = 0;
  for (const auto& line : lines) {
    const auto object = boost::json::parse(line.text).as_object();
    const auto* access = object.if_contains("individualNumberAccess");
    if (access == nullptr) continue;
    EXPECT_EQ(access->as_object().size(), 13u);
    EXPECT_GE(line.number_seq, last);  // an import without numbers is no access
    last = line.number_seq;
    const auto& items = access->as_object();
    if (items.at("団体内統合宛名番号").as_string() != integrated_of(person)) continue;
    seen[std::string(object.at("operation").as_string())] = std::string(items.at("備考").as_string());
  }
  EXPECT_EQ(seen["number-change-request"], "個人番号の変更の申請");
  EXPECT_EQ(seen["number-change-decide"], "個人番号の変更");
  EXPECT_EQ(seen["retrieve"], "変更前の個人番号による検索、個人番号2件の表示");
}

TEST_F(NumberChanges, WhatIsTypedWrongIsRefusedWithAPointerAndSaysWhatToDo) {
  given_a_person(603);
  const auto refused = [&](FieldId field, const std::string& value, const std::string& pointer) {
    auto fields = request(number(603));
    fields[field] = value;
    const auto told = world.ask(Kind::NumberChangeRequest, fields);
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << value;
    EXPECT_EQ(told.member("pointer"), pointer) << value;
    EXPECT_FALSE(told.body.at("detail").at("ja").as_string().empty());
    EXPECT_FALSE(told.body.at("detail").at("en").as_string().empty());
    if (value.size() > 3) {
      EXPECT_EQ(told.text.find(value), std::string::npos);
    }
  };
  auto wrong = number(603);
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  refused(FieldId::NewNumber, wrong, "/newIndividualNumber");           // check digit
  refused(FieldId::NewNumber, "000000000000", "/newIndividualNumber");  // stands for nobody
  refused(FieldId::NewNumber, "12345678901", "/newIndividualNumber");
  refused(FieldId::ChangedOn, "2026-02-30", "/changedOn");
  refused(FieldId::ChangedOn, "2026-11-00", "/changedOn");
  refused(FieldId::ChangedOn, "2099-01-01", "/changedOn");
  refused(FieldId::ChangeBasis, "because", "/basis");
  refused(FieldId::CaseReference, "  ", "/caseReference");
}

TEST_F(NumberChanges, ANumberOfAnotherOrThePersonsOwnIsAConflictAndSoIsASecondRequest) {
  given_a_person(604);
  const auto other = people(1, 605)[0];
  confirm(import({other}));
  EXPECT_EQ(asked(other.number).refused, ErrorCode::Conflict);
  EXPECT_EQ(asked(person.number).refused, ErrorCode::Conflict);
  const auto first = asked(number(604));
  ASSERT_FALSE(first.refused) << first.text;
  EXPECT_EQ(asked(number(605)).refused, ErrorCode::Conflict);
  // Between request and approval the number may become somebody else's.
  auto newcomer = people(1, 606)[0];
  newcomer.number = number(604);
  confirm(import({newcomer}));
  EXPECT_EQ(decide(first, number(604)).refused, ErrorCode::Conflict);
  ASSERT_FALSE(decide(first, {}, "reject").refused);
  EXPECT_EQ(decide(first, {}, "reject").refused, ErrorCode::Conflict);
  ASSERT_FALSE(found_by(person.number).body.contains("superseded"));
}

TEST_F(NumberChanges, ANumberThatAnOpenImportHasLinkedIsAConflict) {
  given_a_person(607);
  const auto change = asked(number(607));
  ASSERT_FALSE(change.refused) << change.text;
  const auto open = world.parts().imports.assignments(world.tenant(tenant));
  {
    service::Linker linker(store(), *world.parts().definitions.find(kFile), open);
    ASSERT_TRUE(linker.link({files::IndividualNumber::parse(number(607)).value(), std::nullopt}));
  }
  EXPECT_EQ(decide(change, number(607)).refused, ErrorCode::Conflict);
  ASSERT_FALSE(decide(change, {}, "reject").refused);
}

TEST_F(NumberChanges, TheRequesterAndHisTerminalDoNotDecideAndTheNumberIsTypedAgain) {
  given_a_person(608);
  static bool enrolled = false;
  if (!enrolled) world.enrol("two-roles", tenant, "operator", "import,confirmImport,file:" + kFile);
  enrolled = true;
  const auto own = world.ask(Kind::NumberChangeRequest, request(number(608), "two-roles"));
  ASSERT_FALSE(own.refused) << own.text;
  EXPECT_EQ(decide(own, number(608), "approve", "two-roles", world.t2).refused, ErrorCode::SamePerson);
  EXPECT_EQ(decide(own, number(608), "approve", "kato", world.t1).refused, ErrorCode::SamePerson);
  EXPECT_EQ(decide(own, {}).refused, ErrorCode::InvalidContent);
  const auto another = decide(own, number(609));
  EXPECT_EQ(another.refused, ErrorCode::InvalidContent);
  EXPECT_EQ(another.member("pointer"), "/newIndividualNumber");
  EXPECT_EQ(decide(own, number(608), "perhaps").refused, ErrorCode::InvalidContent);
  EXPECT_EQ(decide(own, number(608), "approve", "suzuki", world.t2).refused, ErrorCode::NotPermitted);
  EXPECT_FALSE(decide(own, number(608)).refused);
}

TEST_F(NumberChanges, AnUnknownRecordAndAForeignTenantAreAnsweredAlike) {
  given_a_person(610);
  auto unknown = request(number(610));
  unknown[FieldId::RecordId] = std::string(16, '\7');
  const auto nothing = world.ask(Kind::NumberChangeRequest, unknown);
  EXPECT_EQ(nothing.refused, ErrorCode::NotFound);
  auto foreign = request(number(610));
  foreign[FieldId::TenantCode] = std::string(ServiceWorld::kIshinomaki);
  const auto elsewhere = world.ask(Kind::NumberChangeRequest, foreign);
  EXPECT_EQ(elsewhere.refused, ErrorCode::NotFound);
  EXPECT_EQ(nothing.body.at("detail"), elsewhere.body.at("detail"));
  auto show = base("kato", world.t2);
  show[FieldId::NumberChangeId] = std::string(16, '\7');
  EXPECT_EQ(world.ask(Kind::NumberChangeShow, show).refused, ErrorCode::NotFound);
  auto no_right = request(number(610));
  no_right[FieldId::Session] = world.session("kato", world.t2);
  no_right[FieldId::Terminal] = world.t2;
  EXPECT_EQ(world.ask(Kind::NumberChangeRequest, no_right).refused, ErrorCode::NotPermitted);
}

TEST_F(NumberChanges, RepeatedWithItsKeyARequestIsOneAndListsAndShowsTellNoNumber) {
  given_a_person(611);
  auto fields = request(number(611));
  fields[FieldId::IdempotencyKey] = "change-611";
  const auto first = world.ask(Kind::NumberChangeRequest, fields),
             second = world.ask(Kind::NumberChangeRequest, fields);
  ASSERT_FALSE(first.refused || second.refused) << second.text;
  EXPECT_EQ(first.member("numberChangeId"), second.member("numberChangeId"));
  auto other_number = fields, other_case = fields;
  other_number[FieldId::NewNumber] = number(612);
  other_case[FieldId::CaseReference] = "別件";
  for (const auto& other : {other_number, other_case}) {
    const auto told = world.ask(Kind::NumberChangeRequest, other);
    EXPECT_EQ(told.refused, ErrorCode::Conflict);
    EXPECT_NE(told.text.find("Idempotency-Key"), std::string::npos) << told.text;
    EXPECT_FALSE(holds(told, number(612)));
  }
  const auto list = world.ask(Kind::NumberChangeList, base("kato", world.t2));
  ASSERT_FALSE(list.refused) << list.text;
  EXPECT_TRUE(holds(list, first.member("numberChangeId")));
  auto show = base("kato", world.t2);
  show[FieldId::NumberChangeId] = std::string(text_of(from_hex(first.member("numberChangeId")).value()));
  const auto shown = world.ask(Kind::NumberChangeShow, show);
  EXPECT_EQ(shown.member("state"), "requested");
  for (const auto* told : {&list, &shown}) {
    EXPECT_FALSE(holds(*told, number(611)) || holds(*told, person.number));
  }
  ASSERT_FALSE(decide(first, {}, "reject").refused);
}

TEST_F(NumberChanges, ARejectedRequestLeavesNothingAndASecondChangeKeepsBothFormerNumbers) {
  given_a_person(612);
  integrated_ = integrated_of(person);
  const auto first = asked(number(612));
  ASSERT_EQ(history().size(), 1u);
  const auto rows = generations::decode_number_change(*history()[0].value).value();
  ASSERT_FALSE(decide(first, {}, "reject").refused);
  EXPECT_TRUE(history().empty());
  EXPECT_FALSE(store().read_row(rows.present.id, rows.present.key));
  EXPECT_FALSE(store().read_row(rows.former.id, rows.former.key));

  ASSERT_FALSE(decide(asked(number(613)), number(613)).refused);
  world.clock.move(std::chrono::hours{1});
  const auto next = asked(number(614));
  ASSERT_FALSE(next.refused) << next.text;
  ASSERT_FALSE(decide(next, number(614)).refused);
  const auto told = found_by(number(614));
  EXPECT_TRUE(holds(told, "\"value\":\"" + number(614) + "\""));
  EXPECT_EQ(told.body.at("records").at(0).at("formerIndividualNumbers").as_array().size(), 2u);
  for (const auto& former : {person.number, number(613)}) {
    EXPECT_TRUE(found_by(former).body.contains("superseded"));
  }
  EXPECT_EQ(history().size(), 2u);
  for (const auto& entry : history()) {  // no number in a block or delta row, only in rows of its own (S-04)
    const auto bytes = std::string(text_of(*entry.value));
    for (const auto& any : {person.number, number(613), number(614)}) EXPECT_EQ(bytes.find(any), std::string::npos);
  }
}

TEST_F(NumberChanges, AnImportWithTheFormerNumberIsLinkedToThePersonAndFlagged) {
  given_a_person(615);
  ASSERT_FALSE(decide(asked(number(615)), number(615)).refused);
  auto late = people(1, 616)[0];
  late.number = person.number;
  late.addressee = person.addressee;
  const auto told = import({late});
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_NE(told.text.find("link.former-number"), std::string::npos) << told.text;
  confirm(told);
  EXPECT_EQ(integrated_of(late), integrated_of(person));
}

TEST_F(NumberChanges, NothingOfTheHistoryOutlivesThePersonsLastRecord) {
  given_a_person(617);
  integrated_ = integrated_of(person);
  ASSERT_FALSE(decide(asked(number(617)), number(617)).refused);
  const auto waiting = asked(number(618));
  ASSERT_FALSE(waiting.refused) << waiting.text;
  ASSERT_EQ(history().size(), 2u);
  std::vector<generations::NumberChange> changes;
  for (const auto& entry : history()) changes.push_back(generations::decode_number_change(*entry.value).value());
  static bool enrolled = false;
  if (!enrolled) world.enrol("number-eraser", tenant, "dataProtectionManager", "requestErasure,approveErasure,file:" + kFile);
  enrolled = true;
  auto application = base("suzuki", world.t1);
  application[FieldId::File] = kFile;
  application[FieldId::RecordIds] = std::string(text_of(records_of(person)[0].view()));
  for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Quantity, FieldId::Method, FieldId::Ground})
    application[field] = "架空";
  application[FieldId::PlannedDate] = "2026-12-01";
  const auto erasure = world.ask(Kind::ErasureRequest, application);
  ASSERT_FALSE(erasure.refused) << erasure.text;
  const auto id = std::string(text_of(from_hex(erasure.member("erasureId")).value()));
  auto approval = base("number-eraser", world.t2);
  approval[FieldId::ErasureId] = id;
  approval[FieldId::Decision] = "approve";
  approval[FieldId::Code] = world.code("number-eraser");
  ASSERT_FALSE(world.ask(Kind::ErasureDecide, approval).refused);
  auto execution = base("number-eraser", world.t2);
  execution[FieldId::ErasureId] = id;
  execution[FieldId::Code] = world.code("number-eraser");
  const auto done = world.ask(Kind::ErasureExecute, execution);
  ASSERT_FALSE(done.refused) << done.text;

  EXPECT_TRUE(history().empty());
  world.parts().appliance.sweep_up();
  for (const auto& change : changes) {
    EXPECT_FALSE(store().read_row(change.former.id, change.former.key));
    EXPECT_FALSE(store().read_row(change.present.id, change.present.key));
  }
  for (const auto& any : {person.number, number(617), number(618)}) {
    EXPECT_FALSE(store().get({TableId::Addressees, service::code_token(store(), any)}).value().has_value());
    EXPECT_EQ(found_by(any).refused, ErrorCode::NotFound);
  }
  auto show = base("kato", world.t2);
  show[FieldId::NumberChangeId] = std::string(text_of(from_hex(waiting.member("numberChangeId")).value()));
  EXPECT_EQ(world.ask(Kind::NumberChangeShow, show).member("state"), "removed");
  EXPECT_EQ(decide(waiting, number(618)).refused, ErrorCode::Conflict);
  const auto left = service::find_number_change(store(), RecordId::parse(waiting.member("numberChangeId")).value());
  EXPECT_EQ(left.value().value().subject, "");
}

}  // namespace
}  // namespace shosoin::test
