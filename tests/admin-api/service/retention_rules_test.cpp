// Rules proposed by one and adopted by another, terms computed from them, and nothing erased before its term (promises
// 6 and 7; E-01, E-03).
#include <atomic>
#include <future>

#include "firmware/base/codec.h"
#include "firmware/base/power.h"
#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

class RetentionRules : public RetentionTest {
 protected:
  RetentionRules() : RetentionTest("431001") {}
  static bool put(generations::TenantStore& store, std::vector<generations::Entry> entries,
                  std::vector<RowId> dropped = {}) {
    return bool(store.change([&](std::uint64_t) -> Result<generations::Change> {
      return generations::Change{entries, {}, dropped, {false, R"({"operation":"test"})"}};
    }));
  }
  static bool is_unsettled(const generations::TenantStore& store, std::string_view file = kFile) {
    return store.get(service::unsettled_key(file)).value().has_value();
  }
};

// One story in one tenant: each part begins where the last one ended, so they stand in one test.
TEST_F(RetentionRules, AreAdoptedByAnotherAndNothingIsErasedBeforeItsTerm) {
  // Without a rule nothing expires, and nothing may be erased.
  const auto ids = import_people(4, 901);
  ASSERT_EQ(ids.size(), 4u);
  const auto none = apply(ids[0]);
  EXPECT_EQ(none.refused, ErrorCode::TooEarly);
  EXPECT_EQ(none.member("reason"), "no-rule");
  const auto status = world.ask(Kind::Status, {{FieldId::Session, world.officer(1)}}, protocol::Channel::Local);
  EXPECT_NE(status.text.find("431001"), std::string::npos) << status.text;

  // Proposed is not adopted; the one who proposed may not adopt, nor anybody without the permission.
  const auto proposed = propose("EXCL", "150y");
  ASSERT_FALSE(proposed.refused) << proposed.text;
  EXPECT_EQ(proposed.body.at("version").as_int64(), 1);
  EXPECT_EQ(propose("EXCL", "5y").refused, ErrorCode::Conflict);
  EXPECT_EQ(apply(ids[0]).member("reason"), "no-rule");
  auto fields = base(nakai, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::RuleVersion] = std::string(text_of(be(std::uint64_t{1})));
  fields[FieldId::Decision] = "approve";
  fields[FieldId::Code] = world.code(nakai);
  EXPECT_EQ(world.ask(Kind::RetentionRuleDecide, fields).refused, ErrorCode::NotPermitted);
  EXPECT_EQ(decide_rule(9).refused, ErrorCode::NotFound);
  const auto adopted = decide_rule(1);
  ASSERT_FALSE(adopted.refused) << adopted.text;
  EXPECT_EQ(decide_rule(1).refused, ErrorCode::Conflict);

  // Computed for the records that were there: 150 years after the day of birth.
  const auto early = apply(ids[0]);
  EXPECT_EQ(early.refused, ErrorCode::TooEarly);
  EXPECT_EQ(early.member("reason"), "before-end");
  const auto term = service::find_term(store(), RecordId::from(view_of(ids[0])).value()).value().value();
  EXPECT_EQ(early.member("purgeFrom"), retention::to_text(term.purge_from));
  EXPECT_EQ(term.rule_version, 1);
  EXPECT_GT(int(term.end.year()), 2026);

  // A shorter rule does not touch an end that is fixed; what comes under it counts by it.
  adopt("1d");
  EXPECT_EQ(apply(ids[0]).member("reason"), "before-end");
  EXPECT_EQ(service::find_term(store(), RecordId::from(view_of(ids[0])).value()).value().value(), term);
  const auto later = import_people(2, 902);
  const auto due = service::find_term(store(), RecordId::from(view_of(later[0])).value()).value().value();
  EXPECT_EQ(due.rule_version, 2);
  const auto asked = apply(later[0]);
  ASSERT_FALSE(asked.refused) << asked.text;
  ASSERT_FALSE(decide_erasure(asked.member("erasureId")).refused);
  ASSERT_FALSE(execute(asked.member("erasureId")).refused);
  EXPECT_EQ(by_id(later[0]).refused, ErrorCode::Erased);
  EXPECT_FALSE(service::find_term(store(), RecordId::from(view_of(later[0])).value()).value());  // leaves with it

  // The list of what is due and the calendar tell the same.
  const auto list = world.ask(Kind::DueList, base(oda, decides));
  ASSERT_FALSE(list.refused);
  ASSERT_EQ(list.body.at("expiredRecords").as_array().size(), 1u);
  EXPECT_EQ(list.body.at("expiredRecords").at(0).at("recordId").as_string(), to_hex(view_of(later[1])));
  const auto calendar = world.ask(Kind::RetentionCalendar, base(oda, decides));
  ASSERT_FALSE(calendar.refused);
  EXPECT_EQ(calendar.body.at("due").at("count").as_int64(), 1);
  std::int64_t to_come = 0;
  for (const auto& month : calendar.body.at("months").as_array()) to_come += month.at("count").as_int64();
  EXPECT_EQ(to_come, 4);

  restart();
  EXPECT_EQ(apply(ids[1]).member("reason"), "before-end");
}

