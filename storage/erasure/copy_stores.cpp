// What a backup is made of, in the order of DESIGN section 4. Ciphertext only: no key is used.
#include "firmware/base/disk.h"
#include "firmware/base/log.h"
#include "storage/erasure/core.h"
#include "storage/journal/copy.h"

namespace shosoin::erasure {

Result<Appliance::CopiedStores> Appliance::copy_stores(const std::filesystem::path& into) {
  auto& core = *core_;
  const auto work = core.begin_work();
  CopiedStores copied;
  std::vector<TenantId> order;
  {
    std::shared_lock lock(core.table_mutex);
    if (!core.certified) return Error{ErrorCode::Conflict, "make a backup while a batch is being finished"};
    copied.epoch = core.state.epoch;
    copied.chain = core.state.x_current;
    for (const auto& [tenant, row] : core.table) {
      if (tenant == kAppliance) continue;
      const bool sound = core.environments.contains(tenant) && !core.faults.contains(tenant);
      (sound ? order : copied.left_out).push_back(tenant);
    }
  }
  order.push_back(kAppliance);
  TRY(disk::make_directory(into / "tenants"));
  for (const auto& tenant : order) {
    auto& environment = *core.environments.at(tenant);
    const auto place = tenant == kAppliance ? into / "appliance" : into / "tenants" / tenant.hex();
    TRY(disk::make_directory(place));
    {
      TRY(auto reading, environment.read());
      TRY(copied.sequences[tenant], generations::read_seq(*reading));
    }
    auto done = environment.copy_to(place / "data.mdb");
    if (!done && done.error().code() == ErrorCode::Integrity &&
        tenant != kAppliance) {  // the others' backups do not wait for it
      oplog::failure("a tenant is left out of the backup: its environment is damaged", done.error());
      copied.left_out.push_back(tenant);
      continue;
    }
    TRY(std::move(done));
    TRY(disk::sync_directory(place));
  }
  TRY(journal::copy_segments(core.places.data / "journal", into / "journal"));
  return copied;
}

}  // namespace shosoin::erasure
