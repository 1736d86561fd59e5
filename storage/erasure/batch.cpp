// One batch: all tenants' erasures since the last in one step of the epoch (DESIGN section 4, steps 1 to 4; the rest in finish.cpp).
#include <algorithm>

#include "crypto/hash.h"
#include "firmware/base/limits_retention.h"
#include "firmware/base/log.h"
#include "firmware/base/power.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {
namespace {

using generations::StagedGeneration;

// Everything an attempt draws and makes; dropped whole when the attempt fails before its commit.
struct Attempt {
  AttemptId id = AttemptId::random();
  std::vector<ErasureOrder> orders;
  std::map<TenantId, StagedTenant> touched;
  std::map<TenantId, LeavingTenant> leaving;
  std::map<TenantId, std::vector<RowId>> removed;  // every row that leaves
  EpochState state;
  std::optional<EpochRoot> root;
  std::map<TenantId, TableRow> table;
  std::map<TenantId, Bytes> boxed_table;
  TenantStore::BoxedChange certificates{};  // tenant zero's change: the bodies, fixed before anything is destroyed
};

std::string erased_value(std::uint64_t epoch, std::uint32_t index) {
  return std::string(text_of(Writer{}.u64(epoch).u32(index).bytes()));
}

generations::RebuildPlan plan_for(const TenantId& tenant, const std::vector<ErasureOrder>& orders, std::uint64_t epoch) {
  generations::RebuildPlan plan;
  plan.fresh_key = true;
  std::map<generations::EntryKey, std::optional<Bytes>> additions;
  for (std::uint32_t index = 0; index < orders.size(); ++index) {
    const auto& order = orders[index];
    if (order.tenant != tenant || order.remove_tenant) continue;
    plan.remove.insert(order.records.begin(), order.records.end());
    plan.remove_imports.insert(order.rejected_imports.begin(), order.rejected_imports.end());
    plan.remove_subjects.insert(order.lost_subjects.begin(), order.lost_subjects.end());
    const auto mark = erased_value(epoch, index);
    for (const auto& record : order.records) {
      additions[{generations::TableId::Erased, copy_of(record.view())}] = copy_of(view_of(mark));
    }
    if (order.additions) {
      for (auto& entry : order.additions(epoch, index)) additions[std::move(entry.key)] = std::move(entry.value);
    }
  }
  for (auto& [key, value] : additions) plan.additions.push_back({key, std::move(value)});
  return plan;
}

// The rows the certificates speak of: those of ordered records. Rejected imports leave too, but were never confirmed.
Result<std::vector<CertificateRow>> digest_rows(engine::Environment& environment, const StagedGeneration& staged,
                                                const std::set<RecordId>& ordered) {
  std::vector<CertificateRow> rows;
  TRY(auto reading, environment.read());
  for (const auto& removed : staged.removed_rows) {
    if (!ordered.contains(removed.record)) continue;
    if (const auto known = staged.row_digests.find(removed.row); known != staged.row_digests.end()) {
      rows.push_back({removed.record, removed.row, known->second});
      continue;
    }
    TRY(auto bytes, reading->get(generations::kRows, removed.row.view()));
    // A row that is missing already is erased all the same: its digest is zero, and the alarm says that something was wrong before.
    if (!bytes) oplog::warning("a row that is to be erased is missing");
    rows.push_back({removed.record, removed.row, bytes ? crypto::sha256(*bytes) : Digest{}});
  }
  std::ranges::sort(rows, {}, &CertificateRow::row);
  return rows;
}

std::vector<Digest> leaves_of(const TenantId& tenant, const std::vector<CertificateRow>& rows) {
  std::vector<Digest> leaves;
  for (const auto& row : rows) leaves.push_back(erased_leaf(tenant, row.row, row.row_digest));
  return leaves;
}

// What tenant zero forgets of tenants that go, as it stands now.
Result<std::vector<Entry>> forgotten(const std::vector<ErasureOrder>& orders) {
  std::vector<Entry> entries;
  for (const auto& order : orders) {
    if (!order.remove_tenant) continue;
    entries.push_back({{generations::TableId::Tenants, copy_of(order.tenant.view())}, std::nullopt});
    if (!order.zero_entries) continue;
    TRY(auto own, order.zero_entries());
    std::ranges::move(own, std::back_inserter(entries));
  }
  std::ranges::sort(entries, {}, &Entry::key);
  return entries;
}

}  // namespace

