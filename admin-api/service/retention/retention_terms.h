// Terms of records: computed when an import is published and when a rule is adopted, and asked before anything is
// erased (E-01, E-03; decision 0061). Any thread.
#pragma once

#include "admin-api/service/retention/retention_rules.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

// The legal day that counts now, in Asia/Tokyo. The only "today" of retention.
std::chrono::year_month_day legal_today(Parts& parts);

// From the values of one row of the table; the definition is the one they were written under.
retention::Term count_term(const StoredRule& rule, const files::Definition& definition, std::size_t group,
                           std::span<const std::string_view> values);
// Its entries in tables Terms and Due.
std::vector<Entry> term_entries(const RecordId& record, std::string_view file, const retention::Term& term);
EntryKey due_key(std::uint32_t day, const RecordId& record);
struct DueEntry {
  std::uint32_t day = 0;
  RecordId record;
  std::string file;
};
Result<DueEntry> decode_due(const Entry& entry);
Result<std::optional<retention::Term>> find_term(const TenantStore& store, const RecordId& record);

// What waits for its terms (Unsettled) by the adopted rule of the file, through a merge: an end already fixed is never
// shortened, unless the rule's adoption approved of it, and versions of one record end together (decisions 0075, 0076).
// Under parts.erasures. A record that cannot be read stays without a term, is never erased, and is told in the log.
Result<void> settle_terms(Parts& parts, TenantStore& store, const std::string& file);
// The same at once, behind a change that has left the mark: false where the maintenance has to, an error where the
// process ends. Takes parts.erasures.
Result<bool> settle_now(Parts& parts, TenantStore& store, const std::string& file);
// What this rule would shorten: every record of the file is read. Under parts.erasures for an answer that stays true.
Result<Shortening> would_shorten(const Parts& parts, const TenantStore& store, const StoredRule& rule);
// The same for every file of which the adoption or an import was cut short. Takes parts.erasures where there is one.
Result<void> settle_unsettled(Parts& parts, TenantStore& store);

// Why records may not be erased now: their period (the latest day of them all where it is running), then a hold.
struct EarlyRefusal {
  ErrorCode code = ErrorCode::TooEarly;
  std::string_view reason;  // "no-rule", "no-term", "not-begun", "undetermined", "before-end", "earlier-version",
                            // "on-hold", of the log: "month-open", of documents: "paper-open"
  std::optional<std::chrono::year_month_day> possible_from;
  std::optional<RecordId> hold{};     // Locked: the first that stands in the way
  std::optional<RecordId> earlier{};  // the version that would stay behind
};
// What becomes of records whose end is undetermined: a person with the permission decides at the approval.
enum class Undetermined : std::uint8_t { Refused, PersonDecides };
Result<std::optional<EarlyRefusal>> early_refusal(const TenantStore& store, std::string_view file,
                                                  const std::set<RecordId>& records, std::chrono::year_month_day today,
                                                  Undetermined undetermined);
// Each of the records by itself: what may be erased now, and what stands against each of the others.
struct Allowed {
  std::set<RecordId> records;
  std::map<RecordId, EarlyRefusal> refused;
};
Result<Allowed> allowed_among(const TenantStore& store, std::string_view file, const std::set<RecordId>& records,
                              std::chrono::year_month_day today, Undetermined undetermined);
// As an error, with words of its own and the day in context.told.
Error refuse_early(Context& context, const EarlyRefusal& refusal);
// The certificate's members "rule" and "endOfRetention" (fiscal year of the latest end).
Result<boost::json::object> declared_by(const TenantStore& store, std::string_view file,
                                        const std::set<std::uint16_t>& versions,
                                        const std::optional<std::chrono::year_month_day>& end);
Result<boost::json::object> declared_retention(const TenantStore& store, std::string_view file,
                                               const std::set<RecordId>& records);

}  // namespace shosoin::service
