// A stored record: refused, or, where it matches its definition, encoded to the very same bytes.
#include "storage/files/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shosoin;
  using namespace shosoin::files;
  static const auto definitions = DefinitionSet::embedded().value();
  const ByteView bytes(data, size);
  const auto record = decode_record(bytes);
  if (!record) return 0;
  const auto definition = definition_of(record.value(), definitions);
  if (!definition) return 0;
  ENSURE(equal(encode_record(*definition.value(), record.value()).value(), bytes));
  return 0;
}
