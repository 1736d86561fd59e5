// The policies themselves: software digests against the TPM's own, prepared sessions, break-glass.
#include "hardware/tpm/policy.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "crypto/roots.h"
#include "hardware/tpm/boot_approval.h"
#include "hardware/tpm/object.h"
#include "hardware/tpm/policy_sessions.h"
#include "tests/support/test_appliance.h"

namespace shosoin::tpm {
namespace {

using test::kTestPcrs;
using test::TestAppliance;

// What an attacker with the service's secrets and the live TPM can hold in hand: the parts, without the anchor's order.
struct Parts {
  explicit Parts(TestAppliance& appliance)
      : context(Context::open(appliance.tpm.tcti()).value()),
        srk(Handle::open(*context, kSrkHandle).value()),
        chain(Handle::open(*context, kChainIndex).value()),
        counter(Handle::open(*context, kCounterIndex).value()),
        salted(SaltedSession::start(*context, srk.get()).value()),
        sessions(*context, BootGate::open(*context, appliance.boot, kBootReference).value(),
                 appliance.pins.custodian_key) {
    for (const auto* index : {&chain, &counter}) {
      ENSURE(static_cast<bool>(context->set_auth(index->get(), appliance.service.nv)));
    }
    sessions.set_index_names(appliance.pins.chain_name, appliance.pins.ctr_name);
  }
  Result<Handle> root_session(const RootTerms& terms) {
    return sessions.for_root(
        {.terms = terms, .chain_is_current = true, .chain = chain.get(), .counter = counter.get(), .salted = salted});
  }
  std::unique_ptr<Context> context;
  Handle srk, chain, counter;
  SaltedSession salted;
  PolicySessions sessions;
};

RootTerms terms_now(Anchor& anchor) {
  const Digest now = anchor.read_chain().value();
  return {.x_current = now, .x_previous = Digest{7}, .ctr_bound = anchor.read_counter().value()};
}

TEST(Policy, EveryDigestInSoftwareIsTheTpmsOwn) {
  TestAppliance appliance;
  const RootTerms terms = terms_now(*appliance.open());
  Parts parts(appliance);
  const auto& names = parts.sessions.names();
  {
    auto session = start_policy_session(*parts.context).value();
    ASSERT_TRUE(policy_pcr(*parts.context, session.get(), kTestPcrs));
    EXPECT_EQ(policy_digest_in_tpm(*parts.context, session.get()).value(), appliance.boot.approvals[0].approved_policy);
  }
  {
    auto session = parts.sessions.for_writing().value();
    EXPECT_EQ(policy_digest_in_tpm(*parts.context, session.get()).value(), write_policy(names));
  }
  {
    auto session = parts.sessions.for_slot().value();
    EXPECT_EQ(policy_digest_in_tpm(*parts.context, session.get()).value(), slot_policy(names));
  }
  auto session = parts.root_session(terms).value();
  EXPECT_EQ(policy_digest_in_tpm(*parts.context, session.get()).value(), root_policy(names, terms));
}
TEST(Policy, ASessionPreparedBeforeTheBatchDiesWithPcr13) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  const RootTerms terms = terms_now(*anchor);
  auto blob = anchor->seal_root(RootHalfSealed::random(), terms).value();
  anchor.reset();
  Parts parts(appliance);
  auto object =
      load_sealed(*parts.context, parts.srk.get(), parts.salted, blob, root_policy(parts.sessions.names(), terms))
          .value();
  ASSERT_TRUE(parts.context->set_auth(object.get(), appliance.service.root));
  std::array<std::uint8_t, 32> out{};
  {
    auto prepared = parts.root_session(terms).value();
    EXPECT_TRUE(unseal(*parts.context, object.get(), prepared.get(), parts.salted, out));  // PCR 13 untouched: it opens
  }
  auto prepared = parts.root_session(terms).value();
  appliance.tpm.extend_pcr(13, Digest{1});
  auto refused = unseal(*parts.context, object.get(), prepared.get(), parts.salted, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().outside(), 0x128);  // TPM_RC_PCR_CHANGED
}
TEST(Policy, TheNvTermsCannotBeSkipped) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  const RootTerms terms = terms_now(*anchor);
  auto blob = anchor->seal_root(RootHalfSealed::random(), terms).value();
  anchor.reset();
  Parts parts(appliance);
  auto object =
      load_sealed(*parts.context, parts.srk.get(), parts.salted, blob, root_policy(parts.sessions.names(), terms))
          .value();
  ASSERT_TRUE(parts.context->set_auth(object.get(), appliance.service.root));
  std::array<std::uint8_t, 32> out{};
  auto only_boot = parts.sessions.for_writing().value();
  auto refused = unseal(*parts.context, object.get(), only_boot.get(), parts.salted, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().outside(), 0x99D);  // TPM_RC_POLICY_FAIL
  auto by_value_alone = start_plain_session(*parts.context).value();
  refused = unseal(*parts.context, object.get(), by_value_alone.get(), parts.salted, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().outside(), 0x12F);  // TPM_RC_AUTH_UNAVAILABLE
}

