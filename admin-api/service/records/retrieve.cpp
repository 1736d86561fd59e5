// Retrieval: session, permission, file, reason, key, confirmed records only, line, answer - in this order (promise 4;
// L-06, L-21, U-17).
#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/person_numbers.h"
#include "admin-api/service/records/reasons.h"
#include "admin-api/service/records/record_versions.h"
#include "admin-api/service/records/search_keys.h"
#include "admin-api/service/retention/erasure_register.h"
#include "firmware/base/limits_intake.h"
#include "storage/files/stored_row.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using files::ItemRole;
using protocol::FieldId;

constexpr std::string_view kMask = "************";
constexpr std::size_t kUsualAnswer = 6u << 10;  // of one record, reserved at once
constexpr std::array<AccessReasonRow, 6> kReasons{{
    {"R01", "notification", "届出・申請の処理"},
    {"R02", "certificate-issue", "証明書・写しの交付"},
    {"R03", "identity-verification", "本人確認"},
    {"R04", "inquiry", "本人からの照会・開示請求"},
    {"R05", "correction", "訂正の確認"},
    {"R06", "erasure-review", "消去対象の確認"},
}};

struct Found {
  RecordId id;
  generations::RecordEntry entry;
  Bytes plain;
  files::RowView record;  // of plain
  const files::Definition* definition;
  std::map<std::size_t, files::IndividualNumber> numbers;  // by item; only when they are to be shown
  struct Former {
    std::string changed_on;
    std::optional<files::IndividualNumber> number;  // only when it is to be shown
  };
  std::vector<Former> former;     // what the subject's number was before (D-16), newest first
  std::vector<RecordId> earlier;  // versions before this one
  bool newest = true;             // of its versions (最新フラグ, D-17): what a search finds is
  Found() = default;
  Found(Found&&) = default;
  Found& operator=(Found&&) = default;
  ~Found() { memory::wipe(plain); }
  std::string_view value_of(ItemRole role) const {
    const auto index = definition->index_of(role, record.group);
    return index ? record.values[*index] : std::string_view();
  }
};

// Both parts, or the retrieval is refused and the refusal logged (L-06).
Result<void> check_reason(Context& context) {
  const auto name = context.text(FieldId::ReasonCode);
  const auto reference = context.text(FieldId::CaseReference);
  const auto* reason = find_reason(name);
  if (reason == nullptr) {
    return context.refuse(ErrorCode::InvalidContent, "find the reason of the access", "/accessReason/reasonCode");
  }
  if (reference.find_first_not_of(" \t") == std::string::npos) {
    return context.refuse(ErrorCode::InvalidContent, "find the case of the access", "/accessReason/caseReference");
  }
  auto& told = context.target["accessReason"].emplace_object();
  told.reserve(3);
  told.emplace("reasonCode", reason->code);
  told.emplace("reason", reason->ja);
  told.emplace("caseReference", reference);
  return success();
}

bool wants_number(const Context& context) {
  const auto flag = protocol::field(context.request, FieldId::IncludeIndividualNumber);
  return flag && !flag->empty() && (*flag)[0] == 1 && context.by().grant.has(Permission::ViewIndividualNumber);
}

Result<files::IndividualNumber> number_in(const TenantStore& store, const generations::RowPlace& place) {
  TRY(auto digits, store.read_row(place.id, place.key));
  auto number = files::IndividualNumber::parse(text_of(digits));
  memory::wipe(digits);
  if (!number) return Error{ErrorCode::Integrity, "read the number of a person"};
  return number;
}

// A changed number is shown in place of the one the record came with, and the former ones beside it (D-16).
Result<void> apply_history(Parts& parts, const Context& context, const TenantStore& store, Found& found) {
  const auto own = found.definition->index_of(ItemRole::IndividualNumber, found.record.group);
  if (!own || found.entry.number.id == RowId{}) return success();
  TRY(const auto any,
      parts.recall.settings.get(store, "numbers/any-changed", [&] { return any_number_changed(store); }));
  if (!*any) return success();
  TRY(const auto numbers, person_numbers(store, found.entry.integrated));
  if (!numbers.present) return success();
  const auto held = found.numbers.find(*own);
  const bool shows = wants_number(context);
  if (held != found.numbers.end()) {
    TRY(held->second, number_in(store, *numbers.present));
  }
  for (const auto& former : numbers.former) {
    auto& told = found.former.emplace_back(Found::Former{former.changed_on, std::nullopt});
    if (!shows) continue;
    TRY(told.number, number_in(store, former.row));
  }
  return success();
}

