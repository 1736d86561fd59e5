#include "admin-api/service/retention/appliance_log.h"

#include <algorithm>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/refusal.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/holds.h"
#include "admin-api/service/retention/log_months.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_erasure.h"
#include "firmware/base/limits_retention.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;
using std::chrono::sys_days;

json::object told_of(const Person& person, Instant at) {
  return {{"operatorId", person.id}, {"name", person.name}, {"section", person.section}, {"at", to_iso8601(at)}};
}

// Administrators act in this log: what becomes of it is decided by two who are none.
Result<void> need_two_security_officers(Context& context) {
  ENSURE(context.second.has_value());
  const bool both =
      context.by().person.role == Role::SecurityOfficer && context.second->person.role == Role::SecurityOfficer;
  if (both) return success();
  return refuse_in_words(context, {ErrorCode::NotPermitted, "decide about the appliance's log"},
                         {"保管庫のログについて決められるのは、情報セキュリティ責任者二人だけです。",
                          "Two security officers decide about the appliance's log, and nobody else."});
}

// E-03: nothing before its term, whoever asks.
Result<void> check_erasable(Parts& parts, Context& context, const std::set<unsigned>& months) {
  auto& zero = parts.zero();
  TRY(check_months_to_erase(zero, months));
  TRY(const auto open, open_erasures_for_one_more(zero));
  for (const auto& other : open) {
    const auto asked = [&](unsigned month) { return other.months.contains(month); };
    if (std::ranges::any_of(months, asked)) return Error{ErrorCode::Conflict, "apply twice for the erasure of a month"};
  }
  TRY(const auto refusal, early_months(zero, months, legal_today(parts)));
  if (refusal) return refuse_early(context, *refusal);
  return success();
}

ErasureFacts approved_by_two(const Context& context, const StoredRule& rule, std::set<unsigned> months) {
  ErasureFacts facts;
  facts.id = RecordId::random();
  facts.state = "approved";
  facts.file = kAccessLog;
  facts.application = {{"items", "全項目"},
                       {"medium", "本サーバーの記憶装置"},
                       {"quantity", std::to_string(months.size()) + "か月"},
                       {"method", "暗号鍵の破棄"},
                       {"plannedDate", retention::to_text(tokyo_date(context.now))},
                       {"ground", rule.citation}};
  facts.months = std::move(months);
  facts.requested = told_of(context.by().person, context.now);
  facts.approved = told_of(context.second->person, context.now);
  facts.requested_by = context.by().person.id;
  facts.requested_at = kLocalTerminal;
  return facts;
}

