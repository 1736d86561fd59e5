// The requests about changes of a 個人番号: ask, show, list, decide.
#include <algorithm>
#include <tuple>

#include "admin-api/service/handlers.h"
#include "admin-api/service/idempotency.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/linking.h"
#include "admin-api/service/records/number_changes.h"
#include "admin-api/service/records/record_keys.h"
#include "admin-api/service/retention/documents.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits_linking.h"
#include "storage/files/dates.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using generations::NumberChange;
using generations::NumberChangeState;
using protocol::FieldId;

// A refusal with words of its own in both languages; never a value.
Error refuse(Context& context, ErrorCode code, const files::Bilingual& text, std::string_view pointer = {}) {
  context.told["detail"] = json::object{{"ja", text.ja}, {"en", text.en}};
  return context.refuse(code, "change an individual number", pointer);
}
constexpr files::Bilingual kNoNumber{
    "正しい個人番号(12桁)ではありません。書類と照らして、入力し直してください。",
    "Not a valid individual number of twelve digits; compare with the document and type it again."};
constexpr files::Bilingual kNoDate{"変更の日を、今日までの実在する日(例 2026-11-01)で入力してください。",
                                   "Give the day of the change, up to today, as in 2026-11-01."};
constexpr files::Bilingual kNoBasis{"変更の区分を application(本人の請求)か ex-officio(職権)で入力してください。",
                                    "Give the basis of the change: application, or ex-officio."};
constexpr files::Bilingual kNoCase{"受付番号または案件番号を入力してください。", "Give the number of the case."};
constexpr files::Bilingual kOthersNumber{
    "この番号は、別の人の番号として登録されています。書類を確認し、整合性の確認リストも見てください。",
    "This number is registered as somebody else's; check the document, and look at the consistency report."};
constexpr files::Bilingual kSameNumber{"この番号は、すでにこの人の番号です。変更の必要はありません。",
                                       "This already is the person's number; nothing needs to be changed."};
constexpr files::Bilingual kHasNone{"この人の記録に個人番号がありません。番号のある記録を取り込んでください。",
                                    "The person's record has no individual number; import a record with one."};
constexpr files::Bilingual kWaiting{
    "この人の番号の変更が、すでに決裁を待っています。先にそれを承認または却下してください。",
    "A change of this person's number already waits for a decision; approve or reject that one first."};
constexpr files::Bilingual kMoved{"申請の後に番号が変わりました。この申請を却下し、あらためて申請してください。",
                                  "The person's number has changed since the request; reject this one and ask again."};
constexpr files::Bilingual kGone{
    "申請された記録は消去されました。この申請を却下し、残る記録であらためて申請してください。",
    "The record it was asked for was erased; reject this one and ask again with a record that is left."};
constexpr files::Bilingual kNotTheSame{
    "申請された番号と違います。書類の番号を入力し直すか、却下してください。",
    "Not the number that was asked for; type the number of the document again, or reject the request."};

Result<files::IndividualNumber> new_number_in(Context& context) {
  auto typed = context.text(FieldId::NewNumber);
  const auto number = files::IndividualNumber::parse(typed);
  memory::wipe(typed);
  if (!number) return refuse(context, ErrorCode::InvalidContent, kNoNumber, "/newIndividualNumber");
  return number.value();
}

Result<void> read_application(Context& context, NumberChangeFacts& facts) {
  const auto day = files::read_date(context.text(FieldId::ChangedOn));
  const auto exact = day && day.value().date.exact() ? day.value().date.latest_possible() : std::nullopt;
  if (!exact || std::chrono::sys_days(*exact) > std::chrono::sys_days(tokyo_date(context.now))) {
    return refuse(context, ErrorCode::InvalidContent, kNoDate, "/changedOn");
  }
  facts.changed_on = day.value().date.to_text();
  facts.basis = context.text(FieldId::ChangeBasis);
  if (facts.basis != "application" && facts.basis != "ex-officio") {
    return refuse(context, ErrorCode::InvalidContent, kNoBasis, "/basis");
  }
  facts.case_reference = context.text(FieldId::CaseReference);
  if (facts.case_reference.find_first_not_of(" \t") == std::string::npos) {
    return refuse(context, ErrorCode::InvalidContent, kNoCase, "/caseReference");
  }
  return success();
}

