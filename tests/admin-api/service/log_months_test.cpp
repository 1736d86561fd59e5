// Months of the access log: without a rule none ends; with one none ends early, whoever asks and whatever the clocks
// say; after its term a batch takes its key, and everything that reads the log says so and goes on (L-15, E-02, E-03).
#include "admin-api/service/retention/log_months.h"

#include <boost/json.hpp>

#include "admin-api/service/retention/scheduler.h"
#include "storage/erasure/certificate.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using std::chrono::year_month_day;

// A world of its own: accepted time jumps by years here, and rounds act in all tenants.
class LogMonthsOfATenant : public RetentionTest {
 protected:
  LogMonthsOfATenant() : RetentionTest("062014", own()) {}
  static ServiceWorld& own() {
    static ServiceWorld& world = ServiceWorld::keep(std::make_unique<ServiceWorld>());
    return world;
  }
  // Two persons' word; the system clock stays where it is, so that sessions go on.
  void accept_years_ahead(int years) {
    auto moved = world.clock;
    moved.move(std::chrono::hours{24 * 366 * years});
    ASSERT_TRUE(world.parts().legal.accept(world.appliance(), moved, {}));
  }
  Fields of_log(const std::string& id, const std::string& terminal) {
    auto fields = base(id, terminal);
    fields[FieldId::File] = "access-log";
    return fields;
  }
  Told propose_log(Fields more) {
    auto fields = of_log(nakai, asks);
    fields[FieldId::Ground] = "架空市文書管理規程別表第9";
    for (auto& [field, value] : more) fields[field] = std::move(value);
    return world.ask(Kind::RetentionRulePropose, fields);
  }
  void adopt_log(Fields more) {
    const auto proposed = propose_log(std::move(more));
    ASSERT_FALSE(proposed.refused) << proposed.text;
    auto fields = of_log(oda, decides);
    fields[FieldId::RuleVersion] =
        std::string(text_of(be(static_cast<std::uint64_t>(proposed.body.at("version").as_int64()))));
    fields[FieldId::Decision] = "approve";
    fields[FieldId::Code] = world.code(oda);
    ASSERT_FALSE(world.ask(Kind::RetentionRuleDecide, fields).refused);
  }
  Told apply_for(const std::string& months) {
    auto fields = of_log(nakai, asks);
    fields[FieldId::LogMonths] = months;
    for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Quantity, FieldId::Method, FieldId::Ground}) {
      fields[field] = "架空";
    }
    fields[FieldId::PlannedDate] = "2034-12-01";
    return world.ask(Kind::ErasureRequest, fields);
  }
  Told hold_log(Fields more = {}) {
    more[FieldId::File] = "access-log";
    return hold(std::move(more));
  }
  void let_go(const Told& hold) {
    ASSERT_FALSE(release(hold.member("holdId")).refused);
    ASSERT_FALSE(decide_release(hold.member("holdId")).refused);
  }
  service::RoundResult round() {
    EXPECT_TRUE(service::retention_round(world.parts()));
    return world.parts().round.last()->tenants.at(world.tenant(tenant));
  }
  json::array due() { return world.ask(Kind::DueList, base(oda, decides)).body.at("expiredRecords").as_array(); }
  std::string sound() {
    const auto report = json::parse(world.appliance().check_storage().value()).as_object();
    return report.at("sound").as_bool() ? std::string() : json::serialize(report);
  }
  struct Lines {
    std::size_t open = 0, erased = 0, other = 0;
  };
  Lines lines_of(const generations::LogMonthId& month) {
    Lines out;
    EXPECT_TRUE(world.appliance().journal().walk([&](const journal::Frame& frame) {
      if (frame.draft.tenant != world.tenant(tenant) || frame.draft.month_key != month.key) return true;
      const auto entry = store().open_frame(frame);
      ++(entry ? out.open : entry.error().code() == ErrorCode::Erased ? out.erased : out.other);
      return true;
    }));
    return out;
  }
  generations::LogMonthId present() {
    const auto month = tokyo_month(world.clock.now());
    for (const auto& id : store().log_months()) {
      if (id.month == month) return id;
    }
    ADD_FAILURE();
    return {};
  }
};