struct Batch {
  Appliance::Core& core;
  Attempt attempt{};
  bool committed = false;
  std::optional<power::NoWayBack> whole{};  // from the commit point to the certificate

  Result<void> stage(std::vector<ErasureOrder> orders);
  Result<void> hold();
  Result<void> make_state();
  Result<void> wrap_table();
  Result<void> verify();
  Result<void> copy_state();
  Result<void> commit();
  void give_up();
  Result<std::vector<Entry>> zero_change() const;
  LogEntry log_for(const TenantId& tenant) const;
};

Result<void> Batch::stage(std::vector<ErasureOrder> orders) {
  attempt.orders = std::move(orders);
  const auto epoch = core.state.epoch + 1;
  attempt.touched[kAppliance].store = &core.zero();
  for (const auto& order : attempt.orders) {
    // Tenant zero holds no records: what leaves it by an order of its own are months of its log, and it never leaves.
    ENSURE(order.tenant != kAppliance ||
           (order.records.empty() && order.rejected_imports.empty() && !order.remove_tenant));
    if (order.tenant == kAppliance) continue;
    if (order.remove_tenant) {  // not opened: a closed tenant is removed without its keys
      ENSURE(attempt.leaving.try_emplace(order.tenant).second);
      continue;
    }
    TRY(auto* store, core.open_store(order.tenant));
    attempt.touched[order.tenant].store = store;
  }
  // If power goes in here: generations of gids the table does not name.
  for (auto& [tenant, touched] : attempt.touched) {
    ENSURE(!attempt.leaving.contains(tenant));
    auto plan = plan_for(tenant, attempt.orders, epoch);
    if (tenant == kAppliance) {  // out of the snapshot; once more under hold, for what changes until then
      TRY(auto gone, forgotten(attempt.orders));
      std::ranges::move(gone, std::back_inserter(plan.additions));
      std::ranges::sort(plan.additions, {}, &Entry::key);
    }
    std::unique_ptr<GenerationFile> file;
    plan.copy_to = [&, tenant = tenant](const GenerationId& gid) -> Result<generations::SnapshotCopy*> {
      TRY(file, GenerationFile::create(place_of_copy(core.places.state_copy, epoch, attempt.id), tenant, gid));
      return file.get();
    };
    TRY(auto staged, touched.store->stage(plan));
    touched.staged.emplace(std::move(staged));
    TRY(touched.copy, file->finish(0));
  }
  TRY(hold());
  for (const auto& order : attempt.orders) {  // from here to the commit nothing can come between
    if (order.last_look) {
      TRY(order.last_look());
    }
  }
  return success();
}

Result<void> Batch::hold() {
  for (auto& [tenant, touched] : attempt.touched) touched.writers = touched.store->hold_writers();
  for (auto& [tenant, gone] : attempt.leaving) {
    TRY(core.take_leave(tenant, gone));
    TRY(core.count_rows(tenant, gone));
  }
  for (auto& [tenant, touched] : attempt.touched) {
    TRY(touched.store->catch_up(*touched.staged));
    std::set<RecordId> ordered;
    for (const auto& order : attempt.orders) {
      if (order.tenant == tenant) ordered.insert(order.records.begin(), order.records.end());
    }
    TRY(auto rows, digest_rows(*core.environments.at(tenant), *touched.staged, ordered));
    touched.rows = std::move(rows);
    for (const auto& removed : touched.staged->removed_rows) attempt.removed[tenant].push_back(removed.row);
    attempt.removed[tenant];
  }
  return success();
}

