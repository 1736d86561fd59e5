// The requests about imports: open, chunk, close, show, decide.
#include <algorithm>
#include <boost/json/serialize.hpp>

#include "admin-api/service/handlers.h"
#include "admin-api/service/idempotency.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/import_rows.h"
#include "admin-api/service/retention/retention_terms.h"
#include "admin-api/service/service.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "storage/files/identifiers.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

Result<std::unique_ptr<Receiving>> make_receiving(Parts& parts, Context& context, TenantStore& store,
                                                  const ImportFacts& facts) {
  const auto tenant = parts.tenants.facts(store.tenant());
  const auto* definition = parts.definitions.find(facts.file);
  ENSURE(tenant && definition != nullptr);
  TRY(auto code, files::LocalGovernmentCode::parse(tenant->code));
  const auto& profile = facts.form.profile;
  TRY(const auto group, group_of(*definition, facts.form));
  TRY(auto importer, files::Importer::create_for_group(*definition, definition->groups()[group].key, code, profile));
  const ImportTarget target{*definition, group, profile.characters};
  auto receiving =
      std::make_unique<Receiving>(facts.id, store, facts.seq, target, parts.definitions, std::move(importer),
                                  context.by().person.id, context.now, parts.imports.assignments(store.tenant()));
  TRY(auto rule, adopted_rule(store, definition->key()));
  receiving->rows.keep_by(std::move(rule));
  return receiving;
}

bool flag_in(const Context& context, FieldId field) {
  const auto flag = protocol::field(context.request, field);
  return flag && !flag->empty() && (*flag)[0] == 1;
}

// Which table, in which encoding, under which agreements: all declared. A group may be left out where there is one.
Result<ImportForm> form_in(Context& context, const files::Definition& definition) {
  ImportForm form{context.text(FieldId::Group), {}};
  if (form.group.empty() && definition.groups().size() == 1) form.group = definition.groups().front().key;
  if (!definition.group_index(form.group)) {
    json::array known;
    for (const auto& group : definition.groups()) known.emplace_back(group.key);
    context.told["groups"] = std::move(known);
    return context.refuse(ErrorCode::InvalidContent, "find the table of the record file that an import names",
                          "/group");
  }
  const auto encoding = files::encoding_of(context.text(FieldId::Encoding));
  if (!encoding) {
    return context.refuse(ErrorCode::InvalidContent, "read this encoding; it is declared, never guessed", "/encoding");
  }
  const auto collection = context.text(FieldId::IvsCollection);
  if (!collection.empty() && collection != kMojiJoho && collection != kNoCollection) {
    return context.refuse(ErrorCode::InvalidContent, "find this collection of variation sequences",
                          "/profile/ivsCollection");
  }
  form.profile.encoding = *encoding;
  form.profile.five_digit_codes = flag_in(context, FieldId::FiveDigitCodes);
  form.profile.characters.standard_characters = flag_in(context, FieldId::StandardCharacters);
  if (collection == kNoCollection) form.profile.characters.collection = files::IvsCollection::None;
  return form;
}

json::object shown_receiving(const ImportFacts& facts, std::uint64_t received) {
  auto out = shown(facts);
  out["received"] = received;
  return out;
}

// The same key again: what was opened then. While it is still being received it starts again from the first byte, or
// goes on where it is when that was asked for. It is looked at only under its slot: a close that is under way has the
// slot, and the rows of what it publishes are not ours to drop.
Answer open_again(Parts& parts, Context& context, TenantStore& store, const RecordId& id) {
  if (flag_in(context, FieldId::Resume)) {
    const auto received = parts.imports.received(id);
    TRY(auto facts, find_import(store, id));
    if (facts && facts->state == "receiving" && received) return shown_receiving(*facts, *received);
  }
  TRY(parts.imports.claim(id));
  HeldSlot slot(parts.imports, id);
  TRY(auto facts, find_import(store, id));
  if (!facts) return Error{ErrorCode::NotFound, kNothing};
  if (facts->state != "receiving") return shown(*facts);
  TRY(store.drop_rows_of_seq(facts->seq));
  TRY(auto fresh, make_receiving(parts, context, store, *facts));
  slot.put(std::move(fresh));
  return shown_receiving(*facts, 0);
}

