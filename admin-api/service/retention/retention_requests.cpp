// The requests about retention rules: propose, decide, list (promises 6 and 7).
#include <algorithm>
#include <charconv>

#include "admin-api/service/handlers.h"
#include "admin-api/service/idempotency.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/refusal.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/retention/retention_terms.h"
#include "admin-api/service/told_text.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_retention.h"
#include "storage/files/dates.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

Error refuse(Context& context, std::string_view ja, std::string_view en, std::string_view pointer) {
  return refuse_in_words(context, context.refuse(ErrorCode::InvalidContent, "read a retention rule", pointer),
                         {ja, en});
}

// What of a shipped proposal a manager takes over; anything said in the request goes before it.
struct Wished {
  std::string rule, period, citation, source = "own", reliability;
};

bool speaks_of(const retention::Proposal& proposal, const RuledFile& file) {
  if (!proposal.rule) return false;
  if (file.key == kAccessLog) return proposal.subject == retention::Subject::LogMonths;
  if (file.key == kWorkingDocuments) {
    return proposal.subject == retention::Subject::Documents && proposal.record_file.empty();
  }
  return proposal.subject == retention::Subject::Records && proposal.record_file == file.key;
}

Result<Wished> wished_in(Context& context, const RuledFile& file) {
  Wished wished;
  const auto id = context.text(FieldId::ProposalId);
  if (!id.empty()) {
    const auto all = retention::proposals();
    const auto found = std::ranges::find(all, id, &retention::Proposal::id);
    if (found == all.end() || !speaks_of(*found, file)) {
      return refuse(context,
                    "このファイルについての案ではありません。`shosoin retention proposals` で確かめてください。",
                    "Not a proposal for this file with a period; see `shosoin retention proposals`.", "/proposal");
    }
    wished = {std::string(retention::to_text(*found->rule)), std::string(found->period), std::string(found->citation),
              std::string(found->id), std::string(retention::to_text(found->reliability))};
  }
  const auto take = [&](FieldId field, std::string& to) {
    if (auto text = context.text(field); !text.empty()) to = std::move(text);
  };
  take(FieldId::CountingRule, wished.rule);
  take(FieldId::RetentionPeriod, wished.period);
  take(FieldId::Ground, wished.citation);
  return wished;
}

bool flag_of(const Context& context, FieldId field) {
  const auto flag = protocol::field(context.request, field);
  return flag && !flag->empty() && (*flag)[0] == 1;
}

Result<StoredRule> rule_in(Context& context, const RuledFile& file) {
  TRY(const auto wished, wished_in(context, file));
  const auto rule = retention::parse_counting_rule(wished.rule);
  if (!rule) {
    return refuse(context, "数え方を EXCL、INCL、NEXT_FY、NEXT_CY のいずれかで指定してください。",
                  "Give the counting rule: EXCL, INCL, NEXT_FY or NEXT_CY.", "/rule");
  }
  const auto period = retention::Period::parse(wished.period);
  if (!period) {
    return refuse(context, "期間を 5y、6m、30d のように指定してください。", "Give the period as in 5y, 6m or 30d.",
                  "/period");
  }
  const auto said = [&](FieldId field, std::string_view otherwise) {
    const auto text = context.text(field);
    return text.empty() ? std::string(otherwise) : text;
  };
  const auto settlement = retention::parse_settlement(said(FieldId::Settlement, "actual-date"));
  const bool counts = settlement && (settlement.value() == retention::Settlement::ActualDate ||
                                     rule.value() == retention::CountingRule::NextFiscalYear);
  if (!counts) {
    return refuse(context, "出納整理期間の扱いは actual-date、または NEXT_FY のときだけ account-year です。",
                  "The settlement months count by actual-date, or by account-year with NEXT_FY only.", "/settlement");
  }
  const auto unknown = retention::parse_unknown_parts(said(FieldId::UnknownDates, "latest-possible"));
  if (!unknown) {
    return refuse(context, "月日が不明な日付の扱いは latest-possible または person-decides です。",
                  "Unknown parts of a date: latest-possible or person-decides.", "/unknownParts");
  }
  if (is_blank(wished.citation)) {
    return refuse(context, "根拠となる法令または規程を書いてください。", "Cite the law or rule it rests on.",
                  "/citation");
  }
  if (!is_one_line(wished.citation)) return refuse_text(context, "/citation");
  StoredRule out{file.key,
                 {0, rule.value(), period.value(), settlement.value(), unknown.value()},
                 {},
                 flag_of(context, FieldId::Automatic),
                 "proposed",
                 wished.citation,
                 wished.source,
                 wished.reliability,
                 {},
                 {},
                 {},
                 {}};
  if (file.definition == nullptr) {
    TRY(file.key == kAccessLog ? check_log_rule(context, out.counted) : check_document_rule(context, out.counted));
    return out;
  }
  auto events = context.text(FieldId::EventItems);
  if (events.empty()) {
    for (const auto item : file.definition->retention_events()) {
      events += (events.empty() ? "" : ",") + file.definition->items()[item].key;
    }
  }
  TRY(out.events, event_items_in(context, *file.definition, events));
  return out;
}

