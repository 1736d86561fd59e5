// Enrolment on the local socket: two persons, one account for a person, strong passwords (A-04, A-05, A-10, A-11;
// P-12), terminals and their certificates.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <fstream>

#include "admin-api/service/people/terminal_authority.h"
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
          {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
          {FieldId::Permissions, "file:" + std::string(ServiceWorld::kFile)}};
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
  refuses("enrol-a", FieldId::StaffNumber, "\u3000-", ErrorCode::InvalidContent, "/staffNumber");
  refuses("enrol-a", FieldId::StaffNumber, "1\u202E2", ErrorCode::InvalidContent, "/staffNumber");
  refuses("enrol-a", FieldId::PersonName, "架空\x1B[2J", ErrorCode::InvalidContent, "/name");
  refuses("enrol-a", FieldId::Section, "市民課\n", ErrorCode::InvalidContent, "/section");
  refuses("enrol-a", FieldId::Section, "", ErrorCode::InvalidContent, "/section");
  refuses("enrol-a", FieldId::Role, "superuser", ErrorCode::InvalidContent, "/role");
  refuses("enrol-a", FieldId::TenantCode, "", ErrorCode::InvalidContent, "/localGovernmentCode");
  refuses("enrol-a", FieldId::TenantCode, "999999", ErrorCode::NotFound, "/localGovernmentCode");
  refuses("enrol-a", FieldId::Permissions, "all", ErrorCode::InvalidContent, "/permissions");
}

TEST_F(Enrolment, GrantsNoRecordFileThatIsNotNamed) {
  for (const auto* permissions : {"", "retrieve", "retrieve,file:no-such-file"}) {
    refuses("enrol-files", FieldId::Permissions, permissions, ErrorCode::InvalidContent, "/permissions");
  }
  auto fields = person_fields("enrol-files");
  EXPECT_FALSE(add(fields).refused);
  auto* store = world.parts().tenants.open(world.tenant(ServiceWorld::kKoganei)).value();
  const auto stored = store->get({generations::TableId::Facts, copy_of(view_of("grant/enrol-files"))}).value().value();
  EXPECT_EQ(service::decode_grant(stored).value().files, std::set<std::string>{std::string(ServiceWorld::kFile)});
}

TEST_F(Enrolment, SaysWhatIsWrongWithAGrantAndWithAStaffNumber) {
  const auto words = [&](const Fields& fields) {
    const auto told = add(fields);
    EXPECT_TRUE(told.refused) << told.text;
    return told.text;
  };
  auto fields = person_fields("enrol-words");
  fields[FieldId::Permissions] = "foo,file:" + std::string(ServiceWorld::kFile);
  const auto unknown = words(fields);
  for (const auto* name : {"retrieve", "viewIndividualNumber", "import", "confirmImport", "requestErasure",
                           "approveErasure", "audit", "manageRetention"}) {
    EXPECT_NE(unknown.find(name), std::string::npos) << name;
  }
  fields[FieldId::Role] = "auditOfficer";
  fields[FieldId::Permissions] = "import,file:" + std::string(ServiceWorld::kFile);
  EXPECT_NE(words(fields).find("It can have: audit\""), std::string::npos);
  fields[FieldId::Permissions] = "";
  EXPECT_NE(words(fields).find("--file"), std::string::npos);
  fields[FieldId::Permissions] = "file:no-such-file";
  EXPECT_NE(words(fields).find("shosoin file list"), std::string::npos);
  const auto first = person_fields("enrol-staff");
  ASSERT_FALSE(add(first).refused);
  auto second = person_fields("enrol-staff-2");
  second[FieldId::StaffNumber] = first.at(FieldId::StaffNumber);
  EXPECT_NE(words(second).find("shosoin operator disable"), std::string::npos);
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
  same_person[FieldId::StaffNumber] = " " + fields[FieldId::StaffNumber];
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

// It stands in the log and in the terminal's certificate.
TEST_F(Enrolment, RefusesANameOfATerminalThatIsBlankOrNoSingleLine) {
  const Csr csr("P-256");
  for (const auto* name : {"", " \t", "　", "窓口\n1", "\x1B[2J窓口", "窓口\xE2\x80\xAE" "1"}) {
    const Fields fields{{FieldId::TenantCode, std::string(ServiceWorld::kKoganei)},
                        {FieldId::TerminalName, name},
                        {FieldId::Csr, std::string(text_of(csr.der))}};
    const auto told = world.as_officers(Kind::TerminalAdd, fields);
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << name;
    EXPECT_EQ(told.member("pointer"), "/name") << name;
  }
}

using Certificates = std::vector<std::unique_ptr<X509, decltype(&X509_free)>>;
Certificates read_chain(const std::string& pem) {
  Certificates out;
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  while (X509* one = PEM_read_bio_X509(in, nullptr, nullptr, nullptr)) out.emplace_back(one, &X509_free);
  BIO_free(in);
  return out;
}
std::string digest_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const auto digest = crypto::sha256(ByteView(der, static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return std::string(text_of(digest));
}
// As the gate does it: the root is known, what stands between comes with the terminal. X509_V_OK or what is wrong.
int judge(X509* terminal, X509* between, X509* root) {
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, root);
  STACK_OF(X509)* sent = sk_X509_new_null();
  sk_X509_push(sent, between);
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, terminal, sent);
  X509_STORE_CTX_set_default(context, "ssl_client");
  X509_STORE_CTX_set_time(context, 0, std::chrono::system_clock::to_time_t(ServiceWorld::shared().clock.now()));
  X509_verify_cert(context);
  const int verdict = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  sk_X509_free(sent);
  X509_STORE_free(store);
  return verdict;
}

