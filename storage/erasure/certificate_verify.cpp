// Offline verification. Every step names its own fault; the first one found is told.
#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "crypto/canonical_json.h"
#include "crypto/hash.h"
#include "storage/erasure/certificate.h"
#include "storage/erasure/certificate_members.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;

bool has_exactly(const json::object& object, std::initializer_list<std::string_view> names) {
  return object.size() == names.size() && std::ranges::all_of(names, [&](auto name) { return object.contains(name); });
}

// A member as text, or empty: an empty text fits no check below.
std::string text_of_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}
Bytes base64_member(const json::object& object, std::string_view name) {
  return from_base64(text_of_member(object, name)).value_or(Bytes{});
}
std::optional<std::uint64_t> number_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value->get_int64());
}
template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> hex_text(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != N || to_hex(*bytes) != text) return std::nullopt;
  std::array<std::uint8_t, N> out{};
  std::ranges::copy(*bytes, out.begin());
  return out;
}

struct Parsed {
  CertificateBody body;
  Evidence evidence;
  std::string serial;
  bool software = false;
};

std::optional<tpm::Attestation> read_attestation(const json::object& evidence, std::string_view name) {
  const auto* value = evidence.if_contains(name);
  if (value == nullptr || !value->is_object() || !has_exactly(value->get_object(), {"statement", "signature"})) {
    return std::nullopt;
  }
  return tpm::Attestation{base64_member(value->get_object(), "statement"), base64_member(value->get_object(), "signature")};
}

bool read_rows(const json::object& object, CertificateBody& body) {
  const auto* rows = object.if_contains("rows");
  const auto* leaves = object.if_contains("tenantLeaves");
  if (rows == nullptr || !rows->is_array() || leaves == nullptr || !leaves->is_array()) return false;
  for (const auto& item : rows->get_array()) {
    if (!item.is_object() || !has_exactly(item.get_object(), {"record", "row", "digest"})) return false;
    const auto record = hex_text<16>(text_of_member(item.get_object(), "record"));
    const auto row = hex_text<16>(text_of_member(item.get_object(), "row"));
    const auto digest = hex_text<32>(text_of_member(item.get_object(), "digest"));
    if (!record || !row || !digest) return false;
    body.rows.push_back({RecordId(*record), RowId(*row), *digest});
  }
  for (const auto& item : leaves->get_array()) {
    const auto leaf = item.is_string() ? hex_text<32>(item.get_string()) : std::nullopt;
    if (!leaf) return false;
    body.tenant_leaves.push_back(*leaf);
  }
  return true;
}

bool read_evidence(const json::object& object, Evidence& evidence) {
  const auto* chain = object.if_contains("chain");
  const auto* parts = object.if_contains("evidence");
  if (chain == nullptr || !chain->is_object() || !has_exactly(chain->get_object(), {"previous", "current"})) return false;
  if (parts == nullptr || !parts->is_object() || !has_exactly(parts->get_object(), {"chain", "counter", "slot", "quote"})) {
    return false;
  }
  const auto previous = hex_text<32>(text_of_member(chain->get_object(), "previous"));
  const auto current = hex_text<32>(text_of_member(chain->get_object(), "current"));
  const auto chain_nv = read_attestation(parts->get_object(), "chain");
  const auto counter_nv = read_attestation(parts->get_object(), "counter");
  const auto slot_nv = read_attestation(parts->get_object(), "slot");
  if (!previous || !current || !chain_nv || !counter_nv || !slot_nv) return false;
  evidence.x_previous = *previous;
  evidence.x_current = *current;
  evidence.attestations = {*chain_nv, *counter_nv, *slot_nv};
  evidence.quote = base64_member(parts->get_object(), "quote");
  evidence.manifest = base64_member(object, "manifest");
  evidence.certified_at = text_of_member(object, "certifiedAt");
  return !evidence.manifest.empty() && !evidence.certified_at.empty() && !evidence.quote.empty();
}

