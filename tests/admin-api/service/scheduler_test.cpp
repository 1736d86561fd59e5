// The scheduler: what an adopted rule lets go is erased without an operator (E-01), what nobody takes away is overdue
// and alarms (E-03), and each round is told (E-02).
#include "admin-api/service/retention/scheduler.h"

#include <algorithm>

#include "firmware/base/limits_retention.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

class Scheduler : public RetentionTest {
 protected:
  explicit Scheduler(const std::string& code = "012025") : RetentionTest(code) {}
  // Other suites of this world have batches of their own; what the maintenance finds due here takes none from their
  // day.
  static void SetUpTestSuite() { ServiceWorld::shared().clock.move(std::chrono::hours{25}); }
  static void TearDownTestSuite() { ServiceWorld::shared().clock.move(std::chrono::hours{25}); }
  service::RoundResult round() {
    EXPECT_TRUE(service::retention_round(world.parts()));
    return world.parts().round.last()->tenants.at(world.tenant(tenant));
  }
  bool logged(std::string_view operation) {
    const auto lines = world.log_of(tenant);
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(operation) != line.npos; });
  }
  void adopt_automatic(const std::string& period) {
    auto fields = base(nakai, asks);
    fields[FieldId::File] = std::string(kFile);
    fields[FieldId::CountingRule] = "EXCL";
    fields[FieldId::RetentionPeriod] = period;
    fields[FieldId::EventItems] = "birthDate";
    fields[FieldId::Ground] = "架空市文書管理規程別表第3";
    fields[FieldId::Automatic] = std::string(1, '\1');
    const auto proposed = world.ask(Kind::RetentionRulePropose, fields);
    ASSERT_FALSE(proposed.refused) << proposed.text;
    ASSERT_FALSE(decide_rule(static_cast<std::uint64_t>(proposed.body.at("version").as_int64())).refused);
  }
};

TEST_F(Scheduler, ErasesByItselfWhatAnAdoptedRuleLetsGoButNothingUnderAHold) {
  adopt("1d");
  const auto ids = import_people(3, 931);
  // Without a standing approval: due, overdue, alarmed about, and still there after a batch.
  const auto seen = round();
  EXPECT_EQ(seen.due, 3u);
  EXPECT_EQ(seen.overdue, 3u);
  EXPECT_EQ(seen.applied, 0u);
  EXPECT_TRUE(logged("retention-overdue"));
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(by_id(ids[0]).refused);

  adopt_automatic("1d");
  const auto hold_on_one = hold({{FieldId::RecordIds, ids[2]}});
  const auto acting = round();
  EXPECT_EQ(acting.applied, 2u);
  EXPECT_EQ(acting.held, 1u);
  EXPECT_EQ(round().applied, 0u);  // applied for once
  ASSERT_FALSE(run_batch().refused);
  EXPECT_EQ(by_id(ids[0]).refused, ErrorCode::Erased);
  EXPECT_EQ(by_id(ids[1]).refused, ErrorCode::Erased);
  EXPECT_FALSE(by_id(ids[2]).refused);
  const auto listed = world.ask(Kind::ErasureList, base(oda, decides));
  const auto& report = listed.body.at("erasures").at(0).as_object();
  EXPECT_EQ(report.at("requestedBy").at("operatorId").as_string(), "appliance");
  EXPECT_EQ(report.at("approvedBy").at("operatorId").as_string(), oda);
  EXPECT_EQ(report.at("certificates").as_array().size(), 1u);

  const auto left = round();
  EXPECT_EQ(left.due, 1u);
  EXPECT_EQ(left.held, 1u);
  ASSERT_FALSE(release(hold_on_one.member("holdId")).refused);
  ASSERT_FALSE(decide_release(hold_on_one.member("holdId")).refused);
  EXPECT_EQ(round().applied, 1u);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_EQ(by_id(ids[2]).refused, ErrorCode::Erased);
  EXPECT_EQ(round().due, 0u);
}

TEST_F(Scheduler, LeavesAloneWhatIsNotDueAndWhatNobodyHasConfirmed) {
  adopt_automatic("200y");
  const auto kept = import_people(2, 932);
  adopt_automatic("1d");
  const auto staged = world.import(base(nakai, asks)[FieldId::Session], asks, world.csv(tenant, 2, 933));
  ASSERT_FALSE(staged.refused) << staged.text;
  const auto result = round();
  EXPECT_EQ(result.due, 0u);
  EXPECT_EQ(result.applied, 0u);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(by_id(kept[0]).refused);
}

TEST_F(Scheduler, IsToldOnTheStatusPage) {
  round();
  const auto status = world.ask(Kind::Status, {{FieldId::Session, world.officer(1)}}, protocol::Channel::Local);
  EXPECT_EQ(status.body.at("scheduler").at("state").as_string(), "ok");
  EXPECT_EQ(status.body.at("clock").as_object().count("agrees"), 1u);
}

// Decision 0081: after a start due dates are looked at although nobody has logged in, and until then nothing is
// claimed.
TEST_F(Scheduler, LooksAtATenantNobodyHasUsedSinceTheStart) {
  const std::string code(tenant);
  const auto is_named = [&](std::string_view member) {
    const auto told = world.ask(Kind::Status, {{FieldId::Session, world.officer(1)}}, protocol::Channel::Local);
    const auto& codes = told.body.at("retention").at(member).as_array();
    return std::ranges::any_of(codes, [&](const auto& one) { return one.as_string() == code; });
  };
  restart();
  auto& tenants = world.parts().tenants;
  ASSERT_EQ(tenants.opened(world.tenant(tenant)), nullptr);
  EXPECT_TRUE(is_named("unknown"));
  for (std::size_t i = 0; i <= tenants.all().size() / limits::kOpenedAtOnce; ++i) {
    ASSERT_FALSE(world.service().maintain());
  }
  ASSERT_NE(tenants.opened(world.tenant(tenant)), nullptr);
  EXPECT_TRUE(world.parts().round.last()->tenants.contains(world.tenant(tenant)));
  EXPECT_FALSE(is_named("unknown"));
}

class SchedulerOfManyHeld : public Scheduler {
 protected:
  SchedulerOfManyHeld() : Scheduler("012068") {}
};

TEST_F(SchedulerOfManyHeld, GetsToWhatStandsBehindAWholeRoundOfThem) {
  adopt_automatic("1d");
  import_people(limits::kRoundRecords + 50, 935);  // some have a birth date that is not known
  std::vector<std::string> in_order;
  ASSERT_TRUE(store().scan(generations::TableId::Due, {}, [&](const generations::Entry& entry) {
    const auto due = service::decode_due(entry).value();
    const auto id = due.record.bytes();
    if (due.day != retention::kNoDay) in_order.emplace_back(id.begin(), id.end());
    return true;
  }));
  ASSERT_GT(in_order.size(), limits::kRoundRecords);
  std::string held;
  for (std::size_t i = 0; i + 1 < in_order.size(); ++i) held += in_order[i];
  const auto told = hold({{FieldId::RecordIds, held}});
  ASSERT_FALSE(told.refused) << told.text;
  const auto acting = round();
  EXPECT_EQ(acting.held, in_order.size() - 1);
  EXPECT_EQ(acting.applied, 1u);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_EQ(by_id(in_order.back()).refused, ErrorCode::Erased);
  EXPECT_FALSE(by_id(in_order.front()).refused);
}

}  // namespace
}  // namespace shosoin::test
