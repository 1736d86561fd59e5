// Holds: set by one, released by two, and nothing they cover is erased, whatever was approved before.
#include <algorithm>
#include <atomic>

#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/holds.h"
#include "firmware/base/power.h"
#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

class RetentionHolds : public RetentionTest {
 protected:
  RetentionHolds() : RetentionTest("111007") {}
  void SetUp() override {
    RetentionTest::SetUp();
    static bool adopted = false;
    if (!adopted) adopt("1d");
    adopted = true;
  }
  bool put(std::vector<generations::Entry> entries) {
    return bool(store().change([&](std::uint64_t) -> Result<generations::Change> {
      return generations::Change{entries, {}, {}, {false, R"({"operation":"test"})"}};
    }));
  }
  std::string approved(const std::string& records) {
    const auto asked = apply(records);
    EXPECT_FALSE(asked.refused) << asked.text;
    EXPECT_FALSE(decide_erasure(asked.member("erasureId")).refused);
    return asked.member("erasureId");
  }
};

TEST_F(RetentionHolds, StopAnErasureAtEachOfItsStepsUntilTwoReleaseThem) {
  const auto ids = import_people(2, 911);
  const auto first = hold({{FieldId::RecordIds, ids[0]}});
  ASSERT_FALSE(first.refused) << first.text;
  const auto asked = apply(ids[0]);
  EXPECT_EQ(asked.refused, ErrorCode::Locked);
  EXPECT_EQ(asked.member("reason"), "on-hold");
  EXPECT_EQ(asked.member("holdId"), first.member("holdId"));
  EXPECT_EQ(asked.body.at("detail").at("en").as_string().find("A hold"), 0u);

  // Asked for by one, released by another with the permission; the first alone changes nothing.
  EXPECT_EQ(decide_release(first.member("holdId")).refused, ErrorCode::Conflict);
  ASSERT_FALSE(release(first.member("holdId")).refused);
  EXPECT_EQ(apply(ids[0]).refused, ErrorCode::Locked);
  EXPECT_EQ(release(first.member("holdId")).refused, ErrorCode::Conflict);
  ASSERT_FALSE(decide_release(first.member("holdId"), "reject").refused);
  EXPECT_EQ(apply(ids[0]).refused, ErrorCode::Locked);
  ASSERT_FALSE(release(first.member("holdId")).refused);
  ASSERT_FALSE(decide_release(first.member("holdId")).refused);

  // Set behind the application: the approval is refused; set behind the approval: execution and batch are.
  const auto erasure = apply(ids[0]);
  ASSERT_FALSE(erasure.refused) << erasure.text;
  const auto second = hold({{FieldId::RecordIds, ids[0]}});
  EXPECT_EQ(decide_erasure(erasure.member("erasureId")).refused, ErrorCode::Locked);
  ASSERT_FALSE(release(second.member("holdId")).refused);
  ASSERT_FALSE(decide_release(second.member("holdId")).refused);
  ASSERT_FALSE(decide_erasure(erasure.member("erasureId")).refused);
  const auto third = hold({{FieldId::RecordIds, ids[0]}});
  EXPECT_EQ(execute(erasure.member("erasureId")).refused, ErrorCode::Locked);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(by_id(ids[0]).refused);
  const auto lines = world.log_of(tenant);
  EXPECT_TRUE(std::ranges::any_of(lines, [](const auto& line) { return line.find("erasure-waits") != line.npos; }));
  ASSERT_FALSE(release(third.member("holdId")).refused);
  ASSERT_FALSE(decide_release(third.member("holdId")).refused);
  ASSERT_FALSE(run_batch().refused);
  EXPECT_EQ(by_id(ids[0]).refused, ErrorCode::Erased);
  EXPECT_FALSE(by_id(ids[1]).refused);
}

std::function<void()> meanwhile;
std::atomic<bool> armed{false};

