#include "admin-api/service/retention/holds.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <limits>
#include <tuple>

#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/stored_json.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

constexpr int kHoldFormat = 1;
constexpr Literal kDoing = "read a hold";
constexpr std::array<HoldReason, 4> kReasons{{{"disclosure-request", "開示請求", "request for disclosure"},
                                              {"litigation", "訴訟", "litigation"},
                                              {"audit", "監査", "audit"},
                                              {"review-request", "審査請求", "request for review"}}};

Result<SearchKey> read_query(const json::object& object) {
  const auto prefix = from_hex(text_member(object, "prefix"));
  const auto* kind = object.if_contains("kind");
  const auto table = text_member(object, "table");
  if (!prefix || prefix->empty() || kind == nullptr || !kind->is_int64() || (table != "keys" && table != "links")) {
    return Error{ErrorCode::Integrity, kDoing};
  }
  const auto number = kind->get_int64();
  if (number < 1 || number > static_cast<std::int64_t>(SearchKind::Group)) return Error{ErrorCode::Integrity, kDoing};
  return SearchKey{static_cast<SearchKind>(number), *prefix, text_member(object, "birthKey"),
                   table == "keys" ? TableId::SearchKeys : TableId::SubjectLinks};
}

json::object query_of(const SearchKey& query) {
  return {{"kind", static_cast<std::int64_t>(query.kind)},
          {"prefix", to_hex(query.prefix)},
          {"birthKey", query.birth_key},
          {"table", query.table == TableId::SearchKeys ? "keys" : "links"}};
}

bool holds_what_it_can(const HoldFacts& facts) {
  if (facts.file == kAccessLog) return !facts.by_query && facts.records.empty();
  if (facts.file == kWorkingDocuments) return !facts.by_query && facts.months.empty();
  return facts.months.empty() && facts.by_query == facts.records.empty();
}

Result<HoldFacts> read_hold(const EntryKey& key, ByteView value) {
  TRY(const auto object, stored_object(value, kHoldFormat, kDoing));
  const auto* records = object.if_contains("records");
  const auto terminal = from_hex(text_member(object, "askedAtTerminal"));
  if (records == nullptr || !records->is_array() || !terminal || terminal->size() != Fingerprint{}.size()) {
    return Error{ErrorCode::Integrity, kDoing};
  }
  HoldFacts facts;
  TRY(facts.id, RecordId::from(key.bytes));
  for (const auto& one : records->get_array()) {
    if (!one.is_string()) return Error{ErrorCode::Integrity, kDoing};
    TRY(const auto id, RecordId::parse(one.get_string()));
    facts.records.insert(id);
  }
  if (const auto* months = object.if_contains("months"); months != nullptr) {
    TRY(facts.months, stored_months(*months, kDoing));
  }
  if (const auto* query = object.if_contains("query"); query != nullptr && query->is_object()) {
    TRY(facts.query, read_query(query->get_object()));
  }
  const auto* by_query = object.if_contains("byQuery");
  facts.by_query = facts.query.has_value() || (by_query != nullptr && *by_query == true);
  facts.state = text_member(object, "state");
  facts.name = text_member(object, "name");
  facts.reason = text_member(object, "reason");
  facts.file = text_member(object, "recordFile");
  facts.case_reference = text_member(object, "caseReference");
  facts.set = object_member(object, "set");
  facts.asked = object_member(object, "asked");
  facts.released = object_member(object, "released");
  facts.asked_by = text_member(object, "askedBy");
  facts.closed_on = text_member(object, "closedOn");
  std::ranges::copy(*terminal, facts.asked_at.begin());
  const bool known = facts.state == "active" || facts.state == "releasing" || facts.state == "released";
  const bool has_query = facts.query.has_value() || (facts.by_query && !facts.in_force());
  if (!known || has_query != facts.by_query || !holds_what_it_can(facts)) {
    return Error{ErrorCode::Integrity, kDoing};
  }
  return facts;
}

// The same person in the same table: all versions of a record. None where the record is about nobody.
using Versions = std::tuple<std::string, std::uint16_t, std::string>;
Result<std::optional<Versions>> versions_of(const TenantStore& store, const RecordId& id) {
  TRY(const auto entry, find_record(store, id));
  if (!entry || entry->integrated.empty()) return std::optional<Versions>{};
  return std::optional(Versions{entry->file, entry->group, entry->integrated});
}

// What the hold covers of these, added to `held`. A version with another name or number has no search entry of the old
// one (record_versions.h), and is held all the same. A search that has come to find too much to walk through covers
// everything it may cover.
Result<void> add_covered(const TenantStore& store, const HoldFacts& hold, const std::set<RecordId>& records,
                         std::set<RecordId>& held) {
  if (hold.file == kWorkingDocuments && hold.records.empty()) {
    held = records;
    return success();
  }
  if (!hold.query) {
    std::ranges::set_intersection(records, hold.records, std::inserter(held, held.end()));
    return success();
  }
  const auto found = search(store, *hold.query);
  if (!found && found.error().code() != ErrorCode::TooMany) return found.error();
  if (!found) {
    held = records;
    return success();
  }
  std::ranges::copy_if(found.value(), std::inserter(held, held.end()),
                       [&](const RecordId& id) { return records.contains(id); });
  if (held.size() == records.size()) return success();
  std::set<Versions> found_versions;
  for (const auto& id : found.value()) {
    TRY(auto versions, versions_of(store, id));
    if (versions) found_versions.insert(std::move(*versions));
  }
  if (found_versions.empty()) return success();
  for (const auto& id : records) {
    if (held.contains(id)) continue;
    TRY(const auto versions, versions_of(store, id));
    if (versions && found_versions.contains(*versions)) held.insert(id);
  }
  return success();
}

}  // namespace

