// Erasure: asked for, approved by another person on another terminal, executed in a batch (promise 7; E-04, E-07; seed
// 002). What is decided here is who and whether; what is destroyed, and how it is proven, is storage/erasure's. Any
// thread; one batch at a time.
//
//   requested -> approved | rejected;  approved -> executed (with the epoch that proves it)
#pragma once

#include "admin-api/service/retention_terms.h"

namespace shosoin::service {

// The entry of a request in table Approvals; JSON, format 1 (service/entries.md). Names records by their random ids
// only.
struct ErasureFacts {
  RecordId id;
  std::string state, file;
  std::set<RecordId> records;
  boost::json::object application;                    // 項目, 媒体名, 数量, 方法, 予定日, 根拠
  boost::json::object requested, approved, executed;  // who, when, where
  std::string requested_by;
  Fingerprint requested_at{};
  std::uint64_t epoch = 0;  // once executed
  std::uint32_t index = 0;
};
Entry erasure_entry(const ErasureFacts& facts);
Result<std::optional<ErasureFacts>> find_erasure(const TenantStore& store, const RecordId& id);
Result<std::vector<ErasureFacts>> all_erasures(const TenantStore& store);
// Whether the approver took the decision for records whose end is undetermined (domain notes, section 3, 7).
Undetermined undetermined_in(const ErasureFacts& facts);
constexpr std::string_view kUndeterminedDecided = "undeterminedDecided";  // member of approved
// Field RecordIds; InvalidContent where it is none.
Result<std::set<RecordId>> records_in(Context& context);
// Each is a confirmed record of this file; NotFound otherwise, whatever the reason.
Result<void> check_records(const TenantStore& store, std::string_view file, const std::set<RecordId>& records);
boost::json::object person_and_time(const Context& context);
// Members survivingCopies and survivingCopiesNote of a declaration.
void declare_copies(const Parts& parts, boost::json::object& declaration);

// Everything approved in the tenants that are open, in one batch; empty is allowed. Under parts.erasures. On failure
// `must_end` says whether the process has to end. `context` null: by the appliance itself.
struct BatchFailure {
  bool must_end = false;
};
Result<erasure::BatchOutcome> run_approved(Parts& parts, const Context* context, BatchFailure& failure);
Result<bool> anything_approved(Parts& parts);
// A batch, empty or not, when the last one is that old; false: none was due.
Result<bool> batch_after(Parts& parts, std::chrono::milliseconds age, BatchFailure& failure);
EntryKey last_batch_key();  // table Facts of tenant zero: u64 milliseconds

}  // namespace shosoin::service
