// The start: the table "found at start / do" of DESIGN section 4, one function a question. Nothing is changed until it is known that
// this state may start on this TPM.
#include <set>

#include "crypto/hash.h"
#include "firmware/base/log.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {

using generations::kEpoch;
using generations::kEvidence;
using generations::kTenants;
using generations::get_plain;
using generations::name_key;
using generations::put_plain;

Result<EpochRoot> open_epoch_root(tpm::Anchor& anchor, const EpochState& state) {
  TRY(auto sealed_half, anchor.unseal_root(state.sealed_root, state.terms()));
  TRY(auto slot_half, anchor.read_slot(state.epoch % 2));
  TRY(auto manifest, decode_manifest(state.manifest));
  const auto digest = slot_half.expose([](auto bytes) { return crypto::sha256(ByteView(bytes)); });
  if (digest != manifest.slot_digest) return Error{ErrorCode::Integrity, "match the key slot with the manifest"};
  return crypto::derive_epoch_root(sealed_half, slot_half, state.epoch);
}

Result<std::map<TenantId, TableRow>> read_table(engine::Environment& appliance, const EpochRoot& root, std::uint64_t epoch) {
  std::map<TenantId, TableRow> table;
  Result<void> read = success();
  TRY(auto transaction, appliance.read());
  TRY(transaction->scan(kTenants, epoch_key(epoch), [&](ByteView key, ByteView box) {
    if (key.size() != 24) read = Error{ErrorCode::Integrity, "read a key of the tenant table"};
    if (!read || from_be<std::uint64_t>(key.first<8>()) != epoch) return false;
    const auto tenant = TenantId::from(key.subspan(8)).value();
    auto row = open_table_row(root, epoch, tenant, box);
    if (!row) {
      read = row.error();
      return false;
    }
    table.emplace(tenant, std::move(row.value()));
    return true;
  }));
  TRY(std::move(read));
  if (!table.contains(kAppliance)) return Error{ErrorCode::Integrity, "find tenant zero in the tenant table"};
  return table;
}

TenantEpochKey key_of_zero(const TableRow& row) {
  ENSURE(row.tenant == kAppliance && row.wrapped_key.size() == TenantEpochKey::kSize);
  return TenantEpochKey::copy_from(std::span(row.wrapped_key).first<TenantEpochKey::kSize>());
}

Result<void> Appliance::Core::load_state() {
  TRY(auto transaction, appliance().read());
  TRY(auto stored, get_plain(*transaction, kEpoch, name_key("current")));
  if (!stored) return Error{ErrorCode::Integrity, "find the epoch state of the appliance"};
  TRY(auto current, decode_epoch_state(*stored));
  TRY(auto evidence, get_plain(*transaction, kEvidence, epoch_key(current.epoch)));
  certified = evidence.has_value() || current.epoch == 0;
  state = std::move(current);
  return success();
}

// Decides whether this state may start. Reads CHAIN and CTR and changes nothing.
Result<void> Appliance::Core::look_at_tpm() {
  std::unique_lock lock(anchor_mutex);
  TRY(const auto chain, anchor->read_chain());
  TRY(const auto counter, anchor->read_counter());
  TRY(auto manifest, decode_manifest(state.manifest));
  const auto before = manifest.ctr_before;
  const auto after = state.ctr_bound;
  if (chain == state.x_current && (counter == after || counter == before)) {
    recovered = counter == before && before != after ? "extended" : certified ? "settled" : "incremented";
    if (counter == before && before != after) certified = false;
    return success();
  }
  if (chain == state.x_previous && counter == before) {
    recovered = "committed";
    certified = false;
    return success();
  }
  if (counter > after) return Error{ErrorCode::RolledBack, "start: the counter is ahead of the stored state", static_cast<std::int64_t>(counter - after)};
  return Error{ErrorCode::Forked, "start: the chain does not know the stored state"};
}

Result<void> Appliance::Core::leave_out(const TenantId& tenant, Result<void> done) {
  if (done || tenant == kAppliance || done.error().code() != ErrorCode::Integrity) return done;
  oplog::info_public("a tenant is not served: its stored data are damaged", tenant.hex());
  oplog::failure("what is damaged", done.error());
  std::unique_lock lock(table_mutex);
  faults.insert_or_assign(tenant, done.error());
  return success();
}

