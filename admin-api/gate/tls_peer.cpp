#include "admin-api/gate/tls_peer.h"

#include "crypto/hash.h"
#include "firmware/base/limits_clients.h"
#include "firmware/base/log.h"

namespace shosoin::gate {
namespace {

bool fingerprint(X509* certificate, Fingerprint& out) {
  unsigned char* der = nullptr;
  const int size = certificate == nullptr ? 0 : i2d_X509(certificate, &der);
  if (size <= 0) return false;
  out = crypto::sha256(ByteView(der, static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return true;
}

}  // namespace

void TlsPeer::prepare(SSL* connection, const Trust& trust, std::function<void()> give_up) {
  connection_ = connection;
  trust_ = &trust;
  give_up_ = std::move(give_up);
  taken_under_ = trust.now();
  SSL_set1_verify_cert_store(connection, taken_under_->store());
  if (auto* names = taken_under_->names()) SSL_set_client_CA_list(connection, names);  // takes it over
  SSL_set_msg_callback(connection, on_message);
  SSL_set_msg_callback_arg(connection, this);
}

// OpenSSL answers key updates itself and without a bound (RFC 8446 section 4.6.3 sets none); each costs both ends a
// derivation and the reader gets no byte for it.
void TlsPeer::on_message(int sent, int, int type, const void* bytes, std::size_t size, SSL*, void* self) {
  if (sent != 0 || type != SSL3_RT_HANDSHAKE || size == 0) return;
  if (*static_cast<const unsigned char*>(bytes) != SSL3_MT_KEY_UPDATE) return;
  auto& peer = *static_cast<TlsPeer*>(self);
  if (++peer.key_updates_ != limits::kMaxKeyUpdates + 1) return;
  oplog::warning("a connection ended because of too many key updates");
  peer.give_up_();
}

bool TlsPeer::take() {
  X509* certificate = SSL_get0_peer_certificate(connection_);
  STACK_OF(X509)* chain = SSL_get0_verified_chain(connection_);
  X509* authority = chain != nullptr && sk_X509_num(chain) > 1 ? sk_X509_value(chain, 1) : certificate;
  if (!fingerprint(certificate, peer_.terminal) || !fingerprint(authority, peer_.authority)) return false;
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return false;
  ends_ = ::timegm(&end);
  trusted_ = true;
  return true;
}

bool TlsPeer::is_trusted() {
  auto now = trust_->now();
  if (trusted_ && now->generation() != taken_under_->generation()) {
    trusted_ = now->still_takes(SSL_get0_peer_certificate(connection_), SSL_get_peer_cert_chain(connection_));
    taken_under_ = std::move(now);
  }
  trusted_ = trusted_ && std::time(nullptr) <= ends_;
  return trusted_;
}

}  // namespace shosoin::gate