// Whether a key begins anew: nothing of an abandoned import is stored, and whoever repeats the request has one import
// in the end (decision 0060). Conflict: the key came with another request.
Result<bool> begins_anew(const TenantStore& store, Context& context, const RecordId& id, const ImportFacts& asked) {
  TRY(const auto before, find_import(store, id));
  if (before && (before->file != asked.file || before->form != asked.form)) return key_of_another_request(context);
  return before && before->state == "abandoned";
}

// The error of an import under way, once its entry says that it is abandoned; where that cannot be written now, as on a
// full disk, the next round does it. Where the process ends, the next start abandons.
Error given_up(Parts& parts, TenantStore& store, HeldSlot& slot, Error error) {
  if (ends_process(error.code())) return error;
  auto done = parts.imports.give_up(store, slot.id());
  if (done) return error;
  slot.leave();
  return ends_process(done.error().code()) ? done.error() : error;
}

Result<void> no_other_import(TenantStore& store, Context& context, const ImportFacts& ours) {
  TRY(auto all, all_imports(store));
  for (const auto& other : all) {
    if (other.file != ours.file || other.form.group != ours.form.group) continue;
    if (other.state != "receiving" && other.state != "publishing" && other.state != "staged") continue;
    context.told["importId"] = other.id.hex();
    return Error{ErrorCode::Conflict, "import into a table while another import waits for its end"};
  }
  return success();
}

json::array findings_of(const std::vector<files::Finding>& findings) {
  json::array out;
  for (const auto& finding : findings) {
    const auto text = files::render(finding);
    json::object one{{"rule", files::rule(finding.rule).slug}, {"row", finding.row}, {"column", finding.column}};
    if (!finding.item.empty()) one["item"] = finding.item;
    if (!finding.check.empty()) one["check"] = finding.check;
    one["ja"] = text.ja;
    one["en"] = text.en;
    out.push_back(std::move(one));
  }
  return out;
}

// How often each rule was met, also beyond the findings that are told one by one.
json::object counts_of(const files::ImportReport& report) {
  json::object out;
  for (std::size_t i = 0; i < report.counts.size(); ++i) {
    if (report.counts[i] != 0) out[files::rule(static_cast<files::RuleId>(i)).slug] = report.counts[i];
  }
  return out;
}

// Counts and places, never a value.
json::object report_of(const files::ImportReport& report, const ImportRows& rows) {
  auto problems = findings_of(report.problems);
  for (const auto row : rows.known_subjects()) {
    if (problems.size() >= limits::kMaxImportFindings) break;
    problems.push_back(
        json::object{{"rule", "subject-known"},
                     {"row", row},
                     {"column", 0},
                     {"ja", "この人の記録はこの表に確認済みのものがあります。訂正として扱ってください。"},
                     {"en", "This person already has a confirmed record in this table; treat it as a correction."}});
  }
  auto notes = findings_of(report.notes);
  for (auto& flagged : rows.link_findings().told()) {
    if (notes.size() >= limits::kMaxImportFindings) break;
    notes.push_back(std::move(flagged));
  }
  return {{"rows", report.rows},
          {"accepted", report.accepted - std::min<std::uint64_t>(report.accepted, rows.known_subject_count())},
          {"quarantined", report.quarantined},
          {"refused", report.refused + rows.known_subject_count()},
          {"byRule", counts_of(report)},
          {"linkFlags", rows.link_findings().count()},
          {"findings", std::move(problems)},
          {"notes", std::move(notes)}};
}

json::array addressees_in(ImportRows& rows) {
  json::array out;
  for (auto& addressee : rows.take_addressees()) out.emplace_back(std::move(addressee));
  return out;
}