Result<void> Batch::make_state() {
  Manifest manifest;
  manifest.epoch = core.state.epoch + 1;
  manifest.attempt = attempt.id;
  manifest.previous_x = core.state.x_current;
  manifest.slot = static_cast<std::uint8_t>(manifest.epoch % 2);
  const auto sealed_half = RootHalfSealed::random();
  const auto slot_half = RootHalfSlot::random();
  manifest.slot_digest = slot_half.expose([](auto bytes) { return crypto::sha256(ByteView(bytes)); });
  for (const auto& [tenant, row] : core.table) {
    ManifestTenant facts{tenant, row.gid, row.snapshot_root, row.entries, core.journal->position(tenant).last_frame, 0, {}};
    facts.erased_root = crypto::merkle_root({});
    if (const auto touched = attempt.touched.find(tenant); touched != attempt.touched.end()) {
      const auto leaves = leaves_of(tenant, touched->second.rows);
      facts.gid = touched->second.staged->generation.gid;
      facts.snapshot_root = touched->second.staged->summary.root;
      facts.entries = touched->second.staged->summary.entries;
      facts.erased_count = static_cast<std::uint32_t>(leaves.size());
      facts.erased_root = crypto::merkle_root(leaves);
    }
    if (const auto gone = attempt.leaving.find(tenant); gone != attempt.leaving.end()) {
      facts = {tenant, {}, {}, 0, facts.log_head, gone->second.rows, gone->second.root, true};
    }
    manifest.tenants.push_back(facts);
  }
  std::unique_lock lock(core.anchor_mutex);
  TRY(manifest.ctr_before, core.anchor->read_counter());
  if (manifest.ctr_before != core.state.ctr_bound) return Error{ErrorCode::RolledBack, "begin a batch: the counter has moved"};
  // If power goes here: a free slot holds a value nothing refers to.
  TRY(core.anchor->write_slot(manifest.slot, slot_half));
  auto& state = attempt.state;
  state.epoch = manifest.epoch;
  state.attempt = manifest.attempt;
  state.x_previous = manifest.previous_x;
  state.manifest = encode_manifest(manifest);
  state.x_current = next_chain(state.x_previous, manifest_digest(state.manifest));
  state.ctr_bound = manifest.ctr_before + 1;
  TRY(auto sealed, core.anchor->seal_root(sealed_half, state.terms()));
  state.sealed_root = std::move(sealed);
  attempt.root = crypto::derive_epoch_root(sealed_half, slot_half, state.epoch);
  return success();
}

// Re-wraps the outer layer of every tenant without opening the inner: closed tenants come along.
Result<void> Batch::wrap_table() {
  for (const auto& [tenant, old] : core.table) {
    if (attempt.leaving.contains(tenant)) continue;  // nothing of the new epoch names it
    TableRow row = old;
    if (const auto at = attempt.touched.find(tenant); at != attempt.touched.end()) {
      const auto& staged = *at->second.staged;
      row.gid = staged.generation.gid;
      row.birth_epoch = attempt.state.epoch;
      row.snapshot_root = staged.summary.root;
      row.entries = staged.summary.entries;
      row.log_head = core.journal->position(tenant).last_frame;
      if (tenant == kAppliance) {
        row.wrapped_key = staged.generation.key.expose([](auto bytes) { return copy_of(bytes); });
      } else {
        TRY(auto seal, core.tenant_seal(tenant));
        row.wrapped_key = wrap_tenant_key(seal, row, staged.generation.key);
      }
    }
    attempt.boxed_table[tenant] = seal_table_row(*attempt.root, attempt.state.epoch, row);
    attempt.table[tenant] = std::move(row);
  }
  return success();
}

// Before the commit: S(e+1) through the branch that holds now, every outer layer, every touched tenant.
Result<void> Batch::verify() {
  TRY(auto root, [&] {
    std::unique_lock lock(core.anchor_mutex);
    return open_epoch_root(*core.anchor, attempt.state);
  }());
  for (const auto& [tenant, box] : attempt.boxed_table) {
    TRY(auto row, open_table_row(root, attempt.state.epoch, tenant, box));
    if (!attempt.touched.contains(tenant)) continue;
    std::optional<TenantEpochKey> key;
    if (tenant == kAppliance) {
      key = key_of_zero(row);
    } else {
      TRY(auto seal, core.tenant_seal(tenant));
      TRY(auto opened, unwrap_tenant_key(seal, row));
      key = std::move(opened);
    }
    TRY(auto reading, core.environments.at(tenant)->read());
    TRY(const auto summary, generations::SnapshotView::summary_of(*reading, tenant, {std::move(*key), row.gid}));
    if (summary.root != row.snapshot_root) return Error{ErrorCode::Integrity, "verify a staged generation"};
  }
  return success();
}

Result<void> Batch::copy_state() {
  StateCopy copy{attempt.state, {}, {}};
  for (const auto& [tenant, box] : attempt.boxed_table) copy.table.emplace_back(table_key(attempt.state.epoch, tenant), box);
  for (const auto& [tenant, touched] : attempt.touched) {
    auto generation = touched.copy;
    generation.seq = touched.staged->copied_seq;
    TRY(generation.delta, copy_delta(*core.environments.at(tenant), generation.gid));
    if (tenant == kAppliance) {
      TRY(const auto entries, zero_change());
      attempt.certificates = touched.store->box_change(*touched.staged, entries);
      generation.seq = attempt.certificates.seq;
      generation.delta.emplace_back(generations::gid_key(generation.gid, generation.seq), attempt.certificates.row);
    }
    copy.generations.push_back(std::move(generation));
  }
  return write_state_copy(core.places.state_copy, copy);
}

