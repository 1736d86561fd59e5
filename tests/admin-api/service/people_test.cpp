#include "admin-api/service/people/people.h"

#include <gtest/gtest.h>

#include "firmware/base/limits.h"

namespace shosoin::service {
namespace {

TEST(GenericNames, SharedAccountsAreRefusedAlsoWithNumbersBehindThem) {
  for (const auto* name :
       {"admin", "Admin", "root", "shared", "test", "test-02", "user_1", "共用", "窓口共有", "管理者", "係共通1"}) {
    EXPECT_TRUE(is_generic_name(name)) << name;
  }
  for (const auto* name : {"sato", "testa", "k.administer", "佐藤 花子", "rooter"})
    EXPECT_FALSE(is_generic_name(name)) << name;
}

TEST(PersonIds, HoldLettersDigitsAndThreeSigns) {
  EXPECT_TRUE(is_person_id("sato.h-2_x"));
  for (const auto* id : {"", "ab", "佐藤", "a b c", "sato/h", "sato\n"}) EXPECT_FALSE(is_person_id(id)) << id;
  EXPECT_FALSE(is_person_id(std::string(65, 'a')));
}

TEST(PersonIds, TwoSpellingsOfOneIdAreOneKey) { EXPECT_EQ(person_key("Sato"), person_key("sATO")); }

Person somebody() {
  Person person;
  person.id = "sato";
  person.name = "佐藤 花子";
  person.section = "市民課";
  person.staff_number = "123";
  person.role = Role::DataProtectionManager;
  person.tenant = TenantId::random();
  person.password_hash = "$argon2id$x";
  person.totp = TotpBytes(Bytes(20, 7));
  person.last_step = 99;
  person.failures = {3, true, Instant{std::chrono::seconds{5}}};
  return person;
}

TEST(PersonEntries, ComeBackAsTheyWereWritten) {
  const auto person = somebody();
  const auto back = decode_person(encode_person(person));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_person(back.value()), encode_person(person));
  EXPECT_EQ(back.value().last_step, 99u);
  EXPECT_TRUE(back.value().failures.locked);
  EXPECT_FALSE(back.value().gate_failures.locked);
  EXPECT_FALSE(back.value().disabled);
}

TEST(PersonEntries, RefuseEveryTruncationAndAnotherFormat) {
  const auto bytes = encode_person(somebody());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_person(ByteView(bytes).first(size))) << size;
  auto other = bytes;
  other[1] = 1;
  EXPECT_FALSE(decode_person(other));
}

TEST(Locks, OfOperatorsStandAndOfOfficersLapseAfterADayAndTheGateCountsApart) {
  auto person = somebody();
  const auto at = person.failures.locked_at;
  EXPECT_TRUE(person.is_locked(true, at + std::chrono::hours{1000}));
  person.role = Role::SecurityOfficer;
  EXPECT_FALSE(person.is_locked(true, at));
  EXPECT_TRUE(person.is_locked(false, at + limits::kOfficerLock - std::chrono::milliseconds{1}));
  EXPECT_FALSE(person.is_locked(false, at + limits::kOfficerLock));
}

TEST(SameHuman, IsToldByTheStaffNumberWithinATenant) {
  const auto one = somebody();
  auto other = one;
  other.id = "sato-2";
  EXPECT_TRUE(same_human(one, other));
  for (const auto* typed : {"１２３", " 123", "12-3", "123\u3000", "1\u22122３", "12\u200B3", "0123"}) {
    other.staff_number = typed;
    EXPECT_TRUE(same_human(one, other)) << typed;
  }
  other.staff_number = "124";
  EXPECT_FALSE(same_human(one, other));
  other.staff_number = one.staff_number;
  other.tenant = TenantId::random();
  EXPECT_FALSE(same_human(one, other));
  other.id = "SATO";
  EXPECT_TRUE(same_human(one, other));
}

TEST(TerminalEntries, ComeBackAsTheyWereWritten) {
  const Terminal terminal{Digest{1, 2}, "窓口1", TenantId::random(), true, Instant{std::chrono::milliseconds{5}}};
  const auto back = decode_terminal(terminal.fingerprint, encode_terminal(terminal));
  ASSERT_TRUE(back);
  EXPECT_EQ(back.value().name, terminal.name);
  EXPECT_EQ(back.value().tenant, terminal.tenant);
  EXPECT_TRUE(back.value().revoked);
}

TEST(Terminals, SeatATenantsPeopleOnlyAtTheTenantsTerminals) {
  auto person = somebody();
  Terminal terminal{Digest{1}, "窓口1", person.tenant, false, {}};
  EXPECT_TRUE(may_use(person, terminal));
  EXPECT_FALSE(may_use(person, std::nullopt));
  terminal.revoked = true;
  EXPECT_FALSE(may_use(person, terminal));
  terminal.revoked = false;
  terminal.tenant = TenantId::random();
  EXPECT_FALSE(may_use(person, terminal));
  terminal.tenant = kAppliance;
  EXPECT_FALSE(may_use(person, terminal));
}

TEST(Grants, ReadNamesAndRefuseAllOfEverything) {
  const auto grant = parse_grant(Role::Operator, "retrieve, import,file:honnin-kakunin-joho");
  ASSERT_TRUE(grant);
  EXPECT_TRUE(grant.value().has(Permission::Retrieve));
  EXPECT_FALSE(grant.value().has(Permission::RequestErasure));
  EXPECT_TRUE(grant.value().has_file("honnin-kakunin-joho"));
  for (const auto* text : {"all", "*", "retrieve,*", "file:all", "file:*", "Retrieve", "retrieve,,import"}) {
    EXPECT_FALSE(parse_grant(Role::Operator, text)) << text;
  }
}

TEST(Grants, RefuseWhatARoleCanNeverHave) {
  EXPECT_FALSE(parse_grant(Role::Operator, "approveErasure"));
  EXPECT_FALSE(parse_grant(Role::AuditOfficer, "retrieve"));
  EXPECT_FALSE(parse_grant(Role::SystemAdministrator, "retrieve"));
  EXPECT_FALSE(parse_grant(Role::SecurityOfficer, "viewIndividualNumber"));
}

TEST(Grants, ComeBackAsTheyWereWritten) {
  const auto grant = parse_grant(Role::DataProtectionManager, "confirmImport,approveErasure,file:a-b").value();
  EXPECT_EQ(grant_text(decode_grant(encode_grant(grant)).value()), "confirmImport,approveErasure,file:a-b");
}

TEST(Roles, HaveNamesBothWays) {
  for (const auto role : {Role::Operator, Role::DataProtectionManager, Role::AuditOfficer, Role::SystemAdministrator,
                          Role::SecurityOfficer}) {
    EXPECT_EQ(role_named(role_name(role)), role);
  }
  EXPECT_FALSE(role_named("superuser"));
}

}  // namespace
}  // namespace shosoin::service
