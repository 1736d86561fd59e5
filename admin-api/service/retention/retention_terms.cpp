#include "admin-api/service/retention/retention_terms.h"

#include <algorithm>

#include "admin-api/service/records/record_versions.h"
#include "admin-api/service/retention/halves.h"
#include "admin-api/service/retention/holds.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "storage/files/dates.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using retention::Term;
using retention::TermState;
using std::chrono::sys_days;

constexpr std::uint8_t kDueFormat = 1;
EntryKey term_key(const RecordId& record) { return {TableId::Terms, copy_of(record.view())}; }
// What one term says against erasing now; nothing when it may be erased.
std::optional<EarlyRefusal> against(const std::optional<Term>& term, std::chrono::year_month_day today,
                                    Undetermined undetermined) {
  if (!term) return EarlyRefusal{ErrorCode::TooEarly, "no-term", std::nullopt, std::nullopt};
  switch (term->state) {
    case TermState::NotBegun:
      return EarlyRefusal{ErrorCode::TooEarly, "not-begun", std::nullopt, std::nullopt};
    case TermState::Undetermined:
      if (undetermined == Undetermined::PersonDecides) return std::nullopt;
      return EarlyRefusal{ErrorCode::TooEarly, "undetermined", std::nullopt, std::nullopt};
    case TermState::Fixed:
      if (sys_days{today} >= sys_days{term->purge_from}) return std::nullopt;
      return EarlyRefusal{ErrorCode::TooEarly, "before-end", term->purge_from, std::nullopt};
  }
  return std::nullopt;
}

}  // namespace

std::chrono::year_month_day legal_today(Parts& parts) { return tokyo_date(parts.legal.now()); }

Term count_term(const StoredRule& rule, const files::Definition& definition, std::size_t group,
                std::span<const std::string_view> values) {
  const auto items = definition.items_of(group);
  bool in_table = false;
  for (const auto& event : rule.events) {
    const auto item = std::ranges::find(items, event, &files::Item::key);
    if (item == items.end()) continue;
    in_table = true;
    const auto at = static_cast<std::size_t>(item - items.begin());
    const auto text = at < values.size() ? values[at] : std::string_view{};  // a later item of the file: was not there
    if (text.empty()) continue;
    const auto date = item->type == files::ItemType::Month ? files::read_month(text) : files::read_date(text);
    return date ? retention::term_of(rule.counted, date.value().date) : retention::undetermined(rule.counted);
  }
  return in_table ? retention::not_begun(rule.counted) : retention::undetermined(rule.counted);
}

EntryKey due_key(std::uint32_t day, const RecordId& record) {
  return {TableId::Due, Writer{}.u32(day).raw(record.view()).take()};
}

std::vector<Entry> term_entries(const RecordId& record, std::string_view file, const Term& term) {
  std::vector<Entry> out{{term_key(record), retention::encode_term(term)}};
  if (const auto day = retention::due_day(term)) {
    out.push_back({due_key(*day, record), Writer{}.u8(kDueFormat).text16(file).take()});
  }
  return out;
}

Result<DueEntry> decode_due(const Entry& entry) {
  Reader key(entry.key.bytes);
  DueEntry due;
  due.day = key.u32();
  const auto record = key.raw(RecordId::kSize);
  TRY(key.finish("read a due date"));
  TRY(due.record, RecordId::from(record));
  Reader in(*entry.value);
  const auto format = in.u8();
  due.file = in.text16(limits::kMaxFileKey);
  TRY(in.finish("read a due date"));
  if (format != kDueFormat) return Error{ErrorCode::Integrity, "read a due date of another format", format};
  return due;
}

Result<std::optional<Term>> find_term(const TenantStore& store, const RecordId& record) {
  TRY(const auto stored, store.get(term_key(record)));
  if (!stored) return std::optional<Term>{};
  TRY(auto term, retention::decode_term(*stored));
  return std::optional(std::move(term));
}

