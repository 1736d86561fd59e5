// Finds numbers that stand in two rows of one import, in 16 bytes a number: SHA-256 under a random salt of this run,
// cut to 64 bits. Nothing here can be turned back into a number, and nothing is stored. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "firmware/base/bytes.h"

namespace shosoin::files {

class DuplicateFinder {
 public:
  // kind: apart for each column, so that equal digits in two columns are no duplicate.
  struct Number {
    std::uint8_t kind;
    std::string_view digits;
    std::uint64_t row;
  };
  DuplicateFinder();
  void add(const Number& number);
  struct Duplicate {
    std::uint8_t kind;
    std::uint64_t row;  // the later row
  };
  std::vector<Duplicate> find();  // ordered by row; sorts what was added

 private:
  struct Entry {
    std::uint64_t hash;
    std::uint64_t kind_and_row;  // row << 8 | kind
  };
  std::array<std::uint8_t, 32> salt_;
  std::deque<Entry> entries_;  // grows without a second copy of itself; at most limits::kMaxImportRows for each kind
};

}  // namespace shosoin::files
