// Login and sessions (DESIGN section 8; ).
#include <gtest/gtest.h>

#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

using protocol::Channel;

class Login : public ::testing::Test {
 protected:
  ServiceWorld& world = ServiceWorld::shared();
  Told attempt(const std::string& id, const std::string& password, const std::string& code,
               const std::string& terminal) {
    return world.ask(
        Kind::Login,
        {{FieldId::Terminal, terminal}, {FieldId::PersonId, id}, {FieldId::Password, password}, {FieldId::Code, code}});
  }
  Told show(const std::string& token, const std::string& terminal) {
    return world.ask(Kind::SessionShow, {{FieldId::Terminal, terminal}, {FieldId::Session, token}});
  }
  // A person of its own, so that locks and disabling stay here.
  std::string fresh_person() {
    static int number = 0;
    const auto id = "login-person-" + std::string(1, static_cast<char>('a' + number++));
    world.enrol(id, std::string(ServiceWorld::kKoganei), "operator", "");
    return id;
  }
  std::size_t count_in_log(std::string_view tenant, std::string_view part) {
    std::size_t count = 0;
    for (const auto& line : world.log_of(tenant)) count += line.find(part) != std::string::npos ? 1 : 0;
    return count;
  }
};

TEST_F(Login, OpensASessionWithTerminalPasswordAndCode) {
  const auto told = world.login("sato", world.t1);
  ASSERT_FALSE(told.refused);
  EXPECT_EQ(told.member("operatorId"), "sato");
  const auto token = std::string(text_of(from_base64url(told.member("session")).value()));
  EXPECT_EQ(token.size(), 32u);
  const auto shown = show(token, world.t1);
  ASSERT_FALSE(shown.refused);
  EXPECT_EQ(shown.member("permissions"), "retrieve,import,requestErasure,file:chihozei-shutaino,file:hoikushi-torokubo,file:honnin-kakunin-joho,"
            "file:jido-teate,file:jumin-kihon-daicho,file:kyufukin-shikyu-kanri-daicho,file:sofusaki-joho");
}

TEST_F(Login, AnswersEveryRefusalBeforeBothFactorsAlike) {
  const auto id = fresh_person();
  const auto& password = world.people.at(id).password;
  const auto locked = fresh_person(), disabled = fresh_person();
  for (int i = 0; i < limits::kFailuresToLock; ++i) attempt(locked, "wrong password 9", "000000", world.t1);
  ASSERT_FALSE(world.as_officers(Kind::PersonDisable, {{FieldId::PersonId, disabled}}).refused);
  const std::vector<Told> refusals{
      attempt(id, "Not-the-password-1", world.code(id), world.t1),
      attempt(id, password, "000000", world.t1),
      attempt("nobody-known", password, "123456", world.t1),
      attempt(id, password, world.code(id), world.t3),                 // another tenant's terminal
      attempt(id, password, world.code(id), std::string(32, '\x77')),  // a terminal that is not on the list
      attempt(locked, world.people.at(locked).password, world.code(locked), world.t1),
      attempt(disabled, world.people.at(disabled).password, world.code(disabled), world.t1),
  };
  for (const auto& told : refusals) {
    EXPECT_EQ(told.refused, ErrorCode::NotAuthenticated);
    EXPECT_EQ(told.body.at("detail"), refusals.front().body.at("detail"));
    EXPECT_EQ(told.body.size(), refusals.front().body.size());
  }
}

TEST_F(Login, TakesACodeOnce) {
  const auto id = fresh_person();
  const auto code = world.code(id);
  EXPECT_FALSE(attempt(id, world.people.at(id).password, code, world.t1).refused);
  EXPECT_EQ(attempt(id, world.people.at(id).password, code, world.t1).refused, ErrorCode::NotAuthenticated);
  world.restart();
  EXPECT_EQ(attempt(id, world.people.at(id).password, code, world.t1).refused, ErrorCode::NotAuthenticated);
}

TEST_F(Login, LocksAfterTenFailuresAlsoAcrossARestart) {
  const auto id = fresh_person();
  for (int i = 0; i < limits::kFailuresToLock - 1; ++i) {
    if (i == 4) world.restart();
    EXPECT_TRUE(attempt(id, "wrong password 9", "000000", world.t1).refused);
  }
  attempt(id, "wrong password 9", "000000", world.t1);
  world.restart();
  EXPECT_EQ(world.login(id, world.t1).refused, ErrorCode::NotAuthenticated);
  ASSERT_FALSE(world.as_officers(Kind::PersonUnlock, {{FieldId::PersonId, id}}).refused);
  EXPECT_FALSE(world.login(id, world.t1).refused);
}

TEST_F(Login, IsNotLockedFromATerminalWhereThePersonMayNotSit) {
  const auto id = fresh_person();
  for (int i = 0; i < limits::kFailuresToLock; ++i) {
    EXPECT_TRUE(attempt(id, "wrong password 9", "000000", world.t3).refused);
    EXPECT_TRUE(attempt(id, "wrong password 9", "000000", std::string(32, '\x77')).refused);
  }
  EXPECT_FALSE(world.login(id, world.t1).refused);
}

