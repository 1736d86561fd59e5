// TLS as the gate insists on it (RFC 8446): version, groups, suites, names, no resumption, key updates.
#include "firmware/base/limits_clients.h"
#include "tests/admin-api/gate/guest.h"

namespace shosoin::gate::testing {
namespace {

using protocol::FieldId;
using protocol::Reply;
using protocol::Request;

constexpr int kProtocolVersion = 70, kHandshakeFailure = 40, kUnrecognizedName = 112;  // RFC 8446 section 6.2

Reply ready(const Request&) { return {0, 0, R"({"ready":true})"}; }

class GateTls : public GateTest {
 protected:
  // The alert with which a client of that kind is refused; 0 when it is served.
  int alert_for(Wish wish) {
    wish.identity = &who().terminal;
    Guest guest(port_, wish);
    if (guest.connected() && guest.ask(request("GET /health")).status == 200) return 0;
    return guest.alert() != 0 ? guest.alert() : -1;
  }
};

TEST_F(GateTls, RefusesOlderVersions) {
  start_vault(ready);
  EXPECT_EQ(alert_for({.most_version = TLS1_3_VERSION}), 0);
  EXPECT_EQ(alert_for({.most_version = TLS1_2_VERSION}), kProtocolVersion);
  EXPECT_EQ(alert_for({.most_version = TLS1_1_VERSION}), kProtocolVersion);
}

TEST_F(GateTls, AgreesOnTheGroupsItNamesAndOnNoOther) {
  start_vault(ready);
  for (const char* named : {"X25519", "P-256"}) EXPECT_EQ(alert_for({.groups = named}), 0) << named;
  for (const char* foreign : {"P-384", "P-521", "X448", "ffdhe2048"}) {
    EXPECT_EQ(alert_for({.groups = foreign}), kHandshakeFailure) << foreign;
  }
  EXPECT_EQ(alert_for({.groups = "P-384:P-256"}), 0) << "asked to try again with a group that both know";
}

TEST_F(GateTls, AgreesOnTheSuitesItNamesAndOnNoOther) {
  start_vault(ready);
  for (const char* named : {"TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"}) {
    EXPECT_EQ(alert_for({.suites = named}), 0) << named;
  }
  for (const char* foreign : {"TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"}) {
    EXPECT_EQ(alert_for({.suites = foreign}), kHandshakeFailure) << foreign;
  }
}

TEST_F(GateTls, RefusesAServerNameThatIsNotItsOwn) {
  start_vault(ready);
  EXPECT_EQ(alert_for({.name = "localhost"}), 0);
  EXPECT_EQ(alert_for({.name = "LocalHost"}), 0);
  EXPECT_EQ(alert_for({.name = nullptr}), 0) << "who connects by address names nobody";
  EXPECT_EQ(alert_for({.name = "somewhere.example"}), kUnrecognizedName);
  EXPECT_EQ(alert_for({.name = "localhost.example"}), kUnrecognizedName);
}

TEST_F(GateTls, TellsTheVaultWhichAuthorityIssuedTheTerminalsCertificate) {
  start_vault(ready);
  Guest guest(port_, {.identity = &who().terminal});
  ASSERT_EQ(guest.ask(request("GET /health")).status, 200);
  EXPECT_TRUE(equal(vault_->heard().back().fields.at(FieldId::TerminalAuthority), who().ours.fingerprint()));
}

// Another server of ours, which gives tickets; both ends in memory.
class TicketGiver {
 public:
  explicit TicketGiver(const Identity& server) : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_, server.certificate.get());
    SSL_CTX_use_PrivateKey(context_, server.key.get());
    const unsigned char id[] = "x";
    SSL_CTX_set_session_id_context(context_, id, 1);
  }
  ~TicketGiver() { SSL_CTX_free(context_); }
  TicketGiver(const TicketGiver&) = delete;
  TicketGiver& operator=(const TicketGiver&) = delete;

