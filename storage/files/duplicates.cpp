#include "storage/files/duplicates.h"

#include <algorithm>
#include <span>

#include "crypto/hash.h"
#include "firmware/base/ids.h"

namespace shosoin::files {

DuplicateFinder::DuplicateFinder() { fill_random(salt_); }

void DuplicateFinder::add(const Number& number) {
  const std::array<std::uint8_t, 1> kind{number.kind};
  const Digest digest = crypto::sha256({salt_, kind, view_of(number.digits)});
  entries_.push_back(
      {.hash = from_be<std::uint64_t>(std::span(digest).first<8>()), .kind_and_row = number.row << 8 | number.kind});
}

std::vector<DuplicateFinder::Duplicate> DuplicateFinder::find() {
  const auto order = [](const Entry& left, const Entry& right) {
    return left.hash != right.hash ? left.hash < right.hash : left.kind_and_row < right.kind_and_row;
  };
  std::sort(entries_.begin(), entries_.end(), order);
  std::vector<Duplicate> out;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].hash != entries_[i - 1].hash) continue;
    out.push_back(
        {.kind = static_cast<std::uint8_t>(entries_[i].kind_and_row & 0xFF), .row = entries_[i].kind_and_row >> 8});
  }
  std::sort(out.begin(), out.end(), [](const Duplicate& left, const Duplicate& right) { return left.row < right.row; });
  return out;
}

}  // namespace shosoin::files
