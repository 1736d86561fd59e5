// Certificates of whole batches: of one that erased, and of an empty one.
#include "storage/erasure/certificate_members.h"
#include "tests/storage/erasure/support.h"

namespace shosoin::test {
namespace {

using namespace erasure;
namespace json = boost::json;

class BatchCertificate : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { made = std::make_unique<ErasedOnce>(); }
  static void TearDownTestSuite() { made.reset(); }
  static CertificateFault fault_of(std::string_view text) { return verify_certificate(text, made->record).fault; }
  static CertificateFault forged(const std::function<void(json::object&)>& change) {
    auto object = json::parse(made->batch_certificate).as_object();
    change(object);
    return fault_of(sign_again(std::move(object)));
  }
  static inline std::unique_ptr<ErasedOnce> made;
};

TEST_F(BatchCertificate, CountsTheRowsThatWentFromEachTenant) {
  const auto check = verify_certificate(made->batch_certificate, made->record);
  EXPECT_EQ(check.fault, CertificateFault::None) << describe(check.fault, false) << describe(check.evidence, false);
  EXPECT_EQ(check.kind, CertificateKind::Batch);
  EXPECT_EQ(check.rows, std::size_t{2 * EpochRig::kErased});
  EXPECT_NE(check.serial, made->serials[0]);
  const auto object = json::parse(made->batch_certificate).as_object();
  EXPECT_EQ(object.at("tenants").as_array().size(), 4u);  // three and the appliance
}

TEST_F(BatchCertificate, WithAnyBitOfAnyByteFlippedIsRefused) {
  for (std::size_t at = 0; at < made->batch_certificate.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto text = made->batch_certificate;
      text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1u << bit));
      const auto fault = fault_of(text);
      ASSERT_TRUE(fault != CertificateFault::None && fault <= CertificateFault::SignatureInvalid) << at << " " << bit;
    }
  }
}

TEST_F(BatchCertificate, WithAMemberMoreOrLessIsRefusedThoughProperlySigned) {
  EXPECT_EQ(forged([](json::object& object) { object["extra"] = 1; }), CertificateFault::UnknownMember);
  EXPECT_EQ(forged([](json::object& object) {
              object["declaration"] = json::object{{"count", 0}};
            }),
            CertificateFault::UnknownMember);
  for (const auto name : kBatchCertificateMembers) {
    if (name == "signature") continue;
    const auto fault = forged([&](json::object& object) { object.erase(name); });
    EXPECT_TRUE(fault == CertificateFault::BadField || (name == "format" && fault == CertificateFault::UnknownMember))
        << name;
  }
  EXPECT_EQ(forged([](json::object& object) { object["tenants"].as_array()[0].as_object()["code"] = "132101"; }),
            CertificateFault::BadField);
  EXPECT_EQ(forged([](json::object& object) { object["tenants"] = 3; }), CertificateFault::BadField);
}

TEST_F(BatchCertificate, WhoseCountsAreNotTheManifestsIsRefused) {
  EXPECT_EQ(forged([](json::object& object) { object["tenants"].as_array()[1].as_object()["erasedCount"] = 99; }),
            CertificateFault::CountMismatch);
  EXPECT_EQ(forged([](json::object& object) { object["tenants"].as_array().pop_back(); }),
            CertificateFault::CountMismatch);
}

TEST_F(BatchCertificate, WithASerialOfAnErasureIsRefused) {
  EXPECT_EQ(forged([](json::object& object) { object["serial"] = made->serials[0]; }),
            CertificateFault::SerialMismatch);
}

TEST_F(BatchCertificate, OfAnErasureUnderItsFormatIsRefused) {
  auto object = made->json();
  object["format"] = kBatchCertificateFormat;
  EXPECT_EQ(fault_of(sign_again(std::move(object))), CertificateFault::UnknownMember);
}

TEST_F(BatchCertificate, UnderAnotherProvisioningRecordIsRefused) {
  auto foreign = made->record;
  foreign.signing_key = crypto::ed25519_public_key(SigningSeed::random());
  EXPECT_EQ(verify_certificate(made->batch_certificate, foreign).fault, CertificateFault::SignatureInvalid);
}

// Last: it runs another batch.
TEST_F(BatchCertificate, OfAnEmptyBatchIsThereAndOfEpochsThatWereNotIsNone) {
  EXPECT_EQ(made->rig.appliance().batch_certificate(0).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(made->rig.appliance().batch_certificate(2).error().code(), ErrorCode::NotFound);
  ASSERT_TRUE(made->rig.appliance().run_batch({}, 24));
  const auto check = verify_certificate(made->rig.appliance().batch_certificate(2).value(), made->record);
  EXPECT_EQ(check.fault, CertificateFault::None);
  EXPECT_EQ(check.rows, 0u);
  EXPECT_EQ(check.epoch, 2u);
}

}  // namespace
}  // namespace shosoin::test
