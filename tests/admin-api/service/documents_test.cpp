// Working documents (データ使用承認願などの申請書類 5年): without a rule none ends; with one none ends early, whoever
// asks and whatever the clocks say; after its term a batch takes it and the 廃棄簿 stays (X-20, E-01, E-02, E-03).
#include "admin-api/service/retention/documents.h"

#include <boost/json.hpp>

#include "admin-api/service/records/number_changes.h"
#include "admin-api/service/retention/holds.h"
#include "admin-api/service/retention/scheduler.h"
#include "storage/erasure/certificate.h"
#include "tests/admin-api/service/linking_world.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using service::find_document;

struct Numbers : LinkingWorld {
  using LinkingWorld::number;
};

// A world of its own: accepted time jumps by years here, and rounds act in all tenants.
class WorkingDocuments : public RetentionTest {
 protected:
  explicit WorkingDocuments(const std::string& code = "132012") : RetentionTest(code, own()) {}
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
  Fields of_papers(const std::string& id, const std::string& terminal, Fields more = {}) {
    auto fields = base(id, terminal);
    fields[FieldId::File] = "working-documents";
    for (auto& [field, value] : more) fields[field] = std::move(value);
    return fields;
  }
  Told propose_rule(Fields more) {
    more.emplace(FieldId::Ground, "架空市文書管理規程別表第5");
    return world.ask(Kind::RetentionRulePropose, of_papers(nakai, asks, std::move(more)));
  }
  void adopt_rule(Fields more) {
    const auto proposed = propose_rule(std::move(more));
    ASSERT_FALSE(proposed.refused) << proposed.text;
    const auto version = static_cast<std::uint64_t>(proposed.body.at("version").as_int64());
    const auto done =
        world.ask(Kind::RetentionRuleDecide, of_papers(oda, decides,
                                                       {{FieldId::RuleVersion, std::string(text_of(be(version)))},
                                                        {FieldId::Decision, "approve"},
                                                        {FieldId::Code, world.code(oda)}}));
    ASSERT_FALSE(done.refused) << done.text;
    EXPECT_TRUE(done.body.at("termsComputed").as_bool());
  }
  Told apply_for(const std::string& papers) {
    auto fields = of_papers(nakai, asks, {{FieldId::RecordIds, raw(papers)}, {FieldId::PlannedDate, "2034-12-01"}});
    for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Quantity, FieldId::Method, FieldId::Ground}) {
      fields[field] = "架空";
    }
    return world.ask(Kind::ErasureRequest, fields);
  }
  std::string set_hold(std::uint64_t seed) {
    return hold({{FieldId::RecordIds, import_people(1, seed)[0]}}).member("holdId");
  }
  std::string let_go(const std::string& hold) {
    EXPECT_FALSE(release(hold).refused);
    EXPECT_FALSE(decide_release(hold).refused);
    return hold;
  }
  Fields about(const std::string& erasure, const std::string& id = {}) {
    auto fields = id.empty() ? base(oda, decides) : base(id, decides);
    fields[FieldId::ErasureId] = raw(erasure);
    return fields;
  }
  Told acknowledge(const std::string& erasure) {
    auto fields = about(erasure, plain);
    fields[FieldId::Code] = world.code(plain);
    return world.ask(Kind::ErasureAcknowledge, fields);
  }
  Told rejected_change(const std::string& record) {
    auto fields = base(nakai, asks);
    fields[FieldId::File] = std::string(kFile);
    fields[FieldId::RecordId] = record;
    fields[FieldId::NewNumber] = Numbers::number(977);
    fields[FieldId::ChangedOn] = "2026-11-01";
    fields[FieldId::ChangeBasis] = "application";
    fields[FieldId::CaseReference] = "架空-変更-1";
    const auto asked = world.ask(Kind::NumberChangeRequest, fields);
    EXPECT_FALSE(asked.refused) << asked.text;
    EXPECT_EQ(apply_for(asked.member("numberChangeId")).refused, ErrorCode::TooEarly);
    fields = base(oda, decides);
    fields[FieldId::NumberChangeId] = raw(asked.member("numberChangeId"));
    fields[FieldId::Decision] = "reject";
    fields[FieldId::Code] = world.code(oda);
    return world.ask(Kind::NumberChangeDecide, fields);
  }
  service::RoundResult round() {
    EXPECT_TRUE(service::retention_round(world.parts()));
    return world.parts().round.last()->tenants.at(world.tenant(tenant));
  }
  json::array due(const std::string& id = {}) {  // records of people stand in the list as well
    json::array papers;
    const auto told = world.ask(Kind::DueList, id.empty() ? base(oda, decides) : base(id, asks));
    for (const auto& one : told.body.at("expiredRecords").as_array()) {
      if (one.at("recordFile").as_string() == "working-documents") papers.push_back(one);
    }
    return papers;
  }
  bool is_there(const std::string& paper) {
    return find_document(store(), RecordId::parse(paper).value()).value().has_value();
  }
  std::string event_of(const std::string& paper) {
    const auto term = service::find_term(store(), RecordId::parse(paper).value()).value();
    return term && term->event ? term->event->to_text() : std::string();
  }
};