Result<std::optional<EarlyRefusal>> early_refusal(const TenantStore& store, std::string_view file,
                                                  const std::set<RecordId>& records, std::chrono::year_month_day today,
                                                  Undetermined undetermined) {
  TRY(const auto rule, adopted_rule(store, file));
  if (!rule) return std::optional(EarlyRefusal{ErrorCode::TooEarly, "no-rule", std::nullopt, std::nullopt});
  TRY(const auto unsettled, store.get(unsettled_key(file)));
  if (unsettled) {  // adopted, but the terms that are stored are not counted by it yet: it may be the longer one
    return std::optional(EarlyRefusal{ErrorCode::TooEarly, "no-term", std::nullopt, std::nullopt});
  }
  std::optional<EarlyRefusal> latest;
  for (const auto& id : records) {
    TRY(const auto term, find_term(store, id));
    const auto refusal = against(term, today, undetermined);
    if (!refusal) continue;
    if (!refusal->possible_from) return refusal;  // no day can be told
    if (!latest || sys_days{*refusal->possible_from} > sys_days{*latest->possible_from}) latest = refusal;
  }
  if (latest) return latest;
  TRY(const auto earlier, earlier_left_by(store, records));
  if (earlier) return std::optional(EarlyRefusal{ErrorCode::TooEarly, "earlier-version", {}, {}, earlier});
  TRY(const auto hold, hold_over(store, file, records));
  if (!hold) return std::optional<EarlyRefusal>{};
  return std::optional(EarlyRefusal{ErrorCode::Locked, "on-hold", std::nullopt, hold->id});
}

Result<Allowed> allowed_among(const TenantStore& store, std::string_view file, const std::set<RecordId>& records,
                              std::chrono::year_month_day today, Undetermined undetermined) {
  Allowed out;
  TRY(const auto of_file, early_refusal(store, file, {}, today, undetermined));  // no rule, or one that is not counted
  TRY(const auto held, holds_among(store, file, records));
  const std::vector<RecordId> ids(records.begin(), records.end());
  struct Looked {
    std::optional<EarlyRefusal> refusal;
    bool is_later_version = false;
  };
  TRY(const auto looked, look_at_each<Looked>(ids, [&](const RecordId& id) -> Result<Looked> {
        if (of_file) return Looked{of_file};
        TRY(const auto term, find_term(store, id));
        Looked one{against(term, today, undetermined)};
        if (one.refusal) return one;
        TRY(const auto record, find_record(store, id));
        one.is_later_version = record && record->version > 1;
        return one;
      }));
  std::vector<RecordId> later;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    const auto& id = ids[at];
    auto refusal = looked[at].refusal;
    if (const auto hold = held.find(id); !refusal && hold != held.end()) {
      refusal = EarlyRefusal{ErrorCode::Locked, "on-hold", std::nullopt, hold->second};
    }
    if (refusal) {
      out.refused.emplace(id, *refusal);
    } else {
      out.records.insert(out.records.end(), id);
      if (looked[at].is_later_version) later.push_back(id);
    }
  }
  // What is kept back keeps the later versions of its record too (decision 0075), and these the ones behind them.
  for (bool again = !later.empty(); again;) {
    again = false;
    ConfirmedImports confirmed(store);
    const auto before = out.records;
    for (const auto& id : later) {
      if (!before.contains(id)) continue;
      TRY(const auto earlier, earlier_left_by(store, confirmed, id, before));
      if (!earlier) continue;
      out.refused.emplace(id, EarlyRefusal{ErrorCode::TooEarly, "earlier-version", {}, {}, earlier});
      out.records.erase(id);
      again = true;
    }
  }
  return out;
}

