#include "admin-api/service/retention/scheduler.h"

#include <algorithm>

#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/record_versions.h"
#include "admin-api/service/records/search_keys.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/holds.h"
#include "admin-api/service/retention/log_months.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_erasure.h"
#include "firmware/base/limits_retention.h"
#include "firmware/base/log.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

// What stands under `prefix` up to this day: one entry is looked at when nothing is due.
Result<std::vector<DueEntry>> due_until(const TenantStore& store, const Bytes& prefix, std::uint32_t last_day) {
  std::vector<DueEntry> found;
  Result<void> read = success();
  TRY(store.scan(TableId::Due, prefix, [&](const Entry& entry) {
    auto due = decode_due(entry);
    if (!due) {
      read = due.error();
      return false;
    }
    if (due.value().day > last_day) return false;
    found.push_back(std::move(due.value()));
    return found.size() < limits::kDueCounted;
  }));
  TRY(std::move(read));
  return found;
}

Result<std::set<RecordId>> asked_already(const TenantStore& store) {
  std::set<RecordId> out;
  TRY(const auto open, open_erasures(store));
  for (const auto& facts : open) out.insert(facts.records.begin(), facts.records.end());
  return out;
}
Result<std::set<unsigned>> months_asked_already(const TenantStore& store) {
  std::set<unsigned> out;
  TRY(const auto open, open_erasures(store));
  for (const auto& facts : open) out.insert(facts.months.begin(), facts.months.end());
  return out;
}

using ByVersion = std::set<std::pair<std::uint32_t, RecordId>>;  // of earlier versions first

// The first of those that are due and not held: what is held keeps nothing behind it waiting, but the later versions of
// the record (decision 0075).
Result<std::set<RecordId>> to_apply_for(const TenantStore& store, std::string_view file, const ByVersion& records,
                                        RoundResult& result) {
  ConfirmedImports confirmed(store);
  std::set<RecordId> ids, free;
  for (const auto& [version, id] : records) ids.insert(id);
  TRY(const auto held, held_among(store, file, ids));
  result.held += held.size();
  std::erase_if(ids, [&](const RecordId& id) { return held.contains(id); });
  for (const auto& [version, id] : records) {
    if (free.size() == limits::kRoundRecords) break;
    if (!ids.contains(id)) continue;
    TRY(const auto earlier, earlier_left_by(store, confirmed, id, ids));
    if (earlier) {
      ++result.held;
    } else {
      free.insert(id);
    }
  }
  return free;
}

// The same application and the same report as by hand (DESIGN section 6): the rule's adoption is the approval.
ErasureFacts application_under(const StoredRule& rule, std::size_t count, Instant now, year_month_day today) {
  ErasureFacts facts;
  facts.id = RecordId::random();
  facts.state = "approved";
  facts.file = rule.file;
  facts.application = {{"items", "全項目"},
                       {"medium", "本サーバーの記憶装置"},
                       {"quantity", std::to_string(count) + (rule.file == kAccessLog ? "か月" : "件")},
                       {"method", "暗号鍵の破棄"},
                       {"plannedDate", retention::to_text(today)},
                       {"ground", rule.citation}};
  facts.requested = {{"operatorId", "appliance"}, {"at", to_iso8601(now)}, {"ruleVersion", rule.counted.version}};
  facts.approved = rule.decided;
  facts.approved["standing"] = true;
  facts.requested_by = "appliance";
  facts.requested_at = kLocalTerminal;
  return facts;
}

// What came between is looked at by the next round.
bool came_between(const Error& error) {
  return error.code() == ErrorCode::Conflict || error.code() == ErrorCode::TooEarly ||
         error.code() == ErrorCode::Locked;
}

// The other half is left for persons.
Result<void> check_room(const TenantStore& store) {
  TRY(const auto open, open_erasures(store));
  if (open.size() < limits::kMaxOpenErasures / 2) return success();
  oplog::warning("so many applications for erasure are open that the scheduler makes no more");
  return Error{ErrorCode::Conflict, "apply for an erasure beside so many"};
}

