// Certificates of a real batch on a software TPM: what holds, and that every change is noticed and named.
#include "hardware/tpm/attestation.h"
#include "storage/erasure/certificate_members.h"
#include "tests/storage/erasure/support.h"

namespace shosoin::test {
namespace {

using namespace erasure;
namespace json = boost::json;

class Certificate : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { made = std::make_unique<ErasedOnce>(); }
  static void TearDownTestSuite() { made.reset(); }
  static CertificateFault fault_of(std::string_view text) { return verify_certificate(text, made->record).fault; }
  static inline std::unique_ptr<ErasedOnce> made;
};

TEST_F(Certificate, OfARealBatchHoldsAndSaysThatTheTpmIsSoftware) {
  const auto check = verify_certificate(made->certificate, made->record);
  EXPECT_EQ(check.fault, CertificateFault::None) << describe(check.fault, false) << describe(check.evidence, false);
  EXPECT_TRUE(check.software_tpm);
  EXPECT_EQ(check.serial, made->serials[0]);
  EXPECT_EQ(check.epoch, 1u);
  EXPECT_EQ(check.rows, std::size_t{EpochRig::kErased});
  EXPECT_EQ(check.declaration, R"({"count":3,"recordFile":"test"})");
  EXPECT_EQ(fault_of(made->other_certificate), CertificateFault::None);
  EXPECT_EQ(fault_of(made->certificate + "\n"), CertificateFault::None);
  EXPECT_EQ(made->certificate, made->rig.appliance().certificate(made->rig.tenants[0], made->serials[0]).value());
}

TEST_F(Certificate, WithAnyBitOfAnyByteFlippedIsRefused) {
  std::map<CertificateFault, int> found;
  for (std::size_t at = 0; at < made->certificate.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto text = made->certificate;
      text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1u << bit));
      const auto fault = fault_of(text);
      ++found[fault];
      // Never further than the signature: what stands behind it is not asked before it holds.
      ASSERT_TRUE(fault != CertificateFault::None && fault <= CertificateFault::SignatureInvalid)
          << "byte " << at << " bit " << bit;
      ASSERT_FALSE(describe(fault, true).empty());
    }
  }
  EXPECT_GT(found[CertificateFault::NotJson], 0);
  EXPECT_GT(found[CertificateFault::SignatureInvalid], 0);
  EXPECT_GT(found[CertificateFault::UnknownMember], 0);
}

TEST_F(Certificate, CutShortAnywhereIsRefused) {
  for (std::size_t size = 0; size < made->certificate.size(); ++size) {
    ASSERT_NE(fault_of(std::string_view(made->certificate).substr(0, size)), CertificateFault::None) << size;
  }
}

TEST_F(Certificate, InAnotherSpellingIsNotCanonical) {
  auto spaced = made->certificate;
  spaced.insert(1, " ");
  EXPECT_EQ(fault_of(spaced), CertificateFault::NotCanonical);
  auto reordered = made->json();
  const auto epoch = reordered["epoch"];
  reordered.erase("epoch");
  reordered["epoch"] = epoch;
  EXPECT_EQ(fault_of(json::serialize(reordered) + "\n\n"), CertificateFault::NotCanonical);
  auto escaped = made->certificate;
  escaped.replace(escaped.find("\"epoch\""), 7, "\"\\u0065poch\"");
  EXPECT_EQ(fault_of(escaped), CertificateFault::NotCanonical);
  EXPECT_EQ(fault_of("[]"), CertificateFault::NotJson);
  EXPECT_EQ(fault_of(""), CertificateFault::NotJson);
}

TEST_F(Certificate, WithAMemberMoreOrLessIsRefusedThoughProperlySigned) {
  EXPECT_EQ(made->forge([](json::object& object) { object["extra"] = 1; }).fault, CertificateFault::UnknownMember);
  for (const auto name : kCertificateMembers) {
    if (name == "signature") continue;
    const auto fault = made->forge([&](json::object& object) { object.erase(name); }).fault;
    EXPECT_EQ(fault, name == "format" ? CertificateFault::WrongFormat : CertificateFault::BadField) << name;
    const auto null =
        made->forge([&](json::object& object) { object[name] = name == "logInclusion" ? json::value(1) : nullptr; })
            .fault;
    EXPECT_TRUE(null == CertificateFault::BadField || null == CertificateFault::WrongFormat ||
                null == CertificateFault::SerialMismatch)
        << name << " " << describe(null, false);
  }
  auto unsigned_one = made->json();
  unsigned_one.erase("signature");
  EXPECT_EQ(fault_of(crypto::canonical_json(unsigned_one)), CertificateFault::BadField);
  for (const char* inside : {"chain", "evidence"}) {
    EXPECT_EQ(made->forge([&](json::object& object) { object[inside].as_object()["extra"] = 1; }).fault,
              CertificateFault::BadField);
  }
  EXPECT_EQ(made->forge([](json::object& object) { object["rows"].as_array()[0].as_object()["name"] = ""; }).fault,
            CertificateFault::BadField);
}

