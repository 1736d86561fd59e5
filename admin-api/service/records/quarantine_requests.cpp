// The requests about rows that wait for 文字同定: list, identify, decide (D-03, D-19).
#include <algorithm>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/quarantine.h"
#include "admin-api/service/records/record_keys.h"
#include "admin-api/service/retention/retention_terms.h"
#include "firmware/base/limits_intake.h"
#include "storage/files/stored_row.h"
#include "storage/files/utf8.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using generations::Identification;
using protocol::FieldId;

// An import whose rows may be looked at: staged, or confirmed.
Result<ImportFacts> import_in(Context& context, const TenantStore& store) {
  TRY(const auto id, id_field<RecordId>(context, FieldId::ImportId));
  context.target["importId"] = id.hex();
  TRY(auto facts, find_import(store, id));
  if (!facts || !context.by().grant.has_file(facts->file)) return Error{ErrorCode::NotFound, kNothing};
  context.target["recordFile"] = facts->file;
  return std::move(*facts);
}

Result<void> need_either(Context& context) {
  if (context.by().grant.has(Permission::Import)) return success();
  return need(context, Permission::ConfirmImport);
}

json::object item_told(const files::Definition& definition, std::size_t group, const WaitingItem& item) {
  json::object out{{"key", item.key}};
  const auto items = definition.items_of(group);
  const auto found = std::ranges::find(items, item.key, &files::Item::key);
  if (found != items.end()) {
    out["no"] = found->number;
    out["name"] = found->name;
  }
  out["doubtful"] = item.doubtful;
  if (item.proposal) {
    out["proposedBy"] = json::object{
        {"operatorId", item.proposal->by}, {"name", item.proposal->by_name}, {"at", item.proposal->at}};
  }
  return out;
}

// Places and code points, never a value.
json::object told(const files::Definition& definition, std::size_t group, const Waiting& waiting) {
  json::array items;
  for (const auto& item : waiting.items) items.push_back(item_told(definition, group, item));
  json::object out{{"recordId", waiting.record.hex()},
                   {"state", waiting.state},
                   {"row", waiting.row},
                   {"items", std::move(items)}};
  if (!waiting.decided.empty()) out["decidedBy"] = waiting.decided;
  return out;
}

struct Found {
  ImportFacts import;
  const files::Definition* definition;
  std::size_t group;
  Waiting waiting;
  generations::RecordEntry entry;
  files::RecordInput record;  // values as they are stored; no number
};

// The stored record as the row it came from; its numbers are not opened.
Result<files::RecordInput> record_of(const TenantStore& store, const generations::RecordEntry& entry) {
  TRY(auto plain, store.read_row(entry.record.id, entry.record.key));
  const auto row = files::view_row(plain);
  files::RecordInput record;
  if (row) record.values.assign(row.value().values.begin(), row.value().values.end());
  memory::wipe(plain);
  if (!row) return row.error();
  return record;
}

Result<Found> find_in(Parts& parts, Context& context, const TenantStore& store) {
  TRY(auto import, import_in(context, store));
  TRY(const auto id, id_field<RecordId>(context, FieldId::RecordId));
  context.target["recordId"] = id.hex();
  TRY(auto waiting, find_waiting(store, import.id, id));
  TRY(auto entry, find_record(store, id));
  if (!waiting || !entry) return Error{ErrorCode::NotFound, kNothing};
  if (import.state != "staged" && import.state != "confirmed") {
    return Error{ErrorCode::Conflict, "identify characters of an import that is not kept"};
  }
  const auto* definition = parts.definitions.find(entry->file);
  if (definition == nullptr) return Error{ErrorCode::Integrity, "find the definition of a record that waits"};
  TRY(auto record, record_of(store, *entry));
  const std::size_t group = entry->group;
  return Found{std::move(import), definition, group, std::move(*waiting), std::move(*entry), std::move(record)};
}

// The new value as the import would have taken it; refused where the import would have refused it, or let it wait.
Result<std::string> checked(Parts& parts, Context& context, const TenantStore& store, const Found& found,
                            std::size_t item, const std::string& value) {
  const auto facts = parts.tenants.facts(store.tenant());
  ENSURE(facts.has_value());
  TRY(const auto code, files::LocalGovernmentCode::parse(facts->code));
  const files::RowChecker checker(found.definition->items_of(found.group), code, found.import.form.profile);
  auto values = found.record.values;
  values[item] = value;
  const std::vector<std::string_view> fields(values.begin(), values.end());
  files::RecordInput out;
  json::array rules;
  checker.check(found.waiting.row, fields, {}, out, [&](const files::Finding& finding) {
    const auto& rule = files::rule(finding.rule);
    const bool refuses = rule.action != files::Action::Convert && rule.action != files::Action::Note;
    if (finding.column == item + 1 && refuses) rules.emplace_back(rule.slug);
  });
  if (rules.empty()) return std::move(out.values[item]);
  context.told["rules"] = std::move(rules);
  return context.refuse(ErrorCode::InvalidContent, "take a value that an import would not take", "/value");
}

