#include "admin-api/service/retention/documents.h"

#include <algorithm>
#include <map>

#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/number_changes.h"
#include "admin-api/service/retention/erasure_register.h"
#include "admin-api/service/retention/holds.h"
#include "admin-api/service/stored_json.h"
#include "firmware/base/limits_documents.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using retention::EventDate;
using retention::Term;
using std::chrono::sys_days;

constexpr std::string_view kErasure = "erasure", kNumberChange = "number-change", kHold = "hold";

std::optional<EventDate> day_of(const std::string& closed_on) {
  auto day = EventDate::parse(closed_on);
  return day && day.value().exact() ? std::optional(day.value()) : std::nullopt;
}

// An erasure that an earlier version executed has no item in the register: it says itself which file a record was of.
bool stands_in_for_the_register(const ErasureFacts& facts) {
  return facts.state == "executed" && facts.disposal.empty();
}

Document document_of(const ErasureFacts& facts) {
  const bool executed = facts.state == "executed";
  Document out{facts.id, kErasure, facts.state, facts.file, !facts.is_open() && !facts.is_unreported(), {}};
  if (executed) out.state = facts.is_unreported() ? "unreported" : "reported";
  if (out.closed) out.closed_on = day_of(facts.closed_on);
  return out;
}
Document document_of(const NumberChangeFacts& facts) {
  Document out{facts.id, kNumberChange, facts.state, facts.file, facts.state != "requested", {}};
  if (out.closed) out.closed_on = day_of(facts.closed_on);
  return out;
}
Document document_of(const HoldFacts& facts) {
  Document out{facts.id, kHold, facts.state, facts.file, !facts.in_force(), {}};
  if (out.closed) out.closed_on = day_of(facts.closed_on);
  return out;
}

// The last of them to be closed closes both.
void close_with(Document& document, const Document& other) {
  document.closed = document.closed && other.closed;
  const bool both = document.closed_on && other.closed_on;
  if (!document.closed || !both) {
    document.closed_on.reset();
  } else if (sys_days{*other.closed_on->latest_possible()} > sys_days{*document.closed_on->latest_possible()}) {
    document.closed_on = other.closed_on;
  }
}

// An application and what was left of it (decision 0070) refer to each other: none goes while one is unfinished.
Result<void> close_with_remainders(const TenantStore& store, const ErasureFacts& facts, Document& document) {
  for (const auto direction : {&ErasureFacts::remainder, &ErasureFacts::remainder_of}) {
    auto next = facts.*direction;
    for (int followed = 0; !next.empty() && document.closed; ++followed) {
      if (followed == limits::kRemaindersFollowed)
        return Error{ErrorCode::Integrity, "follow what was left of an erasure"};
      TRY(const auto id, RecordId::parse(next));
      TRY(const auto other, find_erasure(store, id));
      if (!other) break;
      close_with(document, document_of(*other));
      next = (*other).*direction;
    }
  }
  return success();
}

// Everything closed, by itself; what is linked to others is looked at afterwards, for a visitor reads nothing else.
Result<std::vector<Document>> closed_documents(const TenantStore& store) {
  std::vector<Document> out;
  std::vector<RecordId> linked;
  TRY(each_closed_erasure(store, [&](const ErasureFacts& facts) {
    if (stands_in_for_the_register(facts)) return true;
    if (!facts.remainder.empty() || !facts.remainder_of.empty()) {
      linked.push_back(facts.id);
    } else {
      out.push_back(document_of(facts));
    }
    return true;
  }));
  for (const auto& id : linked) {
    TRY(auto document, find_document(store, id));
    if (document) out.push_back(std::move(*document));
  }
  TRY(each_number_change(store, [&](const NumberChangeFacts& facts) {
    out.push_back(document_of(facts));
    return true;
  }));
  TRY(const auto holds, all_holds(store));
  for (const auto& facts : holds) out.push_back(document_of(facts));
  std::erase_if(out, [](const Document& document) { return !document.closed; });
  return out;
}

// What its term becomes by this rule; none where nothing changes. A paper whose day was not written down counts from
// the day it was first found closed: it was not closed later than that.
Result<std::optional<std::vector<Entry>>> settled(Parts& parts, const TenantStore& store, const StoredRule& rule,
                                                  const Document& document) {
  TRY(const auto before, find_term(store, document.id));
  auto event = document.closed_on;
  if (!event && before) event = before->event;
  if (!event && !closing_day(parts).empty()) event = EventDate::exact(legal_today(parts));
  if (!event) return std::optional<std::vector<Entry>>{};
  const auto now = retention::term_of(rule.counted, *event);
  const auto term = before ? retention::after_rule_change(*before, now) : now;
  if (before && *before == term) return std::optional<std::vector<Entry>>{};
  std::vector<Entry> out;
  const auto old_day = before ? retention::due_day(*before) : std::nullopt;
  if (old_day && old_day != retention::due_day(term)) out.push_back({due_key(*old_day, document.id), std::nullopt});
  for (auto& entry : term_entries(document.id, kWorkingDocuments, term)) out.push_back(std::move(entry));
  return std::optional(std::move(out));
}

