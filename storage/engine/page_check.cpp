#include "storage/engine/page_check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "storage/engine/page_format.h"

namespace shosoin::engine {
namespace {

using namespace pages;

Error damaged(Literal what, std::uint64_t page) noexcept {
  return Error{ErrorCode::Integrity, what, static_cast<std::int64_t>(page)};
}

struct Bounds {  // of the keys a page may hold: from <= key < below
  std::optional<Bytes> from, below;
};
struct Found {
  std::uint64_t branches = 0, leaves = 0, overflows = 0, entries = 0;
};
// One tree on its way down.
struct Walk {
  std::string_view name;
  const Tree& tree;
  bool integers = false;                 // the list of free pages is ordered by number
  std::uint16_t value_flags = kBigData;  // what a leaf's nodes may say
  std::function<Result<void>(const Node&, ByteView, std::uint64_t)> value;  // a leaf's value, wherever it stood
  Found found{};
};

class Checker {
 public:
  Checker(int file, const PageCheck& plan) : file_(file), plan_(plan) {}

  Result<void> run() {
    TRY(choose_meta());
    if (meta_.last_page >= plan_.map_size / kPageSize)
      return damaged("check a meta page: more pages than the map holds", meta_page_);
    reached_.assign(meta_.last_page + 1, false);
    reached_[0] = reached_[1] = true;
    for (std::uint64_t number = 0; number < kFirstPage; ++number) tell(PageKind::Meta, number, 1, "");
    TRY(check_main());
    return check_free();
  }

