// State copies: on another disk or share, one subdirectory per attempt, holding the epoch state, the tenant table and generations
// (format page: epochs.md). They hold ciphertext; what opens them dies with the next batch. One thread.
#pragma once

#include <filesystem>
#include <optional>

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
// The copy of exactly this attempt. NotFound, Integrity.
Result<StateCopy> read_state_copy(const std::filesystem::path& directory, const EpochState& state);
Result<void> prune_state_copies(const std::filesystem::path& directory, const EpochState& keep);

}  // namespace shosoin::erasure