Result<void> Appliance::Core::open_environments() {
  TRY(auto transaction, appliance().read());
  std::set<TenantId> named;
  Result<void> read = success();
  TRY(transaction->scan(kTenants, epoch_key(state.epoch), [&](ByteView key, ByteView) {
    if (key.size() != 24) read = Error{ErrorCode::Integrity, "read a key of the tenant table"};
    if (!read || from_be<std::uint64_t>(key.first<8>()) != state.epoch) return false;
    named.insert(TenantId::from(key.subspan(8)).value());
    return true;
  }));
  TRY(std::move(read));
  for (const auto& tenant : named) {
    if (tenant == kAppliance || environments.contains(tenant) || faults.contains(tenant)) continue;
    const auto open = [&] { return engine::Environment::open(directory_of(tenant), generations::tenant_layout(), false); };
    auto environment = open();
    // A disk that fails once is asked once more; one that is full keeps the whole vault from starting, until it has room.
    if (!environment && environment.error().code() == ErrorCode::StorageFailed) environment = open();
    if (!environment && environment.error().code() == ErrorCode::StorageFull) return environment.error();
    if (environment) {
      environments[tenant] = std::move(environment.value());
      continue;
    }
    const auto& error = environment.error();  // whatever it is: the others serve
    if (error.code() == ErrorCode::Integrity) {
      TRY(leave_out(tenant, error));
      continue;
    }
    oplog::failure("an environment does not open", error);
    TRY(leave_out(tenant, Error{ErrorCode::Integrity, "find and open the environment of a tenant", error.outside()}));
  }
  return success();
}

// The first thing a start does once it may start; needs no keys. A tenant's frame may stand in its own outbox or, for a batch, in the
// appliance's, so rounds go on until none moves. What still waits then waits for a line that is lost.
Result<void> Appliance::Core::replay_outboxes() {
  std::set<TenantId> waiting;
  for (std::size_t round = 0; round <= environments.size() + 1; ++round) {
    waiting.clear();
    std::vector<TenantId> all;
    for (const auto& [tenant, environment] : environments) {
      if (!faults.contains(tenant)) all.push_back(tenant);
    }
    for (const auto& tenant : all) {
      auto replayed = generations::replay_outbox(*environments.at(tenant), *journal);
      if (replayed) {
        waiting.insert(replayed.value().begin(), replayed.value().end());
      } else {
        TRY(leave_out(tenant, replayed.error()));
      }
    }
    if (waiting.empty()) return success();
  }
  for (const auto& tenant : waiting) {
    TRY(leave_out(tenant, Error{ErrorCode::Integrity, "replay the outboxes: a line before theirs is missing from the journal"}));
  }
  return success();
}

Result<void> Appliance::Core::open_root_or_revert() {
  Result<EpochRoot> opened = [&] {
    std::unique_lock lock(anchor_mutex);
    return open_epoch_root(*anchor, state);
  }();
  Result<void> verified = success();
  if (opened) {
    auto rows = read_table(appliance(), opened.value(), state.epoch);
    if (!rows) {
      verified = rows.error();
    } else if (recovered == "committed") {  // before the old epoch dies: the new tenant zero opens, snapshot and delta
      const auto& zero_row = rows.value().at(kAppliance);
      auto opens = TenantStore::open(appliance(), kAppliance, {key_of_zero(zero_row), zero_row.gid}, *journal, *clock);
      if (!opens) verified = opens.error();
    }
  } else {
    verified = opened.error();
  }
  if (verified) {
    root = std::move(opened.value());
    return success();
  }
  const auto& fault = verified.error();
  if (recovered != "committed" || fault.code() == ErrorCode::TpmUnreachable || state.epoch == 0) return fault;
  oplog::failure("the committed epoch does not open: going back to the one before", fault);
  return revert();
}

// Only while CHAIN == X(e): the old epoch is whole, the new one does not open. Its journalled frames stay; the sequence of tenant zero
// keeps its place with an empty delta row, so that nothing seems missing.
Result<void> Appliance::Core::revert() {
  EpochState old;
  {
    TRY(auto transaction, appliance().read());
    TRY(auto stored, get_plain(*transaction, kEpoch, name_key("previous")));
    // Step 8 drops it: that epoch was finished, and this TPM does not know (a software TPM whose state was set back).
    if (!stored) return Error{ErrorCode::Forked, "start: the TPM is behind an epoch that was finished with it"};
    TRY(auto decoded, decode_epoch_state(*stored));
    old = std::move(decoded);
  }
  TRY(auto old_root, [&] {
    std::unique_lock lock(anchor_mutex);
    return open_epoch_root(*anchor, old);
  }());
  TRY(auto rows, read_table(appliance(), old_root, old.epoch));
  const auto& zero_row = rows.at(kAppliance);
  const auto zero_key = key_of_zero(zero_row);
  TRY(auto transaction, appliance().write());
  TRY(const auto seq, generations::read_seq(*transaction));
  const Bytes empty(limits::kDeltaPlain, 0);
  TRY(transaction->put(generations::kDelta, generations::gid_key(zero_row.gid, seq),
                       crypto::seal_box(zero_key, {crypto::BoxKind::Delta, kAppliance, zero_row.gid.bytes(), 0, seq}, empty)));
  std::vector<std::pair<engine::Table, Bytes>> gone;
  TRY(transaction->scan(kTenants, epoch_key(state.epoch), [&](ByteView key, ByteView) {
    gone.emplace_back(kTenants, copy_of(key));
    return true;
  }));
  TRY(transaction->scan(generations::kCleanup, {}, [&](ByteView key, ByteView) {
    gone.emplace_back(generations::kCleanup, copy_of(key));
    return true;
  }));
  for (const auto& [table_of, key] : gone) {
    TRY(transaction->erase(table_of, key));
  }
  TRY(put_plain(*transaction, kEpoch, name_key("current"), encode_epoch_state(old)));
  TRY(transaction->erase(kEpoch, name_key("previous")));
  // If power goes before this commit: the next start finds the same and comes here again.
  TRY(transaction->commit("recovery:revert"));
  state = std::move(old);
  root = std::move(old_root);
  certified = true;
  recovered = "reverted";
  return success();
}

