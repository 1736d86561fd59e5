// The requests about erasures: apply, show, list, decide, execute, run a batch.
#include <algorithm>
#include <array>

#include "admin-api/service/handlers.h"
#include "admin-api/service/idempotency.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/search_keys.h"
#include "admin-api/service/refusal.h"
#include "admin-api/service/retention/batch_cap.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasure_witness.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/told_text.h"
#include "firmware/base/limits_erasure.h"
#include "storage/files/dates.h"
#include "storage/files/number_words.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

struct ApplicationPart {
  FieldId field;
  std::string_view name, pointer;
};
// E-04: 項目, 媒体名, 数量, 方法, 予定日; and what the erasure rests on.
constexpr std::array<ApplicationPart, 6> kApplication{{{FieldId::Items, "items", "/items"},
                                                       {FieldId::Medium, "medium", "/medium"},
                                                       {FieldId::Quantity, "quantity", "/quantity"},
                                                       {FieldId::Method, "method", "/method"},
                                                       {FieldId::PlannedDate, "plannedDate", "/plannedDate"},
                                                       {FieldId::Ground, "ground", "/ground"}}};

Result<json::object> application_in(Context& context) {
  json::object out;
  for (const auto& part : kApplication) {
    const auto text = context.text(part.field);
    if (is_blank(text)) {
      return context.refuse(ErrorCode::InvalidContent, "apply for an erasure with an item missing", part.pointer);
    }
    if (!is_one_line(text)) return refuse_text(context, part.pointer);
    if (files::reads_as_a_number(text)) {
      context.pointer = part.pointer;
      return refuse_in_words(
          context, {ErrorCode::InvalidContent, "apply for an erasure with a number of a person in its text"},
          {"個人番号または住民票コードと読める11桁か12桁の数字があります。廃棄簿に残るので、書かないでください。"
           "電話番号や受付番号なら、090-1234-5678 のように区切ってください。",
           "It holds 11 or 12 digits that read as a resident record code or an individual number. Leave them out: the "
           "text stays in the disposal register. A telephone or receipt number may stand in groups, as in "
           "090-1234-5678."});
    }
    out[part.name] = text;
  }
  const auto planned = files::read_date(context.text(FieldId::PlannedDate));
  if (!planned || !planned.value().date.exact()) {
    return context.refuse(ErrorCode::InvalidContent, "read the planned date", "/plannedDate");
  }
  return out;
}

// What an application is about: records of a file, or months of the log.
Result<void> read_objects(Context& context, ErasureFacts& facts) {
  TRY(facts.months, months_in(context));
  if (facts.file != kAccessLog) {
    if (!facts.months.empty())
      return context.refuse(ErrorCode::InvalidContent, "apply for months of a file", "/months");
    TRY(facts.records, records_in(context));
    return success();
  }
  if (facts.months.empty() || protocol::field(context.request, FieldId::RecordIds)) {
    context.told["detail"] =
        json::object{{"ja", "アクセスログは月で申請します。2019-04 のように月を指定し、記録IDは指定しないでください。"},
                     {"en", "The access log is applied for by months, as in 2019-04, not by record ids."}};
    return context.refuse(ErrorCode::InvalidContent, "read the months of an application", "/months");
  }
  return success();
}

Result<void> check_objects(const Context& context, const TenantStore& store, const ErasureFacts& facts) {
  if (facts.file == kWorkingDocuments) return check_documents(store, facts.records, context.by().grant);
  if (facts.file != kAccessLog) return check_records(store, facts.file, facts.records);
  return check_months_to_erase(store, facts.months);
}

Result<void> check_not_asked_already(const TenantStore& store, const ErasureFacts& facts) {
  TRY(const auto others, open_erasures_for_one_more(store));
  for (const auto& other : others) {
    for (const auto& id : facts.records) {
      if (other.records.contains(id)) return Error{ErrorCode::Conflict, "apply twice for the erasure of a record"};
    }
    for (const auto month : facts.months) {
      if (other.months.contains(month)) return Error{ErrorCode::Conflict, "apply twice for the erasure of a month"};
    }
  }
  return success();
}