// Decrypts; the 個人番号 only when they will be shown.
Result<Found> open_record(Parts& parts, const Context& context, const TenantStore& store, const RecordId& id,
                          generations::RecordEntry entry) {
  Found found;
  found.id = id;
  TRY(found.plain, store.read_row(entry.record.id, entry.record.key));
  TRY(found.record, files::view_row(found.plain));
  TRY(found.definition, files::definition_of(found.record, parts.definitions.now()));
  if (entry.number.id != RowId{} && wants_number(context)) {
    TRY(auto numbers, store.read_row(entry.number.id, entry.number.key));
    auto read = files::numbers_of_row(numbers, *found.definition, found.record.group);
    memory::wipe(numbers);
    TRY(found.numbers, std::move(read));
  }
  if (entry.version > 1) {
    ConfirmedImports confirmed(store, &parts.recall.confirmed_imports);
    TRY(found.earlier, earlier_than(store, confirmed, entry));
  }
  found.entry = std::move(entry);
  TRY(apply_history(parts, context, store, found));
  return found;
}

// Every item that can hold a 個人番号, of whomever, is masked where the row holds any: which of them do is told with
// the numbers only.
std::string_view shown_number(const Found& found, std::size_t item) {
  if (found.entry.number.id == RowId{}) return {};
  if (found.numbers.empty()) return kMask;
  const auto held = found.numbers.find(item);
  return held == found.numbers.end() ? std::string_view() : held->second.reveal();
}

void append_shown(const ItemHeads& all_heads, const Found& found, std::string& to) {
  const auto& heads = all_heads.of(*found.definition);
  const auto& group = found.definition->groups()[found.record.group];
  const auto items = found.definition->items_of(found.record.group);
  to += '{';
  append_member(to, "recordId", found.id.hex());
  append_member(to, "recordFile", found.entry.file);
  to += ",\"group\":{";
  append_member(to, "key", group.key);
  append_member(to, "name", group.name);
  to += '}';
  append_member(to, "addresseeNumber", found.entry.addressee);
  append_member(to, "integratedAddresseeNumber", found.entry.integrated);
  to +=
      ",\"version\":" + std::to_string(found.entry.version) + (found.newest ? ",\"newest\":true" : ",\"newest\":false");
  if (!found.earlier.empty()) {
    to += ",\"earlierVersions\":[";
    for (const auto& id : found.earlier) {
      if (to.back() != '[') to += ',';
      append_json(to, id.hex());
    }
    to += ']';
  }
  to += ",\"items\":[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) to += ',';
    to += heads[group.first + i];
    append_json(to, files::is_individual_number(items[i].role) ? shown_number(found, i) : found.record.values[i]);
    to += '}';
  }
  to += ']';
  if (!found.former.empty()) to += ",\"formerIndividualNumbers\":[";
  for (const auto& former : found.former) {
    if (to.back() == '}') to += ',';
    to += '{';
    append_member(to, "changedOn", former.changed_on);
    append_member(to, "individualNumber", former.number ? former.number->reveal() : kMask);
    to += '}';
  }
  to += found.former.empty() ? "}" : "]}";
}

// 4情報 as at the time of the access (L-06); a tenant may turn them off.
void append_logged(const Found& found, bool basic_four, std::string& to) {
  to += '{';
  append_member(to, "recordId", found.id.hex());
  append_member(to, "addresseeNumber", found.entry.addressee);
  if (basic_four) {
    to += ",\"basicFour\":{";
    append_member(to, "氏名", found.value_of(ItemRole::Name));
    append_member(to, "生年月日", found.value_of(ItemRole::BirthDate));
    append_member(to, "性別", found.value_of(ItemRole::Sex));
    append_member(to, "住所", found.value_of(ItemRole::Address));
    to += '}';
  }
  to += '}';
}

// The line's own members, then the records, then the rest.
generations::LogEntry hit_entry(std::string text, std::string_view records, std::string_view rest = {}) {
  text.append(",\"records\":[").append(records).append("]").append(rest).append("}");
  return {!rest.empty(), std::move(text)};
}

Result<bool> logs_basic_four(Parts& parts, const TenantStore& store) {
  constexpr std::string_view kName = "setting/basic-four";
  TRY(const auto known, parts.recall.settings.get(store, kName, [&]() -> Result<bool> {
    TRY(auto stored, store.get({TableId::Facts, copy_of(view_of(kName))}));
    return !stored || *stored != copy_of(view_of("off"));
  }));
  return *known;
}

// What was searched by. A number that was replaced finds the person, and the answer says so (D-16).
struct Asked {
  bool by_number = false;
  std::string superseded_on;  // the day of the change; "" for a present number
};

