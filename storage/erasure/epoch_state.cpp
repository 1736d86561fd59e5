#include "storage/erasure/epoch_state.h"

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"

namespace shosoin::erasure {
namespace {

constexpr std::size_t kMaxSealedBlob = 4096;
constexpr std::size_t kMaxManifest = 256u + limits::kMaxTenants * 256u;
constexpr std::size_t kMaxWrapped = 1024;
constexpr std::size_t kMaxAttestation = 4096;
constexpr std::size_t kMaxEvidenceBeside = 8 * kMaxAttestation;  // seven of them, two X, a time
constexpr std::string_view kEvidenceMagic = "shosoin-evidence-1";

crypto::BoxContext outer_context(std::uint64_t epoch, const TenantId& tenant) {
  return {crypto::BoxKind::OuterWrap, tenant, {}, epoch, 0};
}
crypto::BoxContext inner_context(const TableRow& row) {
  return {crypto::BoxKind::InnerWrap, row.tenant, {}, row.birth_epoch, 0};  // a merge changes the gid, not the key
}

void write(Writer& out, const tpm::Attestation& attestation) {
  out.blob16(attestation.statement).blob16(attestation.signature);
}
tpm::Attestation read_attestation(Reader& in) {
  return {copy_of(in.blob16(kMaxAttestation)), copy_of(in.blob16(kMaxAttestation))};
}

}  // namespace

Bytes encode_epoch_state(const EpochState& state) {
  Writer out;
  out.u16(kEpochFormat).u64(state.epoch).raw(state.attempt.view()).raw(state.x_previous).raw(state.x_current);
  out.u64(state.ctr_bound).blob32(state.sealed_root).blob32(state.manifest);
  return out.take();
}

Result<EpochState> decode_epoch_state(ByteView bytes) {
  Reader in(bytes);
  EpochState state;
  if (in.u16() != kEpochFormat) in.fail();
  state.epoch = in.u64();
  state.attempt = AttemptId(in.fixed<16>());
  state.x_previous = in.fixed<32>();
  state.x_current = in.fixed<32>();
  state.ctr_bound = in.u64();
  state.sealed_root = copy_of(in.blob32(kMaxSealedBlob));
  state.manifest = copy_of(in.blob32(kMaxManifest));
  TRY(in.finish("read the state of an epoch"));
  // Checked after reading: a state that does not fit its own manifest was not written by us.
  TRY(auto manifest, decode_manifest(state.manifest));
  if (manifest.epoch != state.epoch || manifest.attempt != state.attempt || manifest.previous_x != state.x_previous ||
      next_chain(state.x_previous, manifest_digest(state.manifest)) != state.x_current) {
    return Error{ErrorCode::Integrity, "match the state of an epoch with its manifest"};
  }
  return state;
}

Bytes seal_table_row(const EpochRoot& root, std::uint64_t epoch, const TableRow& row) {
  Writer out;
  out.u16(kEpochFormat).raw(row.gid.view()).u64(row.birth_epoch).blob16(row.wrapped_key).raw(row.snapshot_root);
  out.u64(row.entries).raw(row.log_head);
  auto plain = out.take();
  auto box = crypto::seal_box(root, outer_context(epoch, row.tenant), plain);
  memory::wipe(plain);
  return box;
}

Result<TableRow> open_table_row(const EpochRoot& root, std::uint64_t epoch, const TenantId& tenant, ByteView box) {
  TRY(auto plain, crypto::open_box(root, outer_context(epoch, tenant), box));
  Reader in(plain);
  TableRow row;
  row.tenant = tenant;
  if (in.u16() != kEpochFormat) in.fail();
  row.gid = GenerationId(in.fixed<16>());
  row.birth_epoch = in.u64();
  row.wrapped_key = copy_of(in.blob16(kMaxWrapped));
  row.snapshot_root = in.fixed<32>();
  row.entries = in.u64();
  row.log_head = in.fixed<32>();
  auto read = in.finish("read a row of the tenant table");
  memory::wipe(plain);
  TRY(std::move(read));
  return row;
}

Bytes wrap_tenant_key(const TenantSealKey& seal, const TableRow& row, const TenantEpochKey& key) {
  return key.expose([&](auto bytes) { return crypto::seal_box(seal, inner_context(row), bytes); });
}

Result<TenantEpochKey> unwrap_tenant_key(const TenantSealKey& seal, const TableRow& row) {
  TRY(auto plain, crypto::open_box(seal, inner_context(row), row.wrapped_key));
  if (plain.size() != TenantEpochKey::kSize) return Error{ErrorCode::Integrity, "read a tenant epoch key"};
  auto key = TenantEpochKey::copy_from(std::span(plain).first<TenantEpochKey::kSize>());
  memory::wipe(plain);
  return key;
}

Bytes encode_evidence(const Evidence& evidence) {
  Writer out;
  out.u16(kEpochFormat).blob32(evidence.manifest).raw(evidence.x_previous).raw(evidence.x_current);
  write(out, evidence.attestations.chain);
  write(out, evidence.attestations.counter);
  write(out, evidence.attestations.slot);
  out.blob16(evidence.quote).text16(evidence.certified_at);
  return out.take();
}

Result<Evidence> decode_evidence(ByteView bytes) {
  Reader in(bytes);
  Evidence evidence;
  if (in.u16() != kEpochFormat) in.fail();
  evidence.manifest = copy_of(in.blob32(kMaxManifest));
  evidence.x_previous = in.fixed<32>();
  evidence.x_current = in.fixed<32>();
  evidence.attestations.chain = read_attestation(in);
  evidence.attestations.counter = read_attestation(in);
  evidence.attestations.slot = read_attestation(in);
  evidence.quote = copy_of(in.blob16(kMaxAttestation));
  evidence.certified_at = in.text16(64);
  TRY(in.finish("read the evidence of an epoch"));
  return evidence;
}

Bytes encode_evidence_copy(ByteView evidence) {
  Writer out;
  out.raw(view_of(kEvidenceMagic)).blob32(evidence);
  const auto digest = crypto::sha256(out.bytes());  // tells a torn copy from a whole one; the TPM's signatures are inside
  return out.raw(digest).take();
}

Result<Evidence> decode_evidence_copy(ByteView bytes) {
  constexpr Literal kDoing = "read a copy of evidence";
  Reader in(bytes);
  const bool ours = text_of(in.raw(kEvidenceMagic.size())) == kEvidenceMagic;
  const auto stored = in.blob32(kMaxManifest + kMaxEvidenceBeside);
  const auto digest = in.fixed<32>();
  TRY(in.finish(kDoing));
  if (!ours || digest != crypto::sha256(bytes.first(bytes.size() - digest.size()))) return Error{ErrorCode::Integrity, kDoing};
  TRY(auto evidence, decode_evidence(stored));
  if (next_chain(evidence.x_previous, manifest_digest(evidence.manifest)) != evidence.x_current) {
    return Error{ErrorCode::Integrity, kDoing};
  }
  return evidence;
}

}  // namespace shosoin::erasure
