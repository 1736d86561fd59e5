// Sealing and unsealing S(e) and tenant seals on a real software TPM.
#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "tests/support/bus_probe.h"
#include "tests/support/test_appliance.h"
#include "tests/support/tpm_frames.h"

namespace shosoin::tpm {
namespace {

using test::TestAppliance;

constexpr Digest kManifest = {0x11, 0x22};
Digest next_link(const Digest& link, const Digest& manifest) { return crypto::sha256({link, manifest}); }

struct Sealed {
  RootHalfSealed secret = RootHalfSealed::random();
  RootTerms terms{};
  SealedBlob blob;
};
// S(e) for the epoch that begins when kManifest extends the chain.
Sealed seal_next(Anchor& anchor) {
  Sealed sealed;
  const Digest now = anchor.read_chain().value();
  sealed.terms = {
      .x_current = next_link(now, kManifest), .x_previous = now, .ctr_bound = anchor.read_counter().value() + 1};
  sealed.blob = anchor.seal_root(sealed.secret, sealed.terms).value();
  return sealed;
}
template <class Key>
bool same(const Key& left, const Key& right) {
  return left.expose([&](auto a) { return right.expose([&](auto b) { return memory::constant_time_equal(a, b); }); });
}
void expect_refused(const Error& error, std::int64_t code) {
  EXPECT_EQ(error.code(), ErrorCode::TpmRefused) << error.doing();
  EXPECT_EQ(error.outside(), code) << error.doing();
}

TEST(RootSeal, OpensWhileTheChainStandsAtThePreviousLinkAndAfterItsOwn) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto sealed = seal_next(*anchor);
  EXPECT_TRUE(same(anchor->unseal_root(sealed.blob, sealed.terms).value(), sealed.secret));
  ASSERT_TRUE(anchor->extend_chain(kManifest));
  EXPECT_EQ(anchor->read_chain().value(), sealed.terms.x_current);
  EXPECT_TRUE(same(anchor->unseal_root(sealed.blob, sealed.terms).value(), sealed.secret));
  ASSERT_TRUE(anchor->increment_counter());
  EXPECT_TRUE(same(anchor->unseal_root(sealed.blob, sealed.terms).value(), sealed.secret));
}
TEST(RootSeal, OpensAfterAPowerCutOfTheMachine) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto sealed = seal_next(*anchor);
  anchor.reset();
  appliance.tpm.reboot();
  anchor = appliance.open();
  EXPECT_TRUE(same(anchor->unseal_root(sealed.blob, sealed.terms).value(), sealed.secret));
}
TEST(RootSeal, IsRefusedByTheTpmOnceTheChainHasMovedOn) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto sealed = seal_next(*anchor);
  ASSERT_TRUE(anchor->extend_chain(kManifest));
  ASSERT_TRUE(anchor->extend_chain(kManifest));
  auto refused = anchor->unseal_root(sealed.blob, sealed.terms);
  ASSERT_FALSE(refused);
  expect_refused(refused.error(), 0x126);  // TPM_RC_POLICY from PolicyNV
}
TEST(RootSeal, IsRefusedOnceTheCounterIsPastItsBound) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto sealed = seal_next(*anchor);
  ASSERT_TRUE(anchor->increment_counter());
  EXPECT_TRUE(anchor->unseal_root(sealed.blob, sealed.terms));
  ASSERT_TRUE(anchor->increment_counter());
  auto refused = anchor->unseal_root(sealed.blob, sealed.terms);
  ASSERT_FALSE(refused);
  expect_refused(refused.error(), 0x126);
}
TEST(RootSeal, IsRefusedWithAWrongAuthorisationValue) {
  TestAppliance appliance;
  auto sealed = seal_next(*appliance.open());
  auto service = test::duplicate(appliance.service);
  service.root = AuthValue::random();
  auto anchor = Anchor::open(appliance.tpm.tcti(), appliance.pins, std::move(service), appliance.boot).value();
  auto refused = anchor->unseal_root(sealed.blob, sealed.terms);
  ASSERT_FALSE(refused);
  expect_refused(refused.error(), 0x9A2);  // TPM_RC_BAD_AUTH: no lockout, the object is noDA
}
TEST(RootSeal, IsNotOpenedUnderOtherTermsThanItWasSealedFor) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto sealed = seal_next(*anchor);
  auto wider = sealed.terms;
  wider.ctr_bound += 100;
  auto refused = anchor->unseal_root(sealed.blob, wider);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Integrity);
}
TEST(RootSeal, RefusesEveryTruncatedAndAnyChangedBlobAndNothingElse) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto sealed = seal_next(*anchor);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, sealed.blob.size() / 2, sealed.blob.size() - 1}) {
    auto refused =
        anchor->unseal_root(Bytes(sealed.blob.begin(), sealed.blob.begin() + static_cast<long>(size)), sealed.terms);
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code(), ErrorCode::Integrity) << size;
  }
  for (std::size_t at = 0; at < sealed.blob.size(); at += 13) {
    auto changed = sealed.blob;
    changed[at] ^= 0x01;
    EXPECT_FALSE(anchor->unseal_root(changed, sealed.terms)) << at;
  }
  EXPECT_TRUE(same(anchor->unseal_root(sealed.blob, sealed.terms).value(), sealed.secret));
}
TEST(RootSeal, IsRefusedInABootThatNobodyApproved) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto sealed = seal_next(*anchor);
  appliance.tpm.extend_pcr(11, Digest{1});
  auto refused = anchor->unseal_root(sealed.blob, sealed.terms);
  ASSERT_FALSE(refused);
  expect_refused(refused.error(), 0x1C4);  // TPM_RC_VALUE from PolicyAuthorize
  EXPECT_FALSE(anchor->read_slot(0));
  EXPECT_FALSE(anchor->extend_chain(kManifest));
  EXPECT_FALSE(anchor->increment_counter());
}
TEST(RootSeal, OpensInASecondApprovedReleaseWithoutBeingSealedAgain) {
  TestAppliance appliance;
  auto sealed = seal_next(*appliance.open());
  appliance.tpm.extend_pcr(11, Digest{2});
  auto newer = test::approve_present_boot(appliance.tpm.tcti(), appliance.signer_pem);
  appliance.boot.approvals.push_back(newer.approvals[0]);  // tried second: the first does not fit any more
  auto anchor = appliance.open();
  EXPECT_TRUE(same(anchor->unseal_root(sealed.blob, sealed.terms).value(), sealed.secret));
}
TEST(RootSeal, IsRefusedWhenAForeignSignerApprovesTheBoot) {
  TestAppliance appliance;
  auto sealed = seal_next(*appliance.open());
  appliance.boot = test::approve_present_boot(appliance.tpm.tcti(), test::make_p256_pem());
  auto anchor = appliance.open();
  auto refused = anchor->unseal_root(sealed.blob, sealed.terms);
  ASSERT_FALSE(refused);
  // The policy names the signer, so a foreign one gives another policy: noticed before the TPM is asked.
  EXPECT_EQ(refused.error().code(), ErrorCode::Integrity);
  auto slot = anchor->read_slot(0);
  ASSERT_FALSE(slot);
  expect_refused(slot.error(), 0x99D);  // TPM_RC_POLICY_FAIL: the index names the other signer
}
TEST(RootSeal, IsRefusedWhenTheApprovalIsSignedBySomebodyElse) {
  TestAppliance appliance;
  auto foreign = test::approve_present_boot(appliance.tpm.tcti(), test::make_p256_pem());
  appliance.boot.approvals = foreign.approvals;
  auto anchor = appliance.open();
  auto slot = anchor->read_slot(0);
  ASSERT_FALSE(slot);
  expect_refused(slot.error(), 0x2DB);  // TPM_RC_SIGNATURE from VerifySignature
}
TEST(RootSeal, SurvivesAnotherProgramExtendingAPcrWhileThePolicyIsBuilt) {
  TestAppliance appliance;
  auto sealed = seal_next(*appliance.open());
  test::BusProbe probe(appliance.tpm);
  auto anchor = appliance.open_at(probe.tcti());
  probe.inject_before(test::kPolicyAuthValueCode, test::extend_pcr_command(14, Digest{3}));
  EXPECT_TRUE(same(anchor->unseal_root(sealed.blob, sealed.terms).value(), sealed.secret));
  EXPECT_EQ(probe.count_of(test::kPolicyAuthValueCode), 2u);  // built twice
  probe.inject_before(test::kPolicyAuthValueCode, test::extend_pcr_command(14, Digest{3}));
  ASSERT_TRUE(anchor->extend_chain(kManifest));
  EXPECT_EQ(anchor->read_chain().value(), sealed.terms.x_current);  // once, not twice
}
TEST(RootSeal, OpensWhenTheAuthorisationValueEndsInZeros) {
  TestAppliance appliance;
  auto service = test::duplicate(appliance.service);
  service.root = AuthValue::made_by([](auto out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = i < 20 ? 0x5A : 0;
  });
  auto anchor = Anchor::open(appliance.tpm.tcti(), appliance.pins, std::move(service), appliance.boot).value();
  auto sealed = seal_next(*anchor);
  EXPECT_TRUE(same(anchor->unseal_root(sealed.blob, sealed.terms).value(), sealed.secret));
}