// 備考: what was searched by, and how many numbers one record showed where there are several.
std::string remark_of(const Found& hit, const Asked& asked) {
  std::string remark = !asked.by_number              ? ""
                       : asked.superseded_on.empty() ? "個人番号による検索"
                                                     : "変更前の個人番号による検索";
  const auto shown = hit.numbers.size() + (hit.numbers.empty() ? 0 : hit.former.size());
  if (shown > 1) remark += (remark.empty() ? "" : "、") + ("個人番号" + std::to_string(shown) + "件の表示");
  return remark;
}

// One line for all hits; where the 個人番号 is shown, or was searched by, one with the 13 items for each record (L-21).
Result<std::uint64_t> log_hits(Parts& parts, Context& context, TenantStore& store, std::string_view operation,
                               const std::vector<Found>& hits, const Asked& asked) {
  TRY(const bool basic_four, logs_basic_four(parts, store));
  std::uint64_t line_number = 0;
  std::string together;
  for (const auto& hit : hits) {
    if (!asked.by_number && hit.numbers.empty()) {
      if (!together.empty()) together += ',';
      append_logged(hit, basic_four, together);
      continue;
    }
    std::string alone;
    append_logged(hit, basic_four, alone);
    const auto access =
        number_access_items(context, {hit.numbers.empty() ? NumberUse::Search : NumberUse::Show, hit.entry.integrated,
                                      hit.entry.addressee, hit.entry.file, remark_of(hit, asked)});
    TRY(line_number, write_line(context, store,
                                hit_entry(log_text(context, operation, "ok"), alone,
                                          ",\"individualNumberAccess\":" + json::serialize(access))));
  }
  if (!together.empty()) {
    TRY(line_number, write_line(context, store, hit_entry(log_text(context, operation, "ok"), together)));
  }
  context.logged = true;
  return line_number;
}

// What is told: the records one after the other, as far as an answer goes. Those that do not fit are neither told nor
// logged, and follow by the cursor.
std::string told_records(Parts& parts, std::vector<Found>& hits) {
  std::string text = "{\"records\":[";
  text.reserve(kUsualAnswer * hits.size());
  const auto& heads = parts.definitions.heads();  // after the last record was read: it knows every definition found
  std::size_t told = 0;
  for (; told < hits.size() && text.size() < limits::kRecordsAnswer; ++told) {
    if (told > 0) text += ',';
    append_shown(heads, hits[told], text);
  }
  hits.erase(hits.begin() + static_cast<std::ptrdiff_t>(told), hits.end());
  return text;
}

struct Page {
  std::vector<Found> hits;
  std::size_t matches = 0;  // behind the cursor, those of this page included
};

Answer tell(Parts& parts, Context& context, TenantStore& store, std::string_view operation, Page page,
            const Asked& asked) {
  auto text = told_records(parts, page.hits);
  TRY(const auto line, log_hits(parts, context, store, operation, page.hits, asked));
  text += ']';
  if (!asked.superseded_on.empty()) {
    text += ",\"superseded\":{";
    append_member(text, "changedOn", asked.superseded_on);
    text += '}';
  }
  text += ",\"logged\":{\"line\":" + std::to_string(line) + '}';
  if (page.hits.size() < page.matches) append_member(text, "cursor", page.hits.back().id.hex());
  append_member(text, "requestId", context.request_id);
  context.verbatim = std::move(text += '}');
  return json::object{};
}

Result<std::vector<Hit>> find_hits(Parts& parts, const TenantStore& store, const SearchKey& key,
                                   const files::Definition& definition, std::optional<std::size_t> group) {
  TRY(auto ids, search(store, key));
  ConfirmedImports confirmed(store, &parts.recall.confirmed_imports);
  std::vector<Hit> hits;
  std::set<std::string> people;
  for (const auto& id : ids) {
    TRY(auto entry, find_record(store, id));
    if (!entry || entry->file != definition.key() || (group && entry->group != *group)) continue;
    TRY(const bool provided, is_provided(confirmed, *entry));
    if (!provided) continue;
    if (!entry->addressee.empty()) people.insert(entry->addressee);
    if (people.size() > limits::kMaxRetrievalHits) {
      return Error{ErrorCode::TooMany, "tell of more people than a search may (S-03)"};
    }
    Hit hit{id, std::move(*entry)};
    // The other search keys are the same in every version.
    const bool may_differ = key.kind == SearchKind::KanaName || key.kind == SearchKind::IndividualNumber;
    if (may_differ && definition.groups()[hit.entry.group].rows == files::GroupRows::One) {
      TRY(hit, newest_of(store, confirmed, std::move(hit)));
    }
    hits.push_back(std::move(hit));
  }
  keep_newest(hits);
  return hits;
}

