// One version of one record whose file has several tables, or several rows per person (format page: record.md, format
// 2). No 個人番号 is ever among the values (numbers.h). Format 1 reads as one table with one row. Pure; any thread.
#pragma once

#include "storage/files/record.h"

namespace shosoin::files {

inline constexpr std::uint16_t kTablesFormat = 2;

struct StoredTable {
  std::size_t width = 0;                       // items of the table
  std::vector<std::vector<std::string>> rows;  // each `width` values, in the order of the items
  friend bool operator==(const StoredTable&, const StoredTable&) = default;
};
struct StoredTables {
  std::string definition_key;
  std::uint16_t definition_version = 0;
  std::string addressee_number;
  std::vector<StoredTable> tables;  // one per group of the definition, in its order
  friend bool operator==(const StoredTables&, const StoredTables&) = default;
};

// ENSUREs that the record matches the definition and that the places of individual numbers are empty. TooLarge over
// kMaxRecordPlain, kMaxGroupRows or kMaxFieldBytes.
Result<Bytes> encode_tables(const Definition& definition, const StoredTables& record);
// Both formats; Integrity for anything else.
Result<StoredTables> decode_tables(ByteView bytes);
// The definition a stored record needs, or Integrity: unknown key or version, other tables, too many rows for a table
// of one row per person, a value where an individual number would stand.
Result<const Definition*> definition_of(const StoredTables& record, const DefinitionSet& definitions);
bool matches(const StoredTables& record, const Definition& definition);

}  // namespace shosoin::files
