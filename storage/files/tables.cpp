#include "storage/files/tables.h"

#include <algorithm>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_files.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr std::size_t kMaxKey = 64, kMaxAddresseeNumber = 64;

bool keeps_numbers_apart(const StoredTable& table, std::span<const Item> items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!is_individual_number(items[i].role)) continue;
    if (std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return !row[i].empty(); }))
      return false;
  }
  return true;
}

bool fits(const StoredTable& table, std::span<const Item> items, GroupRows rows) {
  if (table.width != items.size()) return false;
  if (rows == GroupRows::One && table.rows.size() > 1) return false;
  const bool whole =
      std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return row.size() == table.width; });
  return whole && keeps_numbers_apart(table, items);
}

StoredTable read_table(Reader& in) {
  StoredTable table;
  table.width = in.u16();
  const std::size_t rows = in.u16();
  if (table.width == 0 || table.width > limits::kMaxDefinitionItems || rows > limits::kMaxGroupRows) in.fail();
  for (std::size_t r = 0; r < rows && !in.failed(); ++r) {
    auto& row = table.rows.emplace_back();
    for (std::size_t i = 0; i < table.width && !in.failed(); ++i) {
      row.push_back(in.text16(limits::kMaxFieldBytes));
      if (!is_valid_utf8(row.back())) in.fail();
    }
  }
  return table;
}

}  // namespace

bool matches(const StoredTables& record, const Definition& definition) {
  if (record.definition_key != definition.key() || record.definition_version != definition.version()) return false;
  if (record.tables.size() != definition.groups().size()) return false;
  for (std::size_t g = 0; g < record.tables.size(); ++g) {
    if (!fits(record.tables[g], definition.items_of(g), definition.groups()[g].rows)) return false;
  }
  return true;
}

Result<Bytes> encode_tables(const Definition& definition, const StoredTables& record) {
  const Error too_large{ErrorCode::TooLarge, "encode a record of several tables"};
  ENSURE(matches(record, definition));
  if (record.addressee_number.size() > kMaxAddresseeNumber) return too_large;
  Writer out;
  out.u16(kTablesFormat).text16(record.definition_key).u16(record.definition_version).text16(record.addressee_number);
  out.u16(static_cast<std::uint16_t>(record.tables.size()));
  for (const auto& table : record.tables) {
    if (table.rows.size() > limits::kMaxGroupRows) return too_large;
    out.u16(static_cast<std::uint16_t>(table.width)).u16(static_cast<std::uint16_t>(table.rows.size()));
    for (const auto& row : table.rows) {
      for (const auto& value : row) {
        if (value.size() > limits::kMaxFieldBytes) return too_large;
        out.text16(value);
      }
      if (out.bytes().size() > limits::kMaxRecordPlain) return too_large;
    }
  }
  if (out.bytes().size() > limits::kMaxRecordPlain) return too_large;
  return out.take();
}

Result<StoredTables> decode_tables(ByteView bytes) {
  constexpr Literal kDoing = "decode a record of several tables";
  Reader in(bytes);
  if (bytes.size() > limits::kMaxRecordPlain) return Error{ErrorCode::Integrity, kDoing};
  if (in.u16() == kRecordFormat) {
    TRY(auto flat, decode_record(bytes));
    StoredTables record{std::move(flat.definition_key), flat.definition_version, std::move(flat.addressee_number), {}};
    record.tables.push_back({.width = flat.values.size(), .rows = {}});
    record.tables.back().rows.push_back(std::move(flat.values));
    return record;
  }
  Reader tables(bytes);
  if (tables.u16() != kTablesFormat) return Error{ErrorCode::Integrity, kDoing};
  StoredTables record;
  record.definition_key = tables.text16(kMaxKey);
  record.definition_version = tables.u16();
  record.addressee_number = tables.text16(kMaxAddresseeNumber);
  const std::size_t count = tables.u16();
  if (count == 0 || count > limits::kMaxDefinitionGroups) tables.fail();
  for (std::size_t g = 0; g < count && !tables.failed(); ++g) record.tables.push_back(read_table(tables));
  if (!is_valid_utf8(record.definition_key) || !is_valid_utf8(record.addressee_number)) tables.fail();
  TRY(tables.finish(kDoing));
  return record;
}

Result<const Definition*> definition_of(const StoredTables& record, const DefinitionSet& definitions) {
  const auto* definition = definitions.find(record.definition_key, record.definition_version);
  if (definition == nullptr || !matches(record, *definition)) {
    return Error{ErrorCode::Integrity, "match a record of several tables with its definition"};
  }
  return definition;
}

}  // namespace shosoin::files
