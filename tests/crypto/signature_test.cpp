#include "crypto/signature.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "tests/crypto/vectors.h"

namespace shosoin::crypto {
namespace {

using testing::fixed_hex;
using testing::hex;

struct Ed25519Case {
  std::string_view seed, open, message, signature;
};
// RFC 8032 section 7.1, tests 1 to 3 and SHA(abc)
constexpr Ed25519Case kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
     "454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
     "3dca179c138ac17ad9bef1177331a704"}};

TEST(Ed25519, AgreesWithRfc8032) {
  for (const auto& entry : kRfc8032) {
    const auto seed = SigningSeed::copy_from(fixed_hex<32>(entry.seed));
    const Bytes message = hex(entry.message);
    EXPECT_EQ(to_hex(ed25519_public_key(seed)), entry.open);
    EXPECT_EQ(to_hex(ed25519_sign(seed, message)), entry.signature);
    EXPECT_TRUE(ed25519_verify(ed25519_public_key(seed), message, hex(entry.signature)));
  }
}
TEST(Ed25519, RefusesAnotherMessageKeyOrSignature) {
  const auto seed = SigningSeed::random();
  const auto open = ed25519_public_key(seed);
  const auto signature = ed25519_sign(seed, view_of("certificate"));
  EXPECT_TRUE(ed25519_verify(open, view_of("certificate"), signature));
  EXPECT_FALSE(ed25519_verify(open, view_of("certificatf"), signature));
  EXPECT_FALSE(ed25519_verify(ed25519_public_key(SigningSeed::random()), view_of("certificate"), signature));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    auto broken = signature;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(ed25519_verify(open, view_of("certificate"), broken)) << bit;
  }
  EXPECT_FALSE(ed25519_verify(open, view_of("certificate"), ByteView(signature).first(63)));
}

