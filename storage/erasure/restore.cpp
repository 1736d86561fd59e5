#include "storage/erasure/restore.h"

#include <algorithm>

#include "firmware/base/log.h"
#include "storage/erasure/core.h"
#include "storage/erasure/restore_tenant.h"
#include "storage/erasure/sequence_line.h"

namespace shosoin::erasure {
namespace {

using generations::get_plain;
using generations::kEpoch;
using generations::kEvidence;
using generations::kTenants;
using generations::name_key;
using generations::put_plain;

struct Fitting {
  EpochState state;
  EpochRoot root;
  std::map<TenantId, TableRow> rows;
};

Result<std::optional<EpochState>> own_state(const engine::ReadTransaction& reading, const Digest& chain) {
  for (const auto* name : {"current", "previous"}) {
    TRY(const auto stored, get_plain(reading, kEpoch, name_key(name)));
    if (!stored) continue;
    TRY(auto state, decode_epoch_state(*stored));
    if (state.x_current == chain) return std::optional(std::move(state));
  }
  return std::optional<EpochState>{};
}

// Within an epoch the rows of backup and state copies differ in the generation they name, which is chosen again, and in
// tenants that one of them does not know yet.
void take_row(Fitting& fitting, ByteView key, ByteView box) {
  if (key.size() != 24 || from_be<std::uint64_t>(key.first<8>()) != fitting.state.epoch) return;
  const auto tenant = TenantId::from(key.subspan(8)).value();
  if (auto row = open_table_row(fitting.root, fitting.state.epoch, tenant, box))
    fitting.rows.insert_or_assign(tenant, row.value());
}

Result<Fitting> find_fitting(engine::Environment& appliance, const std::vector<StateCopy>& copies,
                             tpm::Anchor& anchor) {
  TRY(const auto chain, anchor.read_chain());
  TRY(auto reading, appliance.read());
  TRY(auto state, own_state(*reading, chain));
  for (const auto& copy : copies) {
    if (!state && copy.state.x_current == chain) state = copy.state;
  }
  if (!state) return Error{ErrorCode::Integrity, "restore: neither the backup nor a state copy fits the TPM"};
  TRY(auto root, open_epoch_root(anchor, *state));
  Fitting fitting{std::move(*state), std::move(root), {}};
  TRY(reading->scan(kTenants, epoch_key(fitting.state.epoch), [&](ByteView key, ByteView box) {
    take_row(fitting, key, box);
    return true;
  }));
  for (const auto& copy : copies) {
    if (copy.state.x_current != chain) continue;
    for (const auto& [key, box] : copy.table) take_row(fitting, key, box);
  }
  if (!fitting.rows.contains(kAppliance)) return Error{ErrorCode::Integrity, "find tenant zero in the tenant table"};
  return fitting;
}

// The last change anybody knows of.
struct Known {
  const std::map<TenantId, std::uint64_t>& told;
  std::map<TenantId, journal::Position> journalled;
  const std::vector<StateCopy>& copies;

  Result<std::uint64_t> of(const TenantId& tenant, engine::Environment& environment) const {
    std::uint64_t known = 0;
    {
      TRY(auto reading, environment.read());
      TRY(const auto stored, get_plain(*reading, generations::kMeta, name_key("seq")));
      if (stored && stored->size() == 8) known = from_be<std::uint64_t>(stored->first<8>());
    }
    if (const auto at = told.find(tenant); at != told.end()) known = std::max(known, at->second);
    if (const auto at = journalled.find(tenant); at != journalled.end()) known = std::max(known, at->second.change_seq);
    for (const auto& copy : copies) {
      for (const auto& generation : copy.generations) {
        if (generation.tenant == tenant) known = std::max(known, generation.seq);
      }
    }
    return known;
  }
};

void name_generation(TableRow& row, const FittedGeneration& fitted) {
  row.gid = fitted.gid;
  row.snapshot_root = fitted.summary.root;
  row.entries = fitted.summary.entries;
}

class Fitter {
 public:
  Fitter(const Places& places, tpm::Anchor& anchor, Instant now, const std::vector<StateCopy>& copies,
         const Known& known, std::uint64_t line)
      : places_(places), anchor_(anchor), now_(now), copies_(copies), known_(known), line_(line) {}

  Result<void> fit_appliance(engine::Environment& environment, Fitting& fitting) {
    RestoredTenant told{kAppliance};
    told.line = line_;
    TRY(bring_in_copies(environment, kAppliance, copies_));
    TRY(told.known, known_.of(kAppliance, environment));
    auto& row = fitting.rows.at(kAppliance);
    TRY(const auto fitted, fit_tenant(environment, key_of_zero(row), told, now_, [&](const Entry& entry) {
          if (entry.key.table != generations::TableId::Tenants || !entry.value) return;
          const auto tenant = TenantId::from(entry.key.bytes);
          auto facts = decode_tenant_entry(*entry.value);
          if (tenant && facts) entries_.insert_or_assign(tenant.value(), std::move(facts.value()));
        }));
    if (!fitted) return Error{ErrorCode::Integrity, "restore: the appliance's own generation is nowhere"};
    name_generation(row, *fitted);
    restored.push_back(told);
    return success();
  }

  Result<void> fit(const TenantId& tenant, TableRow& row) {
    RestoredTenant told{tenant};
    told.line = line_;
    auto fitted = fit_one(row, told);
    if (!fitted && fitted.error().code() != ErrorCode::Integrity && fitted.error().code() != ErrorCode::InvalidContent)
      return fitted.error();
    if (!fitted) oplog::failure("a tenant does not come back: it stays closed", fitted.error());
    if (fitted && fitted.value()) name_generation(row, *fitted.value());
    restored.push_back(told);
    return success();
  }
  std::vector<RestoredTenant> restored;

