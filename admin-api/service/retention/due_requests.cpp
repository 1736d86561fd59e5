// What is due (保存期間満了データ一覧) and how much will be, month by month. Both walk table Due, which is sorted by
// day.
#include <algorithm>

#include "admin-api/service/handlers.h"
#include "admin-api/service/records/record_versions.h"
#include "admin-api/service/records/search_keys.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/holds.h"
#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/retention/retention_terms.h"
#include "firmware/base/limits_retention.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::EntryVisitor;
using protocol::FieldId;
using std::chrono::sys_days;
using std::chrono::year_month_day;

Result<void> need_to_read(Context& context) {
  const auto& grant = context.by().grant;
  if (grant.has(Permission::ManageRetention) || grant.has(Permission::Audit)) return success();
  if (grant.has(Permission::RequestErasure)) return success();
  return need(context, Permission::ApproveErasure);
}

Result<Bytes> cursor_in(Context& context) {
  const auto text = context.text(FieldId::ReportCursor);
  if (text.empty()) return Bytes{};
  auto key = from_hex(text);
  if (!key || key->size() != sizeof(std::uint32_t) + RecordId::kSize) {
    return context.refuse(ErrorCode::InvalidContent, "go on from this cursor", "/cursor");
  }
  return std::move(*key);
}

struct Page {
  std::vector<DueEntry> entries;
  Bytes last;  // key of the last entry that was looked at
  bool more = false;
};

// Adds what stands under `prefix` up to this day, behind the cursor, in files granted to the caller.
Result<void> add_to(Page& page, const TenantStore& store, const Context& context, const Bytes& prefix,
                    const Bytes& after, std::uint32_t last_day) {
  Result<void> read = success();
  const Bytes& from = after < prefix ? prefix : after;
  TRY(store.scan_behind(TableId::Due, prefix, from, [&](const Entry& entry) {
    auto due = decode_due(entry);
    if (!due) {
      read = due.error();
      return false;
    }
    if (due.value().day > last_day) return false;
    if (page.entries.size() == limits::kDuePage) {
      page.more = true;
      return false;
    }
    page.last = entry.key.bytes;
    if (context.by().grant.has_file(due.value().file)) page.entries.push_back(std::move(due.value()));
    return true;
  }));
  return read;
}

using HoldsByFile = std::map<std::string, std::map<RecordId, RecordId>>;
Result<HoldsByFile> holds_over(const TenantStore& store, const std::vector<DueEntry>& entries) {
  std::map<std::string, std::set<RecordId>> by_file;
  for (const auto& due : entries) by_file[due.file].insert(due.record);
  HoldsByFile out;
  for (const auto& [file, records] : by_file) {
    TRY(out[file], holds_among(store, file, records));
  }
  return out;
}

// Who works on erasures sees from which day a record is counted; an auditor, who reads no record, does not.
bool sees_events(const Context& context) {
  const auto& grant = context.by().grant;
  return grant.has(Permission::ManageRetention) || grant.has(Permission::RequestErasure) ||
         grant.has(Permission::ApproveErasure);
}

struct Telling {
  const TenantStore& store;
  HoldsByFile holds;
  std::chrono::year_month_day today;
  bool events;
  const Grant& grant;
  ConfirmedImports confirmed{store};
};

// What it is; nothing of a record that may not be provided, and of a paper about a file that is not granted.
Result<std::optional<json::object>> named(Telling& telling, const DueEntry& due) {
  if (due.file == kWorkingDocuments) {
    TRY(const auto document, find_document(telling.store, due.record));
    if (!document || !telling.grant.has_file(document->about)) return std::optional<json::object>{};
    return std::optional(json::object{{"documentId", due.record.hex()},
                                      {"recordFile", due.file},
                                      {"kind", document->kind},
                                      {"state", document->state},
                                      {"about", document->about}});
  }
  TRY(const auto record, find_record(telling.store, due.record));
  if (!record) return std::optional<json::object>{};
  TRY(const bool seen, is_provided(telling.confirmed, *record));
  if (!seen) return std::optional<json::object>{};
  return std::optional(
      json::object{{"recordId", due.record.hex()}, {"recordFile", due.file}, {"version", record->version}});
}

// What the manager sees of one record, or of one paper.
Result<std::optional<json::object>> told_of(Telling& telling, const DueEntry& due) {
  const auto& store = telling.store;
  TRY(auto said, named(telling, due));
  if (!said) return said;
  TRY(const auto term, find_term(store, due.record));
  if (!term) return Error{ErrorCode::Integrity, "find the term of a record that has a due date"};
  const auto& holds = telling.holds.at(due.file);
  const auto hold = holds.find(due.record);
  auto& out = *said;
  out["ruleVersion"] = term->rule_version;
  if (term->event && telling.events) out["event"] = term->event->to_text();
  if (hold != holds.end()) out["holdId"] = hold->second.hex();
  if (term->state != retention::TermState::Fixed) {
    out["undetermined"] = true;
    return said;
  }
  out["end"] = retention::to_text(term->end);
  out["purgeFrom"] = retention::to_text(term->purge_from);
  out["daysOverdue"] = (std::chrono::sys_days{telling.today} - std::chrono::sys_days{term->purge_from}).count();
  return said;
}

