// Erasure from application to certificate (promises 5 and 7; E-03, E-04, E-07).
#include <gtest/gtest.h>

#include <filesystem>

#include "admin-api/service/retention/erasures.h"
#include "storage/erasure/certificate.h"
#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;

class Erasure : public ::testing::Test {
 protected:
  ServiceWorld& world = ServiceWorld::shared();
  const std::string tenant{ServiceWorld::kIshinomaki};
  const std::string t4{std::string(32, '\4')};

  // Ishinomaki has people of its own here: one asks at t3, another approves at t4.
  void SetUp() override {
    static bool done = false;
    if (done) return;
    ASSERT_FALSE(
        world
            .as_officers(Kind::TerminalAdd,
                         {{FieldId::TenantCode, tenant}, {FieldId::Fingerprint, t4}, {FieldId::TerminalName, "管理席"}})
            .refused);
    world.enrol("abe", tenant, "dataProtectionManager", "requestErasure,approveErasure,confirmImport");
    done = true;
  }
  Fields base(const std::string& id, const std::string& terminal) {
    return {
        {FieldId::Terminal, terminal}, {FieldId::Session, world.session(id, terminal)}, {FieldId::TenantCode, tenant}};
  }
  // Imports and confirms; the record ids, by resident record code.
  std::vector<std::string> import_people(std::uint64_t count, std::uint64_t seed) {
    const auto csv = world.csv(tenant, count, seed);
    const auto told = world.import(world.session("ito", world.t3), world.t3, csv);
    EXPECT_FALSE(told.refused) << told.text;
    auto fields = base("mori", t4);
    fields[FieldId::ImportId] = std::string(text_of(from_hex(told.member("importId")).value()));
    fields[FieldId::Decision] = "approve";
    fields[FieldId::Code] = world.code("mori");
    EXPECT_FALSE(world.ask(Kind::ImportDecide, fields).refused);
    const auto import = RecordId::parse(told.member("importId")).value();
    std::vector<std::string> ids;
    auto* store = world.parts().tenants.open(world.tenant(tenant)).value();
    EXPECT_TRUE(store->scan(generations::TableId::Records, {}, [&](const generations::Entry& entry) {
      const auto record = generations::decode_record_entry(*entry.value).value();
      if (record.import == import) {
        ids.emplace_back(text_of(entry.key.bytes));
        number_of_[ids.back()] = std::string(text_of(store->read_row(record.number.id, record.number.key).value()));
      }
      return true;
    }));
    return ids;
  }
  Fields application(const std::string& id, const std::string& terminal, const std::string& records) {
    auto fields = base(id, terminal);
    fields[FieldId::File] = std::string(ServiceWorld::kFile);
    fields[FieldId::RecordIds] = records;
    fields[FieldId::Items] = "全項目";
    fields[FieldId::Medium] = "本サーバーの記憶装置";
    fields[FieldId::Quantity] = "1件";
    fields[FieldId::Method] = "暗号鍵の破棄";
    fields[FieldId::PlannedDate] = "2026-12-01";
    fields[FieldId::Ground] = "架空市文書管理規程第10条";
    return fields;
  }
  Told decide(const std::string& id, const std::string& terminal, const std::string& erasure,
              const std::string& decision = "approve") {
    auto fields = base(id, terminal);
    fields[FieldId::ErasureId] = std::string(text_of(from_hex(erasure).value()));
    fields[FieldId::Decision] = decision;
    fields[FieldId::Code] = world.code(id);
    return world.ask(Kind::ErasureDecide, fields);
  }
  Told execute(const std::string& id, const std::string& terminal, const std::string& erasure) {
    auto fields = base(id, terminal);
    fields[FieldId::ErasureId] = std::string(text_of(from_hex(erasure).value()));
    fields[FieldId::Code] = world.code(id);
    return world.ask(Kind::ErasureExecute, fields);
  }
  Told by_id(const std::string& record) {
    auto fields = base("ito", world.t3);
    fields[FieldId::File] = std::string(ServiceWorld::kFile);
    fields[FieldId::RecordId] = record;
    fields[FieldId::ReasonCode] = "R06";
    fields[FieldId::CaseReference] = "架空-消去-1";
    return world.ask(Kind::RetrieveRecord, fields);
  }
  Told by_number(const std::string& number) {
    auto fields = base("ito", world.t3);
    fields[FieldId::File] = std::string(ServiceWorld::kFile);
    fields[FieldId::SearchKind] = "individualNumber";
    fields[FieldId::SearchValue] = number;
    fields[FieldId::ReasonCode] = "R06";
    fields[FieldId::CaseReference] = "架空-消去-1";
    return world.ask(Kind::Retrieve, fields);
  }
  std::map<std::string, std::string> number_of_;
};