Result<json::array> told_months(const TenantStore& store, std::chrono::year_month_day today) {
  TRY(const auto months, due_months(store, today));
  json::array out;
  for (const auto& month : months) {
    json::object one{{"month", month_text(month.id.month)}};
    if (month.term && month.term->state == retention::TermState::Fixed) {
      one["end"] = retention::to_text(month.term->end);
      one["purgeFrom"] = retention::to_text(month.term->purge_from);
      one["due"] = sys_days{today} >= sys_days{month.term->purge_from};
    }
    TRY(const auto hold, hold_over_months(store, {month.id.month}));
    if (hold) one["holdId"] = hold->id.hex();
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

TenantFacts appliance_facts() { return {kAppliance, std::string(kApplianceCode), "保管庫 / the appliance"}; }

Answer appliance_log_rule(Parts& parts, Context& context) {
  TRY(need_two_security_officers(context));
  auto& zero = parts.zero();
  TRY(auto rule, log_rule_in(context));
  rule.automatic = true;
  rule.state = "adopted";
  rule.proposed = told_of(context.by().person, context.now);
  rule.decided = told_of(context.second->person, context.now);
  rule.proposed_by = context.by().person.id;
  rule.proposed_at = kLocalTerminal;
  TRY(zero.change([&](std::uint64_t) -> Result<Change> {
    TRY(const auto others, rules_of(zero, kAccessLog));
    const auto last = others.empty() ? std::uint16_t{0} : others.back().counted.version;
    if (last >= limits::kMaxRuleVersions)
      return Error{ErrorCode::TooMany, "adopt one more rule for the appliance's log"};
    rule.counted.version = static_cast<std::uint16_t>(last + 1);
    TRY(const auto before, adopted_rule(zero, kAccessLog));
    TRY(auto entries, settled_months(zero, before, rule, legal_today(parts)));
    entries.push_back(rule_entry(rule));
    auto line = log_object(context, "appliance-log-rule", "ok");
    line["rule"] = shown(rule);
    return Change{std::move(entries), {}, {}, log_entry(line)};
  }));
  context.logged = true;
  return shown(rule);
}

Answer appliance_log_show(Parts& parts, Context&) {
  const auto& zero = parts.zero();
  const auto today = legal_today(parts);
  TRY(const auto rule, adopted_rule(zero, kAccessLog));
  TRY(auto months, told_months(zero, today));
  TRY(const auto all, all_holds(zero));
  TRY(const auto open, open_erasures(zero));
  TRY(const auto done, shelved_erasures(zero, Shelf::Unreported, {}, limits::kErasurePage));
  json::array holds, erasures;
  for (const auto& hold : all) {
    if (hold.in_force()) holds.push_back(shown(hold));
  }
  for (const auto& facts : open) erasures.push_back(summary(parts, facts));
  for (const auto& [key, facts] : done) erasures.push_back(summary(parts, facts));
  json::object out{{"today", retention::to_text(today)},
                   {"months", std::move(months)},
                   {"holds", std::move(holds)},
                   {"erasures", std::move(erasures)}};
  if (rule) out["rule"] = shown(*rule);
  return out;
}

Answer appliance_log_erase(Parts& parts, Context& context) {
  TRY(need_two_security_officers(context));
  auto& zero = parts.zero();
  TRY(auto months, months_in(context));
  if (months.empty()) return context.refuse(ErrorCode::InvalidContent, "apply for months of no month", "/months");
  TRY(check_erasable(parts, context, months));
  TRY(const auto rule, adopted_rule(zero, kAccessLog));
  if (!rule) return Error{ErrorCode::TooEarly, "erase months of a log without a rule"};
  const auto facts = approved_by_two(context, *rule, std::move(months));
  TRY(zero.change([&](std::uint64_t) -> Result<Change> {
    TRY(check_erasable(parts, context, facts.months));
    auto line = log_object(context, "appliance-log-erase", "ok");
    line["erasureId"] = facts.id.hex();
    line["months"] = months_text(facts.months);
    return Change{erasure_entries(facts), {}, {}, log_entry(line)};
  }));
  context.logged = true;
  return summary(parts, facts);
}

// One officer sets it: what must not be erased is said at any time. Two release it.
Answer appliance_log_hold(Parts& parts, Context& context) {
  auto& zero = parts.zero();
  TRY(auto facts, log_hold_in(context, zero));
  facts.id = RecordId::random();
  facts.set = told_of(context.by().person, context.now);
  TRY(zero.change([&](std::uint64_t) -> Result<Change> {
    TRY(const auto others, all_holds(zero));
    if (std::ranges::count_if(others, &HoldFacts::in_force) >= std::ptrdiff_t{limits::kMaxHolds})
      return Error{ErrorCode::TooMany, "set one more hold"};
    TRY(check_months(zero, facts.months));
    auto line = log_object(context, "appliance-log-hold", "ok");
    line["hold"] = shown(facts);
    return Change{{hold_entry(facts)}, {}, {}, log_entry(line)};
  }));
  context.logged = true;
  return shown(facts);
}

Answer appliance_log_release(Parts& parts, Context& context) {
  TRY(need_two_security_officers(context));
  auto& zero = parts.zero();
  TRY(const auto id, id_field<RecordId>(context, FieldId::HoldId));
  context.target["holdId"] = id.hex();
  HoldFacts facts;
  TRY(zero.change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_hold(zero, id));
    if (!now) return Error{ErrorCode::NotFound, kNothing};
    if (!now->in_force()) return Error{ErrorCode::Conflict, "release a hold twice"};
    facts = std::move(*now);
    facts.state = "released";
    facts.asked = told_of(context.by().person, context.now);
    facts.asked_by = context.by().person.id;
    facts.asked_at = kLocalTerminal;
    facts.released = told_of(context.second->person, context.now);
    facts.closed_on = closing_day(parts);
    return Change{{hold_entry(facts)}, {}, {}, log_entry(log_object(context, "appliance-log-release", "ok"))};
  }));
  context.logged = true;
  return shown(facts);
}

}  // namespace shosoin::service
