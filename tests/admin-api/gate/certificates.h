// Certificates for tests: an authority, what it signs, and PEM files of both. Made anew for every run.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "crypto/hash.h"

namespace shosoin::gate::testing {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
struct Identity {
  Key key;
  Certificate certificate;
  Digest fingerprint() const {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    const Digest digest = crypto::sha256(ByteView(der, static_cast<std::size_t>(size)));
    OPENSSL_free(der);
    return digest;
  }
  void write(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file) const {
    std::FILE* file = std::fopen(certificate_file.c_str(), "w");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
    file = std::fopen(key_file.c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    std::filesystem::permissions(key_file, std::filesystem::perms::owner_read);
  }
};

inline void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  ASSERT_NE(extension, nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

enum class Purpose { Authority, AuthorityWithoutLists, Server, Terminal };
inline Identity make_identity(const char* name, Purpose purpose, const Identity* authority) {
  Identity made{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
  X509* certificate = made.certificate.get();
  static long serial = 1000;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509* issuer = authority != nullptr ? authority->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  switch (purpose) {
    case Purpose::Authority:
      add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
      add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
      break;
    case Purpose::AuthorityWithoutLists:
      add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
      add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign");
      break;
    case Purpose::Server:
      add_extension(certificate, issuer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
      add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth");
      break;
    case Purpose::Terminal:
      add_extension(certificate, issuer, NID_ext_key_usage, "clientAuth");
      break;
  }
  X509_sign(certificate, (authority != nullptr ? authority->key : made.key).get(), EVP_sha256());
  return made;
}

}  // namespace shosoin::gate::testing
