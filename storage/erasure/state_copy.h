// State copies: on another disk or share, one subdirectory per attempt, holding the epoch state, the tenant table and
// generations (format page: epochs.md). They hold ciphertext; what opens them dies with the next batch. A generation
// has a file of its own, written while it is made and never changed, so that neither memory nor the time writers are
// held grows with it. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>

#include "firmware/base/disk_stream.h"
#include "storage/engine/engine.h"
#include "storage/erasure/epoch_state.h"
#include "storage/generations/snapshot.h"

namespace shosoin::erasure {

struct StateCopy {
  EpochState state;
  std::vector<std::pair<Bytes, Bytes>> table;  // rows of the tenant table as stored
  struct Generation {
    TenantId tenant;
    GenerationId gid;
    std::uint64_t seq = 0;   // the tenant's change sequence
    std::uint64_t size = 0;  // of the file, bytes
    Digest digest{};         // the last bytes of the file
    std::vector<std::pair<Bytes, Bytes>> delta;
    std::filesystem::path file{};  // where it was found, or written; not stored
  };
  std::vector<Generation> generations;
};
// The subdirectory of an attempt.
std::filesystem::path place_of_copy(const std::filesystem::path& directory, std::uint64_t epoch,
                                    const AttemptId& attempt);

// Writes the file of a generation. A file nothing names yet is garbage: the next renewal or sweep takes it away.
// StorageFull, Unavailable: no batch. put() may be called on another thread.
class GenerationFile final : public generations::SnapshotCopy {
 public:
  // Makes the place where it is missing. What stands there under the name is replaced.
  static Result<std::unique_ptr<GenerationFile>> create(const std::filesystem::path& place, const TenantId& tenant,
                                                        const GenerationId& gid);
  Result<void> put(engine::Table table, ByteView key, ByteView boxed, const Digest& leaf) override;
  Result<StateCopy::Generation> finish(std::uint64_t seq);  // durable when it returns

 private:
  GenerationFile(disk::Stream stream, StateCopy::Generation generation);
  Result<void> append(ByteView bytes);
  static Result<void> written(Result<void> done);
  disk::Stream stream_;
  StateCopy::Generation generation_;
};
// Integrity unless the file is there, of this size and ends with this digest.
Result<void> looks_whole(const StateCopy::Generation& generation);
std::string file_name(const TenantId& tenant, const GenerationId& gid);
// A generation's file from an environment.
Result<StateCopy::Generation> copy_generation(engine::Environment& environment, const std::filesystem::path& place,
                                              const TenantId& tenant, const GenerationId& gid, std::uint64_t seq);
// Rows of this generation's delta as they stand.
Result<std::vector<std::pair<Bytes, Bytes>>> copy_delta(engine::Environment& environment, const GenerationId& gid);
// Blocks and heads of the copied generation, in the order of the file; Integrity at the end where the file is not as it
// was written, so nothing may be built on it before. An error of visit ends it.
using StoredVisitor = std::function<Result<void>(engine::Table table, ByteView key, ByteView boxed)>;
Result<void> each_stored(const StateCopy::Generation& generation, const StoredVisitor& visit);

// The file `state`, as it stands in `place`.
Bytes encode_state_copy(const StateCopy& copy);
Result<StateCopy> decode_state_copy(ByteView bytes, const std::filesystem::path& place);

// The generations' files stand in its place already. Durable when it returns. Written beside and renamed: if power
// goes, the old copy or the new one is there, never half a one.
Result<void> write_state_copy(const std::filesystem::path& directory, const StateCopy& copy);
// Those that read back; files of generations are looked at from outside only (size and digest), each_stored reads them.
Result<std::vector<StateCopy>> read_state_copies(const std::filesystem::path& directory);
// Evidence of certified epochs, a file each: written once, never changed, never pruned. Without it certificates of
// earlier epochs could not be issued again after the appliance environment was lost.
Result<void> copy_evidence(const std::filesystem::path& directory, engine::Environment& appliance);
// As table evidence holds them, of epochs below `before`: that an epoch is certified itself is never taken from a copy.
// What does not read back whole, or whose X does not follow from its manifest, is left out.
std::vector<std::pair<Bytes, Bytes>> read_evidence_copies(const std::filesystem::path& directory, std::uint64_t before);
// The copy of exactly this attempt. NotFound, Integrity.
Result<StateCopy> read_state_copy(const std::filesystem::path& directory, const EpochState& state);
// Leaves the copy of `keep` and those of `births`: the epochs in which the present keys of tenants were drawn. What a
// batch put there opens with these keys, and a restore of an older backup needs it.
Result<void> prune_state_copies(const std::filesystem::path& directory, const EpochState& keep,
                                const std::set<std::uint64_t>& births);

// What copies hold of these tenants: generations and rows of the table. Ciphertext nothing opens any more.
Result<void> strip_state_copies(const std::filesystem::path& directory, const std::set<TenantId>& tenants);

}  // namespace shosoin::erasure
