#include "crypto/row.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "crypto/hash.h"
#include "firmware/base/limits.h"
#include "tests/crypto/vectors.h"

namespace shosoin::crypto {
namespace {

using testing::fixed_hex;
using testing::hex;

const RowKey kKey = [] {
  RowKey key;
  key.fill(0x22);
  return key;
}();
const RowContext kHere{.tenant = TenantId({1}), .row = RowId({0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3})};
bool refused(const RowContext& context, ByteView row) {
  const auto data = decrypt_row(kKey, context, row);
  return !data && data.error().code() == ErrorCode::Integrity;
}
// A row with any plaintext at all under the right key and context: what only a faulty writer could have made.
Bytes row_of_plain(Bytes plain) {
  Bytes row(plain.size() + kRowOverhead);
  row[0] = 1;
  const auto aad = associated_data({.kind = BoxKind::RecordRow, .tenant = kHere.tenant, .id = kHere.row.bytes()});
  const std::array<std::uint8_t, 12> nonce{};
  crypto_aead_chacha20poly1305_ietf_encrypt(row.data() + 1, nullptr, plain.data(), plain.size(), aad.data(), aad.size(),
                                            nullptr, nonce.data(), kKey.data());
  return row;
}

TEST(RecordRow, AgreesWithTheSecondImplementation) {
  const auto cases = testing::read_vectors("row.json");
  ASSERT_GE(cases.as_array().size(), 6u);
  for (const auto& entry : cases.as_array()) {
    SCOPED_TRACE(entry.at("name").as_string().c_str());
    const auto key = fixed_hex<32>(entry.at("key"));
    const RowContext context{TenantId(fixed_hex<16>(entry.at("tenant"))), RowId(fixed_hex<16>(entry.at("row")))};
    const Bytes data = hex(entry.at("data"));
    const Bytes row = encrypt_row_with_key(key, context, data);
    EXPECT_EQ(row.size(), entry.at("size").to_number<std::size_t>());
    EXPECT_EQ(to_hex(sha256(row)), std::string_view(entry.at("sha256").as_string()));
    EXPECT_EQ(to_hex(ByteView(row).first(64)), std::string_view(entry.at("head").as_string()));
    EXPECT_EQ(to_hex(ByteView(row).last(64)), std::string_view(entry.at("tail").as_string()));
    const auto decrypted = decrypt_row(key, context, row);
    ASSERT_TRUE(decrypted);
    EXPECT_EQ(decrypted.value(), data);
  }
}
TEST(RecordRow, ShowsNothingButItsSizeClass) {
  EXPECT_EQ(padded_row_size(0), limits::kRecordRowPlain);
  EXPECT_EQ(padded_row_size(1993), limits::kRecordRowPlain);
  EXPECT_EQ(padded_row_size(1994), limits::kRecordRowStep);
  EXPECT_EQ(padded_row_size(4059), limits::kRecordRowStep);
  EXPECT_EQ(padded_row_size(4060), 2 * limits::kRecordRowStep);
  EXPECT_EQ(padded_row_size(limits::kMaxRecordPlain - 4), limits::kMaxRecordPlain);
}
TEST(RecordRowDeathTest, RefusesARecordOverTheLimit) {
  EXPECT_DEATH(padded_row_size(limits::kMaxRecordPlain - 3), "ENSURE");
  EXPECT_DEATH(padded_row_size(SIZE_MAX), "ENSURE");
}
TEST(RecordRow, DrawnFirstAndEncryptedLaterIsARowUnderTheKeyThatWasNamed) {
  DrawnRow drawn(view_of("later")), other(view_of("later"));
  const auto key = drawn.key();
  EXPECT_NE(key, other.key());
  other = std::move(drawn);
  EXPECT_EQ(other.key(), key);
  const auto row = std::move(other).encrypt(kHere);
  EXPECT_EQ(row, encrypt_row_with_key(key, kHere, view_of("later")));
  EXPECT_EQ(text_of(decrypt_row(key, kHere, row).value()), "later");
}

TEST(RecordRow, DrawsAFreshKeyEveryTime) {
  const auto one = encrypt_row(kHere, view_of("same"));
  const auto two = encrypt_row(kHere, view_of("same"));
  EXPECT_NE(one.key, two.key);
  EXPECT_NE(one.bytes, two.bytes);
  EXPECT_EQ(text_of(decrypt_row(one.key, kHere, one.bytes).value()), "same");
  EXPECT_FALSE(decrypt_row(two.key, kHere, one.bytes));
}
TEST(RecordRow, RefusesEveryFlippedBit) {
  const Bytes row = encrypt_row_with_key(kKey, kHere, view_of("record"));
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    Bytes broken = row;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_TRUE(refused(kHere, broken)) << "bit " << bit;
  }
}
TEST(RecordRow, RefusesEveryOtherLength) {
  const Bytes row = encrypt_row_with_key(kKey, kHere, view_of("record"));
  for (std::size_t size = 0; size < row.size(); ++size) {
    EXPECT_TRUE(refused(kHere, ByteView(row).first(size))) << size;
  }
  Bytes longer = row;
  longer.resize(limits::kRecordRowStep + kRowOverhead);
  EXPECT_TRUE(refused(kHere, longer));
  longer.resize(limits::kMaxRecordPlain + limits::kRecordRowStep + kRowOverhead);
  EXPECT_TRUE(refused(kHere, longer));
}
TEST(RecordRow, RefusesARecordMovedToAnotherMunicipality) {
  const Bytes row = encrypt_row_with_key(kKey, kHere, view_of("record"));
  EXPECT_TRUE(refused({.tenant = TenantId({2}), .row = kHere.row}, row));
}
TEST(RecordRow, RefusesARecordMovedToAnotherRow) {
  const Bytes row = encrypt_row_with_key(kKey, kHere, view_of("record"));
  EXPECT_TRUE(refused({.tenant = kHere.tenant, .row = RowId({0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 4})}, row));
}
TEST(RecordRow, RefusesALengthThatIsNotTheOneOfItsSizeClass) {
  Bytes plain(limits::kRecordRowPlain);
  plain[3] = 5;
  ASSERT_TRUE(decrypt_row(kKey, kHere, row_of_plain(plain)));
  plain[0] = 0xff;
  EXPECT_TRUE(refused(kHere, row_of_plain(plain)));
  Bytes too_roomy(limits::kRecordRowStep);
  too_roomy[3] = 5;
  EXPECT_TRUE(refused(kHere, row_of_plain(too_roomy)));
}
TEST(RecordRow, RefusesPaddingThatIsNotZero) {
  Bytes plain(limits::kRecordRowPlain);
  plain.back() = 1;
  EXPECT_TRUE(refused(kHere, row_of_plain(plain)));
}

}  // namespace
}  // namespace shosoin::crypto
