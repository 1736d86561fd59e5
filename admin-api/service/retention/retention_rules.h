// Rules of retention as a tenant keeps them (table Rules, entries.md): proposed by one person, adopted by another,
// never changed afterwards; a later version takes their place. Without an adopted rule nothing of a file expires, and
// nothing may be erased (decision 0061; promise 6, E-03). Any thread.
#pragma once

#include "admin-api/service/refusal.h"
#include "storage/retention/proposals.h"
#include "storage/retention/term.h"

namespace shosoin::service {

struct Shortening {
  std::uint64_t count = 0;                                    // of records whose end comes sooner
  std::optional<std::chrono::year_month_day> earliest_end{};  // of the new ends; none where it is nobody's
  friend bool operator==(const Shortening&, const Shortening&) = default;
};
struct StoredRule {
  std::string file;
  retention::CountedBy counted;     // with its version
  std::vector<std::string> events;  // item keys, in order: the first that stands in the record's table with a value
  bool automatic = false;           // a standing approval: what is due is erased without an application of its own
  std::string state;                // proposed | adopted | rejected
  std::string citation;             // the law or rule it rests on
  std::string source;               // id of a shipped proposal, or "own"
  std::string reliability;          // how far that source was read; "" for an own rule
  boost::json::object proposed, decided;  // who, when
  std::string proposed_by;
  Fingerprint proposed_at{};
  // Proposed to let ends come sooner that earlier rules have fixed, for so many records, the earliest on this day: what
  // the adoption approves of (decision 0076).
  std::optional<Shortening> shortens{};
};
Entry rule_entry(const StoredRule& rule);
boost::json::object shown(const StoredRule& rule);

Result<std::vector<StoredRule>> rules_of(const TenantStore& store, std::string_view file);  // by version
Result<std::vector<StoredRule>> all_rules(const TenantStore& store);
// The adopted one with the highest version; none: nothing expires.
Result<std::optional<StoredRule>> adopted_rule(const TenantStore& store, std::string_view file);

// InvalidContent, with words of its own where the context is told: an event item that no table of the file has, or that
// is no date.
Result<std::vector<std::string>> event_items_in(Context& context, const files::Definition& definition,
                                                std::string_view text);

// What a request says of a rule of the log; InvalidContent with words of its own.
Result<StoredRule> log_rule_in(Context& context);

// Months of a log and working documents have no date items and no fiscal accounts to count from, and are kept for a year
// at least, until the yearly audit (limits_log.h). InvalidContent, with the words of whichever it is.
struct OwnRuleWords {
  Explanation no_events, no_settlement, longer;
};
Result<void> check_own_rule(Context& context, const retention::CountedBy& counted, const OwnRuleWords& words);

// Terms of this file are still to be computed: table Facts. Written with the adoption, and with the confirmation of new
// versions; taken away behind the merge that computes them. As long as it stands nothing of the file is erased.
enum class Unsettled : std::uint8_t { All = 1, Versions = 2 };  // stored; of all records, or of those with versions
EntryKey unsettled_key(std::string_view file);
// `seq` of the change that brings it tells one from the next; what still waits for all of them goes on doing so.
Result<Entry> unsettled_entry(const TenantStore& store, std::string_view file, Unsettled what, std::uint64_t seq);
Result<Unsettled> read_unsettled(ByteView value);  // the value of earlier versions of the program is empty: all

}  // namespace shosoin::service
