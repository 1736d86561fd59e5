// Offline verification. Every step names its own fault; the first one found is told.
#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <span>

#include "crypto/canonical_json.h"
#include "crypto/hash.h"
#include "storage/erasure/certificate_members.h"
#include "storage/erasure/certificate_reading.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;

CertificateFault check_chain(const ParsedCertificate& parsed, const Manifest& manifest) {
  const auto& evidence = parsed.evidence;
  const auto index = parsed.of_batch() ? kBatchIndex : parsed.body.index;
  if (certificate_serial(evidence.manifest, index) != parsed.serial) return CertificateFault::SerialMismatch;
  if (manifest.epoch != parsed.body.epoch) return CertificateFault::ManifestMismatch;
  if (manifest.previous_x != evidence.x_previous ||
      next_chain(evidence.x_previous, manifest_digest(evidence.manifest)) != evidence.x_current) {
    return CertificateFault::ChainMismatch;
  }
  return CertificateFault::None;
}

CertificateFault check_rows(const CertificateBody& body, const Manifest& manifest) {
  const auto tenant = std::ranges::find(manifest.tenants, body.tenant, &ManifestTenant::tenant);
  if (tenant == manifest.tenants.end()) return CertificateFault::TenantNotInManifest;
  if (tenant->erased_count != body.tenant_leaves.size() ||
      tenant->erased_root != crypto::merkle_root(body.tenant_leaves)) {
    return CertificateFault::RowNotInManifest;
  }
  std::set<RecordId> records;
  std::set<RowId> rows;
  for (const auto& row : body.rows) {
    if (std::ranges::find(body.tenant_leaves, erased_leaf(body.tenant, row.row, row.row_digest)) ==
        body.tenant_leaves.end()) {
      return CertificateFault::RowNotInManifest;
    }
    if (!rows.insert(row.row).second) return CertificateFault::CountMismatch;
    records.insert(row.record);
  }
  boost::system::error_code malformed;
  const auto declaration = json::parse(body.declaration, malformed);
  const auto count = malformed ? std::nullopt : number_member(declaration.get_object(), "count");
  return count == records.size() ? CertificateFault::None : CertificateFault::CountMismatch;
}

CertificateFault check_removal(const ParsedCertificate& parsed, const Manifest& manifest) {
  const auto tenant = std::ranges::find(manifest.tenants, parsed.body.tenant, &ManifestTenant::tenant);
  if (tenant == manifest.tenants.end()) return CertificateFault::TenantNotInManifest;
  if (!tenant->removed) return CertificateFault::TenantStays;
  const bool same = tenant->erased_count == parsed.erased_count && tenant->erased_root == parsed.erased_root;
  return same ? CertificateFault::None : CertificateFault::CountMismatch;
}

CertificateFault check_manifest(const ParsedCertificate& parsed, const Manifest& manifest) {
  if (const auto fault = check_chain(parsed, manifest); fault != CertificateFault::None) return fault;
  if (parsed.body.kind == CertificateKind::Erasure) return check_rows(parsed.body, manifest);
  if (parsed.body.kind == CertificateKind::TenantRemoval) return check_removal(parsed, manifest);
  return parsed.tenants == erased_of_tenants(manifest) ? CertificateFault::None : CertificateFault::CountMismatch;
}

// Of a batch there is no declaration: it is no tenant's.
bool is_of_tenant(const CertificateBody& body, std::string_view code) {
  boost::system::error_code malformed;
  const auto declaration = json::parse(body.declaration.empty() ? "{}" : body.declaration, malformed);
  if (malformed || !declaration.is_object()) return false;
  const auto* tenant = declaration.get_object().if_contains("tenant");
  return tenant != nullptr && tenant->is_object() &&
         text_of_member(tenant->get_object(), "localGovernmentCode") == code;
}

