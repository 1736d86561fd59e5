// A provisioned software TPM with all that belongs to it: firmware signer, custodians, service authorisations, boot
// approvals, pins. Refuses a TPM that does not call itself a software TPM: provisioning takes ownership and cannot be
// undone. One thread.
#pragma once

#include <memory>
#include <string>

#include "hardware/tpm/anchor.h"
#include "tests/support/swtpm.h"

namespace shosoin::test {

std::string make_p256_pem();  // a fresh private key
inline const std::vector<unsigned> kTestPcrs = {7, 11};

tpm::ServiceAuth duplicate(const tpm::ServiceAuth& auth);
// Approves the PCRs as they are now.
tpm::BootTrust approve_present_boot(const std::string& tcti, const std::string& signer_pem);

class TestAppliance {
 public:
  TestAppliance();  // a fresh TPM, provisioned
  std::unique_ptr<tpm::Anchor> open() { return open_at(tpm.tcti()); }
  std::unique_ptr<tpm::Anchor> open_at(const std::string& tcti);  // through a BusProbe, or on a copy of the TPM
  Result<std::unique_ptr<tpm::Anchor>> try_open() { return try_open_at(tpm.tcti()); }
  Result<std::unique_ptr<tpm::Anchor>> try_open_at(const std::string& tcti);

  Swtpm tpm;
  std::string signer_pem = make_p256_pem();
  CustodianSecret custodian_secret = CustodianSecret::random();
  tpm::CustodianAuth custodians;
  tpm::ServiceAuth service = tpm::make_service_auth();
  tpm::BootTrust boot;
  tpm::Pins pins;
};

}  // namespace shosoin::test
