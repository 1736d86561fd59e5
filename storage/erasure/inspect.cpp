// Certificates on request.
#include "storage/erasure/certificate.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {
namespace {

constexpr std::string_view kSigningKeyName = "certificates";

}  // namespace

// Evidence is there as soon as an epoch is certified, and stays - except what was lost with an environment that was
// rebuilt.
Error Appliance::Core::no_evidence(const engine::ReadTransaction& transaction, std::uint64_t epoch) const {
  const auto from = generations::get_plain(transaction, generations::kMeta, generations::name_key("evidence-from"));
  if (!from) return from.error();
  if (from.value() && from.value()->size() == 8 && epoch < from_be<std::uint64_t>(from.value()->first<8>())) {
    return Error{ErrorCode::Conflict, "find the evidence of an epoch: it was lost with an earlier environment"};
  }
  std::shared_lock lock(table_mutex);
  if (epoch < state.epoch || (epoch == state.epoch && certified))
    return Error{ErrorCode::Integrity, "find the evidence of a certified epoch", static_cast<std::int64_t>(epoch)};
  return Error{ErrorCode::Conflict, "find the evidence of an epoch: it is not proven yet"};
}

Result<SigningSeed> Appliance::Core::signing_seed() {
  TRY(auto seed, zero().get({generations::TableId::SigningKeys, copy_of(view_of(kSigningKeyName))}));
  if (!seed || seed->size() != SigningSeed::kSize)
    return Error{ErrorCode::Integrity, "find the signing key of certificates"};
  auto signing = SigningSeed::copy_from(std::span(*seed).first<SigningSeed::kSize>());
  memory::wipe(*seed);
  return signing;
}

Result<std::string> Appliance::serial_of(std::uint64_t epoch, std::uint32_t index) const {
  TRY(auto reading, core_->appliance().read());
  TRY(auto stored, generations::get_plain(*reading, generations::kEvidence, epoch_key(epoch)));
  if (!stored) return core_->no_evidence(*reading, epoch);
  TRY(auto evidence, decode_evidence(*stored));
  return certificate_serial(evidence.manifest, index);
}

Result<std::string> Appliance::certificate(const TenantId& tenant, std::string_view serial) {
  TRY(auto stored, zero().get({generations::TableId::Certificates, copy_of(view_of(serial))}));
  if (!stored) return Error{ErrorCode::NotFound, "find a certificate"};
  TRY(auto body, decode_certificate_body(*stored));
  if (body.tenant != tenant)
    return Error{ErrorCode::NotFound, "find a certificate"};  // another tenant's looks like none
  TRY(auto reading, core_->appliance().read());
  TRY(auto proof, generations::get_plain(*reading, generations::kEvidence, epoch_key(body.epoch)));
  if (!proof) return core_->no_evidence(*reading, body.epoch);
  TRY(auto evidence, decode_evidence(*proof));
  TRY(const auto seed, core_->signing_seed());
  return assemble_certificate(body, evidence, core_->anchor->facts().software, {}, seed);
}

Result<std::string> Appliance::batch_certificate(std::uint64_t epoch) {
  if (epoch == 0 || epoch > status().epoch) return Error{ErrorCode::NotFound, "find a certificate"};
  TRY(auto reading, core_->appliance().read());
  TRY(auto proof, generations::get_plain(*reading, generations::kEvidence, epoch_key(epoch)));
  if (!proof) return core_->no_evidence(*reading, epoch);
  TRY(auto evidence, decode_evidence(*proof));
  TRY(const auto seed, core_->signing_seed());
  return assemble_batch_certificate(evidence, core_->anchor->facts().software, {}, seed);
}

}  // namespace shosoin::erasure
