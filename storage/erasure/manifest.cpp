#include "storage/erasure/epoch_state.h"

#include <algorithm>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"

namespace shosoin::erasure {
namespace {
constexpr std::string_view kShred = "shred";

bool has_nothing(const ManifestTenant& tenant) {
  return tenant.gid == GenerationId{} && tenant.snapshot_root == Digest{} && tenant.entries == 0;
}

}  // namespace

Bytes encode_manifest(const Manifest& manifest) {
  Writer out;
  const bool removing = std::ranges::any_of(manifest.tenants, &ManifestTenant::removed);
  out.u16(removing ? kRemovingManifestFormat : kEpochFormat).u64(manifest.epoch).raw(manifest.attempt.view());
  out.raw(manifest.previous_x).u64(manifest.ctr_before);
  out.u8(manifest.slot).raw(manifest.slot_digest).u32(static_cast<std::uint32_t>(manifest.tenants.size()));
  for (const auto& tenant : manifest.tenants) {
    out.raw(tenant.tenant.view()).raw(tenant.gid.view()).raw(tenant.snapshot_root).u64(tenant.entries);
    out.raw(tenant.log_head).u32(tenant.erased_count).raw(tenant.erased_root);
    if (removing) out.u8(tenant.removed ? 1 : 0);
  }
  return out.take();
}

Result<Manifest> decode_manifest(ByteView bytes, ErrorCode code) {
  Reader in(bytes);
  Manifest manifest;
  const auto format = in.u16();
  if (format != kEpochFormat && format != kRemovingManifestFormat) in.fail();
  manifest.epoch = in.u64();
  manifest.attempt = AttemptId(in.fixed<16>());
  manifest.previous_x = in.fixed<32>();
  manifest.ctr_before = in.u64();
  manifest.slot = in.u8();
  manifest.slot_digest = in.fixed<32>();
  const auto count = in.u32();
  if (count > limits::kMaxTenants + 1 || manifest.slot != manifest.epoch % 2) in.fail();
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    ManifestTenant tenant;
    tenant.tenant = TenantId(in.fixed<16>());
    tenant.gid = GenerationId(in.fixed<16>());
    tenant.snapshot_root = in.fixed<32>();
    tenant.entries = in.u64();
    tenant.log_head = in.fixed<32>();
    tenant.erased_count = in.u32();
    tenant.erased_root = in.fixed<32>();
    if (format == kRemovingManifestFormat) {
      const auto standing = in.u8();
      tenant.removed = standing == 1;
      if (standing > 1 || (tenant.removed && (!has_nothing(tenant) || tenant.tenant == kAppliance))) in.fail();
    }
    if (i > 0 && !(manifest.tenants.back().tenant < tenant.tenant)) in.fail();
    manifest.tenants.push_back(tenant);
  }
  // One form for one content: the second format only where a tenant is removed.
  const bool removing = std::ranges::any_of(manifest.tenants, &ManifestTenant::removed);
  if (removing != (format == kRemovingManifestFormat)) in.fail();
  TRY(in.finish("read the manifest of an epoch", code));
  return manifest;
}

Digest manifest_digest(ByteView manifest) { return crypto::sha256(manifest); }
Digest next_chain(const Digest& x, const Digest& digest) { return crypto::sha256({x, digest}); }
Digest shred_value(ByteView manifest) { return crypto::sha256({view_of(kShred), manifest}); }
Digest erased_leaf(const TenantId& tenant, const RowId& row, const Digest& row_digest) {
  return crypto::merkle_leaf({tenant.view(), row.view(), row_digest});
}
std::string certificate_serial(ByteView manifest, std::uint32_t index) {
  return to_hex(crypto::sha256({manifest, be(index)}));
}

}  // namespace shosoin::erasure
