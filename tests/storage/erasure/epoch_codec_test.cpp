// What an epoch is on disk, against the vectors of another program (tests/vectors/epoch.json): written the same, read
// the same, and cut short anywhere refused.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "crypto/hash.h"
#include "storage/erasure/certificate.h"
#include "storage/erasure/core.h"
#include "storage/erasure/sequence_line.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;

class EpochVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(SHOSOIN_SOURCE_DIR "/tests/vectors/epoch.json");
    vectors = json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_object();
    manifest.epoch = 7;
    manifest.attempt = AttemptId(fixed<16>("attempt"));
    manifest.previous_x = fixed<32>("previousX");
    manifest.ctr_before = 1006;
    manifest.slot = 1;
    manifest.slot_digest = fixed<32>("slotDigest");
    for (const auto& item : vectors.at("tenants").as_array()) {
      const auto& row = item.as_object();
      manifest.tenants.push_back({TenantId(of<16>(row, "tenant")), GenerationId(of<16>(row, "gid")),
                                  of<32>(row, "root"), static_cast<std::uint64_t>(row.at("entries").as_int64()),
                                  of<32>(row, "logHead"), static_cast<std::uint32_t>(row.at("erased").as_int64()),
                                  of<32>(row, "erasedRoot")});
    }
  }
  static Bytes hex(const json::object& object, std::string_view name) {
    return *from_hex(std::string(object.at(name).as_string()));
  }
  Bytes hex(std::string_view name) const { return hex(vectors, name); }
  template <std::size_t N>
  static std::array<std::uint8_t, N> of(const json::object& object, std::string_view name) {
    const auto bytes = hex(object, name);
    ENSURE(bytes.size() == N);
    std::array<std::uint8_t, N> out{};
    std::ranges::copy(bytes, out.begin());
    return out;
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> fixed(std::string_view name) const {
    return of<N>(vectors, name);
  }
  json::object part(const char* name) const { return vectors.at(name).as_object(); }

  json::object vectors;
  Manifest manifest;
};

// Every truncation, and one byte more.
template <class Decode>
void expect_only_whole(const Bytes& bytes, Decode&& decode) {
  ASSERT_TRUE(decode(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto cut = decode(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code(), ErrorCode::Integrity);
  }
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer));
  auto other_format = bytes;
  other_format[1] = 2;
  EXPECT_FALSE(decode(other_format));
}

TEST_F(EpochVectors, ManifestIsWrittenAndReadAsTheFormatPageSays) {
  EXPECT_EQ(encode_manifest(manifest), hex("manifest"));
  const auto read = decode_manifest(hex("manifest")).value();
  EXPECT_EQ(read.tenants, manifest.tenants);
  EXPECT_EQ(read.slot_digest, manifest.slot_digest);
  EXPECT_EQ(manifest_digest(hex("manifest")), fixed<32>("manifestDigest"));
  EXPECT_EQ(next_chain(manifest.previous_x, fixed<32>("manifestDigest")), fixed<32>("currentX"));
  EXPECT_EQ(shred_value(hex("manifest")), fixed<32>("shredValue"));
  for (std::uint32_t index : {0u, 1u}) {
    EXPECT_EQ(certificate_serial(hex("manifest"), index), vectors.at("serials").at(index).as_string());
  }
  expect_only_whole(hex("manifest"), [](const Bytes& bytes) { return decode_manifest(bytes); });
}

TEST_F(EpochVectors, ManifestWithAnotherSlotOrderOrTooManyTenantsIsRefused) {
  auto wrong = manifest;
  wrong.slot = 0;
  EXPECT_FALSE(decode_manifest(encode_manifest(wrong)));
  wrong = manifest;
  std::swap(wrong.tenants[1], wrong.tenants[2]);
  EXPECT_FALSE(decode_manifest(encode_manifest(wrong)));
  wrong = manifest;
  wrong.tenants[2] = wrong.tenants[1];
  EXPECT_FALSE(decode_manifest(encode_manifest(wrong)));
  wrong.tenants.assign(limits::kMaxTenants + 2, {});
  EXPECT_FALSE(decode_manifest(encode_manifest(wrong)));
  EXPECT_EQ(decode_manifest({}, ErrorCode::InvalidContent).error().code(), ErrorCode::InvalidContent);
}

