#include "storage/erasure/appliance.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "firmware/base/log.h"
#include "firmware/base/power.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {
namespace {

constexpr std::uint16_t kTenantEntryFormat = 1;

std::vector<Entry> with_log_keys(std::vector<Entry> entries, Instant now) {
  for (auto& key : generations::new_log_keys({}, now)) entries.push_back(std::move(key));
  std::ranges::sort(entries, {}, &Entry::key);
  return entries;
}

}  // namespace

Bytes encode_tenant_entry(const TenantEntry& entry) {
  Writer out;
  out.u16(kTenantEntryFormat).text16(entry.code).text16(entry.name).blob16(entry.seal);
  entry.auth.expose([&](auto bytes) { out.raw(bytes); });
  return out.take();
}

Result<TenantEntry> decode_tenant_entry(ByteView bytes) {
  Reader in(bytes);
  if (in.u16() != kTenantEntryFormat) in.fail();
  auto code = in.text16(16);
  auto name = in.text16(256);
  auto seal = copy_of(in.blob16(4096));
  const auto auth = in.raw(AuthValue::kSize);
  TRY(in.finish("read the entry of a tenant"));
  return TenantEntry{std::move(code), std::move(name), std::move(seal),
                     AuthValue::copy_from(auth.first<AuthValue::kSize>())};
}

std::filesystem::path Appliance::Core::directory_of(const TenantId& tenant) const {
  return tenant == kAppliance ? places.data / "appliance" : places.data / "tenants" / tenant.hex();
}

Result<void> Appliance::Core::put_table_row(const TableRow& row, std::string_view step) {
  TRY(auto transaction, appliance().write());
  TRY(transaction->put(generations::kTenants, table_key(state.epoch, row.tenant),
                       seal_table_row(*root, state.epoch, row)));
  return transaction->commit(step);
}

// What the batch of this epoch put into its copy: tenants whose keys were drawn then open with nothing older, so a copy without them would
// take them from a restore. The rest of a tenant's life in this epoch a restore takes from backup and journal. A copy that does not read back
// is made from what lives.
Result<std::vector<StateCopy::Generation>> Appliance::Core::born_in_this_epoch(const StateCopy* before) {
  std::vector<StateCopy::Generation> born;
  const auto is_born = [&](const TenantId& tenant) {
    const auto row = table.find(tenant);
    return tenant != kAppliance && row != table.end() && row->second.birth_epoch == state.epoch;
  };
  if (before != nullptr) {
    std::ranges::copy_if(before->generations, std::back_inserter(born),
                         [&](const auto& generation) { return is_born(generation.tenant); });
    return born;
  }
  for (const auto& [tenant, row] : table) {
    if (!is_born(tenant)) continue;
    const auto environment = environments.find(tenant);
    if (environment == environments.end()) return Error{ErrorCode::Integrity, "renew the state copy of a damaged tenant"};
    std::uint64_t seq = 0;
    {
      TRY(auto reading, environment->second->read());
      TRY(seq, generations::read_seq(*reading));
    }
    const auto place = place_of_copy(places.state_copy, state.epoch, state.attempt);
    TRY(auto generation, copy_generation(*environment->second, place, tenant, row.gid, seq));
    born.push_back(std::move(generation));
  }
  return born;
}

// A generation never changes: its file is written once, and what came since stands in the delta.
Result<StateCopy::Generation> Appliance::Core::copy_of_zero(const StateCopy* before) {
  const auto& gid = table.at(kAppliance).gid;
  const auto seq = zero().last_seq();
  if (before != nullptr) {
    for (auto generation : before->generations) {
      if (generation.tenant != kAppliance || generation.gid != gid) continue;
      generation.seq = seq;
      TRY(generation.delta, copy_delta(appliance(), gid));
      return generation;
    }
  }
  return copy_generation(appliance(), place_of_copy(places.state_copy, state.epoch, state.attempt), kAppliance, gid, seq);
}

void Appliance::Core::refresh_state_copy() {
  const auto written = [&]() -> Result<void> {
    StateCopy copy{state, {}, {}};
    for (const auto& [tenant, row] : table) {
      copy.table.emplace_back(table_key(state.epoch, tenant), seal_table_row(*root, state.epoch, row));
    }
    const auto before = read_state_copy(places.state_copy, state);
    const auto* kept = before ? &before.value() : nullptr;
    TRY(auto generation, copy_of_zero(kept));
    copy.generations.push_back(std::move(generation));
    TRY(auto born, born_in_this_epoch(kept));
    std::ranges::move(born, std::back_inserter(copy.generations));
    return write_state_copy(places.state_copy, copy);
  }();
  state_copy_behind = !written;
  if (!written) oplog::failure("the state copy could not be renewed: batches will be refused until it can", written.error());
}

