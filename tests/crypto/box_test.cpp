#include "crypto/box.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "crypto/hash.h"
#include "tests/crypto/vectors.h"

namespace shosoin::crypto {
namespace {

using testing::fixed_hex;
using testing::hex;

const Bytes kKey = Bytes(32, 0x11);
BoxContext delta_row() {
  return {.kind = BoxKind::Delta, .tenant = TenantId({1, 2}), .id = {3, 4}, .epoch = 5, .seq = 6};
}
bool refused(ByteView key, const BoxContext& context, ByteView box) {
  const auto opened = open_box(key, context, box);
  return !opened && opened.error().code() == ErrorCode::Integrity;
}

TEST(ChaCha20Poly1305, AgreesWithRfc8439Section282) {
  const Bytes key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const Bytes nonce = hex("070000004041424344454647");
  const Bytes aad = hex("50515253c0c1c2c3c4c5c6c7");
  const std::string_view plain =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
      "it.";
  Bytes out(plain.size() + crypto_aead_chacha20poly1305_ietf_ABYTES);
  ASSERT_EQ(crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, view_of(plain).data(), plain.size(),
                                                      aad.data(), aad.size(), nullptr, nonce.data(), key.data()),
            0);
  EXPECT_EQ(to_hex(out),
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
            "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
            "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
}
TEST(Box, AgreesWithTheSecondImplementation) {
  const auto cases = testing::read_vectors("box.json");
  ASSERT_GE(cases.as_array().size(), 8u);
  for (const auto& entry : cases.as_array()) {
    const BoxContext context{.kind = static_cast<BoxKind>(entry.at("kind").to_number<std::uint16_t>()),
                             .tenant = TenantId(fixed_hex<16>(entry.at("tenant"))),
                             .id = fixed_hex<16>(entry.at("id")),
                             .epoch = entry.at("epoch").to_number<std::uint64_t>(),
                             .seq = entry.at("seq").to_number<std::uint64_t>()};
    SCOPED_TRACE(entry.at("name").as_string().c_str());
    const Bytes key = hex(entry.at("key"));
    const Bytes box = hex(entry.at("box"));
    const Bytes plain = hex(entry.at("plain"));
    EXPECT_EQ(to_hex(associated_data(context)), std::string_view(entry.at("aad").as_string()));
    EXPECT_EQ(to_hex(seal_box_with_salt(key, context, plain, hex(entry.at("salt")))), to_hex(box));
    const auto opened = open_box(key, context, box);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened.value(), plain);
  }
}
TEST(Box, CostsEightyOneBytesAndOpensToWhatWasSealed) {
  for (std::size_t size : {0u, 1u, 31u, 3999u, 100'000u}) {
    const Bytes plain(size, 0x5a);
    const Bytes box = seal_box(kKey, delta_row(), plain);
    EXPECT_EQ(box.size(), plain.size() + kBoxOverhead);
    const auto opened = open_box(kKey, delta_row(), box);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened.value(), plain);
  }
}
TEST(Box, NothingOfTheMemoryItIsGivenStandsInIt) {
  const Bytes plain(100, 0x5a);
  for (std::size_t room : {0u, 1u, 180u, 181u, 182u, 5000u}) {
    const Bytes box = seal_box(kKey, delta_row(), plain, Bytes(room, 0xee));
    EXPECT_EQ(box.size(), plain.size() + kBoxOverhead) << room;
    const auto opened = open_box(kKey, delta_row(), box);
    ASSERT_TRUE(opened) << room;
    EXPECT_EQ(opened.value(), plain);
  }
}
TEST(Box, OpensUnderAGuardedKeyLikeUnderItsBytes) {
  const auto key = TenantEpochKey::random();
  const Bytes box = seal_box(key, delta_row(), view_of("guarded"));
  const auto opened = open_box(key, delta_row(), box);
  ASSERT_TRUE(opened);
  EXPECT_EQ(text_of(opened.value()), "guarded");
  EXPECT_FALSE(open_box(TenantEpochKey::random(), delta_row(), box));
}
TEST(Box, TwoBoxesOfTheSameTextHaveNothingButTheAlgorithmInCommon) {
  const Bytes plain(64, 0);
  const Bytes one = seal_box(kKey, delta_row(), plain);
  const Bytes two = seal_box(kKey, delta_row(), plain);
  for (std::size_t part : {1u, 33u, 65u, 97u, 129u}) {
    const std::size_t size = part == 129u ? 16 : 32;
    EXPECT_FALSE(equal(ByteView(one).subspan(part, size), ByteView(two).subspan(part, size))) << part;
  }
}
TEST(Box, RefusesEveryFlippedBit) {
  const Bytes box = seal_box(kKey, delta_row(), view_of("one bit is enough"));
  for (std::size_t bit = 0; bit < box.size() * 8; ++bit) {
    Bytes broken = box;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_TRUE(refused(kKey, delta_row(), broken)) << "bit " << bit;
  }
}
TEST(Box, RefusesEveryFlippedBitOfTheKey) {
  const Bytes box = seal_box(kKey, delta_row(), view_of("keyed"));
  for (std::size_t bit = 0; bit < 256; ++bit) {
    Bytes key = kKey;
    key[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_TRUE(refused(key, delta_row(), box)) << "bit " << bit;
  }
}
TEST(Box, RefusesEveryShorterAndEveryLongerForm) {
  const Bytes box = seal_box(kKey, delta_row(), view_of("length"));
  for (std::size_t size = 0; size < box.size(); ++size) {
    EXPECT_TRUE(refused(kKey, delta_row(), ByteView(box).first(size))) << size;
  }
  Bytes longer = box;
  longer.push_back(0);
  EXPECT_TRUE(refused(kKey, delta_row(), longer));
}
TEST(Box, RefusesABoxMovedToAnotherMunicipality) {
  auto elsewhere = delta_row();
  elsewhere.tenant = TenantId({1, 3});
  EXPECT_TRUE(refused(kKey, elsewhere, seal_box(kKey, delta_row(), view_of("moved"))));
}
TEST(Box, RefusesABoxMovedToAnotherGeneration) {
  auto elsewhere = delta_row();
  elsewhere.id[15] = 1;
  EXPECT_TRUE(refused(kKey, elsewhere, seal_box(kKey, delta_row(), view_of("moved"))));
}
TEST(Box, RefusesABoxMovedToAnotherEpoch) {
  auto elsewhere = delta_row();
  elsewhere.epoch += 1;
  EXPECT_TRUE(refused(kKey, elsewhere, seal_box(kKey, delta_row(), view_of("moved"))));
}
TEST(Box, RefusesABoxMovedToAnotherPlaceInTheSequence) {
  auto elsewhere = delta_row();
  elsewhere.seq -= 1;
  EXPECT_TRUE(refused(kKey, elsewhere, seal_box(kKey, delta_row(), view_of("moved"))));
}
TEST(Box, RefusesABoxPresentedAsAnyOtherKind) {
  const Bytes box = seal_box(kKey, delta_row(), view_of("kinds"));
  int tried = 0;
  for (auto kind : {BoxKind::OuterWrap, BoxKind::InnerWrap, BoxKind::GenerationHead, BoxKind::Block, BoxKind::Directory,
                    BoxKind::LogFrame, BoxKind::RecordRow, BoxKind::Sealed}) {
    auto elsewhere = delta_row();
    elsewhere.kind = kind;
    EXPECT_TRUE(refused(kKey, elsewhere, box));
    ++tried;
  }
  EXPECT_EQ(tried, 8);
}
// A box whose text and tag are right under the derived key, but whose commitment is of another key: the AEAD alone
// would open it.
TEST(Box, RefusesAForeignCommitmentEvenWhenTheTagIsRight) {
  const Bytes salt(32, 7);
  Bytes box = seal_box_with_salt(kKey, delta_row(), view_of("committed"), salt);
  const Bytes other = seal_box_with_salt(Bytes(32, 0x12), delta_row(), view_of("committed"), salt);
  std::copy(other.begin() + 33, other.begin() + 65, box.begin() + 33);
  const auto opened = open_box(kKey, delta_row(), box);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().doing(), "check the key commitment of a box");
}
TEST(BoxDeathTest, RefusesAKeyOfAnotherLength) {
  EXPECT_DEATH(seal_box(Bytes(31), delta_row(), view_of("short")), "ENSURE");
}

}  // namespace
}  // namespace shosoin::crypto
