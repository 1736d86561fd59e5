// The 個人番号 of one record version, kept together in a row of their own under their own key, apart from every other
// item (S-04, S-05). Format page: record.md, section "Numbers". Wiped when they go. Pure; any thread.
#pragma once

#include <vector>

#include "storage/files/tables.h"

namespace shosoin::files {

inline constexpr std::uint16_t kNumbersFormat = 2;  // format 1: the twelve digits of the one number, and nothing else

struct HeldNumber {
  std::uint16_t group = 0, row = 0, item = 0;  // row: of the person in this table, from 0; item: of the table
  IndividualNumber number;
  friend bool operator==(const HeldNumber&, const HeldNumber&) = default;
};

// Ordered by group, row, item, no place twice; at least one (ENSUREd). TooLarge over limits::kMaxHeldNumbers.
Result<Bytes> encode_numbers(const std::vector<HeldNumber>& numbers);
// Both formats. A number of format 1 has no place: it comes back at group 0, row 0, item 0, for place_single_number().
struct DecodedNumbers {
  bool placed = true;  // false: format 1
  std::vector<HeldNumber> numbers;
};
Result<DecodedNumbers> decode_numbers(ByteView bytes);
// Gives the number of format 1 its place and checks that every number stands where the definition has such an item and
// the record a row; Integrity otherwise.
Result<std::vector<HeldNumber>> numbers_of(DecodedNumbers decoded, const Definition& definition,
                                           const StoredTables& record);

}  // namespace shosoin::files