Result<std::size_t> item_in(Context& context, const Found& found) {
  const auto key = context.text(FieldId::ItemKey);
  const auto items = found.definition->items_of(found.group);
  const bool waits = std::ranges::any_of(found.waiting.items, [&](const WaitingItem& item) { return item.key == key; });
  const auto at = std::ranges::find(items, key, &files::Item::key);
  if (!waits || at == items.end()) {
    return context.refuse(ErrorCode::InvalidContent, "find a doubtful value in this item of the row", "/item");
  }
  context.target["item"] = key;
  return static_cast<std::size_t>(at - items.begin());
}

// Who brought the row, and who said what its characters are, may not decide; nor may anybody at their terminals.
Result<void> another_person(Parts& parts, Context& context, const Found& found) {
  const Error same{ErrorCode::SamePerson, "decide on an own identification, or at the same terminal"};
  const auto differs = [&](const std::string& person, const Fingerprint& terminal) -> Result<void> {
    if (person == context.by().person.id || terminal == context.terminal) return same;
    TRY(const bool one_human, same_human(parts.zero(), person, context.by().person));
    if (one_human) return same;
    return success();
  };
  if (found.waiting.state == "waiting") return differs(found.import.opened_by, found.import.opened_at);
  for (const auto& item : found.waiting.items) {
    if (!item.proposal) continue;
    TRY(differs(item.proposal->by, item.proposal->terminal));
  }
  return success();
}

// Search entries that change with the values: those of the old ones go, those of the new ones come.
std::vector<Entry> changed_keys(const TenantStore& store, const Found& found, const files::RecordInput& after) {
  const ImportTarget target{*found.definition, found.group, {}};
  const auto id = found.waiting.record;
  auto before_keys = record_keys(store, target, found.record, id, found.entry.addressee);
  auto after_keys = record_keys(store, target, after, id, found.entry.addressee);
  std::vector<Entry> out;
  const auto is_in = [](const std::vector<Entry>& keys, const EntryKey& key) {
    return std::ranges::any_of(keys, [&](const Entry& entry) { return entry.key == key; });
  };
  for (auto& entry : before_keys) {
    if (!is_in(after_keys, entry.key)) out.push_back({std::move(entry.key), std::nullopt});
  }
  for (auto& entry : after_keys) {
    if (!is_in(before_keys, entry.key)) out.push_back(std::move(entry));
  }
  return out;
}

void take_back(WaitingItem& item) {
  item.proposal.reset();
  for (auto& place : item.doubtful) {
    if (auto* object = place.if_object()) object->erase("identifiedAs");
  }
}

json::array changes_told(const Waiting& waiting) {
  json::array out;
  for (const auto& item : waiting.items) out.push_back(json::object{{"item", item.key}, {"places", item.doubtful}});
  return out;
}

// The record with the values that were proposed: a row of its own, and the earlier one goes. The bytes as they came stay.
Result<Change> identified(const TenantStore& store, Found& found, std::uint64_t seq, generations::LogEntry line) {
  auto after = found.record;
  const auto items = found.definition->items_of(found.group);
  for (auto& item : found.waiting.items) {
    const auto at = std::ranges::find(items, item.key, &files::Item::key);
    ENSURE(at != items.end() && item.proposal.has_value());
    after.values[static_cast<std::size_t>(at - items.begin())] = item.proposal->value;
    item.proposal.reset();
  }
  TRY(auto plain, files::encode_row(*found.definition, found.group, found.entry.addressee, after.values));
  auto made = new_row(store.tenant(), seq, plain);
  memory::wipe(plain);
  Change change{changed_keys(store, found, after), {}, {found.entry.record.id}, std::move(line)};
  found.entry.record = made.place;
  found.entry.identification = Identification::Identified;  // the same version: nobody has changed what it says
  change.rows.push_back(std::move(made.row));
  return change;
}

}  // namespace

Answer quarantine_list(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_either(context));
  TRY(auto import, import_in(context, *store));
  const auto* definition = parts.definitions.find(import.file);
  if (definition == nullptr) return Error{ErrorCode::Integrity, "find the definition of an import"};
  TRY(const auto group, group_of(*definition, import.form));
  std::vector<Waiting> open;
  std::map<std::string, std::uint64_t> counts;
  TRY(each_waiting(
      *store,
      [&](const Waiting& waiting) {
        ++counts[waiting.state];
        const bool undecided = waiting.state == "waiting" || waiting.state == "proposed";
        if (open.size() < limits::kMaxQuarantineTold) {
          open.push_back(waiting);
        } else if (undecided) {  // what waits for somebody goes first
          const auto decided = std::ranges::find_if(
              open, [](const Waiting& one) { return one.state != "waiting" && one.state != "proposed"; });
          if (decided != open.end()) *decided = waiting;
        }
        return true;
      },
      &import.id));
  std::ranges::sort(open, {}, &Waiting::row);
  json::array rows;
  for (const auto& waiting : open) rows.push_back(told(*definition, group, waiting));
  json::object states;
  for (const auto& [state, count] : counts) states[state] = count;
  return json::object{{"importId", import.id.hex()},
                      {"recordFile", import.file},
                      {"group", definition->groups()[group].key},
                      {"counts", std::move(states)},
                      {"rows", std::move(rows)}};
}

