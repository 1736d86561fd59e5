#include "tests/admin-api/service/retention_world.h"

#include "storage/generations/records_entry.h"

namespace shosoin::test {

void RetentionWorld::prepare() {
  if (world.people.contains(nakai)) return;
  ASSERT_FALSE(
      world.as_officers(Kind::TenantCreate, {{FieldId::TenantCode, tenant}, {FieldId::TenantName, "架空市"}}).refused);
  for (const auto& terminal : {asks, decides}) {
    ASSERT_FALSE(world
                     .as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, tenant},
                                                      {FieldId::Fingerprint, terminal},
                                                      {FieldId::TerminalName, "文書管理席"}})
                     .refused);
  }
  world.enrol(nakai, tenant, "operator", "");
  world.enrol(oda, tenant, "dataProtectionManager", "");
  world.enrol(plain, tenant, "dataProtectionManager", "approveErasure,requestErasure");
}

Fields RetentionWorld::base(const std::string& id, const std::string& terminal) {
  constexpr std::chrono::minutes kIdle{4}, kLong{420};  // well under the limits of a session
  auto& at = sitting_[id];
  const auto now = world.clock.now();
  if (at.terminal != terminal || now - at.used > kIdle || now - at.opened > kLong) {
    at = {world.session(id, terminal), terminal, world.clock.now(), {}};
  }
  at.used = world.clock.now();
  return {{FieldId::Terminal, terminal}, {FieldId::Session, at.token}, {FieldId::TenantCode, tenant}};
}

std::vector<std::string> RetentionWorld::import_people(std::uint64_t count, std::uint64_t seed) {
  const auto told = world.import(base(nakai, asks)[FieldId::Session], asks, world.csv(tenant, count, seed));
  EXPECT_FALSE(told.refused) << told.text;
  auto fields = base(oda, decides);
  fields[FieldId::ImportId] = raw(told.member("importId"));
  fields[FieldId::Decision] = "approve";
  fields[FieldId::Code] = world.code(oda);
  EXPECT_FALSE(world.ask(Kind::ImportDecide, fields).refused);
  const auto import = RecordId::parse(told.member("importId")).value();
  std::vector<std::string> ids;
  EXPECT_TRUE(store().scan(generations::TableId::Records, {}, [&](const generations::Entry& entry) {
    if (generations::decode_record_entry(*entry.value).value().import == import)
      ids.emplace_back(text_of(entry.key.bytes));
    return true;
  }));
  return ids;
}

Told RetentionWorld::propose(const std::string& rule, const std::string& period, const std::string& events) {
  auto fields = base(nakai, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::CountingRule] = rule;
  fields[FieldId::RetentionPeriod] = period;
  fields[FieldId::EventItems] = events;
  fields[FieldId::Ground] = "架空市文書管理規程別表第2";
  return world.ask(Kind::RetentionRulePropose, fields);
}

Told RetentionWorld::decide_rule(std::uint64_t version, const std::string& decision) {
  auto fields = base(oda, decides);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::RuleVersion] = std::string(text_of(be(version)));
  fields[FieldId::Decision] = decision;
  fields[FieldId::Code] = world.code(oda);
  return world.ask(Kind::RetentionRuleDecide, fields);
}

void RetentionWorld::adopt(const std::string& period) {
  const auto proposed = propose("EXCL", period);
  ASSERT_FALSE(proposed.refused) << proposed.text;
  const auto done = decide_rule(static_cast<std::uint64_t>(proposed.body.at("version").as_int64()));
  ASSERT_FALSE(done.refused) << done.text;
  EXPECT_TRUE(done.body.at("termsComputed").as_bool());
}

Told RetentionWorld::apply(const std::string& records) {
  auto fields = base(nakai, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::RecordIds] = records;
  fields[FieldId::Items] = "全項目";
  fields[FieldId::Medium] = "本サーバーの記憶装置";
  fields[FieldId::Quantity] = "1件";
  fields[FieldId::Method] = "暗号鍵の破棄";
  fields[FieldId::PlannedDate] = "2026-12-01";
  fields[FieldId::Ground] = "架空市文書管理規程第10条";
  return world.ask(Kind::ErasureRequest, fields);
}

Told RetentionWorld::decide_erasure(const std::string& erasure) {
  auto fields = base(oda, decides);
  fields[FieldId::ErasureId] = raw(erasure);
  fields[FieldId::Decision] = "approve";
  fields[FieldId::Code] = world.code(oda);
  return world.ask(Kind::ErasureDecide, fields);
}

Told RetentionWorld::execute(const std::string& erasure) {
  auto fields = base(oda, decides);
  fields[FieldId::ErasureId] = raw(erasure);
  fields[FieldId::Code] = world.code(oda);
  return world.ask(Kind::ErasureExecute, fields);
}

Told RetentionWorld::by_id(const std::string& record) {
  auto fields = base(nakai, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::RecordId] = record;
  fields[FieldId::ReasonCode] = "R06";
  fields[FieldId::CaseReference] = "架空-保存-1";
  return world.ask(Kind::RetrieveRecord, fields);
}

Told RetentionWorld::hold(Fields more) {
  auto fields = base(nakai, asks);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::HoldName] = "架空訴訟第1号";
  fields[FieldId::ReasonCode] = "litigation";
  for (auto& [field, value] : more) fields[field] = std::move(value);
  return world.ask(Kind::HoldSet, fields);
}

Told RetentionWorld::release(const std::string& hold) {
  auto fields = base(nakai, asks);
  fields[FieldId::HoldId] = raw(hold);
  return world.ask(Kind::HoldRelease, fields);
}

Told RetentionWorld::decide_release(const std::string& hold, const std::string& decision) {
  auto fields = base(oda, decides);
  fields[FieldId::HoldId] = raw(hold);
  fields[FieldId::Decision] = decision;
  fields[FieldId::Code] = world.code(oda);
  return world.ask(Kind::HoldDecide, fields);
}

Told RetentionWorld::run_batch(bool even_empty) {
  return world.as_officers(Kind::BatchRun, even_empty ? Fields{{FieldId::Now, std::string(1, '\1')}} : Fields{});
}

}  // namespace shosoin::test