std::optional<Parsed> read_certificate(const json::object& object) {
  Parsed parsed;
  const auto tenant = hex_text<16>(text_of_member(object, "tenant"));
  const auto epoch = number_member(object, "epoch");
  const auto index = number_member(object, "index");
  const auto& declaration = object.at("declaration");
  const auto& endorsement = object.at("endorsement");
  parsed.software = endorsement.is_string() && endorsement.get_string() == kSoftwareTpm;
  if (!tenant || !epoch || !index || *index > 0xFFFF'FFFF || !declaration.is_object() || !object.at("logInclusion").is_null() ||
      !(parsed.software || endorsement.is_array())) {
    return std::nullopt;
  }
  parsed.serial = text_of_member(object, "serial");
  parsed.body.tenant = TenantId(*tenant);
  parsed.body.epoch = *epoch;
  parsed.body.index = static_cast<std::uint32_t>(*index);
  parsed.body.declaration = crypto::canonical_json(declaration);
  if (!read_rows(object, parsed.body) || !read_evidence(object, parsed.evidence)) return std::nullopt;
  return parsed;
}

CertificateFault check_manifest(const Parsed& parsed, const Manifest& manifest) {
  const auto& body = parsed.body;
  const auto& evidence = parsed.evidence;
  if (certificate_serial(evidence.manifest, body.index) != parsed.serial) return CertificateFault::SerialMismatch;
  if (manifest.epoch != body.epoch) return CertificateFault::ManifestMismatch;
  if (manifest.previous_x != evidence.x_previous ||
      next_chain(evidence.x_previous, manifest_digest(evidence.manifest)) != evidence.x_current) {
    return CertificateFault::ChainMismatch;
  }
  const auto tenant = std::ranges::find(manifest.tenants, body.tenant, &ManifestTenant::tenant);
  if (tenant == manifest.tenants.end()) return CertificateFault::TenantNotInManifest;
  if (tenant->erased_count != body.tenant_leaves.size() || tenant->erased_root != crypto::merkle_root(body.tenant_leaves)) {
    return CertificateFault::RowNotInManifest;
  }
  std::set<RecordId> records;
  std::set<RowId> rows;
  for (const auto& row : body.rows) {
    if (std::ranges::find(body.tenant_leaves, erased_leaf(body.tenant, row.row, row.row_digest)) == body.tenant_leaves.end()) {
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

}  // namespace

CertificateCheck verify_certificate(std::string_view text, const ProvisioningRecord& pinned) {
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
  for (const auto& member : object) {
    if (std::ranges::find(kCertificateMembers, std::string_view(member.key())) == kCertificateMembers.end()) {
      return fail(CertificateFault::UnknownMember);
    }
  }
  if (text_of_member(object, "format") != kCertificateFormat) return fail(CertificateFault::WrongFormat);
  if (object.size() != kCertificateMembers.size()) return fail(CertificateFault::BadField);
  const auto parsed = read_certificate(object);
  if (!parsed) return fail(CertificateFault::BadField);
  const auto signature = base64_member(object, "signature");
  object.erase("signature");
  if (!crypto::ed25519_verify(pinned.signing_key, view_of(crypto::canonical_json(value.value())), signature)) {
    return fail(CertificateFault::SignatureInvalid);
  }
  check.serial = parsed->serial;
  check.declaration = parsed->body.declaration;
  check.epoch = parsed->body.epoch;
  check.rows = parsed->body.rows.size();
  check.software_tpm = parsed->software || pinned.software_tpm;
  auto manifest = decode_manifest(parsed->evidence.manifest, ErrorCode::InvalidContent);
  if (!manifest) return fail(CertificateFault::ManifestMismatch);
  if (const auto fault = check_manifest(*parsed, manifest.value()); fault != CertificateFault::None) return fail(fault);
  check.evidence = tpm::check_epoch_evidence(
      parsed->evidence.attestations,
      {parsed->body.epoch, parsed->evidence.x_previous, parsed->evidence.x_current,
       manifest_digest(parsed->evidence.manifest), shred_value(parsed->evidence.manifest)},
      pinned.pins);
  if (check.evidence == tpm::EvidenceFault::None &&
      !tpm::verify_quote(parsed->evidence.quote, pinned.pins.ak_point, manifest_digest(parsed->evidence.manifest))) {
    check.evidence = tpm::EvidenceFault::Quote;
  }
  if (check.evidence == tpm::EvidenceFault::SlotNotShredded) return fail(CertificateFault::SurvivingKeySlot);
  return fail(check.evidence == tpm::EvidenceFault::None ? CertificateFault::None : CertificateFault::TpmEvidence);
}

}  // namespace shosoin::erasure