// E-03: nothing before its term, whoever asks.
Result<void> check_retention(Parts& parts, Context& context, const TenantStore& store, const ErasureFacts& facts,
                             Undetermined undetermined) {
  TRY(const auto refusal, refusal_of(store, facts, legal_today(parts), undetermined));
  if (refusal) return refuse_early(context, *refusal);
  return success();
}

}  // namespace

Answer erasure_request(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::RequestErasure));
  TRY(const auto file, ruled_file(parts, context));
  ErasureFacts facts;
  facts.file = file.key;
  TRY(facts.application, application_in(context));
  TRY(read_objects(context, facts));
  TRY(auto earlier, find_reply(*store, context));
  if (earlier) {
    TRY(const auto id, RecordId::parse(*earlier));
    TRY(auto before, find_erasure(*store, id));
    if (!before) return missing_document(*store, id);
    if (before->file != facts.file || before->records != facts.records || before->months != facts.months ||
        before->application != facts.application) {
      return key_of_another_request(context);
    }
    return shown(parts, *store, *before);
  }
  facts.id = RecordId::random();
  facts.state = "requested";
  facts.requested = person_and_time(context);
  facts.requested_by = context.by().person.id;
  facts.requested_at = context.terminal;
  context.target["erasureId"] = facts.id.hex();
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(check_objects(context, *store, facts));
    TRY(check_not_asked_already(*store, facts));
    TRY(check_retention(parts, context, *store, facts, Undetermined::PersonDecides));  // who approves decides
    auto line = log_object(context, "erasure-request", "ok");
    line["application"] = facts.application;
    json::array records;
    for (const auto& id : facts.records) records.emplace_back(id.hex());
    line["recordIds"] = std::move(records);
    if (!facts.months.empty()) line["months"] = months_text(facts.months);
    Change change{erasure_entries(facts), {}, {}, log_entry(line)};
    if (auto entry = reply_entry(context, facts.id.hex())) change.entries.push_back(std::move(*entry));
    return change;
  }));
  context.logged = true;
  return shown(parts, *store, facts);
}

Answer erasure_show(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_any_erasure(context));
  TRY(auto facts, erasure_in(context, *store));
  return shown(parts, *store, facts);
}

Answer erasure_list(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_any_erasure(context));
  TRY(auto open, open_erasures(*store));
  std::erase_if(open, [&](const ErasureFacts& facts) { return !context.by().grant.has_file(facts.file); });
  // What waits for somebody: the rest of a long list is left out, and counted.
  json::array out;
  for (const auto& facts : open) {
    if (out.size() == limits::kErasurePage) break;
    out.push_back(summary(parts, facts));
  }
  TRY(auto unreported, shelved_erasures(*store, Shelf::Unreported, {}, limits::kErasurePage));
  const bool more = unreported.size() > limits::kErasurePage;
  if (more) unreported.pop_back();
  std::size_t told = 0;
  for (const auto& [key, facts] : unreported) {
    if (!context.by().grant.has_file(facts.file)) continue;
    out.push_back(summary(parts, facts));
    ++told;
  }
  return json::object{{"erasures", std::move(out)}, {"open", open.size()}, {"unreported", told}, {"more", more}};
}

