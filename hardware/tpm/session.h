// Sessions. SaltedSession: the one salted HMAC session of a start; it authorises with HMACs and encrypts parameters.
// Policy sessions are unsalted and short-lived. A real chip salts in about 0.2 s and holds three sessions: salted once,
// at most one other beside it. Use a session only through the calls here: armed() sets the attributes before EVERY use.
#pragma once

#include "hardware/tpm/context.h"

namespace shosoin::tpm {

class SaltedSession {
 public:
  SaltedSession() noexcept = default;
  static Result<SaltedSession> start(Context& context, ESYS_TR salt_key);
  // ESYS clears ENCRYPT and DECRYPT for commands without such a parameter and restores them only on success: after one
  // refusal the next Unseal would send the secret in clear (seen in the lab). Hence before every use.
  Result<ESYS_TR> armed() const;
  void end() noexcept { session_.reset(); }

 private:
  SaltedSession(Context& context, Handle session) noexcept : context_(&context), session_(std::move(session)) {}
  Context* context_ = nullptr;
  Handle session_;
};

// An unsalted HMAC session that encrypts nothing: a second authorisation beside the salted one (NV_Certify).
Result<Handle> start_plain_session(Context& context);
Result<Handle> start_policy_session(Context& context);
Result<void> restart_policy(Context& context, ESYS_TR session);

// Policy commands. Assertions go in this order into the session; the digests in software are in policy.h.
Result<void> policy_pcr(Context& context, ESYS_TR session, const std::vector<unsigned>& pcrs);
struct NvComparison {
  ESYS_TR index;
  ByteView operand;
  TPM2_EO operation;
};
Result<void> policy_nv(Context& context, ESYS_TR session, const NvComparison& comparison, const SaltedSession& salted);
Result<void> policy_or(Context& context, ESYS_TR session, const std::vector<Digest>& branches);
Result<void> policy_auth_value(Context& context, ESYS_TR session);
Result<Digest> policy_digest_in_tpm(Context& context, ESYS_TR session);

TPML_PCR_SELECTION pcr_selection(const std::vector<unsigned>& pcrs) noexcept;  // SHA-256 bank; ENSUREs PCR < 24

}  // namespace shosoin::tpm