 private:
  Result<std::optional<FittedGeneration>> fit_one(const TableRow& row, RestoredTenant& told) {
    const auto place = places_.data / "tenants" / told.tenant.hex();
    const bool in_backup = std::filesystem::exists(place / "data.mdb");
    const bool in_copies = std::ranges::any_of(copies_, [&](const StateCopy& copy) {
      return std::ranges::find(copy.generations, told.tenant, &StateCopy::Generation::tenant) != copy.generations.end();
    });
    const auto entry = entries_.find(told.tenant);
    if ((!in_backup && !in_copies) || entry == entries_.end()) return std::optional<FittedGeneration>{};
    TRY(auto environment, engine::Environment::open(place, generations::tenant_layout(), true));
    if (!in_backup) {  // made after the backup: its keys are there, its rows are not
      TRY(auto transaction, environment->write());
      TRY(put_plain(*transaction, generations::kMeta, name_key("format"),
                    Writer{}.u16(generations::kEnvironmentFormat).take()));
      TRY(put_plain(*transaction, generations::kMeta, name_key("tenant"), told.tenant.view()));
      TRY(put_plain(*transaction, generations::kMeta, name_key("seq"), generations::seq_key(0)));
      TRY(transaction->commit("restore:environment"));
    }
    TRY(bring_in_copies(*environment, told.tenant, copies_));
    TRY(told.known, known_.of(told.tenant, *environment));
    TRY(auto seal, anchor_.unseal_tenant(entry->second.seal, entry->second.auth));
    TRY(auto key, unwrap_tenant_key(seal, row));
    return fit_tenant(*environment, key, told, now_);
  }
  const Places& places_;
  tpm::Anchor& anchor_;
  Instant now_;
  const std::vector<StateCopy>& copies_;
  const Known& known_;
  const std::uint64_t line_;  // drawn by the restore before this one: what it gave out nobody may know any more
  std::map<TenantId, TenantEntry> entries_;
};

Result<void> erase_all(engine::WriteTransaction& transaction, engine::Table table) {
  std::vector<Bytes> keys;
  TRY(transaction.scan(table, {}, [&](ByteView key, ByteView) {
    keys.push_back(copy_of(key));
    return true;
  }));
  for (const auto& key : keys) {
    TRY(transaction.erase(table, key));
  }
  return success();
}

// State, table and evidence of the epoch the TPM is in. Which rows an erasure left behind is no question any more: they
// were dropped.
Result<void> put_state(engine::Environment& appliance, const Fitting& fitting, const Places& places) {
  const auto epoch = fitting.state.epoch;
  TRY(auto transaction, appliance.write());
  TRY(erase_all(*transaction, kTenants));
  TRY(erase_all(*transaction, generations::kCleanup));
  TRY(transaction->erase(kEpoch, name_key("previous")));
  TRY(put_plain(*transaction, kEpoch, name_key("current"), encode_epoch_state(fitting.state)));
  for (const auto& [tenant, row] : fitting.rows) {
    TRY(transaction->put(kTenants, table_key(epoch, tenant), seal_table_row(fitting.root, epoch, row)));
  }
  for (const auto& [number, proof] : read_evidence_copies(places.state_copy, epoch)) {
    TRY(const auto present, transaction->get(kEvidence, number));
    if (present) continue;
    TRY(put_plain(*transaction, kEvidence, number, proof));
  }
  auto from = epoch;
  for (; from > 1; --from) {
    TRY(const auto present, transaction->get(kEvidence, epoch_key(from - 1)));
    if (!present) break;
  }
  TRY(put_plain(*transaction, generations::kMeta, name_key("evidence-from"), epoch_key(from)));
  return transaction->commit("restore:state");
}

}  // namespace

Result<Restoration> fit_to_tpm(const Places& places, tpm::Anchor& anchor,
                               const std::map<TenantId, std::uint64_t>& known, Instant now) {
  TRY(const auto copies, read_state_copies(places.state_copy));
  Known all{known, {}, copies};
  {
    TRY(const auto journal, journal::Journal::open(places.data / "journal", false));
    all.journalled = journal->positions();
  }
  TRY(auto appliance, engine::Environment::open(places.data / "appliance", generations::appliance_layout(), false));
  TRY(auto fitting, find_fitting(*appliance, copies, anchor));
  TRY(const auto line, read_sequence_line(places.state_copy));
  Fitter fitter(places, anchor, now, copies, all, line);
  TRY(fitter.fit_appliance(*appliance, fitting));
  for (auto& [tenant, row] : fitting.rows) {
    if (tenant == kAppliance) continue;
    TRY(fitter.fit(tenant, row));
  }
  auto drawn = line;
  for (const auto& told : fitter.restored) drawn = std::max(drawn, told.line);
  TRY(write_sequence_line(places.state_copy, drawn));
  // Last: without it the data directory is one that no start takes.
  TRY(put_state(*appliance, fitting, places));
  std::error_code ignored;
  std::vector<std::filesystem::path> strangers;
  for (const auto& item : std::filesystem::directory_iterator(places.data / "tenants", ignored)) {
    const auto bytes = from_hex(item.path().filename().string());
    const auto tenant =
        bytes ? TenantId::from(*bytes) : Result<TenantId>(Error{ErrorCode::NotFound, "read the name of a tenant"});
    if (!tenant || !fitting.rows.contains(tenant.value())) strangers.push_back(item.path());
  }
  for (const auto& path : strangers) std::filesystem::remove_all(path, ignored);  // tenants that are there no more
  return Restoration{fitting.state.epoch, std::move(fitter.restored)};
}

}  // namespace shosoin::erasure
