#include "storage/files/source_values.h"

#include <algorithm>

#include "firmware/base/codec.h"
#include "firmware/base/limits_intake.h"

namespace shosoin::files {
namespace {

bool in_order(const std::vector<SourceValue>& sources) {
  return std::ranges::adjacent_find(sources, [](const auto& left, const auto& right) {
           return left.item >= right.item;
         }) == sources.end();
}

}  // namespace

Result<Bytes> encode_sources(const std::vector<SourceValue>& sources) {
  ENSURE(!sources.empty() && sources.size() <= limits::kMaxDefinitionItems && in_order(sources));
  Writer out;
  out.u16(kSourcesFormat).u16(static_cast<std::uint16_t>(sources.size()));
  for (const auto& value : sources) out.u16(value.item).blob32(value.bytes);
  if (out.bytes().size() > limits::kMaxRowData) {
    return Error{ErrorCode::TooLarge, "keep the bytes of a value as they came"};
  }
  return out.take();
}

Result<std::vector<SourceValue>> decode_sources(ByteView bytes) {
  constexpr Literal kDoing = "read the bytes of a value as they came";
  Reader in(bytes);
  const auto format = in.u16();
  const std::size_t count = in.u16();
  if (bytes.size() > limits::kMaxRowData || format != kSourcesFormat || count == 0 || count > limits::kMaxDefinitionItems) in.fail();
  std::vector<SourceValue> sources;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    const auto item = in.u16();
    sources.push_back({item, copy_of(in.blob32(limits::kMaxRecordPlain))});
  }
  TRY(in.finish(kDoing));
  if (!in_order(sources)) return Error{ErrorCode::Integrity, kDoing};
  return sources;
}

}  // namespace shosoin::files
