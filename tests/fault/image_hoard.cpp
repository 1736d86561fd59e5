#include "tests/fault/image_hoard.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

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
using generations::kRows;
using generations::kTenants;

constexpr std::size_t kPiece = 4096, kOverlap = 512;  // what is looked for is shorter than the overlap

std::vector<crypto::BoxContext> contexts_of(const TenantId& tenant, ByteView name) {
  std::vector<crypto::BoxContext> contexts;
  if (name.size() < 16) return contexts;
  const auto gid = GenerationId::from(name.first(16)).value().bytes();
  const auto rest = name.subspan(16);
  if (rest.empty()) contexts.push_back({crypto::BoxKind::GenerationHead, tenant, gid, 0, 0});
  if (rest.size() == 4)
    contexts.push_back({crypto::BoxKind::Directory, tenant, gid, 0, from_be<std::uint32_t>(rest.first<4>())});
  if (rest.size() == 8) {
    const auto number = from_be<std::uint64_t>(rest.first<8>());
    contexts.push_back({crypto::BoxKind::Block, tenant, gid, 0, number});
    contexts.push_back({crypto::BoxKind::Delta, tenant, gid, 0, number});
  }
  return contexts;
}

}  // namespace

std::set<Needles::Mark> ImageHoard::Loot::found(const Needles& needles) const {
  std::set<Needles::Mark> found;
  for (const auto& plain : plaintexts) needles.scan(plain.bytes, found);
  for (const auto& key : keys) needles.scan(key, found);
  return found;
}

std::set<Needles::Mark> ImageHoard::found(const Needles& needles) const {
  std::set<Needles::Mark> found;
  for (const auto& piece : raw_) needles.scan(piece, found);
  return found;
}

// Pieces with the beginning of the next one, so that nothing is lost where they meet; holes hold only zeros.
std::uint64_t ImageHoard::take_file(const fs::path& file) {
  std::uint64_t all = 0;
  const auto in = disk::open(file, O_RDONLY).value();
  for (off_t at = 0; (at = ::lseek(in.number(), at, SEEK_DATA)) >= 0;) {
    const auto hole = ::lseek(in.number(), at, SEEK_HOLE);
    Bytes region(static_cast<std::size_t>(hole - at));
    ENSURE(disk::read_at(in, region, static_cast<std::uint64_t>(at)));
    for (std::size_t from = 0; from < region.size(); from += kPiece) {
      const auto piece = ByteView(region).subspan(from, std::min(kPiece + kOverlap, region.size() - from));
      const auto hash = std::hash<std::string_view>{}(text_of(piece));
      all = all * 0x100000001B3ull ^ hash ^ (static_cast<std::uint64_t>(at) + from);
      if (!seen_.insert(hash).second) continue;
      raw_.push_back(copy_of(piece));
      raw_bytes_ += piece.size();
    }
    at = hole;
  }
  return all;
}

bool ImageHoard::is_new(const std::string& what, std::uint64_t hash) {
  const auto [at, first] = last_.try_emplace(what, hash);
  return first || std::exchange(at->second, hash) != hash;
}

void ImageHoard::take_environment(const fs::path& directory, const TenantId& tenant) {
  const auto layout = tenant == kAppliance ? generations::appliance_layout() : generations::tenant_layout();
  auto environment = engine::Environment::open(directory, layout, false);
  if (!environment) return;  // copied while it was being made
  auto reading = environment.value()->read().value();
  for (const auto table : {kHeads, kBlocks, kDelta}) {
    ENSURE(reading->scan(table, {}, [&](ByteView key, ByteView box) {
      boxes_.insert({tenant, {copy_of(key), copy_of(box)}});
      return true;
    }));
  }
  ENSURE(reading->scan(kRows, {}, [&](ByteView key, ByteView row) {
    rows_.insert_or_assign({tenant, copy_of(key)}, copy_of(row));
    return true;
  }));
  if (tenant != kAppliance) return;
  ENSURE(reading->scan(kTenants, {}, [&](ByteView key, ByteView box) {
    tables_.insert({copy_of(key), copy_of(box)});
    return true;
  }));
  for (const auto* name : {"current", "previous"}) {
    auto stored = generations::get_plain(*reading, kEpoch, generations::name_key(name));
    if (stored && stored.value()) states_.insert(copy_of(*stored.value()));
  }
}

void ImageHoard::take(const fs::path& data, const fs::path& state_copy) {
  ++copies_;
  std::uint64_t copied = 0;
  for (const auto& item : fs::recursive_directory_iterator(state_copy)) {
    if (item.is_regular_file()) copied = copied * 0x100000001B3ull ^ take_file(item.path());
  }
  if (is_new("state copy", copied)) take_state_copies(state_copy);
  for (const auto& item : fs::recursive_directory_iterator(data)) {
    if (!item.is_regular_file()) continue;
    const auto hash = take_file(item.path());
    if (item.path().filename() != "data.mdb" || !is_new(item.path().string(), hash)) continue;
    const auto place = item.path().parent_path();
    const auto tenant = TenantId::parse(place.filename().string());
    take_environment(place, tenant ? tenant.value() : kAppliance);
  }
}