Answer erasure_decide(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ApproveErasure));
  const auto decision = context.text(FieldId::Decision);
  if (decision != "approve" && decision != "reject") {
    return context.refuse(ErrorCode::InvalidContent, "read a decision", "/decision");
  }
  TRY(auto facts, erasure_in(context, *store));
  if (facts.requested_by == context.by().person.id || facts.requested_at == context.terminal) {
    return Error{ErrorCode::SamePerson, "approve an own erasure, or at the same terminal"};
  }
  TRY(const bool same, same_human(parts.zero(), facts.requested_by, context.by().person));
  if (same) return Error{ErrorCode::SamePerson, "approve an own erasure under another id"};
  if (facts.state != "requested") return Error{ErrorCode::Conflict, "decide on an erasure that is decided"};
  const bool approves = decision == "approve";
  const auto asks = protocol::field(context.request, FieldId::WitnessRequired);
  const bool with_witness = approves && asks && !asks->empty() && (*asks)[0] == 1;
  const bool decides = context.by().grant.has(Permission::ManageRetention);
  const auto undetermined = decides ? Undetermined::PersonDecides : Undetermined::Refused;
  if (approves) {
    TRY(check_retention(parts, context, *store, facts, undetermined));
  }
  TRY(fresh_code(parts, context));
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_erasure(*store, facts.id));
    if (!now || now->state != "requested") return Error{ErrorCode::Conflict, "decide on an erasure that is decided"};
    facts = std::move(*now);
    facts.state = approves ? "approved" : "rejected";
    facts.approved = person_and_time(context);
    if (!approves) facts.closed_on = closing_day(parts);
    if (with_witness) ask_for_witness(facts);
    if (approves) {
      TRY(check_retention(parts, context, *store, facts, undetermined));
      TRY(const auto open, refusal_of(*store, facts, legal_today(parts), Undetermined::Refused));
      if (open) facts.approved[kUndeterminedDecided] = true;  // only the undetermined are left for it to refuse
    }
    auto line = log_object(context, "erasure-decide", "ok");
    line["decision"] = decision;
    if (with_witness) line["witnessRequired"] = true;
    line["requestedBy"] = facts.requested_by;
    return Change{erasure_entries(facts), {}, {}, log_entry(line)};
  }));
  context.logged = true;
  return shown(parts, *store, facts);
}

namespace {

// Held and early records do not keep the others waiting: it is refused only where none of them may go (decision 0070).
Result<void> check_executable(Parts& parts, Context& context, const TenantStore& store, const ErasureFacts& facts) {
  if (facts.state != "approved") return Error{ErrorCode::Conflict, "execute an erasure that is not approved"};  // E-04
  bool any = false;
  if (facts.file != kAccessLog) {  // of months, all or nothing
    TRY(const auto allowed,
        allowed_among(store, facts.file, facts.records, legal_today(parts), undetermined_in(facts)));
    any = !allowed.records.empty();
  }
  if (!any) {
    TRY(check_retention(parts, context, store, facts, undetermined_in(facts)));
  }
  TRY(const auto refusal, witness_refusal(parts, facts, &context));
  if (!refusal.empty()) return refuse_witness(context, refusal);
  return success();
}

}  // namespace

Answer erasure_execute(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  if (!context.by().grant.has(Permission::RequestErasure)) {
    TRY(need(context, Permission::ApproveErasure));
  }
  TRY(const auto before, erasure_in(context, *store));
  TRY(check_executable(parts, context, *store, before));
  TRY(fresh_code(parts, context));
  std::unique_lock one_at_a_time(parts.erasures);
  TRY(const auto facts, erasure_in(context, *store));
  TRY(check_executable(parts, context, *store, facts));
  BatchFailure failure;
  auto outcome = run_approved(parts, &context, failure, facts.id);
  context.must_end = failure.must_end;
  TRY(std::move(outcome));
  TRY(const auto after, erasure_in(context, *store));
  if (after.state != "executed") {  // something came between: a hold, or it was withdrawn
    TRY(check_executable(parts, context, *store, after));
  }
  if (after.state != "executed") return Error{ErrorCode::Integrity, "erase where stored data does not authenticate"};
  context.logged = true;  // the batch has written the line, before its one commit point
  return shown(parts, *store, after);
}

Answer batch_run(Parts& parts, Context& context) {
  const auto flag = protocol::field(context.request, FieldId::Now);
  const bool even_empty = flag && !flag->empty() && (*flag)[0] == 1;
  std::unique_lock one_at_a_time(parts.erasures);
  TRY(const bool anything, anything_approved(parts));
  if (!anything && !even_empty) return Error{ErrorCode::Conflict, "run a batch of nothing"};
  TRY(const bool beyond, asks_beyond_cap(parts, context));
  BatchFailure failure;
  auto outcome = beyond ? run_beyond_cap(parts, &context, failure) : run_approved(parts, &context, failure);
  context.must_end = failure.must_end;
  if (!outcome && outcome.error().code() == ErrorCode::TooMany) return refuse_at_cap(parts, context, outcome.error());
  TRY(auto done, std::move(outcome));
  json::array serials;
  for (const auto& serial : done.serials) serials.emplace_back(serial);
  return json::object{
      {"epoch", done.epoch}, {"certificates", std::move(serials)}, {"leftForTheNext", failure.left_over}};
}

}  // namespace shosoin::service
