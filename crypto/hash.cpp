#include "crypto/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::crypto {
namespace {

constexpr std::size_t kHmacBlock = 64;  // block size of SHA-256, RFC 2104 section 2

const EVP_MD* sha256_algorithm() {
  static EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);  // fetched once: a lookup costs more than a hash
  ENSURE(algorithm != nullptr);
  return algorithm;
}

// One hashing context per thread. finish() starts it anew, so that no chaining value of a key stays behind in it.
class Sha256 {
 public:
  static Sha256& of_this_thread() {
    static thread_local Sha256 hasher;
    return hasher;
  }
  Sha256& add(ByteView part) {
    ENSURE(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
    return *this;
  }
  Digest finish() {
    Digest out{};
    ENSURE(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
    start(nullptr);
    return out;
  }

 private:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    ENSURE(context_ != nullptr);
    start(sha256_algorithm());
  }
  void start(const EVP_MD* algorithm) { ENSURE(EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1); }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// RFC 2104 with the key padded once: several messages under one key (HKDF's expansion) share the pads.
class Hmac {
 public:
  explicit Hmac(ByteView key) {
    if (key.size() > kHmacBlock) {
      Digest hashed = sha256(key);
      std::ranges::copy(hashed, pad_.begin());
      memory::wipe(hashed);
    } else {
      std::ranges::copy(key, pad_.begin());
    }
  }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;
  ~Hmac() { memory::wipe(pad_); }

  template <class Parts>
  Digest of(const Parts& parts) {
    auto& hasher = Sha256::of_this_thread();
    flip(0x36);
    hasher.add(pad_);
    for (ByteView part : parts) hasher.add(part);
    flip(0x36);
    Digest inner = hasher.finish();
    flip(0x5c);
    Digest out = hasher.add(pad_).add(inner).finish();
    flip(0x5c);
    memory::wipe(inner);
    return out;
  }

 private:
  void flip(std::uint8_t with) {
    for (auto& byte : pad_) byte ^= with;
  }
  std::array<std::uint8_t, kHmacBlock> pad_{};
};

}  // namespace

Digest sha256(std::initializer_list<ByteView> parts) {
  auto& hasher = Sha256::of_this_thread();
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
  auto& hasher = Sha256::of_this_thread();
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
