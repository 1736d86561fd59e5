// The workflow of seed 002 around an erasure: witness, execution, report, acknowledgement, withdrawal (E-04, E-05,
// E-07), and what becomes of an application of which a part may not go (decision 0070).
#include <algorithm>
#include <atomic>
#include <functional>

#include "admin-api/service/retention/erasures.h"
#include "firmware/base/limits_erasure.h"
#include "firmware/base/power.h"
#include "storage/erasure/certificate.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;

class ErasureWorkflow : public RetentionTest {
 protected:
  ErasureWorkflow() : RetentionTest("092011") {}
  const std::string uchida = "uchida-" + tenant, audit = "audit-" + tenant;  // a second operator, an auditor
  const std::string third = tenant + std::string(26, 't');                   // a third terminal

  void SetUp() override {
    RetentionTest::SetUp();
    if (world.people.contains(uchida)) return;
    ASSERT_FALSE(world
                     .as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, tenant},
                                                      {FieldId::Fingerprint, third},
                                                      {FieldId::TerminalName, "立会席"}})
                     .refused);
    world.enrol(uchida, tenant, "operator", "requestErasure");
    world.enrol(audit, tenant, "auditOfficer", "audit");
    adopt("1d");
  }
  // Neither the batches of others count towards the day's cap here, nor these elsewhere.
  static void SetUpTestSuite() { ServiceWorld::shared().clock.move(std::chrono::hours{25}); }
  static void TearDownTestSuite() { ServiceWorld::shared().clock.move(std::chrono::hours{25}); }
  Fields about(const std::string& id, const std::string& terminal, const std::string& erasure, bool code = true) {
    auto fields = base(id, terminal);
    fields[FieldId::ErasureId] = raw(erasure);
    if (code) fields[FieldId::Code] = world.code(id);
    return fields;
  }
  Told decide(const std::string& erasure, bool witness) {
    auto fields = about(oda, decides, erasure);
    fields[FieldId::Decision] = "approve";
    if (witness) fields[FieldId::WitnessRequired] = std::string(1, '\1');
    return world.ask(Kind::ErasureDecide, fields);
  }
  std::string approved(const std::string& records, bool witness = false) {
    const auto asked = apply(records);
    EXPECT_FALSE(asked.refused) << asked.text;
    const auto decided = decide(asked.member("erasureId"), witness);
    EXPECT_FALSE(decided.refused) << decided.text;
    EXPECT_EQ(decided.member("state"), witness ? "witness-required" : "approved");
    return asked.member("erasureId");
  }
  Told witness(const std::string& id, const std::string& terminal, const std::string& erasure) {
    return world.ask(Kind::ErasureWitness, about(id, terminal, erasure));
  }
  Told execute_as(const std::string& id, const std::string& terminal, const std::string& erasure) {
    return world.ask(Kind::ErasureExecute, about(id, terminal, erasure));
  }
  Told acknowledge(const std::string& id, const std::string& terminal, const std::string& erasure) {
    return world.ask(Kind::ErasureAcknowledge, about(id, terminal, erasure));
  }
  Told withdraw(const std::string& id, const std::string& terminal, const std::string& erasure) {
    return world.ask(Kind::ErasureWithdraw, about(id, terminal, erasure, false));
  }
  Told report(const std::string& erasure) {
    return world.ask(Kind::ErasureReport, about(oda, decides, erasure, false));
  }
  Told show(const std::string& erasure) { return world.ask(Kind::ErasureShow, about(oda, decides, erasure, false)); }
  bool logged(std::string_view operation, std::string_view about) {
    const auto lines = world.log_of(tenant);
    return std::ranges::any_of(
        lines, [&](const auto& line) { return line.find(operation) != line.npos && line.find(about) != line.npos; });
  }
  void log_out(const std::string& id, const std::string& terminal) {
    auto fields = base(id, terminal);
    fields.erase(FieldId::TenantCode);
    ASSERT_FALSE(world.ask(Kind::Logout, fields).refused);
    forget(id);
  }
};

