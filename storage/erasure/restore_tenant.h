// One environment of a restore: which generation its key opens, what is missing, and the new line of its sequence. This
// room's own.
#pragma once

#include "storage/erasure/restore.h"
#include "storage/erasure/state_copy.h"

namespace shosoin::erasure {

// Generations of this tenant in the state copies go into the environment, beside those that are there.
Result<void> bring_in_copies(engine::Environment& environment, const TenantId& tenant,
                             const std::vector<StateCopy>& copies);

struct FittedGeneration {
  GenerationId gid;
  generations::SnapshotSummary summary;
};
// Chooses the newest generation `key` opens, marks rows that are lost, drops rows that nothing names, and writes the
// generation anew behind both `told.known` and `told.line`, the newest line any restore has drawn. nullopt: none opens. each: every entry of the generation, once.
Result<std::optional<FittedGeneration>> fit_tenant(engine::Environment& environment, const TenantEpochKey& key,
                                                   RestoredTenant& told, Instant now,
                                                   const std::function<void(const Entry&)>& each = {});

}  // namespace shosoin::erasure