void ImageHoard::take_state_copies(const fs::path& directory) {
  auto copies = read_state_copies(directory);
  if (!copies) return;
  for (const auto& copy : copies.value()) {
    states_.insert(encode_epoch_state(copy.state));
    for (const auto& row : copy.table) tables_.insert(row);
    for (const auto& generation : copy.generations) {
      for (const auto& box : generation.delta) boxes_.insert({generation.tenant, box});
      // A file that ends too early yields what is there.
      (void)each_stored(generation, [&](engine::Table, ByteView key, ByteView box) -> Result<void> {
        boxes_.insert({generation.tenant, {copy_of(key), copy_of(box)}});
        return success();
      });
    }
  }
}

void ImageHoard::open_all(const TenantId& tenant, const std::vector<TenantEpochKey>& keys, Loot& loot) const {
  for (const auto& [owner, box] : boxes_) {
    if (owner != tenant) continue;
    for (const auto& context : contexts_of(tenant, box.first)) {
      for (const auto& key : keys) {
        auto plain = crypto::open_box(key, context, box.second);
        if (!plain) continue;
        const bool header = context.kind == crypto::BoxKind::GenerationHead;
        if (header) ++loot.generations;
        loot.plaintexts.push_back({tenant, std::move(plain.value()), header});
      }
    }
  }
}

ImageHoard::Loot ImageHoard::attack(tpm::Anchor& anchor) const {
  Loot loot;
  std::vector<RootHalfSealed> halves;
  std::vector<RootHalfSlot> slots;
  std::set<std::uint64_t> epochs;
  std::set<Digest> public_values;  // what overwrites a slot stands in every certificate, and is no key
  const auto keep = [&](const auto& secret) {
    secret.expose([&](auto bytes) { loot.keys.push_back(copy_of(bytes)); });
  };
  for (const auto& encoded : states_) {
    const auto state = decode_epoch_state(encoded).value();
    epochs.insert(state.epoch);
    public_values.insert(shred_value(state.manifest));
    auto half = anchor.unseal_root(state.sealed_root, state.terms());
    if (!half) continue;
    ++loot.halves;
    keep(half.value());
    halves.push_back(std::move(half.value()));
  }
  for (const unsigned parity : {0u, 1u}) {
    auto slot = anchor.read_slot(parity);
    if (!slot) continue;
    const bool overwritten = slot.value().expose([&](auto bytes) {
      return std::ranges::any_of(public_values, [&](const Digest& value) { return equal(value, ByteView(bytes)); });
    });
    if (!overwritten) keep(slot.value());
    slots.push_back(std::move(slot.value()));
  }
  // A zero half beside those that opened: what a broken derivation would need to be noticed.
  halves.push_back(RootHalfSealed::copy_from(std::array<std::uint8_t, RootHalfSealed::kSize>{}));
  std::vector<TableRow> rows;
  for (const auto& half : halves) {
    for (const auto& slot : slots) {
      for (const auto epoch : epochs) {
        const auto root = crypto::derive_epoch_root(half, slot, epoch);
        const auto before = rows.size();
        for (const auto& [key, box] : tables_) {
          if (key.size() != 24) continue;
          auto row = open_table_row(root, from_be<std::uint64_t>(ByteView(key).first<8>()),
                                    TenantId::from(ByteView(key).subspan(8)).value(), box);
          if (row) rows.push_back(std::move(row.value()));
        }
        if (rows.size() == before) continue;
        ++loot.tables;
        keep(root);
      }
    }
  }
  std::map<TenantId, std::vector<TenantEpochKey>> keys;
  const auto learn = [&](const TenantId& tenant, TenantEpochKey key) {
    const auto bytes = key.expose([](auto view) { return copy_of(view); });
    if (std::ranges::find(loot.keys, bytes) != loot.keys.end()) return;
    loot.keys.push_back(bytes);
    keys[tenant].push_back(std::move(key));
  };
  for (const auto& row : rows) {
    if (row.tenant == kAppliance) learn(kAppliance, key_of_zero(row));
  }
  open_all(kAppliance, keys[kAppliance], loot);
  std::map<Bytes, TenantSealKey> seals;  // by the sealed object
  std::map<TenantId, std::vector<const TenantSealKey*>> seals_of;
  for (const auto& plain : loot.plaintexts) {
    auto entries = generations::decode_entries(plain.bytes);
    if (plain.header || !entries) continue;
    for (const auto& entry : entries.value()) {
      if (entry.key.table != generations::TableId::Tenants || !entry.value) continue;
      auto facts = decode_tenant_entry(*entry.value);
      if (!facts || seals.contains(facts.value().seal)) continue;
      auto seal = anchor.unseal_tenant(facts.value().seal, facts.value().auth);
      if (!seal) continue;
      keep(seal.value());
      const auto [at, fresh] = seals.emplace(facts.value().seal, std::move(seal.value()));
      seals_of[TenantId::from(entry.key.bytes).value()].push_back(&at->second);
    }
  }
  for (const auto& row : rows) {
    if (row.tenant == kAppliance) continue;
    for (const auto* seal : seals_of[row.tenant]) {
      auto key = unwrap_tenant_key(*seal, row);
      if (key) learn(row.tenant, std::move(key.value()));
    }
  }
  for (const auto& [tenant, all] : keys) {
    if (tenant != kAppliance) open_all(tenant, all, loot);
  }
  return loot;
}

}  // namespace shosoin::test