// Whoever may apply for an erasure may propose; only manageRetention decides.
Result<void> need_to_propose(Context& context) {
  if (context.by().grant.has(Permission::RequestErasure)) return success();
  return need(context, Permission::ManageRetention);
}
Result<void> need_to_read(Context& context) {
  const auto& grant = context.by().grant;
  if (grant.has(Permission::Audit) || grant.has(Permission::ApproveErasure)) return success();
  return need_to_propose(context);
}

Result<StoredRule> rule_of_version(const TenantStore& store, std::string_view file, std::uint64_t version) {
  TRY(auto rules, rules_of(store, file));
  for (auto& rule : rules) {
    if (rule.counted.version == version) return std::move(rule);
  }
  return Error{ErrorCode::NotFound, kNothing};
}

// What a rule would shorten is looked at before it is proposed, and told; the list shows it to whoever decides.
Result<void> look_at_shortening(Parts& parts, TenantStore& store, StoredRule& rule) {
  TRY(const auto others, rules_of(store, rule.file));
  rule.counted.version = static_cast<std::uint16_t>((others.empty() ? 0 : others.back().counted.version) + 1);
  rule.shortens.emplace();  // the walk counts by a rule that may
  std::unique_lock no_batch(parts.erasures);
  TRY(rule.shortens, would_shorten(parts, store, rule));
  return success();
}

// Whoever adopts says what is approved of: how many records end sooner, and the earliest of their new ends. What it
// would do now must be just that (decision 0076).
Result<void> check_shortening(Parts& parts, Context& context, const TenantStore& store, StoredRule& rule) {
  Shortening said;
  const auto count = context.text(FieldId::ShortenedCount), day = context.text(FieldId::EarliestEnd);
  const auto read_count = std::from_chars(count.data(), count.data() + count.size(), said.count);
  if (!count.empty() && (read_count.ec != std::errc() || read_count.ptr != count.data() + count.size())) {
    return context.refuse(ErrorCode::InvalidContent, "read how many ends come sooner", "/shortenedCount");
  }
  if (!day.empty()) {
    const auto read = files::read_date(day);
    if (!read) return context.refuse(ErrorCode::InvalidContent, "read the earliest new end", "/earliestEnd");
    said.earliest_end = read.value().date.latest_possible();
  }
  TRY(const auto now, would_shorten(parts, store, rule));
  if (count.empty() || said != now) {
    rule.shortens = now;
    context.told["shortens"] = shown(rule).at("shortens");
    context.told["detail"] = json::object{
        {"ja",
         "この規則は、すでに定まった満了日を早めます。今の件数と最も早い新しい満了日(shortens)を確かめ、"
         "shortenedCount(--shortened-count)と earliestEnd(--earliest-end)に同じ値を示して採択してください。"},
        {"en",
         "This rule lets ends that are fixed come sooner. Look at how many and at the earliest new end (shortens), "
         "and adopt it with the same in shortenedCount (--shortened-count) and earliestEnd (--earliest-end)."}};
    return Error{ErrorCode::Conflict, "adopt a rule that shortens other ends than were approved of"};
  }
  rule.shortens = now;
  return success();
}

}  // namespace

Result<StoredRule> log_rule_in(Context& context) { return rule_in(context, {std::string(kAccessLog), nullptr}); }

Answer retention_rule_propose(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_propose(context));
  TRY(const auto file, ruled_file(parts, context));
  TRY(auto rule, rule_in(context, file));
  if (flag_of(context, FieldId::Shortens)) {
    if (file.definition == nullptr) {  // decision 0068
      return refuse(context,
                    "ログと業務文書の規則は、定まった満了日を早められません。shortens を指定しないでください。",
                    "A rule of the log or of working documents lets no end come sooner that is fixed: leave shortens "
                    "out.",
                    "/shortens");
    }
    TRY(look_at_shortening(parts, *store, rule));
  }
  rule.proposed = person_and_time(context);
  rule.proposed_by = context.by().person.id;
  rule.proposed_at = context.terminal;
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(const auto others, rules_of(*store, rule.file));
    for (const auto& other : others) {
      if (other.state != "proposed") continue;
      context.told["version"] = other.counted.version;
      return Error{ErrorCode::Conflict, "propose a rule while another proposal waits for its decision"};
    }
    const auto last = others.empty() ? std::uint16_t{0} : others.back().counted.version;
    if (last >= limits::kMaxRuleVersions) return Error{ErrorCode::TooMany, "propose one more rule for a record file"};
    rule.counted.version = static_cast<std::uint16_t>(last + 1);
    auto line = log_object(context, "retention-rule-propose", "ok");
    line["proposal"] = shown(rule);
    return Change{{rule_entry(rule)}, {}, {}, log_entry(line)};
  }));
  context.logged = true;
  return shown(rule);
}

