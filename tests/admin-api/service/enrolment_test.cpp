// Enrolment on the local socket: two persons, one account for a person, strong passwords (A-04, A-05, A-10, A-11;
// P-12), terminals and their certificates.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "admin-api/service/terminal_authority.h"
#include "crypto/hash.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

using protocol::Channel;

Fields person_fields(const std::string& id) {
  Bytes totp(20);
  fill_random(totp);
  return {{FieldId::PersonId, id},
          {FieldId::Password, "Mizu-to-Kusa-no-Michi-7"},
          {FieldId::PersonName, "架空 太郎"},
          {FieldId::Section, "市民課"},
          {FieldId::StaffNumber, "E-" + id},
          {FieldId::Role, "operator"},
          {FieldId::TotpSecret, std::string(text_of(totp))},
          {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)}};
}

class Enrolment : public ::testing::Test {
 protected:
  ServiceWorld& world = ServiceWorld::shared();
  Told add(Fields fields) { return world.as_officers(Kind::PersonAdd, std::move(fields)); }
  void refuses(const std::string& id, FieldId field, const std::string& value, ErrorCode code,
               const std::string& pointer) {
    auto fields = person_fields(id);
    fields[field] = value;
    const auto told = add(fields);
    EXPECT_EQ(told.refused, code) << value;
    EXPECT_EQ(told.member("pointer"), pointer) << value;
  }
};

TEST_F(Enrolment, TakesTwoDifferentOfficers) {
  auto fields = person_fields("enrol-one");
  fields[FieldId::Session] = fields[FieldId::SecondSession] = world.officer(1);
  EXPECT_EQ(world.ask(Kind::PersonAdd, fields, Channel::Local).refused, ErrorCode::SamePerson);
}

TEST_F(Enrolment, RefusesSharedNamesAndFormsThatAreNone) {
  refuses("admin", FieldId::Section, "市民課", ErrorCode::InvalidContent, "/operatorId");
  refuses("no", FieldId::Section, "市民課", ErrorCode::InvalidContent, "/operatorId");
  refuses("enrol-a", FieldId::PersonName, "窓口共用", ErrorCode::InvalidContent, "/name");
  refuses("enrol-a", FieldId::StaffNumber, "", ErrorCode::InvalidContent, "/staffNumber");
  refuses("enrol-a", FieldId::Section, "", ErrorCode::InvalidContent, "/section");
  refuses("enrol-a", FieldId::Role, "superuser", ErrorCode::InvalidContent, "/role");
  refuses("enrol-a", FieldId::TenantCode, "", ErrorCode::InvalidContent, "/localGovernmentCode");
  refuses("enrol-a", FieldId::TenantCode, "999999", ErrorCode::NotFound, "/localGovernmentCode");
  refuses("enrol-a", FieldId::Permissions, "all", ErrorCode::InvalidContent, "/permissions");
}

TEST_F(Enrolment, RefusesWeakPasswords) {
  for (const auto* password : {"Kort-1-pass", "aaaaaaaaaaaaaaaa", "enrol-b-enrol-b-1"}) {
    refuses("enrol-b", FieldId::Password, password, ErrorCode::InvalidContent, "/password");
  }
}

TEST_F(Enrolment, RefusesASecondAccountASecondIdAndASharedFactor) {
  auto fields = person_fields("enrol-c");
  ASSERT_FALSE(add(fields).refused);
  auto again = person_fields("Enrol-C");
  EXPECT_EQ(add(again).member("pointer"), "/operatorId");
  auto same_factor = person_fields("enrol-d");
  same_factor[FieldId::TotpSecret] = fields[FieldId::TotpSecret];
  const auto told = add(same_factor);
  EXPECT_EQ(told.refused, ErrorCode::Conflict);
  EXPECT_EQ(told.member("pointer"), "/totpSecret");
  auto same_person = person_fields("enrol-e");
  same_person[FieldId::StaffNumber] = fields[FieldId::StaffNumber];
  EXPECT_EQ(add(same_person).member("pointer"), "/staffNumber");
  ASSERT_FALSE(world.as_officers(Kind::PersonDisable, {{FieldId::PersonId, "enrol-c"}}).refused);
  EXPECT_EQ(add(person_fields("enrol-c")).refused, ErrorCode::Conflict);  // never given to another
}