Result<void> apply_for(Parts& parts, TenantStore& store, const StoredRule& rule, const ByVersion& records,
                       year_month_day today, RoundResult& result) {
  TRY(auto free, to_apply_for(store, rule.file, records, result));
  if (free.empty()) return success();
  auto facts = application_under(rule, free.size(), parts.clock.now(), today);
  facts.records = std::move(free);
  const auto done = store.change([&](std::uint64_t) -> Result<Change> {
    TRY(const auto others, asked_already(store));
    TRY(check_room(store));
    std::erase_if(facts.records, [&](const RecordId& id) { return others.contains(id); });
    if (facts.records.empty()) return Error{ErrorCode::Conflict, "apply for an erasure that was applied for meanwhile"};
    TRY(const auto refusal, early_refusal(store, facts.file, facts.records, today, Undetermined::Refused));
    if (refusal) return Error{refusal->code, "apply for an erasure that something stands against by now"};
    json::array ids;
    for (const auto& id : facts.records) ids.emplace_back(id.hex());
    return Change{erasure_entries(facts),
                  {},
                  {},
                  log_entry({{"operation", "erasure-due"},
                             {"result", "ok"},
                             {"erasureId", facts.id.hex()},
                             {"recordFile", facts.file},
                             {"ruleVersion", rule.counted.version},
                             {"recordIds", std::move(ids)}})};
  });
  if (done) {
    result.applied += facts.records.size();
    return success();
  }
  return came_between(done.error()) ? Result<void>(success()) : Result<void>(done.error());
}

Result<void> apply_for_months(Parts& parts, TenantStore& store, const StoredRule& rule, std::set<unsigned> months,
                              year_month_day today, RoundResult& result) {
  auto facts = application_under(rule, months.size(), parts.clock.now(), today);
  facts.months = std::move(months);
  const auto done = store.change([&](std::uint64_t) -> Result<Change> {
    TRY(const auto others, months_asked_already(store));
    const bool asked = std::ranges::any_of(facts.months, [&](unsigned month) { return others.contains(month); });
    if (asked) return Error{ErrorCode::Conflict, "apply for months of the log that were applied for meanwhile"};
    TRY(check_room(store));
    TRY(const auto refusal, early_months(store, facts.months, today));
    if (refusal) return Error{refusal->code, "apply for months of the log that something stands against by now"};
    return Change{erasure_entries(facts),
                  {},
                  {},
                  log_entry({{"operation", "erasure-due"},
                             {"result", "ok"},
                             {"erasureId", facts.id.hex()},
                             {"recordFile", facts.file},
                             {"ruleVersion", rule.counted.version},
                             {"months", months_text(facts.months)}})};
  });
  if (done) result.applied += facts.months.size();
  return done || came_between(done.error()) ? Result<void>(success()) : Result<void>(done.error());
}

// Months of the log whose term has ended, as records (L-15).
Result<void> round_of_months(Parts& parts, TenantStore& store, year_month_day today, RoundResult& result) {
  TRY(const auto rule, adopted_rule(store, kAccessLog));
  if (!rule) return success();
  TRY(settle_months(store, today));
  TRY(const auto asked, months_asked_already(store));
  TRY(const auto months, due_months(store, today));
  std::set<unsigned> free;
  for (const auto& month : months) {
    if (!month.term || month.term->state != retention::TermState::Fixed) continue;
    if (sys_days{today} < sys_days{month.term->purge_from}) continue;
    ++result.due;
    ++result.log_months;
    if (sys_days{today} > sys_days{month.term->purge_from} + days{1}) ++result.overdue;
    TRY(const auto hold, hold_over_months(store, {month.id.month}));
    if (hold) ++result.held;
    if (!hold && !asked.contains(month.id.month)) free.insert(month.id.month);
  }
  if (!rule->automatic || free.empty()) return success();
  return apply_for_months(parts, store, *rule, std::move(free), today, result);
}

// Papers that were closed since get their terms; a round that looks again on the same day leaves them alone.
Result<void> settle_new_documents(Parts& parts, TenantStore& store) {
  TRY(const auto rule, adopted_rule(store, kWorkingDocuments));
  if (!rule) return success();
  std::unique_lock no_batch(parts.erasures);
  TRY(settle_documents(parts, store, *rule));
  return success();
}

