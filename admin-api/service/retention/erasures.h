// Erasure: asked for, approved by another person on another terminal, executed in a batch (promise 7; E-04, E-07; seed
// 002). What is decided here is who and whether; what is destroyed, and how it is proven, is storage/erasure's. Any
// thread; one batch at a time.
//
//   requested -> approved | rejected | withdrawn;  approved -> executed (with the epoch that proves it) | withdrawn
#pragma once

#include "admin-api/service/retention/retention_terms.h"

namespace shosoin::service {

// The entry of a request in table Approvals; JSON, format 1 (service/entries.md). Names records by their random ids
// only.
struct ErasureFacts {
  RecordId id;
  std::string state, file;
  std::set<RecordId> records;
  std::set<unsigned> months;                          // of the log, in place of records (file access-log)
  boost::json::object application;                    // 項目, 媒体名, 数量, 方法, 予定日, 根拠
  boost::json::object requested, approved, executed;  // who, when, where
  std::string requested_by;
  Fingerprint requested_at{};
  std::uint64_t epoch = 0;  // once executed
  std::uint32_t index = 0;
  boost::json::object witness{};                    // 立会い: who is or was present (erasure_witness.h)
  boost::json::object withdrawn{}, acknowledged{};  // who, when, where
  std::string disposal{};                           // entry of the 廃棄簿, once executed
  std::string closed_on{};                          // legal day of its closing; "": open, or not known (documents.h)
  // What could not go with the rest of an application stays approved under an id of its own (decision 0070).
  std::string remainder{}, remainder_of{};
  bool is_open() const { return state == "requested" || state == "approved"; }
  bool is_unreported() const { return state == "executed" && !disposal.empty() && acknowledged.empty(); }
};
// The entry where it belongs by its state, and what takes it away from where it was (entries.md, Approvals).
std::vector<Entry> erasure_entries(const ErasureFacts& facts);
Result<std::optional<ErasureFacts>> find_erasure(const TenantStore& store, const RecordId& id);
// Requested or approved: all of them, limits::kMaxOpenErasures by the check at the application.
Result<std::vector<ErasureFacts>> open_erasures(const TenantStore& store);
// The same, and how many are there already: TooMany beyond the bound. Under change().
Result<std::vector<ErasureFacts>> open_erasures_for_one_more(const TenantStore& store);
// Executed and not yet acknowledged, then the rest: in the order of keys behind `after`, at most one more than `most`.
enum class Shelf : std::uint8_t { Unreported = 3, Closed = 4 };  // first byte of the key, frozen
struct Shelved {
  Bytes key;
  ErasureFacts facts;
};
Result<std::vector<Shelved>> shelved_erasures(const TenantStore& store, Shelf shelf, const Bytes& after,
                                              std::size_t most);
// Everything that is not open, in no order that means anything; the visitor says false to stop.
Result<void> each_closed_erasure(const TenantStore& store, const std::function<bool(const ErasureFacts&)>& visit);
// Where the entry stands; none: nowhere.
Result<std::optional<EntryKey>> place_of_erasure(const TenantStore& store, const RecordId& id);
// The file of a record that an earlier version erased: it left closed applications among the open ones.
Result<std::optional<std::string>> erased_before_the_register(const TenantStore& store, const RecordId& record);
// Whether the approver took the decision for records whose end is undetermined (domain notes, section 3, 7).
Undetermined undetermined_in(const ErasureFacts& facts);
constexpr std::string_view kUndeterminedDecided = "undeterminedDecided";  // member of approved
// Why it may not be done now: of its records, or of its months.
Result<std::optional<EarlyRefusal>> refusal_of(const TenantStore& store, const ErasureFacts& facts,
                                               std::chrono::year_month_day today, Undetermined undetermined);
// Field RecordIds; InvalidContent where it is none.
Result<std::set<RecordId>> records_in(Context& context);
// Each is a confirmed record of this file; NotFound otherwise, whatever the reason.
Result<void> check_records(const TenantStore& store, std::string_view file, const std::set<RecordId>& records);
boost::json::object person_and_time(const Context& context);
boost::json::object person_time_and_terminal(const Context& context);

// What is told of an application: in lists, and of itself (erasure_shown.cpp).
boost::json::object summary(Parts& parts, const ErasureFacts& facts);
Result<boost::json::object> shown(Parts& parts, const TenantStore& store, const ErasureFacts& facts);
// Field ErasureId; NotFound for an unknown one and for a file that is not granted.
Result<ErasureFacts> erasure_in(Context& context, const TenantStore& store);
Result<void> need_any_erasure(Context& context);  // audit, or whoever applies for or approves erasures
// Members survivingCopies and survivingCopiesNote of a declaration.
void declare_copies(const Parts& parts, boost::json::object& declaration);

// Everything approved in the tenants that are open, in one batch; empty is allowed. Under parts.erasures. On failure
// `must_end` says whether the process has to end. `context` null: by the appliance itself. What goes beyond the bounds
// of one batch waits for the next; `first` goes before all others.
struct BatchFailure {
  bool must_end = false;
  bool left_over = false;  // approved and allowed, but beyond the bounds of one batch
};
Result<erasure::BatchOutcome> run_approved(Parts& parts, const Context* context, BatchFailure& failure,
                                           const std::optional<RecordId>& first = {});
Result<bool> anything_approved(Parts& parts);
// A batch, empty or not, when the last one is that old in accepted time; false: none was due.
Result<bool> batch_after(Parts& parts, std::chrono::milliseconds age, BatchFailure& failure);
// Of the day's cap what the appliance may use by itself: the rest is left for persons.
int own_cap(int daily_batches);
EntryKey last_batch_key();  // table Facts of tenant zero: u64 milliseconds of accepted time

}  // namespace shosoin::service
