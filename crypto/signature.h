// Ed25519 (RFC 8032, libsodium) for certificates; P-256 ECDSA (OpenSSL) for what the TPM must verify or has signed. Pure; any thread.
#pragma once

#include "crypto/roots.h"
#include "firmware/base/bytes.h"
#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::crypto {

using Ed25519PublicKey = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;
Ed25519PublicKey ed25519_public_key(const SigningSeed& seed);
Ed25519Signature ed25519_sign(const SigningSeed& seed, ByteView message);  // deterministic
bool ed25519_verify(const Ed25519PublicKey& key, ByteView message, ByteView signature);

struct P256Point {  // affine, big endian
  std::array<std::uint8_t, 32> x{}, y{};
  bool operator==(const P256Point&) const = default;
};
struct EcdsaSignature {  // big endian
  std::array<std::uint8_t, 32> r{}, s{};
};
P256Point p256_public(const Secret<struct CustodianScalarMeaning, 32>& scalar);
EcdsaSignature p256_sign(const Secret<struct CustodianScalarMeaning, 32>& scalar, ByteView message);  // over SHA-256(message)
bool p256_verify(const P256Point& key, ByteView message, const EcdsaSignature& signature);
// A PEM private key on P-256 (the firmware signing key in development installations).
Result<EcdsaSignature> p256_sign_with_pem(std::string_view pem, ByteView message);
Result<P256Point> p256_public_from_pem(std::string_view pem);  // public or private PEM
std::string p256_public_to_pem(const P256Point& point);

}  // namespace shosoin::crypto
