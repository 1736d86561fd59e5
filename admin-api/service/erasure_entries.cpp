// The stored form of an erasure request.
#include <boost/json/serialize.hpp>

#include "admin-api/service/erasures.h"
#include "admin-api/service/imports.h"
#include "admin-api/service/log_months.h"
#include "admin-api/service/search_keys.h"
#include "admin-api/service/stored_json.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::FieldId;

constexpr int kErasureFormat = 1;
constexpr Literal kReading{"read an erasure request"};

EntryKey key_of(const RecordId& id) { return approval_key(ApprovalKind::Erasure, id); }

Result<std::set<RecordId>> read_records(const json::object& object) {
  const auto* list = object.if_contains("records");
  if (list == nullptr || !list->is_array())
    return Error{ErrorCode::Integrity, "read the records of an erasure request"};
  std::set<RecordId> records;
  for (const auto& one : list->get_array()) {
    if (!one.is_string()) return Error{ErrorCode::Integrity, "read the records of an erasure request"};
    TRY(const auto id, RecordId::parse(one.get_string()));
    records.insert(id);
  }
  return records;
}

Result<ErasureFacts> read_facts(const EntryKey& key, ByteView value) {
  TRY(const auto object, stored_object(value, kErasureFormat, kReading));
  const auto terminal = from_hex(text_member(object, "requestedAtTerminal"));
  const auto epoch = number_member(object, "epoch"), index = number_member(object, "index");
  if (key.bytes.size() != 1 + RecordId::kSize || !terminal || terminal->size() != 32 || epoch < 0 || index < 0) {
    return Error{ErrorCode::Integrity, kReading};
  }
  ErasureFacts facts;
  TRY(facts.id, RecordId::from(ByteView(key.bytes).subspan(1)));
  TRY(facts.records, read_records(object));
  if (const auto* months = object.if_contains("months"); months != nullptr) {
    TRY(facts.months, stored_months(*months, kReading));
  }
  facts.state = text_member(object, "state");
  facts.file = text_member(object, "recordFile");
  facts.application = object_member(object, "application");
  facts.requested = object_member(object, "requested");
  facts.approved = object_member(object, "approved");
  facts.executed = object_member(object, "executed");
  facts.requested_by = text_member(object, "requestedBy");
  std::copy(terminal->begin(), terminal->end(), facts.requested_at.begin());
  facts.epoch = static_cast<std::uint64_t>(epoch);
  facts.index = static_cast<std::uint32_t>(index);
  return facts;
}

}  // namespace

Entry erasure_entry(const ErasureFacts& facts) {
  json::array records;
  for (const auto& id : facts.records) records.emplace_back(id.hex());
  json::object object{{"format", kErasureFormat},
                      {"state", facts.state},
                      {"recordFile", facts.file},
                      {"records", std::move(records)},
                      {"application", facts.application},
                      {"requested", facts.requested},
                      {"approved", facts.approved},
                      {"executed", facts.executed},
                      {"requestedBy", facts.requested_by},
                      {"requestedAtTerminal", to_hex(facts.requested_at)},
                      {"epoch", static_cast<std::int64_t>(facts.epoch)},
                      {"index", static_cast<std::int64_t>(facts.index)}};
  if (!facts.months.empty()) object["months"] = json::array(facts.months.begin(), facts.months.end());
  return {key_of(facts.id), copy_of(view_of(json::serialize(object)))};
}

Result<std::optional<ErasureFacts>> find_erasure(const TenantStore& store, const RecordId& id) {
  const auto key = key_of(id);
  TRY(auto stored, store.get(key));
  if (!stored) return std::optional<ErasureFacts>{};
  TRY(auto facts, read_facts(key, *stored));
  return std::optional(std::move(facts));
}

Result<std::vector<ErasureFacts>> all_erasures(const TenantStore& store) {
  return all_approvals<ErasureFacts>(store, ApprovalKind::Erasure, limits::kMaxErasuresListed, read_facts);
}

json::object person_and_time(const Context& context) {
  const auto& person = context.by().person;
  json::object out{
      {"operatorId", person.id}, {"name", person.name}, {"section", person.section}, {"at", to_iso8601(context.now)}};
  if (context.second) out["with"] = context.second->person.id;
  return out;
}

Result<std::set<RecordId>> records_in(Context& context) {
  const auto bytes = protocol::field(context.request, FieldId::RecordIds).value_or(ByteView{});
  std::set<RecordId> records;
  for (std::size_t at = 0; at + RecordId::kSize <= bytes.size(); at += RecordId::kSize) {
    TRY(const auto id, RecordId::from(bytes.subspan(at, RecordId::kSize)));
    records.insert(id);
  }
  if (records.empty() || records.size() * RecordId::kSize != bytes.size()) {
    return context.refuse(ErrorCode::InvalidContent, "read the records of an application", "/recordIds");
  }
  return records;
}

Result<std::optional<EarlyRefusal>> refusal_of(const TenantStore& store, const ErasureFacts& facts,
                                               std::chrono::year_month_day today, Undetermined undetermined) {
  if (facts.file == kAccessLog) return early_months(store, facts.months, today);
  return early_refusal(store, facts.file, facts.records, today, undetermined);
}

Result<void> check_records(const TenantStore& store, std::string_view file, const std::set<RecordId>& records) {
  ConfirmedImports confirmed(store);
  for (const auto& id : records) {
    TRY(auto entry, find_record(store, id));
    if (!entry || entry->file != file) return Error{ErrorCode::NotFound, kNothing};
    TRY(const bool visible, confirmed.contains(entry->import));
    if (!visible) return Error{ErrorCode::NotFound, kNothing};
  }
  return success();
}

Undetermined undetermined_in(const ErasureFacts& facts) {
  const auto* decided = facts.approved.if_contains(kUndeterminedDecided);
  return decided != nullptr && *decided == true ? Undetermined::PersonDecides : Undetermined::Refused;
}

EntryKey last_batch_key() { return {TableId::Facts, copy_of(view_of("batch/last"))}; }

}  // namespace shosoin::service
