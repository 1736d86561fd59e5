// A record that is one row of one table, in the format its file asks for (format page: record.md): a flat file keeps
// format 1, every other is written in format 2 with its row in its own table and the other tables empty. And the 個人番号
// that row held. Pure; any thread.
#pragma once

#include <array>
#include <map>

#include "firmware/base/limits_files.h"
#include "storage/files/numbers.h"

namespace shosoin::files {

// ENSUREs what encode_record and encode_tables ENSURE; TooLarge as there.
Result<Bytes> encode_row(const Definition& definition, std::size_t group, std::string addressee_number,
                         const std::vector<std::string>& values);

// Not copied out of its bytes: good while they stand where they are.
struct RowView {
  std::string_view definition_key;
  std::uint16_t definition_version = 0;
  std::string_view addressee_number;
  std::size_t group = 0, groups = 0;  // which table the row is in, and how many the record has
  bool flat = false;                  // format 1
  std::array<std::uint16_t, limits::kMaxDefinitionGroups> widths{};  // items of each table, also of the empty ones
  std::vector<std::string_view> values;
};
// Both formats; Integrity for anything else, and for a record that is not exactly one row.
Result<RowView> view_row(ByteView bytes);
// The definition it needs, or Integrity as in tables.h.
Result<const Definition*> definition_of(const RowView& row, const DefinitionSet& definitions);

// The numbers of one row of a file that is not flat, as encode_numbers wants them; those of a flat file are twelve
// digits alone. Empty bytes where the row held none.
Result<Bytes> encode_row_numbers(const Definition& definition, std::size_t group, const RecordInput& record);
// By item of the row's table. Integrity where a number stands in another table or where no such item is.
Result<std::map<std::size_t, IndividualNumber>> numbers_of_row(ByteView bytes, const Definition& definition,
                                                               std::size_t group);

}  // namespace shosoin::files