TEST_F(Erasure, IsAskedForApprovedByAnotherExecutedAndProven) {
  const auto ids = import_people(5, 21);
  ASSERT_EQ(ids.size(), 5u);
  ASSERT_FALSE(by_id(ids[0]).refused);
  const auto asked = world.ask(Kind::ErasureRequest, application("ito", world.t3, ids[0] + ids[1]));
  ASSERT_FALSE(asked.refused) << asked.text;
  const auto erasure = asked.member("erasureId");
  EXPECT_EQ(execute("ito", world.t3, erasure).refused, ErrorCode::Conflict);    // E-04: not before approval
  EXPECT_EQ(decide("mori", world.t3, erasure).refused, ErrorCode::SamePerson);  // the requester's terminal
  ASSERT_FALSE(decide("mori", t4, erasure).refused);
  const auto backups = world.parts().settings.state_copy_directory / "backups";
  for (const auto* name : {"20261101T000000Z-1", "making", "notes"})
    std::filesystem::create_directories(backups / name);
  const auto done = execute("ito", world.t3, erasure);
  std::filesystem::remove_all(backups);
  ASSERT_FALSE(done.refused) << done.text;
  EXPECT_EQ(done.member("state"), "executed");
  const auto serial = std::string(done.body.at("certificates").at(0).as_string());

  EXPECT_EQ(by_id(ids[0]).refused, ErrorCode::Erased);
  EXPECT_EQ(by_number(number_of_[ids[0]]).refused, ErrorCode::NotFound);
  EXPECT_FALSE(by_id(ids[2]).refused);
  auto* store = world.parts().tenants.open(world.tenant(tenant)).value();
  const auto token = store->number_token(view_of(number_of_[ids[0]]));
  EXPECT_FALSE(store->get({generations::TableId::Addressees, copy_of(token)}).value().has_value());  // promise 5
  const auto kept = store->number_token(view_of(number_of_[ids[2]]));
  EXPECT_TRUE(store->get({generations::TableId::Addressees, copy_of(kept)}).value().has_value());

  auto ask = base("mori", t4);
  ask[FieldId::Serial] = serial;
  const auto certificate = world.ask(Kind::CertificateShow, ask);
  ASSERT_FALSE(certificate.refused);
  const auto pinned =
      erasure::read_provisioning_record(world.ask(Kind::ProvisioningShow, {{FieldId::Terminal, t4}}).text);
  ASSERT_TRUE(pinned);
  const auto check = erasure::verify_certificate(certificate.text, pinned.value());
  EXPECT_EQ(check.fault, erasure::CertificateFault::None) << erasure::describe(check.fault, false);
  EXPECT_EQ(check.serial, serial);
  const auto declared = json::parse(check.declaration).as_object();
  EXPECT_EQ(declared.at("count").as_int64(), 2);
  EXPECT_EQ(declared.at("survivingCopies"), json::array{"20261101T000000Z-1"});
  EXPECT_NE(declared.at("survivingCopiesNote").as_string().find("ciphertext only"), std::string_view::npos);
  EXPECT_EQ(declared.at("requestedBy").at("operatorId").as_string(), "ito");
  EXPECT_EQ(declared.at("approvedBy").at("operatorId").as_string(), "mori");
  EXPECT_EQ(declared.at("rule").at(0).at("citation").as_string(), "架空市文書管理規程別表");
  EXPECT_GT(declared.at("endOfRetention").as_int64(), 1800);
  for (const auto& [id, number] : number_of_) EXPECT_EQ(certificate.text.find(number), std::string::npos);

  // The batch has one of its own, for those who may see certificates.
  auto batch = base("mori", t4);
  batch.erase(FieldId::TenantCode);
  batch[FieldId::Epoch] = std::string(text_of(be(check.epoch)));
  const auto whole = world.ask(Kind::BatchCertificateShow, batch);
  ASSERT_FALSE(whole.refused);
  EXPECT_EQ(erasure::verify_certificate(whole.text, pinned.value()).kind, erasure::CertificateKind::Batch);
  EXPECT_EQ(erasure::verify_certificate(certificate.text, pinned.value(), tenant).fault,
            erasure::CertificateFault::None);
  EXPECT_EQ(erasure::verify_certificate(certificate.text, pinned.value(), ServiceWorld::kKoganei).fault,
            erasure::CertificateFault::OtherTenant);
  batch[FieldId::Epoch] = std::string(text_of(be(check.epoch + 1)));
  EXPECT_EQ(world.ask(Kind::BatchCertificateShow, batch).refused, ErrorCode::NotFound);

  auto foreign = ask;
  foreign[FieldId::Terminal] = world.t1;
  foreign[FieldId::Session] = world.session("sato", world.t1);
  foreign[FieldId::TenantCode] = std::string(ServiceWorld::kKoganei);
  EXPECT_EQ(world.ask(Kind::CertificateShow, foreign).refused, ErrorCode::NotFound);
  EXPECT_EQ(execute("ito", world.t3, erasure).refused, ErrorCode::Conflict);

  world.restart();
  EXPECT_EQ(by_id(ids[0]).refused, ErrorCode::Erased);
  EXPECT_FALSE(by_id(ids[2]).refused);
}

