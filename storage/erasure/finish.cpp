// Steps 5 to 8 of a batch, and what is swept up after them.
#include <algorithm>
#include <set>

#include "firmware/base/limits_batch.h"
#include "firmware/base/log.h"
#include "firmware/base/power.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {

using generations::kCleanup;
using generations::kEpoch;
using generations::kEvidence;
using generations::kOutbox;
using generations::kTenants;
using generations::name_key;

Result<void> Appliance::Core::finish_epoch() {
  TRY(destroy_previous());
  if (state.epoch != 0) {
    TRY(certify());
  }
  std::unique_lock lock(table_mutex);
  certified = true;
  return success();
}

Result<void> Appliance::Core::destroy_previous() {
  std::unique_lock lock(anchor_mutex);
  TRY(auto manifest, decode_manifest(state.manifest));
  const auto digest = manifest_digest(state.manifest);
  TRY(auto chain, anchor->read_chain());
  if (chain == state.x_previous) {
    TRY(const auto before, anchor->read_counter());
    if (before != manifest.ctr_before) return Error{ErrorCode::RolledBack, "extend the chain: the counter is not where the manifest says"};
    // If power goes here: committed at e+1, CHAIN == X(e); the next start verifies and comes back to this line.
    // If it goes inside: CHAIN is at X(e) or X(e+1), never elsewhere; the next start looks.
    TRY(anchor->extend_chain(digest));
    TRY(auto moved, anchor->read_chain());
    chain = moved;
  }
  if (chain != state.x_current) return Error{ErrorCode::Forked, "find the chain where the manifest puts it"};
  // From here on S(e) is refused. A policy session satisfied earlier still lives until PCR 13 moves.
  TRY(anchor->extend_pcr13(digest));
  if (state.epoch == 0) return success();  // nothing came before
  // If power goes here: extended, K(e) still in its slot; shredding is idempotent.
  TRY(anchor->overwrite_slot((state.epoch + 1) % 2, shred_value(state.manifest)));
  TRY(auto counter, anchor->read_counter());
  if (counter == manifest.ctr_before) {
    TRY(anchor->increment_counter());  // not idempotent: the counter decides, not our memory
    TRY(auto now, anchor->read_counter());
    counter = now;
  }
  if (counter != state.ctr_bound) return Error{ErrorCode::RolledBack, "find the counter where the manifest puts it"};
  return success();
}

// The end of a batch: if power goes before this commit, the next start certifies again with the same serials.
Result<void> Appliance::Core::certify() {
  Evidence evidence{state.manifest, state.x_previous, state.x_current, {}, {}, to_iso8601(clock->now())};
  {
    std::unique_lock lock(anchor_mutex);
    TRY(auto attestations, anchor->certify((state.epoch + 1) % 2, manifest_digest(state.manifest)));
    evidence.attestations = std::move(attestations);
    TRY(auto quote, anchor->quote(manifest_digest(state.manifest)));
    evidence.quote = std::move(quote);
  }
  TRY(auto transaction, appliance().write());
  TRY(generations::put_plain(*transaction, kEvidence, epoch_key(state.epoch), encode_evidence(evidence)));
  TRY(transaction->erase(kEpoch, name_key("previous")));
  std::vector<std::pair<engine::Table, Bytes>> old;
  TRY(transaction->scan(kTenants, {}, [&](ByteView key, ByteView) {
    if (from_be<std::uint64_t>(key.first<8>()) != state.epoch) old.emplace_back(kTenants, copy_of(key));
    return true;
  }));
  TRY(transaction->scan(kOutbox, {}, [&](ByteView key, ByteView) {
    if (key.size() > 8) old.emplace_back(kOutbox, copy_of(key));  // the batch's frames of other tenants, long journalled
    return true;
  }));
  for (const auto& [table_of, key] : old) {
    TRY(transaction->erase(table_of, key));
  }
  return transaction->commit("batch:certified");
}

void Appliance::Core::sweep_up() {
  if (!unswept.exchange(false)) return;
  if (auto swept = sweep(); !swept) oplog::failure("sweeping up after a batch waits for the next start", swept.error());
}

// A batch that is taken back forgets all rows that were to be dropped, so an earlier batch's must have gone before it.
std::unique_lock<std::mutex> Appliance::Core::begin_work() {
  std::unique_lock work(work_mutex);
  sweep_up();
  return work;
}

// Needs no tenant key. Idempotent; if power goes anywhere in it, the next start does the rest.
Result<void> Appliance::Core::sweep() {
  std::vector<TenantId> served;
  for (const auto& [tenant, environment] : environments) {
    if (!faults.contains(tenant)) served.push_back(tenant);
  }
  for (const auto& tenant : served) {
    const auto row = table.find(tenant);
    if (row == table.end()) continue;
    auto& environment = *environments.at(tenant);
    const auto* store = open_already(tenant);
    TRY(leave_out(tenant, [&]() -> Result<void> {
      TRY(const auto found, generations::generations_in(environment));
      for (const auto& gid : found) {
        if (gid == row->second.gid || (store != nullptr && store->sorting(gid))) continue;
        TRY(generations::drop_generation_in(environment, gid));
      }
      return success();
    }()));
  }
  std::map<TenantId, std::vector<RowId>> rows;
  std::vector<Bytes> keys;
  {
    TRY(auto reading, appliance().read());
    TRY(generations::scan_plain(*reading, kCleanup, {}, [&](ByteView key, ByteView) {
      auto tenant = TenantId::from(key.first(16));
      auto row = RowId::from(key.subspan(16));
      if (tenant && faults.contains(tenant.value())) return true;  // its turn comes when it is served again
      if (tenant && row) rows[tenant.value()].push_back(row.value());
      keys.push_back(copy_of(key));
      return true;
    }));
  }
  for (const auto& [tenant, list] : rows) {
    const auto environment = environments.find(tenant);
    if (environment == environments.end()) continue;
    for (std::size_t at = 0; at < list.size();) {  // others who write come in between
      TRY(auto transaction, environment->second->write());
      for (const auto end = std::min(list.size(), at + limits::kRowsDroppedAtOnce); at < end; ++at) {
        TRY(transaction->erase(generations::kRows, list[at].view()));
      }
      TRY(transaction->commit("batch:drop-rows"));
    }
  }
  if (!keys.empty()) {
    TRY(auto transaction, appliance().write());
    for (const auto& key : keys) {
      TRY(transaction->erase(kCleanup, key));
    }
    TRY(transaction->commit("batch:cleaned"));
  }
  // A sweep goes on without it, as a merge does without its copy: the next one tries again.
  if (auto copied = copy_evidence(places.state_copy, appliance()); !copied) {
    oplog::failure("evidence could not be copied beside the state copy", copied.error());
  }
  std::set<std::uint64_t> births;
  for (const auto& [tenant, row] : table) {
    if (tenant != kAppliance) births.insert(row.birth_epoch);
  }
  TRY(prune_state_copies(places.state_copy, state, births));
  return drop_removed();
}

}  // namespace shosoin::erasure
