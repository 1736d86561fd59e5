// Versions of one record end together and leave oldest first (decision 0075; D-17, S-10, E-03), and an end that is
// fixed comes sooner only by an approval of just that (decision 0076).
#include <algorithm>

#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/scheduler.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

using retention::TermState;

class WorldOfVersions : public RetentionTest {
 protected:
  explicit WorldOfVersions(const std::string& code) : RetentionTest(code, own()) {}
  static ServiceWorld& own() {
    static ServiceWorld& kept = ServiceWorld::keep(std::make_unique<ServiceWorld>());
    return kept;
  }
  std::optional<retention::Term> term(const std::string& id) {
    return service::find_term(store(), RecordId::from(view_of(id)).value()).value();
  }
  std::string end(const std::string& id) {
    const auto found = term(id);
    return found && found->state == TermState::Fixed ? retention::to_text(found->end) : "";
  }
  service::RoundResult round() {
    EXPECT_TRUE(service::retention_round(world.parts()));
    return world.parts().round.last()->tenants.at(world.tenant(tenant));
  }
  void erase(const std::string& ids) {
    const auto asked = apply(ids);
    ASSERT_FALSE(asked.refused) << asked.text;
    ASSERT_FALSE(decide_erasure(asked.member("erasureId")).refused);
    const auto done = execute(asked.member("erasureId"));
    ASSERT_FALSE(done.refused) << done.text;
  }
};

class RetentionVersions : public WorldOfVersions {
 protected:
  RetentionVersions() : WorldOfVersions("112011") {}
  void rule(const std::string& period, bool automatic = false) {
    auto fields = base(nakai, asks);
    fields[FieldId::File] = std::string(kFile);
    fields[FieldId::CountingRule] = "EXCL";
    fields[FieldId::RetentionPeriod] = period;
    fields[FieldId::EventItems] = "changeDate";
    fields[FieldId::Ground] = "架空市文書管理規程別表第4";
    fields[FieldId::Automatic] = std::string(1, automatic ? '\1' : '\0');
    const auto proposed = world.ask(Kind::RetentionRulePropose, fields);
    ASSERT_FALSE(proposed.refused) << proposed.text;
    ASSERT_FALSE(decide_rule(static_cast<std::uint64_t>(proposed.body.at("version").as_int64())).refused);
  }
  struct Row {
    std::string code, number, reason, date;
  };
  std::string stage(const Row& row) {
    const std::map<std::string, std::string> values{
        {"residentRecordCode", row.code}, {"kanjiName", "架空　花子"},     {"kanaName", "カクウ　ハナコ"},
        {"birthDate", "1945-08-20"},      {"localGovernmentCode", tenant}, {"individualNumber", row.number},
        {"address", "本町6-6-3"},         {"changeReason", row.reason},    {"changeDate", row.date}};
    std::string header, line;
    for (const auto& item : world.parts().definitions.find(kFile)->items()) {
      const auto found = values.find(item.key);
      header += (header.empty() ? "" : ",") + item.name;
      line += (line.empty() ? "" : ",") + (found == values.end() ? std::string("\"\"") : '"' + found->second + '"');
    }
    const auto told = world.import(base(nakai, asks)[FieldId::Session], asks, header + "\r\n" + line + "\r\n");
    EXPECT_FALSE(told.refused) << told.text;
    return told.member("importId");
  }
  std::string confirm(const std::string& import) {
    auto fields = base(oda, decides);
    fields[FieldId::ImportId] = raw(import);
    fields[FieldId::Decision] = "approve";
    fields[FieldId::Code] = world.code(oda);
    const auto told = world.ask(Kind::ImportDecide, fields);
    EXPECT_FALSE(told.refused) << told.text;
    std::string id;
    EXPECT_TRUE(store().scan(generations::TableId::Records, {}, [&](const generations::Entry& entry) {
      const auto record = generations::decode_record_entry(*entry.value).value();
      if (record.import == RecordId::parse(import).value()) id = std::string(text_of(entry.key.bytes));
      return id.empty();
    }));
    return id;
  }
  std::string bring(const Row& row) { return confirm(stage(row)); }
  bool newest(const std::string& id) {
    const auto told = by_id(id);
    EXPECT_FALSE(told.refused) << told.text;
    return told.body.at("records").at(0).at("newest").as_bool();
  }
};

