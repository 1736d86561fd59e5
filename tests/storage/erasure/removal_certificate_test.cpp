// The certificate of a tenant's removal: holds, and is refused after any change, with the reason.
#include "crypto/hash.h"
#include "storage/erasure/epoch_state.h"
#include "storage/generations/layout.h"
#include "tests/storage/erasure/support.h"

namespace shosoin::test {
namespace {

using namespace erasure;
namespace json = boost::json;

class RemovalCertificate : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { made = std::make_unique<RemovedOnce>(); }
  static void TearDownTestSuite() { made.reset(); }
  static CertificateFault fault_of(std::string_view text) { return verify_certificate(text, made->record).fault; }
  static CertificateFault forged(const std::function<void(json::object&)>& change) {
    auto object = json::parse(made->certificate).as_object();
    change(object);
    return fault_of(sign_again(std::move(object)));
  }
  static inline std::unique_ptr<RemovedOnce> made;
};

TEST_F(RemovalCertificate, HoldsAndCountsEveryRowOfATenantThatWasClosed) {
  const auto check = verify_certificate(made->certificate, made->record, "111007");
  EXPECT_EQ(check.fault, CertificateFault::None) << describe(check.fault, false) << describe(check.evidence, false);
  EXPECT_EQ(check.kind, CertificateKind::TenantRemoval);
  EXPECT_EQ(check.rows, std::size_t{EpochRig::kRecords});
  EXPECT_EQ(fault_of(made->of_a), CertificateFault::None);
  EXPECT_EQ(verify_certificate(made->certificate, made->record, "132101").fault, CertificateFault::OtherTenant);
  EXPECT_EQ(made->rig.appliance().certificate(made->rig.tenants[0], check.serial).error().code(), ErrorCode::NotFound);
}

// Whoever kept the tenant's last environment counts again without any key: rows are leaves as they stand.
TEST_F(RemovalCertificate, ItsRootIsThatOfTheRowsInOrderOfTheirIds) {
  EpochRig rig;
  ASSERT_TRUE(rig.start());
  const auto& tenant = rig.tenants[1];
  std::vector<Digest> leaves;
  {
    const auto copy = rig.root() / "copy";
    rig.save_disk(copy);
    auto environment =
        engine::Environment::open(copy / "live" / "data" / "tenants" / tenant.hex(), generations::tenant_layout(), false).value();
    auto reading = environment->read().value();
    ASSERT_TRUE(reading->scan(generations::kRows, {}, [&](ByteView key, ByteView value) {
      leaves.push_back(erased_leaf(tenant, RowId::from(key).value(), crypto::sha256(value)));
      return true;
    }));
  }
  std::vector<ErasureOrder> orders(1);
  orders[0].tenant = tenant;
  orders[0].declaration = "{}";
  orders[0].log = {false, "{}"};
  orders[0].remove_tenant = true;
  const auto outcome = rig.appliance().run_batch(std::move(orders), 24).value();
  const auto object = json::parse(rig.appliance().certificate(tenant, outcome.serials[0]).value()).as_object();
  EXPECT_EQ(object.at("erasedRoot").as_string(), to_hex(crypto::merkle_root(leaves)));
  EXPECT_EQ(object.at("erasedCount").as_int64(), static_cast<std::int64_t>(leaves.size()));
  EXPECT_EQ(leaves.size(), std::size_t{EpochRig::kRecords});
}

TEST_F(RemovalCertificate, IsRefusedWithAnyByteFlipped) {
  std::size_t refused = 0;
  for (std::size_t at = 0; at < made->certificate.size(); ++at) {
    auto text = made->certificate;
    text[at] = static_cast<char>(text[at] ^ 1);
    ASSERT_NE(fault_of(text), CertificateFault::None) << at;
    ++refused;
  }
  EXPECT_EQ(refused, made->certificate.size());
  EXPECT_GT(refused, 2500u);
}

TEST_F(RemovalCertificate, SaysWhatIsWrongBehindTheSignature) {
  EXPECT_EQ(forged([](json::object&) {}), CertificateFault::None);
  EXPECT_EQ(forged([](json::object& object) { object["extra"] = 1; }), CertificateFault::UnknownMember);
  EXPECT_EQ(forged([](json::object& object) { object["rows"] = json::array{}; }), CertificateFault::UnknownMember);
  EXPECT_EQ(forged([](json::object& object) { object.erase("erasedRoot"); }), CertificateFault::BadField);
  EXPECT_EQ(forged([](json::object& object) { object["format"] = "shosoin/tenant-removal-certificate/2"; }),
            CertificateFault::UnknownMember);
  EXPECT_EQ(forged([](json::object& object) { object["erasedCount"] = 11; }), CertificateFault::CountMismatch);
  EXPECT_EQ(forged([](json::object& object) { object["erasedCount"] = -1; }), CertificateFault::BadField);
  EXPECT_EQ(forged([](json::object& object) { object["erasedRoot"] = std::string(64, '0'); }), CertificateFault::CountMismatch);
  EXPECT_EQ(forged([](json::object& object) { object["index"] = 0; }), CertificateFault::SerialMismatch);
  // Of a tenant that stays, and of one that never was.
  EXPECT_EQ(forged([](json::object& object) { object["tenant"] = made->rig.tenants[2].hex(); }), CertificateFault::TenantStays);
  EXPECT_EQ(forged([](json::object& object) { object["tenant"] = std::string(32, 'e'); }), CertificateFault::TenantNotInManifest);
  for (const bool japanese : {true, false}) EXPECT_FALSE(describe(CertificateFault::TenantStays, japanese).empty());
}

TEST_F(RemovalCertificate, TheBatchSaysWhichTenantWasRemovedAndNoOtherSaysSo) {
  EXPECT_EQ(fault_of(made->batch_certificate), CertificateFault::None);
  const auto object = json::parse(made->batch_certificate).as_object();
  std::size_t removed = 0;
  for (const auto& tenant : object.at("tenants").as_array()) {
    if (!tenant.as_object().contains("removed")) continue;
    ++removed;
    EXPECT_EQ(tenant.at("tenant").as_string(), made->rig.tenants[1].hex());
    EXPECT_EQ(tenant.at("erasedCount").as_int64(), EpochRig::kRecords);
  }
  EXPECT_EQ(removed, 1u);
  auto other = object;
  for (auto& tenant : other.at("tenants").as_array()) tenant.as_object()["removed"] = true;
  EXPECT_EQ(fault_of(sign_again(std::move(other))), CertificateFault::CountMismatch);
}

TEST(GenuineCertificate, OfARemovalStillHoldsUnderItsProvisioningRecord) {
  const auto text_of_file = [](const char* name) {
    std::ifstream file(std::string(SHOSOIN_SOURCE_DIR "/tests/vectors/") + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto record = read_provisioning_record(text_of_file("removal-provisioning-record.json")).value();
  const auto check = verify_certificate(text_of_file("removal-certificate.json"), record, "111007");
  EXPECT_EQ(check.fault, CertificateFault::None) << describe(check.fault, false);
  EXPECT_EQ(check.kind, CertificateKind::TenantRemoval);
}

}  // namespace
}  // namespace shosoin::test
