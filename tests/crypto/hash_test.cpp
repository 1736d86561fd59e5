#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/crypto/vectors.h"

namespace shosoin::crypto {
namespace {

using testing::hex;

Bytes repeated(std::size_t count, std::uint8_t byte) { return Bytes(count, byte); }
std::string hkdf_hex(ByteView key_material, ByteView salt, ByteView info, std::size_t size) {
  Bytes out(size);
  hkdf_sha256(key_material, salt, info, out);
  return to_hex(out);
}

TEST(Sha256, AgreesWithTheExamplesOfFips180) {
  EXPECT_EQ(to_hex(sha256(view_of("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(view_of(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(view_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
TEST(Sha256, HashesPartsLikeTheirConcatenation) {
  EXPECT_EQ(sha256({view_of("ab"), view_of(""), view_of("c")}), sha256(view_of("abc")));
}
TEST(Sha256, GivesEachThreadItsOwnContext) {
  std::array<Digest, 4> seen{};
  {
    std::vector<std::jthread> threads;
    for (auto& digest : seen) {
      threads.emplace_back([&digest] {
        for (int i = 0; i < 2000; ++i) digest = sha256(repeated(1000, 0x61));
      });
    }
  }
  for (const auto& digest : seen) EXPECT_EQ(digest, sha256(repeated(1000, 0x61)));
}
TEST(HmacSha256, AgreesWithRfc4231) {  // cases 1 to 4, 6 and 7
  EXPECT_EQ(to_hex(hmac_sha256(repeated(20, 0x0b), {view_of("Hi There")})),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(view_of("Jefe"), {view_of("what do ya want "), view_of("for nothing?")})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(repeated(20, 0xaa), {repeated(50, 0xdd)})),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(to_hex(hmac_sha256(hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), {repeated(50, 0xcd)})),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(
      to_hex(hmac_sha256(repeated(131, 0xaa), {view_of("Test Using Larger Than Block-Size Key - Hash Key First")})),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(
      to_hex(hmac_sha256(repeated(131, 0xaa),
                         {view_of("This is a test using a larger than block-size key and a larger than block-size "
                                  "data. The key needs to be hashed before being used by the HMAC algorithm.")})),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}
TEST(HkdfSha256, AgreesWithRfc5869) {  // appendix A.1 to A.3
  EXPECT_EQ(hkdf_hex(repeated(22, 0x0b), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), 42),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  Bytes key_material, salt, info;
  for (unsigned i = 0; i < 80; ++i) {
    key_material.push_back(static_cast<std::uint8_t>(i));
    salt.push_back(static_cast<std::uint8_t>(0x60 + i));
    info.push_back(static_cast<std::uint8_t>(0xb0 + i));
  }
  EXPECT_EQ(hkdf_hex(key_material, salt, info, 82),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(hkdf_hex(repeated(22, 0x0b), {}, {}, 42),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}
TEST(HkdfSha256DeathTest, RefusesMoreThanTheRfcAllows) {
  Bytes out(255 * 32 + 1);
  EXPECT_DEATH(hkdf_sha256(view_of("k"), {}, {}, out), "ENSURE");
}

// The reference leaves and roots of the certificate-transparency project (merkletree tests): roots of the first n
// leaves.
TEST(MerkleTree, AgreesWithTheReferenceRootsOfCertificateTransparency) {
  const std::vector<Bytes> inputs{hex(""),
                                  hex("00"),
                                  hex("10"),
                                  hex("2021"),
                                  hex("3031"),
                                  hex("40414243"),
                                  hex("5051525354555657"),
                                  hex("606162636465666768696a6b6c6d6e6f")};
  const std::vector<std::string> roots{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                       "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                       "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                       "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                       "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  EXPECT_EQ(to_hex(merkle_root({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    leaves.push_back(merkle_leaf({inputs[i]}));
    EXPECT_EQ(to_hex(merkle_root(leaves)), roots[i]) << i + 1 << " leaves";
  }
}
// RFC 6962 section 2.1 word by word: split at the largest power of two below n.
Digest by_definition(std::span<const Digest> leaves) {
  if (leaves.size() == 1) return leaves[0];
  std::size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  const std::uint8_t node = 1;
  return sha256({ByteView(&node, 1), by_definition(leaves.first(split)), by_definition(leaves.subspan(split))});
}
TEST(MerkleTree, AgreesWithTheRecursiveDefinitionForEverySizeUpTo200) {
  std::vector<Digest> leaves;
  for (std::uint32_t i = 0; i < 200; ++i) {
    leaves.push_back(merkle_leaf({be(i)}));
    EXPECT_EQ(merkle_root(leaves), by_definition(leaves)) << leaves.size();
  }
}
TEST(MerkleTree, TellsLeavesAndNodesApart) {
  const Digest left = merkle_leaf({view_of("l")});
  const Digest right = merkle_leaf({view_of("r")});
  EXPECT_NE(merkle_root({left, right}), merkle_leaf({left, right}));
}

}  // namespace
}  // namespace shosoin::crypto