TEST_F(RetentionVersions, OfOneRecordEndWithItsLatestEventAndLeaveOldestFirst) {
  rule("5y");
  const auto first = bring({"12345678903", "123456789018", "転入", ""});
  EXPECT_EQ(term(first)->state, TermState::NotBegun);
  const auto staged = stage({"12345678903", "123456789018", "転出", "2018-03-31"});
  EXPECT_EQ(term(first)->state, TermState::NotBegun);  // nobody has confirmed that somebody left
  EXPECT_TRUE(newest(first));
  const auto second = confirm(staged);
  EXPECT_EQ(end(first), "2023-03-31");
  EXPECT_EQ(end(second), "2023-03-31");
  EXPECT_FALSE(newest(first));
  EXPECT_TRUE(newest(second));  // removed from the register, and there (S-10)
  const auto due = world.ask(Kind::DueList, base(oda, decides)).body.at("expiredRecords").as_array();
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].at("event").as_string(), "2018-03-31");
  // An auditor sees what is due, and nothing that stands in a record.
  const auto auditor = "kansa-" + tenant;
  world.enrol(auditor, tenant, "auditOfficer", "");
  const auto audited = world.ask(Kind::DueList, base(auditor, decides)).body.at("expiredRecords").as_array();
  ASSERT_EQ(audited.size(), 2u);
  EXPECT_FALSE(audited[0].as_object().contains("event"));
  EXPECT_EQ(audited[0].at("end").as_string(), "2023-03-31");

  // The newest alone would leave a resident behind.
  const auto alone = apply(second);
  EXPECT_EQ(alone.refused, ErrorCode::TooEarly);
  EXPECT_EQ(alone.member("reason"), "earlier-version");
  EXPECT_EQ(alone.member("earlierRecordId"), to_hex(view_of(first)));
  rule("5y", true);
  const auto hold_on_first = hold({{FieldId::RecordIds, first}});
  const auto held = round();
  EXPECT_EQ(held.held, 2u);
  EXPECT_EQ(held.applied, 0u);
  EXPECT_EQ(apply(first + second).refused, ErrorCode::Locked);
  ASSERT_FALSE(release(hold_on_first.member("holdId")).refused);
  ASSERT_FALSE(decide_release(hold_on_first.member("holdId")).refused);

  erase(first);
  EXPECT_EQ(by_id(first).refused, ErrorCode::Erased);
  EXPECT_TRUE(newest(second));
  erase(second);
  EXPECT_EQ(by_id(second).refused, ErrorCode::Erased);
}

TEST_F(RetentionVersions, BehindTheLatestEventGoOnAndTheOthersGoByThemselves) {
  rule("5y", true);
  const auto first = bring({"23456789013", "023456789013", "転入", ""});
  const auto second = bring({"23456789013", "023456789013", "転出", "2018-03-31"});
  const auto third = bring({"23456789013", "023456789013", "転入", ""});  // came back
  EXPECT_EQ(end(first), "2023-03-31");
  EXPECT_EQ(end(second), "2023-03-31");
  EXPECT_EQ(term(third)->state, TermState::NotBegun);
  EXPECT_EQ(apply(third).member("reason"), "not-begun");
  EXPECT_EQ(round().applied, 2u);  // in one application
  ASSERT_FALSE(run_batch().refused);
  EXPECT_EQ(by_id(first).refused, ErrorCode::Erased);
  EXPECT_EQ(by_id(second).refused, ErrorCode::Erased);
  EXPECT_TRUE(newest(third));
}

// A hold of one version by its id keeps the later ones of that record too, and nothing else of the application.
TEST_F(RetentionVersions, StayBehindAnEarlierOneThatIsHeldWhileOtherRecordsGo) {
  rule("5y");
  const auto first = bring({"76543210982", "987654321018", "転入", ""});
  const auto second = bring({"76543210982", "987654321018", "転出", "2018-03-31"});
  auto others = bring({"65432109873", "876543210121", "転入", ""});
  others += bring({"65432109873", "876543210121", "転出", "2018-03-31"});
  const auto asked = apply(first + second + others);
  ASSERT_FALSE(asked.refused) << asked.text;
  ASSERT_FALSE(decide_erasure(asked.member("erasureId")).refused);
  const auto held = hold({{FieldId::RecordIds, first}});
  const auto done = execute(asked.member("erasureId"));
  ASSERT_FALSE(done.refused) << done.text;
  EXPECT_EQ(by_id(others.substr(0, 16)).refused, ErrorCode::Erased);
  EXPECT_TRUE(newest(second));
  auto fields = base(oda, decides);
  fields[FieldId::ErasureId] = raw(done.member("remainder"));
  const auto rest = world.ask(Kind::ErasureShow, fields);
  std::set<std::pair<std::string, std::string>> reasons;
  for (const auto& one : rest.body.at("waiting").as_array()) {
    reasons.emplace(one.at("recordId").as_string(), one.at("reason").as_string());
  }
  EXPECT_EQ(reasons, (std::set<std::pair<std::string, std::string>>{{to_hex(view_of(first)), "on-hold"},
                                                                    {to_hex(view_of(second)), "earlier-version"}}));
  ASSERT_FALSE(release(held.member("holdId")).refused);
  ASSERT_FALSE(decide_release(held.member("holdId")).refused);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_EQ(by_id(second).refused, ErrorCode::Erased);
}

