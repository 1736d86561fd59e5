// The requests about holds: set, ask for the release, decide about it, list (promise 7).
#include <algorithm>
#include <tuple>

#include "admin-api/service/handlers.h"
#include "admin-api/service/idempotency.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/refusal.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/holds.h"
#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/told_text.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_retention.h"
#include "storage/files/number_words.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

Error refuse(Context& context, std::string_view ja, std::string_view en, std::string_view pointer) {
  return refuse_in_words(context, context.refuse(ErrorCode::InvalidContent, "read a hold", pointer), {ja, en});
}

// Whoever works on erasures or audits may set one, and ask for its release; only manageRetention releases.
Result<void> need_to_hold(Context& context) {
  const auto& grant = context.by().grant;
  if (grant.has(Permission::RequestErasure) || grant.has(Permission::Audit)) return success();
  return need(context, Permission::ManageRetention);
}

// What a hold on the log keeps: months, or, none named, all of it.
Result<void> read_log_hold(Context& context, const TenantStore& store, HoldFacts& facts) {
  TRY(facts.months, months_in(context));
  if (protocol::field(context.request, FieldId::SearchKind) || protocol::field(context.request, FieldId::RecordIds)) {
    return refuse(context, "アクセスログの廃棄停止には、月だけを指定できます(なければ全部の月)。",
                  "A hold on the access log names months only (none: all of them).", "/months");
  }
  return check_months(store, facts.months);
}

// The same of working documents: these, or, none named, all of them.
Result<void> read_document_hold(Context& context, HoldFacts& facts) {
  if (protocol::field(context.request, FieldId::SearchKind) || protocol::field(context.request, FieldId::LogMonths)) {
    return refuse(context, "業務文書の廃棄停止には、文書のIDだけを指定できます(なければ全部の文書)。",
                  "A hold on working documents names ids of documents only (none: all of them).", "/recordIds");
  }
  if (!protocol::field(context.request, FieldId::RecordIds)) return success();
  TRY(facts.records, records_in(context));
  return success();
}

Result<void> check_held(const Context& context, const TenantStore& store, const HoldFacts& facts) {
  if (facts.file == kWorkingDocuments) return check_documents(store, facts.records, context.by().grant);
  TRY(check_records(store, facts.file, facts.records));
  return check_months(store, facts.months);
}

Result<HoldFacts> hold_in(Context& context, const TenantStore& store, const RuledFile& file) {
  HoldFacts facts;
  facts.state = "active";
  facts.file = file.key;
  facts.name = context.text(FieldId::HoldName);
  if (is_blank(facts.name)) return refuse(context, "廃棄停止の名称を書いてください。", "Name the hold.", "/name");
  if (!is_one_line(facts.name)) return refuse_text(context, "/name");
  if (files::reads_as_a_number(facts.name)) {
    return refuse(
        context,
        "個人番号または住民票コードと読める11桁か12桁の数字があります。名称は一覧に出るので、書かないでください。",
        "It holds 11 or 12 digits that read as a number of a person. Leave them out: the name stands in lists.",
        "/name");
  }
  facts.reason = context.text(FieldId::ReasonCode);
  if (std::ranges::find(hold_reasons(), facts.reason, &HoldReason::code) == hold_reasons().end()) {
    return refuse(
        context,
        "理由を "
        "disclosure-request(開示請求)、litigation(訴訟)、audit(監査)、review-request(審査請求)から選んでください。",
        "Give the reason: disclosure-request, litigation, audit or review-request.", "/reason");
  }
  facts.case_reference = context.text(FieldId::CaseReference);
  if (!is_one_line(facts.case_reference)) return refuse_text(context, "/caseReference");
  if (file.key == kAccessLog) {
    TRY(read_log_hold(context, store, facts));
    return facts;
  }
  if (file.key == kWorkingDocuments) {
    TRY(read_document_hold(context, facts));
    return facts;
  }
  const bool by_query = protocol::field(context.request, FieldId::SearchKind).has_value();
  const bool by_records = protocol::field(context.request, FieldId::RecordIds).has_value();
  if (by_query == by_records) {
    return refuse(context, "記録IDか検索キーの、どちらか一方を指定してください。",
                  "Give either record ids or a search key.", "/recordIds");
  }
  if (by_records) {
    TRY(facts.records, records_in(context));
    return facts;
  }
  TRY(facts.query, search_key_in(store, context, *file.definition));
  facts.by_query = true;
  TRY(search(store, *facts.query));  // TooMany: so wide that it could not be walked through
  return facts;
}

bool is_same_query(const std::optional<SearchKey>& one, const std::optional<SearchKey>& other) {
  if (!one || !other) return !one && !other;
  return std::tie(one->kind, one->prefix, one->birth_key, one->table) ==
         std::tie(other->kind, other->prefix, other->birth_key, other->table);
}
// A hold that is released holds nothing: it is no answer to whoever wants one set.
bool says_the_same(const HoldFacts& before, const HoldFacts& now) {
  return before.in_force() && before.file == now.file && before.name == now.name && before.reason == now.reason &&
         before.case_reference == now.case_reference && before.records == now.records && before.months == now.months &&
         is_same_query(before.query, now.query);
}