 private:
  // A page beyond the end of the file or one the disk does not give is damaged as well.
  Result<void> read(std::uint64_t number, std::span<std::uint8_t> out) const {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto got =
          ::pread(file_, out.data() + done, out.size() - done, static_cast<off_t>(number * kPageSize + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return damaged("read a page of an environment: the disk does not give it", number);
      if (got == 0) return damaged("read a page of an environment: the file ends before it", number);
      done += static_cast<std::size_t>(got);
    }
    return success();
  }
  void tell(PageKind kind, std::uint64_t number, std::uint64_t count, std::string_view table) const {
    if (plan_.visit) plan_.visit({kind, number, count, table});
  }

  // The two meta pages hold the last two transactions, each in the page of its parity. LMDB would silently take the
  // older one when the newer is damaged. Before the second commit of all both may be of transaction 0.
  Result<void> choose_meta() {
    std::array<MetaPage, 2> metas;
    for (std::uint64_t number = 0; number < 2; ++number) {
      Bytes page(kPageSize), again(kPageSize);
      TRY(read(number, page));
      TRY(read(number, again));
      if (plan_.transaction && page != again)
        return Error{ErrorCode::Conflict, "check a meta page while it is written"};
      const auto meta = read_meta(page, number);
      if (!meta) return damaged("check a meta page", number);
      if (meta->transaction != 0 && meta->transaction % 2 != number)
        return damaged("check a meta page: the number of its transaction belongs to the other one", number);
      metas[number] = *meta;
    }
    const bool first = metas[0].transaction > metas[1].transaction;
    const auto newer = metas[first ? 0 : 1].transaction, older = metas[first ? 1 : 0].transaction;
    if (newer - older > 1)
      return damaged("check the meta pages: they are not of neighbouring transactions", first ? 1 : 0);
    meta_page_ = first ? 0 : 1;
    if (plan_.transaction && *plan_.transaction != newer) {
      if (*plan_.transaction != older) return Error{ErrorCode::Conflict, "check a snapshot that is two commits old"};
      meta_page_ = 1 - meta_page_;
    }
    meta_ = metas[meta_page_];
    return success();
  }

  Result<void> check_main() {
    std::vector<std::pair<std::string, Tree>> tables;
    Walk main{"main", meta_.main, false, kSubTree,
              [&](const Node& node, ByteView value, std::uint64_t page) -> Result<void> {
                if (node.flags != kSubTree || value.size() != kTreeSize)
                  return damaged("check the list of tables", page);
                tables.emplace_back(std::string(text_of(node.key)), read_tree(value));
                return success();
              }};
    TRY(walk(main));
    for (const auto& [name, tree] : tables) {
      const auto known = std::ranges::find(plan_.tables, name) - plan_.tables.begin();
      if (!plan_.tables.empty() && static_cast<std::size_t>(known) >= tables.size())
        return damaged("check the list of tables: a name is missing or foreign", meta_.main.root);
    }
    for (const auto& [name, tree] : tables) {
      Walk table{name, tree, false, kBigData, {}};
      TRY(walk(table));
    }
    return success();
  }

  // A page that is both free and in use would be written over by the next commit. Every commit but the first frees
  // pages and lists them under its own number, which a number changed in a meta page no longer fits.
  Result<void> check_free() {
    std::uint64_t newest = 0;
    std::vector<std::uint64_t> free;
    Walk list{"free", meta_.free, true, kBigData,
              [&](const Node& node, ByteView value, std::uint64_t page) -> Result<void> {
                newest = load<std::uint64_t>(node.key, 0);
                if (value.size() < 8 || value.size() % 8 != 0 || load<std::uint64_t>(value, 0) > value.size() / 8 - 1)
                  return damaged("check a list of free pages", page);
                std::uint64_t before = kNoRoot;
                for (std::uint64_t i = 1; i <= load<std::uint64_t>(value, 0); ++i) {
                  const auto number = load<std::uint64_t>(value, 8 * i);
                  if (number >= before) return damaged("check a list of free pages: its order is broken", page);
                  free.push_back(before = number);
                }
                return success();
              }};
    TRY(walk(list));
    if (newest > meta_.transaction || (meta_.transaction > 1 && newest != meta_.transaction))
      return damaged("check a meta page: its transaction is not the one that freed pages last", meta_page_);
    for (const auto number : free) {
      TRY(reach(number, 1));
      tell(PageKind::Free, number, 1, "free");
    }
    return success();
  }

  Result<void> reach(std::uint64_t number, std::uint64_t count) {
    if (number < kFirstPage || number > meta_.last_page || count > meta_.last_page - number + 1)
      return damaged("follow a page number that no page has", number);
    for (std::uint64_t i = number; i < number + count; ++i) {
      if (reached_[i]) return damaged("reach a page on two ways", i);
      reached_[i] = true;
    }
    return success();
  }

  Result<void> walk(Walk& walk) {
    const auto& tree = walk.tree;
    const auto wanted_flags = walk.integers ? kIntegerKey : std::uint16_t{0};
    if (tree.flags != wanted_flags || (!walk.integers && tree.pad != 0) || tree.depth > kMaxDepth ||
        (tree.root == kNoRoot) != (tree.depth == 0))
      return damaged("check the description of a table", meta_page_);
    if (tree.depth > 0) {
      TRY(descend(walk, tree.root, tree.depth, {}));
    }
    const auto& found = walk.found;
    if (found.branches != tree.branches || found.leaves != tree.leaves || found.overflows != tree.overflows ||
        found.entries != tree.entries)
      return damaged("count a table: pages or entries are missing or too many", tree.root);
    return success();
  }

  // -1, 0, 1, in the order of this tree. Numbers have eight bytes: checked before.
  static int compare(const Walk& walk, ByteView left, ByteView right) {
    if (walk.integers) {
      const auto a = load<std::uint64_t>(left, 0), b = load<std::uint64_t>(right, 0);
      return a < b ? -1 : a > b;
    }
    const auto order = std::lexicographical_compare_three_way(left.begin(), left.end(), right.begin(), right.end());
    return order < 0 ? -1 : order > 0;
  }

  Result<void> descend(Walk& walk, std::uint64_t number, std::uint16_t levels, const Bounds& bounds) {
    TRY(reach(number, 1));
    Bytes page(kPageSize);
    TRY(read(number, page));
    const bool branch = levels > 1;
    TRY(auto nodes, nodes_of(walk, page, number, branch));
    tell(branch ? PageKind::Branch : PageKind::Leaf, number, 1, walk.name);
    for (std::size_t i = branch ? 1 : 0; i < nodes.size(); ++i) {  // a branch's first key is never looked at
      const auto& key = nodes[i].key;
      const bool first = i == (branch ? 1u : 0u);
      if ((!first && compare(walk, nodes[i - 1].key, key) >= 0) ||
          (bounds.from && compare(walk, key, *bounds.from) < 0) ||
          (bounds.below && compare(walk, key, *bounds.below) >= 0))
        return damaged("check a page: a key is out of order", number);
    }
    if (!branch) {
      ++walk.found.leaves;
      for (const auto& node : nodes) {
        TRY(check_value(walk, node, number));
      }
      return success();
    }
    ++walk.found.branches;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Bounds inside = bounds;
      if (i > 0) inside.from = copy_of(nodes[i].key);
      if (i + 1 < nodes.size()) inside.below = copy_of(nodes[i + 1].key);
      TRY(descend(walk, nodes[i].child, static_cast<std::uint16_t>(levels - 1), inside));
    }
    return success();
  }

