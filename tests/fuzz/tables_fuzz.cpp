// A stored record of several tables, or the numbers held beside one: refused, or, where it matches its definition,
// encoded to the very same bytes. So with a record of one row, the bytes of doubtful values, and the 変換記録.
#include "storage/files/conversion_record.h"
#include "storage/files/source_values.h"
#include "storage/files/stored_row.h"

namespace {

using namespace shosoin;
using namespace shosoin::files;

void read_record(ByteView bytes, const DefinitionSet& definitions) {
  const auto record = decode_tables(bytes);
  if (!record) return;
  const auto definition = definition_of(record.value(), definitions);
  if (!definition) return;
  if (from_be<std::uint16_t>(bytes.first<2>()) == kRecordFormat) return;  // record_fuzz writes that one back
  ENSURE(equal(encode_tables(*definition.value(), record.value()).value(), bytes));
}

void read_numbers(ByteView bytes, const DefinitionSet& definitions) {
  const auto decoded = decode_numbers(bytes);
  if (!decoded) return;
  ENSURE(!decoded.value().numbers.empty());
  if (decoded.value().placed) ENSURE(equal(encode_numbers(decoded.value().numbers).value(), bytes));
  for (const auto& definition : definitions.all()) {
    StoredTables empty{definition.key(), definition.version(), "", {}};
    for (std::size_t g = 0; g < definition.groups().size(); ++g)
      empty.tables.push_back({.width = definition.items_of(g).size(), .rows = {}});
    ENSURE(!numbers_of(decoded.value(), definition, empty));  // a record without rows has no place for a number
  }
}

void read_row(ByteView bytes, const DefinitionSet& definitions) {
  const auto row = view_row(bytes);
  if (!row) return;
  const auto definition = definition_of(row.value(), definitions);
  if (!definition) return;
  const auto& view = row.value();
  const std::vector<std::string> values(view.values.begin(), view.values.end());
  const auto written = encode_row(*definition.value(), view.group, std::string(view.addressee_number), values);
  ENSURE(!written || equal(written.value(), bytes));
}

void read_beside(ByteView bytes) {
  if (const auto sources = decode_sources(bytes)) ENSURE(equal(encode_sources(sources.value()).value(), bytes));
  if (const auto changes = decode_conversions(bytes)) ENSURE(equal(encode_conversions(changes.value()), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto definitions = DefinitionSet::embedded().value();
  read_record({data, size}, definitions);
  read_numbers({data, size}, definitions);
  read_row({data, size}, definitions);
  read_beside({data, size});
  return 0;
}
