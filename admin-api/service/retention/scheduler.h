// The scheduler of retention: every few minutes it looks at what stands first in table Due, counts what is due, alarms
// about what is overdue, and applies for the erasure of what an adopted rule lets go without an application of its own;
// the next batch takes it (E-01, E-02, E-03). Called by the maintenance only.
#pragma once

#include "admin-api/service/retention/retention_terms.h"

namespace shosoin::service {

// Of every open tenant; one tenant's failure keeps no other waiting, and is what comes back. Its result: parts.round.
Result<void> retention_round(Parts& parts);
// Of work on one tenant: that it was removed meanwhile is no failure.
Result<void> unless_removed(const TenantStore& store, Result<void> done);
boost::json::object round_status(const Parts& parts);

}  // namespace shosoin::service
