// Which certificates the gate takes, and that it learns of revocations while it runs (RFC 5280 section 5).
#include "admin-api/gate/trust.h"

#include <csignal>
#include <fstream>

#include "tests/admin-api/gate/guest.h"

namespace shosoin::gate::testing {
namespace {

using protocol::Reply;
using protocol::Request;

Reply ready(const Request&) { return {0, 0, R"({"ready":true})"}; }

// A list of what `authority` has revoked, valid from an hour ago for `hours`.
std::string revocation_list(const Identity& authority, const std::vector<const Identity*>& revoked, int hours = 2) {
  X509_CRL* list = X509_CRL_new();
  X509_CRL_set_version(list, 1);
  X509_CRL_set_issuer_name(list, X509_get_subject_name(authority.certificate.get()));
  ASN1_TIME* time = ASN1_TIME_new();
  X509_gmtime_adj(time, -7200);
  X509_CRL_set1_lastUpdate(list, time);
  X509_gmtime_adj(time, -3600 + hours * 3600L);
  X509_CRL_set1_nextUpdate(list, time);
  for (const Identity* one : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one->certificate.get()));
    X509_REVOKED_set_revocationDate(entry, time);
    X509_CRL_add0_revoked(list, entry);
  }
  ASN1_TIME_free(time);
  X509_CRL_sort(list);
  X509_CRL_sign(list, authority.key.get(), EVP_sha256());
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509_CRL(out, list);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  X509_CRL_free(list);
  return pem;
}

void put(const fs::path& path, std::string_view text) {
  std::ofstream(path.string() + ".new", std::ios::binary) << text;
  fs::rename(path.string() + ".new", path);
}

class GateTrust : public GateTest {
 protected:
  void adjust(Settings& settings) override {
    fs::create_directory(folder_ / "authorities");
    who().ours.write(folder_ / "authorities" / "ours.pem", folder_ / "unused.key");
    settings.client_ca = folder_ / "authorities";
    settings.client_crl = folder_ / "crl.pem";
    put(folder_ / "crl.pem", revocation_list(who().ours, {}));
  }
  void SetUp() override {
    GateTest::SetUp();
    start_vault(ready);
    server_->follow_signals();
    std::this_thread::sleep_for(milliseconds(50));  // until the signal has its handler
  }
  static void hang_up() {
    ::raise(SIGHUP);
    std::this_thread::sleep_for(milliseconds(200));
  }
  int served(const Identity& terminal) {
    return Guest(port_, {.identity = &terminal}).ask(request("GET /health")).status;
  }
  // Whether a new connection of that terminal comes to be answered so within the time.
  bool becomes(int status, const Identity& terminal, milliseconds patience = milliseconds(4000)) {
    const auto deadline = steady_clock::now() + patience;
    while (steady_clock::now() < deadline) {
      if (served(terminal) == status) return true;
      std::this_thread::sleep_for(milliseconds(50));
    }
    return false;
  }
  const Identity second = make_identity("terminal 2", Purpose::Terminal, &who().ours);
};

TEST_F(GateTrust, RefusesARevokedTerminalWithinSecondsAndClosesTheConnectionsItHas) {
  Guest idle(port_, {.identity = &second}), half(port_, {.identity = &second}),
      other(port_, {.identity = &who().terminal});
  for (Guest* guest : {&idle, &half, &other}) ASSERT_EQ(guest->ask(request("GET /health")).status, 200);
  const std::string asked = request("GET /health");
  ASSERT_TRUE(half.send(asked.substr(0, 20)));
  put(folder_ / "crl.pem", revocation_list(who().ours, {&second}));
  ASSERT_TRUE(becomes(0, second)) << "noticed by looking, without a signal";
  EXPECT_TRUE(idle.ends_within(milliseconds(1000)));
  half.send(asked.substr(20));
  EXPECT_EQ(half.receive().status, 0) << "in the middle of a request: refused when it is complete";
  EXPECT_EQ(other.ask(request("GET /health")).status, 200);
  EXPECT_EQ(served(who().terminal), 200);
}

TEST_F(GateTrust, ReadsAgainOnHangup) {
  put(folder_ / "crl.pem", revocation_list(who().ours, {&second}));
  hang_up();
  EXPECT_TRUE(becomes(0, second, milliseconds(1000)));
}

TEST_F(GateTrust, KeepsTheOldListWhenTheNewOneIsBroken) {
  put(folder_ / "crl.pem", revocation_list(who().ours, {&second}));
  hang_up();
  ASSERT_TRUE(becomes(0, second));
  const auto still_in_force = [&] {
    hang_up();
    EXPECT_EQ(served(second), 0);
    EXPECT_EQ(served(who().terminal), 200);
  };
  for (const std::string& broken : {std::string("not a list"), std::string(), revocation_list(who().foreign, {}),
                                    revocation_list(who().ours, {}).substr(0, 200)}) {
    put(folder_ / "crl.pem", broken);
    still_in_force();
  }
  fs::remove(folder_ / "crl.pem");
  still_in_force();
  put(folder_ / "crl.pem", revocation_list(who().ours, {}));
  EXPECT_TRUE(becomes(200, second)) << "and takes the next good one";
}

