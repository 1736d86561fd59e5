// The log of the appliance itself: without a rule no month of it ends; with one that two security officers adopt none
// ends early, and after its term a batch takes its key by itself, with a certificate (L-15, E-01, E-02, E-03).
#include "admin-api/service/retention/appliance_log.h"

#include <boost/json.hpp>

#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/retention/scheduler.h"
#include "storage/erasure/certificate.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;

// A world of its own: accepted time jumps by years here.
class ApplianceLog : public ::testing::Test {
 protected:
  ServiceWorld& world = own();
  static ServiceWorld& own() {
    static ServiceWorld& world = ServiceWorld::keep(std::make_unique<ServiceWorld>());
    return world;
  }
  void accept_years_ahead(int years) {
    auto moved = world.clock;
    moved.move(std::chrono::hours{24 * 366 * years});
    ASSERT_TRUE(world.parts().legal.accept(world.appliance(), moved, {}));
  }
  Told by_two(Kind kind, Fields fields) { return world.as_officers(kind, std::move(fields)); }
  Told by_one(Kind kind, Fields fields) {
    fields[FieldId::Session] = world.officer(1);
    return world.ask(kind, std::move(fields), protocol::Channel::Local);
  }
  Told adopt(Fields more) {
    more.emplace(FieldId::Ground, "架空データセンター文書規程");
    return by_two(Kind::ApplianceLogRule, std::move(more));
  }
  Told erase(const std::string& months) { return by_two(Kind::ApplianceLogErase, {{FieldId::LogMonths, months}}); }
  Told batch() { return by_two(Kind::BatchRun, {{FieldId::Now, std::string(1, '\1')}}); }
  service::RoundResult round() {
    EXPECT_TRUE(service::retention_round(world.parts()));
    return world.parts().round.last()->tenants.at(kAppliance);
  }
  std::string sound() {
    const auto report = json::parse(world.appliance().check_storage().value()).as_object();
    return report.at("sound").as_bool() ? std::string() : json::serialize(report);
  }
  std::size_t erased_lines(const MonthKeyId& key) {
    std::size_t erased = 0;
    EXPECT_TRUE(world.appliance().journal().walk([&](const journal::Frame& frame) {
      if (frame.draft.tenant != kAppliance || frame.draft.month_key != key) return true;
      const auto entry = world.parts().zero().open_frame(frame);
      if (!entry && entry.error().code() == ErrorCode::Erased) ++erased;
      return true;
    }));
    return erased;
  }
};

TEST_F(ApplianceLog, IsDecidedAboutByTwoSecurityOfficersInWordsThatMeanSomething) {
  const auto short_rule = adopt({{FieldId::CountingRule, "EXCL"}, {FieldId::RetentionPeriod, "11m"}});
  EXPECT_EQ(short_rule.member("pointer"), "/period");
  EXPECT_EQ(adopt({{FieldId::ProposalId, "shiyo-shoninnegai-5y"}}).member("pointer"), "/proposal");
  EXPECT_EQ(erase("").member("pointer"), "/months");
  EXPECT_EQ(erase("2001-01").refused, ErrorCode::NotFound);
  EXPECT_EQ(by_one(Kind::ApplianceLogHold, {{FieldId::HoldName, "架空"}}).member("pointer"), "/reason");
  EXPECT_EQ(by_two(Kind::ApplianceLogRelease, {{FieldId::HoldId, std::string(16, '\7')}}).refused, ErrorCode::NotFound);

  const std::string admin = "kanri-0";  // acts in this log
  world.enrol(admin, "", "systemAdministrator", "");
  const auto told = world.ask(Kind::Login,
                              {{FieldId::PersonId, admin},
                               {FieldId::Password, world.people.at(admin).password},
                               {FieldId::Code, world.code(admin)}},
                              protocol::Channel::Local);
  ASSERT_FALSE(told.refused) << told.text;
  const auto as_admin = [&](Kind kind, Fields fields) {
    fields[FieldId::Session] = std::string(text_of(from_base64url(told.member("session")).value()));
    fields[FieldId::SecondSession] = world.officer(1);
    return world.ask(kind, std::move(fields), protocol::Channel::Local);
  };
  const auto refused = as_admin(Kind::ApplianceLogRule, {{FieldId::ProposalId, "access-log-7y"}});
  EXPECT_EQ(refused.refused, ErrorCode::NotPermitted);
  EXPECT_FALSE(refused.body.at("detail").at("ja").as_string().empty());
  EXPECT_EQ(as_admin(Kind::ApplianceLogErase, {{FieldId::LogMonths, "2026-01"}}).refused, ErrorCode::NotPermitted);
  EXPECT_EQ(as_admin(Kind::ApplianceLogRelease, {{FieldId::HoldId, std::string(16, '\7')}}).refused,
            ErrorCode::NotPermitted);
}