TEST_F(Enrolment, TakesTwoSecurityOfficersForAManager) {
  auto fields = person_fields("sysadm-1x");
  fields[FieldId::Role] = "systemAdministrator";
  fields.erase(FieldId::TenantCode);
  Bytes totp(20);
  fill_random(totp);
  fields[FieldId::TotpSecret] = std::string(text_of(totp));
  ASSERT_FALSE(add(fields).refused);
  world.people["sysadm-1x"] = {"sysadm-1x", fields[FieldId::Password], totp, 0, {}, {}};
  const auto login = world.ask(Kind::Login,
                               {{FieldId::PersonId, "sysadm-1x"},
                                {FieldId::Password, fields[FieldId::Password]},
                                {FieldId::Code, world.code("sysadm-1x")}},
                               Channel::Local);
  ASSERT_FALSE(login.refused);
  const auto token = std::string(text_of(from_base64url(login.member("session")).value()));
  auto manager = person_fields("enrol-f");
  manager[FieldId::Role] = "dataProtectionManager";
  manager[FieldId::Session] = world.officer(1);
  manager[FieldId::SecondSession] = token;
  EXPECT_EQ(world.ask(Kind::PersonAdd, manager, Channel::Local).refused, ErrorCode::NotPermitted);
  auto clerk = person_fields("enrol-g");
  clerk[FieldId::Session] = world.officer(1);
  clerk[FieldId::SecondSession] = token;
  EXPECT_FALSE(world.ask(Kind::PersonAdd, clerk, Channel::Local).refused);
}

TEST_F(Enrolment, RefusesATenantWithAWrongCheckDigitOrTwice) {
  EXPECT_EQ(
      world.as_officers(Kind::TenantCreate, {{FieldId::TenantCode, "132102"}, {FieldId::TenantName, "架空市"}}).refused,
      ErrorCode::InvalidContent);
  EXPECT_EQ(
      world.as_officers(Kind::TenantCreate, {{FieldId::TenantCode, "132101"}, {FieldId::TenantName, "架空市"}}).refused,
      ErrorCode::Conflict);
}

struct Csr {
  Bytes der;
  explicit Csr(const char* group) {
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group);
    X509_REQ* request = X509_REQ_new();
    X509_REQ_set_pubkey(request, key);
    X509_REQ_sign(request, key, EVP_sha256());
    unsigned char* out = nullptr;
    const int size = i2d_X509_REQ(request, &out);
    der.assign(out, out + size);
    OPENSSL_free(out);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
  }
};

TEST_F(Enrolment, IssuesATerminalCertificateForARequestAndListsItsFingerprint) {
  const Csr csr("P-256");
  const auto told = world.as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                                                          {FieldId::TerminalName, "窓口C"},
                                                          {FieldId::Csr, std::string(text_of(csr.der))}});
  ASSERT_FALSE(told.refused);
  EXPECT_TRUE(told.member("certificate").starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_EQ(told.member("fingerprint").size(), 64u);
  const auto fingerprint = from_hex(told.member("fingerprint")).value();
  service::Fingerprint key{};
  std::copy(fingerprint.begin(), fingerprint.end(), key.begin());
  EXPECT_TRUE(service::find_terminal(world.parts().zero(), key).value().has_value());
}

TEST_F(Enrolment, RefusesRequestsThatAreBrokenForgedOrOfAnotherCurve) {
  const auto ask = [&](Bytes der) {
    return world
        .as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                                         {FieldId::TerminalName, "窓口D"},
                                         {FieldId::Csr, std::string(text_of(der))}})
        .refused;
  };
  auto forged = Csr("P-256").der;
  forged[forged.size() - 1] ^= 1;
  EXPECT_EQ(ask(forged), ErrorCode::InvalidContent);
  auto longer = Csr("P-256").der;
  longer.push_back(0);
  EXPECT_EQ(ask(longer), ErrorCode::InvalidContent);
  EXPECT_EQ(ask(Csr("P-384").der), ErrorCode::InvalidContent);
  EXPECT_EQ(ask(Bytes{1, 2, 3}), ErrorCode::InvalidContent);
}

TEST_F(Enrolment, RefusesATerminalTwiceOrWithoutOneOfCertificateAndRequest) {
  const Fields known{{FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                     {FieldId::TerminalName, "窓口1"},
                     {FieldId::Fingerprint, world.t1}};
  EXPECT_EQ(world.as_officers(Kind::TerminalAdd, known).refused, ErrorCode::Conflict);
  auto neither = known;
  neither.erase(FieldId::Fingerprint);
  EXPECT_EQ(world.as_officers(Kind::TerminalAdd, neither).refused, ErrorCode::BadRequest);
}

}  // namespace
}  // namespace shosoin::test
