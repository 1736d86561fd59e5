// 廃棄簿 (domain notes, section 4; E-04, E-07): one item for every erasure, whoever asked for it, with what a deletion
// record must say and nothing of what it must not; and the bounds of a batch under a backlog.
#include "admin-api/service/retention/erasure_register.h"

#include <algorithm>
#include <fstream>

#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/scheduler.h"
#include "crypto/canonical_json.h"
#include "crypto/hash.h"
#include "firmware/base/limits_erasure.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;

class DisposalRegister : public RetentionTest {
 protected:
  DisposalRegister() : RetentionTest("092029") {}
  const std::string reader = "reader-" + tenant;

  void SetUp() override {
    RetentionTest::SetUp();
    if (world.people.contains(reader)) return;
    world.enrol(reader, tenant, "operator", "retrieve");
    adopt("1d");
  }
  // Neither the batches of others count towards the day's cap here, nor these elsewhere.
  static void SetUpTestSuite() { ServiceWorld::shared().clock.move(std::chrono::hours{25}); }
  static void TearDownTestSuite() { ServiceWorld::shared().clock.move(std::chrono::hours{25}); }
  Told list(const Fields& more = {}) {
    auto fields = base(oda, decides);
    for (const auto& [field, value] : more) fields[field] = value;
    return world.ask(Kind::DisposalList, fields);
  }
  Told item(const std::string& id) {
    auto fields = base(oda, decides);
    fields[FieldId::DisposalId] = raw(id);
    return world.ask(Kind::DisposalShow, fields);
  }
  json::object newest() {
    const auto told = list();
    EXPECT_FALSE(told.refused) << told.text;
    const auto& all = told.body.at("disposalRegister").as_array();
    return all.empty() ? json::object{} : all.back().as_object();
  }
  Told erase(const std::string& records) {
    const auto asked = apply(records);
    EXPECT_FALSE(asked.refused) << asked.text;
    EXPECT_FALSE(decide_erasure(asked.member("erasureId")).refused);
    return execute(asked.member("erasureId"));
  }
  void reject_an_import(const std::string& csv) {
    const auto told = world.import(base(nakai, asks)[FieldId::Session], asks, csv);
    ASSERT_FALSE(told.refused) << told.text;
    auto fields = base(oda, decides);
    fields[FieldId::ImportId] = raw(told.member("importId"));
    fields[FieldId::Decision] = "reject";
    fields[FieldId::Code] = world.code(oda);
    ASSERT_FALSE(world.ask(Kind::ImportDecide, fields).refused);
  }
  void adopt_automatic() {
    auto fields = base(nakai, asks);
    fields[FieldId::File] = std::string(kFile);
    fields[FieldId::CountingRule] = "EXCL";
    fields[FieldId::RetentionPeriod] = "1d";
    fields[FieldId::EventItems] = "birthDate";
    fields[FieldId::Ground] = "架空市文書管理規程別表第4";
    fields[FieldId::Automatic] = std::string(1, '\1');
    const auto proposed = world.ask(Kind::RetentionRulePropose, fields);
    ASSERT_FALSE(proposed.refused) << proposed.text;
    ASSERT_FALSE(decide_rule(static_cast<std::uint64_t>(proposed.body.at("version").as_int64())).refused);
  }
  // Everything the register holds and tells, keys and values.
  std::string whole_register() {
    std::string all = list().text;
    EXPECT_TRUE(store().scan(generations::TableId::Disposals, {}, [&](const generations::Entry& entry) {
      all += text_of(entry.key.bytes);
      all += text_of(*entry.value);
      if (entry.key.bytes.size() == 16) all += item(to_hex(entry.key.bytes)).text;
      return true;
    }));
    return all;
  }
};

std::set<std::string> values_of(const std::string& csv) {
  std::set<std::string> out;
  std::string field;
  const auto body = csv.substr(csv.find('\n') + 1);
  for (const char c : body) {
    if (c != ',' && c != '\n' && c != '\r' && c != '"') {
      field += c;
      continue;
    }
    if (field.size() >= 5) out.insert(field);  // a code of one letter stands in every text
    field.clear();
  }
  return out;
}

