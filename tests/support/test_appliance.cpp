#include "tests/support/test_appliance.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "crypto/roots.h"
#include "hardware/tpm/boot_approval.h"

namespace shosoin::test {
namespace {

tpm::CustodianAuth custodians_of(const CustodianSecret& secret) {
  return {.owner = crypto::derive_custodian_auth(secret, "owner"),
          .endorsement = crypto::derive_custodian_auth(secret, "endorsement"),
          .lockout = crypto::derive_custodian_auth(secret, "lockout"),
          .signing_key = crypto::p256_public(crypto::custodian_signing_scalar(secret))};
}

}  // namespace

std::string make_p256_pem() {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"),
                                                          EVP_PKEY_free);
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  ENSURE(key != nullptr && out != nullptr);
  ENSURE(PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

tpm::ServiceAuth duplicate(const tpm::ServiceAuth& auth) {
  return {auth.nv.duplicate(), auth.root.duplicate(), auth.ak.duplicate()};
}

tpm::BootTrust approve_present_boot(const std::string& tcti, const std::string& signer_pem) {
  const auto composite = tpm::read_pcr_composite(tcti, kTestPcrs).value();
  const auto text = tpm::make_boot_approval(signer_pem, kTestPcrs, composite).value();
  return tpm::load_boot_trust(signer_pem, text).value();
}

TestAppliance::TestAppliance()
    : custodians(custodians_of(custodian_secret)), boot(approve_present_boot(tpm.tcti(), signer_pem)) {
  ENSURE(tpm::Anchor::examine(tpm.tcti()).value().software);
  pins = tpm::Anchor::provision(tpm.tcti(), service, custodians, boot).value();
}

std::unique_ptr<tpm::Anchor> TestAppliance::open_at(const std::string& tcti) {
  return std::move(try_open_at(tcti)).value();
}
Result<std::unique_ptr<tpm::Anchor>> TestAppliance::try_open_at(const std::string& tcti) {
  return tpm::Anchor::open(tcti, pins, duplicate(service), boot);
}

}  // namespace shosoin::test
