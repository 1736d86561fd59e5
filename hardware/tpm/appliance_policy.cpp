#include "hardware/tpm/appliance_policy.h"

#include "hardware/tpm/policy.h"

namespace shosoin::tpm {
namespace {

PolicyDigest boot(const PolicyNames& names) {
  return PolicyDigest().authorize(names.boot_signer, view_of(kBootReference));
}
PolicyDigest custodians(const PolicyNames& names) {
  return PolicyDigest().authorize(names.custodians, view_of(kBreakGlassReference));
}
// The boot approval comes first and the NV terms after it: PolicyAuthorize replaces the digest, so a firmware signer
// can approve PCR values but can never lift the erasure lock.
Digest while_chain_is(const PolicyNames& names, const Digest& link, std::uint64_t bound) {
  ENSURE(!names.chain.empty() && !names.counter.empty());
  return boot(names).nv(names.chain, link, NvTest::Equal).nv(names.counter, be(bound), NvTest::UnsignedAtMost).value();
}

}  // namespace

Digest write_policy(const PolicyNames& names) { return boot(names).auth_value().value(); }
std::vector<Digest> slot_branches(const PolicyNames& names) { return {boot(names).value(), custodians(names).value()}; }
Digest slot_policy(const PolicyNames& names) {
  return PolicyDigest().any_of(slot_branches(names)).auth_value().value();
}
std::vector<Digest> root_branches(const PolicyNames& names, const RootTerms& terms) {
  return {while_chain_is(names, terms.x_current, terms.ctr_bound),
          while_chain_is(names, terms.x_previous, terms.ctr_bound), custodians(names).value()};
}
Digest root_policy(const PolicyNames& names, const RootTerms& terms) {
  return PolicyDigest().any_of(root_branches(names, terms)).auth_value().value();
}
Digest tenant_policy(const PolicyNames& names) { return boot(names).auth_value().value(); }

}  // namespace shosoin::tpm
