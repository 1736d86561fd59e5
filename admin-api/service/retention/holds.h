// Holds (廃棄停止): named, several at a time, on records or on what a search finds; set by one person, released by two.
// While one is in force nothing it covers is erased, whatever was approved; the period itself is not changed by it
// (domain notes, section 3, 9). Looked at under the hold of the tenant's writers, just before a batch commits. Any
// thread.
#pragma once

#include "admin-api/service/records/search_keys.h"

namespace shosoin::service {

struct HoldReason {
  std::string_view code, ja, en;
};
std::span<const HoldReason> hold_reasons() noexcept;

// The entry of a hold in table Holds; JSON, format 1 (entries.md).
struct HoldFacts {
  RecordId id;
  std::string state;  // active | releasing | released
  std::string name, reason, file, case_reference;
  std::set<RecordId> records;                // either these; of working documents none named: all, those to come too
  std::set<unsigned> months;                 // of the log: these; none named: all, those to come too
  std::optional<SearchKey> query;            // or what this finds, as long as the hold stands: also what comes later
  bool by_query = false;                     // stays when the query goes with the release (promise 5)
  boost::json::object set, asked, released;  // who and when
  std::string asked_by;                      // of the release
  Fingerprint asked_at{};
  std::string closed_on{};  // legal day of the release (documents.h)
  bool in_force() const { return state != "released"; }
};
Entry hold_entry(const HoldFacts& facts);
// What a request says of a hold on the log; InvalidContent with words of its own.
Result<HoldFacts> log_hold_in(Context& context, const TenantStore& store);
Result<std::optional<HoldFacts>> find_hold(const TenantStore& store, const RecordId& id);
Result<std::vector<HoldFacts>> all_holds(const TenantStore& store);
boost::json::object shown(const HoldFacts& facts);

// Which of these records of the file are held, and by which hold first: each hold is evaluated once, however many
// records there are.
Result<std::map<RecordId, RecordId>> holds_among(const TenantStore& store, std::string_view file,
                                                 const std::set<RecordId>& records);
Result<std::set<RecordId>> held_among(const TenantStore& store, std::string_view file,
                                      const std::set<RecordId>& records);
EntryKey hold_key(const RecordId& id);
// The first hold in force on the log that covers one of these months.
Result<std::optional<HoldFacts>> hold_over_months(const TenantStore& store, const std::set<unsigned>& months);
// The first hold in force that covers one of these records of the file.
Result<std::optional<HoldFacts>> hold_over(const TenantStore& store, std::string_view file,
                                           const std::set<RecordId>& records);

}  // namespace shosoin::service
