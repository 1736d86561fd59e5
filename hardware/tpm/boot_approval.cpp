#include "hardware/tpm/boot_approval.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "crypto/canonical_json.h"
#include "firmware/base/limits.h"

namespace shosoin::tpm {
namespace {

namespace json = boost::json;
constexpr std::string_view kFormat = "shosoin/1/boot-approval";

Error wrong(Literal what) { return Error{ErrorCode::InvalidContent, what}; }

Bytes signed_message(const BootApproval& approval) {
  Bytes message = copy_of(approval.approved_policy);
  append(message, approval.reference);
  return message;
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
}
Result<std::array<std::uint8_t, 32>> hex32_at(const json::object& object, std::string_view key) {
  const auto bytes = from_hex(text_at(object, key));
  std::array<std::uint8_t, 32> out{};
  if (!bytes || bytes->size() != out.size())
    return wrong("read a boot approval: a value must be 64 hexadecimal digits");
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}
Result<const json::object*> object_at(const json::object& object, std::string_view key, std::size_t members) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_object() || value->get_object().size() != members) {
    return wrong("read a boot approval: a part is missing or has unknown members");
  }
  return &value->get_object();
}

Result<std::vector<unsigned>> pcrs_at(const json::object& object) {
  const auto* value = object.if_contains("pcrs");
  if (value == nullptr || !value->is_array() || value->get_array().size() > 24) {
    return wrong("read a boot approval: pcrs must be a list of numbers");
  }
  std::vector<unsigned> pcrs;
  for (const auto& pcr : value->get_array()) {
    if (!pcr.is_int64() || pcr.get_int64() < 0 || pcr.get_int64() > 23) {
      return wrong("read a boot approval: a PCR must be a number from 0 to 23");
    }
    pcrs.push_back(static_cast<unsigned>(pcr.get_int64()));
  }
  return pcrs;
}

Result<BootApproval> read_approval(const json::value& value) {
  if (!value.is_object() || value.get_object().size() != 4) {
    return wrong("read a boot approval: a part is missing or has unknown members");
  }
  const auto& object = value.get_object();
  BootApproval approval;
  TRY(approval.pcrs, pcrs_at(object));
  TRY(approval.approved_policy, hex32_at(object, "approvedPolicy"));
  auto reference = from_base64(text_at(object, "reference"));
  if (!reference) return wrong("read a boot approval: the reference must be base64");
  approval.reference = std::move(*reference);
  TRY(const auto* signature, object_at(object, "signature", 2));
  TRY(approval.signature.r, hex32_at(*signature, "r"));
  TRY(approval.signature.s, hex32_at(*signature, "s"));
  return approval;
}

json::value to_json(const BootApproval& approval) {
  json::array pcrs;
  for (const unsigned pcr : approval.pcrs) pcrs.emplace_back(static_cast<std::int64_t>(pcr));
  return json::object{
      {"pcrs", std::move(pcrs)},
      {"approvedPolicy", to_hex(approval.approved_policy)},
      {"reference", to_base64(approval.reference)},
      {"signature", json::object{{"r", to_hex(approval.signature.r)}, {"s", to_hex(approval.signature.s)}}}};
}

}  // namespace

Result<void> check_pcr_list(const std::vector<unsigned>& pcrs) {
  if (pcrs.empty()) return wrong("check a boot approval: an approval of no PCR approves every boot");
  for (std::size_t i = 0; i < pcrs.size(); ++i) {
    if (pcrs[i] == 13) return wrong("check a boot approval: PCR 13 changes with every batch and must not be in it");
    if (pcrs[i] > 15) return wrong("check a boot approval: only PCR 0 to 15 may be in it");
    if (i > 0 && pcrs[i] <= pcrs[i - 1]) return wrong("check a boot approval: PCRs must be ascending, each once");
  }
  return success();
}

Result<void> check_boot_trust(const BootTrust& trust, std::string_view reference) {
  if (trust.approvals.empty()) return wrong("check the boot approvals: there is none");
  if (trust.approvals.size() > limits::kMaxBootApprovals) return wrong("check the boot approvals: there are too many");
  for (const auto& approval : trust.approvals) {
    TRY(check_pcr_list(approval.pcrs));
    if (!equal(approval.reference, view_of(reference))) {
      return wrong("check a boot approval: it was signed for another purpose");
    }
  }
  return success();
}

Result<BootTrust> load_boot_trust(std::string_view pem_of_signer, std::string_view json_text) {
  if (json_text.size() > limits::kMaxBootApprovalText) return wrong("read the boot approvals: the file is too long");
  BootTrust trust;
  TRY(trust.signer, crypto::p256_public_from_pem(pem_of_signer));
  TRY(auto value, crypto::parse_strict(json_text));
  if (!value.is_object() || value.get_object().size() != 3 || text_at(value.get_object(), "format") != kFormat) {
    return wrong("read the boot approvals: the file has another format");
  }
  const auto& file = value.get_object();
  TRY(const auto* signer, object_at(file, "signer", 2));
  crypto::P256Point named;
  TRY(named.x, hex32_at(*signer, "x"));
  TRY(named.y, hex32_at(*signer, "y"));
  if (named != trust.signer) return wrong("read the boot approvals: they are of another signer");
  const auto* approvals = file.if_contains("approvals");
  if (approvals == nullptr || !approvals->is_array()) return wrong("read the boot approvals: there is no list");
  for (const auto& entry : approvals->get_array()) {
    TRY(auto approval, read_approval(entry));
    if (!crypto::p256_verify(trust.signer, signed_message(approval), approval.signature)) {
      return wrong("check a boot approval: the signature does not fit");
    }
    trust.approvals.push_back(std::move(approval));
  }
  TRY(check_boot_trust(trust, kBootReference));
  return trust;
}

std::string encode_boot_trust(const BootTrust& trust) {
  json::array approvals;
  for (const auto& approval : trust.approvals) approvals.push_back(to_json(approval));
  return crypto::canonical_json(
      json::object{{"format", kFormat},
                   {"signer", json::object{{"x", to_hex(trust.signer.x)}, {"y", to_hex(trust.signer.y)}}},
                   {"approvals", std::move(approvals)}});
}

Result<std::string> make_boot_approval(std::string_view pem_private, const std::vector<unsigned>& pcrs,
                                       const Digest& composite, std::string_view reference) {
  TRY(check_pcr_list(pcrs));
  BootTrust trust;
  TRY(trust.signer, crypto::p256_public_from_pem(pem_private));
  BootApproval approval{.pcrs = pcrs,
                        .approved_policy = boot_policy_digest(pcrs, composite),
                        .reference = copy_of(view_of(reference)),
                        .signature = {}};
  TRY(approval.signature, crypto::p256_sign_with_pem(pem_private, signed_message(approval)));
  trust.approvals.push_back(std::move(approval));
  return encode_boot_trust(trust);
}

}  // namespace shosoin::tpm
