#include "crypto/shares.h"

#include <gtest/gtest.h>

#include "tests/crypto/vectors.h"

namespace shosoin::crypto {
namespace {

using testing::fixed_hex;

std::string hex_of(const CustodianSecret& secret) {
  return secret.expose([](ByteView bytes) { return to_hex(bytes); });
}
std::string joined(const std::vector<CustodianShare>& shares) {
  const auto secret = combine_custodian_shares(shares);
  if (secret) return hex_of(secret.value());
  EXPECT_EQ(secret.error().code(), ErrorCode::InvalidContent);
  return std::string(secret.error().doing());
}
const std::string_view kMixed = "join custodian shares of different sets or doubled ones";
const std::string_view kUnfit = "join custodian shares that do not fit their check";

TEST(CustodianShares, AgreeWithTheSecondImplementation) {
  const auto vectors = testing::read_vectors("shares.json");
  std::vector<CustodianShare> shares;
  for (const auto& line : vectors.at("shares").as_array()) {
    const auto share = share_from_text(line.as_string());
    ASSERT_TRUE(share);
    EXPECT_EQ(to_hex(share.value().set_id), std::string_view(vectors.at("set_id").as_string()));
    EXPECT_EQ(share_to_text(share.value()), std::string_view(line.as_string()));
    shares.push_back(share.value());
  }
  ASSERT_EQ(shares.size(), 5u);
  EXPECT_EQ(joined({shares[4], shares[0], shares[2]}), std::string_view(vectors.at("secret").as_string()));
  EXPECT_EQ(joined(shares), std::string_view(vectors.at("secret").as_string()));
}
TEST(CustodianShares, EveryThreeOfFiveInAnyOrderGiveTheSecret) {
  const auto secret = CustodianSecret::random();
  const auto shares = split_custodian_secret(secret);
  int tried = 0;
  for (const auto& a : shares) {
    for (const auto& b : shares) {
      for (const auto& c : shares) {
        if (a.number == b.number || b.number == c.number || a.number == c.number) continue;
        EXPECT_EQ(joined({a, b, c}), hex_of(secret));
        ++tried;
      }
    }
  }
  EXPECT_EQ(tried, 60);
  EXPECT_EQ(joined({shares[3], shares[1], shares[4], shares[0]}), hex_of(secret));
}
TEST(CustodianShares, TwoSplittingsOfOneSecretShareNothing) {
  const auto secret = CustodianSecret::random();
  const auto one = split_custodian_secret(secret);
  const auto two = split_custodian_secret(secret);
  EXPECT_NE(one[0].set_id, two[0].set_id);
  EXPECT_NE(one[0].bytes, two[0].bytes);
}
TEST(CustodianShares, RefuseToBeJoinedWithFewerThanThree) {
  const auto shares = split_custodian_secret(CustodianSecret::random());
  EXPECT_EQ(joined({}), "join fewer than three custodian shares");
  EXPECT_EQ(joined({shares[0], shares[1]}), "join fewer than three custodian shares");
}
TEST(CustodianShares, RefuseADoubledShare) {
  const auto shares = split_custodian_secret(CustodianSecret::random());
  EXPECT_EQ(joined({shares[0], shares[1], shares[0]}), kMixed);
}
TEST(CustodianShares, RefuseMoreThanThereAre) {
  const auto shares = split_custodian_secret(CustodianSecret::random());
  std::vector<CustodianShare> six(shares.begin(), shares.end());
  six.push_back(shares[0]);
  six[5].number = 6;
  EXPECT_EQ(joined(six), kMixed);
}
TEST(CustodianShares, RefuseSharesOfAnotherSplittingOfTheSameSecret) {
  const auto secret = CustodianSecret::random();
  const auto one = split_custodian_secret(secret);
  const auto two = split_custodian_secret(secret);
  EXPECT_EQ(joined({one[0], one[1], two[2]}), kMixed);
  auto disguised = two[2];
  disguised.set_id = one[0].set_id;
  EXPECT_EQ(joined({one[0], one[1], disguised}), kUnfit);
}
TEST(CustodianShares, RefuseEveryFlippedBit) {
  const auto shares = split_custodian_secret(CustodianSecret::random());
  for (std::size_t bit = 0; bit < 256; ++bit) {
    auto broken = shares[1];
    broken.bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_EQ(joined({shares[0], broken, shares[2]}), kUnfit) << bit;
  }
}
TEST(CustodianShares, RefuseANumberThatIsNotTheirOwn) {
  const auto shares = split_custodian_secret(CustodianSecret::random());
  auto renamed = shares[1];
  renamed.number = 9;
  EXPECT_EQ(joined({shares[0], renamed, shares[2]}), kUnfit);
  renamed.number = 0;
  EXPECT_EQ(joined({shares[0], renamed, shares[2]}), kMixed);
}
TEST(CustodianShareText, ReadsBackWithTheLineEndOfAFile) {
  const auto share = split_custodian_secret(CustodianSecret::random())[2];
  const auto text = share_to_text(share);
  EXPECT_EQ(text.size(), 101u);
  for (const auto& form : {text, text + "\n", text + "\r\n", text + "  \n"}) {
    const auto back = share_from_text(form);
    ASSERT_TRUE(back);
    EXPECT_EQ(back.value().set_id, share.set_id);
    EXPECT_EQ(back.value().number, share.number);
    EXPECT_EQ(back.value().bytes, share.bytes);
  }
}
TEST(CustodianShareText, RefusesEveryWrongLetterAndLength) {
  const auto text = share_to_text(split_custodian_secret(CustodianSecret::random())[0]);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto broken = text;
    broken[i] = broken[i] == 'Q' ? 'R' : 'Q';
    EXPECT_FALSE(share_from_text(broken)) << i;
    EXPECT_FALSE(share_from_text(std::string_view(text).substr(0, i))) << i;
  }
  for (const auto& form : {text + "A", " " + text, text + "\nx", std::string()}) EXPECT_FALSE(share_from_text(form));
}
TEST(CustodianShareText, RefusesNumberZeroWhichWouldBeTheSecretItself) {
  auto share = split_custodian_secret(CustodianSecret::random())[0];
  share.number = 0;
  EXPECT_FALSE(share_from_text(share_to_text(share)));
}

}  // namespace
}  // namespace shosoin::crypto