// False: another rule counts by now.
Result<bool> write_terms(TenantStore& store, const StoredRule& rule, std::vector<Entry> entries, std::uint64_t count) {
  bool counts = true;
  const auto written = store.change([&](std::uint64_t) -> Result<generations::Change> {
    TRY(const auto now, adopted_rule(store, kWorkingDocuments));
    counts = now && now->counted.version == rule.counted.version;
    if (!counts) return Error{ErrorCode::Conflict, "count terms by a rule that is not the last any more"};
    return generations::Change{std::move(entries),
                               {},
                               {},
                               log_entry({{"operation", "document-terms"},
                                          {"result", "ok"},
                                          {"ruleVersion", rule.counted.version},
                                          {"count", count}})};
  });
  if (!counts) return false;
  TRY(written);
  return true;
}

}  // namespace

Result<std::optional<Document>> find_document(const TenantStore& store, const RecordId& id) {
  TRY(const auto erasure, find_erasure(store, id));
  if (erasure) {
    if (stands_in_for_the_register(*erasure)) return std::optional<Document>{};
    auto document = document_of(*erasure);
    TRY(close_with_remainders(store, *erasure, document));
    return std::optional(std::move(document));
  }
  TRY(const auto change, find_number_change(store, id));
  if (change) return std::optional(document_of(*change));
  TRY(const auto hold, find_hold(store, id));
  if (hold) return std::optional(document_of(*hold));
  return std::optional<Document>{};
}

std::string closing_day(Parts& parts) {
  if (parts.legal.now() == Instant{}) return {};
  return retention::to_text(legal_today(parts));
}

Error missing_document(const TenantStore& store, const RecordId& id) {
  const auto erased = store.get({TableId::Erased, copy_of(id.view())});
  if (!erased) return erased.error();
  if (!erased.value()) return Error{ErrorCode::NotFound, kNothing};
  const auto file = file_of_disposal(store, *erased.value());
  if (!file) return file.error();
  if (file.value() != std::string(kWorkingDocuments)) return Error{ErrorCode::NotFound, kNothing};
  return Error{ErrorCode::Erased, "find a working document that was erased"};
}

Result<void> check_documents(const TenantStore& store, const std::set<RecordId>& ids, const Grant& grant) {
  for (const auto& id : ids) {
    TRY(const auto document, find_document(store, id));
    if (!document) return missing_document(store, id);
    if (!grant.has_file(document->about)) return Error{ErrorCode::NotFound, kNothing};
  }
  return success();
}

Result<std::optional<EarlyRefusal>> early_documents(const TenantStore& store, const std::set<RecordId>& ids,
                                                    std::chrono::year_month_day today, Undetermined undetermined) {
  TRY(auto refusal, early_refusal(store, kWorkingDocuments, ids, today, undetermined));
  if (!refusal || refusal->reason != "no-term") return refusal;
  for (const auto& id : ids) {
    TRY(const auto document, find_document(store, id));
    if (document && !document->closed) refusal->reason = "paper-open";
  }
  return refusal;
}

Result<SettledDocuments> settle_documents(Parts& parts, TenantStore& store, const StoredRule& rule) {
  SettledDocuments out;
  TRY(const auto all, closed_documents(store));
  std::vector<Entry> entries;
  std::uint64_t waiting = 0;
  const auto write = [&]() -> Result<bool> {
    if (waiting == 0) return true;
    TRY(const bool counts, write_terms(store, rule, std::exchange(entries, {}), waiting));
    if (counts) out.changed += waiting;
    waiting = 0;
    return counts;
  };
  for (const auto& document : all) {
    ++out.count;
    TRY(auto changed, settled(parts, store, rule, document));
    if (!changed) continue;
    std::ranges::move(*changed, std::back_inserter(entries));
    if (++waiting < limits::kTermsPerChange) continue;
    TRY(const bool counts, write());
    if (!counts) return out;
  }
  TRY(write());
  return out;
}

Result<std::vector<Entry>> document_removal(const TenantStore& store, const std::set<RecordId>& ids) {
  std::vector<Entry> out;
  for (const auto& id : ids) {
    TRY(const auto document, find_document(store, id));
    if (!document || !document->closed)
      return Error{ErrorCode::TooEarly, "erase a working document that is not closed"};
    if (document->kind == kErasure) {
      TRY(auto place, place_of_erasure(store, id));
      if (place) out.push_back({std::move(*place), std::nullopt});
    } else {
      const bool is_hold = document->kind == kHold;
      out.push_back({is_hold ? hold_key(id) : approval_key(ApprovalKind::NumberChange, id), std::nullopt});
    }
  }
  return out;
}

Result<json::object> counted_documents(const TenantStore& store, const std::set<RecordId>& ids) {
  std::map<std::string_view, std::int64_t> kinds;
  for (const auto& id : ids) {
    TRY(const auto document, find_document(store, id));
    if (document) ++kinds[document->kind];
  }
  json::object by_kind;
  for (const auto& [kind, count] : kinds) by_kind[kind] = count;
  return json::object{{"count", 0},  // of records
                      {"documentCount", static_cast<std::int64_t>(ids.size())},
                      {"documentKinds", std::move(by_kind)}};
}

Result<void> check_document_rule(Context& context, const retention::CountedBy& counted) {
  return check_own_rule(
      context, counted,
      {{"業務文書の期間は完結した日から数えます。起算の項目は指定しないでください。",
        "The period of a working document counts from the day it was closed: name no event items."},
       {"業務文書の期間に account-year は使えません。", "The period of working documents takes no account-year."},
       {"業務文書は、完結してから少なくとも1年(12m、366d)保存します。もっと長い期間を指定してください。",
        "Working documents are kept for a year from their closing at least (12m, 366d). Give a longer period."}});
}

}  // namespace shosoin::service