TEST_F(WorkingDocuments, TakeNoRuleThatIsTooShortOrCountsFromSomethingElse) {
  const auto refused = [&](Fields more) {
    const auto told = propose_rule(std::move(more));
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
    EXPECT_FALSE(told.body.at("detail").at("ja").as_string().empty());
    return told.member("pointer");
  };
  const Fields five{{FieldId::CountingRule, "NEXT_FY"}, {FieldId::RetentionPeriod, "5y"}};
  const auto with = [&](FieldId field, const std::string& value) {
    auto out = five;
    out[field] = value;
    return out;
  };
  EXPECT_EQ(refused(with(FieldId::RetentionPeriod, "11m")), "/period");
  EXPECT_EQ(refused(with(FieldId::RetentionPeriod, "365d")), "/period");
  EXPECT_EQ(refused(with(FieldId::EventItems, "birthDate")), "/eventItems");
  EXPECT_EQ(refused(with(FieldId::Settlement, "account-year")), "/settlement");
  EXPECT_EQ(refused(with(FieldId::Shortens, std::string(1, '\1'))), "/shortens");
  EXPECT_EQ(refused({{FieldId::ProposalId, "access-log-7y"}}), "/proposal");
  EXPECT_EQ(refused({{FieldId::ProposalId, "todokede-1y"}}), "/proposal");  // paper of a file, not the vault's own

  EXPECT_EQ(apply_for(std::string(32, '7')).refused, ErrorCode::NotFound);
  auto months = of_papers(nakai, asks, {{FieldId::LogMonths, "2019-04"}});
  for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Quantity, FieldId::Method, FieldId::Ground})
    months[field] = "架空";
  months[FieldId::PlannedDate] = "2034-12-01";
  EXPECT_EQ(world.ask(Kind::ErasureRequest, months).member("pointer"), "/months");
  EXPECT_EQ(hold({{FieldId::File, "working-documents"}, {FieldId::LogMonths, "2019-04"}}).member("pointer"),
            "/recordIds");
  EXPECT_EQ(hold({{FieldId::File, "working-documents"}, {FieldId::RecordIds, std::string(16, '7')}}).refused,
            ErrorCode::NotFound);
}

