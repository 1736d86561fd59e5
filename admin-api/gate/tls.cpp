#include "admin-api/gate/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <string_view>

#include "admin-api/gate/http_values.h"

namespace shosoin::gate {
namespace {

constexpr const char* kGroups = "X25519:P-256";
constexpr const char* kSuites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256";
constexpr int kChainDepth = 4;  // a tenant's authority under its root, and two more of an authority of one's own

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

// RFC 6066 section 3: a client that asks for another server is told so and goes no further. One that names none (it
// connects by address) is let on; its Host header is judged later.
int choose_name(SSL* connection, int* alert, void* ours) {
  const char* asked = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  const auto& names = *static_cast<const std::vector<std::string>*>(ours);
  if (asked == nullptr || names.empty()) return SSL_TLSEXT_ERR_NOACK;
  const bool known = std::ranges::any_of(names, [&](const auto& name) { return equal_ignoring_case(name, asked); });
  if (known) return SSL_TLSEXT_ERR_OK;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// "host", "host:port", "[address]:port": the host, when it is a name.
std::string name_in(std::string_view authority) {
  if (authority.starts_with('[')) return {};
  const std::string host(authority.substr(0, authority.find(':')));
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  return not_an_address ? host : std::string();
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

Result<void> prepare_tls(boost::asio::ssl::context& context, const Settings& settings,
                         std::vector<std::string>& names) {
  SSL_CTX* tls = context.native_handle();
  ERR_clear_error();
  if (SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(tls, TLS1_3_VERSION) != 1 || SSL_CTX_set_ciphersuites(tls, kSuites) != 1 ||
      SSL_CTX_set1_groups_list(tls, kGroups) != 1) {
    return wrong("choose TLS 1.3, its suites and groups");
  }
  // No resumption (decision 0016): each connection shows its certificate and is judged by the lists of the day.
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
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_verify_depth(tls, kChainDepth);
  SSL_CTX_set_alpn_select_cb(tls, choose_protocol, nullptr);
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds no record buffers
  for (const auto& authority : settings.authority) {
    if (auto name = name_in(authority); !name.empty()) names.push_back(std::move(name));
  }
  SSL_CTX_set_tlsext_servername_callback(tls, choose_name);
  SSL_CTX_set_tlsext_servername_arg(tls, &names);
  return success();
}

}  // namespace shosoin::gate