Answer retention_rule_decide(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ManageRetention));
  TRY(const auto file, ruled_file(parts, context));
  const auto decision = context.text(FieldId::Decision);
  if (decision != "approve" && decision != "reject") {
    return context.refuse(ErrorCode::InvalidContent, "read a decision", "/decision");
  }
  const auto version = from_be<std::uint64_t>(protocol::field(context.request, FieldId::RuleVersion)->first<8>());
  context.target["ruleVersion"] = version;
  TRY(auto rule, rule_of_version(*store, file.key, version));
  if (rule.proposed_by == context.by().person.id || rule.proposed_at == context.terminal) {
    return Error{ErrorCode::SamePerson, "adopt an own rule, or at the same terminal"};
  }
  TRY(const bool same, same_human(parts.zero(), rule.proposed_by, context.by().person));
  if (same) return Error{ErrorCode::SamePerson, "adopt an own rule under another id"};
  if (rule.state != "proposed") return Error{ErrorCode::Conflict, "decide on a rule that is decided"};
  std::unique_lock no_batch(parts.erasures, std::defer_lock);  // and nothing else that settles terms or publishes rows
  if (decision == "approve" && rule.shortens) {
    no_batch.lock();
    TRY(check_shortening(parts, context, *store, rule));
  }
  const auto approved = rule.shortens;
  TRY(fresh_code(parts, context));
  TRY(store->change([&](std::uint64_t seq) -> Result<Change> {
    TRY(rule, rule_of_version(*store, file.key, version));
    TRY(const auto before, adopted_rule(*store, file.key));
    if (rule.state != "proposed") return Error{ErrorCode::Conflict, "decide on a rule that is decided"};
    rule.shortens = approved;
    rule.state = decision == "approve" ? "adopted" : "rejected";
    rule.decided = person_and_time(context);
    auto line = log_object(context, "retention-rule-decide", "ok");
    line["decision"] = decision;
    line["proposedBy"] = rule.proposed_by;
    if (approved) line["shortens"] = shown(rule).at("shortens");
    Change change{{rule_entry(rule)}, {}, {}, log_entry(line)};
    if (decision == "approve" && file.key != kAccessLog) {
      TRY(change.entries.emplace_back(), unsettled_entry(*store, rule.file, Unsettled::All, seq));
    }
    if (decision == "approve" && file.key == kAccessLog) {
      TRY(auto fixed, settled_months(*store, before, rule, legal_today(parts)));
      for (auto& entry : fixed) change.entries.push_back(std::move(entry));
    }
    return change;
  }));
  context.logged = true;
  auto answer = shown(rule);
  if (decision != "approve") return answer;
  if (file.key == kAccessLog) {
    answer["termsComputed"] = true;  // with the adoption itself
    return answer;
  }
  if (no_batch) no_batch.unlock();
  TRY(answer["termsComputed"], settle_now(parts, *store, rule.file));
  return answer;
}

Answer retention_rule_list(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_read(context));
  TRY(const auto rules, all_rules(*store));
  json::array out, without;
  std::set<std::string> keys;
  std::map<std::string, std::uint16_t> adopted;  // what adopted_rule takes: the highest version
  for (const auto& rule : rules) {
    if (rule.state == "adopted") adopted[rule.file] = std::max(adopted[rule.file], rule.counted.version);
  }
  for (const auto& rule : rules) {
    if (!context.by().grant.has_file(rule.file)) continue;
    auto one = shown(rule);
    const auto found = adopted.find(rule.file);
    one["inForce"] = found != adopted.end() && found->second == rule.counted.version;
    out.push_back(std::move(one));
  }
  for (const auto& definition : parts.definitions.now().all()) keys.insert(definition.key());
  keys.insert({std::string(kAccessLog), std::string(kWorkingDocuments)});
  for (const auto& key : keys) {
    if (context.by().grant.has_file(key) && !adopted.contains(key)) without.emplace_back(key);
  }
  return json::object{{"rules", std::move(out)}, {"withoutRule", std::move(without)}};
}

}  // namespace shosoin::service