// Between the gathering of a batch and the hold of the writers: what comes there is seen by the last look.
TEST_F(RetentionHolds, ThatComeWhileABatchIsBeingWrittenKeepTheirRecordAndTheOthersGo) {
  const auto ids = import_people(2, 916);
  const auto held = approved(ids[0]), goes = approved(ids[1]);
  base(nakai, asks);  // a session that is good for the next minutes
  Told set;
  meanwhile = [&] { set = hold({{FieldId::RecordIds, ids[0]}}); };
  armed = true;
  service::BatchFailure failure;
  {
    std::unique_lock one_at_a_time(world.parts().erasures);
    power::set_plug([](std::string_view) noexcept {
      if (armed.exchange(false)) meanwhile();
      return power::Cut::None;
    });
    const auto done = service::run_approved(world.parts(), nullptr, failure);
    power::set_plug(nullptr);
    ASSERT_TRUE(done) << done.error().doing();
  }
  ASSERT_FALSE(set.refused) << set.text;
  EXPECT_FALSE(armed);
  EXPECT_FALSE(by_id(ids[0]).refused);
  EXPECT_EQ(by_id(ids[1]).refused, ErrorCode::Erased);
  EXPECT_EQ(execute(held).refused, ErrorCode::Locked);
  EXPECT_EQ(service::find_erasure(store(), RecordId::parse(goes).value()).value()->state, "executed");
}

TEST_F(RetentionHolds, OnASearchKeyCoverWhatItFindsAndAreToldWithoutIt) {
  const auto ids = import_people(1, 912);
  const auto record =
      generations::decode_record_entry(*store().get({generations::TableId::Records, copy_of(view_of(ids[0]))}).value());
  const auto addressee = record.value().integrated;
  const auto set = hold({{FieldId::SearchKind, "integratedAddresseeNumber"}, {FieldId::SearchValue, addressee}});
  ASSERT_FALSE(set.refused) << set.text;
  EXPECT_EQ(apply(ids[0]).refused, ErrorCode::Locked);
  const auto listed = world.ask(Kind::HoldList, base(oda, decides));
  EXPECT_EQ(listed.text.find(addressee), std::string::npos);
  EXPECT_EQ(world.log_of(tenant).back().find(addressee), std::string::npos);
  restart();
  EXPECT_EQ(apply(ids[0]).refused, ErrorCode::Locked);
  ASSERT_FALSE(release(set.member("holdId")).refused);
  ASSERT_FALSE(decide_release(set.member("holdId")).refused);
  EXPECT_FALSE(apply(ids[0]).refused);

  // Released, it keeps nothing of what it looked for (promise 5).
  const auto id = RecordId::parse(set.member("holdId")).value();
  const auto stored = store().get({generations::TableId::Holds, copy_of(id.view())}).value().value();
  EXPECT_EQ(text_of(stored).find(to_hex(service::addressee_bytes(addressee))), std::string::npos);
  EXPECT_EQ(text_of(stored).find("prefix"), std::string::npos);
  const auto after = service::find_hold(store(), id).value().value();
  EXPECT_FALSE(after.query);
  EXPECT_TRUE(service::shown(after).at("byQuery").as_bool());
  auto in_force = after;  // without its query only a released one is read
  in_force.state = "active";
  in_force.id = RecordId::random();
  ASSERT_TRUE(put({service::hold_entry(in_force)}));
  EXPECT_EQ(service::find_hold(store(), in_force.id).error().code(), ErrorCode::Integrity);
  ASSERT_TRUE(put({{service::hold_entry(in_force).key, std::nullopt}}));
}

// A later version with another name or number has no search entry of the old one.
TEST_F(RetentionHolds, OnASearchKeyCoverTheOtherVersionsOfWhatItFinds) {
  const auto ids = import_people(1, 917);
  auto record =
      generations::decode_record_entry(*store().get({generations::TableId::Records, copy_of(view_of(ids[0]))}).value())
          .value();
  ASSERT_FALSE(hold({{FieldId::SearchKind, "addresseeNumber"}, {FieldId::SearchValue, record.addressee}}).refused);
  const auto later = RecordId::random(), elsewhere = RecordId::random();
  const auto entry_of = [](const RecordId& id, const generations::RecordEntry& entry) {
    return generations::Entry{{generations::TableId::Records, copy_of(id.view())},
                              generations::encode_record_entry(entry)};
  };
  record.version = 2;
  const auto second = entry_of(later, record);
  record.group = 1;
  const auto other_table = entry_of(elsewhere, record);
  ASSERT_TRUE(put({second, other_table}));
  EXPECT_TRUE(service::hold_over(store(), kFile, {later}).value());
  EXPECT_FALSE(service::hold_over(store(), kFile, {elsewhere}).value());
  ASSERT_TRUE(put({{second.key, std::nullopt}, {other_table.key, std::nullopt}}));
}

