// The stored form of an erasure request.
#include <boost/json/serialize.hpp>
#include <limits>

#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/search_keys.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/stored_json.h"
#include "firmware/base/limits_erasure.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::FieldId;

constexpr int kErasureFormat = 1;
constexpr Literal kReading{"read an erasure request"};

EntryKey key_of(const RecordId& id) { return approval_key(ApprovalKind::Erasure, id); }
EntryKey key_on(Shelf shelf, const RecordId& id) {
  Bytes key{static_cast<std::uint8_t>(shelf)};
  append(key, id.view());
  return {TableId::Approvals, std::move(key)};
}

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
  facts.witness = object_member(object, "witness");
  facts.withdrawn = object_member(object, "withdrawn");
  facts.acknowledged = object_member(object, "acknowledged");
  facts.disposal = text_member(object, "disposal");
  facts.closed_on = text_member(object, "closedOn");
  facts.remainder = text_member(object, "remainder");
  facts.remainder_of = text_member(object, "remainderOf");
  return facts;
}

}  // namespace

std::vector<Entry> erasure_entries(const ErasureFacts& facts) {
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
  const auto put = [&](const char* name, const json::object& member) {
    if (!member.empty()) object[name] = member;
  };
  put("witness", facts.witness);
  put("withdrawn", facts.withdrawn);
  put("acknowledged", facts.acknowledged);
  if (!facts.disposal.empty()) object["disposal"] = facts.disposal;
  if (!facts.closed_on.empty()) object["closedOn"] = facts.closed_on;
  if (!facts.remainder.empty()) object["remainder"] = facts.remainder;
  if (!facts.remainder_of.empty()) object["remainderOf"] = facts.remainder_of;
  auto value = copy_of(view_of(json::serialize(object)));
  if (facts.is_open()) return {{key_of(facts.id), std::move(value)}};
  std::vector<Entry> entries{{key_of(facts.id), std::nullopt}};
  if (facts.is_unreported()) {
    entries.push_back({key_on(Shelf::Unreported, facts.id), std::move(value)});
  } else {
    if (!facts.acknowledged.empty()) entries.push_back({key_on(Shelf::Unreported, facts.id), std::nullopt});
    entries.push_back({key_on(Shelf::Closed, facts.id), std::move(value)});
  }
  return entries;
}

Result<std::optional<EntryKey>> place_of_erasure(const TenantStore& store, const RecordId& id) {
  for (auto& key : {key_of(id), key_on(Shelf::Unreported, id), key_on(Shelf::Closed, id)}) {
    TRY(const auto stored, store.get(key));
    if (stored) return std::optional(key);
  }
  return std::optional<EntryKey>{};
}

Result<std::optional<ErasureFacts>> find_erasure(const TenantStore& store, const RecordId& id) {
  for (const auto& key : {key_of(id), key_on(Shelf::Unreported, id), key_on(Shelf::Closed, id)}) {
    TRY(auto stored, store.get(key));
    if (!stored) continue;
    TRY(auto facts, read_facts(key, *stored));
    return std::optional(std::move(facts));
  }
  return std::optional<ErasureFacts>{};
}

Result<void> each_closed_erasure(const TenantStore& store, const std::function<bool(const ErasureFacts&)>& visit) {
  bool more = true;
  for (const auto first :
       {static_cast<std::uint8_t>(ApprovalKind::Erasure), static_cast<std::uint8_t>(Shelf::Closed)}) {
    Result<void> read = success();
    if (!more) break;
    TRY(store.scan(TableId::Approvals, Bytes{first}, [&](const Entry& entry) {
      const auto facts = read_facts(entry.key, *entry.value);
      if (!facts) read = facts.error();
      more = facts && (facts.value().is_open() || visit(facts.value()));
      return more;
    }));
    TRY(std::move(read));
  }
  return success();
}

// An earlier version left what was closed among them: it is passed over.
Result<std::vector<ErasureFacts>> open_erasures(const TenantStore& store) {
  TRY(auto all,
      all_approvals<ErasureFacts>(store, ApprovalKind::Erasure, std::numeric_limits<std::size_t>::max(), read_facts));
  std::erase_if(all, [](const ErasureFacts& facts) { return !facts.is_open(); });
  return all;
}

Result<std::optional<std::string>> erased_before_the_register(const TenantStore& store, const RecordId& record) {
  TRY(const auto all,
      all_approvals<ErasureFacts>(store, ApprovalKind::Erasure, std::numeric_limits<std::size_t>::max(), read_facts));
  for (const auto& facts : all) {
    if (facts.state == "executed" && facts.records.contains(record)) return std::optional(facts.file);
  }
  return std::optional<std::string>{};
}

Result<std::vector<ErasureFacts>> open_erasures_for_one_more(const TenantStore& store) {
  TRY(auto open, open_erasures(store));
  if (open.size() >= limits::kMaxOpenErasures) {
    return Error{ErrorCode::TooMany, "keep so many applications for erasure open"};
  }
  return open;
}

Result<std::vector<Shelved>> shelved_erasures(const TenantStore& store, Shelf shelf, const Bytes& after,
                                              std::size_t most) {
  std::vector<Shelved> out;
  Result<void> read = success();
  TRY(store.scan(TableId::Approvals, Bytes{static_cast<std::uint8_t>(shelf)}, [&](const Entry& entry) {
    if (!after.empty() && entry.key.bytes <= after) return true;
    auto facts = read_facts(entry.key, *entry.value);
    if (!facts) {
      read = facts.error();
      return false;
    }
    out.push_back({entry.key.bytes, std::move(facts.value())});
    return out.size() <= most;
  }));
  TRY(std::move(read));
  return out;
}

json::object person_and_time(const Context& context) {
  const auto& person = context.by().person;
  json::object out{
      {"operatorId", person.id}, {"name", person.name}, {"section", person.section}, {"at", to_iso8601(context.now)}};
  if (context.second) out["with"] = context.second->person.id;
  return out;
}

json::object person_time_and_terminal(const Context& context) {
  auto out = person_and_time(context);
  out["terminal"] = context.known_terminal ? context.known_terminal->name : "local";
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
  if (facts.file == kWorkingDocuments) return early_documents(store, facts.records, today, undetermined);
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