TEST_F(Erasure, ApplicationsWithAnItemMissingAreRefusedWithItsPlace) {
  const auto ids = import_people(1, 22);
  const auto good = application("ito", world.t3, ids[0]);
  const std::vector<std::pair<FieldId, std::string>> items{
      {FieldId::Items, "/items"},   {FieldId::Medium, "/medium"},           {FieldId::Quantity, "/quantity"},
      {FieldId::Method, "/method"}, {FieldId::PlannedDate, "/plannedDate"}, {FieldId::Ground, "/ground"}};
  for (const auto& [field, pointer] : items) {
    auto fields = good;
    fields[field] = " ";
    const auto told = world.ask(Kind::ErasureRequest, fields);
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
    EXPECT_EQ(told.member("pointer"), pointer);
    fields.erase(field);
    EXPECT_EQ(world.ask(Kind::ErasureRequest, fields).member("pointer"), pointer);
  }
  // Blank in any width, line ends, controls of a terminal, marks that turn the direction of writing.
  for (const auto* text : {"\u3000 \u00A0", "\u200B", "一\n二", "一\x1B[2J", "一\u0085", "一\u202E二", "\u2066一"}) {
    for (const auto& [field, pointer] : {items[0], items[5]}) {
      auto fields = good;
      fields[field] = text;
      EXPECT_EQ(world.ask(Kind::ErasureRequest, fields).member("pointer"), pointer) << text;
    }
  }
  for (const auto* day : {"2026-02-30", "2026-00-00", "0000-00-00", "2026-12-A1"}) {
    auto fields = good;
    fields[FieldId::PlannedDate] = day;
    EXPECT_EQ(world.ask(Kind::ErasureRequest, fields).member("pointer"), "/plannedDate") << day;
  }
}

TEST_F(Erasure, OfUnknownRecordsIsNotFoundAndOfOneRecordTwiceAConflict) {
  const auto ids = import_people(1, 23);
  EXPECT_EQ(world.ask(Kind::ErasureRequest, application("ito", world.t3, std::string(16, 'z'))).refused,
            ErrorCode::NotFound);
  const auto asked = world.ask(Kind::ErasureRequest, application("ito", world.t3, ids[0]));
  ASSERT_FALSE(asked.refused);
  EXPECT_EQ(world.ask(Kind::ErasureRequest, application("abe", t4, ids[0])).refused, ErrorCode::Conflict);
  ASSERT_FALSE(decide("mori", t4, asked.member("erasureId"), "reject").refused);
  EXPECT_EQ(execute("ito", world.t3, asked.member("erasureId")).refused, ErrorCode::Conflict);
  EXPECT_FALSE(by_id(ids[0]).refused);
}

