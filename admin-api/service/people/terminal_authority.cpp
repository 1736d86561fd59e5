#include "admin-api/service/people/terminal_authority.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "crypto/hash.h"

namespace shosoin::service {
namespace {

constexpr long kAuthorityDays = 3650, kTerminalDays = 730;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Request = std::unique_ptr<X509_REQ, Freer<X509_REQ_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;

Error broken() { return Error{ErrorCode::Internal, "make a certificate"}; }

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_name(X509_NAME* name, const char* field, std::string_view value) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

// Validity from a day before `now`: clocks of terminals are not ours.
bool set_frame(X509* certificate, Instant now, long days) {
  std::array<std::uint8_t, 16> serial{};
  fill_random(serial);
  serial[0] &= 0x7F;
  Number number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  time_t at = std::chrono::system_clock::to_time_t(now);
  return number && X509_set_version(certificate, X509_VERSION_3) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
         X509_time_adj_ex(X509_getm_notBefore(certificate), -1, 0, &at) != nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), static_cast<int>(days), 0, &at) != nullptr;
}

Result<std::string> to_pem(X509* certificate) {
  Memory out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) return broken();
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

Result<Bytes> to_der(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return broken();
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Result<TerminalAuthority> authority_of(X509* certificate, EVP_PKEY* key) {
  TerminalAuthority authority;
  TRY(authority.certificate_pem, to_pem(certificate));
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key, &der);
  if (size <= 0) return broken();
  authority.key_der.assign(der, der + size);
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return authority;
}

// Critical: who does not understand a name constraint must not take what is under it.
bool constrain_to(X509* certificate, const std::string& organisation) {
  const std::unique_ptr<NAME_CONSTRAINTS, Freer<NAME_CONSTRAINTS_free>> constraints(NAME_CONSTRAINTS_new());
  std::unique_ptr<GENERAL_SUBTREE, Freer<GENERAL_SUBTREE_free>> subtree(GENERAL_SUBTREE_new());
  std::unique_ptr<X509_NAME, Freer<X509_NAME_free>> name(X509_NAME_new());
  if (!constraints || !subtree || !name || !set_name(name.get(), "O", organisation)) return false;
  GENERAL_NAME_set0_value(subtree->base, GEN_DIRNAME, name.release());
  constraints->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
  if (constraints->permittedSubtrees == nullptr ||
      sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, subtree.get()) <= 0) {
    return false;
  }
  subtree.release();
  return X509_add1_ext_i2d(certificate, NID_name_constraints, constraints.get(), 1, 0) == 1;
}

Result<Certificate> read_certificate(std::string_view pem) {
  Memory in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) return Error{ErrorCode::Settings, "read the certificate of the terminal authority"};
  return certificate;
}

Result<Key> read_key(ByteView der) {
  const auto* at = der.data();
  Key key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  if (!key) return Error{ErrorCode::Integrity, "read the key of the terminal authority"};
  return key;
}

bool is_p256(EVP_PKEY* key) {
  char group[64] = {};
  std::size_t size = 0;
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &size) == 1 &&
         std::string_view(group, size) == "prime256v1";
}

}  // namespace

EntryKey terminal_authority_key() { return {TableId::SigningKeys, copy_of(view_of("terminal-ca"))}; }
EntryKey tenant_authority_key(const TenantId& tenant) {
  return {TableId::SigningKeys, copy_of(view_of("terminal-ca-key/" + tenant.hex()))};
}
EntryKey tenant_authority_certificate(const TenantId& tenant) {
  return {TableId::SigningKeys, copy_of(view_of("terminal-ca-certificate/" + tenant.hex()))};
}

Result<Bytes> certificate_der(std::string_view pem) {
  TRY(const auto certificate, read_certificate(pem));
  return to_der(certificate.get());
}

Result<std::string> certificate_pem(ByteView der) {
  const auto* at = der.data();
  const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return Error{ErrorCode::Integrity, "read the certificate of a tenant's terminal authority"};
  return to_pem(certificate.get());
}

