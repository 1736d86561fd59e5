// A tenant leaves: counted without its keys, left out of the next table, forgotten; what it leaves on disks goes once that is proven.
#include <limits>

#include "crypto/hash.h"
#include "firmware/base/log.h"
#include "firmware/base/power.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {
namespace {

using generations::TableId;

constexpr std::uint16_t kRemovedFormat = 1;

// RFC 6962 over leaves that come one by one: memory does not grow with the rows of a tenant.
class GrowingTree {
 public:
  void add(const Digest& leaf) {
    parts_.push_back({1, leaf});
    while (parts_.size() > 1 && parts_[parts_.size() - 2].leaves == parts_.back().leaves) join();
  }
  Digest root() {
    if (parts_.empty()) return crypto::merkle_root({});
    while (parts_.size() > 1) join();
    return parts_.back().hash;
  }

 private:
  struct Part {
    std::uint64_t leaves;
    Digest hash;
  };
  void join() {
    constexpr std::uint8_t kNode = 0x01;
    const auto right = parts_.back();
    parts_.pop_back();
    auto& left = parts_.back();
    left = {left.leaves + right.leaves, crypto::sha256({ByteView(&kNode, 1), left.hash, right.hash})};
  }
  std::vector<Part> parts_;
};

}  // namespace

Bytes encode_removed_tenant(const RemovedTenant& tenant) {
  return Writer{}
      .u16(kRemovedFormat)
      .text16(tenant.code)
      .text16(tenant.name)
      .u64(tenant.epoch)
      .text16(tenant.serial)
      .u32(tenant.rows)
      .text16(tenant.removed_at)
      .take();
}

Result<RemovedTenant> decode_removed_tenant(const TenantId& id, ByteView bytes) {
  Reader in(bytes);
  RemovedTenant tenant{id, {}, {}, 0, {}, 0, {}};
  if (in.u16() != kRemovedFormat) in.fail();
  tenant.code = in.text16(16);
  tenant.name = in.text16(256);
  tenant.epoch = in.u64();
  tenant.serial = in.text16(64);
  tenant.rows = in.u32();
  tenant.removed_at = in.text16(64);
  TRY(in.finish("read the entry of a removed tenant"));
  return tenant;
}

Result<void> Appliance::Core::take_leave(const TenantId& tenant, LeavingTenant& gone) {
  ENSURE(tenant != kAppliance);
  {
    std::unique_lock lock(table_mutex);
    if (!table.contains(tenant)) return Error{ErrorCode::NotFound, "find a tenant"};
    if (const auto fault = faults.find(tenant); fault != faults.end()) return fault->second;
    leaving.insert(tenant);
    if (const auto open = stores.find(tenant); open != stores.end()) gone.store = open->second.get();
  }
  if (gone.store != nullptr) gone.writers = gone.store->hold_writers();
  return success();
}

// In the order of their ids, as the table holds them. Rows that an import writes ahead of its change after this are opened by no key
// that is stored anywhere.
Result<void> Appliance::Core::count_rows(const TenantId& tenant, LeavingTenant& gone) {
  const auto environment = environments.find(tenant);
  if (environment == environments.end()) return Error{ErrorCode::Integrity, "find the environment of a tenant"};
  GrowingTree tree;
  std::uint64_t rows = 0;
  Result<void> read = success();
  TRY(auto transaction, environment->second->read());
  TRY(transaction->scan(generations::kRows, {}, [&](ByteView key, ByteView value) {
    const auto row = RowId::from(key);
    if (!row) {
      read = row.error();
      return false;
    }
    tree.add(erased_leaf(tenant, row.value(), crypto::sha256(value)));
    ++rows;
    return true;
  }));
  TRY(std::move(read));
  if (rows > std::numeric_limits<std::uint32_t>::max()) return Error{ErrorCode::TooLarge, "count the rows of a tenant"};
  gone.rows = static_cast<std::uint32_t>(rows);
  gone.root = tree.root();
  return success();
}

void Appliance::Core::stay(const TenantId& tenant) {
  std::unique_lock lock(table_mutex);
  leaving.erase(tenant);
}

void Appliance::Core::forget(const TenantId& tenant, LeavingTenant& gone) {
  engine::Environment* emptied = nullptr;
  {
    std::unique_lock lock(table_mutex);
    leaving.erase(tenant);
    faults.erase(tenant);
    if (auto store = stores.extract(tenant)) retired_stores.push_back(std::move(store.mapped()));
    if (auto environment = environments.extract(tenant)) {
      emptied = environment.mapped().get();
      retired_environments.push_back(std::move(environment.mapped()));
    }
  }
  if (gone.store != nullptr) gone.store->retire(std::move(gone.writers));
  // The last reader closes the file: then the room of what drop_removed takes away is free. If power goes in between,
  // the kernel has closed it, and the next start takes away what is still there.
  if (emptied != nullptr) emptied->retire();
}

Result<std::vector<RemovedTenant>> Appliance::Core::list_removed() {
  std::vector<RemovedTenant> all;
  Result<void> read = success();
  TRY(zero().scan(TableId::RemovedTenants, {}, [&](const Entry& entry) {
    const auto id = TenantId::from(entry.key.bytes);
    auto tenant = id ? decode_removed_tenant(id.value(), *entry.value) : Result<RemovedTenant>(id.error());
    if (!tenant) {
      read = tenant.error();
      return false;
    }
    all.push_back(std::move(tenant.value()));
    return true;
  }));
  TRY(std::move(read));
  return all;
}
Result<std::vector<RemovedTenant>> Appliance::removed_tenants() const { return core_->list_removed(); }

// Tenant zero says for ever who was removed, and a directory that is still there says that this is not done: it goes last. If power
// goes anywhere in here, the next start comes back.
Result<void> Appliance::Core::drop_removed() {
  TRY(const auto removed, list_removed());
  std::set<TenantId> left;
  std::error_code ignored;
  for (const auto& tenant : removed) {
    if (!table.contains(tenant.id) && std::filesystem::exists(directory_of(tenant.id), ignored)) left.insert(tenant.id);
  }
  if (left.empty()) return success();
  if (auto stripped = strip_state_copies(places.state_copy, left); !stripped) {
    oplog::failure("state copies of a removed tenant stay until the next batch or start", stripped.error());
    return success();
  }
  for (const auto& tenant : left) {
    TRY(power::guarded("tenant:drop-files", [&]() -> Result<void> {
      std::error_code failed;
      std::filesystem::remove_all(directory_of(tenant), failed);
      if (failed) oplog::warning("files of a removed tenant stay until the next batch or start", {"errno", failed.value()});
      return success();
    }));
  }
  return success();
}

}  // namespace shosoin::erasure