TEST_F(Erasure, OfAnOwnApplicationMayNotBeApprovedEvenOnAnotherTerminal) {
  const auto ids = import_people(1, 24);
  const auto asked = world.ask(Kind::ErasureRequest, application("abe", world.t3, ids[0]));
  ASSERT_FALSE(asked.refused);
  ASSERT_FALSE(
      world.ask(Kind::Logout, {{FieldId::Terminal, world.t3}, {FieldId::Session, world.session("abe", world.t3)}})
          .refused);
  EXPECT_EQ(decide("abe", t4, asked.member("erasureId")).refused, ErrorCode::SamePerson);
  EXPECT_EQ(decide("ito", t4, asked.member("erasureId")).refused, ErrorCode::NotPermitted);
  auto fields = base("mori", t4);
  fields[FieldId::ErasureId] = std::string(text_of(from_hex(asked.member("erasureId")).value()));
  fields[FieldId::Decision] = "approve";
  fields[FieldId::Code] = "000000";
  EXPECT_EQ(world.ask(Kind::ErasureDecide, fields).refused, ErrorCode::NotAuthenticated);  // needs a fresh factor
  EXPECT_FALSE(decide("mori", t4, asked.member("erasureId")).refused);
}

TEST_F(Erasure, MayNotBeApprovedByTheSameHumanUnderASecondAccount) {
  const auto ids = import_people(1, 27);
  if (!world.people.contains("abe-approver")) {
    const auto human = make_human("abe-approver");
    ASSERT_FALSE(world
                     .as_officers(Kind::PersonAdd, {{FieldId::PersonId, human.id},
                                                    {FieldId::Password, human.password},
                                                    {FieldId::PersonName, "架空 阿部"},
                                                    {FieldId::Section, "市民課"},
                                                    {FieldId::StaffNumber, "N-ito"},
                                                    {FieldId::Role, "dataProtectionManager"},
                                                    {FieldId::TotpSecret, std::string(text_of(human.totp))},
                                                    {FieldId::TenantCode, tenant},
                                                    {FieldId::Permissions, "file:" + std::string(ServiceWorld::kFile)}})
                     .refused);
    world.people[human.id] = human;
  }
  const auto asked = world.ask(Kind::ErasureRequest, application("ito", world.t3, ids[0]));
  ASSERT_FALSE(asked.refused);
  EXPECT_EQ(decide("abe-approver", t4, asked.member("erasureId")).refused, ErrorCode::SamePerson);
  const auto listed = world.ask(Kind::ErasureList, base("mori", t4));
  ASSERT_FALSE(listed.refused);
  const auto& one = listed.body.at("erasures").at(0).as_object();
  EXPECT_EQ(one.at("count").as_int64(), 1);
  EXPECT_FALSE(one.contains("recordIds"));  // a list tells how many; the request itself tells which
  EXPECT_FALSE(decide("mori", t4, asked.member("erasureId"), "reject").refused);
}

TEST_F(Erasure, IsOneRequestUnderOneIdempotencyKey) {
  const auto ids = import_people(2, 25);
  auto fields = application("ito", world.t3, ids[0]);
  fields[FieldId::IdempotencyKey] = "erase-25";
  const auto first = world.ask(Kind::ErasureRequest, fields), second = world.ask(Kind::ErasureRequest, fields);
  ASSERT_FALSE(first.refused);
  EXPECT_EQ(first.member("erasureId"), second.member("erasureId"));
  auto other_record = fields, other_ground = fields;
  other_record[FieldId::RecordIds] = ids[1];
  other_ground[FieldId::Ground] = "訂正";
  for (const auto& other : {other_record, other_ground}) {
    const auto told = world.ask(Kind::ErasureRequest, other);
    EXPECT_EQ(told.refused, ErrorCode::Conflict);
    EXPECT_NE(told.text.find("Idempotency-Key"), std::string::npos) << told.text;
  }
}

TEST_F(Erasure, OfARejectedImportHappensWithTheNextBatchAndLeavesNoNumberBehind) {
  const auto csv = world.csv(tenant, 2, 26);
  const auto told = world.import(world.session("ito", world.t3), world.t3, csv);
  ASSERT_FALSE(told.refused) << told.text;
  auto fields = base("mori", t4);
  fields[FieldId::ImportId] = std::string(text_of(from_hex(told.member("importId")).value()));
  fields[FieldId::Decision] = "reject";
  fields[FieldId::Code] = world.code("mori");
  ASSERT_FALSE(world.ask(Kind::ImportDecide, fields).refused);
  const auto ran = world.as_officers(Kind::BatchRun, {});
  ASSERT_FALSE(ran.refused) << ran.text;
  auto* store = world.parts().tenants.open(world.tenant(tenant)).value();
  const auto import = RecordId::parse(told.member("importId")).value();
  std::size_t left = 0;
  ASSERT_TRUE(store->scan(generations::TableId::Records, {}, [&](const generations::Entry& entry) {
    left += generations::decode_record_entry(*entry.value).value().import == import ? 1 : 0;
    return true;
  }));
  EXPECT_EQ(left, 0u);
  fields.erase(FieldId::Decision);
  fields.erase(FieldId::Code);
  fields[FieldId::Session] = world.session("mori", t4);
  EXPECT_EQ(world.ask(Kind::ImportShow, fields).member("state"), "removed");
  EXPECT_FALSE(world.import(world.session("ito", world.t3), world.t3, csv).refused);  // the same file may come again
}

