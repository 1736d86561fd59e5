#include "tests/fault/old_image_attack.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "crypto/roots.h"
#include "firmware/base/disk.h"
#include "storage/erasure/core.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;
using namespace erasure;
using generations::kBlocks;
using generations::kDelta;
using generations::kEpoch;
using generations::kHeads;
using generations::kTenants;

bool contains(ByteView hay, ByteView needle) {
  return ::memmem(hay.data(), hay.size(), needle.data(), needle.size()) != nullptr;
}

// Every epoch root the TPM will give for a state, with either slot.
std::vector<EpochRoot> roots_of(const EpochState& state, tpm::Anchor& anchor) {
  std::vector<EpochRoot> roots;
  auto sealed = anchor.unseal_root(state.sealed_root, state.terms());
  if (!sealed) return roots;
  for (unsigned parity : {0u, 1u}) {
    auto slot = anchor.read_slot(parity);
    if (slot) roots.push_back(crypto::derive_epoch_root(sealed.value(), slot.value(), state.epoch));
  }
  return roots;
}

struct Key {
  TenantId tenant;
  TenantEpochKey key;
};

// Tries a key on everything boxed in an environment, whatever generation it claims to be of.
void open_all(engine::Environment& environment, const Key& key, Loot& loot) {
  auto reading = environment.read().value();
  for (const auto table : {kHeads, kBlocks, kDelta}) {
    (void)reading->scan(table, {}, [&](ByteView name, ByteView box) {
      const auto gid = GenerationId::from(name.first(16)).value().bytes();
      const auto rest = name.subspan(16);
      std::vector<crypto::BoxContext> contexts;
      if (rest.empty()) contexts.push_back({crypto::BoxKind::GenerationHead, key.tenant, gid, 0, 0});
      if (rest.size() == 4) {
        contexts.push_back({crypto::BoxKind::Directory, key.tenant, gid, 0, from_be<std::uint32_t>(rest.first<4>())});
      }
      if (rest.size() == 8) {
        const auto number = from_be<std::uint64_t>(rest.first<8>());
        contexts.push_back({crypto::BoxKind::Block, key.tenant, gid, 0, number});
        contexts.push_back({crypto::BoxKind::Delta, key.tenant, gid, 0, number});
      }
      for (const auto& context : contexts) {
        auto plain = crypto::open_box(key.key, context, box);
        if (!plain) continue;
        if (context.kind == crypto::BoxKind::GenerationHead) ++loot.generations;
        loot.plaintexts.push_back(std::move(plain.value()));
      }
      return true;
    });
  }
}

// Tenants' sealed objects and authorisation values from what tenant zero's opened blocks say.
std::map<TenantId, TenantSealKey> tenant_seals(const Loot& loot, tpm::Anchor& anchor) {
  std::map<TenantId, TenantSealKey> seals;
  for (const auto& plain : loot.plaintexts) {
    auto entries = generations::decode_entries(plain);
    if (!entries) continue;
    for (const auto& entry : entries.value()) {
      if (entry.key.table != generations::TableId::Tenants || !entry.value) continue;
      auto facts = decode_tenant_entry(*entry.value);
      if (!facts) continue;
      auto seal = anchor.unseal_tenant(facts.value().seal, facts.value().auth);
      if (seal) seals.emplace(TenantId::from(entry.key.bytes).value(), std::move(seal.value()));
    }
  }
  return seals;
}

void use_root(const fs::path& data, engine::Environment& appliance, const EpochRoot& root, tpm::Anchor& anchor, Loot& loot) {
  std::vector<TableRow> rows;
  auto reading = appliance.read().value();
  (void)reading->scan(kTenants, {}, [&](ByteView key, ByteView box) {
    auto row = open_table_row(root, from_be<std::uint64_t>(key.first<8>()), TenantId::from(key.subspan(8)).value(), box);
    if (row) rows.push_back(std::move(row.value()));
    return true;
  });
  if (rows.empty()) return;
  ++loot.tables;
  root.expose([&](auto bytes) { loot.keys.push_back(copy_of(bytes)); });
  for (const auto& row : rows) {
    if (row.tenant == kAppliance) open_all(appliance, {kAppliance, key_of_zero(row)}, loot);
  }
  const auto seals = tenant_seals(loot, anchor);
  for (const auto& row : rows) {
    const auto seal = seals.find(row.tenant);
    if (row.tenant == kAppliance || seal == seals.end()) continue;
    auto key = unwrap_tenant_key(seal->second, row);
    if (!key) continue;
    auto environment = engine::Environment::open(data / "tenants" / row.tenant.hex(), generations::tenant_layout(), false);
    if (environment) open_all(*environment.value(), {row.tenant, std::move(key.value())}, loot);
  }
}

}  // namespace

bool Loot::holds(ByteView wanted) const {
  return std::ranges::any_of(plaintexts, [&](const Bytes& plain) { return contains(plain, wanted); });
}

Loot attack(const fs::path& disk, tpm::Anchor& anchor) {
  Loot loot;
  auto appliance = engine::Environment::open(disk / "live" / "data" / "appliance", generations::appliance_layout(), false);
  if (!appliance) return loot;
  std::vector<EpochState> states;
  {
    auto reading = appliance.value()->read().value();
    for (const auto* name : {"current", "previous"}) {
      auto stored = generations::get_plain(*reading, kEpoch, generations::name_key(name));
      if (!stored || !stored.value()) continue;
      auto state = decode_epoch_state(*stored.value());
      if (state) states.push_back(std::move(state.value()));
    }
  }
  auto copies = read_state_copies(disk / "live" / "state");
  if (copies) {
    for (auto& copy : copies.value()) states.push_back(copy.state);
  }
  for (const auto& state : states) {
    for (const auto& root : roots_of(state, anchor)) {
      ++loot.roots;
      use_root(disk / "live" / "data", *appliance.value(), root, anchor, loot);
    }
  }
  return loot;
}

DiskBytes::DiskBytes(const fs::path& directory) {
  for (const auto& item : fs::recursive_directory_iterator(directory)) {
    if (!item.is_regular_file()) continue;
    const auto in = disk::open(item.path(), O_RDONLY).value();
    for (off_t at = 0; (at = ::lseek(in.number(), at, SEEK_DATA)) >= 0;) {
      const auto hole = ::lseek(in.number(), at, SEEK_HOLE);
      Bytes bytes(static_cast<std::size_t>(hole - at));
      ENSURE(disk::read_at(in, bytes, static_cast<std::uint64_t>(at)));
      regions_.push_back(std::move(bytes));
      at = hole;
    }
  }
  ENSURE(!regions_.empty());
}

bool DiskBytes::hold(ByteView wanted) const {
  return std::ranges::any_of(regions_, [&](const Bytes& region) { return contains(region, wanted); });
}

}  // namespace shosoin::test
