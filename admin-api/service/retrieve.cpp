// Retrieval: session, permission, file, reason, key, confirmed records only, line, answer - in this order (promise 4;
// L-06, L-21, U-17).
#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>

#include "admin-api/service/erasures.h"
#include "admin-api/service/handlers.h"
#include "admin-api/service/imports.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/reasons.h"
#include "admin-api/service/search_keys.h"
#include "storage/files/record.h"

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
  files::RecordView record;  // of plain
  const files::Definition* definition;
  std::string number;  // only when it is to be shown
  Found() = default;
  Found(Found&&) = default;
  Found& operator=(Found&&) = default;
  ~Found() {
    memory::wipe(number);
    memory::wipe(plain);
  }
  std::string_view value_of(ItemRole role) const {
    const auto index = definition->index_of(role);
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
  context.target["accessReason"] =
      json::object{{"reasonCode", reason->code}, {"reason", reason->ja}, {"caseReference", reference}};
  return success();
}

bool wants_number(const Context& context) {
  const auto flag = protocol::field(context.request, FieldId::IncludeIndividualNumber);
  return flag && !flag->empty() && (*flag)[0] == 1 && context.by().grant.has(Permission::ViewIndividualNumber);
}

// Decrypts; the 個人番号 only when it will be shown.
Result<Found> open_record(Parts& parts, const Context& context, const TenantStore& store, const RecordId& id,
                          generations::RecordEntry entry) {
  Found found;
  found.id = id;
  TRY(found.plain, store.read_row(entry.record.id, entry.record.key));
  TRY(found.record, files::view_record(found.plain));
  TRY(found.definition, files::definition_of(found.record, parts.definitions.now()));
  if (entry.number.id != RowId{} && wants_number(context)) {
    TRY(auto number, store.read_row(entry.number.id, entry.number.key));
    found.number = std::string(text_of(number));
    memory::wipe(number);
  }
  found.entry = std::move(entry);
  return found;
}

void append_shown(const ItemHeads& all_heads, const Found& found, std::string& to) {
  const auto& heads = all_heads.of(*found.definition);
  const auto number_at = found.definition->index_of(ItemRole::IndividualNumber);
  to += '{';
  append_member(to, "recordId", found.id.hex());
  append_member(to, "recordFile", found.entry.file);
  append_member(to, "addresseeNumber", found.entry.addressee);
  append_member(to, "integratedAddresseeNumber", found.entry.integrated);
  to += ",\"version\":" + std::to_string(found.entry.version) + ",\"items\":[";
  for (std::size_t i = 0; i < heads.size(); ++i) {
    std::string_view value = found.record.values[i];
    if (number_at && *number_at == i) {
      value = found.entry.number.id == RowId{} ? std::string_view()
              : found.number.empty()           ? kMask
                                               : std::string_view(found.number);
    }
    if (i > 0) to += ',';
    to += heads[i];
    append_json(to, value);
    to += '}';
  }
  to += "]}";
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

// One line for all hits; where the 個人番号 is shown, or was searched by, one with the 13 items for each record (L-21).
Result<std::uint64_t> log_hits(Parts& parts, Context& context, TenantStore& store, std::string_view operation,
                               const std::vector<Found>& hits, bool by_number) {
  TRY(const bool basic_four, logs_basic_four(parts, store));
  std::uint64_t line_number = 0;
  std::string together;
  for (const auto& hit : hits) {
    if (!by_number && hit.number.empty()) {
      if (!together.empty()) together += ',';
      append_logged(hit, basic_four, together);
      continue;
    }
    std::string alone;
    append_logged(hit, basic_four, alone);
    const auto access =
        number_access_items(context, {hit.number.empty() ? NumberUse::Search : NumberUse::Show, hit.entry.integrated,
                                      hit.entry.addressee, hit.entry.file, by_number ? "個人番号による検索" : ""});
    TRY(line_number, store.log_line(hit_entry(log_text(context, operation, "ok"), alone,
                                              ",\"individualNumberAccess\":" + json::serialize(access))));
  }
  if (!together.empty()) {
    TRY(line_number, store.log_line(hit_entry(log_text(context, operation, "ok"), together)));
  }
  context.logged = true;
  return line_number;
}

Answer tell(Parts& parts, Context& context, TenantStore& store, std::string_view operation,
            const std::vector<Found>& hits, bool by_number) {
  TRY(const auto line, log_hits(parts, context, store, operation, hits, by_number));
  std::string text = "{\"records\":[";
  text.reserve(kUsualAnswer * hits.size());
  const auto& heads = parts.definitions.heads();  // after the last record was read: it knows every definition found
  for (const auto& hit : hits) {
    if (text.back() == '}') text += ',';
    append_shown(heads, hit, text);
  }
  text += "],\"logged\":{\"line\":" + std::to_string(line) + '}';
  append_member(text, "requestId", context.request_id);
  context.verbatim = std::move(text += '}');
  return json::object{};
}

Result<std::vector<Found>> find_all(Parts& parts, Context& context, const TenantStore& store, const SearchKey& key,
                                    std::string_view file) {
  TRY(auto ids, search(store, key));
  ConfirmedImports confirmed(store, &parts.recall.confirmed_imports);
  std::vector<Found> hits;
  for (const auto& id : ids) {
    TRY(auto entry, find_record(store, id));
    if (!entry || entry->file != file) continue;
    TRY(const bool visible, confirmed.contains(entry->import));
    if (!visible) continue;  // unconfirmed data is never provided (D-06)
    if (hits.size() == limits::kMaxRetrievalHits)
      return Error{ErrorCode::TooMany, "tell more hits than a search may (S-03)"};
    TRY(auto found, open_record(parts, context, store, id, std::move(*entry)));
    hits.push_back(std::move(found));
  }
  return hits;
}

// As far as the request tells that erased it: who may not use a file does not learn what was in it.
Result<bool> was_of_another_file(const TenantStore& store, const RecordId& id, std::string_view file) {
  TRY(auto erasures, all_erasures(store));
  return std::ranges::any_of(erasures, [&](const ErasureFacts& facts) {
    return facts.state == "executed" && facts.records.contains(id) && facts.file != file;
  });
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
  TRY(auto key, search_key_in(*store, context));
  context.target["searchKind"] = context.text(FieldId::SearchKind);
  const bool by_number = key.kind == SearchKind::IndividualNumber;
  TRY(auto hits, find_all(parts, context, *store, key, definition->key()));
  if (!hits.empty()) return tell(parts, context, *store, "retrieve", hits, by_number);
  if (by_number) {  // the search itself is an access to the number
    auto line = log_object(context, "retrieve", error_row(ErrorCode::NotFound).slug);
    line["individualNumberAccess"] =
        number_access_items(context, {NumberUse::Search, "", "", definition->key(), "該当なし"});
    TRY(store->log(log_entry(line, true)));
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
    TRY(const bool other, erased ? was_of_another_file(*store, id, definition->key()) : Result<bool>(false));
    if (erased && !other) return Error{ErrorCode::Erased, "retrieve a record that was erased"};
    return Error{ErrorCode::NotFound, kNothing};
  }
  TRY(const bool visible, ConfirmedImports(*store, &parts.recall.confirmed_imports).contains(entry->import));
  if (!visible || entry->file != definition->key()) return Error{ErrorCode::NotFound, kNothing};
  std::vector<Found> hits;
  TRY(auto found, open_record(parts, context, *store, id, std::move(*entry)));
  hits.push_back(std::move(found));
  return tell(parts, context, *store, "retrieve-record", hits, false);
}

}  // namespace shosoin::service
