// The file of LMDB 0.9 on a 64-bit little-endian machine, as far as a check of its structure reads it (format page:
// pages.md). Views into one page; nothing here trusts what it reads: offsets are checked before they are followed.
// Pure; any thread.
#pragma once

#include <cstring>
#include <optional>

#include "firmware/base/bytes.h"

namespace shosoin::engine::pages {

inline constexpr std::size_t kPageSize = 4096;
inline constexpr std::size_t kHead = 16;     // page number(8) unused(2) flags(2), then lower(2) upper(2) or pages(4)
inline constexpr std::size_t kNodeHead = 8;  // size or page number, in three or four parts, and key length(2)
inline constexpr std::size_t kTreeSize = 48;
inline constexpr std::uint32_t kMagic = 0xBEEFC0DE;
inline constexpr std::uint32_t kDataVersion = 1;
inline constexpr std::uint64_t kFirstPage = 2;  // behind the two meta pages
inline constexpr std::uint64_t kNoRoot = ~std::uint64_t{0};
inline constexpr std::uint16_t kMaxDepth = 32;  // LMDB's cursor stack
inline constexpr std::uint16_t kBranch = 1, kLeaf = 2, kOverflow = 4,
                               kMeta = 8;                   // page flags as they stand on the disk
inline constexpr std::uint16_t kBigData = 1, kSubTree = 2;  // node flags
inline constexpr std::uint16_t kIntegerKey = 8;             // tree flag of the list of free pages

template <std::unsigned_integral T>
T load(ByteView bytes, std::size_t at) noexcept {  // the caller has checked that it fits
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

struct Tree {
  std::uint32_t pad = 0;
  std::uint16_t flags = 0, depth = 0;
  std::uint64_t branches = 0, leaves = 0, overflows = 0, entries = 0, root = kNoRoot;
};
inline Tree read_tree(ByteView bytes) noexcept {
  return {load<std::uint32_t>(bytes, 0),  load<std::uint16_t>(bytes, 4),  load<std::uint16_t>(bytes, 6),
          load<std::uint64_t>(bytes, 8),  load<std::uint64_t>(bytes, 16), load<std::uint64_t>(bytes, 24),
          load<std::uint64_t>(bytes, 32), load<std::uint64_t>(bytes, 40)};
}

struct MetaPage {
  Tree free, main;
  std::uint64_t last_page = 0, transaction = 0;
};
// Nothing when it is not the meta page with this number.
inline std::optional<MetaPage> read_meta(ByteView page, std::uint64_t number) noexcept {
  constexpr std::size_t kFree = kHead + 24;  // magic(4) version(4) address(8) map size(8)
  if (load<std::uint64_t>(page, 0) != number || load<std::uint16_t>(page, 10) != kMeta) return std::nullopt;
  if (load<std::uint32_t>(page, kHead) != kMagic || load<std::uint32_t>(page, kHead + 4) != kDataVersion)
    return std::nullopt;
  MetaPage meta;
  meta.free = read_tree(page.subspan(kFree));
  meta.main = read_tree(page.subspan(kFree + kTreeSize));
  meta.last_page = load<std::uint64_t>(page, kFree + 2 * kTreeSize);
  meta.transaction = load<std::uint64_t>(page, kFree + 2 * kTreeSize + 8);
  if (meta.free.pad != kPageSize || meta.free.flags != kIntegerKey || meta.main.pad != 0) return std::nullopt;
  return meta;
}

struct Node {
  std::uint16_t flags = 0;
  ByteView key;
  ByteView data;            // of a leaf, when it stands in the page
  std::uint64_t child = 0;  // of a branch; of a leaf: first page of its large value
  std::uint32_t size = 0;   // of a leaf's value
};
constexpr std::size_t even(std::size_t size) noexcept { return (size + 1) & ~std::size_t{1}; }

// The node whose offset stands at `index`, if it lies inside the page behind `upper`. `extent` is the room it takes.
inline std::optional<Node> read_node(ByteView page, std::size_t index, bool branch, std::size_t& offset,
                                     std::size_t& extent) noexcept {
  offset = load<std::uint16_t>(page, kHead + 2 * index);
  if (offset % 2 != 0 || offset < load<std::uint16_t>(page, 14) || offset + kNodeHead > kPageSize) return std::nullopt;
  Node node;
  const std::uint64_t low = load<std::uint32_t>(page, offset);
  node.flags = load<std::uint16_t>(page, offset + 4);
  const std::size_t key = load<std::uint16_t>(page, offset + 6);
  std::size_t data = 0;
  if (branch) {
    node.child = low | std::uint64_t{node.flags} << 32;
  } else {
    node.size = static_cast<std::uint32_t>(low);
    data = (node.flags & kBigData) != 0 ? sizeof(std::uint64_t) : node.size;
  }
  extent = even(kNodeHead + key + data);
  if (offset + extent > kPageSize) return std::nullopt;
  node.key = page.subspan(offset + kNodeHead, key);
  node.data = page.subspan(offset + kNodeHead + key, data);
  if (!branch && (node.flags & kBigData) != 0) node.child = load<std::uint64_t>(node.data, 0);
  return node;
}

}  // namespace shosoin::engine::pages
