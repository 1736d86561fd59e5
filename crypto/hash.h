// SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104), HKDF-SHA-256 (RFC 5869), RFC 6962 tree hash. Pure; any thread. Takes no
// memory, so that no hash fails.
#pragma once

#include <initializer_list>
#include <vector>

#include "firmware/base/bytes.h"

namespace shosoin::crypto {

Digest sha256(std::initializer_list<ByteView> parts);
inline Digest sha256(ByteView whole) { return sha256({whole}); }
Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);
// out.size() <= 255 * 32. salt may be empty.
void hkdf_sha256(ByteView key_material, ByteView salt, ByteView info, std::span<std::uint8_t> out);

// RFC 6962 section 2.1: leaf = SHA256(0x00 || data), node = SHA256(0x01 || left || right); empty tree = SHA256("").
Digest merkle_leaf(std::initializer_list<ByteView> data_parts);
Digest merkle_root(const std::vector<Digest>& leaves);

}  // namespace shosoin::crypto
