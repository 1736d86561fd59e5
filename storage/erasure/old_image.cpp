#include "storage/erasure/old_image.h"

#include <algorithm>
#include <cstring>

#include "crypto/hash.h"
#include "crypto/roots.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {
namespace {

namespace fs = std::filesystem;
using generations::kBlocks;
using generations::kDelta;
using generations::kEpoch;
using generations::kHeads;
using generations::kTenants;

struct TenantKey {
  TenantId tenant;
  TenantEpochKey key;
};

std::vector<crypto::BoxContext> contexts_of(const TenantId& tenant, ByteView name) {
  const auto gid = GenerationId::from(name.first(16)).value().bytes();
  const auto rest = name.subspan(16);
  if (rest.empty()) return {{crypto::BoxKind::GenerationHead, tenant, gid, 0, 0}};
  if (rest.size() == 4) return {{crypto::BoxKind::Directory, tenant, gid, 0, from_be<std::uint32_t>(rest.first<4>())}};
  if (rest.size() != 8) return {};
  const auto number = from_be<std::uint64_t>(rest.first<8>());
  return {{crypto::BoxKind::Block, tenant, gid, 0, number}, {crypto::BoxKind::Delta, tenant, gid, 0, number}};
}

// A key is tried on everything boxed in an environment, whatever generation it says it is of.
Result<void> open_all(engine::Environment& environment, const TenantKey& key, Loot& loot) {
  TRY(auto reading, environment.read());
  for (const auto table : {kHeads, kBlocks, kDelta}) {
    TRY(reading->scan(table, {}, [&](ByteView name, ByteView box) {
      if (name.size() < 16) return true;
      for (const auto& context : contexts_of(key.tenant, name)) {
        auto plain = crypto::open_box(key.key, context, box);
        if (!plain) continue;
        if (context.kind == crypto::BoxKind::GenerationHead) ++loot.generations;
        loot.plaintexts.push_back(std::move(plain.value()));
      }
      return true;
    }));
  }
  return success();
}

class Attacker {
 public:
  Attacker(const Image& image, tpm::Anchor& anchor, engine::Environment& appliance, Loot& loot)
      : image_(image), anchor_(anchor), appliance_(appliance), loot_(loot) {}

  Result<void> try_state(const EpochState& state) {
    const auto sealed = anchor_.unseal_root(state.sealed_root, state.terms());
    note(state, Attempt::UnsealHalf, sealed.has_value(), sealed ? 0 : sealed.error().outside());
    TRY(const auto manifest, decode_manifest(state.manifest));
    const auto own = anchor_.read_slot(manifest.slot);
    const bool there =
        own && own.value().expose([](auto bytes) { return crypto::sha256(ByteView(bytes)); }) == manifest.slot_digest;
    note(state, Attempt::ReadSlot, there, own ? 0 : own.error().outside());
    bool opened = false;
    for (const unsigned parity : {0u, 1u}) {
      const auto slot = anchor_.read_slot(parity);
      if (!slot) continue;
      // Without the sealed half, zeros stand for it: what a broken derivation would need to be noticed.
      const auto half = sealed ? sealed.value().duplicate()
                               : RootHalfSealed::copy_from(std::array<std::uint8_t, RootHalfSealed::kSize>{});
      TRY(const bool now, use_root(state, crypto::derive_epoch_root(half, slot.value(), state.epoch)));
      opened = opened || now;
    }
    note(state, Attempt::OpenTable, opened, 0);
    return success();
  }

 private:
  void note(const EpochState& state, Attempt attempt, bool opened, std::int64_t outside) {
    loot_.attempts.push_back({state.epoch, attempt, opened, outside});
  }

  Result<bool> use_root(const EpochState& state, const EpochRoot& root) {
    std::vector<TableRow> rows;
    {
      TRY(auto reading, appliance_.read());
      TRY(reading->scan(kTenants, {}, [&](ByteView key, ByteView box) {
        if (key.size() != 24) return true;
        auto row =
            open_table_row(root, from_be<std::uint64_t>(key.first<8>()), TenantId::from(key.subspan(8)).value(), box);
        if (row) rows.push_back(std::move(row.value()));
        return true;
      }));
    }
    if (rows.empty()) return false;
    for (const auto& row : rows) {
      if (row.tenant != kAppliance) continue;
      TRY(open_all(appliance_, {kAppliance, key_of_zero(row)}, loot_));
    }
    const auto entries = tenants_in_loot();
    for (const auto& row : rows) {
      const auto entry = entries.find(row.tenant);
      if (row.tenant == kAppliance || entry == entries.end()) continue;
      TRY(const bool opened, open_tenant(row, entry->second));
      note(state, Attempt::OpenTenant, opened, 0);
    }
    return true;
  }

  std::map<TenantId, TenantEntry> tenants_in_loot() const {
    std::map<TenantId, TenantEntry> found;
    for (const auto& plain : loot_.plaintexts) {
      auto entries = generations::decode_entries(plain);
      if (!entries) continue;
      for (const auto& entry : entries.value()) {
        if (entry.key.table != generations::TableId::Tenants || !entry.value) continue;
        const auto tenant = TenantId::from(entry.key.bytes);
        auto facts = decode_tenant_entry(*entry.value);
        if (tenant && facts) found.insert_or_assign(tenant.value(), std::move(facts.value()));
      }
    }
    return found;
  }

  Result<bool> open_tenant(const TableRow& row, const TenantEntry& entry) {
    auto seal = anchor_.unseal_tenant(entry.seal, entry.auth);
    if (!seal) return false;
    auto key = unwrap_tenant_key(seal.value(), row);
    if (!key) return false;
    auto environment =
        engine::Environment::open(image_.data / "tenants" / row.tenant.hex(), generations::tenant_layout(), false);
    if (!environment) return false;
    TRY(open_all(*environment.value(), {row.tenant, std::move(key.value())}, loot_));
    return true;
  }

  const Image& image_;
  tpm::Anchor& anchor_;
  engine::Environment& appliance_;
  Loot& loot_;
};

}  // namespace

bool Loot::holds(ByteView wanted) const {
  return std::ranges::any_of(plaintexts, [&](const Bytes& plain) {
    return ::memmem(plain.data(), plain.size(), wanted.data(), wanted.size()) != nullptr;
  });
}
Loot::~Loot() {
  for (auto& plain : plaintexts) memory::wipe(plain);
}

Result<Loot> attack(const Image& image, tpm::Anchor& anchor) {
  Loot loot;
  TRY(auto appliance, engine::Environment::open(image.data / "appliance", generations::appliance_layout(), false));
  std::vector<EpochState> states;
  {
    TRY(auto reading, appliance->read());
    for (const auto* name : {"current", "previous"}) {
      const auto stored = generations::get_plain(*reading, kEpoch, generations::name_key(name));
      if (!stored || !stored.value()) continue;
      if (auto state = decode_epoch_state(*stored.value())) states.push_back(std::move(state.value()));
    }
  }
  TRY(auto copies, read_state_copies(image.state_copy));
  for (auto& copy : copies) states.push_back(std::move(copy.state));
  Attacker attacker(image, anchor, *appliance, loot);
  for (const auto& state : states) {
    TRY(attacker.try_state(state));
  }
  return loot;
}

}  // namespace shosoin::erasure
