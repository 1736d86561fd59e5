// The inside of Appliance, shared by the files of this room and by nobody else. Lock order: work_mutex (one batch, merge or tenant creation
// at a time), then writers of stores, then table_mutex, then anchor_mutex. environments and table change under work_mutex and
// table_mutex together, so holding either is enough to read them.
#pragma once

#include <atomic>
#include <set>
#include <shared_mutex>

#include "storage/engine/engine.h"
#include "storage/erasure/appliance.h"
#include "storage/erasure/certificate.h"
#include "storage/erasure/state_copy.h"
#include "storage/generations/layout.h"
#include "storage/journal/journal.h"

namespace shosoin::erasure {

struct StagedTenant {                       // one touched tenant of a batch
  TenantStore* store = nullptr;
  std::optional<generations::StagedGeneration> staged;
  StateCopy::Generation copy{};             // of the staged generation
  std::unique_lock<std::mutex> writers;
  std::vector<CertificateRow> rows;         // what goes, ascending by row id
};

struct LeavingTenant {                      // one that a batch removes
  TenantStore* store = nullptr;             // none while it is closed: nobody opens it meanwhile
  std::unique_lock<std::mutex> writers;
  std::uint32_t rows = 0;                   // every row there is, counted without keys
  Digest root{};                            // over their leaves
};

struct Appliance::Core {
  Places places;
  tpm::Pins pins;
  std::unique_ptr<tpm::Anchor> anchor;
  const Clock* clock = nullptr;

  std::unique_ptr<journal::Journal> journal;
  std::map<TenantId, std::unique_ptr<engine::Environment>> environments;  // tenant zero's is the appliance environment
  std::map<TenantId, std::unique_ptr<TenantStore>> stores;                // open ones
  std::map<TenantId, Error> faults;                                       // tenants a start could not serve, and why
  std::set<TenantId> leaving;               // guarded by table_mutex: a batch is removing them, nobody opens them
  // Of removed tenants: without keys and files, but somebody may still hold them. Stores before their environments.
  std::vector<std::unique_ptr<engine::Environment>> retired_environments;
  std::vector<std::unique_ptr<TenantStore>> retired_stores;

  std::mutex work_mutex;
  std::mutex anchor_mutex;
  mutable std::shared_mutex table_mutex;    // state, root, table, stores, certified, recovered
  EpochState state;
  std::optional<EpochRoot> root;            // R(e)
  std::map<TenantId, TableRow> table;
  bool certified = false;
  bool rebuilt = false;                     // from a state copy, at this start
  std::string recovered = "settled";
  std::atomic<bool> state_copy_behind{false};
  std::atomic<bool> unswept{false};         // the last batch left its sweep for later; set and taken back under work_mutex
  unsigned accepted_month = 0;              // under table_mutex; 0 until accepted time is known

  engine::Environment* appliance_environment = nullptr;  // set once at start: read without a lock
  TenantStore* zero_store = nullptr;
  engine::Environment& appliance() { return *appliance_environment; }
  TenantStore& zero() { return *zero_store; }
  std::filesystem::path directory_of(const TenantId& tenant) const;

  // appliance.cpp
  Result<TenantStore*> open_store(const TenantId& tenant);
  const TenantStore* open_already(const TenantId& tenant) const;  // nullptr when nobody has opened it
  Result<std::vector<TenantFacts>> list_tenants();
  Result<TenantSealKey> tenant_seal(const TenantId& tenant);
  Result<void> merge(TenantStore& store, generations::RebuildPlan plan);
  Result<void> put_table_row(const TableRow& row, std::string_view step);
  Result<std::vector<StateCopy::Generation>> born_in_this_epoch(const StateCopy* before);
  Result<StateCopy::Generation> copy_of_zero(const StateCopy* before);
  void refresh_state_copy();                // after a merge or a new tenant; an alarm when it cannot
  Result<void> rebuild_environment();       // environment_lost.cpp
  // recovery.cpp
  Result<void> load_state();
  Result<void> look_at_tpm();
  Result<void> open_environments();
  Result<void> replay_outboxes();
  // Integrity in one tenant's own environment is that tenant's fault: it stays closed until the next start, and the others go on.
  // Everything else, and the appliance's own, comes back.
  Result<void> leave_out(const TenantId& tenant, Result<void> done);
  Result<void> open_root_or_revert();
  Result<void> revert();
  Result<void> open_table();
  Result<void> open_zero();
  // finish.cpp
  Result<void> finish_epoch();              // steps 5 to 8; looks before each act: may be called again at any point
  Result<void> destroy_previous();          // steps 5 to 7
  Result<void> certify();                   // step 8
  Result<void> sweep();                     // garbage generations, rows of erased records, unnamed tenants, old state copies
  void sweep_up();                          // once, where a batch has left it; under work_mutex
  std::unique_lock<std::mutex> begin_work();  // work_mutex, and nothing of an earlier batch left
  Result<SigningSeed> signing_seed();       // inspect.cpp
  Error no_evidence(const engine::ReadTransaction& transaction, std::uint64_t epoch) const;  // inspect.cpp
  // examine.cpp
  void examine_tenant(const TenantId& tenant, generations::Examiner& examiner);
  void examine_present(const TenantId& tenant, generations::Examiner& examiner);
  void examine_appliance(generations::Examiner& examiner);
  void examine_month(const journal::Draft& draft, generations::Examiner& examiner) const;
  void examine_evidence(const engine::ReadTransaction& transaction, generations::Examiner& examiner) const;
  // batch.cpp
  Result<BatchOutcome> run_batch(std::vector<ErasureOrder> orders, Sweep sweeping);
  Result<void> check_daily_cap(int daily_cap);
  // removal.cpp
  Result<void> take_leave(const TenantId& tenant, LeavingTenant& gone);  // nobody opens or changes it from here on
  Result<void> count_rows(const TenantId& tenant, LeavingTenant& gone);
  void stay(const TenantId& tenant);                                     // the batch did not happen
  void forget(const TenantId& tenant, LeavingTenant& gone);              // the table does not name it any more
  Result<std::vector<RemovedTenant>> list_removed();
  Result<void> drop_removed();              // directories and state copies of removed tenants
};

// Tenant entries of tenant zero.
struct TenantEntry {
  std::string code, name;
  tpm::SealedBlob seal;
  AuthValue auth;
};
Bytes encode_tenant_entry(const TenantEntry& entry);
Result<TenantEntry> decode_tenant_entry(ByteView bytes);

inline Bytes table_key(std::uint64_t epoch, const TenantId& tenant) {
  return Writer{}.u64(epoch).raw(tenant.view()).take();
}
inline Bytes epoch_key(std::uint64_t epoch) { return Writer{}.u64(epoch).take(); }

// Derives R from its two halves as the TPM gives them now.
Result<EpochRoot> open_epoch_root(tpm::Anchor& anchor, const EpochState& state);
Result<std::map<TenantId, TableRow>> read_table(engine::Environment& appliance, const EpochRoot& root, std::uint64_t epoch);
TenantEpochKey key_of_zero(const TableRow& row);

}  // namespace shosoin::erasure