Result<HoldFacts> hold_of_caller(Context& context, const TenantStore& store) {
  TRY(const auto id, id_field<RecordId>(context, FieldId::HoldId));
  context.target["holdId"] = id.hex();
  TRY(auto facts, find_hold(store, id));
  if (!facts || !context.by().grant.has_file(facts->file)) return Error{ErrorCode::NotFound, kNothing};
  return std::move(*facts);
}

}  // namespace

Result<HoldFacts> log_hold_in(Context& context, const TenantStore& store) {
  return hold_in(context, store, {std::string(kAccessLog), nullptr});
}

Answer hold_set(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_hold(context));
  TRY(const auto file, ruled_file(parts, context));
  TRY(auto facts, hold_in(context, *store, file));
  TRY(auto earlier, find_reply(*store, context));
  if (earlier) {
    TRY(const auto id, RecordId::parse(*earlier));
    TRY(auto before, find_hold(*store, id));
    if (!before) return missing_document(*store, id);
    if (!says_the_same(*before, facts)) return key_of_another_request(context);
    return shown(*before);
  }
  facts.id = RecordId::random();
  facts.set = person_and_time(context);
  context.target["holdId"] = facts.id.hex();
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(const auto others, all_holds(*store));
    if (std::ranges::count_if(others, &HoldFacts::in_force) >= std::ptrdiff_t{limits::kMaxHolds})
      return Error{ErrorCode::TooMany, "set one more hold"};
    TRY(check_held(context, *store, facts));
    auto line = log_object(context, "hold-set", "ok");
    line["hold"] = shown(facts);
    Change change{{hold_entry(facts)}, {}, {}, log_entry(line)};
    if (auto entry = reply_entry(context, facts.id.hex())) change.entries.push_back(std::move(*entry));
    return change;
  }));
  context.logged = true;
  return shown(facts);
}

Answer hold_release(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_hold(context));
  TRY(auto facts, hold_of_caller(context, *store));
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_hold(*store, facts.id));
    if (!now || now->state != "active") return Error{ErrorCode::Conflict, "ask for the release of a hold again"};
    facts = std::move(*now);
    facts.state = "releasing";
    facts.asked = person_and_time(context);
    facts.asked_by = context.by().person.id;
    facts.asked_at = context.terminal;
    return Change{{hold_entry(facts)}, {}, {}, log_entry(log_object(context, "hold-release", "ok"))};
  }));
  context.logged = true;
  return shown(facts);
}

Answer hold_decide(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ManageRetention));
  const auto decision = context.text(FieldId::Decision);
  if (decision != "approve" && decision != "reject") {
    return context.refuse(ErrorCode::InvalidContent, "read a decision", "/decision");
  }
  TRY(auto facts, hold_of_caller(context, *store));
  if (facts.state != "releasing") return Error{ErrorCode::Conflict, "decide on a release nobody asked for"};
  if (facts.asked_by == context.by().person.id || facts.asked_at == context.terminal) {
    return Error{ErrorCode::SamePerson, "release a hold alone, or at the same terminal"};
  }
  TRY(const bool same, same_human(parts.zero(), facts.asked_by, context.by().person));
  if (same) return Error{ErrorCode::SamePerson, "release a hold alone under another id"};
  TRY(fresh_code(parts, context));
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_hold(*store, facts.id));
    // Asked for by somebody else meanwhile: that is another decision.
    if (!now || now->state != "releasing" || now->asked_by != facts.asked_by || now->asked_at != facts.asked_at) {
      return Error{ErrorCode::Conflict, "decide on a release nobody asked for"};
    }
    facts = std::move(*now);
    facts.state = decision == "approve" ? "released" : "active";
    if (decision == "approve") {
      facts.released = person_and_time(context);
      facts.closed_on = closing_day(parts);
      facts.query.reset();  // a name or number that nothing is held by any more (promise 5)
    }
    auto line = log_object(context, "hold-decide", "ok");
    line["decision"] = decision;
    line["requestedBy"] = facts.asked_by;
    return Change{{hold_entry(facts)}, {}, {}, log_entry(line)};
  }));
  context.logged = true;
  return shown(facts);
}

Answer hold_list(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  if (!context.by().grant.has(Permission::ApproveErasure)) {
    TRY(need_to_hold(context));
  }
  TRY(auto all, all_holds(*store));
  std::erase_if(all, [&](const HoldFacts& facts) { return !context.by().grant.has_file(facts.file); });
  std::ranges::stable_partition(all, [](const HoldFacts& facts) { return facts.in_force(); });
  json::array out;
  for (const auto& facts : all) {
    if (out.size() == limits::kMaxHoldsTold) break;
    out.push_back(shown(facts));
  }
  return json::object{{"holds", std::move(out)}, {"total", all.size()}};
}

}  // namespace shosoin::service
