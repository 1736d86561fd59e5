// The row "environment lost" of the start's table: the appliance environment is gone, the rest is there.
#include <algorithm>

#include "firmware/base/log.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {
namespace {

using generations::put_plain;
using Pairs = std::vector<std::pair<Bytes, Bytes>>;

Result<void> put_all(engine::WriteTransaction& transaction, engine::Table table, const Pairs& pairs) {
  for (const auto& [key, value] : pairs) {
    TRY(transaction.put(table, key, value));
  }
  return success();
}

// From this epoch on every one before `epoch` has its evidence: a storage check may ask for it.
std::uint64_t first_without_gap(const std::vector<std::pair<Bytes, Bytes>>& evidence, std::uint64_t epoch) {
  const auto present = [&](std::uint64_t number) {
    const auto key = epoch_key(number);
    return std::ranges::any_of(evidence, [&](const auto& pair) { return equal(pair.first, key); });
  };
  while (epoch > 1 && present(epoch - 1)) --epoch;
  return epoch;
}

}  // namespace

// The state copy whose X is CHAIN is the state the TPM holds; one whose previous X is CHAIN was never known to be committed, for only
// the lost environment could have told. Changes since that copy are in the journal but not in it: then a person must decide
// (`shosoin restore`), because going on would undo locks, log-outs and used codes.
Result<void> Appliance::Core::rebuild_environment() {
  TRY(const auto chain, anchor->read_chain());
  TRY(auto copies, read_state_copies(places.state_copy));
  const auto fits = std::ranges::find_if(copies, [&](const StateCopy& copy) { return copy.state.x_current == chain; });
  if (fits == copies.end()) return Error{ErrorCode::Integrity, "find a state copy that fits the TPM: the appliance environment is lost"};
  const auto zero_copy = std::ranges::find(fits->generations, kAppliance, &StateCopy::Generation::tenant);
  if (zero_copy == fits->generations.end()) return Error{ErrorCode::Integrity, "find tenant zero in the state copy"};
  const auto journalled = journal->position(kAppliance).change_seq;
  if (journalled > zero_copy->seq) {
    return Error{ErrorCode::Integrity, "rebuild the lost appliance environment: changes since the state copy would be undone",
                 static_cast<std::int64_t>(journalled - zero_copy->seq)};
  }
  const auto fresh = places.data / "appliance.rebuilt";
  std::error_code ignored;
  std::filesystem::remove_all(fresh, ignored);
  {
    TRY(auto environment, engine::Environment::open(fresh, generations::appliance_layout(), true));
    TRY(auto transaction, environment->write());
    TRY(put_plain(*transaction, generations::kMeta, generations::name_key("format"), Writer{}.u16(generations::kEnvironmentFormat).take()));
    TRY(put_plain(*transaction, generations::kMeta, generations::name_key("tenant"), kAppliance.view()));
    TRY(put_plain(*transaction, generations::kMeta, generations::name_key("seq"), generations::seq_key(zero_copy->seq)));
    // The copy may be one change ahead of the journal: the frame was in the outbox that is lost.
    TRY(put_plain(*transaction, generations::kMeta, generations::name_key("rebuilt"), generations::seq_key(zero_copy->seq)));
    // Evidence of earlier epochs comes from beside the state copy; this epoch's is made again.
    const auto evidence = read_evidence_copies(places.state_copy, fits->state.epoch);
    TRY(put_plain(*transaction, generations::kMeta, generations::name_key("evidence-from"),
                  epoch_key(first_without_gap(evidence, fits->state.epoch))));
    for (const auto& [epoch, proof] : evidence) {
      TRY(put_plain(*transaction, generations::kEvidence, epoch, proof));
    }
    TRY(put_plain(*transaction, generations::kEpoch, generations::name_key("current"), encode_epoch_state(fits->state)));
    TRY(put_all(*transaction, generations::kTenants, fits->table));
    TRY(each_stored(*zero_copy, [&](engine::Table stored_in, ByteView key, ByteView boxed) {
      return transaction->put(stored_in, key, boxed);
    }));
    TRY(put_all(*transaction, generations::kDelta, zero_copy->delta));
    TRY(transaction->commit("recovery:environment"));
  }
  // If power goes before the rename: the environment is still lost and this is done again.
  std::filesystem::remove_all(directory_of(kAppliance), ignored);
  std::error_code failed;
  std::filesystem::rename(fresh, directory_of(kAppliance), failed);
  if (failed) return Error{ErrorCode::StorageFailed, "put the rebuilt appliance environment in place", failed.value()};
  rebuilt = true;
  oplog::warning("the appliance environment was lost and is rebuilt from the state copy");
  return success();
}

}  // namespace shosoin::erasure