// Behind the record the cursor names: nowhere, when that one is not among the hits any more.
Result<void> go_on_behind_cursor(Context& context, std::vector<Hit>& hits) {
  if (!protocol::field(context.request, FieldId::Cursor)) return success();
  TRY(const auto last, id_field<RecordId>(context, FieldId::Cursor));
  const auto found = std::ranges::find(hits, last, &Hit::id);
  if (found == hits.end())
    return context.refuse(ErrorCode::InvalidContent, "go on where a list has changed", "/cursor");
  hits.erase(hits.begin(), found + 1);
  return success();
}

Result<Page> open_page(Parts& parts, Context& context, const TenantStore& store, std::vector<Hit> hits) {
  Page page;
  page.matches = hits.size();
  if (hits.size() > limits::kRowsTold) hits.resize(limits::kRowsTold);
  for (auto& hit : hits) {
    TRY(auto found, open_record(parts, context, store, hit.id, std::move(hit.entry)));
    page.hits.push_back(std::move(found));
  }
  return page;
}

// The table a search is about, when it names one.
Result<std::optional<std::size_t>> group_in(Context& context, const files::Definition& definition) {
  const auto key = context.text(FieldId::Group);
  if (key.empty()) return std::optional<std::size_t>{};
  const auto group = definition.group_index(key);
  if (!group) return context.refuse(ErrorCode::InvalidContent, "find a table of the record file", "/group");
  context.target["group"] = key;
  return group;
}

Result<std::string> superseded_on(const TenantStore& store, const SearchKey& key) {
  Digest token{};
  std::ranges::copy(ByteView(key.prefix).last(token.size()), token.begin());
  TRY(auto history, search_history(store, token));
  return std::move(history.superseded_on);
}

// Who may not use a file does not learn what was in it.
Result<bool> was_of_another_file(const TenantStore& store, ByteView erased, const RecordId& id, std::string_view file) {
  TRY(const auto known, file_of_disposal(store, erased));
  if (known) return *known != file;
  TRY(const auto before, erased_before_the_register(store, id));
  return before && *before != file;
}

}  // namespace

const AccessReasonRow* find_reason(std::string_view name) {
  for (const auto& row : kReasons) {
    if (row.number == name || row.code == name) return &row;
  }
  return nullptr;
}

Answer retrieve(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::Retrieve));
  TRY(const auto* definition, granted_file(parts, context));
  TRY(check_reason(context));
  TRY(const auto group, group_in(context, *definition));
  TRY(auto key, search_key_in(*store, context, *definition));
  context.target["searchKind"] = context.text(FieldId::SearchKind);
  Asked asked{key.kind == SearchKind::IndividualNumber, {}};
  if (asked.by_number) {
    TRY(asked.superseded_on, superseded_on(*store, key));
  }
  TRY(auto hits, find_hits(parts, *store, key, *definition, group));
  TRY(go_on_behind_cursor(context, hits));
  TRY(auto page, open_page(parts, context, *store, std::move(hits)));
  if (!page.hits.empty()) return tell(parts, context, *store, "retrieve", std::move(page), asked);
  if (asked.by_number) {  // the search itself is an access to the number
    auto line = log_object(context, "retrieve", error_row(ErrorCode::NotFound).slug);
    line["individualNumberAccess"] =
        number_access_items(context, {NumberUse::Search, "", "", definition->key(), "該当なし"});
    TRY(write_line(context, *store, log_entry(line, true)));
    context.logged = true;
  }
  return Error{ErrorCode::NotFound, kNothing};
}

Answer retrieve_record(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::Retrieve));
  TRY(const auto* definition, granted_file(parts, context));
  TRY(check_reason(context));
  TRY(const auto id, id_field<RecordId>(context, FieldId::RecordId));
  context.target["recordId"] = id.hex();
  TRY(auto entry, find_record(*store, id));
  if (!entry) {
    TRY(auto erased, store->get({TableId::Erased, copy_of(id.view())}));
    TRY(const bool other, erased ? was_of_another_file(*store, *erased, id, definition->key()) : Result<bool>(false));
    if (erased && !other) return Error{ErrorCode::Erased, "retrieve a record that was erased"};
    return Error{ErrorCode::NotFound, kNothing};
  }
  ConfirmedImports confirmed(*store, &parts.recall.confirmed_imports);
  TRY(const bool provided, is_provided(confirmed, *entry));
  if (!provided || entry->file != definition->key()) return Error{ErrorCode::NotFound, kNothing};
  bool newest = true;
  if (definition->groups()[entry->group].rows == files::GroupRows::One) {
    TRY(const auto now, newest_of(*store, confirmed, {id, *entry}));
    newest = now.id == id;
  }
  Page page;
  TRY(auto found, open_record(parts, context, *store, id, std::move(*entry)));
  found.newest = newest;
  page.hits.push_back(std::move(found));
  page.matches = 1;
  return tell(parts, context, *store, "retrieve-record", std::move(page), {});
}

}  // namespace shosoin::service