TEST_F(Certificate, OfAnotherFormatIsRefused) {
  EXPECT_EQ(made->forge([](json::object& object) { object["format"] = "shosoin/erasure-certificate/2"; }).fault,
            CertificateFault::WrongFormat);
}

TEST_F(Certificate, SignedByAnotherKeyIsRefused) {
  auto object = made->json();
  object.erase("signature");
  const auto signature = crypto::ed25519_sign(SigningSeed::random(), view_of(crypto::canonical_json(object)));
  object["signature"] = to_base64(signature);
  EXPECT_EQ(fault_of(crypto::canonical_json(object)), CertificateFault::SignatureInvalid);
}

TEST_F(Certificate, WithAnotherSerialOrIndexIsRefused) {
  EXPECT_EQ(made->forge([](json::object& object) { object["serial"] = std::string(64, '0'); }).fault,
            CertificateFault::SerialMismatch);
  EXPECT_EQ(made->forge([](json::object& object) { object["index"] = 1; }).fault, CertificateFault::SerialMismatch);
}

TEST_F(Certificate, WithAnotherManifestEpochOrChainIsRefused) {
  EXPECT_EQ(made->forge([](json::object& object) {
                  object["manifest"] = to_base64(Bytes{1, 2, 3});
                })
                .fault,
            CertificateFault::ManifestMismatch);
  EXPECT_EQ(made->forge([](json::object& object) { object["epoch"] = 2; }).fault, CertificateFault::ManifestMismatch);
  for (const char* name : {"previous", "current"}) {
    EXPECT_EQ(
        made->forge([&](json::object& object) { object["chain"].as_object()[name] = std::string(64, '0'); }).fault,
        CertificateFault::ChainMismatch);
  }
}

TEST_F(Certificate, ForAnotherTenantIsRefused) {
  EXPECT_EQ(made->forge([](json::object& object) { object["tenant"] = TenantId::random().hex(); }).fault,
            CertificateFault::TenantNotInManifest);
  EXPECT_EQ(made->forge([](json::object& object) { object["tenant"] = made->rig.tenants[1].hex(); }).fault,
            CertificateFault::RowNotInManifest);
  EXPECT_EQ(made->rig.appliance().certificate(made->rig.tenants[1], made->serials[0]).error().code(),
            ErrorCode::NotFound);
}

TEST_F(Certificate, OfOneTenantIsNotTakenForAnothers) {
  const auto named = [](std::string_view asked) {
    auto object = made->json();
    object["declaration"].as_object()["tenant"] = json::object{{"localGovernmentCode", "132101"}, {"name", "小金井市"}};
    return verify_certificate(sign_again(object), made->record, asked).fault;
  };
  EXPECT_EQ(named("132101"), CertificateFault::None);
  EXPECT_EQ(named("111007"), CertificateFault::OtherTenant);
  // A declaration that names nobody is nobody's.
  EXPECT_EQ(verify_certificate(made->certificate, made->record, "132101").fault, CertificateFault::OtherTenant);
  EXPECT_EQ(verify_certificate(made->batch_certificate, made->record, "132101").fault, CertificateFault::OtherTenant);
}

TEST_F(Certificate, WithRowsThatTheManifestDoesNotHoldIsRefused) {
  EXPECT_EQ(
      made->forge([](json::object& object) { object["rows"].as_array()[0].as_object()["row"] = RowId::random().hex(); })
          .fault,
      CertificateFault::RowNotInManifest);
  EXPECT_EQ(made->forge([](json::object& object) { object["tenantLeaves"].as_array().pop_back(); }).fault,
            CertificateFault::RowNotInManifest);
  const auto foreign = json::parse(made->other_certificate).as_object();
  EXPECT_EQ(made->forge([&](json::object& object) { object["rows"] = foreign.at("rows"); }).fault,
            CertificateFault::RowNotInManifest);
}

TEST_F(Certificate, WhoseCountIsNotThatOfItsRecordsIsRefused) {
  for (const auto& declaration :
       {json::object{{"count", 4}}, json::object{{"count", 2}}, json::object{{"count", "3"}}, json::object{}}) {
    EXPECT_EQ(made->forge([&](json::object& object) { object["declaration"] = declaration; }).fault,
              CertificateFault::CountMismatch);
  }
  EXPECT_EQ(made->forge([](json::object& object) { object["rows"].as_array().pop_back(); }).fault,
            CertificateFault::CountMismatch);
  EXPECT_EQ(made->forge([](json::object& object) {
                  auto& rows = object["rows"].as_array();
                  rows.push_back(rows[0]);
                  object["declaration"].as_object()["count"] = 4;
                })
                .fault,
            CertificateFault::CountMismatch);
}