// The addressee numbers of an import, in parts that fit a line (DESIGN 7), as they are received and before anything is
// told. Such a line says who was received; that they are stored says only the line of the close.
Result<void> log_full_parts(TenantStore& store, const Context& context, const RecordId& import, ImportRows& rows) {
  while (rows.has_full_line()) {
    TRY(store.log(log_entry({{"operation", "import-addressees"},
                             {"requestId", context.request_id},
                             {"importId", import.hex()},
                             {"addresseeNumbers", addressees_in(rows)}})));
  }
  return success();
}

Result<json::object> log_addressees(TenantStore& store, const Context& context, const ImportFacts& facts,
                                    ImportRows& rows) {
  auto line = log_object(context, "import-close", "ok");
  line["importId"] = facts.id.hex();
  line["recordFile"] = facts.file;
  line["group"] = facts.form.group;
  line["count"] = facts.told.at("accepted");
  line["quarantined"] = facts.told.at("quarantined");
  line["byRule"] = facts.told.at("byRule");
  if (rows.numbers_written() > 0) {  // most tables hold none: then it is no access
    line["individualNumberAccess"] = number_access_items(
        context, {NumberUse::Write, "", "", facts.file, "一括登録 " + std::to_string(rows.numbers_written()) + "件"});
  }
  TRY(log_full_parts(store, context, facts.id, rows));
  line["addresseeNumbers"] = addressees_in(rows);
  return line;
}

Answer refuse_import(Context& context, Receiving& receiving, ImportFacts facts) {
  auto& store = receiving.store;
  receiving.rows.stop();
  TRY(store.drop_rows_of_seq(facts.seq));
  facts.state = "refused";
  TRY(store.change([&](std::uint64_t) -> Result<Change> {
    auto line = log_object(context, "import-close", error_row(ErrorCode::InvalidContent).slug);
    for (const auto* name : {"rows", "refused", "quarantined"}) line[name] = facts.told[name];
    return Change{{import_entry(facts)}, {}, {}, log_entry(line)};
  }));
  context.logged = true;
  for (const auto& member : shown(facts)) context.told[member.key()] = member.value();
  return Error{ErrorCode::InvalidContent, "accept every row of an import; nothing of it is stored"};
}

Answer stage_import(Parts& parts, Context& context, Receiving& receiving, ImportFacts facts) {
  auto& store = receiving.store;
  TRY(receiving.rows.flush());
  TRY(auto line, log_addressees(store, context, facts, receiving.rows));
  facts.state = "publishing";
  facts.versions = receiving.rows.versions();
  // If power goes after this change: the log names an import whose entries do not exist; the next opening abandons it
  // and says so.
  TRY(store.change([&](std::uint64_t) -> Result<Change> {
    return Change{{import_entry(facts)}, {}, {}, log_entry(line, receiving.rows.numbers_written() > 0)};
  }));
  context.logged = true;
  facts.state = "staged";
  TRY(auto entries, receiving.rows.entries().sorted());
  std::unique_lock no_batch(parts.erasures);  // what a batch takes away is looked up before it begins
  // If power goes inside: the old generation stands (publishing), or the new one does (staged) - never half of it.
  // An error says that nothing was published, or (StorageFailed) that nobody knows, and the process ends.
  std::vector<Entry> published{import_entry(facts)};
  TRY(const auto rule, adopted_rule(store, facts.file));
  const bool same_rule = (rule ? rule->counted.version : 0) == receiving.rows.kept_by();
  if (!same_rule) {
    TRY(published.emplace_back(), unsettled_entry(store, facts.file, Unsettled::All, store.last_seq()));
  }
  std::ranges::sort(published, {}, &Entry::key);
  TRY(parts.appliance.merge(store, *entries, std::move(published)));
  // A rule adopted while the rows came in counts for them, too; the maintenance does it where this cannot.
  if (!same_rule) {
    if (auto settled = settle_terms(parts, store, facts.file); !settled && ends_process(settled.error().code())) {
      return settled.error();
    }
  }
  return shown(facts);
}

