// The committed certificate of a software TPM (tests/vectors): whatever changes in the verifier, it must go on to hold.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "storage/erasure/certificate.h"

namespace shosoin::erasure {
namespace {

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(GenuineCertificate, StillHoldsUnderItsProvisioningRecord) {
  const auto record =
      read_provisioning_record(read_file(SHOSOIN_SOURCE_DIR "/tests/vectors/provisioning-record.json")).value();
  const auto check =
      verify_certificate(read_file(SHOSOIN_SOURCE_DIR "/tests/vectors/erasure-certificate.json"), record);
  EXPECT_EQ(check.fault, CertificateFault::None) << describe(check.fault, false) << describe(check.evidence, false);
  EXPECT_EQ(check.rows, 3u);
  EXPECT_TRUE(check.software_tpm);
}

TEST(GenuineCertificate, OfABatchStillHoldsUnderItsProvisioningRecord) {
  const auto record =
      read_provisioning_record(read_file(SHOSOIN_SOURCE_DIR "/tests/vectors/provisioning-record.json")).value();
  const auto check = verify_certificate(read_file(SHOSOIN_SOURCE_DIR "/tests/vectors/batch-certificate.json"), record);
  EXPECT_EQ(check.fault, CertificateFault::None) << describe(check.fault, false) << describe(check.evidence, false);
  EXPECT_EQ(check.kind, CertificateKind::Batch);
  EXPECT_EQ(check.rows, 6u);
}

}  // namespace
}  // namespace shosoin::erasure
