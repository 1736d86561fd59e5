// A tenant of its own in a world, without any rule at first: one person asks, another decides at another terminal.
// Records are made up. One thread.
#pragma once

#include <gtest/gtest.h>

#include "admin-api/service/retention/retention_terms.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {

class RetentionWorld {
 public:
  static constexpr std::string_view kFile = ServiceWorld::kFile;
  ServiceWorld& world;
  const std::string tenant;
  const std::string nakai, oda, plain;  // operator, manager, a manager without manageRetention
  const std::string asks, decides;      // terminals

  // Names of people and terminals follow from the code: two suites of one world with their own codes never meet.
  explicit RetentionWorld(const std::string& code, ServiceWorld& in = ServiceWorld::shared())
      : world(in),
        tenant(code),
        nakai("nakai-" + code),
        oda("oda-" + code),
        plain("plain-" + code),
        asks(code + std::string(26, 'a')),
        decides(code + std::string(26, 'd')) {}
  void prepare();  // tenant, terminals, people; once
  generations::TenantStore& store() { return *world.parts().tenants.open(world.tenant(tenant)).value(); }
  Fields base(const std::string& id, const std::string& terminal);
  // Imports with the present rule and confirms; the record ids (16 bytes each).
  std::vector<std::string> import_people(std::uint64_t count, std::uint64_t seed);
  Told propose(const std::string& rule, const std::string& period, const std::string& events = "birthDate");
  Told decide_rule(std::uint64_t version, const std::string& decision = "approve");
  void adopt(const std::string& period);  // EXCL from 生年月日; must succeed
  Told apply(const std::string& records);
  Told decide_erasure(const std::string& erasure);
  Told execute(const std::string& erasure);
  Told by_id(const std::string& record);
  Told hold(Fields more);
  Told release(const std::string& hold);
  Told decide_release(const std::string& hold, const std::string& decision = "approve");
  Told run_batch(bool even_empty = true);
  // Activity is stored by the maintenance, which no test waits for: after a restart everybody logs in again.
  void restart() {
    world.restart();
    sitting_.clear();
  }
  void forget(const std::string& id) { sitting_.erase(id); }  // who has logged out
  Fields session_of(const std::string& id) {                  // without a new one where it has ended
    return {{FieldId::Terminal, sitting_[id].terminal}, {FieldId::Session, sitting_[id].token}};
  }
  static std::string raw(const std::string& hex) { return std::string(text_of(from_hex(hex).value())); }

 private:
  struct Sitting {
    std::string token, terminal;
    Instant opened, used;
  };
  std::map<std::string, Sitting> sitting_;
};

// For tests: prepared before each.
class RetentionTest : public ::testing::Test, protected RetentionWorld {
 protected:
  using RetentionWorld::RetentionWorld;
  void SetUp() override { prepare(); }
};

}  // namespace shosoin::test
