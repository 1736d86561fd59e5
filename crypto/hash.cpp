// The functions below are OpenSSL's own SHA-256, which 3.0 would rather see called through EVP. They need no memory, so
// that no hash can fail, and cost no set-up (decision 0041).
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <openssl/sha.h>

#include <algorithm>

#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::crypto {
namespace {

constexpr std::size_t kHmacBlock = SHA256_CBLOCK;  // block size of SHA-256, RFC 2104 section 2

// Begins anew with each object, or where another stands. Wiped: its chaining value may be a key's.
class Sha256 {
 public:
  Sha256() { ENSURE(SHA256_Init(&state_) == 1); }
  Sha256(const Sha256&) = default;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256() { memory::wipe(std::span(reinterpret_cast<std::uint8_t*>(&state_), sizeof state_)); }
  Sha256& add(ByteView part) {
    ENSURE(SHA256_Update(&state_, part.data(), part.size()) == 1);
    return *this;
  }
  Digest finish() {
    Digest out{};
    ENSURE(SHA256_Final(out.data(), &state_) == 1);
    return out;
  }

 private:
  SHA256_CTX state_;
};

// RFC 2104 with both pads hashed once: several messages under one key (HKDF's expansion) go on from there.
class Hmac {
 public:
  explicit Hmac(ByteView key) {
    std::array<std::uint8_t, kHmacBlock> pad{};
    if (key.size() > kHmacBlock) {
      Digest hashed = sha256(key);
      std::ranges::copy(hashed, pad.begin());
      memory::wipe(hashed);
    } else {
      std::ranges::copy(key, pad.begin());
    }
    for (auto& byte : pad) byte ^= kInner;
    inner_.add(pad);
    for (auto& byte : pad) byte ^= kInner ^ kOuter;
    outer_.add(pad);
    memory::wipe(pad);
  }

  template <class Parts>
  Digest of(const Parts& parts) const {
    Sha256 inner = inner_;
    for (ByteView part : parts) inner.add(part);
    Digest digest = inner.finish();
    Sha256 outer = outer_;
    const Digest out = outer.add(digest).finish();
    memory::wipe(digest);
    return out;
  }

 private:
  static constexpr std::uint8_t kInner = 0x36, kOuter = 0x5c;
  Sha256 inner_, outer_;
};

}  // namespace

Digest sha256(std::initializer_list<ByteView> parts) {
  Sha256 hasher;
  for (ByteView part : parts) hasher.add(part);
  return hasher.finish();
}

Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) { return Hmac(key).of(parts); }

void hkdf_sha256(ByteView key_material, ByteView salt, ByteView info, std::span<std::uint8_t> out) {
  ENSURE(out.size() <= 255 * sizeof(Digest));  // RFC 5869 section 2.3
  // An empty salt means 32 zero bytes, which HMAC pads an empty key to anyway.
  Digest extracted = hmac_sha256(salt, {key_material});
  Hmac expand(extracted);
  memory::wipe(extracted);
  Digest block{};
  std::uint8_t number = 1;
  for (std::size_t at = 0; at < out.size(); at += block.size(), ++number) {
    const ByteView previous = number == 1 ? ByteView{} : ByteView(block);
    block = expand.of(std::array<ByteView, 3>{previous, info, ByteView(&number, 1)});
    std::copy_n(block.begin(), std::min(block.size(), out.size() - at), out.begin() + static_cast<std::ptrdiff_t>(at));
  }
  memory::wipe(block);
}

Digest merkle_leaf(std::initializer_list<ByteView> data_parts) {
  constexpr std::uint8_t kLeaf = 0x00;
  Sha256 hasher;
  hasher.add(ByteView(&kLeaf, 1));
  for (ByteView part : data_parts) hasher.add(part);
  return hasher.finish();
}

// Level by level. Carrying an odd last node up unchanged gives the tree of RFC 6962: its left part is always a full
// power of two.
Digest merkle_root(const std::vector<Digest>& leaves) {
  constexpr std::uint8_t kNode = 0x01;
  if (leaves.empty()) return sha256(ByteView{});
  std::vector<Digest> level = leaves;
  while (level.size() > 1) {
    const std::size_t pairs = level.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) level[i] = sha256({ByteView(&kNode, 1), level[2 * i], level[2 * i + 1]});
    if (level.size() % 2 != 0) level[pairs] = level.back();
    level.resize(pairs + level.size() % 2);
  }
  return level[0];
}

}  // namespace shosoin::crypto