  // Head, and nodes that fill the page from `upper` to its end without a gap and without lying on one another.
  Result<std::vector<Node>> nodes_of(const Walk& walk, ByteView page, std::uint64_t number, bool branch) const {
    const std::size_t lower = load<std::uint16_t>(page, 12), upper = load<std::uint16_t>(page, 14);
    if (load<std::uint64_t>(page, 0) != number || load<std::uint16_t>(page, 10) != (branch ? kBranch : kLeaf) ||
        lower < kHead || lower % 2 != 0 || lower > upper || upper > kPageSize)
      return damaged("check the head of a page", number);
    const std::size_t count = (lower - kHead) / 2;
    // LMDB leaves a branch with one child only in its list of free pages.
    if (count < (branch && !walk.integers ? 2u : 1u)) return damaged("check a page: it holds too few entries", number);
    std::vector<Node> nodes;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t offset = 0, extent = 0;
      const auto node = read_node(page, i, branch, offset, extent);
      if (!node) return damaged("check a page: an entry lies outside of it", number);
      const bool keyless = branch && i == 0;
      if (!keyless && (walk.integers ? node->key.size() != 8 : node->key.empty()))
        return damaged("check a page: the length of a key is impossible", number);
      nodes.push_back(*node);
      places.emplace_back(offset, extent);
    }
    std::ranges::sort(places);
    std::size_t at = upper;
    for (const auto& [offset, extent] : places) {
      if (offset != at) return damaged("check a page: its entries do not fill it", number);
      at += extent;
    }
    if (at != kPageSize) return damaged("check a page: its entries do not fill it", number);
    return nodes;
  }

  Result<void> check_value(Walk& walk, const Node& node, std::uint64_t number) {
    ++walk.found.entries;
    if ((node.flags & ~walk.value_flags) != 0)
      return damaged("check a page: an entry is marked as what it cannot be", number);
    if ((node.flags & kBigData) == 0) return walk.value ? walk.value(node, node.data, number) : success();
    std::array<std::uint8_t, kHead> head{};
    if (node.child < kFirstPage || node.child > meta_.last_page)
      return damaged("follow a page number that no page has", number);
    TRY(read(node.child, head));
    const std::uint64_t pages = load<std::uint32_t>(head, 12);
    const std::uint64_t needed = (kHead + std::uint64_t{node.size} + kPageSize - 1) / kPageSize;
    if (load<std::uint64_t>(head, 0) != node.child || load<std::uint16_t>(head, 10) != kOverflow || pages < needed)
      return damaged("check the head of a large value", node.child);
    TRY(reach(node.child, pages));
    walk.found.overflows += pages;
    tell(PageKind::Overflow, node.child, pages, walk.name);
    if (!walk.value) return success();
    Bytes whole(kHead + node.size);
    TRY(read(node.child, whole));
    return walk.value(node, ByteView(whole).subspan(kHead), number);
  }

  int file_;
  const PageCheck& plan_;
  MetaPage meta_;
  std::uint64_t meta_page_ = 0;
  std::vector<bool> reached_;
};

}  // namespace

Result<void> check_pages(int file, const PageCheck& plan) { return Checker(file, plan).run(); }

}  // namespace shosoin::engine