TEST_F(EpochVectors, ManifestThatRemovesATenantIsWrittenAndReadAsTheFormatPageSaysAndInNoOtherForm) {
  const auto removing = part("removing");
  auto& gone = manifest.tenants.back();
  ASSERT_EQ(gone.tenant, TenantId(of<16>(removing, "tenant")));
  gone.removed = true;
  gone.gid = {};
  gone.snapshot_root = {};
  gone.entries = 0;
  const auto bytes = hex(removing, "manifest");
  EXPECT_EQ(encode_manifest(manifest), bytes);
  EXPECT_EQ(decode_manifest(bytes).value().tenants, manifest.tenants);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_manifest(ByteView(bytes).first(size))) << size;
  auto other = bytes;
  other.back() = 2;  // neither stays nor goes
  EXPECT_FALSE(decode_manifest(other));
  other.back() = 0;  // the second format without a removal
  EXPECT_FALSE(decode_manifest(other));
  const auto refuse = [&](const std::function<void(ManifestTenant&)>& change) {
    auto wrong = manifest;
    change(wrong.tenants.back());
    EXPECT_FALSE(decode_manifest(encode_manifest(wrong)));
  };
  refuse([](ManifestTenant& tenant) { tenant.entries = 1; });
  refuse([](ManifestTenant& tenant) { tenant.snapshot_root[0] = 1; });
  refuse([](ManifestTenant& tenant) { tenant.gid = GenerationId::random(); });
  auto zero = manifest;
  zero.tenants.front() = {kAppliance, {}, {}, 0, {}, 0, {}, true};
  EXPECT_FALSE(decode_manifest(encode_manifest(zero)));
}

TEST_F(EpochVectors, BodyOfARemovalAndWhatStaysKnownAreWrittenAndReadAsTheFormatPageSays) {
  const auto removing = part("removing");
  const auto tenant = TenantId(of<16>(removing, "tenant"));
  const CertificateBody body{std::string(removing.at("declaration").as_string()), tenant, 7, 1, {}, {},
                             CertificateKind::TenantRemoval};
  EXPECT_EQ(encode_certificate_body(body), hex(removing, "body"));
  const auto read = decode_certificate_body(hex(removing, "body")).value();
  EXPECT_EQ(read.kind, CertificateKind::TenantRemoval);
  EXPECT_EQ(encode_certificate_body(read), hex(removing, "body"));
  const RemovedTenant gone{tenant, "132101", "小金井市", 7, std::string(removing.at("serial").as_string()), 12,
                           std::string(removing.at("removedAt").as_string())};
  EXPECT_EQ(encode_removed_tenant(gone), hex(removing, "entry"));
  EXPECT_EQ(certificate_serial(hex(removing, "manifest"), 1), gone.serial);
  EXPECT_EQ(encode_removed_tenant(decode_removed_tenant(tenant, hex(removing, "entry")).value()), hex(removing, "entry"));
  expect_only_whole(hex(removing, "entry"), [&](const Bytes& bytes) { return decode_removed_tenant(tenant, bytes); });
}

TEST_F(EpochVectors, EpochStateIsWrittenAndReadAsTheFormatPageSays) {
  const EpochState state{7,    manifest.attempt,  manifest.previous_x, fixed<32>("currentX"),
                         1007, hex("sealedRoot"), hex("manifest")};
  EXPECT_EQ(encode_epoch_state(state), hex("state"));
  const auto read = decode_epoch_state(hex("state")).value();
  EXPECT_EQ(encode_epoch_state(read), hex("state"));
  EXPECT_EQ(read.terms().ctr_bound, 1007u);
  EXPECT_EQ(read.terms().x_current, fixed<32>("currentX"));
  EXPECT_EQ(read.terms().x_previous, manifest.previous_x);
  expect_only_whole(hex("state"), [](const Bytes& bytes) { return decode_epoch_state(bytes); });
}

