// Any bytes as a journal segment and as an outbox draft: they are read or refused, never more. What was read as a draft
// is encoded back to the same bytes; reading a segment up to the end that was found gives the same chain.
#include <cstdlib>

#include "storage/journal/segment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shosoin;
  using namespace shosoin::journal;
  const ByteView bytes(data, size);
  if (auto draft = decode_draft(bytes); draft && !equal(encode_draft(draft.value()), bytes)) std::abort();
  if (auto carry = decode_carry(bytes); carry && !equal(encode_carry(carry.value()), bytes)) std::abort();
  for (std::uint32_t number : {1u, 2u}) {
    Chain chain;
    const auto found = read_segment(bytes, number, chain, [](const Frame&) { return true; });
    if (!found || found.value().end == 0) continue;
    Bytes repaired = copy_of(bytes);
    std::fill(repaired.begin() + static_cast<std::ptrdiff_t>(found.value().end), repaired.end(), std::uint8_t{0});
    Chain again;
    const auto reread = read_segment(repaired, number, again, {});
    if (!reread || reread.value().end != found.value().end || !reread.value().clean || again.last != chain.last)
      std::abort();
  }
  return 0;
}
