// The provisioning record: what verifiers pin. Signed by the custodians; nothing in it can be changed, added or left
// out.
#include "storage/erasure/provisioning_record.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "crypto/canonical_json.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;

class Provisioning : public ::testing::Test {
 protected:
  void SetUp() override {
    record.appliance_id = "00112233445566778899aabbccddeeff";
    record.made_at = "2026-11-22T09:00:00.000+09:00";
    record.signing_key.fill(3);
    record.tpm_manufacturer = "IBM";
    record.tpm_vendor = "SW   TPM";
    record.software_tpm = true;
    record.endorsement_certificates = {"AQID"};
    record.pins = {
        Bytes(34, 1), Bytes(34, 2), Bytes(34, 3), {Bytes(34, 4), Bytes(34, 5)}, Bytes(34, 6), {}, {}, 41, {}};
    record.pins.ak_point.x.fill(8);
    record.pins.x_init.fill(9);
    record.pins.custodian_key = crypto::p256_public(scalar);
    text = sign_provisioning_record(record, scalar);
  }
  json::object object() const { return json::parse(text).as_object(); }
  CustodianScalar scalar =
      crypto::custodian_signing_scalar(CustodianSecret::copy_from(std::array<std::uint8_t, 32>{1, 2, 3}));
  ProvisioningRecord record;
  std::string text;
};

TEST_F(Provisioning, RecordReadsBackAsItWasSigned) {
  const auto read = read_provisioning_record(text).value();
  EXPECT_EQ(read.appliance_id, record.appliance_id);
  EXPECT_EQ(read.made_at, record.made_at);
  EXPECT_EQ(read.signing_key, record.signing_key);
  EXPECT_EQ(read.tpm_manufacturer, "IBM");
  EXPECT_EQ(read.tpm_vendor, "SW   TPM");
  EXPECT_TRUE(read.software_tpm);
  EXPECT_EQ(read.endorsement_certificates, record.endorsement_certificates);
  EXPECT_EQ(read.pins.srk_name, record.pins.srk_name);
  EXPECT_EQ(read.pins.ctr_name, record.pins.ctr_name);
  EXPECT_EQ(read.pins.chain_name, record.pins.chain_name);
  EXPECT_EQ(read.pins.slot_name[0], record.pins.slot_name[0]);
  EXPECT_EQ(read.pins.slot_name[1], record.pins.slot_name[1]);
  EXPECT_EQ(read.pins.ak_name, record.pins.ak_name);
  EXPECT_EQ(read.pins.ak_point, record.pins.ak_point);
  EXPECT_EQ(read.pins.custodian_key, record.pins.custodian_key);
  EXPECT_EQ(read.pins.ctr_base, 41u);
  EXPECT_EQ(read.pins.x_init, record.pins.x_init);
}

// The signature is over the canonical form, so another spelling of the same content is the same record; any other
// content is not.
TEST_F(Provisioning, RecordWithAnyBitOfAnyByteFlippedIsRefusedOrTheSameRecord) {
  int refused = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto changed = text;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1u << bit));
      const auto read = read_provisioning_record(changed);
      if (read) {
        ASSERT_EQ(sign_provisioning_record(read.value(), scalar).size(), text.size());
        ASSERT_EQ(json::parse(changed), json::parse(text)) << at;
      } else {
        ++refused;
        ASSERT_TRUE(read.error().code() == ErrorCode::BadRequest || read.error().code() == ErrorCode::InvalidContent);
      }
    }
  }
  EXPECT_GT(refused, static_cast<int>(text.size()) * 7);
}

TEST_F(Provisioning, RecordWithAMemberMoreOrLessOrOfAnotherKindIsRefused) {
  auto more = object();
  more["note"] = "x";
  EXPECT_EQ(read_provisioning_record(crypto::canonical_json(more)).error().code(), ErrorCode::BadRequest);
  const auto whole = object();
  for (const auto& member : whole) {
    auto less = object();
    less.erase(member.key());
    EXPECT_EQ(read_provisioning_record(crypto::canonical_json(less)).error().code(), ErrorCode::BadRequest)
        << member.key();
    auto null = object();
    null[member.key()] = nullptr;
    EXPECT_EQ(read_provisioning_record(crypto::canonical_json(null)).error().code(), ErrorCode::BadRequest)
        << member.key();
  }
}

TEST_F(Provisioning, RecordWithAnyMemberChangedDoesNotKeepTheCustodiansSignature) {
  int changed = 0;
  const auto whole = object();
  for (const auto& member : whole) {
    auto other = object();
    auto& value = other[member.key()];
    if (member.key() == "format" || member.key() == "signature") continue;
    if (value.is_bool()) {
      value = !value.as_bool();
    } else if (value.is_int64()) {
      value = value.as_int64() + 1;
    } else if (value.is_array()) {
      value.as_array().push_back("AQID");
    } else if (auto bytes = from_base64(std::string(value.as_string())); bytes && bytes->size() >= 32) {
      (*bytes)[5] ^= 1;
      value = to_base64(*bytes);
    } else {
      value = std::string(value.as_string()) + "x";
    }
    EXPECT_EQ(read_provisioning_record(crypto::canonical_json(other)).error().code(), ErrorCode::InvalidContent)
        << member.key();
    ++changed;
  }
  EXPECT_EQ(changed, 19);
}

TEST_F(Provisioning, RecordOfAnotherFormatOrNoObjectIsRefused) {
  auto other = object();
  other["format"] = "shosoin/provisioning-record/2";
  EXPECT_EQ(read_provisioning_record(crypto::canonical_json(other)).error().code(), ErrorCode::BadRequest);
  for (const char* bad : {"", "[]", "null", "{}", "{\"format\":1}"}) {
    EXPECT_EQ(read_provisioning_record(bad).error().code(), ErrorCode::BadRequest) << bad;
  }
}

TEST_F(Provisioning, RecordSignedByOthersIsRefused) {
  const auto others = crypto::custodian_signing_scalar(CustodianSecret::random());
  EXPECT_EQ(read_provisioning_record(sign_provisioning_record(record, others)).error().code(),
            ErrorCode::InvalidContent);
}

}  // namespace
}  // namespace shosoin::erasure