// All of table Due, in steps: no look holds the store for long, and what is written meanwhile may count or not.
Result<void> each_due(const TenantStore& store, const std::function<bool(const DueEntry&)>& visit) {
  Bytes last;
  for (bool more = true; more;) {
    Result<void> read = success();
    std::size_t seen = 0;
    more = false;
    const EntryVisitor look = [&](const Entry& entry) {
      auto one = decode_due(entry);
      if (!one) {
        read = one.error();
        return false;
      }
      last = entry.key.bytes;
      if (!visit(one.value())) return false;
      more = ++seen == limits::kDueStep;
      return !more;
    };
    TRY(last.empty() ? store.scan(TableId::Due, {}, look) : store.scan_behind(TableId::Due, {}, last, look));
    TRY(std::move(read));
  }
  return success();
}

// Months of the log that may be erased now, or but for a hold; told behind the records.
Result<void> add_due_months(const TenantStore& store, year_month_day today, json::array& out) {
  TRY(const auto months, due_months(store, today));
  for (const auto& month : months) {
    if (!month.term || month.term->state != retention::TermState::Fixed) continue;
    const auto& term = *month.term;
    if (sys_days{today} < sys_days{term.purge_from}) continue;
    TRY(const auto hold, hold_over_months(store, {month.id.month}));
    json::object one{{"recordFile", kAccessLog},
                     {"month", month_text(month.id.month)},
                     {"ruleVersion", term.rule_version},
                     {"event", term.event->to_text()},
                     {"end", retention::to_text(term.end)},
                     {"purgeFrom", retention::to_text(term.purge_from)},
                     {"daysOverdue", (sys_days{today} - sys_days{term.purge_from}).count()}};
    if (hold) one["holdId"] = hold->id.hex();
    out.push_back(std::move(one));
  }
  return success();
}

struct Month {
  std::uint64_t count = 0;
  std::map<std::string, std::uint64_t> by_file;
};

json::object shown(const Month& month) {
  json::object files;
  for (const auto& [file, count] : month.by_file) files[file] = count;
  return {{"count", month.count}, {"recordFiles", std::move(files)}};
}

}  // namespace

Answer due_list(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_read(context));
  TRY(const auto after, cursor_in(context));
  const auto today = legal_today(parts);
  Page page;
  TRY(add_to(page, *store, context, {}, after, retention::day_number(today)));
  if (!page.more) {
    TRY(add_to(page, *store, context, copy_of(be(retention::kNoDay)), after, retention::kNoDay));
  }
  TRY(auto holds, holds_over(*store, page.entries));
  Telling telling{*store, std::move(holds), today, sees_events(context), context.by().grant};
  json::array out;
  for (const auto& due : page.entries) {
    TRY(auto told, told_of(telling, due));
    if (told) out.push_back(std::move(*told));
  }
  if (!page.more) {
    TRY(add_due_months(*store, today, out));
  }
  json::object answer{{"today", retention::to_text(today)}, {"expiredRecords", std::move(out)}};
  if (page.more) answer["cursor"] = to_hex(page.last);
  return answer;
}

Answer retention_calendar(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_read(context));
  const auto today = retention::day_number(legal_today(parts));
  std::map<std::uint32_t, Month> months;  // by YYYYMM
  Month due, undetermined;
  const auto count = [&](const DueEntry& one) {
    if (!context.by().grant.has_file(one.file)) return;
    auto& month = one.day == retention::kNoDay ? undetermined : one.day <= today ? due : months[one.day / 100];
    ++month.count;
    ++month.by_file[one.file];
  };
  TRY(each_due(*store, [&](const DueEntry& one) {
    count(one);
    return months.size() <= limits::kCalendarMonths;
  }));
  TRY(const auto of_log, due_months(*store, legal_today(parts)));
  for (const auto& one : of_log) {
    const auto day = one.term ? retention::due_day(*one.term) : std::nullopt;
    if (!day) continue;
    auto& month = *day <= today ? due : months[*day / 100];
    ++month.count;
    ++month.by_file[std::string(kAccessLog)];
  }
  if (months.size() > limits::kCalendarMonths) return Error{ErrorCode::TooMany, "tell so many months of due dates"};
  json::array out;
  for (const auto& [number, month] : months) {
    auto one = shown(month);
    one["month"] = month_text(number);
    out.push_back(std::move(one));
  }
  return json::object{{"today", retention::to_text(legal_today(parts))},
                      {"due", shown(due)},
                      {"undetermined", shown(undetermined)},
                      {"months", std::move(out)}};
}

}  // namespace shosoin::service