TEST_F(RetentionRules, AreRefusedWithThePlaceOfWhatIsWrong) {
  EXPECT_EQ(propose("SOON", "5y").member("pointer"), "/rule");
  EXPECT_EQ(propose("EXCL", "5 years").member("pointer"), "/period");
  EXPECT_EQ(propose("EXCL", "5y", "kanjiName").member("pointer"), "/eventItems");
  EXPECT_EQ(propose("EXCL", "5y", "noSuchItem").member("pointer"), "/eventItems");
  auto fields = base(nakai, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::ProposalId] = "chihozei-5y";
  EXPECT_EQ(world.ask(Kind::RetentionRulePropose, fields).member("pointer"), "/proposal");  // of another file
  fields.erase(FieldId::ProposalId);
  fields[FieldId::CountingRule] = "EXCL";
  fields[FieldId::RetentionPeriod] = "5y";
  EXPECT_EQ(world.ask(Kind::RetentionRulePropose, fields).member("pointer"), "/citation");
  fields[FieldId::Ground] = "架空市文書管理規程";
  fields[FieldId::Settlement] = "account-year";
  EXPECT_EQ(world.ask(Kind::RetentionRulePropose, fields).member("pointer"), "/settlement");
}

TEST_F(RetentionRules, FromAShippedProposalCarryItsSourceAndMayBeRejected) {
  auto fields = base(nakai, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::ProposalId] = "honnin-kakunin-removed-150y";
  const auto proposed = world.ask(Kind::RetentionRulePropose, fields);
  ASSERT_FALSE(proposed.refused) << proposed.text;
  EXPECT_EQ(proposed.member("rule"), "INCL");
  EXPECT_EQ(proposed.member("reliability"), "read");
  EXPECT_EQ(proposed.body.at("events").at(0).as_string(), "changeDate");
  const auto version = static_cast<std::uint64_t>(proposed.body.at("version").as_int64());
  const auto rejected = decide_rule(version, "reject");
  ASSERT_FALSE(rejected.refused);
  EXPECT_EQ(rejected.member("state"), "rejected");
  const auto listed = world.ask(Kind::RetentionRuleList, base(plain, asks));
  EXPECT_EQ(listed.body.at("rules").as_array().back().at("state").as_string(), "rejected");
  EXPECT_FALSE(listed.body.at("rules").as_array().back().at("inForce").as_bool());
}

TEST_F(RetentionRules, AreInForceOnlyInTheVersionThatWasAdoptedLast) {
  adopt("1y");
  adopt("2y");
  const auto listed = world.ask(Kind::RetentionRuleList, base(plain, asks));
  std::vector<std::int64_t> adopted, in_force;
  for (const auto& rule : listed.body.at("rules").as_array()) {
    if (rule.at("recordFile").as_string() != kFile) continue;
    if (rule.at("state").as_string() == "adopted") adopted.push_back(rule.at("version").as_int64());
    if (rule.at("inForce").as_bool()) in_force.push_back(rule.at("version").as_int64());
  }
  ASSERT_GE(adopted.size(), 2u);
  EXPECT_EQ(in_force, std::vector<std::int64_t>{adopted.back()});
  const auto counted = service::adopted_rule(store(), kFile).value().value().counted.version;
  EXPECT_EQ(in_force.front(), counted);
}

TEST_F(RetentionRules, OfAnUnknownYearLeaveTheDecisionToAPersonWithThePermission) {
  adopt("1d");
  const auto ids = import_people(1, 903);
  const auto id = RecordId::from(view_of(ids[0])).value();
  // The same record with a term nobody can compute.
  const auto term = service::find_term(store(), id).value().value();
  retention::Term open{retention::TermState::Undetermined, term.rule_version, std::nullopt, {}, {}};
  auto entries = service::term_entries(id, kFile, open);
  entries.push_back(
      {{generations::TableId::Due, Writer{}.u32(*retention::due_day(term)).raw(view_of(ids[0])).take()}, std::nullopt});
  ASSERT_TRUE(store().change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{entries, {}, {}, {false, R"({"operation":"test"})"}};
  }));
  const auto list = world.ask(Kind::DueList, base(oda, decides));
  EXPECT_TRUE(list.body.at("expiredRecords").as_array().back().at("undetermined").as_bool()) << list.text;
  const auto asked = apply(ids[0]);
  ASSERT_FALSE(asked.refused) << asked.text;
  auto fields = base(plain, decides);
  fields[FieldId::ErasureId] = raw(asked.member("erasureId"));
  fields[FieldId::Decision] = "approve";
  fields[FieldId::Code] = world.code(plain);
  const auto refused = world.ask(Kind::ErasureDecide, fields);
  EXPECT_EQ(refused.refused, ErrorCode::TooEarly);
  EXPECT_EQ(refused.member("reason"), "undetermined");
  ASSERT_FALSE(decide_erasure(asked.member("erasureId")).refused);
  const auto done = execute(asked.member("erasureId"));
  ASSERT_FALSE(done.refused) << done.text;
}