// One paper of each kind, closed today; one that is open; and one that was closed years later.
TEST_F(WorkingDocuments, EndNeitherEarlyNorWithoutARuleAndThenLeaveInABatchWhileTheRegisterStays) {
  adopt("1d");
  const auto people = import_people(3, 981);
  const auto released = set_hold(982), open = set_hold(983);
  EXPECT_EQ(apply_for(open).member("reason"), "no-rule");
  EXPECT_EQ(apply_for(let_go(released)).member("reason"), "no-rule");
  const auto executed = apply(people[0]).member("erasureId");
  ASSERT_FALSE(decide_erasure(executed).refused);
  const auto done = execute(executed);
  ASSERT_FALSE(done.refused) << done.text;
  const auto withdrawn = apply(people[1]).member("erasureId");
  adopt_rule({{FieldId::ProposalId, "shiyo-shoninnegai-5y"}});
  EXPECT_EQ(apply_for(executed).member("reason"), "paper-open");  // its report is not acknowledged
  EXPECT_EQ(apply_for(withdrawn).member("reason"), "paper-open");
  EXPECT_EQ(apply_for(open).member("reason"), "paper-open");
  ASSERT_FALSE(acknowledge(executed).refused);
  ASSERT_FALSE(world.ask(Kind::ErasureWithdraw, about(withdrawn)).refused);
  const auto change = rejected_change(people[2]).member("numberChangeId");
  EXPECT_EQ(apply_for(executed).member("reason"), "no-term");  // closed; counted by the next round of a day
  const std::set<std::string> papers{released, executed, withdrawn, change};

  accept_years_ahead(4);
  (void)round();
  for (const auto& paper : papers) {
    const auto early = apply_for(paper);
    EXPECT_EQ(early.refused, ErrorCode::TooEarly) << paper;
    EXPECT_EQ(early.member("reason"), "before-end") << early.text;
    EXPECT_EQ(early.member("purgeFrom").substr(4), "-04-01");  // five years from the next fiscal year
  }
  EXPECT_EQ(event_of(change), event_of(released));  // all of the same day
  EXPECT_TRUE(due().empty());
  EXPECT_EQ(round().documents, 0u);
  const auto later = let_go(open);  // in a later legal year, whatever the system clock says
  accept_years_ahead(7);
  const auto seen = round();
  EXPECT_EQ(seen.documents, 4u);
  EXPECT_EQ(seen.overdue, seen.due);
  EXPECT_EQ(seen.applied, 0u);  // no standing approval
  EXPECT_EQ(apply_for(later).member("reason"), "before-end");
  ASSERT_EQ(due().size(), 4u);
  for (const auto& one : due()) {
    EXPECT_TRUE(papers.contains(std::string(one.at("documentId").as_string())));
    EXPECT_EQ(one.at("about").as_string(), kFile);
  }
  const auto calendar = world.ask(Kind::RetentionCalendar, base(oda, decides)).body;
  EXPECT_EQ(calendar.at("due").at("recordFiles").at("working-documents").as_int64(), 4);

  const auto all = hold({{FieldId::File, "working-documents"}});
  ASSERT_FALSE(all.refused) << all.text;
  EXPECT_TRUE(all.body.at("allDocuments").as_bool());
  EXPECT_EQ(apply_for(change).refused, ErrorCode::Locked);
  EXPECT_FALSE(let_go(all.member("holdId")).empty());
  const auto one = hold({{FieldId::File, "working-documents"}, {FieldId::RecordIds, raw(released)}});
  ASSERT_FALSE(one.refused) << one.text;
  EXPECT_EQ(apply_for(released).refused, ErrorCode::Locked);
  EXPECT_EQ(apply_for(later).member("reason"), "before-end");

  const auto asked = apply_for(executed + withdrawn + change);
  ASSERT_FALSE(asked.refused) << asked.text;
  const auto id = asked.member("erasureId");
  EXPECT_EQ(apply_for(change).refused, ErrorCode::Conflict);
  ASSERT_FALSE(decide_erasure(id).refused);
  accept_years_ahead(4);  // two persons take it back: what was approved waits, in the batch too
  EXPECT_EQ(execute(id).member("reason"), "before-end");
  ASSERT_FALSE(run_batch().refused);
  EXPECT_TRUE(is_there(change));
  accept_years_ahead(7);
  const auto gone = execute(id);
  ASSERT_FALSE(gone.refused) << gone.text;

  EXPECT_FALSE(is_there(executed) || is_there(withdrawn) || is_there(change));
  EXPECT_TRUE(is_there(released) && is_there(later));
  EXPECT_EQ(world.ask(Kind::ErasureShow, about(executed)).refused, ErrorCode::Erased);
  EXPECT_EQ(apply_for(executed).refused, ErrorCode::Erased);
  EXPECT_EQ(by_id(raw(change)).refused, ErrorCode::NotFound);  // never was a record
  EXPECT_EQ(by_id(people[0]).refused, ErrorCode::Erased);
  auto shown = base(oda, decides);
  shown[FieldId::DisposalId] = raw(done.member("disposalId"));
  const auto kept = world.ask(Kind::DisposalShow, shown);  // of the erasure whose papers are gone
  ASSERT_FALSE(kept.refused) << kept.text;
  EXPECT_EQ(kept.body.at("item").at("erasureId").as_string(), executed);
  shown[FieldId::DisposalId] = raw(gone.member("disposalId"));
  const auto item = world.ask(Kind::DisposalShow, shown).body.at("item").as_object();
  EXPECT_EQ(item.at("count").as_int64(), 0);
  EXPECT_EQ(item.at("documentCount").as_int64(), 3);
  EXPECT_EQ(item.at("documentKinds").at("erasure").as_int64(), 2);
  EXPECT_EQ(item.at("retentionRules").at(0).at("period").as_string(), "5y");
  auto fields = base(oda, decides);
  fields[FieldId::Serial] = gone.body.at("certificates").at(0).as_string();
  const auto pinned =
      erasure::read_provisioning_record(world.ask(Kind::ProvisioningShow, {{FieldId::Terminal, decides}}).text);
  const auto check = erasure::verify_certificate(world.ask(Kind::CertificateShow, fields).text, pinned.value(), tenant);
  EXPECT_EQ(check.fault, erasure::CertificateFault::None) << erasure::describe(check.fault, false);
  const auto declared = json::parse(check.declaration).as_object();
  EXPECT_EQ(declared.at("count").as_int64(), 0);
  EXPECT_EQ(declared.at("documentCount").as_int64(), 3);
  EXPECT_TRUE(json::parse(world.appliance().check_storage().value()).at("sound").as_bool());

  // A later rule shortens no end that is fixed, and is the standing approval for what has ended.
  adopt_rule(
      {{FieldId::CountingRule, "EXCL"}, {FieldId::RetentionPeriod, "1y"}, {FieldId::Automatic, std::string(1, '\1')}});
  EXPECT_EQ(apply_for(later).member("reason"), "before-end");
  const auto held = round();
  EXPECT_EQ(held.applied, 0u);
  EXPECT_EQ(held.held, 1u);
  EXPECT_FALSE(let_go(one.member("holdId")).empty());
  EXPECT_EQ(round().applied, 1u);
  EXPECT_EQ(round().applied, 0u);  // once
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(is_there(released));
  EXPECT_TRUE(is_there(later));
}

