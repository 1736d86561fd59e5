// The appliance as a whole: anchor, journal, tenant zero, tenant table, epochs and batches (DESIGN section 4; format page:
// storage/erasure/epochs.md). Decides which state may start and performs the protocol; what is erased, and who approved it, is decided
// above. Any thread, except initialise() and start().
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "hardware/tpm/anchor.h"
#include "storage/erasure/epoch_state.h"
#include "storage/generations/tenant_store.h"

namespace shosoin::erasure {

using generations::Entry;
using generations::EntrySource;
using generations::LogEntry;
using generations::TenantStore;

struct Places {
  std::filesystem::path data;        // appliance/, tenants/<id>/, journal/
  std::filesystem::path state_copy;  // on another disk or share
};

// A tenant as tenant zero knows it (table Tenants).
struct TenantFacts {
  TenantId id;
  std::string code;                  // 全国地方公共団体コード, six digits
  std::string name;
};

// One erasure that is due: becomes one certificate.
struct ErasureOrder {
  TenantId tenant;
  std::set<RecordId> records;
  std::set<RecordId> rejected_imports;               // their records leave too, and are not on the certificate
  std::set<std::string> lost_subjects;               // 団体内統合宛名番号 whose last record goes: the history of their numbers leaves
  std::string declaration;                           // JSON object: the service's members of the certificate body
  LogEntry log;                                      // the tenant's line about it
  // Entries that change with the erasure (the request becomes "executed"), given epoch and index.
  std::function<std::vector<Entry>(std::uint64_t epoch, std::uint32_t index)> additions;
  // Asked once the tenant's writers are held and everything they wrote is known: whether the order still stands. An error ends the
  // batch with nothing changed, and is what run_batch comes back with. Reads only.
  std::function<Result<void>()> last_look{};
  // The whole tenant goes: every row of it, its keys, its row of the table and its sealed object. Holds nothing of the above but
  // tenant, declaration, log (of tenant zero then) and last_look; the only order of its tenant. The tenant may be closed.
  bool remove_tenant = false;
  // Entries of tenant zero that change with it (its people, terminals, sessions), asked for under the hold of tenant zero's writers
  // and once before: as they stand then. Reads only.
  std::function<Result<std::vector<Entry>>()> zero_entries{};
};
// What stays known of a tenant that was removed (table RemovedTenants of tenant zero).
struct RemovedTenant {
  TenantId id;
  std::string code, name;
  std::uint64_t epoch = 0;
  std::string serial;                                // of its certificate
  std::uint32_t rows = 0;
  std::string removed_at;                            // ISO 8601
};
Bytes encode_removed_tenant(const RemovedTenant& tenant);
Result<RemovedTenant> decode_removed_tenant(const TenantId& id, ByteView bytes);
struct BatchOutcome {
  std::uint64_t epoch = 0;
  std::vector<std::string> serials;                  // one per order, in order; 64 hex digits
};
struct EpochStatus {
  std::uint64_t epoch = 0;
  bool certified = true;                             // false: a batch is being finished ("pendingEpoch")
  std::string recovered;                             // what the start found and did, one word of the table in epochs.md
  std::size_t open_tenants = 0, tenants = 0;
  bool state_copy_behind = false;                    // the last renewal failed: a lost appliance environment could not be rebuilt
};

class Appliance {
 public:
  // Epoch 0 on a freshly provisioned anchor: environment, journal, tenant zero holding `first`. Refuses a data directory that is
  // not empty. Pins::ctr_base and x_init must be those of the anchor.
  static Result<void> initialise(const Places& places, const tpm::Pins& pins, tpm::Anchor& anchor, const Clock& clock,
                                 std::vector<Entry> first);
  // Performs the table "found at start / do". RolledBack, Forked: refused, nothing changed.
  static Result<std::unique_ptr<Appliance>> start(const Places& places, const tpm::Pins& pins,
                                                  std::unique_ptr<tpm::Anchor> anchor, const Clock& clock);
  ~Appliance();