TEST_F(RetentionRules, AdoptedButNotYetCountedLetNothingGo) {
  adopt("1d");
  const auto ids = import_people(1, 904);
  const auto asked = apply(ids[0]);
  ASSERT_FALSE(asked.refused) << asked.text;
  ASSERT_FALSE(decide_erasure(asked.member("erasureId")).refused);
  ASSERT_TRUE(put(store(), {{service::unsettled_key(kFile), Bytes{}}}));
  EXPECT_EQ(execute(asked.member("erasureId")).member("reason"), "no-term");
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(by_id(ids[0]).refused);
  ASSERT_TRUE(service::settle_unsettled(world.parts(), store()));
  EXPECT_FALSE(execute(asked.member("erasureId")).refused);
}

std::function<void()> meanwhile;
std::atomic<bool> armed{false};

TEST_F(RetentionRules, AdoptedWhileTermsAreCountedByAnotherAreStillToBeCounted) {
  adopt("1d");
  const auto ids = import_people(1, 905);
  auto longer = service::adopted_rule(store(), kFile).value().value();
  ++longer.counted.version;
  longer.counted.period = retention::Period::parse("190y").value();
  // By somebody else, begun before the merge ends: from where it is asked for its entries, the merge waits for it.
  std::promise<void> begun;
  std::future<bool> written;
  meanwhile = [&] {
    written = std::async(std::launch::async, [&] {
      return bool(store().change([&](std::uint64_t) -> Result<generations::Change> {
        begun.set_value();
        return generations::Change{{service::rule_entry(longer), {service::unsettled_key(kFile), Bytes{}}},
                                   {},
                                   {},
                                   {false, R"({"operation":"test"})"}};
      }));
    });
    begun.get_future().wait();
  };
  armed = true;
  power::set_plug([](std::string_view) noexcept {
    if (armed.exchange(false)) meanwhile();
    return power::Cut::None;
  });
  const auto done = service::settle_terms(world.parts(), store(), std::string(kFile));
  power::set_plug(nullptr);
  ASSERT_TRUE(done) << done.error().doing();
  ASSERT_TRUE(written.get());
  EXPECT_TRUE(is_unsettled(store()));
  EXPECT_EQ(apply(ids[0]).member("reason"), "no-term");
  ASSERT_TRUE(service::settle_unsettled(world.parts(), store()));
  EXPECT_FALSE(is_unsettled(store()));
  EXPECT_EQ(apply(ids[0]).member("reason"), "before-end");
}

TEST_F(RetentionRules, AreCountedForTheOthersWhereARestoreCouldNotBringBackARow) {
  adopt("1d");
  const auto ids = import_people(2, 906);
  const generations::EntryKey key{generations::TableId::Records, copy_of(view_of(ids[0]))};
  const auto row = generations::decode_record_entry(*store().get(key).value()).value().record.id;
  const generations::EntryKey lost{generations::TableId::Lost, Writer{}.raw(row.view()).raw(view_of(ids[0])).take()};
  ASSERT_TRUE(put(store(), {{lost, Writer{}.u64(0).take()}}, {row}));
  adopt("190y");  // termsComputed
  EXPECT_FALSE(is_unsettled(store()));
  EXPECT_EQ(service::find_term(store(), RecordId::from(view_of(ids[1])).value()).value()->rule_version,
            service::adopted_rule(store(), kFile).value()->counted.version);
}

TEST_F(RetentionRules, ThatCannotBeCountedInOneTenantAreCountedInTheOthersInTheSameRound) {
  restart();  // nothing has failed yet
  store();
  ASSERT_TRUE(world.parts().tenants.open(world.tenant(ServiceWorld::kKoganei)));
  const auto stores = world.parts().tenants.all_opened();  // in the order of the round
  ASSERT_GT(stores.size(), 1u);
  auto &broken = *stores.front(), &fine = *stores.back();
  const generations::EntryKey bad{generations::TableId::Rules, Writer{}.raw(view_of("no-file")).u8(0).u16(1).take()};
  ASSERT_TRUE(put(broken, {{bad, Bytes{1}}, {service::unsettled_key("no-file"), Bytes{}}}));
  ASSERT_TRUE(put(fine, {{service::unsettled_key(kFile), Bytes{}}}));
  EXPECT_FALSE(world.service().maintain());
  EXPECT_TRUE(is_unsettled(broken, "no-file"));
  EXPECT_FALSE(is_unsettled(fine));
  ASSERT_TRUE(put(broken, {{bad, std::nullopt}, {service::unsettled_key("no-file"), std::nullopt}}));
  restart();  // the round of the day has not been, for those that come after
}

}  // namespace
}  // namespace shosoin::test
