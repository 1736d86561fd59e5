// Epoch 0 (DESIGN section 4). If power goes anywhere in here the installation is unfinished and says so: there is no provisioning
// record yet, and init is run again on a cleared TPM and an empty data directory.
#include <algorithm>

#include "crypto/hash.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {
namespace {

Result<EpochState> make_epoch_zero(tpm::Anchor& anchor, const tpm::Pins& pins, const TableRow& row, EpochRoot* root) {
  const auto sealed_half = RootHalfSealed::random();
  const auto slot_half = RootHalfSlot::random();
  Manifest manifest;
  manifest.attempt = AttemptId::random();
  manifest.previous_x = pins.x_init;
  manifest.ctr_before = pins.ctr_base;
  manifest.slot_digest = slot_half.expose([](auto bytes) { return crypto::sha256(ByteView(bytes)); });
  manifest.tenants.push_back({kAppliance, row.gid, row.snapshot_root, row.entries, {}, 0, crypto::merkle_root({})});
  TRY(anchor.write_slot(0, slot_half));
  EpochState state;
  state.attempt = manifest.attempt;
  state.x_previous = pins.x_init;
  state.manifest = encode_manifest(manifest);
  state.x_current = next_chain(state.x_previous, manifest_digest(state.manifest));
  state.ctr_bound = pins.ctr_base;
  TRY(auto sealed, anchor.seal_root(sealed_half, state.terms()));
  state.sealed_root = std::move(sealed);
  *root = crypto::derive_epoch_root(sealed_half, slot_half, 0);
  return state;
}

}  // namespace

Result<void> Appliance::initialise(const Places& places, const tpm::Pins& pins, tpm::Anchor& anchor, const Clock& clock,
                                   std::vector<Entry> first) {
  if (std::filesystem::exists(places.data / "appliance")) return Error{ErrorCode::Conflict, "initialise a data directory twice"};
  std::error_code failed;
  std::filesystem::create_directories(places.data / "tenants", failed);
  if (failed) return Error{ErrorCode::Settings, "make the data directory", failed.value()};
  std::filesystem::permissions(places.data, std::filesystem::perms::owner_all, failed);
  TRY(auto environment, engine::Environment::open(places.data / "appliance", generations::appliance_layout(), true));
  TRY(auto journal, journal::Journal::open(places.data / "journal", true));
  for (auto& key : generations::new_log_keys({}, clock.now())) first.push_back(std::move(key));
  std::ranges::sort(first, {}, &Entry::key);
  generations::GenerationKey generation{TenantEpochKey::random(), GenerationId::random()};
  TRY(TenantStore::create(*environment, kAppliance, generation, NumberKey::random(), std::move(first)));
  TableRow row{kAppliance, generation.gid, 0, generation.key.expose([](auto bytes) { return copy_of(bytes); }), {}, 0, {}};
  {
    TRY(auto reading, environment->read());
    TRY(auto view, generations::SnapshotView::open(*reading, kAppliance, generation));
    row.snapshot_root = view->summary().root;
    row.entries = view->summary().entries;
  }
  auto root = EpochRoot::random();
  TRY(auto state, make_epoch_zero(anchor, pins, row, &root));
  const auto boxed = seal_table_row(root, 0, row);
  TRY(auto copy, copy_generation(*environment, place_of_copy(places.state_copy, 0, state.attempt), kAppliance, row.gid, 0));
  TRY(write_state_copy(places.state_copy, {state, {{table_key(0, kAppliance), boxed}}, {std::move(copy)}}));
  TRY(auto transaction, environment->write());
  TRY(transaction->put(generations::kTenants, table_key(0, kAppliance), boxed));
  TRY(generations::put_plain(*transaction, generations::kEpoch, generations::name_key("current"), encode_epoch_state(state)));
  TRY(transaction->commit("init:commit"));
  TRY(anchor.extend_chain(manifest_digest(state.manifest)));
  TRY(const auto chain, anchor.read_chain());
  if (chain != state.x_current) return Error{ErrorCode::TpmRefused, "extend the chain for the first time"};
  return success();
}

}  // namespace shosoin::erasure