TEST_F(GateTrust, TakesAnAuthorityThatIsPutIntoItsDirectoryAndDropsOneThatIsTakenAway) {
  EXPECT_EQ(served(who().stranger), 0);
  who().foreign.write(folder_ / "authorities" / "foreign.pem", folder_ / "foreign.key");
  EXPECT_TRUE(becomes(200, who().stranger)) << "with a list of one authority only: the other is not held up for it";
  fs::remove(folder_ / "authorities" / "foreign.pem");
  EXPECT_TRUE(becomes(0, who().stranger));
  EXPECT_EQ(served(who().terminal), 200);
}

class TrustFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/shosoin-trust-test-" + std::string(6, 'X');  // mkdtemp(3) fills these in
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    ours.write(folder_ / "ca.pem", folder_ / "ca.key");
  }
  void TearDown() override { fs::remove_all(folder_); }
  Result<std::unique_ptr<Trust>> open() const { return Trust::open({folder_ / "ca.pem", folder_ / "crl.pem"}); }
  fs::path folder_;
  const Identity ours = make_identity("authority", Purpose::Authority, nullptr);
  const Identity terminal = make_identity("terminal", Purpose::Terminal, &ours);
};

TEST_F(TrustFilesTest, RefusesToStartWithoutEveryFileBeingGood) {
  EXPECT_FALSE(open()) << "no list";
  put(folder_ / "crl.pem", revocation_list(ours, {}));
  EXPECT_TRUE(open());
  put(folder_ / "crl.pem", "-----BEGIN X509 CRL-----\nMIIB\n");
  EXPECT_FALSE(open());
  put(folder_ / "crl.pem", revocation_list(terminal, {}));
  EXPECT_FALSE(open()) << "signed by somebody who is no authority here";
  const Identity mute = make_identity("mute", Purpose::AuthorityWithoutLists, nullptr);
  mute.write(folder_ / "ca.pem", folder_ / "mute.key");
  put(folder_ / "crl.pem", revocation_list(mute, {}));
  EXPECT_FALSE(open()) << "of an authority that may not sign lists: no handshake would get past it";
  ours.write(folder_ / "ca.pem", folder_ / "ours.key");
  put(folder_ / "crl.pem", revocation_list(ours, {}));
  terminal.write(folder_ / "ca.pem", folder_ / "terminal.key");
  EXPECT_FALSE(open()) << "a terminal's certificate in place of an authority";
  put(folder_ / "ca.pem", "");
  EXPECT_FALSE(open());
  fs::remove(folder_ / "ca.pem");
  EXPECT_FALSE(open());
}

TEST_F(TrustFilesTest, HoldsToAListThatIsPastItsTimeAndSaysSo) {
  put(folder_ / "crl.pem", revocation_list(ours, {&terminal}, 0));
  const auto trust = open();
  ASSERT_TRUE(trust);
  EXPECT_TRUE(trust.value()->now()->has_stale_list(std::time(nullptr)));
  EXPECT_FALSE(trust.value()->now()->still_takes(terminal.certificate.get(), nullptr));
  const Identity other = make_identity("other", Purpose::Terminal, &ours);
  EXPECT_TRUE(trust.value()->now()->still_takes(other.certificate.get(), nullptr));
}

TEST_F(TrustFilesTest, SeesOnlyWhatHasChanged) {
  put(folder_ / "crl.pem", revocation_list(ours, {}));
  auto trust = open();
  ASSERT_TRUE(trust);
  EXPECT_EQ(trust.value()->refresh(false), Trust::Seen::Unchanged);
  EXPECT_EQ(trust.value()->refresh(true), Trust::Seen::Replaced);
  put(folder_ / "crl.pem", revocation_list(ours, {&terminal}));
  EXPECT_EQ(trust.value()->refresh(false), Trust::Seen::Replaced);
  EXPECT_FALSE(trust.value()->now()->still_takes(terminal.certificate.get(), nullptr));
  put(folder_ / "crl.pem", "?");
  EXPECT_EQ(trust.value()->refresh(false), Trust::Seen::Broken);
  EXPECT_EQ(trust.value()->refresh(false), Trust::Seen::Unchanged);
  EXPECT_FALSE(trust.value()->now()->still_takes(terminal.certificate.get(), nullptr));
}

}  // namespace
}  // namespace shosoin::gate::testing