// An application and what was left of it are one matter: neither goes while the other is unfinished (decision 0070).
class WorkingDocumentsInPieces : public WorkingDocuments {
 protected:
  WorkingDocumentsInPieces() : WorkingDocuments("132021") {}
};

TEST_F(WorkingDocumentsInPieces, AreClosedWithTheLastOfThem) {
  accept_years_ahead(0);
  adopt("1d");
  adopt_rule({{FieldId::ProposalId, "shiyo-shoninnegai-5y"}});
  const auto people = import_people(2, 985);
  const auto first = apply(people[0] + people[1]).member("erasureId");
  ASSERT_FALSE(decide_erasure(first).refused);
  const auto held = hold({{FieldId::RecordIds, people[1]}}).member("holdId");
  const auto done = execute(first);
  ASSERT_FALSE(done.refused) << done.text;
  const auto rest = done.member("remainder");
  ASSERT_FALSE(acknowledge(first).refused);
  accept_years_ahead(3);
  (void)round();
  EXPECT_EQ(apply_for(first).member("reason"), "paper-open");
  EXPECT_EQ(event_of(first), "");
  ASSERT_FALSE(world.ask(Kind::ErasureWithdraw, about(rest)).refused);
  accept_years_ahead(4);
  (void)round();
  EXPECT_EQ(event_of(first), event_of(rest));
  EXPECT_EQ(apply_for(first).member("purgeFrom"), apply_for(rest).member("purgeFrom"));
  EXPECT_EQ(apply_for(first).member("reason"), "before-end");
  EXPECT_TRUE(is_there(held));

  // Somebody without the file sees nothing of its papers.
  const std::string other = "other-" + tenant;
  world.enrol(other, tenant, "operator", "requestErasure,file:jumin-kihon-daicho");
  auto fields = base(other, asks);
  fields[FieldId::File] = "working-documents";
  fields[FieldId::RecordIds] = raw(first);
  for (const auto field : {FieldId::Items, FieldId::Medium, FieldId::Quantity, FieldId::Method, FieldId::Ground})
    fields[field] = "架空";
  fields[FieldId::PlannedDate] = "2034-12-01";
  EXPECT_EQ(world.ask(Kind::ErasureRequest, fields).refused, ErrorCode::NotFound);
  accept_years_ahead(12);
  EXPECT_EQ(due().size(), 2u);
  EXPECT_TRUE(due(other).empty());
  auto hold_on_it = base(other, asks);
  hold_on_it[FieldId::File] = "working-documents";
  hold_on_it[FieldId::RecordIds] = raw(first);
  hold_on_it[FieldId::HoldName] = "架空";
  hold_on_it[FieldId::ReasonCode] = "audit";
  EXPECT_EQ(world.ask(Kind::HoldSet, hold_on_it).refused, ErrorCode::NotFound);
}

// What an earlier version closed says no day: it was closed no later than it was first found closed.
TEST_F(WorkingDocumentsInPieces, WithoutADayCountFromTheDayTheyWereFirstFoundClosed) {
  accept_years_ahead(0);
  const auto held = let_go(set_hold(986));
  auto facts = *service::find_hold(store(), RecordId::parse(held).value()).value();
  EXPECT_EQ(facts.closed_on, service::closing_day(world.parts()));
  facts.closed_on.clear();
  ASSERT_TRUE(store().change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{{service::hold_entry(facts)}, {}, {}, {false, R"({"operation":"test"})"}};
  }));
  if (!service::adopted_rule(store(), service::kWorkingDocuments).value()) {
    adopt_rule({{FieldId::ProposalId, "shiyo-shoninnegai-5y"}});
  }
  accept_years_ahead(1);
  (void)round();
  const auto found = event_of(held);
  EXPECT_EQ(found, retention::to_text(service::legal_today(world.parts())));
  accept_years_ahead(3);
  (void)round();
  EXPECT_EQ(event_of(held), found);  // and stays
}

}  // namespace
}  // namespace shosoin::test