TEST_F(RetentionVersions, AreCountedAnewAfterACutBetweenConfirmationAndTheirTerms) {
  rule("5y");
  const auto first = bring({"45678901230", "100000003080", "転入", ""});
  const auto second = bring({"45678901230", "100000003080", "転出", "2020-03-31"});
  const auto due = service::due_key(*retention::due_day(*term(first)), RecordId::from(view_of(first)).value());
  const auto open = retention::not_begun(service::adopted_rule(store(), kFile).value()->counted);
  auto entries = service::term_entries(RecordId::from(view_of(first)).value(), kFile, open);
  entries.push_back({due, std::nullopt});
  ASSERT_TRUE(store().change([&](std::uint64_t seq) -> Result<generations::Change> {
    entries.push_back(service::unsettled_entry(store(), kFile, service::Unsettled::Versions, seq).value());
    return generations::Change{entries, {}, {}, {false, R"({"operation":"test"})"}};
  }));
  EXPECT_EQ(apply(first).member("reason"), "no-term");
  restart();
  ASSERT_TRUE(service::settle_unsettled(world.parts(), store()));
  EXPECT_EQ(end(first), "2025-03-31");
  erase(first + second);
}

// Must come last: the clock of this world stays ten years ahead.
TEST_F(RetentionVersions, AreNotErasedEarlyAlsoWithTheClockTenYearsBackOrAhead) {
  rule("5y", true);
  const auto first = bring({"34567890122", "100000000420", "転入", ""});
  const auto second = bring({"34567890122", "100000000420", "転出", "2024-03-31"});
  EXPECT_EQ(end(first), "2029-03-31");
  constexpr std::chrono::hours kTenYears{24 * 3652};
  const auto refused = [&] {
    for (const auto& ids : {first, second, first + second}) {
      const auto told = apply(ids);
      EXPECT_EQ(told.refused, ErrorCode::TooEarly) << told.text;
      EXPECT_EQ(told.member("reason"), "before-end");
      EXPECT_EQ(told.member("purgeFrom"), "2029-04-01");
    }
    EXPECT_EQ(round().due, 0u);
    EXPECT_EQ(round().applied, 0u);
    service::BatchFailure failure;
    std::unique_lock one_at_a_time(world.parts().erasures);
    EXPECT_FALSE(service::anything_approved(world.parts()).value());
  };
  const auto alarms = [&] {
    const auto lines = world.log_of("");
    return std::ranges::count_if(lines, [](const auto& line) { return line.find("clock-alarm") != line.npos; });
  };
  const auto before = alarms();
  refused();
  for (const auto by : {-kTenYears, 2 * kTenYears}) {  // back, and from there ahead
    world.clock.move(by);
    ASSERT_TRUE(world.parts().zero().ensure_log_keys());  // for the month that the clock says, as the maintenance does
    ASSERT_TRUE(store().ensure_log_keys());
    ASSERT_TRUE(world.parts().legal.look(world.appliance(), world.clock));
    refused();
  }
  EXPECT_EQ(alarms(), before + 2);
  EXPECT_FALSE(by_id(first).refused);
  EXPECT_FALSE(by_id(second).refused);
}

