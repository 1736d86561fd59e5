// A CSV file in pieces of a size the input chooses: no crash, and the same rows as in one piece.
#include "storage/files/importer.h"

namespace {

using namespace shosoin;
using namespace shosoin::files;

struct Answer {
  std::uint64_t rows = 0;
  std::size_t bytes = 0;
  bool refused = false;
};
Answer read(ByteView bytes, std::size_t piece) {
  Answer answer;
  CsvReader reader;
  const auto sink = [&](const CsvRow& row) -> Result<void> {
    ++answer.rows;
    for (auto field : row.fields) answer.bytes += field.size();
    return success();
  };
  for (auto rest = bytes; !rest.empty() && !answer.refused; rest = rest.subspan(std::min(piece, rest.size()))) {
    answer.refused = !reader.feed(rest.first(std::min(piece, rest.size())), sink);
  }
  if (!answer.refused) answer.refused = !reader.finish(sink);
  return answer;
}

// The whole importer behind a good header; what it hands over never holds an individual number among the values.
void import(ByteView bytes) {
  static const auto definition = *DefinitionSet::embedded().value().find("honnin-kakunin-joho");
  static const std::string header = [] {
    std::string line;
    for (const auto& item : definition.items()) line += (line.empty() ? "" : ",") + item.name;
    return line + "\n";
  }();
  auto importer = Importer::create(definition, LocalGovernmentCode::parse("132101").value(), {}).value();
  const auto number = *definition.index_of(ItemRole::IndividualNumber);
  const auto sink = [&](const ImportedRow& row) -> Result<void> {
    ENSURE(row.record.values[number].empty());
    return success();
  };
  if (importer.feed(view_of(header), sink)) (void)importer.feed(bytes, sink).has_value();
  (void)importer.finish(sink).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  const auto whole = read(bytes, size), pieces = read(bytes, std::size_t{1} + data[0] % 16);
  ENSURE(whole.rows == pieces.rows && whole.bytes == pieces.bytes && whole.refused == pieces.refused);
  import(bytes);
  return 0;
}