TEST_F(LogMonthsOfATenant, TakeNoRuleThatIsTooShortOrCountsFromSomethingElse) {
  const auto refused = [&](Fields more) { return propose_log(std::move(more)).member("pointer"); };
  EXPECT_EQ(refused({{FieldId::CountingRule, "EXCL"}, {FieldId::RetentionPeriod, "11m"}}), "/period");
  EXPECT_EQ(refused({{FieldId::CountingRule, "EXCL"}, {FieldId::RetentionPeriod, "365d"}}), "/period");
  EXPECT_EQ(
      refused({{FieldId::CountingRule, "EXCL"}, {FieldId::RetentionPeriod, "7y"}, {FieldId::EventItems, "birthDate"}}),
      "/eventItems");
  EXPECT_EQ(refused({{FieldId::CountingRule, "NEXT_FY"},
                     {FieldId::RetentionPeriod, "7y"},
                     {FieldId::Settlement, "account-year"}}),
            "/settlement");
  EXPECT_EQ(refused({{FieldId::CountingRule, "EXCL"},
                     {FieldId::RetentionPeriod, "7y"},
                     {FieldId::Shortens, std::string(1, '\1')}}),
            "/shortens");
  EXPECT_EQ(refused({{FieldId::ProposalId, "jumin-johyo-150y"}}), "/proposal");
  auto months_of_a_file = base(nakai, asks);
  months_of_a_file[FieldId::File] = std::string(kFile);
  months_of_a_file[FieldId::LogMonths] = "2026-11";
  for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Quantity, FieldId::Method})
    months_of_a_file[field] = "架空";
  months_of_a_file[FieldId::Ground] = "架空";
  months_of_a_file[FieldId::PlannedDate] = "2034-12-01";
  EXPECT_EQ(world.ask(Kind::ErasureRequest, months_of_a_file).member("pointer"), "/months");
  EXPECT_EQ(apply_for("2026-13").member("pointer"), "/months");
  EXPECT_EQ(apply_for("").member("pointer"), "/months");
  EXPECT_EQ(apply_for("2001-01").refused, ErrorCode::NotFound);
}