// Nobody's program reads an item from a file, so there is no parser to attack; what outsiders keep can be pinned. Made
// by tests/vectors/make_register_vectors.py from entries.md.
TEST_F(DisposalRegister, TellsTheItemsOfTheVectorsWithDigestsThatAnybodyComputes) {
  std::ifstream file(SHOSOIN_SOURCE_DIR "/tests/vectors/disposal-register.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto vectors = json::parse(text).as_object();
  std::vector<generations::Entry> entries;
  for (const auto& one : vectors.at("items").as_array()) {
    entries.push_back({{generations::TableId::Disposals, from_hex(std::string(one.at("id").as_string())).value()},
                       copy_of(view_of(std::string(one.at("canonical").as_string())))});
  }
  const auto put = [&] {
    return bool(store().change([&](std::uint64_t) -> Result<generations::Change> {
      return generations::Change{entries, {}, {}, {false, R"({"operation":"test"})"}};
    }));
  };
  ASSERT_TRUE(put());
  for (const auto& one : vectors.at("items").as_array()) {
    const auto told = item(std::string(one.at("id").as_string()));
    ASSERT_FALSE(told.refused) << told.text;
    EXPECT_EQ(told.body.at("digest"), one.at("digest"));
    EXPECT_EQ(crypto::canonical_json(told.body.at("item").as_object()), one.at("canonical").as_string());
  }
  Bytes ids;
  for (const auto& id : vectors.at("recordIds").as_array()) append(ids, from_hex(std::string(id.as_string())).value());
  const auto first = json::parse(vectors.at("items").at(0).at("canonical").as_string());
  EXPECT_EQ(first.at("recordIdsDigest").as_string(), to_hex(crypto::sha256(ids)));
  const auto id = to_hex(entries[0].key.bytes);
  auto& stored = *entries[0].value;
  const auto format = text_of(stored).find(R"("format":1)");
  stored[format + 9] = '2';
  ASSERT_TRUE(put());
  EXPECT_EQ(item(id).refused, ErrorCode::Integrity);
  for (auto& entry : entries) entry.value.reset();
  ASSERT_TRUE(put());
  EXPECT_EQ(item(id).refused, ErrorCode::NotFound);
}

TEST_F(DisposalRegister, SaysWhatADeletionRecordMustSay) {
  const auto ids = import_people(2, 961);
  const auto done = erase(ids[0] + ids[1]);
  ASSERT_FALSE(done.refused) << done.text;
  const auto told = item(done.member("disposalId"));
  ASSERT_FALSE(told.refused) << told.text;
  const auto& said = told.body.at("item").as_object();
  EXPECT_GE(said.at("serial").as_int64(), 1);
  EXPECT_EQ(said.at("kind").as_string(), "application");
  EXPECT_EQ(said.at("tenant").at("localGovernmentCode").as_string(), tenant);
  EXPECT_EQ(said.at("recordFile").as_string(), kFile);
  EXPECT_NE(said.at("recordFileName").as_string(), "");
  EXPECT_EQ(said.at("count").as_int64(), 2);
  const auto& rule = said.at("retentionRules").at(0).as_object();
  EXPECT_EQ(rule.at("policyId").as_string(), std::string(kFile) + "/1");
  EXPECT_EQ(rule.at("version").as_int64(), 1);
  EXPECT_EQ(rule.at("legalBasis").as_string(), "架空市文書管理規程別表第2");
  EXPECT_EQ(said.at("endOfRetention").as_string().size(), 4u);  // counted from a date of birth: its year alone
  EXPECT_TRUE(said.at("periodCovered").is_null());
  EXPECT_EQ(said.at("requestedBy").at("operatorId").as_string(), nakai);
  EXPECT_EQ(said.at("approvedBy").at("operatorId").as_string(), oda);
  EXPECT_EQ(said.at("executedBy").at("operatorId").as_string(), oda);
  EXPECT_TRUE(said.at("witness").is_null());
  for (const auto* name : {"at", "method", "medium", "result", "verification", "survivingCopiesNote", "ground"}) {
    EXPECT_FALSE(said.at(name).as_string().empty()) << name;
  }
  EXPECT_EQ(told.body.at("certificate"), done.body.at("certificates").at(0));
  EXPECT_EQ(told.body.at("recordIds").as_array().size(), 2u);
  EXPECT_EQ(told.member("digest"), to_hex(crypto::sha256(view_of(json::serialize(told.body.at("item"))))));
}

// The distinguisher has every value of the file that was imported, and the keyed hash of each.
TEST_F(DisposalRegister, HoldsNoValueOfAnybodyErasedNorAHashOfOneHoweverTheyWereErased) {
  const auto csv = world.csv(tenant, 4, 962);
  const auto ids = import_people(4, 962);
  ASSERT_FALSE(erase(ids[0]).refused);
  EXPECT_EQ(newest().at("item").at("kind").as_string(), "application");
  reject_an_import(world.csv(tenant, 3, 963));
  ASSERT_FALSE(run_batch().refused);
  const auto rejected = newest();
  EXPECT_EQ(rejected.at("item").at("kind").as_string(), "rejected-imports");
  EXPECT_EQ(rejected.at("item").at("count").as_int64(), 3);
  EXPECT_EQ(rejected.at("item").at("requestedBy").at(0).at("operatorId").as_string(), nakai);
  EXPECT_EQ(rejected.at("item").at("approvedBy").at(0).at("operatorId").as_string(), oda);
  adopt_automatic();
  ASSERT_TRUE(service::retention_round(world.parts()));
  ASSERT_FALSE(run_batch().refused);
  EXPECT_EQ(by_id(ids[1]).refused, ErrorCode::Erased);
  EXPECT_EQ(newest().at("item").at("kind").as_string(), "standing-approval");
  EXPECT_EQ(newest().at("item").at("requestedBy").at("operatorId").as_string(), "appliance");

  const auto all = whole_register();
  ASSERT_NE(all.find(to_hex(view_of(ids[0]))), std::string::npos);  // the check would find what is there
  auto markers = values_of(csv);
  markers.merge(values_of(world.csv(tenant, 3, 963)));
  markers.erase(tenant);  // its own code
  ASSERT_GT(markers.size(), 30u);
  for (const auto& marker : markers) {
    EXPECT_EQ(all.find(marker), std::string::npos) << "a value of " << marker.size() << " bytes";
    for (const auto& digest : {crypto::sha256(view_of(marker)), store().number_token(view_of(marker))}) {
      EXPECT_EQ(all.find(to_hex(digest)), std::string::npos);
      EXPECT_EQ(all.find(text_of(digest)), std::string::npos);
    }
  }
}

TEST_F(DisposalRegister, IsNumberedWithoutAGapAndPagedByDaysAndCursor) {
  const auto ids = import_people(3, 964);
  for (const auto& id : ids) ASSERT_FALSE(erase(id).refused);
  const auto told = list();
  const auto& all = told.body.at("disposalRegister").as_array();
  ASSERT_GE(all.size(), 3u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].at("item").at("serial").as_int64(), static_cast<std::int64_t>(i + 1));
  }
  const auto number = all.back().at("item").at("at").as_string().subview(0, 10);
  std::string digits(number);
  std::erase(digits, '-');
  EXPECT_EQ(std::string(all.back().at("disposalId").as_string()),
            digits + "00000000" + to_hex(be<std::uint64_t>(all.size())));
  const auto cursor = std::string(all[all.size() - 2].at("disposalId").as_string());
  const auto rest = list({{FieldId::ReportCursor, cursor}});
  ASSERT_EQ(rest.body.at("disposalRegister").as_array().size(), 1u);
  EXPECT_EQ(rest.body.at("disposalRegister").at(0).at("disposalId"), all.back().at("disposalId"));
  const auto today = told.member("lastDay");
  EXPECT_EQ(list({{FieldId::FirstDay, today}}).body.at("disposalRegister").as_array().empty(), false);
  EXPECT_TRUE(list({{FieldId::FirstDay, "2019-01-01"}, {FieldId::LastDay, "2019-12-31"}})
                  .body.at("disposalRegister")
                  .as_array()
                  .empty());
  EXPECT_EQ(list({{FieldId::FirstDay, "2027-01-01"}, {FieldId::LastDay, "2026-01-01"}}).refused,
            ErrorCode::InvalidContent);
  EXPECT_EQ(list({{FieldId::FirstDay, "1800-01-01"}}).refused, ErrorCode::InvalidContent);  // too long a range
  EXPECT_EQ(list({{FieldId::FirstDay, "2026-13-01"}}).member("pointer"), "/firstDay");
  EXPECT_EQ(list({{FieldId::ReportCursor, "zz"}}).member("pointer"), "/cursor");
}

