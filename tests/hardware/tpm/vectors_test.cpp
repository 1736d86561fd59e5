// Stored forms against vectors that were not made by the code under test.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <fstream>
#include <iterator>

#include "crypto/canonical_json.h"
#include "hardware/tpm/attestation.h"
#include "hardware/tpm/boot_approval.h"

namespace shosoin::tpm {
namespace {

boost::json::object read_vector(const char* name) {
  std::ifstream file(std::string(SHOSOIN_SOURCE_DIR "/tests/vectors/") + name);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return crypto::parse_strict(text).value().as_object();
}
Bytes hex(const boost::json::object& from, const char* key) { return from_hex(from.at(key).as_string()).value(); }
Digest digest(const boost::json::object& from, const char* key) {
  const Bytes bytes = hex(from, key);
  Digest out{};
  ENSURE(bytes.size() == out.size());
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

TEST(Vectors, EvidenceOfATpmVerifiesWithoutOne) {
  const auto vector = read_vector("epoch-evidence.json");
  Pins pins;
  pins.ak_point = {.x = digest(vector, "akX"), .y = digest(vector, "akY")};
  pins.ctr_name = hex(vector, "counterName");
  pins.chain_name = hex(vector, "chainName");
  pins.slot_name[0] = hex(vector, "slot0Name");
  pins.ctr_base = static_cast<std::uint64_t>(vector.at("counterBase").as_int64());
  const EpochEvidence evidence{.chain = {hex(vector, "chainStatement"), hex(vector, "chainSignature")},
                               .counter = {hex(vector, "counterStatement"), hex(vector, "counterSignature")},
                               .slot = {hex(vector, "slotStatement"), hex(vector, "slotSignature")}};
  EpochClaim claim{.epoch = static_cast<std::uint64_t>(vector.at("epoch").as_int64()),
                   .x_previous = digest(vector, "xPrevious"),
                   .x_current = digest(vector, "xCurrent"),
                   .manifest_digest = digest(vector, "manifestDigest"),
                   .shred_value = digest(vector, "shredValue")};
  EXPECT_EQ(check_epoch_evidence(evidence, claim, pins), EvidenceFault::None);
  EXPECT_TRUE(verify_quote(hex(vector, "quote"), pins.ak_point, claim.manifest_digest));
  claim.shred_value[0] ^= 1;
  EXPECT_EQ(check_epoch_evidence(evidence, claim, pins), EvidenceFault::SlotNotShredded);
}
TEST(Vectors, BootApprovalOfASecondImplementationLoads) {
  const auto vector = read_vector("boot-approval.json");
  const std::string text(vector.at("file").as_string());
  const auto trust = load_boot_trust(vector.at("signerPem").as_string(), text).value();
  ASSERT_EQ(trust.approvals.size(), 1u);
  EXPECT_EQ(trust.approvals[0].approved_policy, boot_policy_digest({0, 7, 11}, digest(vector, "composite")));
  EXPECT_EQ(encode_boot_trust(trust), text);
}

}  // namespace
}  // namespace shosoin::tpm
