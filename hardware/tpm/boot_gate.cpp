#include "hardware/tpm/boot_gate.h"

#include "crypto/hash.h"
#include "hardware/tpm/boot_approval.h"
#include "hardware/tpm/object.h"

namespace shosoin::tpm {

BootGate::BootGate(Context& context, BootTrust trust)
    : context_(&context),
      trust_(std::move(trust)),
      signer_name_(object_name(external_key(trust_.signer))),
      tickets_(trust_.approvals.size()) {}

Result<BootGate> BootGate::open(Context& context, BootTrust trust, std::string_view reference) {
  TRY(check_boot_trust(trust, reference));
  return BootGate(context, std::move(trust));
}

Result<void> BootGate::satisfy(ESYS_TR policy_session) {
  std::int64_t why = 0;
  const std::size_t count = trust_.approvals.size();
  for (std::size_t tried = 0; tried < count; ++tried) {
    const std::size_t number = (last_used_ + tried) % count;
    if (tried > 0) {
      TRY(restart_policy(*context_, policy_session));
    }
    auto outcome = run(number, policy_session);
    if (outcome) {
      last_used_ = number;
      return success();
    }
    // Other PCR values (PolicyAuthorize) or another signer (VerifySignature): the next approval may fit. Anything else
    // may not be stepped over.
    const bool next_may_fit = is_code(outcome.error(), TPM2_RC_VALUE) || is_code(outcome.error(), TPM2_RC_SIGNATURE);
    if (!next_may_fit) return outcome.error();
    why = outcome.error().outside();
  }
  return Error{ErrorCode::TpmRefused, "satisfy the boot policy: no approval fits what the TPM has measured", why};
}

Result<void> BootGate::ensure_ticket(std::size_t number) {
  if (tickets_[number]) return success();
  const BootApproval& approval = trust_.approvals[number];
  const auto key = external_key(trust_.signer);
  ESYS_TR loaded = ESYS_TR_NONE;
  TRY(call("load the boot signer's key", [&] {
    return Esys_LoadExternal(context_->esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr, &key,
                             ESYS_TR_RH_OWNER, &loaded);
  }));
  const Handle flushed_at_the_end(*context_, loaded, Handle::Leaving::Flush);
  const auto digest = sized<TPM2B_DIGEST>(crypto::sha256({approval.approved_policy, approval.reference}));
  TPMT_SIGNATURE signature{};
  signature.sigAlg = TPM2_ALG_ECDSA;
  signature.signature.ecdsa.hash = TPM2_ALG_SHA256;
  fill_sized(signature.signature.ecdsa.signatureR, approval.signature.r);
  fill_sized(signature.signature.ecdsa.signatureS, approval.signature.s);
  Owned<TPMT_TK_VERIFIED> ticket;
  TRY(call("verify a boot approval", [&] {
    return Esys_VerifySignature(context_->esys(), loaded, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &digest, &signature,
                                into(ticket));
  }));
  tickets_[number] = *ticket;
  return success();
}

Result<void> BootGate::run(std::size_t number, ESYS_TR policy_session) {
  TRY(ensure_ticket(number));
  const BootApproval& approval = trust_.approvals[number];
  TRY(policy_pcr(*context_, policy_session, approval.pcrs));
  const auto approved = sized<TPM2B_DIGEST>(approval.approved_policy);
  const auto reference = sized<TPM2B_NONCE>(approval.reference);
  const auto name = sized<TPM2B_NAME>(signer_name_);
  return call("satisfy the boot policy", [&] {
    return Esys_PolicyAuthorize(context_->esys(), policy_session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &approved,
                                &reference, &name, &*tickets_[number]);
  });
}

}  // namespace shosoin::tpm
