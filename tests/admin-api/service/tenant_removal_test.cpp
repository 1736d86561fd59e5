// A tenant leaves: an officer asks with the receipt of the hand-over, a manager of the tenant approves with the same
// receipt, the next batch removes it - and afterwards it answers like one that never was (promises 1, 6 and 7; E-03,
// E-08, E-17).
#include <algorithm>

#include "admin-api/service/retention/scheduler.h"
#include "admin-api/service/retention/tenant_removals.h"
#include "storage/erasure/certificate.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
constexpr auto kLocal = protocol::Channel::Local;

const std::string kReceipt(64, 'a');

class RemovedTenantWorld : public RetentionTest {
 protected:
  explicit RemovedTenantWorld(const std::string& code) : RetentionTest(code) {}
  Fields request() const {
    return {{FieldId::TenantCode, tenant},         {FieldId::TenantCodeAgain, tenant},
            {FieldId::Receiver, "架空県架空市"},   {FieldId::DocumentNumber, "架空情第12号"},
            {FieldId::HandedOverOn, "2026-11-20"}, {FieldId::ReceiptDigest, kReceipt}};
  }
  Told ask_removal(Fields changed = {}) {
    auto fields = request();
    for (auto& [field, text] : changed) fields[field] = text;
    fields[FieldId::Session] = world.officer(1);
    return world.ask(Kind::TenantRemovalRequest, fields, kLocal);
  }
  Told decide(const std::string& who, const std::string& decision, Fields changed = {}) {
    auto fields = base(who, decides);
    fields[FieldId::Decision] = decision;
    fields[FieldId::TenantCodeAgain] = tenant;
    fields[FieldId::ReceiptDigest] = kReceipt;
    fields[FieldId::Code] = world.code(who);
    for (auto& [field, text] : changed) fields[field] = text;
    return world.ask(Kind::TenantRemovalDecide, fields);
  }
  Told withdraw() {
    return world.ask(Kind::TenantRemovalWithdraw, {{FieldId::TenantCode, tenant}, {FieldId::Session, world.officer(2)}},
                     kLocal);
  }
  json::object listed() { return world.ask(Kind::TenantList, {{FieldId::Session, world.officer(1)}}, kLocal).body; }
  bool is_listed() {
    return std::ranges::any_of(listed().at("tenants").as_array(),
                               [&](const auto& one) { return one.at("localGovernmentCode").as_string() == tenant; });
  }
  static std::string without_id(Told told) {
    told.body.erase("requestId");
    return json::serialize(told.body);
  }
};

class TenantRemovalRefusals : public RemovedTenantWorld {
 protected:
  TenantRemovalRefusals() : RemovedTenantWorld("102016") {}
};

TEST_F(TenantRemovalRefusals, AnOfficerAsksWithTheWholeReceiptAndNobodyElseAsks) {
  const std::pair<FieldId, std::string> wrong[] = {
      {FieldId::TenantCodeAgain, "102024"},  {FieldId::Receiver, " "},
      {FieldId::DocumentNumber, " "},        {FieldId::HandedOverOn, "2026-13-01"},
      {FieldId::HandedOverOn, "2999-01-01"}, {FieldId::ReceiptDigest, "ab"}};
  const std::string places[] = {
      "/localGovernmentCodeAgain", "/receiver", "/documentNumber", "/handedOverOn", "/handedOverOn", "/receiptDigest"};
  for (std::size_t i = 0; i < std::size(wrong); ++i) {
    const auto told = ask_removal({wrong[i]});
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << i;
    EXPECT_EQ(told.member("pointer"), places[i]);
    EXPECT_TRUE(told.body.at("detail").as_object().contains("ja"));
  }
  EXPECT_EQ(ask_removal({{FieldId::TenantCode, "472018"}}).refused, ErrorCode::NotFound);
  world.enrol("kanri-102016", "", "systemAdministrator", "");
  const auto told = world.ask(Kind::Login,
                              {{FieldId::PersonId, "kanri-102016"},
                               {FieldId::Password, world.people.at("kanri-102016").password},
                               {FieldId::Code, world.code("kanri-102016")}},
                              kLocal);
  auto fields = request();
  fields[FieldId::Session] = std::string(text_of(from_base64url(told.member("session")).value()));
  EXPECT_EQ(world.ask(Kind::TenantRemovalRequest, fields, kLocal).refused, ErrorCode::NotPermitted);
  EXPECT_EQ(world
                .ask(Kind::TenantRemovalWithdraw,
                     {{FieldId::TenantCode, tenant}, {FieldId::Session, fields[FieldId::Session]}}, kLocal)
                .refused,
            ErrorCode::NotPermitted);
  EXPECT_EQ(withdraw().refused, ErrorCode::NotFound);
  EXPECT_EQ(decide(oda, "approve").refused, ErrorCode::NotFound);
  EXPECT_TRUE(is_listed());
}