// The bodies of the certificates, and what tenant zero forgets and keeps of tenants that go.
Result<std::vector<Entry>> Batch::zero_change() const {
  TRY(auto entries, forgotten(attempt.orders));
  for (std::uint32_t index = 0; index < attempt.orders.size(); ++index) {
    const auto& order = attempt.orders[index];
    const auto serial = certificate_serial(attempt.state.manifest, index);
    CertificateBody body{order.declaration, order.tenant, attempt.state.epoch, index, {}, {}, CertificateKind::Erasure};
    if (order.remove_tenant) {
      body.kind = CertificateKind::TenantRemoval;
      TRY(const auto stored, core.zero().get({generations::TableId::Tenants, copy_of(order.tenant.view())}));
      if (!stored) return Error{ErrorCode::NotFound, "find a tenant in tenant zero"};
      TRY(const auto known, decode_tenant_entry(*stored));
      const RemovedTenant gone{order.tenant, known.code, known.name, attempt.state.epoch, serial,
                               attempt.leaving.at(order.tenant).rows, to_iso8601(core.clock->now())};
      entries.push_back(
          {{generations::TableId::RemovedTenants, copy_of(order.tenant.view())}, encode_removed_tenant(gone)});
    } else {
      const auto& rows = attempt.touched.at(order.tenant).rows;
      body.tenant_leaves = leaves_of(order.tenant, rows);
      std::ranges::copy_if(rows, std::back_inserter(body.rows),
                           [&](const auto& row) { return order.records.contains(row.record); });
    }
    entries.push_back({{generations::TableId::Certificates, copy_of(view_of(serial))}, encode_certificate_body(body)});
  }
  std::ranges::sort(entries, {}, &Entry::key);
  return entries;
}

LogEntry Batch::log_for(const TenantId& tenant) const {
  std::string text = R"({"operation":"erasure-batch","epoch":)" + std::to_string(attempt.state.epoch) + R"(,"erasures":[)";
  bool first = true;
  for (const auto& order : attempt.orders) {
    if (order.remove_tenant ? tenant != kAppliance : order.tenant != tenant) continue;  // its own log goes with it
    text += (first ? "" : ",") + order.log.text;
    first = false;
  }
  return {false, text + "]}"};
}

// Step 4, the only commit point, and the switch of what readers see.
Result<void> Batch::commit() {
  auto& appliance = core.appliance();
  auto& zero = attempt.touched.at(kAppliance);
  std::map<TenantId, TenantStore::PendingFrame> frames;
  const auto seq = attempt.certificates.seq;
  for (auto& [tenant, touched] : attempt.touched) {
    TRY(auto frame, touched.store->begin_frame(tenant == kAppliance ? seq : 0, log_for(tenant)));
    frames.emplace(tenant, std::move(frame));
  }
  TRY(auto transaction, appliance.write());
  TRY(zero.store->put_change(*transaction, *zero.staged, attempt.certificates));
  std::uint16_t number = 0;
  for (const auto& [tenant, frame] : frames) {
    Writer key;
    key.u64(seq);
    if (tenant != kAppliance) key.u16(++number);
    TRY(generations::put_plain(*transaction, generations::kOutbox, key.bytes(), journal::encode_draft(frame.draft)));
  }
  for (const auto& [tenant, box] : attempt.boxed_table) {
    TRY(transaction->put(generations::kTenants, table_key(attempt.state.epoch, tenant), box));
  }
  for (const auto& [tenant, touched] : attempt.touched) {
    for (const auto& row : attempt.removed.at(tenant)) {
      TRY(generations::put_plain(*transaction, generations::kCleanup, Writer{}.raw(tenant.view()).raw(row.view()).take(), {}));
    }
  }
  TRY(generations::put_plain(*transaction, generations::kEpoch, generations::name_key("previous"), encode_epoch_state(core.state)));
  TRY(generations::put_plain(*transaction, generations::kEpoch, generations::name_key("current"), encode_epoch_state(attempt.state)));
  // If power goes before this commit: still epoch e, everything staged is garbage. After it: committed at e+1, CHAIN == X(e).
  auto done = transaction->commit("batch:commit");
  if (!done && done.error().code() != ErrorCode::StorageFailed) return done.error();
  committed = true;  // or unknown: nothing of the attempt may be dropped from here on
  whole.emplace(Literal("finish a batch that is committed"));
  TRY(std::move(done));
  {
    std::unique_lock lock(core.table_mutex);
    core.state = attempt.state;
    core.root = std::move(attempt.root);   // R(e) is wiped here
    core.table = std::move(attempt.table);
    core.certified = false;
  }
  for (auto& [tenant, touched] : attempt.touched) {
    TRY(touched.store->adopt(std::move(*touched.staged)));
  }
  for (auto& [tenant, gone] : attempt.leaving) core.forget(tenant, gone);
  std::vector<journal::Journal::Ticket> tickets;
  for (auto& [tenant, frame] : frames) {
    TRY(const auto ticket, attempt.touched.at(tenant).store->finish_frame(std::move(frame)));
    tickets.push_back(ticket);
  }
  for (const auto ticket : tickets) {
    TRY(core.journal->wait(ticket));
  }
  return success();
}