Result<TerminalAuthority> make_terminal_authority(Instant now) {
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate(X509_new());
  if (!key || !certificate || !set_frame(certificate.get(), now, kAuthorityDays)) return broken();
  auto* name = X509_get_subject_name(certificate.get());
  const bool made =
      set_name(name, "O", "Shosoin") && set_name(name, "CN", "Shosoin terminals") &&
      X509_set_issuer_name(certificate.get(), name) == 1 && X509_set_pubkey(certificate.get(), key.get()) == 1 &&
      add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:1") &&
      add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash") &&
      X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0;
  if (!made) return broken();
  return authority_of(certificate.get(), key.get());
}

Result<TerminalAuthority> make_tenant_authority(const TerminalAuthority& root, const std::string& organisation,
                                                Instant now) {
  TRY(auto issuer, read_certificate(root.certificate_pem));
  TRY(auto issuer_key, read_key(root.key_der));
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate(X509_new());
  if (!key || !certificate || !set_frame(certificate.get(), now, kAuthorityDays)) return broken();
  auto* made_of = certificate.get();
  auto* name = X509_get_subject_name(made_of);
  const bool made = set_name(name, "O", organisation) && set_name(name, "CN", "Shosoin terminals") &&
                    X509_set_issuer_name(made_of, X509_get_subject_name(issuer.get())) == 1 &&
                    X509_set_pubkey(made_of, key.get()) == 1 &&
                    add_extension(made_of, issuer.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(made_of, issuer.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(made_of, issuer.get(), NID_ext_key_usage, "clientAuth") &&
                    add_extension(made_of, issuer.get(), NID_subject_key_identifier, "hash") &&
                    add_extension(made_of, issuer.get(), NID_authority_key_identifier, "keyid") &&
                    constrain_to(made_of, organisation) && X509_sign(made_of, issuer_key.get(), EVP_sha256()) > 0;
  if (!made) return broken();
  return authority_of(made_of, key.get());
}

Result<IssuedTerminal> issue_terminal(const TerminalAuthority& authority, ByteView request_der,
                                      const TerminalSubject& subject, Instant now) {
  const auto* at = request_der.data();
  Request request(d2i_X509_REQ(nullptr, &at, static_cast<long>(request_der.size())));
  if (!request || at != request_der.data() + request_der.size()) {
    return Error{ErrorCode::InvalidContent, "read a certificate request"};
  }
  auto* public_key = X509_REQ_get0_pubkey(request.get());
  if (public_key == nullptr || !is_p256(public_key) || X509_REQ_verify(request.get(), public_key) != 1) {
    return Error{ErrorCode::InvalidContent, "verify a certificate request"};
  }
  TRY(auto issuer, read_certificate(authority.certificate_pem));
  TRY(auto key, read_key(authority.key_der));
  Certificate certificate(X509_new());
  if (!certificate || !set_frame(certificate.get(), now, kTerminalDays)) return broken();
  auto* name = X509_get_subject_name(certificate.get());
  const bool made = set_name(name, "O", subject.organisation) && set_name(name, "CN", subject.name) &&
                    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get())) == 1 &&
                    X509_set_pubkey(certificate.get(), public_key) == 1 &&
                    add_extension(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(certificate.get(), issuer.get(), NID_key_usage, "critical,digitalSignature") &&
                    add_extension(certificate.get(), issuer.get(), NID_ext_key_usage, "clientAuth") &&
                    add_extension(certificate.get(), issuer.get(), NID_authority_key_identifier, "keyid") &&
                    X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0;
  if (!made) return Error{ErrorCode::InvalidContent, "name a terminal in a certificate"};
  IssuedTerminal issued;
  TRY(issued.certificate_pem, to_pem(certificate.get()));
  TRY(const auto der, to_der(certificate.get()));
  issued.fingerprint = crypto::sha256(der);
  return issued;
}

}  // namespace shosoin::service