TEST_F(Erasure, BatchesOfNothingNeedTheWordNow) {
  while (!world.as_officers(Kind::BatchRun, {}).refused) {
  }
  EXPECT_EQ(world.as_officers(Kind::BatchRun, {}).refused, ErrorCode::Conflict);
  const auto before = world.appliance().status().epoch;
  EXPECT_FALSE(world.as_officers(Kind::BatchRun, {{FieldId::Now, std::string(1, '\1')}}).refused);
  EXPECT_EQ(world.appliance().status().epoch, before + 1);
}

TEST_F(Erasure, AnEmptyBatchRunsOnceADayOfAcceptedTime) {
  world.clock.move(std::chrono::hours{25});  // batches of others count towards the day's cap
  auto& legal = world.parts().legal;
  auto accepted = world.clock;
  accepted.move(std::chrono::hours{48});
  ASSERT_TRUE(legal.accept(world.appliance(), accepted, {}));
  const auto start = world.appliance().status().epoch;
  EXPECT_FALSE(world.service().maintain());
  EXPECT_FALSE(world.service().maintain());
  EXPECT_EQ(world.appliance().status().epoch, start + 1);
  const auto batches_after = [&](std::chrono::hours moved) {
    accepted.move(moved);
    EXPECT_TRUE(legal.accept(world.appliance(), accepted, {}));
    const auto before = world.appliance().status().epoch;
    service::BatchFailure failure;
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(service::batch_after(world.parts(), std::chrono::hours{24}, failure));
    return world.appliance().status().epoch - before;
  };
  EXPECT_EQ(batches_after(std::chrono::hours{23}), 0u);
  EXPECT_EQ(batches_after(std::chrono::hours{2}), 1u);
  EXPECT_EQ(batches_after(-std::chrono::hours{12}), 0u);  // two persons took it back: no batch at once
  EXPECT_EQ(batches_after(std::chrono::hours{23}), 0u);
  EXPECT_EQ(batches_after(std::chrono::hours{2}), 1u);
  EXPECT_TRUE(legal.accept(world.appliance(), world.clock, {}));
}

TEST_F(Erasure, AnEmptyBatchComesNeitherSoonerNorLaterBecauseTheSystemClockMoves) {
  world.clock.move(std::chrono::hours{25});
  auto& legal = world.parts().legal;
  ASSERT_FALSE(world.as_officers(Kind::BatchRun, {{FieldId::Now, std::string(1, '\1')}}).refused);
  ASSERT_TRUE(legal.accept(world.appliance(), world.clock, {}));
  service::BatchFailure failure;
  ASSERT_TRUE(service::batch_after(world.parts(), std::chrono::hours{24}, failure));  // dates it, where it is ahead
  const auto before = world.appliance().status().epoch;
  constexpr std::chrono::hours kDay{24}, kYears{24 * 3652};
  for (const auto apart : {kDay, kYears, -kDay, -kYears}) {
    auto moved = world.clock;
    moved.move(apart);
    ASSERT_TRUE(legal.look(world.appliance(), moved));
    EXPECT_FALSE(service::batch_after(world.parts(), kDay, failure).value()) << apart.count();
  }
  EXPECT_EQ(world.appliance().status().epoch, before);
  // Accepted time stands behind the system clock and goes at its slowest: two thirds of it are a day.
  auto later = world.clock;
  later.move(std::chrono::hours{16});
  ASSERT_TRUE(legal.accept(world.appliance(), later, {}));
  later.move(-kYears);
  ASSERT_TRUE(legal.look(world.appliance(), later));
  ASSERT_EQ(legal.last().state, retention::ClockState::Behind);
  EXPECT_TRUE(service::batch_after(world.parts(), kDay, failure).value());
  EXPECT_EQ(world.appliance().status().epoch, before + 1);
  EXPECT_TRUE(legal.accept(world.appliance(), world.clock, {}));
}

}  // namespace
}  // namespace shosoin::test