using Scalar = Secret<struct CustodianScalarMeaning, 32>;
// RFC 6979 appendix A.2.5: key pair and the signatures with SHA-256
const std::string_view kX = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const P256Point kOpen{fixed_hex<32>("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
                      fixed_hex<32>("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")};
const EcdsaSignature kSample{fixed_hex<32>("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"),
                             fixed_hex<32>("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")};
const EcdsaSignature kTest{fixed_hex<32>("f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"),
                           fixed_hex<32>("019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083")};

TEST(P256, AgreesWithRfc6979) {
  EXPECT_EQ(p256_public(Scalar::copy_from(fixed_hex<32>(kX))), kOpen);
  EXPECT_TRUE(p256_verify(kOpen, view_of("sample"), kSample));
  EXPECT_TRUE(p256_verify(kOpen, view_of("test"), kTest));
  EXPECT_FALSE(p256_verify(kOpen, view_of("test"), kSample));
}
TEST(P256, AgreesWithTheSecondImplementationOnTheCustodiansKey) {
  const auto vectors = testing::read_vectors("roots.json");
  const auto custodians = CustodianSecret::copy_from(fixed_hex<32>(vectors.at("custodian_secret")));
  const auto point = p256_public(custodian_signing_scalar(custodians));
  EXPECT_EQ(to_hex(point.x), std::string_view(vectors.at("signing_x").as_string()));
  EXPECT_EQ(to_hex(point.y), std::string_view(vectors.at("signing_y").as_string()));
}
TEST(P256, SignsWhatItVerifiesAndRefusesEveryFlippedBit) {
  const auto scalar = custodian_signing_scalar(CustodianSecret::random());
  const auto open = p256_public(scalar);
  const auto signature = p256_sign(scalar, view_of("provisioning"));
  EXPECT_TRUE(p256_verify(open, view_of("provisioning"), signature));
  EXPECT_FALSE(p256_verify(open, view_of("provisioninh"), signature));
  EXPECT_FALSE(p256_verify(kOpen, view_of("provisioning"), signature));
  for (std::size_t bit = 0; bit < 256; ++bit) {
    auto broken = signature;
    broken.r[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(p256_verify(open, view_of("provisioning"), broken)) << bit;
    broken = signature;
    broken.s[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(p256_verify(open, view_of("provisioning"), broken)) << bit;
  }
}
TEST(P256, RefusesZeroSignaturesAndPointsOffTheCurve) {
  EXPECT_FALSE(p256_verify(kOpen, view_of("sample"), EcdsaSignature{}));
  auto off = kOpen;
  off.y[31] ^= 1;
  EXPECT_FALSE(p256_verify(off, view_of("sample"), kSample));
  EXPECT_FALSE(p256_verify(P256Point{}, view_of("sample"), kSample));
}
TEST(P256, WritesAPublicKeyThatReadsBack) {
  const auto pem = p256_public_to_pem(kOpen);
  EXPECT_TRUE(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
  const auto back = p256_public_from_pem(pem);
  ASSERT_TRUE(back);
  EXPECT_EQ(back.value(), kOpen);
}
// The key of RFC 6979 in RFC 5915 form, a key on P-384, and the first one encrypted; made with python3-cryptography.
constexpr std::string_view kPem =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
    "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
    "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr std::string_view kP384Pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAAAAAAAAAAAAAAAAAA\n"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq1SpjOsfCtKhZANiAATYoX5VuOL0\n"
    "e8Np/ZYWaVzic9zk4weDCmX1pKmqiWfJh67qetNlZ3oTv9ZcP+WmaTm9xTVCxSE6\n"
    "UTRduoIgq7I8cWWaTYULO7r/jQNb0IpZ6zIJnJapBJ5NfUNc9nVxO8g=\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kEncryptedPem =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBBeoVHd+YFY62GC3sK5\n"
    "AwRyAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQCIv5732DNgdYiQMC\n"
    "GPzHHgSBkMv6nIQciR/RHY7cpkNXTTGGkNoo9/bTpXSBUcp82jucNc8OraW/0os4\n"
    "rut2FJMUF9WfwuwzvgJVOsHI9/kBkz3sdbnyTv3km3qRroaRiPkvpDtVftclaHby\n"
    "iOKXaJ6OPoPvHf12uj+XEz/4McL+YkTlX7v/CgJzfq0ihca3Vd2LHGpFOEPmDicW\n"
    "5d4O9blPaA==\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

TEST(P256, SignsWithAPemKey) {
  const auto open = p256_public_from_pem(kPem);
  ASSERT_TRUE(open);
  EXPECT_EQ(open.value(), kOpen);
  const auto signature = p256_sign_with_pem(kPem, view_of("firmware"));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(p256_verify(kOpen, view_of("firmware"), signature.value()));
}
TEST(P256, RefusesAPemThatIsNoKey) {
  for (std::string_view text :
       {std::string_view(""), std::string_view("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")}) {
    const auto open = p256_public_from_pem(text);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code(), ErrorCode::Settings);
    EXPECT_FALSE(p256_sign_with_pem(text, view_of("x")));
  }
}
TEST(P256, RefusesAPublicPemForSigning) { EXPECT_FALSE(p256_sign_with_pem(p256_public_to_pem(kOpen), view_of("x"))); }
TEST(P256, RefusesAKeyOnAnotherCurve) {
  EXPECT_FALSE(p256_public_from_pem(kP384Pem));
  EXPECT_FALSE(p256_sign_with_pem(kP384Pem, view_of("x")));
}
TEST(P256, RefusesAnEncryptedPemInsteadOfAskingTheTerminal) {
  EXPECT_FALSE(p256_sign_with_pem(kEncryptedPem, view_of("x")));
  EXPECT_FALSE(p256_public_from_pem(kEncryptedPem));
}
TEST(P256, LeavesNothingInTheErrorQueueOfTheThread) {
  ERR_clear_error();
  EXPECT_FALSE(p256_public_from_pem("nothing"));
  EXPECT_FALSE(p256_verify(P256Point{}, view_of("sample"), kSample));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace shosoin::crypto