TEST_F(TenantRemovalRefusals, NotUnderAHoldNotWithAnUndecidedImportAndNotOverWhatCameSince) {
  adopt("1d");
  const auto ids = import_people(1, 31);
  const auto first = hold({{FieldId::RecordIds, ids[0]}});
  const auto held = ask_removal();
  EXPECT_EQ(held.refused, ErrorCode::Locked);
  EXPECT_EQ(held.member("reason"), "on-hold");
  ASSERT_FALSE(release(first.member("holdId")).refused);
  ASSERT_FALSE(decide_release(first.member("holdId")).refused);

  const auto staged = world.import(base(nakai, asks)[FieldId::Session], asks, world.csv(tenant, 1, 32));
  ASSERT_FALSE(staged.refused) << staged.text;
  EXPECT_EQ(ask_removal().member("reason"), "undecided-imports");
  auto fields = base(oda, decides);
  fields[FieldId::ImportId] = raw(staged.member("importId"));
  fields[FieldId::Decision] = "approve";
  fields[FieldId::Code] = world.code(oda);
  ASSERT_FALSE(world.ask(Kind::ImportDecide, fields).refused);

  ASSERT_FALSE(ask_removal().refused);
  EXPECT_EQ(ask_removal().refused, ErrorCode::Conflict);  // one at a time
  import_people(1, 33);                                   // was not handed over
  const auto since = decide(oda, "approve");
  EXPECT_EQ(since.refused, ErrorCode::TooEarly);
  EXPECT_EQ(since.member("reason"), "changed-since");
  EXPECT_EQ(withdraw().member("state"), "withdrawn");
  EXPECT_EQ(decide(oda, "approve").refused, ErrorCode::NotFound);
}

TEST_F(TenantRemovalRefusals, OnlyAManagerWithTheReceiptApprovesAndAHoldSetLaterKeepsTheTenant) {
  const auto ids = import_people(1, 34);
  ASSERT_FALSE(ask_removal().refused);
  EXPECT_EQ(decide(nakai, "approve").refused, ErrorCode::NotPermitted);
  EXPECT_EQ(decide(plain, "approve").refused, ErrorCode::NotPermitted);
  EXPECT_EQ(decide(oda, "perhaps").refused, ErrorCode::InvalidContent);
  EXPECT_EQ(decide(oda, "approve", {{FieldId::ReceiptDigest, std::string(64, 'b')}}).member("pointer"),
            "/receiptDigest");
  EXPECT_EQ(decide(oda, "approve", {{FieldId::TenantCodeAgain, "102024"}}).member("pointer"),
            "/localGovernmentCodeAgain");
  EXPECT_EQ(decide(oda, "approve", {{FieldId::Code, "000000"}}).refused, ErrorCode::NotAuthenticated);
  auto fields = base(nakai, asks);
  EXPECT_EQ(world.ask(Kind::TenantRemovalShow, fields).refused, ErrorCode::NotPermitted);
  ASSERT_EQ(decide(oda, "approve").member("state"), "approved");
  EXPECT_EQ(decide(oda, "approve").refused, ErrorCode::Conflict);
  EXPECT_EQ(world.ask(Kind::TenantRemovalShow, base(oda, decides)).member("state"), "approved");

  const auto first = hold({{FieldId::RecordIds, ids[0]}});
  ASSERT_FALSE(first.refused);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_TRUE(is_listed());
  const auto log = world.log_of("");
  EXPECT_TRUE(std::ranges::any_of(log, [&](const std::string& line) {
    return line.find("tenant-removal-waits") != std::string::npos && line.find("on-hold") != std::string::npos;
  }));
  EXPECT_EQ(decide(oda, "reject").member("state"), "rejected");
  EXPECT_EQ(world.ask(Kind::TenantRemovalShow, base(oda, decides)).member("state"), "rejected");
  ASSERT_FALSE(release(first.member("holdId")).refused);
  ASSERT_FALSE(decide_release(first.member("holdId")).refused);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(by_id(ids[0]).refused);
}

class TenantRemovalService : public RemovedTenantWorld {
 protected:
  TenantRemovalService() : RemovedTenantWorld("102024") {}
};