TEST_F(EpochVectors, EpochStateThatDoesNotFitItsManifestIsRefused) {
  const auto good = decode_epoch_state(hex("state")).value();
  const auto refuse = [&](const std::function<void(EpochState&)>& change) {
    auto state = good;
    change(state);
    const auto read = decode_epoch_state(encode_epoch_state(state));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
  };
  refuse([](EpochState& state) { state.epoch = 8; });
  refuse([](EpochState& state) { state.attempt = AttemptId::random(); });
  refuse([](EpochState& state) { state.x_previous[0] ^= 1; });
  refuse([](EpochState& state) { state.x_current[31] ^= 1; });
  refuse([](EpochState& state) { state.manifest.back() ^= 1; });
}

TEST_F(EpochVectors, EvidenceIsWrittenAndReadAsTheFormatPageSays) {
  Evidence evidence{
      hex("manifest"), manifest.previous_x, fixed<32>("currentX"), {}, hex("quote"), "2026-11-22T14:03:05.123+09:00"};
  const auto attestation = [&](std::size_t at) {
    return *from_hex(std::string(vectors.at("attestations").at(at).as_string()));
  };
  evidence.attestations = {
      {attestation(0), attestation(1)}, {attestation(2), attestation(3)}, {attestation(4), attestation(5)}};
  EXPECT_EQ(encode_evidence(evidence), hex("evidence"));
  const auto read = decode_evidence(hex("evidence")).value();
  EXPECT_EQ(read.certified_at, evidence.certified_at);
  EXPECT_EQ(read.attestations.slot.signature, attestation(5));
  EXPECT_EQ(encode_evidence(read), hex("evidence"));
  expect_only_whole(hex("evidence"), [](const Bytes& bytes) { return decode_evidence(bytes); });
}

TEST_F(EpochVectors, CopyOfEvidenceIsWrittenAndReadAsTheFormatPageSaysAndOnlyWhereXFollowsFromTheManifest) {
  EXPECT_EQ(encode_evidence_copy(hex("evidence")), hex("evidenceCopy"));
  EXPECT_EQ(encode_evidence(decode_evidence_copy(hex("evidenceCopy")).value()), hex("evidence"));
  expect_only_whole(hex("evidenceCopy"), [](const Bytes& bytes) { return decode_evidence_copy(bytes); });
  auto other = decode_evidence(hex("evidence")).value();
  other.x_current[0] ^= 1;
  EXPECT_EQ(decode_evidence_copy(encode_evidence_copy(encode_evidence(other))).error().code(), ErrorCode::Integrity);
}

TEST_F(EpochVectors, SequenceLineIsWrittenAndReadAsTheFormatPageSays) {
  EXPECT_EQ(encode_sequence_line(3ull << 32), hex("sequenceLine"));
  EXPECT_EQ(decode_sequence_line(hex("sequenceLine")).value(), 3ull << 32);
  const auto bytes = hex("sequenceLine");
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto changed = bytes;
    changed[at] ^= 1;
    EXPECT_EQ(decode_sequence_line(changed).error().code(), ErrorCode::Integrity) << at;
    EXPECT_FALSE(decode_sequence_line(ByteView(bytes).first(at))) << at;
  }
}

TEST_F(EpochVectors, TableRowOfTheOtherProgramOpensThroughBothLayers) {
  const auto outer = part("outer"), inner = part("inner");
  const auto tenant = TenantId(fixed<16>("tenant"));
  const auto root = EpochRoot::copy_from(of<32>(outer, "key"));
  const auto row = open_table_row(root, 7, tenant, hex(outer, "box")).value();
  EXPECT_EQ(row.gid, GenerationId(fixed<16>("gid")));
  EXPECT_EQ(row.birth_epoch, 6u);
  EXPECT_EQ(row.entries, 5000u);
  EXPECT_EQ(row.wrapped_key, hex(inner, "box"));
  EXPECT_EQ(row.snapshot_root, manifest.tenants[1].tenant == tenant ? manifest.tenants[1].snapshot_root
                                                                    : manifest.tenants[2].snapshot_root);
  const auto key = unwrap_tenant_key(TenantSealKey::copy_from(of<32>(inner, "key")), row).value();
  EXPECT_EQ(key.expose([](auto bytes) { return copy_of(bytes); }), hex(inner, "plain"));
}