Answer finish_import(Parts& parts, Context& context, Receiving& receiving, ImportFacts facts) {
  bool refused = receiving.broken;
  files::ImportReport report = receiving.importer.report();
  if (!refused) {
    TRY(report, receiving.importer.finish([&](const files::ImportedRow& row) { return receiving.rows.take(row); }));
    refused = report.verdict == files::Verdict::Refused || receiving.rows.known_subject_count() != 0;
  }
  for (const auto& member : report_of(report, receiving.rows)) facts.told[member.key()] = member.value();
  facts.told["closedAt"] = to_iso8601(context.now);
  if (refused) return refuse_import(context, receiving, std::move(facts));
  return stage_import(parts, context, receiving, std::move(facts));
}

Result<ImportFacts> import_of_caller(Context& context, TenantStore& store) {
  TRY(const auto id, id_field<RecordId>(context, FieldId::ImportId));
  context.target["importId"] = id.hex();
  TRY(auto facts, find_import(store, id));
  if (!facts || facts->opened_by != context.by().person.id) return Error{ErrorCode::NotFound, kNothing};
  return std::move(*facts);
}

}  // namespace

Answer import_open(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::Import));
  TRY(const auto* definition, granted_file(parts, context));
  TRY(auto form, form_in(context, *definition));
  TRY(auto earlier, find_reply(*store, context));
  ImportFacts facts{RecordId::random(),     "receiving",      definition->key(), 0, {},
                    context.by().person.id, context.terminal, std::move(form)};
  if (earlier) {
    TRY(const auto id, RecordId::parse(*earlier));
    TRY(const bool anew, begins_anew(*store, context, id, facts));
    if (!anew) return open_again(parts, context, *store, id);
  }
  facts.told["openedAt"] = to_iso8601(context.now);
  facts.told["openedByName"] = context.by().person.name;
  context.target["importId"] = facts.id.hex();
  context.target["group"] = facts.form.group;
  context.target["encoding"] = files::to_text(facts.form.profile.encoding);
  TRY(parts.imports.claim(facts.id));
  HeldSlot slot(parts.imports, facts.id);
  TRY(store->change([&](std::uint64_t seq) -> Result<Change> {
    TRY(no_other_import(*store, context, facts));
    facts.seq = seq;
    Change change{{import_entry(facts)}, {}, {}, log_entry(log_object(context, "import-open", "ok"))};
    if (auto entry = reply_entry(context, facts.id.hex())) change.entries.push_back(std::move(*entry));
    return change;
  }));
  context.logged = true;
  auto receiving = make_receiving(parts, context, *store, facts);
  if (!receiving) return given_up(parts, *store, slot, receiving.error());
  slot.put(std::move(receiving.value()));
  return shown_receiving(facts, 0);
}

Answer import_chunk(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::Import));
  TRY(auto facts, import_of_caller(context, *store));
  const auto chunk = protocol::field(context.request, FieldId::Chunk).value();
  Reader in(protocol::field(context.request, FieldId::Offset).value());
  const auto offset = in.u64();
  context.logged = true;  // one line for the import, not one for each piece
  if (facts.state != "receiving") {
    if (facts.state == "abandoned") return Error{ErrorCode::Conflict, "go on with an abandoned import"};
    return json::object{{"importId", facts.id.hex()},
                        {"received", offset + chunk.size()}};  // a repetition of what is done
  }
  TRY(auto receiving, parts.imports.take(store->tenant(), facts.id));
  HeldSlot slot(parts.imports, facts.id);
  if (offset != receiving->received) {
    context.told["expectedOffset"] = receiving->received;
    slot.put(std::move(receiving));
    return Error{ErrorCode::Conflict, "take a piece that is not the next one"};
  }
  if (!receiving->broken) {
    auto fed =
        receiving->importer.feed(chunk, [&](const files::ImportedRow& row) { return receiving->rows.take(row); });
    if (!fed && fed.error().code() != ErrorCode::InvalidContent && fed.error().code() != ErrorCode::TooLarge) {
      receiving.reset();                                  // nothing is being written any more
      return given_up(parts, *store, slot, fed.error());  // what it has written is not known
    }
    receiving->broken = !fed;
    auto logged = log_full_parts(*store, context, facts.id, receiving->rows);
    if (!logged) {
      receiving.reset();
      return given_up(parts, *store, slot, logged.error());
    }
  }
  receiving->received += chunk.size();
  json::object told{{"importId", facts.id.hex()}, {"received", receiving->received}};
  if (receiving->broken) told["broken"] = true;  // more of it is only counted: a sender may complete at once
  slot.put(std::move(receiving));
  return told;
}