TEST_F(ErasureWorkflow, WaitsForItsWitnessAndNeitherAPersonNorABatchRunsItBefore) {
  const auto ids = import_people(1, 951);
  const auto erasure = approved(ids[0], true);
  const auto refused = execute(erasure);
  EXPECT_EQ(refused.refused, ErrorCode::Conflict);
  EXPECT_EQ(refused.member("reason"), "witness-required");
  EXPECT_NE(refused.text.find("立会い"), std::string::npos);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_TRUE(logged("erasure-waits", "witness-required"));
  EXPECT_FALSE(by_id(ids[0]).refused);

  EXPECT_EQ(witness(uchida, third, erasure).refused, ErrorCode::NotPermitted);  // may apply only
  EXPECT_EQ(witness(plain, asks, erasure).refused, ErrorCode::SamePerson);      // the applicant's terminal
  log_out(plain, asks);
  auto stale = about(plain, third, erasure);
  stale[FieldId::Code] = "000000";
  EXPECT_EQ(world.ask(Kind::ErasureWitness, stale).refused, ErrorCode::NotAuthenticated);
  const auto present = witness(plain, third, erasure);
  ASSERT_FALSE(present.refused) << present.text;
  EXPECT_EQ(present.member("state"), "approved");
  EXPECT_EQ(execute_as(plain, third, erasure).member("reason"), "witness-executes");
  const auto done = execute(erasure);
  ASSERT_FALSE(done.refused) << done.text;
  EXPECT_EQ(by_id(ids[0]).refused, ErrorCode::Erased);
  const auto told = report(erasure);
  EXPECT_EQ(told.body.at("item").at("witness").at("operatorId").as_string(), plain);
  EXPECT_EQ(told.body.at("item").at("witness").at("terminal").as_string(), "立会席");
  EXPECT_EQ(witness(plain, third, erasure).refused, ErrorCode::Conflict);
  log_out(plain, third);
}

TEST_F(ErasureWorkflow, AnApplicantIsNoWitnessUnderAnyTerminal) {
  const auto ids = import_people(1, 952);
  auto fields = base(plain, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::RecordIds] = ids[0];
  for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Quantity, FieldId::Method, FieldId::Ground}) {
    fields[field] = "架空";
  }
  fields[FieldId::PlannedDate] = "2026-12-01";
  const auto asked = world.ask(Kind::ErasureRequest, fields);
  ASSERT_FALSE(asked.refused) << asked.text;
  const auto erasure = asked.member("erasureId");
  log_out(plain, asks);
  ASSERT_FALSE(decide(erasure, true).refused);
  const auto refused = witness(plain, third, erasure);
  EXPECT_EQ(refused.refused, ErrorCode::SamePerson);
  EXPECT_NE(refused.text.find("立ち会えません"), std::string::npos);
  ASSERT_FALSE(withdraw(plain, third, erasure).refused);
  log_out(plain, third);
}

TEST_F(ErasureWorkflow, PresenceLapsesWithTimeAndWithTheSession) {
  const auto ids = import_people(1, 953);
  const auto erasure = approved(ids[0], true);
  ASSERT_FALSE(witness(audit, third, erasure).refused);
  log_out(audit, third);
  EXPECT_EQ(execute(erasure).member("reason"), "witness-lapsed");
  ASSERT_FALSE(world.as_officers(Kind::ClockAccept, {}).refused);  // accepted time is what the test's clock says
  ASSERT_FALSE(witness(audit, third, erasure).refused);
  const auto wait = [&](std::chrono::minutes time) {
    for (; time > std::chrono::minutes{0}; time -= std::chrono::minutes{2}) {
      world.clock.move(std::chrono::minutes{2});
      ASSERT_FALSE(world.ask(Kind::SessionShow, session_of(audit)).refused);  // still logged in
    }
    ASSERT_FALSE(world.as_officers(Kind::ClockAccept, {}).refused);
  };
  wait(limits::kWitnessPresent - std::chrono::minutes{5});
  EXPECT_EQ(show(erasure).member("state"), "approved");
  wait(std::chrono::minutes{6});
  EXPECT_EQ(show(erasure).member("state"), "witness-required");
  EXPECT_EQ(execute(erasure).member("reason"), "witness-lapsed");
  EXPECT_FALSE(by_id(ids[0]).refused);
  ASSERT_FALSE(withdraw(nakai, asks, erasure).refused);
  log_out(audit, third);
}

