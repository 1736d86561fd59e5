// What is taken away acts at the next request, also for somebody whose last request was a moment ago and is remembered
// (A-13, A-19, P-01). Each is asked twice before: the second time from memory.
#include <gtest/gtest.h>

#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

using generations::Change;
using generations::TableId;

class AtOnce : public ::testing::Test {
 protected:
  ServiceWorld& world = ServiceWorld::shared();

  // A person of his own for each test, at a terminal of his own, with a session that has just been used twice.
  void prepare(const std::string& id) {
    person_ = id;
    terminal_ = std::string(32, '\0');
    fill_random(std::span(reinterpret_cast<std::uint8_t*>(terminal_.data()), terminal_.size()));
    ASSERT_FALSE(world
                     .as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                                                      {FieldId::Fingerprint, terminal_},
                                                      {FieldId::TerminalName, "窓口 " + id}})
                     .refused);
    world.enrol(id, std::string(ServiceWorld::kKoganei), "operator", "");
    token_ = world.session(id, terminal_);
    for (int i = 0; i < 2; ++i) ASSERT_EQ(retrieve().refused, ErrorCode::NotFound) << "nobody has this number";
  }
  Told retrieve() {
    return world.ask(Kind::Retrieve, {{FieldId::Terminal, terminal_},
                                      {FieldId::Session, token_},
                                      {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                                      {FieldId::File, std::string(ServiceWorld::kFile)},
                                      {FieldId::SearchKind, "addresseeNumber"},
                                      {FieldId::SearchValue, "999999999999999"},
                                      {FieldId::ReasonCode, "R03"},
                                      {FieldId::CaseReference, "架空-2026-0007"}});
  }
  void grant(const std::string& text) {
    auto* store = world.parts().tenants.open(world.tenant(ServiceWorld::kKoganei)).value();
    const auto made = service::parse_grant(service::Role::Operator, text).value();
    ASSERT_TRUE(store->change([&](std::uint64_t) -> Result<Change> {
      return Change{{{service::grant_key(person_), service::encode_grant(made)}}, {}, {}, {false, "{}"}};
    }));
  }
  std::string person_, terminal_, token_;
};

TEST_F(AtOnce, ADisabledPersonIsRefused) {
  prepare("taken-a");
  ASSERT_FALSE(world.as_officers(Kind::PersonDisable, {{FieldId::PersonId, person_}}).refused);
  EXPECT_EQ(retrieve().refused, ErrorCode::NotAuthenticated);
}

TEST_F(AtOnce, ARevokedTerminalIsRefused) {
  prepare("taken-b");
  ASSERT_FALSE(world.as_officers(Kind::TerminalRevoke, {{FieldId::Fingerprint, terminal_}}).refused);
  EXPECT_EQ(retrieve().refused, ErrorCode::NotAuthenticated);
}

TEST_F(AtOnce, AClosedSessionIsRefused) {
  prepare("taken-c");
  ASSERT_FALSE(world.ask(Kind::Logout, {{FieldId::Terminal, terminal_}, {FieldId::Session, token_}}).refused);
  EXPECT_EQ(retrieve().refused, ErrorCode::NotAuthenticated);
}

TEST_F(AtOnce, AnIdleSessionExpires) {
  prepare("taken-d");
  world.clock.move(std::chrono::seconds{299});
  EXPECT_EQ(retrieve().refused, ErrorCode::NotFound);
  world.clock.move(std::chrono::seconds{300});
  EXPECT_EQ(retrieve().refused, ErrorCode::SessionExpired);
}

TEST_F(AtOnce, AFileTakenAwayAndGivenBackCounts) {
  prepare("taken-e");
  grant("retrieve");
  EXPECT_EQ(retrieve().refused, ErrorCode::NotPermitted);
  grant("retrieve,file:" + std::string(ServiceWorld::kFile));
  EXPECT_EQ(retrieve().refused, ErrorCode::NotFound);
  grant("import,file:" + std::string(ServiceWorld::kFile));
  EXPECT_EQ(retrieve().refused, ErrorCode::NotPermitted);
}

TEST_F(AtOnce, AWrongTerminalIsRefusedThoughTheSessionIsRemembered) {
  prepare("taken-f");
  terminal_ = world.t1;
  EXPECT_EQ(retrieve().refused, ErrorCode::NotAuthenticated);
}

TEST_F(AtOnce, AMergeForgetsNothingAndRevivesNobody) {
  prepare("taken-g");
  ASSERT_FALSE(world.as_officers(Kind::PersonDisable, {{FieldId::PersonId, person_}}).refused);
  ASSERT_TRUE(world.appliance().merge(world.appliance().zero(), {}));
  EXPECT_EQ(retrieve().refused, ErrorCode::NotAuthenticated);
}

TEST_F(AtOnce, WhatIsRememberedOfAPersonHoldsNoCredentials) {
  prepare("taken-h");
  auto& parts = world.parts();
  const auto known = parts.recall.people
                         .get(parts.zero(), person_,
                              [&]() -> Result<std::optional<service::Person>> {
                                ADD_FAILURE() << "not remembered";
                                return std::optional<service::Person>{};
                              })
                         .value();
  ASSERT_TRUE(known->has_value());
  EXPECT_EQ((*known)->id, person_);
  EXPECT_TRUE((*known)->password_hash.empty());
  EXPECT_EQ(copy_of((*known)->totp.reveal()), Bytes(20));
}

}  // namespace
}  // namespace shosoin::test