json::object shown(const NumberChangeFacts& facts) {
  json::object out{{"numberChangeId", facts.id.hex()},      {"state", facts.state},          {"recordFile", facts.file},
                   {"recordId", facts.record.hex()},        {"changedOn", facts.changed_on}, {"basis", facts.basis},
                   {"caseReference", facts.case_reference}, {"requestedBy", facts.requested}};
  if (!facts.decided.empty()) out["decidedBy"] = facts.decided;
  if (!facts.closed_on.empty()) out["closedOn"] = facts.closed_on;
  return out;
}

// A confirmed record of this file; the same answer for any other id.
Result<generations::RecordEntry> confirmed_record(const TenantStore& store, const RecordId& id, std::string_view file) {
  TRY(auto entry, find_record(store, id));
  if (!entry || entry->file != file) return Error{ErrorCode::NotFound, kNothing};
  TRY(const bool confirmed, ConfirmedImports(store).contains(entry->import));
  if (!confirmed) return Error{ErrorCode::NotFound, kNothing};
  return std::move(*entry);
}

generations::RowPlace encrypt(const TenantStore& store, std::uint64_t seq, const files::IndividualNumber& number,
                              std::vector<generations::NewRow>& rows) {
  auto made = new_row(store.tenant(), seq, view_of(number.reveal()));
  rows.push_back(std::move(made.row));
  return made.place;
}

// The number the person has now.
struct PresentNumber {
  files::IndividualNumber number;
  Digest token;
};
Result<PresentNumber> present_number(Parts& parts, Context& context, const TenantStore& store,
                                     const generations::RecordEntry& record) {
  TRY(const auto numbers, person_numbers(store, record.integrated));
  if (numbers.present) {
    TRY(auto digits, store.read_row(numbers.present->id, numbers.present->key));
    const auto number = files::IndividualNumber::parse(text_of(digits));
    memory::wipe(digits);
    if (!number) return Error{ErrorCode::Integrity, "read the number of a person"};
    return PresentNumber{number.value(), numbers.present_token};
  }
  TRY(const auto number, subject_number(parts.definitions.now(), store, record));
  if (!number) return refuse(context, ErrorCode::Conflict, kHasNone);
  return PresentNumber{*number, store.number_token(view_of(number->reveal()))};
}

Result<void> check_free(Context& context, const TenantStore& store, const Digest& token, std::string_view subject) {
  TRY(const auto holder, store.get({TableId::Addressees, copy_of(token)}));
  if (!holder || text_of(*holder) == subject) return success();
  return refuse(context, ErrorCode::Conflict, kOthersNumber, "/newIndividualNumber");
}

struct Asked {
  NumberChangeFacts facts;
  files::IndividualNumber number;
};

// A key that comes again brings the same request. The number is compared while the request waits: afterwards nothing
// that could be compared is kept.
Result<void> check_same_change(Context& context, const TenantStore& store, const NumberChangeFacts& before,
                               const Asked& asked) {
  const auto parts_of = [](const NumberChangeFacts& facts) {
    return std::tie(facts.file, facts.record, facts.changed_on, facts.basis, facts.case_reference);
  };
  bool same = parts_of(before) == parts_of(asked.facts);
  if (before.state == "requested") {
    TRY(auto stored, store.get(generations::number_change_key(before.subject, before.id)));
    if (!stored) return Error{ErrorCode::Integrity, "find the numbers of a change"};
    auto change = generations::decode_number_change(*stored);
    memory::wipe(*stored);
    TRY(const auto numbers, std::move(change));
    same = same && numbers.present_token == store.number_token(view_of(asked.number.reveal()));
  }
  return same ? success() : Result<void>(key_of_another_request(context));
}

json::object change_line(const Context& context, std::string_view operation, const NumberChangeFacts& facts,
                         const generations::RecordEntry& record, std::string_view remark) {
  auto line = log_object(context, operation, "ok");
  line["recordFile"] = facts.file;
  line["recordId"] = facts.record.hex();
  line["changedOn"] = facts.changed_on;
  line["basis"] = facts.basis;
  line["caseReference"] = facts.case_reference;
  line["individualNumberAccess"] = number_access_items(
      context, {NumberUse::Change, record.integrated, record.addressee, facts.file, std::string(remark)});
  return line;
}