TEST_F(ErasureWorkflow, IsReportedAndStaysUnreportedUntilAnotherAcknowledges) {
  const auto ids = import_people(2, 954);
  const auto erasure = approved(ids[0] + ids[1]);
  EXPECT_EQ(report(erasure).refused, ErrorCode::Conflict);
  ASSERT_FALSE(execute(erasure).refused);
  const auto told = report(erasure);
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.member("state"), "unreported");
  EXPECT_EQ(told.body.at("item").at("count").as_int64(), 2);
  EXPECT_EQ(told.body.at("item").at("items").as_string(), "全項目");
  EXPECT_EQ(told.body.at("item").at("executedBy").at("operatorId").as_string(), oda);
  EXPECT_EQ(told.member("certificate").size(), 64u);
  const auto unreported = [&] {
    const auto list = world.ask(Kind::ErasureList, base(oda, decides));
    const auto& all = list.body.at("erasures").as_array();
    return std::ranges::any_of(all, [&](const json::value& one) {
      return one.at("erasureId").as_string() == erasure && !one.at("reported").as_bool();
    });
  };
  EXPECT_TRUE(unreported());
  EXPECT_EQ(acknowledge(oda, decides, erasure).refused, ErrorCode::SamePerson);   // executed it
  EXPECT_EQ(acknowledge(nakai, asks, erasure).refused, ErrorCode::NotPermitted);  // applied for it
  EXPECT_TRUE(unreported());
  const auto done = acknowledge(plain, third, erasure);
  ASSERT_FALSE(done.refused) << done.text;
  EXPECT_EQ(done.body.at("acknowledgedBy").at("operatorId").as_string(), plain);
  EXPECT_EQ(done.body.at("acknowledgedBy").at("terminal").as_string(), "立会席");
  EXPECT_EQ(done.body.at("acknowledgedBy").at("digest"), told.body.at("digest"));
  EXPECT_FALSE(unreported());
  EXPECT_EQ(acknowledge(plain, third, erasure).refused, ErrorCode::Conflict);
  EXPECT_EQ(report(erasure).member("state"), "acknowledged");
  const auto closed = world.ask(Kind::ErasureHistory, base(oda, decides));
  EXPECT_NE(closed.text.find(erasure), std::string::npos);
  log_out(plain, third);
}

TEST_F(ErasureWorkflow, IsWithdrawnByWhoAppliedOrAManagerOnlyAndNotOnceExecuted) {
  const auto ids = import_people(1, 955);
  const auto first = apply(ids[0]).member("erasureId");
  EXPECT_EQ(withdraw(uchida, third, first).refused, ErrorCode::NotPermitted);  // may apply, but did not
  EXPECT_EQ(withdraw(audit, third, first).refused, ErrorCode::NotPermitted);
  EXPECT_EQ(apply(ids[0]).refused, ErrorCode::Conflict);
  ASSERT_FALSE(withdraw(nakai, asks, first).refused);
  EXPECT_TRUE(logged("erasure-withdraw", first));
  EXPECT_EQ(withdraw(nakai, asks, first).refused, ErrorCode::Conflict);
  EXPECT_EQ(decide(first, false).refused, ErrorCode::Conflict);
  const auto second = approved(ids[0]);  // free again
  ASSERT_FALSE(withdraw(oda, decides, second).refused);
  EXPECT_EQ(execute(second).refused, ErrorCode::Conflict);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(by_id(ids[0]).refused);
  const auto last = approved(ids[0]);
  ASSERT_FALSE(execute(last).refused);
  EXPECT_EQ(withdraw(nakai, asks, last).refused, ErrorCode::Conflict);
}

std::function<void()> meanwhile;
std::atomic<bool> armed{false};

