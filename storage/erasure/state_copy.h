// State copies: on another disk or share, one subdirectory per attempt, holding the epoch state, the tenant table and generations
// (format page: epochs.md). They hold ciphertext; what opens them dies with the next batch. One thread.
#pragma once

#include <filesystem>
#include <optional>
#include <set>

#include "storage/engine/engine.h"
#include "storage/erasure/epoch_state.h"

namespace shosoin::erasure {

struct StateCopy {
  EpochState state;
  std::vector<std::pair<Bytes, Bytes>> table;        // rows of the tenant table as stored
  struct Generation {
    TenantId tenant;
    GenerationId gid;
    std::uint64_t seq = 0;                           // the tenant's change sequence
    std::vector<std::pair<Bytes, Bytes>> heads, blocks, delta;
  };
  std::vector<Generation> generations;
};
Result<StateCopy::Generation> copy_generation(engine::Environment& environment, const TenantId& tenant,
                                              const GenerationId& gid, std::uint64_t seq);
// Durable when it returns. Written beside and renamed: if power goes, the old copy or both are there, never half a one.
Result<void> write_state_copy(const std::filesystem::path& directory, const StateCopy& copy);
Result<std::vector<StateCopy>> read_state_copies(const std::filesystem::path& directory);  // those that read back whole
// Evidence of certified epochs, a file each: written once, never changed, never pruned. Without it certificates of earlier epochs could
// not be issued again after the appliance environment was lost.
Result<void> copy_evidence(const std::filesystem::path& directory, engine::Environment& appliance);
// As table evidence holds them, of epochs below `before`: that an epoch is certified itself is never taken from a copy. What does not
// read back whole, or whose X does not follow from its manifest, is left out.
std::vector<std::pair<Bytes, Bytes>> read_evidence_copies(const std::filesystem::path& directory, std::uint64_t before);
// The copy of exactly this attempt. NotFound, Integrity.
Result<StateCopy> read_state_copy(const std::filesystem::path& directory, const EpochState& state);
// Leaves the copy of `keep` and those of `births`: the epochs in which the present keys of tenants were drawn. What a batch put there opens
// with these keys, and a restore of an older backup needs it.
Result<void> prune_state_copies(const std::filesystem::path& directory, const EpochState& keep,
                                const std::set<std::uint64_t>& births);

// What copies hold of these tenants: generations and rows of the table. Ciphertext nothing opens any more.
Result<void> strip_state_copies(const std::filesystem::path& directory, const std::set<TenantId>& tenants);

}  // namespace shosoin::erasure
