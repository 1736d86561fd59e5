#include "admin-api/gate/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <string_view>

namespace shosoin::gate {
namespace {

constexpr const char* kGroups = "X25519:P-256";
constexpr const char* kSuites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256";
constexpr int kChainDepth = 4;

Error wrong(Literal doing) { return Error{ErrorCode::Settings, doing, static_cast<std::int64_t>(ERR_get_error())}; }

// RFC 7301: we speak http/1.1 and nothing else; a client that offers only others is refused in the handshake.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  constexpr std::string_view http = "http/1.1";
  const std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t length = static_cast<unsigned char>(list[at]);
    if (list.substr(at + 1, length) == http) {
      *out = offered + at + 1;
      *size = static_cast<unsigned char>(length);
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1 + length;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<void> check_key_file(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return Error{ErrorCode::Settings, "find the server's private key", errno};
  if ((about.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0) {
    return Error{ErrorCode::Settings, "keep the server's private key from other users", about.st_mode & 0777};
  }
  return success();
}

}  // namespace

Result<void> prepare_tls(boost::asio::ssl::context& context, const Settings& settings) {
  SSL_CTX* tls = context.native_handle();
  ERR_clear_error();
  if (SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(tls, TLS1_3_VERSION) != 1 || SSL_CTX_set_ciphersuites(tls, kSuites) != 1 ||
      SSL_CTX_set1_groups_list(tls, kGroups) != 1) {
    return wrong("choose TLS 1.3, its suites and groups");
  }
  // No resumption: a session would outlive a change of the authority, and saves a third of a handshake only.
  SSL_CTX_set_options(
      tls, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_num_tickets(tls, 0) != 1) return wrong("turn session tickets off");
  TRY(check_key_file(settings.private_key));
  if (SSL_CTX_use_certificate_chain_file(tls, settings.certificate.c_str()) != 1)
    return wrong("load the server certificate");
  if (SSL_CTX_use_PrivateKey_file(tls, settings.private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return wrong("load the server's private key");
  }
  if (SSL_CTX_check_private_key(tls) != 1) return wrong("match the server certificate with its key");
  if (SSL_CTX_load_verify_file(tls, settings.client_ca.c_str()) != 1) return wrong("load the terminals' authority");
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(settings.client_ca.c_str());
  if (names == nullptr) return wrong("load the terminals' authority");
  SSL_CTX_set_client_CA_list(tls, names);
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_verify_depth(tls, kChainDepth);
  SSL_CTX_set_alpn_select_cb(tls, choose_protocol, nullptr);
  return success();
}

}  // namespace shosoin::gate