TEST_F(Login, AtTheGateDoesNotLockAnOfficerOutOfTheLocalSocket) {
  for (int i = 0; i < limits::kFailuresToLock; ++i) attempt("officer-1a", "wrong password 9", "000000", world.t1);
  EXPECT_EQ(world.login("officer-1a", world.t1).refused, ErrorCode::NotAuthenticated);
  EXPECT_FALSE(world.officer(1).empty());
  world.clock.move(limits::kOfficerLock);
  const auto told = world.login("officer-1a", world.t1);
  EXPECT_FALSE(told.refused) << told.text;
  world.clock.move(limits::kSessionAbsolute);
}

TEST_F(Login, ForgetsFailuresAfterASuccess) {
  const auto id = fresh_person();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < limits::kFailuresToLock - 1; ++i) attempt(id, "wrong password 9", "000000", world.t1);
    EXPECT_FALSE(world.login(id, world.t1).refused);
  }
}

TEST_F(Login, RefusesASecondTerminalWhileLoggedInAndLogsBoth) {
  const auto id = fresh_person();
  const auto token = world.session(id, world.t1);
  EXPECT_EQ(world.login(id, world.t2).refused, ErrorCode::AlreadyLoggedIn);
  EXPECT_FALSE(show(token, world.t1).refused);
  const auto line = world.log_of(ServiceWorld::kKoganei);
  const auto refused =
      std::ranges::find_if(line, [](const auto& text) { return text.find("already-logged-in") != std::string::npos; });
  ASSERT_NE(refused, line.end());
  EXPECT_NE(refused->find(to_hex(view_of(world.t1))), std::string::npos);
  EXPECT_NE(refused->find(to_hex(view_of(world.t2))), std::string::npos);
}

TEST_F(Login, ReplacesTheSessionOnTheSameTerminal) {
  const auto id = fresh_person();
  const auto old = world.session(id, world.t1);
  const auto token = world.session(id, world.t1);
  EXPECT_EQ(show(old, world.t1).refused, ErrorCode::NotAuthenticated);
  EXPECT_FALSE(show(token, world.t1).refused);
}

TEST_F(Login, BindsASessionToItsTerminal) {
  const auto token = world.session(fresh_person(), world.t1);
  EXPECT_EQ(show(token, world.t2).refused, ErrorCode::NotAuthenticated);
}

TEST_F(Login, EndsASessionAtLogout) {
  const auto token = world.session(fresh_person(), world.t1);
  EXPECT_FALSE(world.ask(Kind::Logout, {{FieldId::Terminal, world.t1}, {FieldId::Session, token}}).refused);
  EXPECT_EQ(show(token, world.t1).refused, ErrorCode::NotAuthenticated);
}

TEST_F(Login, ForcesALogoutAtExactlyFiveIdleMinutes) {
  const auto token = world.session(fresh_person(), world.t1);
  const auto forced = count_in_log(ServiceWorld::kKoganei, "\"強制ログアウト\"");
  world.clock.move(std::chrono::milliseconds{299'999});
  EXPECT_FALSE(show(token, world.t1).refused);
  world.clock.move(std::chrono::seconds{300});
  EXPECT_EQ(show(token, world.t1).refused, ErrorCode::SessionExpired);
  EXPECT_EQ(show(token, world.t1).refused, ErrorCode::SessionExpired);
  EXPECT_EQ(count_in_log(ServiceWorld::kKoganei, "\"強制ログアウト\""), forced + 1);
}

TEST_F(Login, ExpiresSessionsInMaintenanceAndStillSaysExpired) {
  const auto token = world.session(fresh_person(), world.t1);
  world.clock.move(std::chrono::seconds{300});
  EXPECT_FALSE(world.service().maintain());
  EXPECT_TRUE(world.parts().sessions.all().value().empty());
  EXPECT_EQ(show(token, world.t1).refused, ErrorCode::SessionExpired);
}

TEST_F(Login, EndsASessionAtItsAbsoluteLimitHoweverBusy) {
  const auto token = world.session(fresh_person(), world.t1);
  for (auto at = std::chrono::seconds{0}; at < limits::kSessionAbsolute - std::chrono::seconds{240};
       at += std::chrono::seconds{240}) {
    world.clock.move(std::chrono::seconds{240});
    ASSERT_FALSE(show(token, world.t1).refused);
  }
  world.clock.move(std::chrono::seconds{240});
  EXPECT_EQ(show(token, world.t1).refused, ErrorCode::SessionExpired);
}

TEST_F(Login, KeepsSessionsAcrossARestartAndNeverCountsIdleTimeTooShort) {
  const auto token = world.session(fresh_person(), world.t1);
  world.clock.move(std::chrono::seconds{100});
  ASSERT_FALSE(show(token, world.t1).refused);
  ASSERT_FALSE(world.service().maintain());  // writes the activity
  world.clock.move(std::chrono::seconds{20});
  ASSERT_FALSE(show(token, world.t1).refused);  // not written: less than the granularity
  world.restart();
  world.clock.move(std::chrono::seconds{279});  // 299 since the written activity
  EXPECT_FALSE(show(token, world.t1).refused);
  world.restart();
  world.clock.move(std::chrono::seconds{1});  // 300 since the written activity, 1 since the last
  EXPECT_EQ(show(token, world.t1).refused, ErrorCode::SessionExpired);
}

TEST_F(Login, EndsSessionsInTheActThatDisablesAPersonOrRevokesATerminal) {
  const auto id = fresh_person();
  const auto token = world.session(id, world.t1);
  ASSERT_FALSE(world.as_officers(Kind::PersonDisable, {{FieldId::PersonId, id}}).refused);
  EXPECT_EQ(show(token, world.t1).refused, ErrorCode::NotAuthenticated);
  const std::string t9(32, '\x09');
  ASSERT_FALSE(world
                   .as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                                                    {FieldId::Fingerprint, t9},
                                                    {FieldId::TerminalName, "窓口9"}})
                   .refused);
  const auto other = fresh_person();
  const auto there = world.session(other, t9);
  ASSERT_FALSE(world.as_officers(Kind::TerminalRevoke, {{FieldId::Fingerprint, t9}}).refused);
  EXPECT_EQ(show(there, t9).refused, ErrorCode::NotAuthenticated);
  EXPECT_EQ(world.login(other, t9).refused, ErrorCode::NotAuthenticated);
}