TEST_F(EpochVectors, TableRowBelongsToItsEpochItsTenantAndItsRoot) {
  const auto tenant = TenantId::random();
  const auto root = EpochRoot::random();
  const TableRow row{tenant, GenerationId::random(), 3, Bytes(113, 5), {1}, 9, {2}};
  const auto box = seal_table_row(root, 4, row);
  EXPECT_EQ(seal_table_row(root, 4, open_table_row(root, 4, tenant, box).value()).size(), box.size());
  EXPECT_EQ(open_table_row(root, 5, tenant, box).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(open_table_row(root, 4, TenantId::random(), box).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(open_table_row(EpochRoot::random(), 4, tenant, box).error().code(), ErrorCode::Integrity);
}

TEST_F(EpochVectors, WrappedTenantKeyBelongsToItsSealTenantAndBirthEpochButNotToAGid) {
  TableRow row{TenantId::random(), GenerationId::random(), 3, {}, {}, 0, {}};
  const auto seal = TenantSealKey::random();
  const auto key = TenantEpochKey::random();
  row.wrapped_key = wrap_tenant_key(seal, row, key);
  EXPECT_TRUE(unwrap_tenant_key(seal, row));
  auto merged = row;
  merged.gid = GenerationId::random();
  EXPECT_TRUE(unwrap_tenant_key(seal, merged));
  EXPECT_FALSE(unwrap_tenant_key(TenantSealKey::random(), row));
  auto later = row;
  later.birth_epoch = 4;
  EXPECT_FALSE(unwrap_tenant_key(seal, later));
  auto other = row;
  other.tenant = TenantId::random();
  EXPECT_FALSE(unwrap_tenant_key(seal, other));
  auto longer = row;
  longer.wrapped_key =
      crypto::seal_box(seal, {crypto::BoxKind::InnerWrap, row.tenant, {}, row.birth_epoch, 0}, Bytes(33, 1));
  EXPECT_EQ(unwrap_tenant_key(seal, longer).error().code(), ErrorCode::Integrity);
}

TEST_F(EpochVectors, CertificateBodyIsWrittenAndReadAsTheFormatPageSays) {
  CertificateBody body{std::string(vectors.at("declaration").as_string()), TenantId(fixed<16>("tenant")), 7, 1, {}, {}};
  for (const auto& item : vectors.at("rows").as_array()) {
    const auto& row = item.as_object();
    body.rows.push_back({RecordId(of<16>(row, "record")), RowId(of<16>(row, "row")), of<32>(row, "digest")});
    body.tenant_leaves.push_back(erased_leaf(body.tenant, body.rows.back().row, body.rows.back().row_digest));
  }
  for (std::size_t i = 0; i < body.tenant_leaves.size(); ++i) {
    EXPECT_EQ(to_hex(body.tenant_leaves[i]), vectors.at("leaves").at(i).as_string());
  }
  EXPECT_EQ(crypto::merkle_root(body.tenant_leaves),
            std::ranges::find(manifest.tenants, body.tenant, &ManifestTenant::tenant)->erased_root);
  EXPECT_EQ(encode_certificate_body(body), hex("body"));
  const auto read = decode_certificate_body(hex("body")).value();
  EXPECT_EQ(encode_certificate_body(read), hex("body"));
  EXPECT_EQ(read.index, 1u);
  expect_only_whole(hex("body"), [](const Bytes& bytes) { return decode_certificate_body(bytes); });
}

TEST_F(EpochVectors, TenantEntryIsWrittenAndReadAsTheFormatPageSays) {
  const auto made = part("tenantEntry");
  const TenantEntry entry{"132101", "小金井市", hex(made, "seal"), AuthValue::copy_from(of<32>(made, "auth"))};
  EXPECT_EQ(encode_tenant_entry(entry), hex(made, "bytes"));
  const auto read = decode_tenant_entry(hex(made, "bytes"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().name, "小金井市");
  expect_only_whole(hex(made, "bytes"), [](const Bytes& bytes) { return decode_tenant_entry(bytes); });
}

}  // namespace
}  // namespace shosoin::erasure
