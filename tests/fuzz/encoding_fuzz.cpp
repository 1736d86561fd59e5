// Bytes in a declared encoding: valid UTF-8 or refused, the same in pieces as in one, and never more than three bytes
// for one. The first byte chooses encoding and piece. Behind the header of a table, an import of them hands over no
// individual number.
#include "storage/files/importer.h"
#include "storage/files/utf8.h"

namespace {

using namespace shosoin;
using namespace shosoin::files;

struct Answer {
  std::string text;
  bool refused = false, complete = true;
  friend bool operator==(const Answer&, const Answer&) = default;
};
Answer decode(Encoding encoding, ByteView bytes, std::size_t piece) {
  Answer answer;
  Decoder decoder(encoding);
  for (auto rest = bytes; !rest.empty() && !answer.refused; rest = rest.subspan(std::min(piece, rest.size())))
    answer.refused = !decoder.decode(rest.first(std::min(piece, rest.size())), answer.text);
  answer.complete = decoder.complete();
  return answer;
}

void import(Encoding encoding, ByteView bytes) {
  static const auto definition = *DefinitionSet::embedded().value().find("hoikushi-torokubo");
  static const auto number = *definition.index_of(ItemRole::IndividualNumber);
  auto importer =
      Importer::create(definition, LocalGovernmentCode::parse("110001").value(), {.encoding = encoding}).value();
  const auto sink = [&](const ImportedRow& row) -> Result<void> {
    ENSURE(row.record.values[number].empty());
    ENSURE(row.doubtful.empty() == (row.state == RowState::Accepted));
    for (const auto& value : row.doubtful) ENSURE(value.item < row.record.values.size() && value.item != number);
    return success();
  };
  (void)importer.feed(bytes, sink).has_value();
  (void)importer.finish(sink).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  const auto encoding = (data[0] & 1) != 0 ? Encoding::Cp932 : Encoding::EucJpMs;
  const auto whole = decode(encoding, bytes, size), pieces = decode(encoding, bytes, std::size_t{1} + data[0] / 16);
  ENSURE(whole == pieces);
  ENSURE(is_valid_utf8(whole.text) && whole.text.size() <= 3 * bytes.size());
  import(encoding, bytes);
  return 0;
}