  struct Outcome {
    bool resumed = false;
    SSL_SESSION* ticket = nullptr;  // the caller's
  };
  Outcome meet(SSL_SESSION* offered) {
    SSL_CTX* at_client = SSL_CTX_new(TLS_client_method());
    SSL* client = SSL_new(at_client);
    SSL* server = SSL_new(context_);
    BIO *one = nullptr, *other = nullptr;
    BIO_new_bio_pair(&one, 1u << 16, &other, 1u << 16);
    SSL_set_bio(client, one, one);
    SSL_set_bio(server, other, other);
    if (offered != nullptr) SSL_set_session(client, offered);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    char byte = 0;
    for (int turn = 0; turn < 10; ++turn) {
      SSL_do_handshake(client);
      SSL_do_handshake(server);
      SSL_read(client, &byte, 1);  // takes in the tickets
    }
    const Outcome outcome{SSL_session_reused(client) == 1, SSL_get1_session(client)};
    SSL_shutdown(client);  // an unclean end would make the ticket void
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(at_client);
    return outcome;
  }

 private:
  SSL_CTX* context_;
};

TEST_F(GateTls, GivesNoTicketSoThatEveryConnectionShowsItsCertificate) {
  start_vault(ready);
  Guest guest(port_, {.identity = &who().terminal});
  for (int i = 0; i < 3; ++i) ASSERT_EQ(guest.ask(request("GET /health")).status, 200);
  EXPECT_EQ(guest.tickets(), 0);
  SSL_SESSION* own = SSL_get1_session(guest.tls());
  EXPECT_EQ(SSL_SESSION_is_resumable(own), 0);
  SSL_SESSION_free(own);
}

TEST_F(GateTls, IgnoresATicketAndTakesTheTerminalFromTheCertificateThatIsShown) {
  start_vault(ready);
  TicketGiver giver(who().server);
  const auto first = giver.meet(nullptr);
  ASSERT_FALSE(first.resumed);
  ASSERT_EQ(SSL_SESSION_is_resumable(first.ticket), 1);
  const auto again = giver.meet(first.ticket);
  ASSERT_TRUE(again.resumed) << "the ticket is one that its giver takes";

  const Identity second = make_identity("terminal 2", Purpose::Terminal, &who().ours);
  for (const Identity* terminal : {&who().terminal, &second}) {
    Guest guest(port_, {.identity = terminal, .session = again.ticket});
    ASSERT_EQ(guest.ask(request("GET /health")).status, 200);
    EXPECT_EQ(SSL_session_reused(guest.tls()), 0);
    EXPECT_TRUE(equal(vault_->heard().back().fields.at(FieldId::Terminal), terminal->fingerprint()));
  }
  Guest nobody(port_, {.session = again.ticket});
  EXPECT_EQ(nobody.ask(request("GET /health")).status, 0) << "a ticket in place of a certificate";
  SSL_SESSION_free(first.ticket);
  SSL_SESSION_free(again.ticket);
}

bool update_key(const Guest& guest, int kind) {
  return SSL_key_update(guest.tls(), kind) == 1 && SSL_do_handshake(guest.tls()) == 1;
}

TEST_F(GateTls, SurvivesKeyUpdatesOfEitherKind) {
  start_vault(ready);
  Guest guest(port_, {.identity = &who().terminal});
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(update_key(guest, i % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED));
    ASSERT_EQ(guest.ask(request("GET /health")).status, 200) << i;
  }
}

TEST_F(GateTls, EndsAConnectionThatSendsNothingButKeyUpdates) {
  start_vault(ready);
  Guest within(port_, {.identity = &who().terminal});
  for (unsigned i = 0; i < limits::kMaxKeyUpdates; ++i) ASSERT_TRUE(update_key(within, SSL_KEY_UPDATE_NOT_REQUESTED));
  EXPECT_EQ(within.ask(request("GET /health")).status, 200);
  Guest over(port_, {.identity = &who().terminal});
  for (unsigned i = 0; i <= limits::kMaxKeyUpdates; ++i) update_key(over, SSL_KEY_UPDATE_NOT_REQUESTED);
  EXPECT_TRUE(over.ends_within(milliseconds(3000)));
}

TEST_F(GateTls, KnowsNoRenegotiation) {
  start_vault(ready);
  Guest guest(port_, {.identity = &who().terminal});
  ASSERT_TRUE(guest.connected());
  EXPECT_EQ(SSL_renegotiate(guest.tls()), 0) << "TLS 1.3 has none, and nothing older is spoken here";
  EXPECT_EQ(guest.ask(request("GET /health")).status, 200);
}

}  // namespace
}  // namespace shosoin::gate::testing