Result<RoundResult> round_of(Parts& parts, TenantStore& store, year_month_day today, bool first_look) {
  RoundResult result;
  TRY(round_of_months(parts, store, today, result));
  if (first_look) {
    TRY(settle_new_documents(parts, store));
  }
  TRY(const auto due, due_until(store, {}, retention::day_number(today)));
  TRY(const auto open, due_until(store, copy_of(be(retention::kNoDay)), retention::kNoDay));
  result.undetermined = open.size();
  if (due.empty()) return result;
  const auto yesterday = retention::day_number(sys_days{today} - days{1});
  ConfirmedImports confirmed(store);
  TRY(const auto asked, asked_already(store));
  std::map<std::string, std::optional<StoredRule>> rules;
  std::map<std::string, ByVersion> to_erase;
  for (const auto& one : due) {
    std::uint32_t version = 0;
    if (one.file == kWorkingDocuments) {
      ++result.documents;
    } else {
      TRY(const auto record, find_record(store, one.record));
      if (!record) continue;
      TRY(const bool seen, is_provided(confirmed, *record));
      if (!seen) continue;
      version = record->version;
    }
    ++result.due;
    if (one.day < yesterday) ++result.overdue;
    if (asked.contains(one.record)) continue;
    if (!rules.contains(one.file)) {
      TRY(rules[one.file], adopted_rule(store, one.file));
    }
    auto& some = to_erase[one.file];
    if (rules[one.file] && rules[one.file]->automatic) some.emplace(version, one.record);
  }
  for (const auto& [file, records] : to_erase) {
    if (records.empty()) continue;
    TRY(apply_for(parts, store, *rules[file], records, today, result));
  }
  return result;
}

// Once a day as long as it lasts, and after a restart (E-03).
Result<void> alarm(TenantStore& store, const RoundResult& result) {
  oplog::warning("records, documents or months of the log are overdue: their retention ended more than a day ago");
  return store.log(log_entry(
      {{"operation", "retention-overdue"}, {"overdue", result.overdue}, {"due", result.due}, {"held", result.held}}));
}

}  // namespace

Result<void> unless_removed(const TenantStore& store, Result<void> done) {
  if (!done && done.error().code() == ErrorCode::NotFound && store.is_retired()) return success();
  return done;
}

Result<void> retention_round(Parts& parts) {
  const auto today = legal_today(parts);
  const auto before = parts.round.last();
  const bool new_day = !before || tokyo_date(before->at) != today;
  RoundState::Last last{parts.legal.now(), false, {}};
  Result<void> first = success();
  auto stores = parts.tenants.all_opened();
  stores.push_back(&parts.zero());  // of it, months of the log (decision 0078)
  for (auto* store : stores) {
    const bool first_look = new_day || !before->tenants.contains(store->tenant());  // opened since, or not told yet
    auto result = round_of(parts, *store, today, first_look);
    if (result && result.value().overdue != 0 && first_look) {
      if (auto told = alarm(*store, result.value()); !told) result = told.error();
    }
    if (result) {
      last.tenants[store->tenant()] = result.value();
      continue;
    }
    if (unless_removed(*store, result.error())) continue;
    last.failed = true;
    if (first) first = result.error();
  }
  parts.round.set(std::move(last));
  return first;
}

json::object round_status(const Parts& parts) {
  const auto last = parts.round.last();
  if (!last) return {{"state", "not yet"}};
  json::array tenants;
  json::object appliance;
  for (const auto& [tenant, result] : last->tenants) {
    if (tenant == kAppliance) {
      appliance = {{"logMonthsDue", result.log_months}, {"overdue", result.overdue}, {"held", result.held}};
      continue;
    }
    const auto facts = parts.tenants.facts(tenant);
    tenants.push_back(json::object{{"localGovernmentCode", facts ? facts->code : std::string()},
                                   {"due", result.due},
                                   {"overdue", result.overdue},
                                   {"held", result.held},
                                   {"undetermined", result.undetermined},
                                   {"applied", result.applied},
                                   {"logMonthsDue", result.log_months},
                                   {"documentsDue", result.documents}});
  }
  return {{"state", last->failed ? "degraded" : "ok"},
          {"lastRound", to_iso8601(last->at)},
          {"tenants", std::move(tenants)},
          {"appliance", std::move(appliance)}};
}

}  // namespace shosoin::service
