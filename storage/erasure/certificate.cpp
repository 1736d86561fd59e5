// Assembling: the body fixed before the destruction, the TPM's evidence after it, one signature over both.
#include "storage/erasure/certificate.h"

#include <algorithm>
#include <boost/json.hpp>

#include "crypto/canonical_json.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "storage/erasure/certificate_members.h"
#include "storage/erasure/certificate_reading.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;
constexpr std::uint16_t kBodyFormat = 1;
constexpr std::uint16_t kRemovalBodyFormat = 2;

json::object attestation_json(const tpm::Attestation& attestation) {
  return {{"statement", to_base64(attestation.statement)}, {"signature", to_base64(attestation.signature)}};
}

// What certificates of both formats say about the batch, and the signature over all of it.
std::string finish_certificate(json::object& out, const Evidence& evidence, bool software_tpm,
                               const std::vector<std::string>& endorsement_certificates, const SigningSeed& signing_seed) {
  out["manifest"] = to_base64(evidence.manifest);
  out["chain"] = json::object{{"previous", to_hex(evidence.x_previous)}, {"current", to_hex(evidence.x_current)}};
  out["evidence"] = json::object{{"chain", attestation_json(evidence.attestations.chain)},
                                 {"counter", attestation_json(evidence.attestations.counter)},
                                 {"slot", attestation_json(evidence.attestations.slot)},
                                 {"quote", to_base64(evidence.quote)}};
  out["certifiedAt"] = evidence.certified_at;
  if (software_tpm) {
    out["endorsement"] = kSoftwareTpm;
  } else {
    json::array chain;
    for (const auto& certificate : endorsement_certificates) chain.push_back(json::string(certificate));
    out["endorsement"] = std::move(chain);
  }
  out["logInclusion"] = nullptr;  // the place for the proof of the Merkle log
  const auto signature = crypto::ed25519_sign(signing_seed, view_of(crypto::canonical_json(out)));
  out["signature"] = to_base64(signature);
  return crypto::canonical_json(out);
}

}  // namespace

Bytes encode_certificate_body(const CertificateBody& body) {
  Writer out;
  const bool removal = body.kind == CertificateKind::TenantRemoval;
  out.u16(removal ? kRemovalBodyFormat : kBodyFormat).blob32(view_of(body.declaration)).raw(body.tenant.view());
  out.u64(body.epoch).u32(body.index);
  if (removal) return out.take();
  out.u32(static_cast<std::uint32_t>(body.rows.size()));
  for (const auto& row : body.rows) out.raw(row.record.view()).raw(row.row.view()).raw(row.row_digest);
  out.u32(static_cast<std::uint32_t>(body.tenant_leaves.size()));
  for (const auto& leaf : body.tenant_leaves) out.raw(leaf);
  return out.take();
}

Result<CertificateBody> decode_certificate_body(ByteView bytes) {
  Reader in(bytes);
  CertificateBody body;
  const auto format = in.u16();
  if (format != kBodyFormat && format != kRemovalBodyFormat) in.fail();
  body.kind = format == kRemovalBodyFormat ? CertificateKind::TenantRemoval : CertificateKind::Erasure;
  body.declaration = std::string(text_of(in.blob32(limits::kMaxEntryValue)));
  body.tenant = TenantId(in.fixed<16>());
  body.epoch = in.u64();
  body.index = in.u32();
  const bool removal = body.kind == CertificateKind::TenantRemoval;
  const auto rows = removal ? 0 : in.u32();
  for (std::uint32_t i = 0; i < rows && !in.failed(); ++i) {
    body.rows.push_back({RecordId(in.fixed<16>()), RowId(in.fixed<16>()), in.fixed<32>()});
  }
  const auto leaves = removal ? 0 : in.u32();
  for (std::uint32_t i = 0; i < leaves && !in.failed(); ++i) body.tenant_leaves.push_back(in.fixed<32>());
  TRY(in.finish("read the body of a certificate"));
  return body;
}

std::string assemble_certificate(const CertificateBody& body, const Evidence& evidence, bool software_tpm,
                                 const std::vector<std::string>& endorsement_certificates, const SigningSeed& signing_seed) {
  json::object out;
  const bool removal = body.kind == CertificateKind::TenantRemoval;
  out["format"] = removal ? kRemovalCertificateFormat : kCertificateFormat;
  out["serial"] = certificate_serial(evidence.manifest, body.index);
  out["tenant"] = body.tenant.hex();
  out["epoch"] = static_cast<std::int64_t>(body.epoch);
  out["index"] = body.index;
  boost::system::error_code malformed;
  out["declaration"] = json::parse(body.declaration, malformed);
  ENSURE(!malformed);
  if (removal) {
    const auto manifest = decode_manifest(evidence.manifest);
    ENSURE(manifest.has_value());
    const auto gone = std::ranges::find(manifest.value().tenants, body.tenant, &ManifestTenant::tenant);
    ENSURE(gone != manifest.value().tenants.end());
    out["erasedCount"] = static_cast<std::int64_t>(gone->erased_count);
    out["erasedRoot"] = to_hex(gone->erased_root);
    return finish_certificate(out, evidence, software_tpm, endorsement_certificates, signing_seed);
  }
  json::array rows;
  for (const auto& row : body.rows) {
    rows.push_back(json::object{{"record", row.record.hex()}, {"row", row.row.hex()}, {"digest", to_hex(row.row_digest)}});
  }
  out["rows"] = std::move(rows);
  json::array leaves;
  for (const auto& leaf : body.tenant_leaves) leaves.push_back(json::string(to_hex(leaf)));
  out["tenantLeaves"] = std::move(leaves);
  return finish_certificate(out, evidence, software_tpm, endorsement_certificates, signing_seed);
}

std::string assemble_batch_certificate(const Evidence& evidence, bool software_tpm,
                                       const std::vector<std::string>& endorsement_certificates,
                                       const SigningSeed& signing_seed) {
  const auto manifest = decode_manifest(evidence.manifest);
  ENSURE(manifest.has_value());
  json::object out;
  out["format"] = kBatchCertificateFormat;
  out["serial"] = certificate_serial(evidence.manifest, kBatchIndex);
  out["epoch"] = static_cast<std::int64_t>(manifest.value().epoch);
  out["tenants"] = erased_of_tenants(manifest.value());
  return finish_certificate(out, evidence, software_tpm, endorsement_certificates, signing_seed);
}

}  // namespace shosoin::erasure
