#include <sodium.h>

#include "crypto/signature.h"

namespace shosoin::crypto {
namespace {

using ExpandedKey = Secret<struct ExpandedSigningKeyMeaning, crypto_sign_SECRETKEYBYTES>;
struct KeyPair {
  Ed25519PublicKey open{};
  ExpandedKey secret;
};
KeyPair expand(const SigningSeed& seed) {
  Ed25519PublicKey open{};
  auto secret = seed.expose([&](ByteView bytes) {
    return ExpandedKey::made_by([&](std::span<std::uint8_t> out) {
      ENSURE(crypto_sign_seed_keypair(open.data(), out.data(), bytes.data()) == 0);
    });
  });
  return {open, std::move(secret)};
}

}  // namespace

Ed25519PublicKey ed25519_public_key(const SigningSeed& seed) { return expand(seed).open; }

Ed25519Signature ed25519_sign(const SigningSeed& seed, ByteView message) {
  Ed25519Signature out{};
  expand(seed).secret.expose([&](ByteView key) {
    ENSURE(crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), key.data()) == 0);
  });
  return out;
}

bool ed25519_verify(const Ed25519PublicKey& key, ByteView message, ByteView signature) {
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

}  // namespace shosoin::crypto
