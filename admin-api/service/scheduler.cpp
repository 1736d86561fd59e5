#include "admin-api/service/scheduler.h"

#include <algorithm>

#include "admin-api/service/erasures.h"
#include "admin-api/service/holds.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/record_versions.h"
#include "admin-api/service/search_keys.h"
#include "firmware/base/limits.h"
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
  TRY(const auto all, all_erasures(store));
  for (const auto& facts : all) {
    if (facts.state == "requested" || facts.state == "approved") out.insert(facts.records.begin(), facts.records.end());
  }
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
ErasureFacts application_under(const StoredRule& rule, std::set<RecordId> records, Instant now, year_month_day today) {
  ErasureFacts facts;
  facts.id = RecordId::random();
  facts.state = "approved";
  facts.file = rule.file;
  facts.application = {{"items", "全項目"},
                       {"medium", "本サーバーの記憶装置"},
                       {"quantity", std::to_string(records.size()) + "件"},
                       {"method", "暗号鍵の破棄"},
                       {"plannedDate", retention::to_text(today)},
                       {"ground", rule.citation}};
  facts.requested = {{"operatorId", "appliance"}, {"at", to_iso8601(now)}, {"ruleVersion", rule.counted.version}};
  facts.approved = rule.decided;
  facts.approved["standing"] = true;
  facts.requested_by = "appliance";
  facts.requested_at = kLocalTerminal;
  facts.records = std::move(records);
  return facts;
}

Result<void> apply_for(Parts& parts, TenantStore& store, const StoredRule& rule, const ByVersion& records,
                       year_month_day today, RoundResult& result) {
  TRY(auto free, to_apply_for(store, rule.file, records, result));
  if (free.empty()) return success();
  auto facts = application_under(rule, std::move(free), parts.clock.now(), today);
  const auto done = store.change([&](std::uint64_t) -> Result<Change> {
    TRY(const auto others, asked_already(store));
    std::erase_if(facts.records, [&](const RecordId& id) { return others.contains(id); });
    if (facts.records.empty()) return Error{ErrorCode::Conflict, "apply for an erasure that was applied for meanwhile"};
    TRY(const auto refusal, early_refusal(store, facts.file, facts.records, today, Undetermined::Refused));
    if (refusal) return Error{refusal->code, "apply for an erasure that something stands against by now"};
    json::array ids;
    for (const auto& id : facts.records) ids.emplace_back(id.hex());
    return Change{{erasure_entry(facts)},
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
  const auto code = done.error().code();  // what came between is looked at by the next round
  const bool came_between = code == ErrorCode::Conflict || code == ErrorCode::TooEarly || code == ErrorCode::Locked;
  return came_between ? Result<void>(success()) : Result<void>(done.error());
}

Result<RoundResult> round_of(Parts& parts, TenantStore& store, year_month_day today) {
  RoundResult result;
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
    TRY(const auto record, find_record(store, one.record));
    if (!record) continue;
    TRY(const bool seen, is_provided(confirmed, *record));
    if (!seen) continue;
    ++result.due;
    if (one.day < yesterday) ++result.overdue;
    if (asked.contains(one.record)) continue;
    if (!rules.contains(one.file)) {
      TRY(rules[one.file], adopted_rule(store, one.file));
    }
    auto& some = to_erase[one.file];
    if (rules[one.file] && rules[one.file]->automatic) some.emplace(record->version, one.record);
  }
  for (const auto& [file, records] : to_erase) {
    if (records.empty()) continue;
    TRY(apply_for(parts, store, *rules[file], records, today, result));
  }
  return result;
}

// Once a day as long as it lasts, and after a restart (E-03).
Result<void> alarm(TenantStore& store, const RoundResult& result) {
  oplog::warning("records are overdue: their retention ended more than a day ago");
  return store.log(log_entry(
      {{"operation", "retention-overdue"}, {"overdue", result.overdue}, {"due", result.due}, {"held", result.held}}));
}

}  // namespace

Result<void> retention_round(Parts& parts) {
  const auto today = legal_today(parts);
  const auto before = parts.round.last();
  const bool new_day = !before || tokyo_date(before->at) != today;
  RoundState::Last last{parts.legal.now(), false, {}};
  Result<void> first = success();
  for (auto* store : parts.tenants.all_opened()) {
    auto result = round_of(parts, *store, today);
    const bool first_look = new_day || !before->tenants.contains(store->tenant());  // opened since, or not told yet
    if (result && result.value().overdue != 0 && first_look) {
      if (auto told = alarm(*store, result.value()); !told) result = told.error();
    }
    if (result) {
      last.tenants[store->tenant()] = result.value();
      continue;
    }
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
  for (const auto& [tenant, result] : last->tenants) {
    const auto facts = parts.tenants.facts(tenant);
    tenants.push_back(json::object{{"localGovernmentCode", facts ? facts->code : std::string()},
                                   {"due", result.due},
                                   {"overdue", result.overdue},
                                   {"held", result.held},
                                   {"undetermined", result.undetermined},
                                   {"applied", result.applied}});
  }
  return {{"state", last->failed ? "degraded" : "ok"},
          {"lastRound", to_iso8601(last->at)},
          {"tenants", std::move(tenants)}};
}

}  // namespace shosoin::service