TEST_F(TenantRemovalService, AfterTheBatchItsCodePeopleAndTerminalsAreLikeOnesThatNeverWere) {
  const auto ids = import_people(2, 41);
  const auto token = base(nakai, asks)[FieldId::Session];
  ASSERT_FALSE(ask_removal().refused);
  ASSERT_FALSE(decide(oda, "approve").refused);
  const auto pending = listed().at("tenants").as_array();
  EXPECT_TRUE(std::ranges::any_of(pending, [&](const auto& one) {
    return one.as_object().contains("removal") && one.at("removal").as_string() == "approved" &&
           one.at("localGovernmentCode").as_string() == tenant;
  }));
  const auto before = world.tenant(tenant);
  auto& own = store();
  const Result<void> failed = Error{ErrorCode::NotFound, "look for something in a test"};
  EXPECT_FALSE(service::unless_removed(own, failed));
  const auto ran = run_batch(false);  // a removal alone is something to run one for
  ASSERT_FALSE(ran.refused) << ran.text;
  // The maintenance may have taken it up before: that it is gone is no failure, and another failure stays one.
  EXPECT_TRUE(service::unless_removed(own, own.ensure_log_keys()));
  EXPECT_TRUE(service::unless_removed(own, failed));
  EXPECT_FALSE(service::unless_removed(own, Error{ErrorCode::Integrity, "read something in a test"}));
  EXPECT_FALSE(service::unless_removed(world.appliance().zero(), failed));

  EXPECT_FALSE(is_listed());
  EXPECT_EQ(world.ask(Kind::SessionShow, {{FieldId::Terminal, asks}, {FieldId::Session, token}}).refused,
            ErrorCode::NotAuthenticated);
  const auto unknown_code = [&](const std::string& code) {
    return without_id(world.ask(
        Kind::CertificateShow,
        {{FieldId::TenantCode, code}, {FieldId::Serial, std::string(64, '0')}, {FieldId::Session, world.officer(1)}},
        kLocal));
  };
  EXPECT_EQ(unknown_code(tenant), unknown_code("472018"));
  EXPECT_EQ(without_id(ask_removal()), without_id(ask_removal({{FieldId::TenantCode, "472018"}})));
  const auto person = [&](const std::string& id) {
    return without_id(world.ask(Kind::Login, {{FieldId::Terminal, world.t1},
                                              {FieldId::PersonId, id},
                                              {FieldId::Password, world.people.at(nakai).password},
                                              {FieldId::Code, "123456"}}));
  };
  EXPECT_EQ(person(nakai), person("nobody-at-all"));
  const auto terminals = world.ask(Kind::TerminalList, {{FieldId::Session, world.officer(1)}}, kLocal).text;
  EXPECT_EQ(terminals.find(to_hex(view_of(asks))), std::string::npos);

  // What stays known: that it was removed, and the proof.
  const auto removed = listed().at("removed").as_array();
  const auto* found = std::ranges::find_if(
      removed, [&](const auto& one) { return one.at("localGovernmentCode").as_string() == tenant; });
  ASSERT_NE(found, removed.end());
  const auto serial = std::string(found->at("serial").as_string());
  const auto certificate = world.ask(
      Kind::CertificateShow,
      {{FieldId::TenantCode, tenant}, {FieldId::Serial, serial}, {FieldId::Session, world.officer(1)}}, kLocal);
  ASSERT_FALSE(certificate.refused) << certificate.text;
  const auto pinned = erasure::read_provisioning_record(world.parts().provisioning).value();
  const auto check = erasure::verify_certificate(certificate.text, pinned, tenant);
  EXPECT_EQ(check.fault, erasure::CertificateFault::None) << describe(check.fault, false);
  EXPECT_EQ(check.kind, erasure::CertificateKind::TenantRemoval);
  EXPECT_GE(check.rows, 2 * ids.size());
  const auto declaration = json::parse(check.declaration).as_object();
  EXPECT_EQ(declaration.at("receiptDigest").as_string(), kReceipt);
  EXPECT_EQ(declaration.at("records").as_int64(), 2);
  EXPECT_EQ(declaration.at("recordsBeforeEndOfRetention").as_int64(), 2);  // no rule was ever adopted
  EXPECT_EQ(declaration.at("requestedBy").at("operatorId").as_string(), "officer-1a");
  EXPECT_EQ(declaration.at("approvedBy").at("operatorId").as_string(), oda);
  const auto log = world.log_of("");
  EXPECT_TRUE(
      std::ranges::any_of(log, [](const auto& line) { return line.find("tenant-removed") != std::string::npos; }));

  // An id is never given a second time; everything else of the name is free.
  const auto people = world.ask(Kind::PersonList, {{FieldId::Session, world.officer(1)}}, kLocal).text;
  EXPECT_EQ(people.find("架空 " + nakai), std::string::npos);
  ASSERT_FALSE(
      world.as_officers(Kind::TenantCreate, {{FieldId::TenantCode, tenant}, {FieldId::TenantName, "架空市"}}).refused);
  EXPECT_NE(world.tenant(tenant), before);
  ASSERT_FALSE(world
                   .as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, tenant},
                                                    {FieldId::Fingerprint, asks},
                                                    {FieldId::TerminalName, "文書管理席"}})
                   .refused);
  world.enrol("nakai-again-102024", tenant, "operator", "");
  const auto fresh = world.session("nakai-again-102024", asks);
  const auto read = world.ask(Kind::RetrieveRecord, {{FieldId::Terminal, asks},
                                                     {FieldId::Session, fresh},
                                                     {FieldId::TenantCode, tenant},
                                                     {FieldId::File, std::string(kFile)},
                                                     {FieldId::RecordId, ids[0]},
                                                     {FieldId::ReasonCode, "R06"},
                                                     {FieldId::CaseReference, "架空-保存-1"}});
  EXPECT_EQ(read.refused, ErrorCode::NotFound);  // not even that it was erased
  restart();
  EXPECT_TRUE(is_listed());
  EXPECT_EQ(listed().at("removed").as_array().size(), removed.size());
}

}  // namespace
}  // namespace shosoin::test
