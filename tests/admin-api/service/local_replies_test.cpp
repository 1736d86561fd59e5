// What the local channel tells is in its format page (admin-api/protocol/protocol.md), member by member: the page and
// the replies are held against each other.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

// The members a row of the page names: words before a bracket, a comma or a question mark.
std::set<std::string> members_on_the_page(const std::string& kind) {
  std::ifstream in(SHOSOIN_SOURCE_DIR "/admin-api/protocol/protocol.md");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto section = text.find("## Replies of the local channel");
  ENSURE(section != std::string::npos);
  std::istringstream lines(text.substr(section));
  for (std::string line; std::getline(lines, line);) {
    const auto bar = line.find(" | ");
    if (!line.starts_with("| ") || bar == std::string::npos || line.substr(0, bar).find(kind) == std::string::npos)
      continue;
    std::set<std::string> found;
    std::string word;
    int depth = 0;
    for (const char c : line.substr(bar + 3)) {
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth == 0 && std::isalpha(static_cast<unsigned char>(c)) != 0) {
        word += c;
      } else if (!word.empty()) {
        found.insert(word);
        word.clear();
      }
    }
    return found;
  }
  return {};
}

void expect_named(const std::string& kind, const boost::json::object& told) {
  const auto named = members_on_the_page(kind);
  EXPECT_FALSE(named.empty()) << kind;
  for (const auto& member : told) {
    if (member.key() == "requestId") continue;
    EXPECT_TRUE(named.contains(std::string(member.key()))) << kind << " tells " << member.key();
  }
}

TEST(LocalReplies, HoldOnlyMembersThatTheFormatPageNames) {
  auto& world = ServiceWorld::shared();
  const auto ask = [&](Kind kind) {
    Fields fields;
    if (kind != Kind::Health) fields[FieldId::Session] = world.officer(1);
    const auto told = world.ask(kind, fields, protocol::Channel::Local);
    EXPECT_FALSE(told.refused) << told.text;
    return told.body;
  };
  const auto people = ask(Kind::PersonList).at("people").as_array();
  ASSERT_GE(people.size(), 7u);
  for (const auto& person : people) expect_named("PersonList", person.as_object());
  const auto terminals = ask(Kind::TerminalList).at("terminals").as_array();
  ASSERT_GE(terminals.size(), 3u);
  for (const auto& terminal : terminals) expect_named("TerminalList", terminal.as_object());
  const auto tenants = ask(Kind::TenantList).at("tenants").as_array();
  ASSERT_GE(tenants.size(), 2u);
  for (const auto& tenant : tenants) expect_named("TenantList", tenant.as_object());
  expect_named("| Status", ask(Kind::Status));
  expect_named("Health", ask(Kind::Health));
  expect_named("StorageCheck", ask(Kind::StorageCheck));
  const auto walked = ask(Kind::JournalWalk);
  expect_named("JournalWalk", walked);
  for (const auto& tenant : walked.at("tenants").as_array()) EXPECT_EQ(tenant.as_object().size(), 2u);
}

TEST(LocalReplies, ALockedPersonIsShownAsLockedAtTheGate) {
  auto& world = ServiceWorld::shared();
  const std::string id = "locked-one";
  world.enrol(id, std::string(ServiceWorld::kKoganei), "operator", "");
  for (int i = 0; i < limits::kFailuresToLock; ++i) {
    EXPECT_TRUE(world
                    .ask(Kind::Login, {{FieldId::Terminal, world.t1},
                                       {FieldId::PersonId, id},
                                       {FieldId::Password, "wrong-Password-00"},
                                       {FieldId::Code, "000000"}})
                    .refused);
  }
  const auto told = world.ask(Kind::PersonList, {{FieldId::Session, world.officer(1)}}, protocol::Channel::Local);
  bool seen = false;
  for (const auto& person : told.body.at("people").as_array()) {
    if (person.at("operatorId").as_string() != id) {
      continue;
    }
    seen = true;
    EXPECT_TRUE(person.at("locked").as_bool());
    EXPECT_TRUE(person.at("lockedAtGate").as_bool());
    expect_named("PersonList", person.as_object());
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace shosoin::test