// The attempt's generations are garbage, and their copies; what cannot be dropped now, the next start drops.
void Batch::give_up() {
  for (const auto& [tenant, gone] : attempt.leaving) core.stay(tenant);
  std::error_code ignored;
  std::filesystem::remove_all(place_of_copy(core.places.state_copy, core.state.epoch + 1, attempt.id), ignored);
  for (auto& [tenant, touched] : attempt.touched) {
    if (!touched.staged) continue;
    auto dropped = generations::drop_generation_in(*core.environments.at(tenant), touched.staged->generation.gid);
    if (!dropped) oplog::failure("an abandoned generation stays until the next start", dropped.error());
  }
}

Result<void> Appliance::Core::check_daily_cap(int daily_cap) {
  TRY(auto reading, appliance().read());
  const auto now = clock->now();
  const auto day_ago = to_iso8601(now - std::chrono::hours{24});
  const auto latest = to_iso8601(now + limits::kClockTolerance);  // dated later: made while the clock was ahead
  int made = 0;
  TRY(generations::scan_plain(*reading, generations::kEvidence, {}, [&](ByteView, ByteView value) {
    auto evidence = decode_evidence(value);
    if (evidence && evidence.value().certified_at > day_ago && evidence.value().certified_at <= latest) ++made;
    return true;
  }));
  if (made >= daily_cap) return Error{ErrorCode::TooMany, "run one more batch today", made};
  return success();
}

Result<BatchOutcome> Appliance::Core::run_batch(std::vector<ErasureOrder> orders, Sweep sweeping) {
  if (!certified) return Error{ErrorCode::Conflict, "begin a batch before the last one is certified"};
  std::map<TenantId, std::size_t> records;  // a certificate names every row: what could not be read back is not begun
  for (const auto& order : orders) {
    if ((records[order.tenant] += order.records.size()) > limits::kMaxErasureRecords) {
      return Error{ErrorCode::TooMany, "erase so many records of one tenant in one batch"};
    }
  }
  Batch batch{*this};
  const auto prepared = [&]() -> Result<void> {
    TRY(batch.stage(std::move(orders)));
    TRY(batch.make_state());
    TRY(batch.wrap_table());
    TRY(batch.verify());
    return batch.copy_state();
  }();
  if (!prepared) {
    batch.give_up();
    return prepared.error();
  }
  auto done = batch.commit();
  if (!done && !batch.committed) {
    batch.give_up();
    return done.error();
  }
  if (done) state_copy_behind = false;  // the copy of this epoch was written before its commit
  if (done) done = finish_epoch();
  if (!done) {
    power::fail_stop(done.error());  // the next start finishes or takes back what stands now
    return Error{ErrorCode::StorageFailed, "finish a batch that is committed"};
  }
  batch.whole->done();
  BatchOutcome outcome{state.epoch, {}};
  for (std::uint32_t i = 0; i < batch.attempt.orders.size(); ++i) outcome.serials.push_back(certificate_serial(state.manifest, i));
  for (auto& [tenant, touched] : batch.attempt.touched) touched.writers.unlock();
  // If power goes here, or before whoever sweeps later: `settled`, and the next start sweeps. What waits opens with nothing any more.
  unswept = true;
  if (sweeping == Sweep::AtOnce || !batch.attempt.leaving.empty()) sweep_up();
  return outcome;
}

}  // namespace shosoin::erasure
