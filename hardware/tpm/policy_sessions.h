// Policy sessions that satisfy the appliance's policies, built afresh for every use. The TPM compares;
// nothing is decided here. One thread.
#pragma once

#include "hardware/tpm/appliance_policy.h"
#include "hardware/tpm/boot_gate.h"

namespace shosoin::tpm {

class PolicySessions {
 public:
  PolicySessions(Context& context, BootGate gate, const crypto::P256Point& custodians);
  void set_index_names(Bytes chain, Bytes counter);
  const PolicyNames& names() const { return names_; }
  const BootApproval& approval() const { return gate_.last_used(); }

  Result<Handle> for_writing();  // CTR, CHAIN and tenant seals
  Result<Handle> for_slot();
  struct RootUse {
    const RootTerms& terms;
    bool chain_is_current;  // which branch to walk; the TPM decides whether it holds
    ESYS_TR chain, counter;
    const SaltedSession& salted;
  };
  Result<Handle> for_root(const RootUse& use);

 private:
  Result<Handle> approved();
  Context* context_;
  BootGate gate_;
  PolicyNames names_;
};

}  // namespace shosoin::tpm