TEST_F(DisposalRegister, IsReadByThoseOfErasuresOnly) {
  auto fields = base(reader, asks);
  EXPECT_EQ(world.ask(Kind::DisposalList, fields).refused, ErrorCode::NotPermitted);
  fields[FieldId::DisposalId] = std::string(16, '\x20');
  EXPECT_EQ(world.ask(Kind::DisposalShow, fields).refused, ErrorCode::NotPermitted);
  EXPECT_EQ(item("20190101000000000000000000000001").refused, ErrorCode::NotFound);
  EXPECT_EQ(item(std::string(32, '0')).refused, ErrorCode::NotFound);  // keys of the index are no items
}

// An application that fills a batch by itself stands in front of a later one; a person executes the later one.
TEST_F(DisposalRegister, WhatAPersonExecutesGoesBeforeABacklogThatFillsABatch) {
  const auto ids = import_people(1, 965);
  service::ErasureFacts backlog;
  backlog.id = RecordId::random();
  backlog.state = "approved";
  backlog.file = kFile;
  backlog.requested = {{"operatorId", nakai}, {"at", "2026-01-01T00:00:00.000+09:00"}};
  backlog.approved = {{"operatorId", oda}};
  backlog.requested_by = nakai;
  const auto any = service::find_term(store(), RecordId::from(view_of(ids[0])).value()).value().value();
  std::vector<generations::Entry> entries;
  while (backlog.records.size() < limits::kMaxErasureRecords) {
    const auto id = RecordId::random();
    backlog.records.insert(id);
    entries.push_back(service::term_entries(id, kFile, any).front());
  }
  for (auto& entry : service::erasure_entries(backlog)) entries.push_back(std::move(entry));
  ASSERT_TRUE(store().change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{entries, {}, {}, {false, "{}"}};
  }));
  const auto done = erase(ids[0]);
  EXPECT_FALSE(done.refused) << done.text;
  EXPECT_EQ(by_id(ids[0]).refused, ErrorCode::Erased);
  auto fields = base(nakai, asks);
  fields[FieldId::ErasureId] = std::string(text_of(backlog.id.view()));
  EXPECT_EQ(world.ask(Kind::ErasureShow, fields).member("state"), "approved");  // goes with the next batch
  EXPECT_FALSE(world.ask(Kind::ErasureWithdraw, fields).refused);
}

