// Keys and sealed objects: templates, primary keys, Create, Load, Unseal. One thread (the context's).
#pragma once

#include "crypto/signature.h"
#include "hardware/tpm/anchor.h"
#include "hardware/tpm/session.h"

namespace shosoin::tpm {

TPM2B_PUBLIC srk_template() noexcept;                                // TCG storage root key, ECC P-256, AES-128-CFB
TPM2B_PUBLIC ak_template() noexcept;                                 // restricted P-256 ECDSA-SHA-256
TPM2B_PUBLIC external_key(const crypto::P256Point& point) noexcept;  // a signing key whose private half is elsewhere
TPM2B_PUBLIC sealed_template(const Digest& policy) noexcept;         // opens by its policy only
// alg(2) || SHA-256 of the marshalled public area (TPM 2.0 Part 1, 16)
Bytes object_name(const TPM2B_PUBLIC& object);

struct PrimaryKey {
  Handle handle;
  TPM2B_PUBLIC public_area{};
};
// Without salted session there is nothing secret in the command (the SRK); with it the authorisation value travels
// encrypted.
Result<PrimaryKey> create_storage_root(Context& context);
Result<PrimaryKey> create_attestation_key(Context& context, const SaltedSession& salted, const AuthValue& auth);
Result<Handle> make_persistent(Context& context, ESYS_TR object, TPM2_HANDLE at);
Result<void> make_transient_again(Context& context, Handle persistent, TPM2_HANDLE at);

// The secret goes to the TPM encrypted under the salted session.
struct SealRequest {
  Digest policy;
  ByteView secret;
  const AuthValue& auth;
};
Result<SealedBlob> seal(Context& context, ESYS_TR parent, const SaltedSession& salted, const SealRequest& request);
// Integrity when the blob does not parse or was not sealed under this policy.
Result<Handle> load_sealed(Context& context, ESYS_TR parent, const SaltedSession& salted, const SealedBlob& blob,
                           const Digest& policy);
// The secret comes back encrypted under the salted session.
Result<void> unseal(Context& context, ESYS_TR object, ESYS_TR policy_session, const SaltedSession& salted,
                    std::span<std::uint8_t, 32> out);

}  // namespace shosoin::tpm
