// ChaCha20-Poly1305 (RFC 8439) under a key that is used once, hence with the zero nonce (DESIGN section 4). OpenSSL's:
// it takes a quarter of libsodium's time for 2 KiB where there is AVX-512, and no more anywhere. One context per
// thread, in which no key stays behind. Any thread.
#pragma once

#include <span>

#include "firmware/base/bytes.h"

namespace shosoin::crypto {

inline constexpr std::size_t kAeadKey = 32;
inline constexpr std::size_t kAeadTag = 16;

struct AeadKey {  // a view; the bytes belong to the caller
  std::span<const std::uint8_t, kAeadKey> bytes;
};
// out: as long as plain and the tag; may begin where plain begins.
void aead_seal(AeadKey key, ByteView associated, ByteView plain, std::span<std::uint8_t> out);
// out: as long as sealed without its tag. False, and out is zeros, when anything is not as it was sealed.
bool aead_open(AeadKey key, ByteView associated, ByteView sealed, std::span<std::uint8_t> out);

}  // namespace shosoin::crypto