Error refuse_early(Context& context, const EarlyRefusal& refusal) {
  struct Words {
    std::string_view reason, ja, en;
  };
  static constexpr Words kWords[] = {
      {"no-rule",
       "このファイルには採択された保存期間の規則がないため、消去できません。規則を提案し、別の人が採択してください。",
       "No retention rule is adopted for this record file: nothing expires. Propose one; another person adopts it."},
      {"no-term", "保存期間の計算がまだ終わっていないため、消去できません。しばらく待つか、管理者に連絡してください。",
       "The end of retention has not been computed yet. Wait, or contact the manager."},
      {"not-begun", "起算の基となる日がまだ記録されていません。保存期間は始まっておらず、消去できません。",
       "The event that starts the period has not been recorded: the period has not begun."},
      {"undetermined", "起算の基となる日が不明です。保存期間の権限(manageRetention)を持つ人が決裁してください。",
       "The date of the event is unknown: a person with the permission manageRetention must decide."},
      {"before-end", "保存期間が満了していません。午前0時(日本時間)から消去できる日: ",
       "Retention has not ended. Erasure is possible from 00:00 Japan time on "},
      {"earlier-version",
       "この版より前の版(earlierRecordId)が残ります。前の版を先に消去するか、同じ申請に含めてください。",
       "An earlier version (earlierRecordId) would stay behind: erase it first, or apply for both together."},
      {"month-open",
       "この月のログはまだ書かれているか、これから書かれます。月が終わり、保存期間が満了するまで消去できません。",
       "This month of the log is being written, or is to come: nothing is erased before it has ended and its term "
       "too."},
      {"paper-open",
       "この文書はまだ完結していません(審査中、承認済みで未実施、報告が未受領、解除されていない廃棄停止など)。完結し、"
       "保存期間が満了するまで消去できません。",
       "This document is not closed yet: undecided, not executed, its report not acknowledged, or a hold in force. "
       "Nothing is erased before it is closed and its term has ended."},
      {"on-hold", "廃棄停止(holdId)がかかっています。解除されるまで消去できません。解除には二人が要ります。",
       "A hold (holdId) is in force: no erasure until it is released, which takes two persons."}};
  context.told["reason"] = refusal.reason;
  if (refusal.possible_from) context.told["purgeFrom"] = retention::to_text(*refusal.possible_from);
  if (refusal.hold) context.told["holdId"] = refusal.hold->hex();
  if (refusal.earlier) context.told["earlierRecordId"] = refusal.earlier->hex();
  for (const auto& words : kWords) {
    if (words.reason != refusal.reason) continue;
    const auto day = refusal.possible_from ? retention::to_text(*refusal.possible_from) : std::string();
    context.told["detail"] = json::object{{"ja", std::string(words.ja) + day}, {"en", std::string(words.en) + day}};
  }
  return Error{refusal.code, "erase before retention allows it"};
}

Result<json::object> declared_retention(const TenantStore& store, std::string_view file,
                                        const std::set<RecordId>& records) {
  std::optional<std::chrono::year_month_day> end;
  std::set<std::uint16_t> versions;
  for (const auto& id : records) {
    TRY(const auto term, find_term(store, id));
    if (!term) continue;
    versions.insert(term->rule_version);
    if (term->state != TermState::Fixed) continue;
    if (!end || sys_days{term->end} > sys_days{*end}) end = term->end;
  }
  return declared_by(store, file, versions, end);
}

Result<json::object> declared_by(const TenantStore& store, std::string_view file,
                                 const std::set<std::uint16_t>& versions,
                                 const std::optional<std::chrono::year_month_day>& end) {
  json::object out{{"rule", nullptr}, {"endOfRetention", nullptr}};
  TRY(const auto rules, rules_of(store, file));
  json::array told;
  for (const auto& rule : rules) {
    if (!versions.contains(rule.counted.version)) continue;
    told.push_back(json::object{{"version", static_cast<std::int64_t>(rule.counted.version)},
                                {"counting", retention::to_text(rule.counted.rule)},
                                {"period", rule.counted.period.to_text()},
                                {"citation", rule.citation}});
  }
  if (!told.empty()) out["rule"] = std::move(told);
  if (end) out["endOfRetention"] = static_cast<std::int64_t>(retention::fiscal_year(*end));
  return out;
}

}  // namespace shosoin::service
