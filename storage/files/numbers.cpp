#include "storage/files/numbers.h"

#include <algorithm>
#include <tuple>

#include "firmware/base/codec.h"
#include "firmware/base/limits_files.h"

namespace shosoin::files {
namespace {

constexpr Literal kDoing = "decode the individual numbers of a record";

auto place_of(const HeldNumber& held) { return std::tuple(held.group, held.row, held.item); }
bool in_order(const std::vector<HeldNumber>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), [](const auto& left, const auto& right) {
           return place_of(left) >= place_of(right);
         }) == numbers.end();
}
bool has_place(const HeldNumber& held, const Definition& definition, const StoredTables& record) {
  if (held.group >= definition.groups().size() || held.row >= record.tables[held.group].rows.size()) return false;
  const auto items = definition.items_of(held.group);
  return held.item < items.size() && is_individual_number(items[held.item].role);
}

}  // namespace

Result<Bytes> encode_numbers(const std::vector<HeldNumber>& numbers) {
  ENSURE(!numbers.empty() && in_order(numbers));
  if (numbers.size() > limits::kMaxHeldNumbers) {
    return Error{ErrorCode::TooLarge, "encode the individual numbers of a record"};
  }
  Writer out;
  out.u16(kNumbersFormat).u16(static_cast<std::uint16_t>(numbers.size()));
  for (const auto& held : numbers) {
    out.u16(held.group).u16(held.row).u16(held.item).raw(view_of(held.number.reveal()));
  }
  return out.take();
}

Result<DecodedNumbers> decode_numbers(ByteView bytes) {
  const Error damaged{ErrorCode::Integrity, kDoing};
  if (bytes.size() == IndividualNumber::kSize) {
    const auto only = IndividualNumber::parse(text_of(bytes));
    if (!only) return damaged;
    return DecodedNumbers{.placed = false, .numbers = {HeldNumber{.number = only.value()}}};
  }
  Reader in(bytes);
  if (in.u16() != kNumbersFormat) return damaged;
  const std::size_t count = in.u16();
  if (count == 0 || count > limits::kMaxHeldNumbers) return damaged;
  DecodedNumbers decoded;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    const auto group = in.u16(), row = in.u16(), item = in.u16();
    const auto number = IndividualNumber::parse(text_of(in.raw(IndividualNumber::kSize)));
    if (!number) return damaged;
    decoded.numbers.push_back({.group = group, .row = row, .item = item, .number = number.value()});
  }
  TRY(in.finish(kDoing));
  if (!in_order(decoded.numbers)) return damaged;
  return decoded;
}

Result<std::vector<HeldNumber>> numbers_of(DecodedNumbers decoded, const Definition& definition,
                                           const StoredTables& record) {
  const Error misplaced{ErrorCode::Integrity, "match individual numbers with their record"};
  if (!matches(record, definition)) return misplaced;
  if (!decoded.placed) {
    const auto item = definition.index_of(ItemRole::IndividualNumber, 0);
    if (!definition.is_flat() || !item) return misplaced;
    decoded.numbers.front().item = static_cast<std::uint16_t>(*item);
  }
  for (const auto& held : decoded.numbers) {
    if (!has_place(held, definition, record)) return misplaced;
  }
  return std::move(decoded.numbers);
}

}  // namespace shosoin::files