Result<Change> request_change(Parts& parts, Context& context, const TenantStore& store, std::uint64_t seq,
                              Asked& asked) {
  auto& facts = asked.facts;
  TRY(const auto record, confirmed_record(store, facts.record, facts.file));
  facts.subject = record.integrated;
  TRY(const auto history, number_history(store, facts.subject));
  if (std::ranges::any_of(history, [](const auto& one) { return one.second.state == NumberChangeState::Requested; })) {
    return refuse(context, ErrorCode::Conflict, kWaiting);
  }
  if (history.size() >= limits::kMaxNumberChanges) return Error{ErrorCode::TooMany, "change a number once more"};
  TRY(const auto present, present_number(parts, context, store, record));
  NumberChange change;
  change.changed_on = facts.changed_on;
  change.former_token = present.token;
  change.present_token = store.number_token(view_of(asked.number.reveal()));
  if (change.present_token == change.former_token) {
    return refuse(context, ErrorCode::Conflict, kSameNumber, "/newIndividualNumber");
  }
  TRY(check_free(context, store, change.present_token, facts.subject));
  Change made;
  change.former = encrypt(store, seq, present.number, made.rows);
  change.present = encrypt(store, seq, asked.number, made.rows);
  made.entries.push_back(number_change_entry(facts));
  made.entries.push_back(
      {generations::number_change_key(facts.subject, facts.id), generations::encode_number_change(change)});
  if (auto entry = reply_entry(context, facts.id.hex())) made.entries.push_back(std::move(*entry));
  made.log = log_entry(change_line(context, "number-change-request", facts, record, "個人番号の変更の申請"), true);
  return made;
}

Result<NumberChangeFacts> change_in(Context& context, const TenantStore& store) {
  TRY(const auto id, id_field<RecordId>(context, FieldId::NumberChangeId));
  context.target["numberChangeId"] = id.hex();
  TRY(auto facts, find_number_change(store, id));
  if (!facts) return missing_document(store, id);
  if (!context.by().grant.has_file(facts->file)) return Error{ErrorCode::NotFound, kNothing};
  return std::move(*facts);
}

Result<void> need_any_change(Context& context) {
  if (context.by().grant.has(Permission::Import) || context.by().grant.has(Permission::Audit)) return success();
  return need(context, Permission::ConfirmImport);
}

// The request as it is stored now, with its numbers and the record it names.
struct Deciding {
  NumberChangeFacts facts;
  EntryKey key;
  NumberChange change;
  generations::RecordEntry record;
};
Result<Deciding> deciding(const TenantStore& store, const RecordId& id) {
  TRY(auto facts, find_number_change(store, id));
  if (!facts || facts->state != "requested") {
    return Error{ErrorCode::Conflict, "decide on a change of a number that is decided"};
  }
  const auto key = generations::number_change_key(facts->subject, id);
  TRY(auto stored, store.get(key));
  if (!stored) return Error{ErrorCode::Integrity, "find the numbers of a change"};
  auto change = generations::decode_number_change(*stored);
  memory::wipe(*stored);
  TRY(auto numbers, std::move(change));
  generations::RecordEntry record;
  TRY(auto named, find_record(store, facts->record));
  if (named) record = std::move(*named);  // it may have been erased since, the person not
  record.integrated = facts->subject;
  return Deciding{std::move(*facts), key, std::move(numbers), std::move(record)};
}

Result<Change> approve_change(Parts& parts, Context& context, const TenantStore& store, Deciding& now) {
  if (now.record.file.empty()) return refuse(context, ErrorCode::Conflict, kGone);
  TRY(const auto present, present_number(parts, context, store, now.record));
  if (present.token != now.change.former_token) return refuse(context, ErrorCode::Conflict, kMoved);
  TRY(check_free(context, store, now.change.present_token, now.facts.subject));
  now.change.state = NumberChangeState::Done;
  now.change.done_at = static_cast<std::uint64_t>(context.now.time_since_epoch().count());
  Change made;
  made.entries.push_back({now.key, generations::encode_number_change(now.change)});
  made.entries.push_back(
      {{TableId::Addressees, copy_of(now.change.present_token)}, copy_of(view_of(now.facts.subject))});
  return made;
}

Change reject_change(const Deciding& now) {
  Change made;
  made.entries.push_back({now.key, std::nullopt});
  made.dropped_rows = {now.change.former.id, now.change.present.id};
  return made;
}

Result<void> check_typed_again(Context& context, const TenantStore& store, const NumberChange& change) {
  if (!protocol::field(context.request, FieldId::NewNumber)) {
    return refuse(context, ErrorCode::InvalidContent, kNoNumber, "/newIndividualNumber");
  }
  TRY(const auto number, new_number_in(context));
  if (store.number_token(view_of(number.reveal())) == change.present_token) return success();
  return refuse(context, ErrorCode::InvalidContent, kNotTheSame, "/newIndividualNumber");
}

}  // namespace

