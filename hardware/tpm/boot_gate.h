// The boot approval inside a policy session: PolicyPCR, then PolicyAuthorize by a signature that the TPM itself has
// verified. The ticket is cached: a real chip takes about 0.1 s for an ECDSA signature. Approvals are tried in order.
// One thread.
#pragma once

#include <optional>

#include "hardware/tpm/anchor.h"
#include "hardware/tpm/session.h"

namespace shosoin::tpm {

class BootGate {
 public:
  // reference: kBootReference for the firmware signer, kBreakGlassReference for the custodians.
  static Result<BootGate> open(Context& context, BootTrust trust, std::string_view reference);
  // TpmRefused when no approval fits what the TPM has measured.
  Result<void> satisfy(ESYS_TR policy_session);
  const Bytes& signer_name() const { return signer_name_; }
  const BootApproval& last_used() const { return trust_.approvals[last_used_]; }

 private:
  BootGate(Context& context, BootTrust trust);
  Result<void> ensure_ticket(std::size_t number);
  Result<void> run(std::size_t number, ESYS_TR policy_session);

  Context* context_;
  BootTrust trust_;
  Bytes signer_name_;
  std::vector<std::optional<TPMT_TK_VERIFIED>> tickets_;  // valid as long as the owner hierarchy's proof
  std::size_t last_used_ = 0;
};

}  // namespace shosoin::tpm
