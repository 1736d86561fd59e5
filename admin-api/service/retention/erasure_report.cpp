// What follows an application that was executed or is not to be: its report (E-07), the municipality's acknowledgement,
// withdrawal, and the pages of what is closed.
#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasure_register.h"
#include "admin-api/service/retention/erasure_witness.h"
#include "admin-api/service/stored_json.h"
#include "firmware/base/limits_erasure.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

Result<void> check_executed(Context& context, const ErasureFacts& facts) {
  if (facts.state == "executed" && !facts.disposal.empty()) return success();
  return refuse_in_words(context, {ErrorCode::Conflict, "report an erasure that is not executed"},
                         {"まだ実施されていないため、報告はありません。実施のあとで求めてください。",
                          "It has not been executed: there is no report yet. Ask for it after the execution."});
}

Result<void> check_unreported(Context& context, const ErasureFacts& facts) {
  TRY(check_executed(context, facts));
  if (facts.is_unreported()) return success();
  return refuse_in_words(context, {ErrorCode::Conflict, "acknowledge a report twice"},
                         {"この報告はすでに受領されています。", "This report has been acknowledged already."});
}

// Neither who applied nor who executed, under any id: the report is made to somebody else (E-07).
Result<void> check_not_the_reporter(Parts& parts, Context& context, const ErasureFacts& facts) {
  std::set<std::string> reporters{facts.requested_by};
  for (const auto* name : {"operatorId", "with"}) {
    if (const auto* id = facts.executed.if_contains(name)) reporters.emplace(id->as_string());
  }
  for (const auto& id : reporters) {
    if (id == "appliance") continue;
    TRY(const bool same, same_human(parts.zero(), id, context.by().person));
    if (!same) continue;
    return refuse_in_words(context, {ErrorCode::SamePerson, "acknowledge an own report"},
                           {"申請した人と実施した人は、報告を受領できません。別の人が受領してください。",
                            "Who applied or executed may not acknowledge the report. Another person does."});
  }
  return success();
}

Result<json::object> item_of(Parts& parts, const TenantStore& store, const ErasureFacts& facts) {
  TRY(const auto id, DisposalId::parse(facts.disposal));
  TRY(auto told, told_disposal(parts, store, id));
  if (!told) return Error{ErrorCode::Integrity, "find the item of the disposal register of an erasure"};
  return std::move(*told);
}

Result<void> check_may_withdraw(Context& context, const ErasureFacts& facts) {
  if (facts.requested_by == context.by().person.id) return success();
  if (context.by().grant.has(Permission::ApproveErasure)) return success();
  return refuse_in_words(context, {ErrorCode::NotPermitted, "withdraw somebody else's application"},
                         {"取り下げられるのは、申請した本人か、消去を承認できる人だけです。",
                          "Only who applied, or who may approve erasures, can withdraw the application."});
}

Result<void> check_withdrawable(Context& context, const ErasureFacts& facts) {
  if (!facts.is_open()) {
    return refuse_in_words(context, {ErrorCode::Conflict, "withdraw an application that is closed"},
                           {"実施済み、却下済み、または取下げ済みの申請は取り下げられません。",
                            "What is executed, rejected or withdrawn cannot be withdrawn."});
  }
  if (facts.requested_by == "appliance") {  // the next round would apply for it again
    return refuse_in_words(
        context, {ErrorCode::Conflict, "withdraw an application under a standing approval"},
        {"包括の承認による申請です。止めるには、廃棄停止をかけるか、規則を改めてください。",
         "It stands under a standing approval. To stop it, set a hold, or adopt a rule without that approval."});
  }
  return success();
}

}  // namespace

Answer erasure_report(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_any_erasure(context));
  TRY(const auto facts, erasure_in(context, *store));
  TRY(check_executed(context, facts));
  TRY(auto out, item_of(parts, *store, facts));
  out["erasureId"] = facts.id.hex();
  out["state"] = facts.is_unreported() ? "unreported" : "acknowledged";
  if (!facts.acknowledged.empty()) out["acknowledgedBy"] = facts.acknowledged;
  if (!facts.remainder.empty()) out["remainder"] = facts.remainder;
  return out;
}

Answer erasure_acknowledge(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ApproveErasure));
  const auto before = erasure_in(context, *store);
  if (!before) return before.error();
  TRY(check_unreported(context, before.value()));
  TRY(check_not_the_reporter(parts, context, before.value()));
  TRY(const auto item, item_of(parts, *store, before.value()));
  TRY(fresh_code(parts, context));
  auto facts = before.value();
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_erasure(*store, before.value().id));
    if (!now) return Error{ErrorCode::NotFound, kNothing};
    facts = std::move(*now);
    TRY(check_unreported(context, facts));
    facts.acknowledged = person_time_and_terminal(context);
    facts.acknowledged["digest"] = item.at("digest");
    facts.closed_on = closing_day(parts);
    auto line = log_object(context, "erasure-acknowledge", "ok");
    line["disposalId"] = facts.disposal;
    line["digest"] = item.at("digest");
    return Change{erasure_entries(facts), {}, {}, log_entry(line)};
  }));
  context.logged = true;
  return summary(parts, facts);
}

// A batch that has begun is waited for by nobody: it looks at the state once more before it commits.
Answer erasure_withdraw(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  if (!context.by().grant.has(Permission::RequestErasure)) {
    TRY(need(context, Permission::ApproveErasure));
  }
  const auto before = erasure_in(context, *store);
  if (!before) return before.error();
  TRY(check_may_withdraw(context, before.value()));
  TRY(check_withdrawable(context, before.value()));
  auto facts = before.value();
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_erasure(*store, before.value().id));
    if (!now) return Error{ErrorCode::NotFound, kNothing};
    facts = std::move(*now);
    TRY(check_withdrawable(context, facts));
    auto line = log_object(context, "erasure-withdraw", "ok");
    line["was"] = facts.state;
    line["requestedBy"] = facts.requested_by;
    facts.state = "withdrawn";
    facts.withdrawn = person_time_and_terminal(context);
    facts.closed_on = closing_day(parts);
    return Change{erasure_entries(facts), {}, {}, log_entry(line)};
  }));
  context.logged = true;
  return summary(parts, facts);
}

Answer erasure_history(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_any_erasure(context));
  Bytes after;
  if (const auto text = context.text(FieldId::ReportCursor); !text.empty()) {
    auto key = from_hex(text);
    if (!key || key->size() != 1 + RecordId::kSize) {
      return context.refuse(ErrorCode::InvalidContent, "go on from this cursor", "/cursor");
    }
    after = std::move(*key);
  }
  TRY(auto page, shelved_erasures(*store, Shelf::Closed, after, limits::kErasurePage));
  const bool more = page.size() > limits::kErasurePage;
  if (more) page.pop_back();
  json::array out;
  for (const auto& [key, facts] : page) {
    if (context.by().grant.has_file(facts.file)) out.push_back(summary(parts, facts));
  }
  json::object answer{{"erasures", std::move(out)}};
  if (more) answer["cursor"] = to_hex(page.back().key);
  return answer;
}

}  // namespace shosoin::service
