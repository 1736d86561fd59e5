// Derivations of DESIGN section 4 that are not boxes. Pure; any thread.
#pragma once

#include "firmware/memory/secret.h"

namespace shosoin::crypto {

// R(e) = HKDF-SHA-256(ikm = S(e) || K(e), salt "shosoin/1/root", info be64(e), 32)
EpochRoot derive_epoch_root(const RootHalfSealed& sealed_half, const RootHalfSlot& slot_half, std::uint64_t epoch);
// HKDF-SHA-256(ikm = custodian secret, salt "shosoin/1/custodians", info = purpose, 32); purposes: "owner", "endorsement",
// "lockout", "signing" (P-256 scalar: the 48-byte output reduced, see custodian_signing_scalar).
AuthValue derive_custodian_auth(const CustodianSecret& custodians, std::string_view purpose);
// A P-256 private scalar in [1, n-1], big endian, by 48 bytes of HKDF output mod (n-1) + 1 (FIPS 186-5 A.2.1).
Secret<struct CustodianScalarMeaning, 32> custodian_signing_scalar(const CustodianSecret& custodians);

}  // namespace shosoin::crypto