Answer import_close(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::Import));
  TRY(auto facts, import_of_caller(context, *store));
  context.target["recordFile"] = facts.file;
  if (facts.state == "refused") {
    for (const auto& member : shown(facts)) context.told[member.key()] = member.value();
    return Error{ErrorCode::InvalidContent, "accept every row of an import; nothing of it is stored"};
  }
  if (facts.state == "abandoned") return Error{ErrorCode::Conflict, "close an abandoned import"};
  if (facts.state != "receiving") return shown(facts);
  TRY(auto receiving, parts.imports.take(store->tenant(), facts.id));
  HeldSlot slot(parts.imports, facts.id);  // until the outcome is durable
  auto answer = finish_import(parts, context, *receiving, std::move(facts));
  if (answer) return answer;
  receiving.reset();  // nothing is being written any more
  return given_up(parts, *store, slot, answer.error());
}

Answer import_show(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(const auto id, id_field<RecordId>(context, FieldId::ImportId));
  context.target["importId"] = id.hex();
  const auto& grant = context.by().grant;
  if (!grant.has(Permission::Import)) {
    TRY(need(context, Permission::ConfirmImport));
  }
  TRY(auto facts, find_import(*store, id));
  if (!facts || !grant.has_file(facts->file)) return Error{ErrorCode::NotFound, kNothing};
  const auto received = facts->state == "receiving" ? parts.imports.received(id) : std::nullopt;
  return received ? shown_receiving(*facts, *received) : shown(*facts);
}

Answer import_decide(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ConfirmImport));
  TRY(const auto id, id_field<RecordId>(context, FieldId::ImportId));
  context.target["importId"] = id.hex();
  const auto decision = context.text(FieldId::Decision);
  if (decision != "approve" && decision != "reject") {
    return context.refuse(ErrorCode::InvalidContent, "read a decision", "/decision");
  }
  TRY(auto before, find_import(*store, id));
  if (!before || !context.by().grant.has_file(before->file)) return Error{ErrorCode::NotFound, kNothing};
  if (before->opened_by == context.by().person.id || before->opened_at == context.terminal) {
    return Error{ErrorCode::SamePerson, "confirm an own import, or at the same terminal"};
  }
  TRY(const bool same, same_human(parts.zero(), before->opened_by, context.by().person));
  if (same) return Error{ErrorCode::SamePerson, "confirm an own import under another id"};
  if (before->state != "staged") return Error{ErrorCode::Conflict, "decide on an import that is not staged"};
  TRY(fresh_code(parts, context));
  ImportFacts facts;
  TRY(store->change([&](std::uint64_t seq) -> Result<Change> {
    TRY(auto now, find_import(*store, id));
    if (!now || now->state != "staged") return Error{ErrorCode::Conflict, "decide on an import that is not staged"};
    facts = std::move(*now);
    facts.state = decision == "approve" ? "confirmed" : "rejected";
    facts.told["decidedBy"] = context.by().person.id;
    facts.told["decidedByName"] = context.by().person.name;
    facts.told["decidedAt"] = to_iso8601(context.now);
    auto line = log_object(context, "import-decide", "ok");
    line["recordFile"] = facts.file;
    line["decision"] = decision;
    line["requestedBy"] = facts.opened_by;
    Change change{{import_entry(facts)}, {}, {}, log_entry(line)};
    if (facts.state == "confirmed" && facts.versions != 0) {
      TRY(change.entries.emplace_back(), unsettled_entry(*store, facts.file, Unsettled::Versions, seq));
    }
    return change;
  }));
  context.logged = true;
  if (facts.state == "confirmed" && facts.versions != 0) {
    TRY(settle_now(parts, *store, facts.file));
  }
  return shown(facts);
}

}  // namespace shosoin::service