TEST(TenantSeal, OpensWithItsOwnAuthorisationOnly) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto key = TenantSealKey::random();
  auto auth = AuthValue::random();
  auto blob = anchor->seal_tenant(key, auth).value();
  EXPECT_TRUE(same(anchor->unseal_tenant(blob, auth).value(), key));
  auto refused = anchor->unseal_tenant(blob, AuthValue::random());
  ASSERT_FALSE(refused);
  expect_refused(refused.error(), 0x9A2);
}
TEST(TenantSeal, SurvivesTheEpochsButNotAnUnapprovedBoot) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto key = TenantSealKey::random();
  auto auth = AuthValue::random();
  auto blob = anchor->seal_tenant(key, auth).value();
  ASSERT_TRUE(anchor->extend_chain(kManifest));
  ASSERT_TRUE(anchor->extend_pcr13(kManifest));
  ASSERT_TRUE(anchor->increment_counter());
  EXPECT_TRUE(same(anchor->unseal_tenant(blob, auth).value(), key));
  appliance.tpm.extend_pcr(7, Digest{1});
  auto refused = anchor->unseal_tenant(blob, auth);
  ASSERT_FALSE(refused);
  expect_refused(refused.error(), 0x1C4);
}
TEST(TenantSeal, DoesNotOpenOnAnotherTpm) {
  TestAppliance appliance;
  TestAppliance other;
  auto auth = AuthValue::random();
  auto blob = appliance.open()->seal_tenant(TenantSealKey::random(), auth).value();
  other.boot = appliance.boot;
  auto refused = other.open()->unseal_tenant(blob, auth);
  ASSERT_FALSE(refused);
  expect_refused(refused.error(), 0x1DF);  // TPM_RC_INTEGRITY from Load: another storage key
}
TEST(TenantSeal, IsNotTakenForARootAndViceVersa) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto sealed = seal_next(*anchor);
  auto auth = AuthValue::random();
  auto blob = anchor->seal_tenant(TenantSealKey::random(), auth).value();
  EXPECT_EQ(anchor->unseal_root(blob, sealed.terms).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(anchor->unseal_tenant(sealed.blob, auth).error().code(), ErrorCode::Integrity);
}

}  // namespace
}  // namespace shosoin::tpm