TEST_F(ErasureWorkflow, WhatIsWithdrawnWhileABatchIsBeingWrittenStays) {
  const auto ids = import_people(1, 958);
  const auto erasure = approved(ids[0]);
  bool put = false;
  meanwhile = [&] {
    auto facts = service::find_erasure(store(), RecordId::parse(erasure).value()).value().value();
    facts.state = "withdrawn";
    put = bool(store().change([&](std::uint64_t) -> Result<generations::Change> {
      return generations::Change{service::erasure_entries(facts), {}, {}, {false, R"({"operation":"test"})"}};
    }));
  };
  armed = true;
  power::set_plug([](std::string_view) noexcept {
    if (armed.exchange(false)) meanwhile();
    return power::Cut::None;
  });
  service::BatchFailure failure;
  const auto done = [&] {
    std::unique_lock one_at_a_time(world.parts().erasures);
    return service::run_approved(world.parts(), nullptr, failure);
  }();
  power::set_plug(nullptr);
  EXPECT_TRUE(put);
  EXPECT_TRUE(done);  // gathered anew, without it
  EXPECT_FALSE(failure.must_end);
  EXPECT_FALSE(by_id(ids[0]).refused);
  EXPECT_EQ(show(erasure).member("state"), "withdrawn");
}

TEST_F(ErasureWorkflow, AHeldRecordStaysBehindWithItsReasonAndTheOthersGo) {
  const auto ids = import_people(3, 956);
  const auto erasure = approved(ids[0] + ids[1] + ids[2]);
  const auto held = hold({{FieldId::RecordIds, ids[1]}});
  const auto waiting = show(erasure);
  ASSERT_EQ(waiting.body.at("waiting").as_array().size(), 1u);
  EXPECT_EQ(waiting.body.at("waiting").at(0).at("reason").as_string(), "on-hold");
  EXPECT_EQ(waiting.body.at("waiting").at(0).at("holdId").as_string(), held.member("holdId"));
  const auto done = execute(erasure);
  ASSERT_FALSE(done.refused) << done.text;
  EXPECT_EQ(done.body.at("count").as_int64(), 2);
  EXPECT_EQ(by_id(ids[0]).refused, ErrorCode::Erased);
  EXPECT_FALSE(by_id(ids[1]).refused);
  EXPECT_EQ(by_id(ids[2]).refused, ErrorCode::Erased);
  EXPECT_EQ(report(erasure).body.at("item").at("count").as_int64(), 2);
  auto ask = base(oda, decides);
  ask[FieldId::Serial] = std::string(done.body.at("certificates").at(0).as_string());
  const auto certificate = world.ask(Kind::CertificateShow, ask);
  EXPECT_EQ(certificate.body.at("declaration").at("count").as_int64(), 2);

  const auto rest = done.member("remainder");
  const auto left = show(rest);
  EXPECT_EQ(left.member("state"), "approved");
  EXPECT_EQ(left.member("remainderOf"), erasure);
  EXPECT_EQ(left.body.at("waiting").at(0).at("recordId").as_string(), to_hex(view_of(ids[1])));
  EXPECT_EQ(execute(rest).refused, ErrorCode::Locked);
  EXPECT_EQ(apply(ids[1]).refused, ErrorCode::Conflict);  // asked for already
  ASSERT_FALSE(release(held.member("holdId")).refused);
  ASSERT_FALSE(decide_release(held.member("holdId")).refused);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_EQ(by_id(ids[1]).refused, ErrorCode::Erased);
  EXPECT_EQ(report(rest).body.at("item").at("count").as_int64(), 1);
}

TEST_F(ErasureWorkflow, ANumberInTheTextOfAnApplicationIsRefused) {
  const auto ids = import_people(1, 957);
  auto fields = base(nakai, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::RecordIds] = ids[0];
  for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Method, FieldId::Ground}) fields[field] = "架空";
  fields[FieldId::PlannedDate] = "2026-12-01";
  for (const auto* text : {"123456789018", "番号1234 5678 9018の件", "１２３４－５６７８－９０１８", "12345678903"}) {
    fields[FieldId::Quantity] = text;
    const auto told = world.ask(Kind::ErasureRequest, fields);
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << text;
    EXPECT_EQ(told.member("pointer"), "/quantity");
    EXPECT_EQ(told.text.find("9018"), std::string::npos);
  }
  fields[FieldId::Quantity] = "令和8年第1234567号 2026-12-01 電話123-4567-8903";
  EXPECT_FALSE(world.ask(Kind::ErasureRequest, fields).refused);
}

TEST_F(ErasureWorkflow, TheApplianceLeavesBatchesOfTheDayForPersons) {
  EXPECT_EQ(service::own_cap(24), 18);
  EXPECT_EQ(service::own_cap(4), 2);
  EXPECT_EQ(service::own_cap(1), 1);
}

}  // namespace
}  // namespace shosoin::test
