#include "storage/erasure/provisioning_record.h"

#include <boost/json.hpp>
#include <set>

#include "crypto/canonical_json.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;
constexpr std::string_view kFormatName = "shosoin/provisioning-record/1";
// Every member there is: a record with one more or one less is refused.
const std::set<std::string_view> kMembers{
    "format", "applianceId", "madeAt", "srkName", "counterName", "chainName", "slot0Name", "slot1Name",
    "attestationKeyName", "attestationKeyX", "attestationKeyY", "custodianKeyX", "custodianKeyY", "counterBase",
    "chainInitial", "signingKey", "tpmManufacturer", "tpmVendor", "softwareTpm", "endorsementCertificates", "signature"};

std::string b64(ByteView bytes) { return to_base64(bytes); }

json::object members(const ProvisioningRecord& record) {
  const auto& pins = record.pins;
  json::object out;
  out["format"] = kFormatName;
  out["applianceId"] = record.appliance_id;
  out["madeAt"] = record.made_at;
  out["srkName"] = b64(pins.srk_name);
  out["counterName"] = b64(pins.ctr_name);
  out["chainName"] = b64(pins.chain_name);
  out["slot0Name"] = b64(pins.slot_name[0]);
  out["slot1Name"] = b64(pins.slot_name[1]);
  out["attestationKeyName"] = b64(pins.ak_name);
  out["attestationKeyX"] = b64(pins.ak_point.x);
  out["attestationKeyY"] = b64(pins.ak_point.y);
  out["custodianKeyX"] = b64(pins.custodian_key.x);
  out["custodianKeyY"] = b64(pins.custodian_key.y);
  out["counterBase"] = static_cast<std::int64_t>(pins.ctr_base);
  out["chainInitial"] = b64(pins.x_init);
  out["signingKey"] = b64(record.signing_key);
  out["tpmManufacturer"] = record.tpm_manufacturer;
  out["tpmVendor"] = record.tpm_vendor;
  out["softwareTpm"] = record.software_tpm;
  json::array certificates;
  for (const auto& certificate : record.endorsement_certificates) certificates.push_back(json::string(certificate));
  out["endorsementCertificates"] = std::move(certificates);
  return out;
}

// Reads members of fixed type; the first thing wrong sticks.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}
  bool ok() const { return ok_; }
  std::string text(std::string_view name) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_string()) return fail(), std::string{};
    return std::string(value->get_string());
  }
  Bytes bytes(std::string_view name) {
    auto decoded = from_base64(text(name));
    return decoded ? *decoded : (fail(), Bytes{});
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> fixed(std::string_view name) {
    const auto decoded = bytes(name);
    std::array<std::uint8_t, N> out{};
    if (decoded.size() != N) return fail(), out;
    std::copy(decoded.begin(), decoded.end(), out.begin());
    return out;
  }
  std::uint64_t number(std::string_view name) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return fail(), 0;
    return static_cast<std::uint64_t>(value->get_int64());
  }
  bool flag(std::string_view name) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_bool()) return fail(), false;
    return value->get_bool();
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_array()) return fail(), out;
    for (const auto& item : value->get_array()) {
      if (!item.is_string()) return fail(), out;
      out.emplace_back(item.get_string());
    }
    return out;
  }

 private:
  void fail() { ok_ = false; }
  const json::object& object_;
  bool ok_ = true;
};

}  // namespace

std::string sign_provisioning_record(const ProvisioningRecord& record, const CustodianScalar& custodians) {
  auto object = members(record);
  const auto signature = crypto::p256_sign(custodians, view_of(crypto::canonical_json(object)));
  Bytes both = copy_of(signature.r);
  append(both, signature.s);
  object["signature"] = b64(both);
  return crypto::canonical_json(object);
}

Result<ProvisioningRecord> read_provisioning_record(std::string_view text) {
  TRY(auto value, crypto::parse_strict(text));
  if (!value.is_object()) return Error{ErrorCode::BadRequest, "read a provisioning record"};
  auto& object = value.get_object();
  for (const auto& member : object) {
    if (!kMembers.contains(member.key())) return Error{ErrorCode::BadRequest, "read a provisioning record: unknown member"};
  }
  Members in(object);
  ProvisioningRecord record;
  record.appliance_id = in.text("applianceId");
  record.made_at = in.text("madeAt");
  auto& pins = record.pins;
  pins.srk_name = in.bytes("srkName");
  pins.ctr_name = in.bytes("counterName");
  pins.chain_name = in.bytes("chainName");
  pins.slot_name[0] = in.bytes("slot0Name");
  pins.slot_name[1] = in.bytes("slot1Name");
  pins.ak_name = in.bytes("attestationKeyName");
  pins.ak_point = {in.fixed<32>("attestationKeyX"), in.fixed<32>("attestationKeyY")};
  pins.custodian_key = {in.fixed<32>("custodianKeyX"), in.fixed<32>("custodianKeyY")};
  pins.ctr_base = in.number("counterBase");
  pins.x_init = in.fixed<32>("chainInitial");
  record.signing_key = in.fixed<32>("signingKey");
  record.tpm_manufacturer = in.text("tpmManufacturer");
  record.tpm_vendor = in.text("tpmVendor");
  record.software_tpm = in.flag("softwareTpm");
  record.endorsement_certificates = in.texts("endorsementCertificates");
  const auto signature = in.fixed<64>("signature");
  if (!in.ok() || in.text("format") != kFormatName) return Error{ErrorCode::BadRequest, "read a provisioning record"};
  object.erase("signature");
  crypto::EcdsaSignature halves;
  std::copy(signature.begin(), signature.begin() + 32, halves.r.begin());
  std::copy(signature.begin() + 32, signature.end(), halves.s.begin());
  if (!crypto::p256_verify(pins.custodian_key, view_of(crypto::canonical_json(value)), halves)) {
    return Error{ErrorCode::InvalidContent, "verify the custodians' signature on a provisioning record"};
  }
  return record;
}

}  // namespace shosoin::erasure