Result<TenantSealKey> Appliance::Core::tenant_seal(const TenantId& tenant) {
  TRY(auto stored, zero().get({generations::TableId::Tenants, copy_of(tenant.view())}));
  if (!stored) return Error{ErrorCode::NotFound, "find a tenant in tenant zero"};
  auto entry = decode_tenant_entry(*stored);
  memory::wipe(*stored);
  TRY(auto facts, std::move(entry));
  std::unique_lock lock(anchor_mutex);
  return anchor->unseal_tenant(facts.seal, facts.auth);
}

Result<TenantStore*> Appliance::Core::open_store(const TenantId& tenant) {
  std::unique_lock lock(table_mutex);
  if (auto open = stores.find(tenant); open != stores.end()) return open->second.get();
  const auto row = table.find(tenant);
  const auto environment = environments.find(tenant);
  if (row == table.end()) return Error{ErrorCode::NotFound, "find a tenant"};
  if (leaving.contains(tenant)) return Error{ErrorCode::Unavailable, "open a tenant that is being removed"};
  if (const auto fault = faults.find(tenant); fault != faults.end()) return fault->second;
  if (environment == environments.end()) return Error{ErrorCode::Integrity, "find the environment of a tenant"};
  TRY(auto seal, tenant_seal(tenant));
  TRY(auto key, unwrap_tenant_key(seal, row->second));
  TRY(auto store, TenantStore::open(*environment->second, tenant, {std::move(key), row->second.gid}, *journal, *clock));
  if (accepted_month != 0) store->log_from(accepted_month);
  auto* opened = store.get();
  stores.emplace(tenant, std::move(store));
  return opened;
}

const TenantStore* Appliance::Core::open_already(const TenantId& tenant) const {
  std::shared_lock lock(table_mutex);
  const auto found = stores.find(tenant);
  return found == stores.end() ? nullptr : found->second.get();
}

Result<void> Appliance::Core::merge(TenantStore& store, generations::RebuildPlan plan) {
  TRY(auto staged, store.stage(plan));
  auto writers = store.hold_writers();
  TableRow row;
  {
    std::shared_lock lock(table_mutex);
    row = table.at(store.tenant());
  }
  const auto old = row.gid;
  auto switched = store.catch_up(staged);
  row.gid = staged.generation.gid;
  row.snapshot_root = staged.summary.root;
  row.entries = staged.summary.entries;
  row.log_head = journal->position(store.tenant()).last_frame;
  // If power goes before this commit: the old generation stands and the new one is garbage; after it: the other way round.
  if (switched) switched = put_table_row(row, "merge:switch");
  if (!switched) {
    if (switched.error().code() == ErrorCode::StorageFailed) power::fail_stop(switched.error());
    auto dropped = generations::drop_generation_in(*environments.at(store.tenant()), row.gid);
    if (!dropped) oplog::failure("an abandoned generation stays until the next start", dropped.error());
    return switched.error();
  }
  power::NoWayBack whole("go on with a generation that is published");
  {
    std::unique_lock lock(table_mutex);
    table[store.tenant()] = row;
  }
  std::vector<RowId> gone;
  for (const auto& removed : staged.removed_rows) gone.push_back(removed.row);
  if (auto adopted = store.adopt(std::move(staged)); !adopted) {
    return Error{ErrorCode::StorageFailed, "go on with a generation that is published", adopted.error().outside()};
  }
  whole.done();
  writers.unlock();
  // Published: what cannot be cleared away now, the next start clears away.
  refresh_state_copy();
  auto cleared = generations::drop_generation_in(*environments.at(store.tenant()), old);
  if (cleared && !gone.empty()) cleared = store.drop_rows(gone);
  if (!cleared) oplog::failure("an old generation stays until the next start", cleared.error());
  return success();
}

