#include "tests/fault/damage.h"

#include <fcntl.h>

#include "firmware/base/disk.h"
#include "storage/engine/page_format.h"
#include "storage/generations/layout.h"
#include "storage/journal/frame.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;
using engine::PageKind;
using engine::pages::kPageSize;

Bytes read_some(const fs::path& file, std::uint64_t offset, std::size_t size) {
  Bytes bytes(size);
  const auto opened = disk::open(file, O_RDONLY).value();
  ENSURE(disk::read_at(opened, bytes, offset));
  return bytes;
}
void write_some(const fs::path& file, std::uint64_t offset, ByteView bytes) {
  const auto opened = disk::open(file, O_RDWR).value();
  ENSURE(disk::write_at(opened, bytes, offset));
}
const char* name_of(PageKind kind) {
  switch (kind) {
    case PageKind::Meta:
      return "meta page";
    case PageKind::Branch:
      return "branch page";
    case PageKind::Leaf:
      return "leaf page";
    case PageKind::Overflow:
      return "overflow page";
    case PageKind::Free:
      return "free page";
  }
  return "";
}

}  // namespace

Damage::Damage(EpochRig& rig, std::uint64_t seed) : rig_(rig), random_(seed) {
  const auto root = rig.root() / "live";
  for (const auto& item : fs::recursive_directory_iterator(root)) {
    if (!item.is_regular_file() || item.file_size() == 0) continue;
    const auto& path = item.path();
    spots_["any byte"].push_back({path, 0, item.file_size(), 0});
    if (path.filename() == "state") spots_["state copy"].push_back({path, 0, item.file_size(), 0});
    if (path.filename() == "data.mdb") {
      const auto layout =
          path.parent_path().filename() == "appliance" ? generations::appliance_layout() : generations::tenant_layout();
      const auto file = disk::open(path, O_RDONLY).value();
      ENSURE(engine::check_pages(file.number(),
                                 {layout.tables, layout.map_size, {}, [&](const engine::PageSeen& page) {
                                    for (auto i = page.number; i < page.number + page.count; ++i)
                                      spots_[name_of(page.kind)].push_back({path, i * kPageSize, kPageSize, i});
                                  }}));
    }
    if (path.extension() == ".jnl") {
      const auto image = read_some(path, 0, item.file_size());
      std::uint64_t at = 0;
      while (const auto size = journal::claimed_size(ByteView(image).subspan(at))) {
        spots_["journal frame"].push_back({path, at, *size, 0});
        at += *size;
      }
      spots_["journal elsewhere"].push_back({path, at, item.file_size() - at, 0});
    }
  }
  structural_ = {"meta page", "branch page", "leaf page", "journal frame"};
  others_ = {"overflow page", "free page", "state copy", "journal elsewhere", "any byte"};
  for (const auto* kinds : {&structural_, &others_}) {
    for (const auto& kind : *kinds) ENSURE(!spots_[kind].empty());
  }
}

Damage::Done Damage::flip(int turn) {
  const auto& kinds = turn % 2 == 0 ? structural_ : others_;
  const auto& kind = kinds[below(kinds.size())];
  const auto& places = spots_.at(kind);
  return flip_in(kind, places[below(places.size())]);
}

// Of a page two flips in three hit what LMDB reads: head, offsets, heads and keys of entries.
Damage::Done Damage::flip_in(const std::string& kind, const Spot& spot) {
  auto at = below(spot.size);
  if (structural_[0] == kind && below(3) != 0) at = below(152);
  if ((structural_[1] == kind || structural_[2] == kind) && below(3) != 0) {
    const auto page = read_some(spot.file, spot.offset, kPageSize);
    const std::uint64_t lower = engine::pages::load<std::uint16_t>(page, 12);
    at = below(lower);
    if (below(2) == 0) {
      const auto node = engine::pages::kHead + 2 * below((lower - engine::pages::kHead) / 2);
      at = std::min<std::uint64_t>(engine::pages::load<std::uint16_t>(page, node) + below(32), kPageSize - 1);
    }
  }
  auto byte = read_some(spot.file, spot.offset + at, 1);
  const auto bit = below(8);
  byte[0] ^= static_cast<std::uint8_t>(1u << bit);
  write_some(spot.file, spot.offset + at, byte);
  return {kind, spot.file.lexically_relative(rig_.root() / "live").string() + " at " +
                    std::to_string(spot.offset + at) + " bit " + std::to_string(bit)};
}

// Three times in four a page of an environment, otherwise a whole file.
Damage::Done Damage::put_back_older() {
  std::vector<fs::path> files;
  for (const auto& spot : spots_.at("any byte")) files.push_back(spot.file);
  for (;;) {
    const auto& file = files[below(files.size())];
    const auto name = file.lexically_relative(rig_.root() / "live");
    const auto old = rig_.root() / "older" / "live" / name;
    if (!fs::exists(old) || file.filename() == "lock.mdb") continue;
    const auto older = read_some(old, 0, fs::file_size(old)), now = read_some(file, 0, fs::file_size(file));
    if (older == now) continue;
    if (file.filename() != "data.mdb" || below(4) == 0) {
      write_some(file, 0, older);
      fs::resize_file(file, older.size());
      return {
          "older " + (file.filename() == "data.mdb" ? std::string("environment") : name.begin()->string() + " file"),
          name.string()};
    }
    const auto page = below(older.size() / kPageSize);
    const auto before = ByteView(older).subspan(page * kPageSize, kPageSize);
    if ((page + 1) * kPageSize > now.size() || equal(before, ByteView(now).subspan(page * kPageSize, kPageSize)))
      continue;
    write_some(file, page * kPageSize, before);
    return {"older page", name.string() + " page " + std::to_string(page)};
  }
}

}  // namespace shosoin::test
