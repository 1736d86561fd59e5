// A stored record of several tables, or the numbers held beside one: refused, or, where it matches its definition,
// encoded to the very same bytes.
#include "storage/files/numbers.h"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto definitions = DefinitionSet::embedded().value();
  read_record({data, size}, definitions);
  read_numbers({data, size}, definitions);
  return 0;
}
