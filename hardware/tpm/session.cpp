#include "hardware/tpm/session.h"

namespace shosoin::tpm {
namespace {

Result<Handle> start(Context& context, TPM2_SE type, ESYS_TR salt_key, TPMA_SESSION attributes) {
  TPMT_SYM_DEF symmetric{};
  symmetric.algorithm = TPM2_ALG_AES;
  symmetric.keyBits.aes = 128;
  symmetric.mode.aes = TPM2_ALG_CFB;
  ESYS_TR session = ESYS_TR_NONE;
  TRY(call("start a TPM session", [&] {
    return Esys_StartAuthSession(context.esys(), salt_key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                 nullptr, type, &symmetric, TPM2_ALG_SHA256, &session);
  }));
  Handle handle(context, session, Handle::Leaving::Flush);
  TRY(call("set the attributes of a TPM session",
           [&] { return Esys_TRSess_SetAttributes(context.esys(), session, attributes, 0xFF); }));
  return handle;
}

constexpr TPMA_SESSION kEncrypting = TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT | TPMA_SESSION_DECRYPT;

}  // namespace

Result<SaltedSession> SaltedSession::start(Context& context, ESYS_TR salt_key) {
  ENSURE(salt_key != ESYS_TR_NONE);  // parameter encryption without salt is undone from a capture of the bus (lab)
  TRY(auto session, tpm::start(context, TPM2_SE_HMAC, salt_key, kEncrypting));
  return SaltedSession(context, std::move(session));
}

Result<ESYS_TR> SaltedSession::armed() const {
  ENSURE(context_ != nullptr);
  TRY(call("arm the salted session",
           [&] { return Esys_TRSess_SetAttributes(context_->esys(), session_.get(), kEncrypting, 0xFF); }));
  return session_.get();
}

Result<Handle> start_plain_session(Context& context) {
  return start(context, TPM2_SE_HMAC, ESYS_TR_NONE, TPMA_SESSION_CONTINUESESSION);
}
Result<Handle> start_policy_session(Context& context) {
  return start(context, TPM2_SE_POLICY, ESYS_TR_NONE, TPMA_SESSION_CONTINUESESSION);
}
Result<void> restart_policy(Context& context, ESYS_TR session) {
  return call("restart a policy session",
              [&] { return Esys_PolicyRestart(context.esys(), session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE); });
}

TPML_PCR_SELECTION pcr_selection(const std::vector<unsigned>& pcrs) noexcept {
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  auto& bank = selection.pcrSelections[0];
  bank.hash = TPM2_ALG_SHA256;
  bank.sizeofSelect = 3;
  for (const unsigned pcr : pcrs) {
    ENSURE(pcr < 24);
    bank.pcrSelect[pcr / 8] = static_cast<BYTE>(bank.pcrSelect[pcr / 8] | (1u << (pcr % 8)));
  }
  return selection;
}

Result<void> policy_pcr(Context& context, ESYS_TR session, const std::vector<unsigned>& pcrs) {
  const auto selection = pcr_selection(pcrs);
  const TPM2B_DIGEST as_they_are{};
  return call("bind a policy session to the PCRs", [&] {
    return Esys_PolicyPCR(context.esys(), session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &as_they_are, &selection);
  });
}

Result<void> policy_nv(Context& context, ESYS_TR session, const NvComparison& comparison, const SaltedSession& salted) {
  const auto operand = sized<TPM2B_OPERAND>(comparison.operand);
  TRY(auto io, salted.armed());
  return call("compare an NV index with the policy", [&] {
    return Esys_PolicyNV(context.esys(), comparison.index, comparison.index, session, io, ESYS_TR_NONE, ESYS_TR_NONE,
                         &operand, 0, comparison.operation);
  });
}

Result<void> policy_or(Context& context, ESYS_TR session, const std::vector<Digest>& branches) {
  TPML_DIGEST list{};
  ENSURE(branches.size() >= 2 && branches.size() <= 8);  // TPM 2.0 Part 3, 23.6
  list.count = static_cast<UINT32>(branches.size());
  for (std::size_t i = 0; i < branches.size(); ++i) fill_sized(list.digests[i], branches[i]);
  return call("choose a branch of the policy",
              [&] { return Esys_PolicyOR(context.esys(), session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &list); });
}

Result<void> policy_auth_value(Context& context, ESYS_TR session) {
  return call("add the authorisation value to the policy",
              [&] { return Esys_PolicyAuthValue(context.esys(), session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE); });
}

Result<Digest> policy_digest_in_tpm(Context& context, ESYS_TR session) {
  Owned<TPM2B_DIGEST> found;
  TRY(call("read the digest of a policy session", [&] {
    return Esys_PolicyGetDigest(context.esys(), session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, into(found));
  }));
  Digest digest{};
  if (found->size != digest.size()) return Error{ErrorCode::TpmUnreachable, "read the digest of a policy session"};
  std::memcpy(digest.data(), found->buffer, digest.size());
  return digest;
}

}  // namespace shosoin::tpm