struct Members {
  std::string_view format;
  std::span<const std::string_view> names;
};
Members members_of(CertificateKind kind) {
  switch (kind) {
    case CertificateKind::Erasure:
      return {kCertificateFormat, kCertificateMembers};
    case CertificateKind::Batch:
      return {kBatchCertificateFormat, kBatchCertificateMembers};
    case CertificateKind::TenantRemoval:
      return {kRemovalCertificateFormat, kRemovalCertificateMembers};
  }
  return {};
}

// An unknown format is looked at as one of an erasure, and refused there.
CertificateKind kind_of(const json::object& object) {
  const auto format = text_of_member(object, "format");
  if (format == kBatchCertificateFormat) return CertificateKind::Batch;
  return format == kRemovalCertificateFormat ? CertificateKind::TenantRemoval : CertificateKind::Erasure;
}

CertificateFault check_members(const json::object& object, CertificateKind kind) {
  const auto known = members_of(kind);
  for (const auto& member : object) {
    if (std::ranges::find(known.names, std::string_view(member.key())) == known.names.end())
      return CertificateFault::UnknownMember;
  }
  if (text_of_member(object, "format") != known.format) return CertificateFault::WrongFormat;
  return object.size() == known.names.size() ? CertificateFault::None : CertificateFault::BadField;
}

}  // namespace

CertificateCheck verify_certificate(std::string_view text, const ProvisioningRecord& pinned,
                                    std::string_view tenant_code) {
  CertificateCheck check;
  const auto fail = [&](CertificateFault fault) {
    check.fault = fault;
    return check;
  };
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);  // as text tools leave it
  auto value = crypto::parse_strict(text);
  if (!value || !value.value().is_object()) return fail(CertificateFault::NotJson);
  if (crypto::canonical_json(value.value()) != text) return fail(CertificateFault::NotCanonical);
  auto& object = value.value().get_object();
  const auto kind = kind_of(object);
  if (const auto fault = check_members(object, kind); fault != CertificateFault::None) return fail(fault);
  const auto parsed = read_certificate(object, kind);
  if (!parsed) return fail(CertificateFault::BadField);
  const auto signature = base64_member(object, "signature");
  object.erase("signature");
  if (!crypto::ed25519_verify(pinned.signing_key, view_of(crypto::canonical_json(value.value())), signature)) {
    return fail(CertificateFault::SignatureInvalid);
  }
  check.serial = parsed->serial;
  check.declaration = parsed->body.declaration;
  check.epoch = parsed->body.epoch;
  check.rows = kind == CertificateKind::TenantRemoval ? parsed->erased_count : parsed->body.rows.size();
  check.kind = kind;
  check.software_tpm = parsed->software || pinned.software_tpm;
  auto manifest = decode_manifest(parsed->evidence.manifest, ErrorCode::InvalidContent);
  if (!manifest) return fail(CertificateFault::ManifestMismatch);
  if (const auto fault = check_manifest(*parsed, manifest.value()); fault != CertificateFault::None) return fail(fault);
  if (kind == CertificateKind::Batch) {
    for (const auto& tenant : manifest.value().tenants) check.rows += tenant.erased_count;
  }
  check.evidence =
      tpm::check_epoch_evidence(parsed->evidence.attestations,
                                {parsed->body.epoch, parsed->evidence.x_previous, parsed->evidence.x_current,
                                 manifest_digest(parsed->evidence.manifest), shred_value(parsed->evidence.manifest)},
                                pinned.pins);
  if (check.evidence == tpm::EvidenceFault::None &&
      !tpm::verify_quote(parsed->evidence.quote, pinned.pins.ak_point, manifest_digest(parsed->evidence.manifest))) {
    check.evidence = tpm::EvidenceFault::Quote;
  }
  if (check.evidence == tpm::EvidenceFault::SlotNotShredded) return fail(CertificateFault::SurvivingKeySlot);
  if (check.evidence != tpm::EvidenceFault::None) return fail(CertificateFault::TpmEvidence);
  if (!tenant_code.empty() && !is_of_tenant(parsed->body, tenant_code)) return fail(CertificateFault::OtherTenant);
  return fail(CertificateFault::None);
}

}  // namespace shosoin::erasure
