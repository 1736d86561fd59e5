#include "storage/erasure/certificate_reading.h"

#include <algorithm>

#include "crypto/canonical_json.h"
#include "firmware/base/codec.h"
#include "storage/erasure/certificate_members.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;

bool has_exactly(const json::object& object, std::initializer_list<std::string_view> names) {
  return object.size() == names.size() && std::ranges::all_of(names, [&](auto name) { return object.contains(name); });
}

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> hex_text(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != N || to_hex(*bytes) != text) return std::nullopt;
  std::array<std::uint8_t, N> out{};
  std::ranges::copy(*bytes, out.begin());
  return out;
}

std::optional<tpm::Attestation> read_attestation(const json::object& evidence, std::string_view name) {
  const auto* value = evidence.if_contains(name);
  if (value == nullptr || !value->is_object() || !has_exactly(value->get_object(), {"statement", "signature"})) {
    return std::nullopt;
  }
  return tpm::Attestation{base64_member(value->get_object(), "statement"),
                          base64_member(value->get_object(), "signature")};
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
  if (chain == nullptr || !chain->is_object() || !has_exactly(chain->get_object(), {"previous", "current"}))
    return false;
  if (parts == nullptr || !parts->is_object() ||
      !has_exactly(parts->get_object(), {"chain", "counter", "slot", "quote"})) {
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

// What certificates of an erasure and of a removal have in common.
bool read_declared(const json::object& object, CertificateBody& body) {
  const auto tenant = hex_text<16>(text_of_member(object, "tenant"));
  const auto index = number_member(object, "index");
  const auto& declaration = object.at("declaration");
  if (!tenant || !index || *index >= kBatchIndex || !declaration.is_object()) return false;
  body.tenant = TenantId(*tenant);
  body.index = static_cast<std::uint32_t>(*index);
  body.declaration = crypto::canonical_json(declaration);
  return true;
}

bool read_removal(const json::object& object, ParsedCertificate& parsed) {
  const auto count = number_member(object, "erasedCount");
  const auto root = hex_text<32>(text_of_member(object, "erasedRoot"));
  if (!count || !root) return false;
  parsed.erased_count = *count;
  parsed.erased_root = *root;
  return read_declared(object, parsed.body);
}

bool read_tenants(const json::object& object, ParsedCertificate& parsed) {
  const auto& tenants = object.at("tenants");
  if (!tenants.is_array()) return false;
  for (const auto& tenant : tenants.get_array()) {
    if (!tenant.is_object()) return false;
    const auto& object_of = tenant.get_object();
    const bool stays = has_exactly(object_of, {"tenant", "erasedCount", "erasedRoot"});
    if (!stays && !has_exactly(object_of, {"tenant", "erasedCount", "erasedRoot", "removed"})) return false;
  }
  parsed.tenants = tenants.get_array();
  return true;
}

}  // namespace

// An empty text fits no check.
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

std::optional<ParsedCertificate> read_certificate(const json::object& object, CertificateKind kind) {
  ParsedCertificate parsed;
  parsed.body.kind = kind;
  const auto epoch = number_member(object, "epoch");
  const auto& endorsement = object.at("endorsement");
  parsed.software = endorsement.is_string() && endorsement.get_string() == kSoftwareTpm;
  if (!epoch || !object.at("logInclusion").is_null() || !(parsed.software || endorsement.is_array()))
    return std::nullopt;
  parsed.serial = text_of_member(object, "serial");
  parsed.body.epoch = *epoch;
  if (!read_evidence(object, parsed.evidence)) return std::nullopt;
  const auto read = [&] {
    switch (kind) {
      case CertificateKind::Erasure:
        return read_declared(object, parsed.body) && read_rows(object, parsed.body);
      case CertificateKind::Batch:
        return read_tenants(object, parsed);
      case CertificateKind::TenantRemoval:
        return read_removal(object, parsed);
    }
    return false;
  }();
  return read ? std::optional(std::move(parsed)) : std::nullopt;
}

json::array erased_of_tenants(const Manifest& manifest) {
  json::array out;
  for (const auto& tenant : manifest.tenants) {
    json::object told{{"tenant", tenant.tenant.hex()},
                      {"erasedCount", static_cast<std::int64_t>(tenant.erased_count)},
                      {"erasedRoot", to_hex(tenant.erased_root)}};
    if (tenant.removed) told["removed"] = true;
    out.push_back(std::move(told));
  }
  return out;
}

}  // namespace shosoin::erasure