class TenantAuthorities : public Enrolment {
 protected:
  struct Added {
    Certificates chain;  // terminal, authority
    std::string fingerprint;
  };
  Added add_terminal(std::string_view tenant) {
    const auto told = world.as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, std::string(tenant)},
                                                            {FieldId::TerminalName, "窓口"},
                                                            {FieldId::Csr, std::string(text_of(Csr("P-256").der))}});
    EXPECT_FALSE(told.refused);
    return {read_chain(told.member("certificate")), std::string(text_of(from_hex(told.member("fingerprint")).value()))};
  }
  X509* root() {
    if (root_.empty()) {
      std::ifstream in(world.settings().data_directory / "terminal-ca.pem");
      root_ = read_chain(std::string(std::istreambuf_iterator<char>(in), {}));
    }
    return root_.front().get();
  }
  Told log_in(const std::string& id, const Added& at, const std::string& authority) {
    return world.ask(Kind::Login, {{FieldId::Terminal, at.fingerprint},
                                   {FieldId::TerminalAuthority, authority},
                                   {FieldId::PersonId, id},
                                   {FieldId::Password, world.people.at(id).password},
                                   {FieldId::Code, world.code(id)}});
  }
  Certificates root_;
};

TEST_F(TenantAuthorities, CertifyTheTerminalsOfTheirOwnTenantUnderOneRoot) {
  const auto first = add_terminal(ServiceWorld::kKoganei), second = add_terminal(ServiceWorld::kKoganei);
  const auto foreign = add_terminal(ServiceWorld::kIshinomaki);
  for (const auto* added : {&first, &second, &foreign}) {
    ASSERT_EQ(added->chain.size(), 2u);
    EXPECT_EQ(judge(added->chain[0].get(), added->chain[1].get(), root()), X509_V_OK);
    EXPECT_EQ(digest_of(added->chain[0].get()), added->fingerprint);
  }
  EXPECT_EQ(digest_of(first.chain[1].get()), digest_of(second.chain[1].get())) << "made once";
  EXPECT_NE(digest_of(first.chain[1].get()), digest_of(foreign.chain[1].get()));
  EXPECT_NE(judge(first.chain[0].get(), foreign.chain[1].get(), root()), X509_V_OK);
}

TEST_F(TenantAuthorities, AreTheSameAfterARestart) {
  const auto before = add_terminal(ServiceWorld::kKoganei);
  world.restart();
  EXPECT_EQ(digest_of(add_terminal(ServiceWorld::kKoganei).chain[1].get()), digest_of(before.chain[1].get()));
}

TEST_F(TenantAuthorities, CannotCertifyForAnotherOrganisationNorMakeAuthorities) {
  const auto now = world.clock.now();
  auto root = service::make_terminal_authority(now).value();
  const auto mine = service::make_tenant_authority(root, "132101", now).value();
  const auto issue = [&](const std::string& organisation) {
    const auto issued = service::issue_terminal(mine, Csr("P-256").der, {"窓口", organisation}, now);
    const auto terminal = read_chain(issued.value().certificate_pem);
    return judge(terminal.front().get(), read_chain(mine.certificate_pem).front().get(),
                 read_chain(root.certificate_pem).front().get());
  };
  EXPECT_EQ(issue("132101"), X509_V_OK);
  EXPECT_EQ(issue("042021"), X509_V_ERR_PERMITTED_VIOLATION);
  EXPECT_EQ(issue("1321010"), X509_V_ERR_PERMITTED_VIOLATION);
  const auto below = service::make_tenant_authority(mine, "132101", now).value();
  const auto deep = service::issue_terminal(below, Csr("P-256").der, {"窓口", "132101"}, now);
  EXPECT_NE(judge(read_chain(deep.value().certificate_pem).front().get(),
                  read_chain(below.certificate_pem).front().get(), read_chain(root.certificate_pem).front().get()),
            X509_V_OK);
}

TEST_F(TenantAuthorities, AreHeldAgainstTheTerminalsTenantWithEveryRequest) {
  const auto terminal = add_terminal(ServiceWorld::kKoganei), foreign = add_terminal(ServiceWorld::kIshinomaki);
  world.enrol("authority-1", std::string(ServiceWorld::kKoganei), "operator", "retrieve");
  const auto own = digest_of(terminal.chain[1].get()), others = digest_of(foreign.chain[1].get());
  EXPECT_EQ(log_in("authority-1", terminal, others).refused, ErrorCode::NotAuthenticated);
  const auto in = log_in("authority-1", terminal, own);
  ASSERT_FALSE(in.refused);
  Fields show{{FieldId::Terminal, terminal.fingerprint},
              {FieldId::TerminalAuthority, own},
              {FieldId::Session, std::string(text_of(from_base64url(in.member("session")).value()))}};
  EXPECT_FALSE(world.ask(Kind::SessionShow, show).refused);
  show[FieldId::TerminalAuthority] = others;
  EXPECT_EQ(world.ask(Kind::SessionShow, show).refused, ErrorCode::NotAuthenticated);
  show[FieldId::TerminalAuthority] = digest_of(root());
  EXPECT_FALSE(world.ask(Kind::SessionShow, show).refused) << "the root is no tenant's: the list alone decides";
}

}  // namespace
}  // namespace shosoin::test
