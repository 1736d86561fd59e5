// A world of its own with two record files: what "erased" may tell across them, a batch that leaves a damaged tenant
// out, and refusals while the journal is full.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "admin-api/service/retention/erasures.h"
#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/service_world.h"
#include "tests/support/full_journal.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using generations::TableId;

constexpr std::string_view kSecond = "second-file";

files::DefinitionSet two_files() {
  const support::TemporaryDirectory place;
  std::ifstream in(SHOSOIN_SOURCE_DIR "/storage/files/definitions/honnin-kakunin-joho.json");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  std::ofstream(place.path() / "a.json") << text;
  const auto key = text.find(ServiceWorld::kFile);
  ENSURE(key != std::string::npos);
  text.replace(key, ServiceWorld::kFile.size(), kSecond);
  std::ofstream(place.path() / "b.json") << text;
  return files::DefinitionSet::load_directory(place.path()).value();
}

class SecondFile : public ::testing::Test {
 protected:
  ServiceWorld& world = shared();
  static ServiceWorld& shared() {
    static ServiceWorld& own = ServiceWorld::keep(std::make_unique<ServiceWorld>(two_files()));
    return own;
  }
  struct Place {  // one asks at the first terminal, another decides at the second
    std::string code, operator_id, manager, first, second;
  };
  Place koganei() { return {std::string(ServiceWorld::kKoganei), "sato", "kato", world.t1, world.t2}; }
  Place ishinomaki() {
    const std::string t4(32, '\4'), code(ServiceWorld::kIshinomaki);
    static bool there = false;
    if (!there) {
      EXPECT_FALSE(
          world
              .as_officers(Kind::TerminalAdd,
                           {{FieldId::TenantCode, code}, {FieldId::Fingerprint, t4}, {FieldId::TerminalName, "管理席"}})
              .refused);
      there = true;
    }
    return {code, "ito", "mori", world.t3, t4};
  }
  Fields at(const Place& place, const std::string& id, const std::string& terminal) {
    return {{FieldId::Terminal, terminal},
            {FieldId::Session, world.session(id, terminal)},
            {FieldId::TenantCode, place.code}};
  }
  std::vector<RecordId> import(const Place& place, std::string_view file, std::uint64_t seed) {
    const auto told = world.import(world.session(place.operator_id, place.first), place.first,
                                   world.csv(place.code, 2, seed), {}, file);
    EXPECT_FALSE(told.refused) << told.text;
    auto fields = at(place, place.manager, place.second);
    fields[FieldId::ImportId] = std::string(text_of(from_hex(told.member("importId")).value()));
    fields[FieldId::Decision] = "approve";
    fields[FieldId::Code] = world.code(place.manager);
    EXPECT_FALSE(world.ask(Kind::ImportDecide, fields).refused);
    std::vector<RecordId> ids;
    EXPECT_TRUE(store(place).scan(TableId::Records, {}, [&](const generations::Entry& entry) {
      const auto record = generations::decode_record_entry(*entry.value).value();
      if (record.import.hex() == told.member("importId")) ids.push_back(RecordId::from(entry.key.bytes).value());
      return true;
    }));
    return ids;
  }
  // Asked for and approved; its id.
  std::string approve_erasure(const Place& place, std::string_view file, const RecordId& record) {
    auto fields = at(place, place.operator_id, place.first);
    fields[FieldId::File] = std::string(file);
    fields[FieldId::RecordIds] = std::string(text_of(record.view()));
    fields[FieldId::Items] = "全項目";
    fields[FieldId::Medium] = "本サーバーの記憶装置";
    fields[FieldId::Quantity] = "1件";
    fields[FieldId::Method] = "暗号鍵の破棄";
    fields[FieldId::PlannedDate] = "2026-12-01";
    fields[FieldId::Ground] = "架空市文書管理規程第10条";
    const auto asked = world.ask(Kind::ErasureRequest, fields);
    EXPECT_FALSE(asked.refused) << asked.text;
    const auto id = std::string(text_of(from_hex(asked.member("erasureId")).value()));
    auto decision = at(place, place.manager, place.second);
    decision[FieldId::ErasureId] = id;
    decision[FieldId::Decision] = "approve";
    decision[FieldId::Code] = world.code(place.manager);
    EXPECT_FALSE(world.ask(Kind::ErasureDecide, decision).refused);
    return id;
  }
  Told retrieve(const Place& place, const std::string& id, std::string_view file, const RecordId& record) {
    auto fields = at(place, id, place.first);
    fields[FieldId::File] = std::string(file);
    fields[FieldId::RecordId] = std::string(text_of(record.view()));
    fields[FieldId::ReasonCode] = "R06";
    fields[FieldId::CaseReference] = "架空-消去-2";
    return world.ask(Kind::RetrieveRecord, fields);
  }
  std::string state_of(const Place& place, const std::string& erasure) {
    return service::find_erasure(store(place), RecordId::from(view_of(erasure)).value()).value().value().state;
  }
  generations::TenantStore& store(const Place& place) {
    return *world.parts().tenants.open(world.tenant(place.code)).value();
  }
};