TEST_F(LogMonthsOfATenant, EndNeitherEarlyNorWithoutARuleAndAfterTheirTermTheirKeyGoesInABatch) {
  const auto month = present();
  const auto text = service::month_text(month.month);
  accept_years_ahead(12);
  EXPECT_EQ(apply_for(text).member("reason"), "no-rule");  // no rule: nothing ends, whatever the day
  EXPECT_TRUE(due().empty());
  EXPECT_EQ(round().log_months, 0u);
  accept_years_ahead(0);
  adopt_log({{FieldId::ProposalId, "access-log-7y"}});
  EXPECT_EQ(apply_for(text).member("reason"), "month-open");
  for (const auto& ahead : {service::month_text(next_month(month.month)), std::string("2999-12")}) {
    EXPECT_EQ(apply_for(ahead).member("reason"), "month-open") << ahead;
  }

  accept_years_ahead(6);
  const auto early = apply_for(text);
  EXPECT_EQ(early.refused, ErrorCode::TooEarly);
  EXPECT_EQ(early.member("reason"), "before-end");
  EXPECT_EQ(early.member("purgeFrom").substr(0, 4), std::to_string((next_month(month.month) / 100) + 7));
  EXPECT_TRUE(due().empty());
  accept_years_ahead(8);
  ASSERT_EQ(due().size(), 3u);  // the months ahead have ended by then, too
  EXPECT_EQ(due()[0].at("month").as_string(), text);
  EXPECT_EQ(world.ask(Kind::RetentionCalendar, base(oda, decides))
                .body.at("due")
                .at("recordFiles")
                .at("access-log")
                .as_int64(),
            3);
  const auto seen = round();
  EXPECT_EQ(seen.log_months, 3u);
  EXPECT_EQ(seen.overdue, 3u);
  EXPECT_EQ(seen.applied, 0u);  // no standing approval

  const auto all = hold_log();
  ASSERT_FALSE(all.refused) << all.text;
  EXPECT_TRUE(all.body.at("allMonths").as_bool());
  EXPECT_EQ(apply_for(text).refused, ErrorCode::Locked);
  EXPECT_EQ(round().held, 3u);
  ASSERT_NO_FATAL_FAILURE(let_go(all));
  const auto asked = apply_for(text);
  ASSERT_FALSE(asked.refused) << asked.text;
  EXPECT_EQ(apply_for(text).refused, ErrorCode::Conflict);
  ASSERT_FALSE(decide_erasure(asked.member("erasureId")).refused);
  const auto one = hold_log({{FieldId::LogMonths, text}});
  EXPECT_EQ(execute(asked.member("erasureId")).refused, ErrorCode::Locked);
  ASSERT_FALSE(run_batch().refused);
  auto about = base(oda, decides);
  about[FieldId::ErasureId] = raw(asked.member("erasureId"));
  const auto waits = world.ask(Kind::ErasureShow, about).body;
  EXPECT_EQ(waits.at("waiting").at(0).at("month").as_string(), text);
  EXPECT_EQ(waits.at("waiting").at(0).at("holdId").as_string(), one.member("holdId"));
  EXPECT_EQ(waits.at("waitingCount").to_number<int>(), 1);
  ASSERT_NO_FATAL_FAILURE(let_go(one));
  accept_years_ahead(6);  // two persons take it back: what was approved waits, in the batch too
  EXPECT_EQ(execute(asked.member("erasureId")).member("reason"), "before-end");
  ASSERT_FALSE(run_batch().refused);
  EXPECT_GT(lines_of(month).open, 0u);
  EXPECT_EQ(lines_of(month).erased, 0u);

  accept_years_ahead(8);
  const auto seq = store().log_position().number_seq;
  const auto done = execute(asked.member("erasureId"));
  ASSERT_FALSE(done.refused) << done.text;
  for (const bool restarted : {false, true}) {
    if (restarted) {
      restart();
      ASSERT_TRUE(world.parts().legal.look(world.appliance(), world.clock));
    }
    const auto lines = lines_of(month);  // the chain of the whole journal was walked
    EXPECT_EQ(lines.open, 0u);
    EXPECT_EQ(lines.other, 0u);
    EXPECT_GT(lines.erased, 0u);
    EXPECT_EQ(sound(), "");
    EXPECT_EQ(store().log_position().number_seq, seq);
  }
  ASSERT_TRUE(store().log({true, R"({"operation":"test"})"}));
  EXPECT_EQ(store().log_position().number_seq, seq + 1);  // without a gap
  EXPECT_EQ(apply_for(text).refused, ErrorCode::Erased);
  EXPECT_EQ(due().size(), 2u);

  auto fields = base(oda, decides);
  fields[FieldId::Serial] = done.body.at("certificates").at(0).as_string();
  const auto certificate = world.ask(Kind::CertificateShow, fields);
  const auto pinned =
      erasure::read_provisioning_record(world.ask(Kind::ProvisioningShow, {{FieldId::Terminal, decides}}).text);
  const auto check = erasure::verify_certificate(certificate.text, pinned.value(), tenant);
  EXPECT_EQ(check.fault, erasure::CertificateFault::None) << erasure::describe(check.fault, false);
  const auto declared = json::parse(check.declaration).as_object();
  EXPECT_EQ(declared.at("logClass").as_string(), "access-log");
  EXPECT_EQ(declared.at("logMonths").at(0).as_string(), text);
  EXPECT_EQ(declared.at("rule").at(0).at("period").as_string(), "7y");
  EXPECT_EQ(declared.at("count").as_int64(), 0);  // of records
  EXPECT_EQ(declared.at("monthCount").as_int64(), 1);
  EXPECT_EQ(declared.at("lastDay").as_string().size(), 10u);

  // The register has it as well: of no records, and of which months.
  fields = base(oda, decides);
  fields[FieldId::DisposalId] = raw(done.member("disposalId"));
  const auto disposal = world.ask(Kind::DisposalShow, fields);
  ASSERT_FALSE(disposal.refused) << disposal.text;
  const auto item = disposal.body.at("item").as_object();
  EXPECT_EQ(item.at("count").as_int64(), 0);
  EXPECT_EQ(item.at("monthCount").as_int64(), 1);
  EXPECT_EQ(item.at("logMonths").at(0).as_string(), text);
  EXPECT_EQ(item.at("retentionRules").at(0).at("period").as_string(), "7y");
  EXPECT_TRUE(disposal.body.at("recordIds").as_array().empty());

  // A later rule shortens no end that is fixed, and is the standing approval for what has ended.
  adopt_log(
      {{FieldId::CountingRule, "EXCL"}, {FieldId::RetentionPeriod, "1y"}, {FieldId::Automatic, std::string(1, '\1')}});
  accept_years_ahead(2);
  EXPECT_EQ(apply_for(service::month_text(next_month(month.month))).member("reason"), "before-end");
  EXPECT_EQ(round().applied, 0u);
  accept_years_ahead(8);
  const auto acting = round();
  EXPECT_EQ(acting.applied, 5u);   // and three that ended under the later rule alone
  EXPECT_EQ(round().applied, 0u);  // once
  ASSERT_FALSE(run_batch().refused);
  EXPECT_TRUE(due().empty());
  EXPECT_EQ(sound(), "");
}

// A key that is missing while nothing explains it: damage, by name.
TEST_F(LogMonthsOfATenant, WhoseKeyIsMissingWithoutAnErasureAreDamageInTheStorageCheck) {
  accept_years_ahead(0);
  ASSERT_EQ(sound(), "");
  const auto month = store().writing_month();
  accept_years_ahead(1);  // another month is written now
  ASSERT_TRUE(store().change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{
        {{generations::log_key_of(month), std::nullopt}}, {}, {}, {false, R"({"operation":"test"})"}};
  }));
  const auto report = sound();
  EXPECT_NE(report.find("find the key of a log month that no erasure explains"), report.npos) << report;
}

}  // namespace
}  // namespace shosoin::test
