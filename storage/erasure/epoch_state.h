// What an epoch is on disk: its state, its manifest, its table rows (format page: storage/erasure/epochs.md). Values; any thread.
#pragma once

#include <string>
#include <vector>

#include "crypto/box.h"
#include "firmware/base/bytes.h"
#include "firmware/base/ids.h"
#include "firmware/base/result.h"
#include "firmware/memory/secret.h"
#include "hardware/tpm/anchor.h"

namespace shosoin::erasure {

inline constexpr std::uint16_t kEpochFormat = 1;
inline constexpr std::uint16_t kRemovingManifestFormat = 2;  // of a manifest that removes a tenant, and of no other

struct ManifestTenant {
  TenantId tenant;
  GenerationId gid;
  Digest snapshot_root{};
  std::uint64_t entries = 0;
  Digest log_head{};
  std::uint32_t erased_count = 0;
  Digest erased_root{};               // RFC 6962 root; leaf = SHA256(0x00 || tenant || row id || SHA256(row))
  bool removed = false;               // has no generation from this epoch on: gid, snapshot root and entries are zero
  bool operator==(const ManifestTenant&) const = default;
};
struct Manifest {
  std::uint64_t epoch = 0;
  AttemptId attempt;
  Digest previous_x{};
  std::uint64_t ctr_before = 0;
  std::uint8_t slot = 0;              // where K(epoch) is; the other one is shredded
  Digest slot_digest{};               // SHA256(K(epoch))
  std::vector<ManifestTenant> tenants;  // ascending by id; tenant zero first
};
Bytes encode_manifest(const Manifest& manifest);
Result<Manifest> decode_manifest(ByteView bytes, ErrorCode code = ErrorCode::Integrity);
Digest manifest_digest(ByteView manifest);                       // SHA256(manifest)
Digest next_chain(const Digest& x, const Digest& manifest_digest);  // SHA256(X || SHA256(manifest))
Digest shred_value(ByteView manifest);                           // SHA256("shred" || manifest), public
Digest erased_leaf(const TenantId& tenant, const RowId& row, const Digest& row_digest);
std::string certificate_serial(ByteView manifest, std::uint32_t index);  // hex SHA256(manifest || be32(index))

struct EpochState {
  std::uint64_t epoch = 0;
  AttemptId attempt;
  Digest x_previous{}, x_current{};
  std::uint64_t ctr_bound = 0;        // CTR once this epoch is complete
  tpm::SealedBlob sealed_root;
  Bytes manifest;
  tpm::RootTerms terms() const { return {x_current, x_previous, ctr_bound}; }
};
Bytes encode_epoch_state(const EpochState& state);
Result<EpochState> decode_epoch_state(ByteView bytes);

// One tenant's row of the table, in clear (it stands in an outer box under R(e)).
struct TableRow {
  TenantId tenant;
  GenerationId gid;
  std::uint64_t birth_epoch = 0;      // of the tenant epoch key: the context of the inner box
  Bytes wrapped_key;                  // inner box under the tenant seal; for tenant zero the key itself
  Digest snapshot_root{};
  std::uint64_t entries = 0;
  Digest log_head{};                  // when the generation was made
};
Bytes seal_table_row(const EpochRoot& root, std::uint64_t epoch, const TableRow& row);
Result<TableRow> open_table_row(const EpochRoot& root, std::uint64_t epoch, const TenantId& tenant, ByteView box);
Bytes wrap_tenant_key(const TenantSealKey& seal, const TableRow& row, const TenantEpochKey& key);
Result<TenantEpochKey> unwrap_tenant_key(const TenantSealKey& seal, const TableRow& row);

struct Evidence {
  Bytes manifest;
  Digest x_previous{}, x_current{};
  tpm::EpochEvidence attestations;
  Bytes quote;                        // AK quote over the same digest: PCRs and clock
  std::string certified_at;           // ISO 8601
};
Bytes encode_evidence(const Evidence& evidence);
Result<Evidence> decode_evidence(ByteView bytes);
// A file beside the state copies. Integrity also where X does not follow from the manifest: such evidence proves nothing.
Bytes encode_evidence_copy(ByteView evidence);
Result<Evidence> decode_evidence_copy(ByteView bytes);

}  // namespace shosoin::erasure
