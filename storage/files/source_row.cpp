#include "storage/files/source_row.h"

#include "firmware/base/limits_files.h"
#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::files {

SourceRow::~SourceRow() { memory::wipe(row_); }

void SourceRow::append(ByteView bytes) {
  ENSURE(row_.size() + bytes.size() <= limits::kMaxSourceRow);  // the CSV reader has refused longer lines
  row_.append(text_of(bytes));
}

Bytes SourceRow::column(std::size_t number) const {
  Bytes out;
  std::size_t at = 1;
  bool quoted = false;
  for (std::size_t i = 0; i < row_.size() && at <= number; ++i) {
    const char c = row_[i];
    if (c == '"') {
      const bool doubled = quoted && i + 1 < row_.size() && row_[i + 1] == '"';
      if (!doubled) {
        quoted = !quoted;
        continue;
      }
      ++i;
    } else if (!quoted && (c == '\n' || c == '\r')) {
      break;
    } else if (!quoted && c == ',') {
      ++at;
      continue;
    }
    if (at == number) out.push_back(static_cast<std::uint8_t>(c));
  }
  return out;
}

}  // namespace shosoin::files
