#include "hardware/tpm/policy_sessions.h"

#include "hardware/tpm/object.h"

namespace shosoin::tpm {

PolicySessions::PolicySessions(Context& context, BootGate gate, const crypto::P256Point& custodians)
    : context_(&context),
      gate_(std::move(gate)),
      names_{.boot_signer = gate_.signer_name(),
             .custodians = object_name(external_key(custodians)),
             .chain = {},
             .counter = {}} {}

void PolicySessions::set_index_names(Bytes chain, Bytes counter) {
  names_.chain = std::move(chain);
  names_.counter = std::move(counter);
}

Result<Handle> PolicySessions::approved() {
  TRY(auto session, start_policy_session(*context_));
  TRY(gate_.satisfy(session.get()));
  return session;
}

Result<Handle> PolicySessions::for_writing() {
  TRY(auto session, approved());
  TRY(policy_auth_value(*context_, session.get()));
  return session;
}

Result<Handle> PolicySessions::for_slot() {
  TRY(auto session, approved());
  TRY(policy_or(*context_, session.get(), slot_branches(names_)));
  TRY(policy_auth_value(*context_, session.get()));
  return session;
}

Result<Handle> PolicySessions::for_root(const RootUse& use) {
  TRY(auto session, approved());
  const Digest& link = use.chain_is_current ? use.terms.x_current : use.terms.x_previous;
  TRY(policy_nv(*context_, session.get(), {.index = use.chain, .operand = link, .operation = TPM2_EO_EQ}, use.salted));
  const auto bound = be(use.terms.ctr_bound);
  TRY(policy_nv(*context_, session.get(), {.index = use.counter, .operand = bound, .operation = TPM2_EO_UNSIGNED_LE},
                use.salted));
  TRY(policy_or(*context_, session.get(), root_branches(names_, use.terms)));
  TRY(policy_auth_value(*context_, session.get()));
  return session;
}

}  // namespace shosoin::tpm