TEST_F(ApplianceLog, EndsNeitherEarlyNorWithoutARuleAndThenByItself) {
  const auto months = world.parts().zero().log_months();
  ASSERT_FALSE(months.empty());
  const auto month = months.front();
  const auto text = service::month_text(month.month);
  accept_years_ahead(12);
  EXPECT_EQ(erase(text).member("reason"), "no-rule");
  EXPECT_EQ(round().log_months, 0u);
  accept_years_ahead(0);
  const auto rule = adopt({{FieldId::ProposalId, "access-log-7y"}});
  ASSERT_FALSE(rule.refused) << rule.text;
  EXPECT_TRUE(rule.body.at("automatic").as_bool());
  EXPECT_EQ(erase(text).member("reason"), "month-open");
  EXPECT_EQ(erase("2999-12").member("reason"), "month-open");
  accept_years_ahead(6);
  EXPECT_EQ(erase(text).member("reason"), "before-end");
  EXPECT_EQ(round().applied, 0u);
  ASSERT_FALSE(batch().refused);
  EXPECT_EQ(erased_lines(month.key), 0u);

  const auto hold = by_one(Kind::ApplianceLogHold, {{FieldId::HoldName, "架空監査"}, {FieldId::ReasonCode, "audit"}});
  ASSERT_FALSE(hold.refused) << hold.text;
  accept_years_ahead(8);
  EXPECT_EQ(erase(text).refused, ErrorCode::Locked);
  const auto held = round();
  EXPECT_GE(held.held, 1u);
  EXPECT_EQ(held.applied, 0u);
  EXPECT_EQ(held.overdue, held.due);
  const Fields of_hold{{FieldId::HoldId, std::string(text_of(from_hex(hold.member("holdId")).value()))}};
  ASSERT_FALSE(by_two(Kind::ApplianceLogRelease, of_hold).refused);
  EXPECT_EQ(by_two(Kind::ApplianceLogRelease, of_hold).refused, ErrorCode::Conflict);

  const auto asked = erase(text);  // by hand, before the round does
  ASSERT_FALSE(asked.refused) << asked.text;
  EXPECT_EQ(erase(text).refused, ErrorCode::Conflict);
  EXPECT_EQ(round().applied + 1, held.due);  // the others, by the rule alone
  accept_years_ahead(6);                     // two persons take it back: what was approved waits, in the batch too
  ASSERT_FALSE(batch().refused);
  EXPECT_EQ(erased_lines(month.key), 0u);
  accept_years_ahead(8);
  const auto seq = world.parts().zero().log_position().number_seq;
  ASSERT_FALSE(batch().refused);
  EXPECT_GT(erased_lines(month.key), 0u);
  EXPECT_EQ(sound(), "");
  EXPECT_GE(world.parts().zero().log_position().number_seq, seq);
  EXPECT_EQ(erase(text).refused, ErrorCode::Erased);
  EXPECT_EQ(round().log_months, 0u);

  std::string serial;
  const auto listed = by_one(Kind::ApplianceLogShow, {}).body;
  for (const auto& one : listed.at("erasures").as_array()) {
    EXPECT_EQ(one.at("state").as_string(), "executed");
    if (one.at("erasureId").as_string() == asked.member("erasureId")) serial = one.at("certificates").at(0).as_string();
  }
  const auto certificate =
      by_one(Kind::CertificateShow, {{FieldId::TenantCode, "appliance"}, {FieldId::Serial, serial}});
  ASSERT_FALSE(certificate.refused) << certificate.text;
  const auto pinned =
      erasure::read_provisioning_record(world.ask(Kind::ProvisioningShow, {}, protocol::Channel::Local).text);
  const auto check = erasure::verify_certificate(certificate.text, pinned.value(), "appliance");
  EXPECT_EQ(check.fault, erasure::CertificateFault::None) << erasure::describe(check.fault, false);
  EXPECT_EQ(json::parse(check.declaration).at("logMonths").at(0).as_string(), text);

  world.restart();
  EXPECT_EQ(sound(), "");
  EXPECT_GT(erased_lines(month.key), 0u);
  EXPECT_FALSE(by_one(Kind::ApplianceLogShow, {}).refused);
}

}  // namespace
}  // namespace shosoin::test