Result<void> Appliance::Core::open_table() {
  TRY(auto rows, read_table(appliance(), *root, state.epoch));
  table = std::move(rows);
  return success();
}

Result<void> Appliance::Core::open_zero() {
  const auto& row = table.at(kAppliance);
  TRY(auto store, TenantStore::open(appliance(), kAppliance, {key_of_zero(row), row.gid}, *journal, *clock));
  zero_store = store.get();
  stores[kAppliance] = std::move(store);
  TRY(zero().ensure_log_keys());
  // A tenant's row is there before its name: one that tenant zero knows and the table does not has lost it.
  Result<void> complete = success();
  TRY(zero().scan(generations::TableId::Tenants, {}, [&](const Entry& entry) {
    const auto tenant = TenantId::from(entry.key.bytes);
    if (!tenant || !table.contains(tenant.value()))
      complete = Error{ErrorCode::Integrity, "find the row of a tenant in the tenant table"};
    return complete.has_value();
  }));
  TRY(std::move(complete));
  // A row whose tenant has no name is what a cut creation left.
  std::vector<TenantId> unnamed;
  for (const auto& [tenant, facts] : table) {
    if (tenant == kAppliance) continue;
    TRY(auto entry, zero().get({generations::TableId::Tenants, copy_of(tenant.view())}));
    if (!entry) unnamed.push_back(tenant);
  }
  for (const auto& tenant : unnamed) {
    TRY(auto transaction, appliance().write());
    TRY(transaction->erase(kTenants, table_key(state.epoch, tenant)));
    TRY(transaction->commit("recovery:unnamed-tenant"));
    table.erase(tenant);
    environments.erase(tenant);
    std::error_code ignored;
    std::filesystem::remove_all(directory_of(tenant), ignored);
  }
  return success();
}

namespace {

// A journal that is not there has been lost, or stands on a disk that is not mounted: never a new one.
Result<std::unique_ptr<journal::Journal>> journal_of(const Places& places) {
  auto journal = journal::Journal::open(places.data / "journal", false);
  if (!journal && journal.error().code() == ErrorCode::NotFound)
    return Error{ErrorCode::Integrity, "find the journal", journal.error().outside()};
  return journal;
}

}  // namespace

Result<std::unique_ptr<Appliance>> Appliance::start(const Places& places, const tpm::Pins& pins,
                                                    std::unique_ptr<tpm::Anchor> anchor, const Clock& clock) {
  auto core = std::make_unique<Core>();
  core->places = places;
  core->pins = pins;
  core->anchor = std::move(anchor);
  core->clock = &clock;
  auto environment = engine::Environment::open(core->directory_of(kAppliance), generations::appliance_layout(), false);
  if (!environment && environment.error().code() == ErrorCode::NotFound) {
    TRY(auto journal, journal_of(places));
    core->journal = std::move(journal);
    TRY(core->rebuild_environment());
    environment = engine::Environment::open(core->directory_of(kAppliance), generations::appliance_layout(), false);
  }
  if (!environment) return environment.error();
  core->appliance_environment = environment.value().get();
  core->environments[kAppliance] = std::move(environment.value());
  TRY(core->load_state());
  TRY(core->look_at_tpm());
  if (!core->journal) {
    TRY(auto journal, journal_of(places));
    core->journal = std::move(journal);
  }
  TRY(core->open_environments());
  TRY(core->replay_outboxes());
  TRY(core->open_root_or_revert());
  if (core->recovered == "reverted") {  // a tenant that the taken-back epoch had removed is there again
    TRY(core->open_environments());
    TRY(core->replay_outboxes());
  }
  if (!core->certified || core->recovered == "committed") {
    TRY(core->finish_epoch());
  }
  TRY(core->open_table());
  TRY(core->open_zero());
  TRY(core->sweep());
  core->state_copy_behind = !read_state_copy(places.state_copy, core->state);  // torn, gone, or of an earlier format: renewed by whoever asks
  if (core->journal->dropped() > 0) {  // after a power cut as a rule; the audit officer sees that lines may be gone
    TRY(core->zero().log({false, R"({"operation":"journal-tail-dropped","bytes":)" + std::to_string(core->journal->dropped()) + "}"}));
  }
  if (core->rebuilt) core->recovered = "rebuilt";
  if (core->recovered != "settled") {
    TRY(core->zero().log({false, R"({"operation":"epoch-recovered","found":")" + core->recovered + R"("})"}));
  }
  return std::unique_ptr<Appliance>(new Appliance(std::move(core)));
}

}  // namespace shosoin::erasure