std::span<const HoldReason> hold_reasons() noexcept { return kReasons; }

EntryKey hold_key(const RecordId& id) { return {TableId::Holds, copy_of(id.view())}; }

Entry hold_entry(const HoldFacts& facts) {
  json::array records;
  for (const auto& id : facts.records) records.emplace_back(id.hex());
  json::object object{
      {"format", kHoldFormat},         {"state", facts.state},      {"name", facts.name},
      {"reason", facts.reason},        {"recordFile", facts.file},  {"caseReference", facts.case_reference},
      {"records", std::move(records)}, {"set", facts.set},          {"asked", facts.asked},
      {"released", facts.released},    {"askedBy", facts.asked_by}, {"askedAtTerminal", to_hex(facts.asked_at)}};
  if (facts.query) object["query"] = query_of(*facts.query);
  if (facts.by_query) object["byQuery"] = true;
  if (!facts.closed_on.empty()) object["closedOn"] = facts.closed_on;
  if (!facts.months.empty()) object["months"] = json::array(facts.months.begin(), facts.months.end());
  return {hold_key(facts.id), copy_of(view_of(json::serialize(object)))};
}

// Never what a query looks for: it may be a name or a number.
json::object shown(const HoldFacts& facts) {
  json::object out{{"holdId", facts.id.hex()}, {"state", facts.state},     {"name", facts.name},
                   {"reason", facts.reason},   {"recordFile", facts.file}, {"caseReference", facts.case_reference},
                   {"setBy", facts.set},       {"byQuery", facts.by_query}};
  if (facts.file == kAccessLog) {
    out["allMonths"] = facts.months.empty();
    if (!facts.months.empty()) out["months"] = months_text(facts.months);
  } else if (facts.file == kWorkingDocuments && facts.records.empty()) {
    out["allDocuments"] = true;
  } else if (!facts.by_query) {
    out["count"] = facts.records.size();
  }
  if (!facts.asked.empty()) out["releaseAskedBy"] = facts.asked;
  if (!facts.released.empty()) out["releasedBy"] = facts.released;
  if (!facts.closed_on.empty()) out["closedOn"] = facts.closed_on;
  return out;
}

Result<std::optional<HoldFacts>> find_hold(const TenantStore& store, const RecordId& id) {
  const auto key = hold_key(id);
  TRY(const auto stored, store.get(key));
  if (!stored) return std::optional<HoldFacts>{};
  TRY(auto facts, read_hold(key, *stored));
  return std::optional(std::move(facts));
}

Result<std::vector<HoldFacts>> all_holds(const TenantStore& store) {
  return all_stored<HoldFacts>(store, TableId::Holds, {}, std::numeric_limits<std::size_t>::max(), read_hold);
}

Result<std::map<RecordId, RecordId>> holds_among(const TenantStore& store, std::string_view file,
                                                 const std::set<RecordId>& records) {
  std::map<RecordId, RecordId> by_record;
  TRY(const auto holds, all_holds(store));
  for (const auto& hold : holds) {
    if (!hold.in_force() || hold.file != file) continue;
    std::set<RecordId> held;
    TRY(add_covered(store, hold, records, held));
    for (const auto& id : held) by_record.emplace(id, hold.id);
  }
  return by_record;
}

Result<std::set<RecordId>> held_among(const TenantStore& store, std::string_view file,
                                      const std::set<RecordId>& records) {
  TRY(const auto by_record, holds_among(store, file, records));
  std::set<RecordId> held;
  for (const auto& [id, hold] : by_record) held.insert(held.end(), id);
  return held;
}

Result<std::optional<HoldFacts>> hold_over_months(const TenantStore& store, const std::set<unsigned>& months) {
  TRY(auto holds, all_holds(store));
  for (auto& hold : holds) {
    if (!hold.in_force() || hold.file != kAccessLog) continue;
    const auto covers = [&](unsigned month) { return hold.months.empty() || hold.months.contains(month); };
    if (std::ranges::any_of(months, covers)) return std::optional(std::move(hold));
  }
  return std::optional<HoldFacts>{};
}

Result<std::optional<HoldFacts>> hold_over(const TenantStore& store, std::string_view file,
                                           const std::set<RecordId>& records) {
  TRY(auto holds, all_holds(store));
  for (auto& hold : holds) {
    if (!hold.in_force() || hold.file != file) continue;
    std::set<RecordId> held;
    TRY(add_covered(store, hold, records, held));
    if (!held.empty()) return std::optional(std::move(hold));
  }
  return std::optional<HoldFacts>{};
}

}  // namespace shosoin::service
