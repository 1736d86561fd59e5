// The stored form of an erasure request.
#include <boost/json/serialize.hpp>

#include "admin-api/service/erasures.h"
#include "admin-api/service/imports.h"
#include "admin-api/service/search_keys.h"
#include "crypto/canonical_json.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::FieldId;

constexpr int kErasureFormat = 1;
constexpr std::uint8_t kErasureApproval = 1;  // kind of approval: the first byte of the key

EntryKey key_of(const RecordId& id) {
  Bytes key{kErasureApproval};
  append(key, id.view());
  return {TableId::Approvals, std::move(key)};
}

std::string text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
json::object object_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : json::object{};
}
std::int64_t number_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
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
  auto parsed = crypto::parse_strict(text_of(value));
  if (!parsed || !parsed.value().is_object() || key.bytes.size() != 1 + RecordId::kSize) {
    return Error{ErrorCode::Integrity, "read an erasure request"};
  }
  const auto& object = parsed.value().get_object();
  const auto terminal = from_hex(text_member(object, "requestedAtTerminal"));
  const auto epoch = number_member(object, "epoch"), index = number_member(object, "index");
  if (number_member(object, "format") != kErasureFormat || !terminal || terminal->size() != 32 || epoch < 0 ||
      index < 0) {
    return Error{ErrorCode::Integrity, "read an erasure request"};
  }
  ErasureFacts facts;
  TRY(facts.id, RecordId::from(ByteView(key.bytes).subspan(1)));
  TRY(facts.records, read_records(object));
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
  const json::object object{{"format", kErasureFormat},
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
  std::vector<ErasureFacts> out;
  Result<void> read = success();
  const Bytes prefix{kErasureApproval};
  TRY(store.scan(TableId::Approvals, prefix, [&](const Entry& entry) {
    auto facts = read_facts(entry.key, *entry.value);
    if (!facts) {
      read = facts.error();
      return false;
    }
    out.push_back(std::move(facts.value()));
    return out.size() < limits::kMaxErasuresListed;
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

Result<std::set<RecordId>> records_in(Context& context) {
  const auto bytes = protocol::field(context.request, FieldId::RecordIds).value();
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
