// The structure of an environment's file, checked by a reader of our own that shares nothing with LMDB: LMDB follows
// whatever its pages say, out of the file if they say so. What a page's keys and values mean is not its business. Any
// thread; opens nothing for writing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firmware/base/result.h"

namespace shosoin::engine {

enum class PageKind : std::uint8_t { Meta, Branch, Leaf, Overflow, Free };
struct PageSeen {
  PageKind kind;
  std::uint64_t number;
  std::uint64_t count;     // of an overflow value: its pages
  std::string_view table;  // "" for meta pages, "free" and "main" for LMDB's own trees
};
using PageVisitor = std::function<void(const PageSeen&)>;

struct PageCheck {
  std::vector<std::string> tables;  // all of them, or the first ones: a newer version adds to the end; none: any
  std::size_t map_size = 0;
  std::optional<std::uint64_t> transaction{};  // a snapshot held open by the caller; otherwise the newest
  PageVisitor visit{};                         // told of every page that holds; may sleep
};
// Integrity names what is wrong, with the page's number. `file` is an open descriptor; it stays open.
Result<void> check_pages(int file, const PageCheck& plan);

}  // namespace shosoin::engine
