// Our AEAD held against libsodium's, which is another implementation of RFC 8439; third-party vectors stand with boxes
// and rows, the only two that use it.
#include "crypto/aead.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>

#include "firmware/base/ids.h"

namespace shosoin::crypto {
namespace {

Bytes random_bytes(std::size_t size) {
  Bytes out(size);
  fill_random(out);
  return out;
}
AeadKey view_of_key(const Bytes& key) { return {std::span(key).first<kAeadKey>()}; }

TEST(Aead, SealsWhatLibsodiumOpensAndOpensWhatItSeals) {
  const std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> zero_nonce{};
  for (const std::size_t size : {0u, 1u, 15u, 16u, 63u, 64u, 65u, 255u, 1997u, 3999u, 8191u, 100'000u}) {
    for (const std::size_t associated_size : {0u, 1u, 52u, 64u}) {
      const auto key = random_bytes(kAeadKey), plain = random_bytes(size), associated = random_bytes(associated_size);
      Bytes ours(size + kAeadTag), theirs(size + kAeadTag), opened(size);
      aead_seal(view_of_key(key), associated, plain, ours);
      crypto_aead_chacha20poly1305_ietf_encrypt(theirs.data(), nullptr, plain.data(), size, associated.data(),
                                                associated_size, nullptr, zero_nonce.data(), key.data());
      ASSERT_EQ(ours, theirs) << size << ' ' << associated_size;
      ASSERT_TRUE(aead_open(view_of_key(key), associated, theirs, opened));
      ASSERT_EQ(opened, plain);
    }
  }
}

TEST(Aead, SealsInPlace) {
  const auto key = random_bytes(kAeadKey), plain = random_bytes(1997), associated = random_bytes(52);
  Bytes apart(plain.size() + kAeadTag), together(plain.size() + kAeadTag);
  std::ranges::copy(plain, together.begin());
  aead_seal(view_of_key(key), associated, plain, apart);
  aead_seal(view_of_key(key), associated, ByteView(together).first(plain.size()), together);
  EXPECT_EQ(together, apart);
}

TEST(Aead, RefusesAnyOtherBitAndLeavesNoPlaintext) {
  const auto key = random_bytes(kAeadKey), plain = random_bytes(40), associated = random_bytes(8);
  Bytes sealed(plain.size() + kAeadTag), opened(plain.size());
  aead_seal(view_of_key(key), associated, plain, sealed);
  const auto refused = [&](const Bytes& with_key, const Bytes& with_associated, const Bytes& with_sealed) {
    std::ranges::fill(opened, std::uint8_t{7});
    return !aead_open(view_of_key(with_key), with_associated, with_sealed, opened) && opened == Bytes(plain.size());
  };
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    auto other = sealed;
    other[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    ASSERT_TRUE(refused(key, associated, other)) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * key.size(); ++bit) {
    auto other = key;
    other[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    ASSERT_TRUE(refused(other, associated, sealed)) << bit;
  }
  auto other = associated;
  other[3] ^= 1;
  EXPECT_TRUE(refused(key, other, sealed));
  EXPECT_TRUE(refused(key, {}, sealed));
  EXPECT_TRUE(aead_open(view_of_key(key), associated, sealed, opened));
  EXPECT_EQ(opened, plain);
}

}  // namespace
}  // namespace shosoin::crypto