Appliance::Appliance(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Appliance::~Appliance() = default;
TenantStore& Appliance::zero() { return core_->zero(); }
tpm::Anchor& Appliance::anchor() { return *core_->anchor; }
journal::Journal& Appliance::journal() { return *core_->journal; }
std::mutex& Appliance::anchor_mutex() { return core_->anchor_mutex; }
Result<TenantStore*> Appliance::tenant(const TenantId& id) { return core_->open_store(id); }

Result<std::vector<TenantFacts>> Appliance::Core::list_tenants() {
  std::vector<TenantFacts> all;
  TRY(zero().scan(generations::TableId::Tenants, {}, [&](const Entry& entry) {
    auto id = TenantId::from(entry.key.bytes);
    auto facts = decode_tenant_entry(*entry.value);
    if (id && facts) all.push_back({id.value(), facts.value().code, facts.value().name});
    return all.size() < limits::kMaxTenants;
  }));
  return all;
}

std::vector<TenantFacts> Appliance::tenants() const {
  auto all = core_->list_tenants();
  if (all) return std::move(all.value());
  oplog::failure("the tenants cannot be listed", all.error());
  return {};
}

Result<TenantFacts> Appliance::find_tenant(std::string_view code) const {
  TRY(auto all, core_->list_tenants());
  for (auto& facts : all) {
    if (facts.code == code) return facts;
  }
  return Error{ErrorCode::NotFound, "find a tenant by its code"};
}

Result<TenantFacts> Appliance::create_tenant(const std::string& code, const std::string& name, std::vector<Entry> first,
                                             const LogEntry& log) {
  std::unique_lock work(core_->work_mutex);
  TRY(const auto known, core_->list_tenants());  // a list cut short would let a code in twice
  if (known.size() >= limits::kMaxTenants) return Error{ErrorCode::TooMany, "create one more tenant"};
  for (const auto& other : known) {
    if (other.code == code) return Error{ErrorCode::Conflict, "create a tenant whose code exists"};
  }
  const TenantFacts facts{TenantId::random(), code, name};
  const auto seal_key = TenantSealKey::random();
  TenantEntry entry{code, name, {}, AuthValue::random()};
  {
    std::unique_lock lock(core_->anchor_mutex);
    TRY(auto sealed, core_->anchor->seal_tenant(seal_key, entry.auth));
    entry.seal = std::move(sealed);
  }
  // If power goes up to the table row: a directory nothing names, removed by the next start.
  TRY(auto environment, engine::Environment::open(core_->directory_of(facts.id), generations::tenant_layout(), true));
  generations::GenerationKey generation{TenantEpochKey::random(), GenerationId::random()};
  TRY(TenantStore::create(*environment, facts.id, generation, NumberKey::random(),
                          with_log_keys(std::move(first), core_->clock->now())));
  TRY(auto store, TenantStore::open(*environment, facts.id, {generation.key.duplicate(), generation.gid}, *core_->journal,
                                    *core_->clock));
  TableRow row;
  {
    std::shared_lock lock(core_->table_mutex);
    row = {facts.id, generation.gid, core_->state.epoch, {}, store->summary().root, store->summary().entries, {}};
  }
  row.wrapped_key = wrap_tenant_key(seal_key, row, generation.key);
  TRY(core_->put_table_row(row, "tenant:table-row"));
  {
    power::NoWayBack whole("know a tenant that the table names");
    std::unique_lock lock(core_->table_mutex);
    core_->table[facts.id] = row;
    if (core_->accepted_month != 0) store->log_from(core_->accepted_month);
    core_->environments[facts.id] = std::move(environment);
    core_->stores[facts.id] = std::move(store);
    whole.done();
  }
  // If power goes here: a row whose tenant has no name; the next start removes both.
  TRY(zero().change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{
        {{{generations::TableId::Tenants, copy_of(facts.id.view())}, encode_tenant_entry(entry)}}, {}, {}, log};
  }));
  core_->refresh_state_copy();
  return facts;
}

Result<void> Appliance::merge(TenantStore& store, std::vector<Entry> additions, std::set<RecordId> remove_imports) {
  const auto work = core_->begin_work();
  return core_->merge(store, {{}, std::move(remove_imports), std::move(additions), nullptr, false});
}

Result<void> Appliance::merge(TenantStore& store, EntrySource& bulk, std::vector<Entry> additions) {
  const auto work = core_->begin_work();
  return core_->merge(store, {{}, {}, std::move(additions), &bulk, false});
}

Result<void> Appliance::log_from(Instant accepted) {
  std::vector<TenantStore*> stores;
  {
    std::unique_lock lock(core_->table_mutex);
    const auto month = tokyo_month(accepted);
    if (core_->accepted_month == month) return success();
    core_->accepted_month = month;
    for (auto& [tenant, store] : core_->stores) {
      store->log_from(month);
      stores.push_back(store.get());
    }
  }
  for (auto* store : stores) {
    const auto made = store->ensure_log_keys();
    const bool removed = !made && made.error().code() == ErrorCode::NotFound;  // the tenant, meanwhile
    if (!made && !removed) return made.error();
  }
  return success();
}

void Appliance::renew_state_copy() {
  if (!core_->state_copy_behind) return;
  std::unique_lock work(core_->work_mutex);
  if (core_->state_copy_behind) core_->refresh_state_copy();
}

Result<BatchOutcome> Appliance::run_batch(std::vector<ErasureOrder> orders, int daily_cap, Sweep sweep) {
  const auto work = core_->begin_work();
  TRY(core_->check_daily_cap(daily_cap));
  return core_->run_batch(std::move(orders), sweep);
}

void Appliance::sweep_up() {
  if (core_->unswept) (void)core_->begin_work();
}

EpochStatus Appliance::status() const {
  std::shared_lock lock(core_->table_mutex);
  return {core_->state.epoch, core_->certified, core_->recovered, core_->stores.size() - 1, core_->table.size() - 1,
          core_->state_copy_behind};
}

}  // namespace shosoin::erasure
