// Values that wait for 文字同定, as their bytes stood in the file (format page: record.md, "Source"). Kept encrypted in a
// row of their own beside the record, also after they have been identified. Pure; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::files {

inline constexpr std::uint16_t kSourcesFormat = 1;

struct SourceValue {
  std::uint16_t item = 0;  // of the table
  Bytes bytes;             // in the encoding the import declared, without the quotes of the CSV
  friend bool operator==(const SourceValue&, const SourceValue&) = default;
};
// Ascending by item, no item twice, at least one (ENSUREd). TooLarge over limits::kMaxRowData.
Result<Bytes> encode_sources(const std::vector<SourceValue>& sources);
Result<std::vector<SourceValue>> decode_sources(ByteView bytes);  // Integrity

}  // namespace shosoin::files
