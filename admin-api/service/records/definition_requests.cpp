// The requests about record file definitions: preview, add, list, show. What a definition says decides what is treated
// as a 個人番号 (S-04): adding one takes two persons on the local socket, who have seen the same change.
#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "crypto/canonical_json.h"
#include "crypto/hash.h"
#include "firmware/base/limits_definitions.h"
#include "firmware/memory/secret.h"
#include "storage/files/amendment.h"
#include "storage/files/header.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

constexpr std::size_t kMaxToldPointer = 256;  // it may hold a member name of the author's

Digest digest_of(const files::Definition& definition) { return crypto::sha256(view_of(definition.text())); }

json::object in_both(files::Bilingual text) { return {{"ja", text.ja}, {"en", text.en}}; }

// The change that two persons agree on: this text, after that one.
Digest change_digest(const files::Definition* older, const files::Definition& newer) {
  const auto before = older != nullptr ? digest_of(*older) : Digest{};
  const auto after = digest_of(newer);
  return crypto::sha256({view_of("shosoin/1/definition-change"), before, after});
}

json::array changes_of(const files::Amendment& amendment) {
  json::array out;
  for (const auto& change : amendment.changes) {
    const auto& row = files::amendment_rule(change.rule);
    out.push_back(json::object{{"rule", row.slug},
                               {"allowed", row.allowed},
                               {"in", change.in_old ? "old" : "new"},
                               {"pointer", change.pointer},
                               {"key", change.key},
                               {"message", in_both(row.text)}});
  }
  return out;
}

struct Proposed {
  files::Definition definition;
  const files::Definition* older;  // what it amends; null for a new file
  files::Amendment amendment;
};

// The library's own loader and rules, nothing else: what `shosoin file check` and `diff` say holds here too.
Result<Proposed> propose(Parts& parts, Context& context) {
  files::DefinitionFault fault;
  auto loaded = files::Definition::load(context.text(FieldId::Definition), &fault);
  if (!loaded) {
    context.told["detail"] = in_both(fault.message);
    return context.refuse(loaded.error().code(), "read a record file definition",
                          std::string_view(fault.pointer).substr(0, kMaxToldPointer));
  }
  Proposed proposed{std::move(loaded).value(), nullptr, {}};
  const auto& definition = proposed.definition;
  if (has_no_definition(definition.key())) {  // rules and holds of the log would be taken for this file's
    context.told["detail"] = json::object{{"ja", "このキーはファイルに使えません。別のキーにしてください。"},
                                          {"en", "No record file may have this key. Choose another."}};
    return context.refuse(ErrorCode::InvalidContent, "define a record file under a key of the vault's own", "/key");
  }
  context.target["recordFile"] = definition.key();
  context.target["definitionVersion"] = definition.version();
  context.target["definitionDigest"] = to_hex(digest_of(definition));
  proposed.older = parts.definitions.find(definition.key());
  if (proposed.older == nullptr) return proposed;
  proposed.amendment = files::compare(*proposed.older, definition);
  if (proposed.amendment.allowed()) return proposed;
  const auto refused = std::ranges::find_if(proposed.amendment.changes, [](const files::AmendmentChange& change) {
    return !files::amendment_rule(change.rule).allowed;
  });
  context.told["detail"] = in_both(files::amendment_rule(refused->rule).text);
  context.told["changes"] = changes_of(proposed.amendment);
  return context.refuse(ErrorCode::InvalidContent, "amend a record file definition so", refused->pointer);
}

json::object shown(const Proposed& proposed) {
  const auto& definition = proposed.definition;
  json::object out{{"recordFile", definition.key()},
                   {"version", definition.version()},
                   {"digest", to_hex(digest_of(definition))},
                   {"changes", changes_of(proposed.amendment)},
                   {"changeDigest", to_hex(change_digest(proposed.older, definition))}};
  if (proposed.older != nullptr) out["amends"] = proposed.older->version();
  return out;
}