TEST_F(Certificate, WithEvidenceThatDoesNotFitIsRefusedWithItsOwnReason) {
  const auto swapped = made->forge([](json::object& object) {
    auto& evidence = object["evidence"].as_object();
    std::swap(evidence["chain"], evidence["counter"]);
  });
  EXPECT_EQ(swapped.fault, CertificateFault::TpmEvidence);
  EXPECT_EQ(swapped.evidence, tpm::EvidenceFault::WrongIndex);
  const auto unsigned_slot = made->forge([](json::object& object) {
    auto& evidence = object["evidence"].as_object();
    evidence["slot"].as_object()["signature"] = evidence["chain"].as_object()["signature"];
  });
  EXPECT_EQ(unsigned_slot.fault, CertificateFault::TpmEvidence);
  EXPECT_EQ(unsigned_slot.evidence, tpm::EvidenceFault::SlotSignature);
  const auto foreign_quote =
      made->rig.appliance().anchor().quote(Digest{}).value();  // the same key, about something else
  for (const auto& quote : {foreign_quote, Bytes{1, 2, 3}}) {
    const auto check =
        made->forge([&](json::object& object) { object["evidence"].as_object()["quote"] = to_base64(quote); });
    EXPECT_EQ(check.fault, CertificateFault::TpmEvidence);
    EXPECT_EQ(check.evidence, tpm::EvidenceFault::Quote);
  }
}

TEST_F(Certificate, UnderAnotherProvisioningRecordIsRefused) {
  auto foreign = made->record;
  foreign.signing_key = crypto::ed25519_public_key(SigningSeed::random());
  EXPECT_EQ(verify_certificate(made->certificate, foreign).fault, CertificateFault::SignatureInvalid);
  const TestAppliance other;
  foreign = made->record;
  foreign.pins = other.pins;  // the same service key, another TPM
  const auto check = verify_certificate(made->certificate, foreign);
  EXPECT_EQ(check.fault, CertificateFault::TpmEvidence);
  EXPECT_EQ(check.evidence, tpm::EvidenceFault::ChainSignature);
}

TEST_F(Certificate, SaysSoftwareTpmWhereTheRecordSaysSoThoughItClaimsAnotherEndorsement) {
  const auto check = made->forge([](json::object& object) { object["endorsement"] = json::array{}; });
  EXPECT_EQ(check.fault, CertificateFault::None);
  EXPECT_TRUE(check.software_tpm);
}

// Last: it writes into the key slot. The TPM itself then says that the slot does not hold the public value.
TEST_F(Certificate, WhoseKeySlotWasNotOverwrittenIsRefused) {
  auto& anchor = made->rig.appliance().anchor();
  const auto manifest = *from_base64(std::string(made->json()["manifest"].as_string()));
  ASSERT_TRUE(anchor.write_slot(0, RootHalfSlot::random()));
  const auto evidence = anchor.certify(0, manifest_digest(manifest)).value();
  const auto check = made->forge([&](json::object& object) {
    auto& parts = object["evidence"].as_object();
    const auto put = [&](const char* name, const tpm::Attestation& attestation) {
      parts[name] = json::object{{"statement", to_base64(attestation.statement)},
                                 {"signature", to_base64(attestation.signature)}};
    };
    put("chain", evidence.chain);
    put("counter", evidence.counter);
    put("slot", evidence.slot);
  });
  EXPECT_EQ(check.fault, CertificateFault::SurvivingKeySlot);
  EXPECT_EQ(check.evidence, tpm::EvidenceFault::SlotNotShredded);
}

TEST(CertificateTexts, AreThereForEveryFaultInBothLanguagesAndDiffer) {
  std::set<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(CertificateFault::OtherTenant); ++i) {
    for (const bool japanese : {true, false}) {
      const auto text = describe(static_cast<CertificateFault>(i), japanese);
      EXPECT_FALSE(text.empty());
      EXPECT_TRUE(seen.insert(text).second) << text;
    }
  }
  seen.clear();
  for (int i = 0; i <= static_cast<int>(tpm::EvidenceFault::Quote); ++i) {
    for (const bool japanese : {true, false}) {
      EXPECT_TRUE(seen.insert(describe(static_cast<tpm::EvidenceFault>(i), japanese)).second);
    }
  }
}

}  // namespace
}  // namespace shosoin::test
