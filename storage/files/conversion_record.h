// 変換記録: what an import changed in its values, row by row - rule and code points before and after, of numbers only that
// they were changed (domain notes, section 2; format page: record.md, "Conversions"). Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"
#include "storage/files/normalise.h"

namespace shosoin::files {

inline constexpr std::uint16_t kConversionsFormat = 1;

struct Conversion {
  std::uint64_t row = 0;     // of the CSV, the header counted
  std::uint32_t column = 0;  // from 1
  std::string rule;          // slug
  std::vector<CodePointChange> changes;
  friend bool operator==(const Conversion&, const Conversion&) = default;
};
Bytes encode_conversions(const std::vector<Conversion>& conversions);  // ENSUREs the bounds of the format page
Result<std::vector<Conversion>> decode_conversions(ByteView bytes);    // Integrity

}  // namespace shosoin::files
