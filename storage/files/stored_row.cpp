#include "storage/files/stored_row.h"

#include <algorithm>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_files.h"
#include "firmware/base/limits_intake.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr Literal kDoing = "read a record of one row";
constexpr std::size_t kMaxKey = 64, kMaxAddresseeNumber = 64;

bool is_whole(const RowView& row, const Definition& definition) {
  if (row.flat != definition.is_flat() || row.groups != definition.groups().size()) return false;
  for (std::size_t g = 0; g < row.groups; ++g) {
    if (row.widths[g] != definition.groups()[g].count) return false;
  }
  const auto items = definition.items_of(row.group);
  if (items.size() != row.values.size()) return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (is_individual_number(items[i].role) && !row.values[i].empty()) return false;
  }
  return true;
}

Result<RowView> view_flat(ByteView bytes) {
  TRY(auto record, view_record(bytes));
  RowView row;
  row.definition_key = record.definition_key;
  row.definition_version = record.definition_version;
  row.addressee_number = record.addressee_number;
  row.groups = 1;
  row.widths[0] = static_cast<std::uint16_t>(record.values.size());
  row.flat = true;
  row.values = std::move(record.values);
  return row;
}

// Leaves `row` alone where the table is empty.
void read_table(Reader& in, std::size_t group, bool& found, RowView& row) {
  const std::uint16_t width = in.u16(), rows = in.u16();
  row.widths[group] = width;
  if (width == 0 || width > limits::kMaxDefinitionItems || rows > 1 || (rows == 1 && found)) in.fail();
  if (rows == 0 || in.failed()) return;
  found = true;
  row.group = group;
  row.values.reserve(width);
  for (std::size_t i = 0; i < width && !in.failed(); ++i) {
    row.values.push_back(text_of(in.blob16(limits::kMaxFieldBytes)));
    if (!is_valid_utf8(row.values.back())) in.fail();
  }
}

}  // namespace

Result<Bytes> encode_row(const Definition& definition, std::size_t group, std::string addressee_number,
                         const std::vector<std::string>& values) {
  StoredTables record{definition.key(), definition.version(), std::move(addressee_number), {}};
  Bytes bytes;
  if (definition.is_flat()) {
    TRY(bytes, encode_record(definition,
                             {definition.key(), definition.version(), std::move(record.addressee_number), values}));
  } else {
    for (const auto& table : definition.groups()) record.tables.push_back({.width = table.count, .rows = {}});
    record.tables[group].rows.push_back(values);
    TRY(bytes, encode_tables(definition, record));
  }
  if (bytes.size() > limits::kMaxRowData) return Error{ErrorCode::TooLarge, "encode a record of one row"};
  return bytes;
}

Result<RowView> view_row(ByteView bytes) {
  if (bytes.size() > limits::kMaxRecordPlain) return Error{ErrorCode::Integrity, kDoing};
  Reader in(bytes);
  if (in.u16() != kTablesFormat) return view_flat(bytes);
  RowView row;
  row.definition_key = text_of(in.blob16(kMaxKey));
  row.definition_version = in.u16();
  row.addressee_number = text_of(in.blob16(kMaxAddresseeNumber));
  row.groups = in.u16();
  if (row.groups == 0 || row.groups > limits::kMaxDefinitionGroups) in.fail();
  bool found = false;
  for (std::size_t g = 0; g < row.groups && !in.failed(); ++g) read_table(in, g, found, row);
  if (!found || !is_valid_utf8(row.definition_key) || !is_valid_utf8(row.addressee_number)) in.fail();
  TRY(in.finish(kDoing));
  return row;
}

Result<const Definition*> definition_of(const RowView& row, const DefinitionSet& definitions) {
  const auto* definition = definitions.find(row.definition_key, row.definition_version);
  if (definition == nullptr || !is_whole(row, *definition)) {
    return Error{ErrorCode::Integrity, "match a record of one row with its definition"};
  }
  return definition;
}

Result<Bytes> encode_row_numbers(const Definition& definition, std::size_t group, const RecordInput& record) {
  const auto own = definition.index_of(ItemRole::IndividualNumber, group);
  ENSURE(own.has_value() || !record.individual_number);
  if (definition.is_flat()) {
    return record.individual_number ? copy_of(view_of(record.individual_number->reveal())) : Bytes{};
  }
  std::vector<HeldNumber> numbers;
  const auto hold = [&](std::size_t item, const IndividualNumber& number) {
    numbers.push_back({.group = static_cast<std::uint16_t>(group),
                       .row = 0,
                       .item = static_cast<std::uint16_t>(item),
                       .number = number});
  };
  if (record.individual_number) hold(*own, *record.individual_number);
  for (const auto& other : record.other_numbers) hold(other.item, other.number);
  if (numbers.empty()) return Bytes{};
  std::ranges::sort(numbers, {}, &HeldNumber::item);
  return encode_numbers(numbers);
}

Result<std::map<std::size_t, IndividualNumber>> numbers_of_row(ByteView bytes, const Definition& definition,
                                                               std::size_t group) {
  const Error misplaced{ErrorCode::Integrity, "match individual numbers with their row"};
  TRY(auto decoded, decode_numbers(bytes));
  if (!decoded.placed) {
    const auto own = definition.index_of(ItemRole::IndividualNumber, 0);
    if (!definition.is_flat() || !own) return misplaced;
    decoded.numbers.front().item = static_cast<std::uint16_t>(*own);
  }
  std::map<std::size_t, IndividualNumber> out;
  const auto items = definition.items_of(group);
  for (const auto& held : decoded.numbers) {
    if (held.group != group || held.row != 0 || held.item >= items.size()) return misplaced;
    if (!is_individual_number(items[held.item].role)) return misplaced;
    out.emplace(held.item, held.number);
  }
  return out;
}

}  // namespace shosoin::files
