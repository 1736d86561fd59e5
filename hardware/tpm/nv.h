// NV indices: define, read, write, extend, increment, certify. Sizes and attributes are the frozen ones of objects.md.
// One thread.
#pragma once

#include "hardware/tpm/anchor.h"
#include "hardware/tpm/session.h"

namespace shosoin::tpm {

enum class NvKind : std::uint8_t { Counter, Chain, Slot };
inline constexpr std::uint16_t kCounterSize = 8;
inline constexpr std::uint16_t kChainSize = 32;
inline constexpr std::uint16_t kSlotSize = 32;

struct NvSpace {
  TPM2_HANDLE index;
  NvKind kind;
  Digest policy;
};
// The authorisation value travels encrypted. The owner's authorisation is taken from the context (empty while
// provisioning).
Result<Handle> define_nv(Context& context, const SaltedSession& salted, const NvSpace& space, const AuthValue& auth);
Result<void> undefine_nv(Context& context, Handle index);

// authorising: a session that satisfies the index. encrypting: the salted session beside it, or ESYS_TR_NONE when the
// authorising session encrypts itself or the value is public.
struct NvAccess {
  ESYS_TR index;
  ESYS_TR authorising;
  ESYS_TR encrypting = ESYS_TR_NONE;
};
Result<void> read_nv(Context& context, const NvAccess& access, std::span<std::uint8_t> out);
Result<void> write_nv(Context& context, const NvAccess& access, ByteView value);
Result<void> extend_nv(Context& context, const NvAccess& access, ByteView value);  // not idempotent
Result<void> increment_nv(Context& context, const NvAccess& access);               // not idempotent

struct NvCertification {
  ESYS_TR key;
  ESYS_TR key_session;
  NvAccess index;
  std::uint16_t size;
  Digest qualifying;
};
Result<Attestation> certify_nv(Context& context, const NvCertification& request);
Result<Bytes> marshal_signature(const TPMT_SIGNATURE& signature);

}  // namespace shosoin::tpm