TEST_F(SecondFile, SaysNothingOfWhatWasErasedInTheFirst) {
  const auto place = ishinomaki();
  world.enrol("only-first", place.code, "operator", "retrieve,file:" + std::string(ServiceWorld::kFile));
  const auto records = import(place, kSecond, 301);
  ASSERT_EQ(records.size(), 2u);
  // Alive: seen through its own file only.
  EXPECT_FALSE(retrieve(place, "ito", kSecond, records[0]).refused);
  EXPECT_EQ(retrieve(place, "ito", ServiceWorld::kFile, records[0]).refused, ErrorCode::NotFound);
  const auto erasure = approve_erasure(place, kSecond, records[0]);
  ASSERT_FALSE(world.as_officers(Kind::BatchRun, {}).refused);
  ASSERT_EQ(state_of(place, erasure), "executed");

  EXPECT_EQ(retrieve(place, "ito", kSecond, records[0]).refused, ErrorCode::Erased);
  const auto other = retrieve(place, "ito", ServiceWorld::kFile, records[0]);
  const auto unknown = retrieve(place, "ito", ServiceWorld::kFile, RecordId::random());
  EXPECT_EQ(other.refused, ErrorCode::NotFound);
  EXPECT_EQ(other.body.at("detail"), unknown.body.at("detail"));  // like a record that never was
  EXPECT_EQ(other.body.size(), unknown.body.size());
  EXPECT_EQ(retrieve(place, "only-first", ServiceWorld::kFile, records[0]).refused, ErrorCode::NotFound);
  EXPECT_EQ(retrieve(place, "only-first", kSecond, records[0]).refused, ErrorCode::NotPermitted);
  EXPECT_EQ(retrieve(place, "only-first", kSecond, records[1]).refused, ErrorCode::NotPermitted);
  world.restart();
  EXPECT_EQ(retrieve(place, "ito", kSecond, records[0]).refused, ErrorCode::Erased);
  EXPECT_EQ(retrieve(place, "ito", ServiceWorld::kFile, records[0]).refused, ErrorCode::NotFound);
}

TEST_F(SecondFile, RefusalsWhileTheJournalIsFullTellNothingAndTheServiceGoesOnWhenThereIsRoom) {
  const auto place = koganei();
  auto fields = at(place, place.operator_id, place.first);
  fields[FieldId::ErasureId] = std::string(16, 'e');
  fields[FieldId::Decision] = "approve";
  fields[FieldId::Code] = "000000";
  ASSERT_EQ(world.ask(Kind::ErasureDecide, fields).member("permission"), "approveErasure");  // what it says otherwise
  auto& other = store(ishinomaki());
  support::FullJournal full(world.settings().data_directory / "journal");
  support::FullJournal::fill([&](std::size_t size) {
    return static_cast<bool>(other.log({false, R"({"operation":"filler","text":")" + std::string(size, 'x') + "\"}"}));
  });
  const auto outcome = world.send(Kind::ErasureDecide, fields);
  EXPECT_FALSE(outcome.end);  // nothing is unknown
  const auto body = json::parse(outcome.reply.body).as_object();
  EXPECT_NE(body.at("code").as_string(), "not-permitted");
  EXPECT_FALSE(body.contains("permission"));
  EXPECT_EQ(body.size(), 3u) << outcome.reply.body;
  full.make_room();
  Told told;
  for (int i = 0; i < 3 && told.member("code") != "not-permitted"; ++i) told = world.ask(Kind::ErasureDecide, fields);
  EXPECT_EQ(told.member("permission"), "approveErasure");
}

// Last: Koganei stays damaged.
TEST_F(SecondFile, DamageInOneTenantLeavesItOutOfTheBatchAndTheOthersErasuresGoThrough) {
  const auto whole = ishinomaki(), damaged = koganei();
  const auto good = import(whole, ServiceWorld::kFile, 302), bad = import(damaged, ServiceWorld::kFile, 303);
  const auto good_erasure = approve_erasure(whole, ServiceWorld::kFile, good[0]);
  const auto bad_erasure = approve_erasure(damaged, ServiceWorld::kFile, bad[0]);
  const auto entry = store(damaged).get({TableId::Records, copy_of(bad[0].view())}).value().value();
  ASSERT_TRUE(store(damaged).drop_rows({generations::decode_record_entry(entry).value().number.id}));

  const auto ran = world.as_officers(Kind::BatchRun, {});
  ASSERT_FALSE(ran.refused) << ran.text;
  EXPECT_EQ(ran.body.at("certificates").as_array().size(), 1u);
  EXPECT_EQ(state_of(whole, good_erasure), "executed");
  EXPECT_EQ(retrieve(whole, "ito", ServiceWorld::kFile, good[0]).refused, ErrorCode::Erased);
  EXPECT_EQ(state_of(damaged, bad_erasure), "approved");
  EXPECT_TRUE(store(damaged).get({TableId::Records, copy_of(bad[0].view())}).value().has_value());
  std::size_t alarms = 0;
  for (const auto& line : world.log_of("")) {
    if (line.find("batch-tenant-left-out") == std::string::npos) continue;
    const auto told = json::parse(line).as_object();
    EXPECT_EQ(told.at("tenant").as_string(), damaged.code);
    EXPECT_EQ(told.at("result").as_string(), "integrity");
    ++alarms;
  }
  EXPECT_EQ(alarms, 1u);
  // Who asks for that erasure himself hears why it does not come.
  auto fields = at(damaged, damaged.operator_id, damaged.first);
  fields[FieldId::ErasureId] = bad_erasure;
  fields[FieldId::Code] = world.code(damaged.operator_id);
  EXPECT_EQ(world.ask(Kind::ErasureExecute, fields).refused, ErrorCode::Integrity);
  EXPECT_EQ(state_of(damaged, bad_erasure), "approved");
}

}  // namespace
}  // namespace shosoin::test