// How a CSV of the table begins; 宛名番号 may or must stand in front (header.h).
json::array tables_of(const files::Definition& definition) {
  json::array tables;
  for (std::size_t i = 0; i < definition.groups().size(); ++i) {
    const auto& group = definition.groups()[i];
    json::array header;
    for (const auto& item : definition.items_of(i)) header.emplace_back(item.name);
    tables.push_back(json::object{{"key", group.key},
                                  {"name", group.name},
                                  {"rows", files::to_text(group.rows)},
                                  {"addresseeNumberInFront", files::to_text(files::addressee_column(definition, i))},
                                  {"header", std::move(header)}});
  }
  return tables;
}

json::object summary_of(const files::Definition& definition) {
  return {{"recordFile", definition.key()},    {"version", definition.version()},
          {"name", definition.name()},         {"nameEn", definition.name_en()},
          {"source", definition.source()},     {"digest", to_hex(digest_of(definition))},
          {"items", definition.items().size()}};
}

}  // namespace

Answer file_preview(Parts& parts, Context& context) {
  TRY(const auto proposed, propose(parts, context));
  return shown(proposed);
}

// If power goes before the change: nothing happened. After it: the next start reads the definition with the others.
Answer file_add(Parts& parts, Context& context) {
  const auto one_at_a_time = parts.definitions.begin_addition();
  TRY(auto proposed, propose(parts, context));
  const auto& definition = proposed.definition;
  const auto agreed = protocol::field(context.request, FieldId::ChangeDigest).value();
  const auto change = change_digest(proposed.older, definition);
  if (!std::ranges::equal(agreed, change)) {
    return context.refuse(ErrorCode::Conflict, "apply a change that is not the one that was shown", "/changeDigest");
  }
  TRY(const auto stored, stored_definition_keys(parts.zero()));
  if (stored.size() >= limits::kMaxStoredDefinitions)
    return Error{ErrorCode::TooMany, "hold one more record file definition"};
  TRY(auto next, parts.definitions.with(definition));
  const StoredDefinition entry{context.now, context.by().person.id, context.second->person.id, definition.text()};
  auto answer = shown(proposed);
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    auto line = log_object(context, "file-add", "ok");
    line["changeDigest"] = to_hex(change);
    line["requestedBy"] = entry.requested_by;
    line["approvedBy"] = entry.approved_by;
    if (proposed.older != nullptr) line["amends"] = proposed.older->version();
    return Change{
        {{{TableId::Definitions, definition_key(definition.key(), definition.version())}, encode_definition(entry)}},
        {},
        {},
        log_entry(line)};
  }));
  context.logged = true;
  parts.definitions.publish(std::move(next));
  return answer;
}

Answer file_list(Parts& parts, Context& context) {
  const auto& set = parts.definitions.now();
  const bool has_grant = !belongs_to_appliance(context.by().person.role);
  std::set<std::string> keys;
  for (const auto& definition : set.all()) keys.insert(definition.key());
  json::array files;
  for (const auto& key : keys) {
    auto summary = summary_of(*set.find(key));
    if (has_grant) summary["granted"] = context.by().grant.has_file(key);
    files.push_back(std::move(summary));
  }
  return json::object{{"recordFiles", std::move(files)}};
}

Answer file_show(Parts& parts, Context& context) {
  const auto& set = parts.definitions.now();
  const auto key = context.text(FieldId::File);
  const auto* definition = set.find(key);
  if (const auto version = protocol::field(context.request, FieldId::DefinitionVersion)) {
    definition = set.find(key, from_be<std::uint16_t>(version->first<2>()));
  }
  if (definition == nullptr) return Error{ErrorCode::NotFound, kNothing};
  context.target["recordFile"] = definition->key();
  context.target["definitionVersion"] = definition->version();
  auto out = summary_of(*definition);
  std::set<std::uint16_t> versions;
  for (const auto& other : set.all()) {
    if (other.key() == key) versions.insert(other.version());
  }
  out["versions"] = json::array(versions.begin(), versions.end());
  TRY(const auto stored, find_stored_definition(parts.zero(), key, definition->version()));
  if (stored) {
    out["added"] = json::object{
        {"at", to_iso8601(stored->added)}, {"requestedBy", stored->requested_by}, {"approvedBy", stored->approved_by}};
  }
  out["tables"] = tables_of(*definition);
  TRY(auto whole, crypto::parse_strict(definition->text()));
  out["definition"] = std::move(whole);
  return out;
}

}  // namespace shosoin::service
