// What is told of an application for erasure, and the refusals its requests share.
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasure_witness.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/log_months.h"
#include "firmware/base/limits_erasure.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::FieldId;

Result<std::string_view> told_state(Parts& parts, const ErasureFacts& facts) {
  if (facts.state != "approved") return std::string_view(facts.state);
  TRY(const auto refusal, witness_refusal(parts, facts, nullptr));
  return refusal.empty() ? std::string_view(facts.state) : std::string_view("witness-required");  // E-05
}

json::object told_of(const EarlyRefusal& refusal) {
  json::object one{{"reason", refusal.reason}};
  if (refusal.possible_from) one["purgeFrom"] = retention::to_text(*refusal.possible_from);
  if (refusal.hold) one["holdId"] = refusal.hold->hex();
  if (refusal.earlier) one["earlierRecordId"] = refusal.earlier->hex();
  return one;
}

// Months of the log go together or wait together: what stands against each.
Result<void> tell_waiting_months(Parts& parts, const TenantStore& store, const ErasureFacts& facts, json::object& out) {
  json::array waiting;
  for (const auto month : facts.months) {
    TRY(const auto refusal, early_months(store, {month}, legal_today(parts)));
    if (!refusal || waiting.size() == limits::kWaitingTold) continue;
    auto one = told_of(*refusal);
    one["month"] = month_text(month);
    waiting.push_back(std::move(one));
  }
  if (waiting.empty()) return success();
  out["waiting"] = std::move(waiting);
  out["waitingCount"] = facts.months.size();
  return success();
}

// Why each record that is still there does not go now: of what is approved, and not executed.
Result<void> tell_waiting(Parts& parts, const TenantStore& store, const ErasureFacts& facts, json::object& out) {
  if (facts.file == kAccessLog) return tell_waiting_months(parts, store, facts, out);
  TRY(const auto allowed, allowed_among(store, facts.file, facts.records, legal_today(parts), undetermined_in(facts)));
  if (allowed.refused.empty()) return success();
  json::array waiting;
  for (const auto& [id, refusal] : allowed.refused) {
    if (waiting.size() == limits::kWaitingTold) break;
    auto one = told_of(refusal);
    one["recordId"] = id.hex();
    waiting.push_back(std::move(one));
  }
  out["waiting"] = std::move(waiting);
  out["waitingCount"] = allowed.refused.size();
  return success();
}

}  // namespace

json::object summary(Parts& parts, const ErasureFacts& facts) {
  const auto state = told_state(parts, facts);
  json::object out{{"erasureId", facts.id.hex()},
                   {"state", state ? state.value() : std::string_view(facts.state)},
                   {"recordFile", facts.file},
                   {"count", facts.records.size() + facts.months.size()}};
  if (!facts.months.empty()) out["months"] = months_text(facts.months);
  for (const auto& member : facts.application) out[member.key()] = member.value();
  out["requestedBy"] = facts.requested;
  if (!facts.approved.empty()) out["approvedBy"] = facts.approved;
  if (needs_witness(facts)) out["witness"] = witness_told(facts);
  if (!facts.withdrawn.empty()) out["withdrawnBy"] = facts.withdrawn;
  if (!facts.remainder.empty()) out["remainder"] = facts.remainder;
  if (!facts.remainder_of.empty()) out["remainderOf"] = facts.remainder_of;
  if (!facts.closed_on.empty()) out["closedOn"] = facts.closed_on;
  if (facts.state != "executed") return out;
  out["executedBy"] = facts.executed;
  out["epoch"] = facts.epoch;
  if (!facts.disposal.empty()) {
    out["disposalId"] = facts.disposal;
    out["reported"] = !facts.is_unreported();
  }
  if (!facts.acknowledged.empty()) out["acknowledgedBy"] = facts.acknowledged;
  json::array certificates;
  if (auto serial = parts.appliance.serial_of(facts.epoch, facts.index)) {
    certificates.emplace_back(serial.value());
  } else {
    out["pendingEpoch"] = facts.epoch;
  }
  out["certificates"] = std::move(certificates);
  return out;
}

Result<json::object> shown(Parts& parts, const TenantStore& store, const ErasureFacts& facts) {
  auto out = summary(parts, facts);
  json::array records;
  for (const auto& id : facts.records) records.emplace_back(id.hex());
  out["recordIds"] = std::move(records);
  if (facts.state == "approved") {
    TRY(tell_waiting(parts, store, facts, out));
  }
  return out;
}

Result<ErasureFacts> erasure_in(Context& context, const TenantStore& store) {
  TRY(const auto id, id_field<RecordId>(context, FieldId::ErasureId));
  context.target["erasureId"] = id.hex();
  TRY(auto facts, find_erasure(store, id));
  if (!facts) return missing_document(store, id);
  if (!context.by().grant.has_file(facts->file)) return Error{ErrorCode::NotFound, kNothing};
  return std::move(*facts);
}

Result<void> need_any_erasure(Context& context) {
  if (context.by().grant.has(Permission::RequestErasure) || context.by().grant.has(Permission::Audit)) return success();
  return need(context, Permission::ApproveErasure);
}

}  // namespace shosoin::service
