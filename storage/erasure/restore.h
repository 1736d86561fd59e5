// Makes a backup that was laid out in a data directory fit this TPM: the state whose X is CHAIN, from the backup itself
// or from the state copies, and of each tenant the newest generation that this state's keys open (DESIGN section 4,
// "Disks and backups"; format page: storage/backup/backup.md). The TPM is read, never changed. One thread, nobody else
// has these directories.
#pragma once

#include "storage/erasure/appliance.h"

namespace shosoin::erasure {

struct RestoredTenant {
  TenantId tenant;
  bool whole = false;              // environment and generation are there; otherwise the tenant stays closed
  std::uint64_t present = 0;       // last change_seq that is there
  std::uint64_t known = 0;         // last one anybody knows of: what stands between is lost
  std::uint64_t line = 0;          // the new line of the sequence begins behind this
  std::uint64_t lost_rows = 0;     // a key without its row
  std::uint64_t dropped_rows = 0;  // a row without its key
};
struct Restoration {
  std::uint64_t epoch = 0;
  std::vector<RestoredTenant> tenants;  // ascending, the appliance first
};
// known: last change_seq by tenant, as a journal that outlived the data says. Integrity: no state fits the TPM, or the
// appliance's own generation is nowhere.
Result<Restoration> fit_to_tpm(const Places& places, tpm::Anchor& anchor,
                               const std::map<TenantId, std::uint64_t>& known, Instant now);

}  // namespace shosoin::erasure