class RetentionShortening : public WorldOfVersions {
 protected:
  RetentionShortening() : WorldOfVersions("112020") {}
  Told propose_shorter(const std::string& period) {
    auto fields = base(nakai, asks);
    fields[FieldId::File] = std::string(kFile);
    fields[FieldId::CountingRule] = "EXCL";
    fields[FieldId::RetentionPeriod] = period;
    fields[FieldId::EventItems] = "birthDate";
    fields[FieldId::Ground] = "架空市文書管理規程改正附則第2項";
    fields[FieldId::Shortens] = std::string(1, '\1');
    return world.ask(Kind::RetentionRulePropose, fields);
  }
  Told adopt_shorter(const Told& proposed, const std::string& count, const std::string& earliest) {
    auto fields = base(oda, decides);
    fields[FieldId::File] = std::string(kFile);
    fields[FieldId::RuleVersion] =
        std::string(text_of(be(static_cast<std::uint64_t>(proposed.body.at("version").as_int64()))));
    fields[FieldId::Decision] = "approve";
    fields[FieldId::Code] = world.code(oda);
    if (!count.empty()) fields[FieldId::ShortenedCount] = count;
    if (!earliest.empty()) fields[FieldId::EarliestEnd] = earliest;
    return world.ask(Kind::RetentionRuleDecide, fields);
  }
  static std::string count_of(const Told& told) {
    return std::to_string(told.body.at("shortens").at("count").as_int64());
  }
  static std::string earliest_of(const Told& told) {
    return std::string(told.body.at("shortens").at("earliestEnd").as_string());
  }
};

TEST_F(RetentionShortening, IsApprovedOfByHowManyEndsItMovesAndToWhichDay) {
  adopt("150y");
  auto ids = import_people(4, 941);
  std::erase_if(ids, [&](const auto& id) { return end(id).empty(); });  // a birth date may be unknown
  ASSERT_FALSE(ids.empty());
  std::map<std::string, std::string> before;
  for (const auto& id : ids) before[id] = end(id);

  const auto proposed = propose_shorter("10y");
  ASSERT_FALSE(proposed.refused) << proposed.text;
  EXPECT_EQ(count_of(proposed), std::to_string(ids.size()));
  const auto listed = world.ask(Kind::RetentionRuleList, base(oda, decides));
  EXPECT_EQ(listed.body.at("rules").as_array().back().at("shortens"), proposed.body.at("shortens"));

  const auto count = count_of(proposed), earliest = earliest_of(proposed);
  for (const auto& [said, day] : {std::pair<std::string, std::string>{"", ""},
                                  {count, ""},
                                  {"999", earliest},
                                  {count, "1900-01-01"},
                                  {"", earliest}}) {
    const auto refused = adopt_shorter(proposed, said, day);
    EXPECT_EQ(refused.refused, ErrorCode::Conflict) << refused.text;
    EXPECT_EQ(refused.body.at("shortens"), proposed.body.at("shortens"));
  }
  EXPECT_EQ(adopt_shorter(proposed, "many", earliest).member("pointer"), "/shortenedCount");
  EXPECT_EQ(adopt_shorter(proposed, count, "soon").member("pointer"), "/earliestEnd");
  for (const auto& id : ids) EXPECT_EQ(end(id), before[id]);

  // What came between was not approved of.
  const auto more = import_people(3, 942);
  const auto changed = adopt_shorter(proposed, count, earliest);
  EXPECT_EQ(changed.refused, ErrorCode::Conflict);
  ASSERT_NE(count_of(changed), count);
  const auto done = adopt_shorter(proposed, count_of(changed), earliest_of(changed));
  ASSERT_FALSE(done.refused) << done.text;
  EXPECT_TRUE(done.body.at("termsComputed").as_bool());
  EXPECT_EQ(done.body.at("shortens"), changed.body.at("shortens"));
  std::string first_end = "9999";
  for (const auto& id : ids) {
    EXPECT_LT(end(id), before[id]);
    first_end = std::min(first_end, end(id));
  }
  for (const auto& id : more) {
    if (!end(id).empty()) first_end = std::min(first_end, end(id));
  }
  EXPECT_EQ(first_end, earliest_of(changed));
  const auto lines = world.log_of(tenant);
  EXPECT_TRUE(std::ranges::any_of(lines, [&](const auto& line) {
    return line.find("retention-rule-decide") != line.npos && line.find(R"("earliestEnd":")" + first_end) != line.npos;
  }));

  // Only that version: a later one without it moves no end to an earlier day.
  adopt("150y");
  EXPECT_EQ(end(ids[0]), before[ids[0]]);
  adopt("10y");
  EXPECT_EQ(end(ids[0]), before[ids[0]]);
}

}  // namespace
}  // namespace shosoin::test