TEST_F(RetentionHolds, WithAKeyThatCameBeforeAreAnsweredOnlyWhereTheySayTheSame) {
  const auto ids = import_people(2, 918);
  const auto with_key = [&](Fields more) {
    more[FieldId::IdempotencyKey] = "hold-918";
    return hold(std::move(more));
  };
  const auto first = with_key({{FieldId::RecordIds, ids[0]}});
  ASSERT_FALSE(first.refused) << first.text;
  EXPECT_EQ(with_key({{FieldId::RecordIds, ids[0]}}).member("holdId"), first.member("holdId"));
  for (const auto& other :
       {Fields{{FieldId::RecordIds, ids[1]}}, Fields{{FieldId::RecordIds, ids[0]}, {FieldId::ReasonCode, "audit"}},
        Fields{{FieldId::RecordIds, ids[0]}, {FieldId::HoldName, "架空訴訟第2号"}},
        Fields{{FieldId::RecordIds, ids[0]}, {FieldId::CaseReference, "架空-9"}},
        Fields{{FieldId::SearchKind, "addresseeNumber"}, {FieldId::SearchValue, "918"}}}) {
    const auto told = with_key(other);
    EXPECT_EQ(told.refused, ErrorCode::Conflict) << told.text;
    EXPECT_NE(told.text.find("Idempotency-Key"), std::string::npos);
  }
  ASSERT_FALSE(release(first.member("holdId")).refused);
  ASSERT_FALSE(decide_release(first.member("holdId")).refused);
  EXPECT_EQ(with_key({{FieldId::RecordIds, ids[0]}}).refused, ErrorCode::Conflict);  // it holds nothing any more
}

TEST_F(RetentionHolds, AreSeveralAndEachCountsAlone) {
  const auto ids = import_people(1, 913);
  const auto one = hold({{FieldId::RecordIds, ids[0]}}),
             other = hold({{FieldId::RecordIds, ids[0]}, {FieldId::ReasonCode, "audit"}});
  ASSERT_FALSE(release(one.member("holdId")).refused);
  ASSERT_FALSE(decide_release(one.member("holdId")).refused);
  EXPECT_EQ(apply(ids[0]).member("holdId"), other.member("holdId"));
}

TEST_F(RetentionHolds, AreNotReleasedByOnePersonAtTwoTerminals) {
  const auto ids = import_people(1, 914);
  const auto set = hold({{FieldId::RecordIds, ids[0]}});
  auto fields = base(oda, asks);
  fields[FieldId::HoldId] = raw(set.member("holdId"));
  ASSERT_FALSE(world.ask(Kind::HoldRelease, fields).refused);
  EXPECT_EQ(decide_release(set.member("holdId")).refused, ErrorCode::SamePerson);
  fields = base(plain, decides);
  fields[FieldId::HoldId] = raw(set.member("holdId"));
  fields[FieldId::Decision] = "approve";
  fields[FieldId::Code] = world.code(plain);
  EXPECT_EQ(world.ask(Kind::HoldDecide, fields).refused, ErrorCode::NotPermitted);
  EXPECT_EQ(apply(ids[0]).refused, ErrorCode::Locked);
}

TEST_F(RetentionHolds, AreRefusedWithThePlaceOfWhatIsWrong) {
  const auto ids = import_people(1, 915);
  EXPECT_EQ(hold({{FieldId::RecordIds, ids[0]}, {FieldId::ReasonCode, "because"}}).member("pointer"), "/reason");
  for (const auto* name : {" ", "\u3000", "第1号\x1B[2J", "\u202E第1号", "123456789018", "第１２３４-5678-9018号"}) {
    EXPECT_EQ(hold({{FieldId::RecordIds, ids[0]}, {FieldId::HoldName, name}}).member("pointer"), "/name") << name;
  }
  EXPECT_EQ(hold({}).member("pointer"), "/recordIds");
  EXPECT_EQ(hold({{FieldId::RecordIds, std::string(16, 'z')}}).refused, ErrorCode::NotFound);
}

}  // namespace
}  // namespace shosoin::test