  TenantStore& zero();
  std::vector<TenantFacts> tenants() const;
  Result<std::vector<RemovedTenant>> removed_tenants() const;
  Result<TenantFacts> find_tenant(std::string_view code) const;      // NotFound
  Result<TenantStore*> tenant(const TenantId& id);                   // opens it on first use; stays valid until destruction
  // Environment, sealed object, generation 0 holding `first`, table row; logged in tenant zero with `log`. Conflict: code exists.
  Result<TenantFacts> create_tenant(const std::string& code, const std::string& name, std::vector<Entry> first,
                                    const LogEntry& log);
  // Snapshot + delta + additions into a new generation under the same key; how imports publish.
  Result<void> merge(TenantStore& store, std::vector<Entry> additions, std::set<RecordId> remove_imports = {});
  // The same with additions that stream in (generations::EntrySorter), so that its memory does not grow with them; the few win over bulk.
  Result<void> merge(TenantStore& store, EntrySource& bulk, std::vector<Entry> additions);
  // Accepted time has come so far: no tenant's log goes on in a month before (L-15, decision 0068).
  // Where that is another month, keys that are missing are made.
  Result<void> log_from(Instant accepted);
  // Once more, where the state copy could not be renewed after a merge or a new tenant; nothing otherwise.
  void renew_state_copy();
  // All orders in one epoch step; empty is allowed. TooMany beyond `daily_cap`. A TPM or storage error in the middle means that
  // the process must end: the next start finishes or reverts. What it leaves behind - generations nobody names, rows without
  // keys, old state copies - is deleted before it returns or, Later, by sweep_up (decision 0079); never Later where a tenant goes.
  enum class Sweep : std::uint8_t { AtOnce, Later };
  Result<BatchOutcome> run_batch(std::vector<ErasureOrder> orders, int daily_cap, Sweep sweep = Sweep::AtOnce);
  // Deletes what a batch has left for later; nothing otherwise. The next batch, merge or backup does so first, the next start too.
  void sweep_up();

  // Certificate, canonical JSON, signed; NotFound; Conflict while its epoch is not certified yet.
  Result<std::string> certificate(const TenantId& tenant, std::string_view serial);
  // Of the batch that led to this epoch as a whole, an empty one too; refusals as above, NotFound for an epoch that has none.
  Result<std::string> batch_certificate(std::uint64_t epoch);
  Result<std::string> serial_of(std::uint64_t epoch, std::uint32_t index) const;
  EpochStatus status() const;
  tpm::Anchor& anchor();
  journal::Journal& journal();
  std::mutex& anchor_mutex();
  // Consistent copies below `into` (a new directory): tenants' environments, the appliance's, the journal last, with no batch, merge
  // or new tenant meanwhile (DESIGN section 4). Conflict: a batch is being finished.
  struct CopiedStores {
    std::uint64_t epoch = 0;
    Digest chain{};
    std::map<TenantId, std::uint64_t> sequences;  // at least: others went on writing
    std::vector<TenantId> left_out;               // tenants whose environment is damaged
  };
  Result<CopiedStores> copy_stores(const std::filesystem::path& into);
  // Reads and opens everything stored: environments, generations, rows, journal, state copy. Returns a JSON report in which every fault
  // is named with its place.
  // OutOfMemory: a walk that found no memory has found no damage, and tells nothing.
  Result<std::string> check_storage();
  // The same walk in the hands of the scrub. fault is told of each with tenant and place; go_on false ends it early.
  struct Inspection {
    std::function<void(const TenantId&, const std::string& where, const Error&)> fault;
    std::function<void(std::uint64_t bytes)> pace;
    std::function<bool()> go_on;
  };
  generations::Examiner inspect(const Inspection& inspection);

 private:
  friend struct Batch;  // this room's own (batch.cpp)
  struct Core;
  explicit Appliance(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace shosoin::erasure