Answer number_change_request(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::Import));
  TRY(const auto* definition, granted_file(parts, context));
  TRY(const auto record, id_field<RecordId>(context, FieldId::RecordId));
  context.target["recordId"] = record.hex();
  TRY(auto number, new_number_in(context));
  Asked asked{{}, std::move(number)};
  auto& facts = asked.facts;
  TRY(read_application(context, facts));
  TRY(auto earlier, find_reply(*store, context));
  if (earlier) {
    TRY(const auto id, RecordId::parse(*earlier));
    TRY(auto before, find_number_change(*store, id));
    if (!before) return missing_document(*store, id);
    asked.facts.file = definition->key();
    asked.facts.record = record;
    TRY(check_same_change(context, *store, *before, asked));
    return shown(*before);
  }
  facts.id = RecordId::random();
  facts.state = "requested";
  facts.file = definition->key();
  facts.record = record;
  facts.requested = json::object{{"operatorId", context.by().person.id},
                                 {"name", context.by().person.name},
                                 {"section", context.by().person.section},
                                 {"at", to_iso8601(context.now)}};
  facts.requested_by = context.by().person.id;
  facts.requested_at = context.terminal;
  context.target["numberChangeId"] = facts.id.hex();
  std::unique_lock no_batch(parts.erasures);  // what a batch takes away is looked up before it begins
  TRY(store->change([&](std::uint64_t seq) { return request_change(parts, context, *store, seq, asked); }));
  context.logged = true;
  return shown(facts);
}

Answer number_change_show(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_any_change(context));
  TRY(const auto facts, change_in(context, *store));
  return shown(facts);
}

Answer number_change_list(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_any_change(context));
  TRY(auto all, all_number_changes(*store));
  std::erase_if(all, [&](const NumberChangeFacts& facts) { return !context.by().grant.has_file(facts.file); });
  std::ranges::stable_partition(all, [](const NumberChangeFacts& facts) { return facts.state == "requested"; });
  json::array out;
  for (const auto& facts : all) {
    if (out.size() == limits::kMaxNumberChangesTold) break;
    out.push_back(shown(facts));
  }
  return json::object{{"numberChanges", std::move(out)}, {"total", all.size()}};
}

Answer number_change_decide(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ConfirmImport));
  const auto decision = context.text(FieldId::Decision);
  if (decision != "approve" && decision != "reject") {
    return context.refuse(ErrorCode::InvalidContent, "read a decision", "/decision");
  }
  TRY(const auto before, change_in(context, *store));
  if (before.requested_by == context.by().person.id || before.requested_at == context.terminal) {
    return Error{ErrorCode::SamePerson, "decide on an own change of a number, or at the same terminal"};
  }
  TRY(const bool same, same_human(parts.zero(), before.requested_by, context.by().person));
  if (same) return Error{ErrorCode::SamePerson, "decide on an own change of a number under another id"};
  std::unique_lock no_batch(parts.erasures);
  TRY(auto now, deciding(*store, before.id));
  const bool approved = decision == "approve";
  if (approved) {
    TRY(check_typed_again(context, *store, now.change));
  }
  TRY(fresh_code(parts, context));
  const auto decide = [&]() -> Result<void> {
    TRY(store->change([&](std::uint64_t) -> Result<Change> {
      TRY(now, deciding(*store, before.id));
      TRY(auto made, approved ? approve_change(parts, context, *store, now) : Result<Change>(reject_change(now)));
      auto line = change_line(context, "number-change-decide", now.facts, now.record,
                              approved ? "個人番号の変更" : "個人番号の変更の却下");
      now.facts.state = approved ? "approved" : "rejected";
      now.facts.subject.clear();
      now.facts.closed_on = closing_day(parts);
      now.facts.decided = json::object{{"operatorId", context.by().person.id},
                                       {"name", context.by().person.name},
                                       {"section", context.by().person.section},
                                       {"at", to_iso8601(context.now)}};
      made.entries.push_back(number_change_entry(now.facts));
      line["decision"] = decision;
      line["requestedBy"] = now.facts.requested_by;
      made.log = log_entry(line, true);
      return made;
    }));
    return success();
  };
  if (approved) {
    TRY(const auto subject, IntegratedNumber::parse(view_of(now.facts.subject)));
    TRY(parts.imports.assignments(store->tenant())->settle(now.change.present_token, subject, decide));
  } else {
    TRY(decide());
  }
  context.logged = true;
  return shown(now.facts);
}

}  // namespace shosoin::service
