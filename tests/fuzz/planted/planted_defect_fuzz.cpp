// The target that must fail: a parser with a planted defect behind a magic number and a length. If a campaign, or a replay, does not
// find it, then finding nothing elsewhere means nothing.
#include "firmware/base/codec.h"

namespace {

using namespace shosoin;

constexpr std::string_view kMagic = "SHO1";

// The planted defect: a length of 0x80 and more loses its highest bit when the text is written back.
Bytes write_back(ByteView text) {
  Writer out;
  out.raw(view_of(kMagic)).u8(static_cast<std::uint8_t>(text.size() & 0x7f)).raw(text);
  return out.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in({data, size});
  const bool known = text_of(in.raw(kMagic.size())) == kMagic;
  const auto text = in.raw(in.u8());
  if (!known || in.failed()) return 0;
  ENSURE(equal(write_back(text), ByteView(data, size - in.left())));
  return 0;
}
