// Boot approvals as files.
#include "hardware/tpm/boot_approval.h"

#include <gtest/gtest.h>

#include "hardware/tpm/appliance_policy.h"
#include "hardware/tpm/policy.h"
#include "tests/support/swtpm.h"
#include "tests/support/test_appliance.h"

namespace shosoin::tpm {
namespace {

constexpr Digest kComposite = {0x77};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}
void expect_invalid(std::string_view pem, std::string_view text) {
  auto refused = load_boot_trust(pem, text);
  EXPECT_FALSE(refused) << text;
}

TEST(BootApproval, ComesBackFromItsFile) {
  const auto pem = test::make_p256_pem();
  const auto text = make_boot_approval(pem, {0, 7, 11}, kComposite).value();
  const auto trust = load_boot_trust(pem, text).value();
  EXPECT_EQ(trust.signer, crypto::p256_public_from_pem(pem).value());
  ASSERT_EQ(trust.approvals.size(), 1u);
  EXPECT_EQ(trust.approvals[0].pcrs, (std::vector<unsigned>{0, 7, 11}));
  EXPECT_EQ(trust.approvals[0].approved_policy, boot_policy_digest({0, 7, 11}, kComposite));
  EXPECT_EQ(encode_boot_trust(trust), text);
}
TEST(BootApproval, LoadsWithThePublicHalfOfTheSigner) {
  const auto pem = test::make_p256_pem();
  const auto text = make_boot_approval(pem, {7}, kComposite).value();
  EXPECT_TRUE(load_boot_trust(crypto::p256_public_to_pem(crypto::p256_public_from_pem(pem).value()), text));
}
TEST(BootApproval, OfSeveralReleasesStandInOneFileInTheirOrder) {
  const auto pem = test::make_p256_pem();
  auto trust = load_boot_trust(pem, make_boot_approval(pem, {7}, kComposite).value()).value();
  auto newer = load_boot_trust(pem, make_boot_approval(pem, {7, 11}, Digest{1}).value()).value();
  trust.approvals.push_back(newer.approvals[0]);
  const auto both = load_boot_trust(pem, encode_boot_trust(trust)).value();
  ASSERT_EQ(both.approvals.size(), 2u);
  EXPECT_EQ(both.approvals[1].pcrs, (std::vector<unsigned>{7, 11}));
}
TEST(BootApproval, IsNotMadeForNoPcrPcr13OrAPcrThatAnybodyCanReset) {
  const auto pem = test::make_p256_pem();
  for (const auto& pcrs : {std::vector<unsigned>{}, {13}, {7, 13}, {16}, {23}, {24}, {11, 7}, {7, 7}}) {
    auto refused = make_boot_approval(pem, pcrs, kComposite);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::InvalidContent);
  }
}
TEST(BootApproval, IsRefusedFromAnotherSignerOrWithABrokenSignature) {
  const auto pem = test::make_p256_pem();
  const auto text = make_boot_approval(pem, {7}, kComposite).value();
  expect_invalid(test::make_p256_pem(), text);
  auto trust = load_boot_trust(pem, text).value();
  trust.approvals[0].signature.s[31] ^= 1;
  expect_invalid(pem, encode_boot_trust(trust));
  trust = load_boot_trust(pem, text).value();
  trust.approvals[0].approved_policy[0] ^= 1;
  expect_invalid(pem, encode_boot_trust(trust));
}
TEST(BootApproval, IsRefusedWhenItWasSignedForAnotherPurpose) {
  const auto pem = test::make_p256_pem();
  expect_invalid(pem, make_boot_approval(pem, {7}, kComposite, kBreakGlassReference).value());
}
TEST(BootApproval, IsRefusedWhenTheFileIsNotExactlyAsItsPageSays) {
  const auto pem = test::make_p256_pem();
  const auto text = make_boot_approval(pem, {7}, kComposite).value();
  ASSERT_TRUE(load_boot_trust(pem, text));
  expect_invalid(pem, "");
  expect_invalid(pem, "{}");
  expect_invalid(pem, "[]");
  expect_invalid(pem, text + " x");
  expect_invalid(pem, replaced(text, "shosoin/1/boot-approval", "shosoin/2/boot-approval"));
  expect_invalid(pem, replaced(text, "\"pcrs\":[7]", "\"pcrs\":[]"));
  expect_invalid(pem, replaced(text, "\"pcrs\":[7]", "\"pcrs\":[13]"));
  expect_invalid(pem, replaced(text, "\"pcrs\":[7]", "\"pcrs\":[-1]"));
  expect_invalid(pem, replaced(text, "\"pcrs\":[7]", "\"pcrs\":[\"7\"]"));
  expect_invalid(pem, replaced(text, "\"pcrs\":[7]", "\"pcrs\":7"));
  expect_invalid(pem, replaced(text, "\"pcrs\":[7]", "\"pcrs\":[7],\"note\":1"));
  expect_invalid(pem, replaced(text, "\"signature\":{", "\"signature\":{\"t\":1,"));
  expect_invalid(pem, replaced(text, "\"approvals\":[{", "\"approvals\":[1,{"));
  expect_invalid(pem, std::string(100'000, ' ') + text);
  expect_invalid("not a key", text);
}
TEST(BootApproval, OfManyReleasesIsBounded) {
  const auto pem = test::make_p256_pem();
  auto trust = load_boot_trust(pem, make_boot_approval(pem, {7}, kComposite).value()).value();
  trust.approvals.resize(16, trust.approvals[0]);
  EXPECT_TRUE(load_boot_trust(pem, encode_boot_trust(trust)));
  trust.approvals.push_back(trust.approvals[0]);
  expect_invalid(pem, encode_boot_trust(trust));
}
TEST(PcrComposite, FollowsTheSelectedPcrsOnly) {
  test::Swtpm tpm;
  const auto before =
      read_pcr_composite(tpm.tcti(), {0, 1, 2, 3, 4, 5, 6, 7, 11}).value();  // more than one answer holds
  tpm.extend_pcr(12, Digest{1});
  EXPECT_EQ(read_pcr_composite(tpm.tcti(), {0, 1, 2, 3, 4, 5, 6, 7, 11}).value(), before);
  tpm.extend_pcr(11, Digest{1});
  EXPECT_NE(read_pcr_composite(tpm.tcti(), {0, 1, 2, 3, 4, 5, 6, 7, 11}).value(), before);
  EXPECT_FALSE(read_pcr_composite(tpm.tcti(), {13}));
}

}  // namespace
}  // namespace shosoin::tpm