TEST_F(DisposalRegister, ATenantKeepsSoManyApplicationsOpenAndNoMore) {
  const auto ids = import_people(1, 966);
  std::vector<generations::Entry> planted, away;
  for (std::size_t i = 0; i < limits::kMaxOpenErasures; ++i) {
    service::ErasureFacts facts;
    facts.id = RecordId::random();
    facts.state = "requested";
    facts.file = kFile;
    facts.requested_by = nakai;
    planted.push_back(service::erasure_entries(facts).front());
    away.push_back({planted.back().key, std::nullopt});
  }
  const auto put = [&](const std::vector<generations::Entry>& entries) {
    return bool(store().change([&](std::uint64_t) -> Result<generations::Change> {
      return generations::Change{entries, {}, {}, {false, "{}"}};
    }));
  };
  ASSERT_TRUE(put(planted));
  EXPECT_EQ(apply(ids[0]).refused, ErrorCode::TooMany);
  adopt_automatic();  // nor does the scheduler add to them
  ASSERT_TRUE(service::retention_round(world.parts()));
  EXPECT_EQ(world.parts().round.last()->tenants.at(world.tenant(tenant)).applied, 0u);
  ASSERT_TRUE(put(away));
  EXPECT_FALSE(apply(ids[0]).refused);
}

TEST_F(DisposalRegister, ABatchOfAClockThatWasAheadDoesNotUseUpTheDaysCap) {
  const auto counted = [&] {
    const auto refused = world.appliance().run_batch({}, 0);
    EXPECT_EQ(refused.error().code(), ErrorCode::TooMany);
    return refused.error().outside();
  };
  const auto before = counted();
  constexpr std::chrono::hours kAhead{24 * 20};  // log keys are there for two months
  world.clock.move(kAhead);
  EXPECT_TRUE(world.appliance().run_batch({}, 1));
  EXPECT_EQ(counted(), 1);
  world.clock.move(-kAhead);
  EXPECT_EQ(counted(), before);
}

}  // namespace
}  // namespace shosoin::test