Answer identify(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::Import));
  TRY(auto found, find_in(parts, context, *store));
  const auto undecided = [](const Waiting& waiting) {
    return waiting.state == "waiting" || waiting.state == "proposed";
  };
  if (!undecided(found.waiting)) return Error{ErrorCode::Conflict, "identify characters that are identified"};
  TRY(const auto item, item_in(context, found));
  auto value = context.text(FieldId::Value);
  if (!files::is_valid_utf8(value)) return context.refuse(ErrorCode::InvalidContent, "read the value", "/value");
  TRY(value, checked(parts, context, *store, found, item, value));
  const auto places = files::hold_against(found.record.values[item], value, found.import.form.profile.characters);
  if (!places) {
    return context.refuse(ErrorCode::InvalidContent, "identify more than the doubtful characters of a value", "/value");
  }
  context.target["places"] = identified_told(*places);
  Waiting after;
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_waiting(*store, found.import.id, found.waiting.record));
    if (!now || !undecided(*now)) return Error{ErrorCode::Conflict, "identify characters that are identified"};
    after = std::move(*now);
    for (auto& one : after.items) {
      if (one.key != context.text(FieldId::ItemKey)) continue;
      one.doubtful = identified_told(*places);
      one.proposal = Proposal{value, context.by().person.id, context.by().person.name, to_iso8601(context.now),
                              context.terminal};
    }
    const bool whole = std::ranges::all_of(after.items, [](const WaitingItem& one) { return one.proposal.has_value(); });
    after.state = whole ? "proposed" : "waiting";
    return Change{{waiting_entry(after)}, {}, {}, log_entry(log_object(context, "identify", "ok"))};
  }));
  context.logged = true;
  return told(*found.definition, found.group, after);
}

Answer identification_decide(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ConfirmImport));
  const auto decision = context.text(FieldId::Decision);
  if (decision != "approve" && decision != "reject") {
    return context.refuse(ErrorCode::InvalidContent, "read a decision", "/decision");
  }
  TRY(auto found, find_in(parts, context, *store));
  const auto state = found.waiting.state;
  if (state != "proposed" && (state != "waiting" || decision == "approve")) {
    return Error{ErrorCode::Conflict, "decide on an identification that is not proposed"};
  }
  TRY(another_person(parts, context, found));
  TRY(fresh_code(parts, context));
  TRY(store->change([&](std::uint64_t seq) -> Result<Change> {
    TRY(found, find_in(parts, context, *store));
    if (found.waiting.state != state) return Error{ErrorCode::Conflict, "decide on what has changed meanwhile"};
    TRY(another_person(parts, context, found));
    auto line = log_object(context, "identification-decide", "ok");
    line["decision"] = decision;
    line["row"] = found.waiting.row;
    line["changes"] = changes_told(found.waiting);
    auto& waiting = found.waiting;
    Change change{{}, {}, {}, log_entry(line)};
    if (decision == "approve") {
      TRY(change, identified(*store, found, seq, log_entry(line)));
      waiting.state = "identified";
      if (found.entry.version > 1) {  // from now on it is a version of its record
        TRY(change.entries.emplace_back(), unsettled_entry(*store, found.entry.file, Unsettled::Versions, seq));
      }
    } else if (state == "proposed") {  // somebody may say better what it is
      waiting.state = "waiting";
      for (auto& item : waiting.items) take_back(item);
    } else {
      waiting.state = "rejected";
      found.entry.identification = Identification::Rejected;
    }
    waiting.decided = json::object{{"operatorId", context.by().person.id},
                                   {"name", context.by().person.name},
                                   {"decision", decision},
                                   {"at", to_iso8601(context.now)}};
    change.entries.push_back(waiting_entry(waiting));
    change.entries.push_back({{TableId::Records, copy_of(waiting.record.view())},
                              generations::encode_record_entry(found.entry)});
    return change;
  }));
  context.logged = true;
  if (found.waiting.state == "identified" && found.entry.version > 1) {
    TRY(settle_now(parts, *store, found.entry.file));
  }
  return told(*found.definition, found.group, found.waiting);
}

}  // namespace shosoin::service
