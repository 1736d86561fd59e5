#include "admin-api/service/repair.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cerrno>

#include "storage/engine/engine.h"
#include "storage/journal/journal.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::service {
namespace {

using protocol::Channel;
using Kind = protocol::RequestKind;
const Error kNoRoom{ErrorCode::StorageFull, "write a file", ENOSPC};

class RepairMode : public testing::Test {
 protected:
  void SetUp() override {
    settings_.data_directory = directory_.path();
    ASSERT_TRUE(engine::Environment::open(directory_.path() / "appliance", {{"one"}, 1u << 20}, true));
    auto journal = journal::Journal::open(directory_.path() / "journal", true);
    ASSERT_TRUE(journal);
    ASSERT_TRUE(journal.value()->append({TenantId::random(), 1, 0, MonthKeyId::random(), Bytes(100, 7)}));
  }
  void enter() {
    auto entered = Repair::enter(settings_, kNoRoom);
    ASSERT_TRUE(entered);
    repair_ = std::move(entered.value());
  }
  protocol::Reply ask(Kind kind, Channel channel) { return repair_->handle({kind, 5, {}}, channel).reply; }
  boost::json::object told(Kind kind) {
    const auto reply = ask(kind, Channel::Local);
    EXPECT_EQ(reply.status, 0);
    return boost::json::parse(reply.body).as_object();
  }

  support::TemporaryDirectory directory_;
  Settings settings_;
  std::unique_ptr<Repair> repair_;
};

TEST_F(RepairMode, SaysThatItIsNotReadyAndWhy) {
  enter();
  for (const auto channel : {Channel::Gate, Channel::Local}) {
    const auto health = boost::json::parse(ask(Kind::Health, channel).body).as_object();
    EXPECT_FALSE(health.at("ready").as_bool());
    EXPECT_EQ(health.at("mode"), "repair");
    EXPECT_EQ(health.at("cause"), "storage-full");
  }
  const auto status = told(Kind::Status);
  EXPECT_EQ(status.at("cause"), "storage-full");
  EXPECT_EQ(status.at("outside"), ENOSPC);
  EXPECT_GT(status.at("freeBytes").to_number<std::uint64_t>(), 0u);
}
TEST_F(RepairMode, WalksJournalAndEnvironmentsWithoutKeys) {
  enter();
  EXPECT_EQ(told(Kind::JournalWalk).at("frames"), 1);
  const auto report = told(Kind::StorageCheck).at("report").as_object();
  EXPECT_TRUE(report.at("sound").as_bool());
  EXPECT_FALSE(report.at("keys").as_bool());
  EXPECT_EQ(report.at("environments"), 1);
  EXPECT_EQ(report.at("journalFrames"), 1);
}
TEST_F(RepairMode, NamesWhatIsMissing) {
  std::filesystem::remove(directory_.path() / "appliance" / "data.mdb");
  enter();
  const auto report = told(Kind::StorageCheck).at("report").as_object();
  EXPECT_FALSE(report.at("sound").as_bool());
  EXPECT_EQ(report.at("faults").as_array().at(0).as_object().at("where"), "appliance");
}
TEST_F(RepairMode, RefusesEverythingElseOnBothSockets) {
  enter();
  int refused = 0;
  for (const auto& rule : protocol::permit_table()) {
    for (const auto channel : {Channel::Gate, Channel::Local}) {
      const bool served = rule.kind == Kind::Health ||
                          (channel == Channel::Local && (rule.kind == Kind::Status || rule.kind == Kind::StorageCheck ||
                                                         rule.kind == Kind::JournalWalk));
      if (served) continue;
      EXPECT_EQ(ask(rule.kind, channel).status, protocol::status_of(ErrorCode::RepairMode)) << rule.name;
      ++refused;
    }
  }
  EXPECT_GT(refused, 50);
}
TEST_F(RepairMode, IsNotEnteredBesideAVaultThatRuns) {
  auto journal = journal::Journal::open(directory_.path() / "journal", false);
  ASSERT_TRUE(journal);
  EXPECT_EQ(Repair::enter(settings_, kNoRoom).error().code(), ErrorCode::Conflict);
}
TEST(WriteProbe, WritesAndLeavesNothingBehind) {
  const support::TemporaryDirectory directory;
  EXPECT_TRUE(probe_writing(directory.path()));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  EXPECT_EQ(probe_writing(directory.path() / "missing").error().code(), ErrorCode::NotFound);
}
TEST(WriteProbe, OnlyWhatKeepsFromWritingCallsForRepair) {
  EXPECT_TRUE(calls_for_repair(kNoRoom));
  EXPECT_TRUE(calls_for_repair({ErrorCode::StorageFailed, "sync a file", EIO}));
  EXPECT_TRUE(calls_for_repair({ErrorCode::Settings, "open a file", EROFS}));
  EXPECT_FALSE(calls_for_repair({ErrorCode::Settings, "find the provisioning record"}));
  EXPECT_FALSE(calls_for_repair({ErrorCode::RolledBack, "start"}));
  EXPECT_FALSE(calls_for_repair({ErrorCode::Integrity, "start"}));
}

}  // namespace
}  // namespace shosoin::service