BootTrust break_glass(const TestAppliance& appliance, std::string_view reference) {
  const auto scalar = crypto::custodian_signing_scalar(appliance.custodian_secret);
  const auto composite = read_pcr_composite(appliance.tpm.tcti(), kTestPcrs).value();
  BootApproval approval{.pcrs = kTestPcrs,
                        .approved_policy = boot_policy_digest(kTestPcrs, composite),
                        .reference = copy_of(view_of(reference)),
                        .signature = {}};
  Bytes message = copy_of(approval.approved_policy);
  append(message, approval.reference);
  approval.signature = crypto::p256_sign(scalar, message);
  return {.signer = crypto::p256_public(scalar), .approvals = {approval}};
}
TEST(BreakGlass, OpensADeadEpochsSealedHalfForTheCustodiansOnly) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  const RootTerms terms = terms_now(*anchor);
  auto secret = RootHalfSealed::random();
  auto blob = anchor->seal_root(secret, terms).value();
  ASSERT_TRUE(anchor->extend_chain(Digest{1}));  // the TPM refuses the ordinary branches now
  EXPECT_FALSE(anchor->unseal_root(blob, terms));
  anchor.reset();
  const auto custodians = break_glass(appliance, kBreakGlassReference);
  Parts parts(appliance);
  const auto& names = parts.sessions.names();
  auto object = load_sealed(*parts.context, parts.srk.get(), parts.salted, blob, root_policy(names, terms)).value();
  ASSERT_TRUE(parts.context->set_auth(object.get(), appliance.service.root));
  const auto open_by = [&](BootTrust trust, std::string_view reference) -> Result<void> {
    TRY(auto gate, BootGate::open(*parts.context, std::move(trust), reference));
    TRY(auto session, start_policy_session(*parts.context));
    TRY(gate.satisfy(session.get()));
    TRY(policy_or(*parts.context, session.get(), root_branches(names, terms)));
    TRY(policy_auth_value(*parts.context, session.get()));
    std::array<std::uint8_t, 32> out{};
    TRY(unseal(*parts.context, object.get(), session.get(), parts.salted, out));
    EXPECT_TRUE(secret.expose([&](auto bytes) { return memory::constant_time_equal(bytes, out); }));
    return success();
  };
  EXPECT_TRUE(open_by(custodians, kBreakGlassReference));
  // The firmware signer's approval of the same boot is no break-glass, whatever purpose it is signed for.
  auto refused = open_by(appliance.boot, kBootReference);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().outside(), 0x1C4);  // TPM_RC_VALUE from PolicyOR
}
TEST(BreakGlass, DoesNotTakeACustodiansSignatureForAnotherPurpose) {
  TestAppliance appliance;
  auto context = Context::open(appliance.tpm.tcti()).value();
  auto refused = BootGate::open(*context, break_glass(appliance, kBootReference), kBreakGlassReference);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::InvalidContent);
}

}  // namespace
}  // namespace shosoin::tpm
