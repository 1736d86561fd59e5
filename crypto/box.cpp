#include "crypto/box.h"

#include <sodium.h>

#include <algorithm>

#include "crypto/hash.h"

namespace shosoin::crypto {
namespace {

constexpr std::uint8_t kAlgorithm = 1;  // frozen: HKDF-SHA-256 with commitment, ChaCha20-Poly1305
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kCommitSize = 32;
constexpr std::size_t kTagSize = crypto_aead_chacha20poly1305_ietf_ABYTES;
constexpr std::size_t kHeadSize = 1 + kSaltSize + kCommitSize;
static_assert(kHeadSize + kTagSize == kBoxOverhead);
// The one-time key is never used twice, so the nonce carries nothing (DESIGN section 4).
constexpr std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> kZeroNonce{};

// Both halves of the derivation; wiped when it goes.
class Derived {
 public:
  Derived(ByteView key32, BoxKind kind, ByteView salt) {
    ENSURE(key32.size() == 32 && salt.size() == kSaltSize);
    Bytes info = copy_of(view_of("shosoin/1/"));
    append(info, be(static_cast<std::uint16_t>(kind)));
    hkdf_sha256(key32, salt, info, bytes_);
  }
  Derived(const Derived&) = delete;
  Derived& operator=(const Derived&) = delete;
  ~Derived() { memory::wipe(bytes_); }
  const std::uint8_t* one_time_key() const { return bytes_.data(); }
  ByteView commit() const { return ByteView(bytes_).subspan(32); }

 private:
  std::array<std::uint8_t, 32 + kCommitSize> bytes_{};
};

}  // namespace

std::array<std::uint8_t, 52> associated_data(const BoxContext& context) {
  std::array<std::uint8_t, 52> out{};
  auto at = out.begin();
  const auto put = [&](ByteView bytes) { at = std::ranges::copy(bytes, at).out; };
  put(be(static_cast<std::uint16_t>(context.kind)));
  put(be(kBoxFormat));
  put(context.tenant.view());
  put(context.id);
  put(be(context.epoch));
  put(be(context.seq));
  ENSURE(at == out.end());
  return out;
}

Bytes seal_box(ByteView key32, const BoxContext& context, ByteView plain) {
  std::array<std::uint8_t, kSaltSize> salt;
  fill_random(salt);
  return seal_box_with_salt(key32, context, plain, salt);
}

Bytes seal_box_with_salt(ByteView key32, const BoxContext& context, ByteView plain, ByteView salt32) {
  const Derived derived(key32, context.kind, salt32);
  const auto aad = associated_data(context);
  Bytes box(kBoxOverhead + plain.size());
  box[0] = kAlgorithm;
  std::ranges::copy(salt32, box.begin() + 1);
  std::ranges::copy(derived.commit(), box.begin() + 1 + kSaltSize);
  unsigned long long written = 0;
  ENSURE(crypto_aead_chacha20poly1305_ietf_encrypt(box.data() + kHeadSize, &written, plain.data(), plain.size(),
                                                   aad.data(), aad.size(), nullptr, kZeroNonce.data(),
                                                   derived.one_time_key()) == 0);
  ENSURE(written == plain.size() + kTagSize);
  return box;
}

Result<Bytes> open_box(ByteView key32, const BoxContext& context, ByteView box) {
  if (box.size() < kBoxOverhead) return Error{ErrorCode::Integrity, "read the length of a box"};
  if (box[0] != kAlgorithm) return Error{ErrorCode::Integrity, "read the algorithm of a box"};
  const Derived derived(key32, context.kind, box.subspan(1, kSaltSize));
  // The commitment first: AEAD alone would let one ciphertext open under two keys.
  if (!memory::constant_time_equal(box.subspan(1 + kSaltSize, kCommitSize), derived.commit())) {
    return Error{ErrorCode::Integrity, "check the key commitment of a box"};
  }
  const auto aad = associated_data(context);
  const ByteView sealed = box.subspan(kHeadSize);
  Bytes plain(sealed.size() - kTagSize);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                aad.data(), aad.size(), kZeroNonce.data(),
                                                derived.one_time_key()) != 0) {
    return Error{ErrorCode::Integrity, "open a box"};
  }
  return plain;
}

}  // namespace shosoin::crypto