TEST_F(Login, RefusesEverythingButTheOpenKindsWithoutASession) {
  std::size_t visited = 0;
  for (const auto& rule : protocol::permit_table()) {
    if (!rule.on_gate || rule.gate_need == protocol::Need::Nobody) continue;
    Fields fields{{FieldId::Terminal, world.t1}, {FieldId::Session, std::string(32, 'x')}};
    for (const auto& field : rule.fields) {
      if (!field.required) continue;
      const auto width = protocol::width_of(field.id);
      fields[field.id] = width == protocol::Width::Sixteen || width == protocol::Width::Sixteens ? std::string(16, 'a')
                         : width == protocol::Width::Eight                                       ? std::string(8, '\0')
                                                                                                 : "123456";
    }
    EXPECT_EQ(world.ask(rule.kind, fields).refused, ErrorCode::NotAuthenticated) << rule.name;
    ++visited;
  }
  EXPECT_GT(visited, 12u);
}

TEST_F(Login, LogsRefusalsAndLockOutsWithoutPasswordCodeOrToken) {
  const auto id = fresh_person();
  const auto code = world.code(id);
  attempt(id, "Kotae-no-Nai-Toi-55", code, world.t1);
  const auto token = world.session(id, world.t1);
  const auto lines = world.log_of(ServiceWorld::kKoganei);
  std::size_t refused = 0;
  for (const auto& line : lines) {
    EXPECT_EQ(line.find("Kotae-no-Nai-Toi-55"), std::string::npos);
    EXPECT_EQ(line.find(world.people.at(id).password), std::string::npos);
    EXPECT_EQ(line.find(to_hex(view_of(token))), std::string::npos);
    EXPECT_EQ(line.find(to_base64url(view_of(token))), std::string::npos);
    EXPECT_EQ(line.find("\"" + code + "\""), std::string::npos);
    refused += line.find("not-authenticated") != std::string::npos && line.find(id) != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(refused, 1u);  // L-10
}

TEST_F(Login, DoesNotTellATenantWhoAnotherTenantsPersonIs) {
  const auto id = fresh_person();
  ASSERT_FALSE(show(world.session("ito", world.t3), world.t3).refused);  // opens Ishinomaki
  attempt(id, "wrong password 9", "000000", world.t3);
  EXPECT_EQ(count_in_log(ServiceWorld::kIshinomaki, "\"attemptedId\":\"" + id + "\""), 1u);
  EXPECT_EQ(count_in_log(ServiceWorld::kIshinomaki, "架空 " + id), 0u);
  EXPECT_EQ(count_in_log("", "\"attemptedId\":\"" + id + "\""), 1u);
  EXPECT_GE(count_in_log("", "架空 " + id), 1u);
}

TEST_F(Login, PutsTheLinesOfAClosedTenantIntoTenantZero) {
  const auto id = fresh_person();
  world.restart();  // every tenant is closed
  const auto told = world.login(id, world.t1);
  ASSERT_FALSE(told.refused);
  EXPECT_EQ(count_in_log("", "\"attemptedId\":\"" + id + "\""), 1u);
  EXPECT_EQ(count_in_log(ServiceWorld::kKoganei, "\"attemptedId\":\"" + id + "\""), 0u);
}

TEST_F(Login, KeepsTenantsPeopleOffTheAdministrationSocket) {
  const auto told = world.ask(Kind::Login,
                              {{FieldId::PersonId, "sato"},
                               {FieldId::Password, world.people.at("sato").password},
                               {FieldId::Code, world.code("sato")}},
                              Channel::Local);
  EXPECT_EQ(told.refused, ErrorCode::NotAuthenticated);
}

}  // namespace
}  // namespace shosoin::test
