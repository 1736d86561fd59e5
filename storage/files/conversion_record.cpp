#include "storage/files/conversion_record.h"

#include "firmware/base/codec.h"
#include "firmware/base/limits_intake.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr std::size_t kMaxSlug = 64;

}  // namespace

Bytes encode_conversions(const std::vector<Conversion>& conversions) {
  ENSURE(conversions.size() <= limits::kMaxRowConversions);
  Writer out;
  out.u16(kConversionsFormat).u32(static_cast<std::uint32_t>(conversions.size()));
  for (const auto& one : conversions) {
    ENSURE(one.changes.size() <= limits::kMaxCodePointPairs && one.rule.size() <= kMaxSlug);
    out.u64(one.row).u32(one.column).text16(one.rule).u16(static_cast<std::uint16_t>(one.changes.size()));
    for (const auto& change : one.changes) out.u32(change.before).u32(change.before_mark).u32(change.after);
  }
  return out.take();
}

Result<std::vector<Conversion>> decode_conversions(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  const std::size_t count = in.u32();
  if (format != kConversionsFormat || count > limits::kMaxRowConversions) in.fail();
  std::vector<Conversion> out;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    Conversion one;
    one.row = in.u64();
    one.column = in.u32();
    one.rule = in.text16(kMaxSlug);
    if (!is_valid_utf8(one.rule)) in.fail();
    const std::size_t changes = in.u16();
    if (changes > limits::kMaxCodePointPairs) in.fail();
    for (std::size_t c = 0; c < changes && !in.failed(); ++c) {
      const char32_t before = in.u32(), mark = in.u32(), after = in.u32();
      one.changes.push_back({before, mark, after});
    }
    out.push_back(std::move(one));
  }
  TRY(in.finish("read the conversions of an import"));
  return out;
}

}  // namespace shosoin::files
