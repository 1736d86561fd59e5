// What goes from one tenant in a batch, and what must wait: looked up, nothing changed. Any thread, under
// parts.erasures.
#pragma once

#include "admin-api/service/records/number_changes.h"
#include "admin-api/service/retention/erasure_declaration.h"

namespace shosoin::service {

struct Gathering {
  Parts& parts;
  const Context* executor = nullptr;  // null: the appliance itself
  std::optional<RecordId> first{};    // this application goes before all others
};

// What goes from one tenant in this batch, beside the requests themselves.
struct TenantBatch {
  std::vector<ErasureFacts> approved;                          // with the records that go now
  std::map<RecordId, ErasureFacts> remainders;                 // by the id of one of these: what stays of it, approved
  bool left_over = false;                                      // allowed, but beyond the bounds of one batch
  std::vector<std::pair<ErasureFacts, EarlyRefusal>> waiting;  // approved, but not allowed now: they stay approved
  std::vector<ImportFacts> rejected;
  std::map<RecordId, std::uint64_t> rows_of;  // by import, of rejected and abandoned ones
  std::vector<RecordId> abandoned;            // imports that left records behind: a merge that was published after all
  std::map<std::string, RejectedRows> unidentified;  // by file
  std::set<RecordId> records;                        // of all four
  std::vector<Bytes> lost_numbers;                   // keys of Addressees whose last record goes
  std::set<std::string> lost_subjects;  // 団体内統合宛名番号 whose last record goes, as far as a number was changed
  std::vector<NumberChangeFacts> undecided;  // changes that were asked for about them
  bool is_empty() const { return approved.empty() && rejected.empty() && abandoned.empty() && unidentified.empty(); }
};

// Without what goes along with the records: it reads no row, and is_empty says the same.
Result<TenantBatch> gather_records(const Gathering& by, const TenantStore& store);
Result<TenantBatch> gather(const Gathering& by, const TenantStore& store);

}  // namespace shosoin::service
