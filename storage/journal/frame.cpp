#include "storage/journal/frame.h"

#include <algorithm>

#include "crypto/hash.h"
#include "firmware/base/codec.h"

namespace shosoin::journal {
namespace {

constexpr std::size_t kLengthAt = 12;
static_assert(limits::kJournalSegment % kFrameAlign == 0);
// One segment always takes a full carry, the largest entry behind it and the seal behind that.
static_assert(frame_size(kCarryHead + kCarryRow * limits::kMaxJournalTenants) +
                  frame_size(kDraftHead + limits::kMaxJournalEntry) + kSealSize <=
              limits::kJournalSegment);

std::uint32_t u32_at(ByteView bytes, std::size_t at) noexcept {
  return from_be<std::uint32_t>(bytes.subspan(at).first<4>());
}

}  // namespace

bool operator==(const Place& left, const Place& right) noexcept {
  return left.segment == right.segment && left.offset == right.offset && left.position.line == right.position.line &&
         left.position.change_seq == right.position.change_seq && left.position.last_frame == right.position.last_frame;
}

DraftHead encode_draft_head(const Draft& draft) noexcept {
  ENSURE(draft.boxed_entry.size() <= limits::kMaxJournalEntry);
  DraftHead head{kDraftVersion};
  auto at = head.begin() + 1;
  const auto put = [&at](ByteView bytes) { at = std::copy(bytes.begin(), bytes.end(), at); };
  put(draft.tenant.view());
  put(be(draft.line));
  put(be(draft.change_seq));
  put(draft.month_key.view());
  put(be(static_cast<std::uint32_t>(draft.boxed_entry.size())));
  ENSURE(at == head.end());
  return head;
}
Bytes encode_draft(const Draft& draft) {
  return Writer(kDraftHead + draft.boxed_entry.size()).raw(encode_draft_head(draft)).raw(draft.boxed_entry).take();
}
Result<Draft> decode_draft(ByteView bytes) {
  Reader reader(bytes);
  if (reader.u8() != kDraftVersion) reader.fail();
  Draft draft;
  draft.tenant = TenantId(reader.fixed<16>());
  draft.line = reader.u64();
  draft.change_seq = reader.u64();
  draft.month_key = MonthKeyId(reader.fixed<16>());
  draft.boxed_entry = copy_of(reader.blob32(limits::kMaxJournalEntry));
  TRY(reader.finish("read a journal entry"));
  return draft;
}

Bytes encode_carry(const Carry& carry) {
  ENSURE(carry.places.size() <= limits::kMaxJournalTenants);
  Writer writer;
  writer.u64(carry.segment_size).u32(static_cast<std::uint32_t>(carry.places.size()));
  for (const auto& [tenant, place] : carry.places) {
    writer.raw(tenant.view()).u64(place.position.line).u64(place.position.change_seq).raw(place.position.last_frame);
    writer.u32(place.segment).u32(place.offset);
  }
  return writer.take();
}
Result<Carry> decode_carry(ByteView body) {
  Reader reader(body);
  Carry carry{.segment_size = reader.u64(), .places = {}};
  const auto count = reader.u32();
  if (count > limits::kMaxJournalTenants) reader.fail();
  for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
    const TenantId tenant(reader.fixed<16>());
    Place place;
    place.position = {.line = reader.u64(), .change_seq = reader.u64(), .last_frame = reader.fixed<32>()};
    place.segment = reader.u32();
    place.offset = reader.u32();
    if (!carry.places.empty() && carry.places.rbegin()->first >= tenant) reader.fail();  // one canonical order
    carry.places.emplace_hint(carry.places.end(), tenant, place);
  }
  TRY(reader.finish("read a journal's carried positions"));
  return carry;
}

Digest append_frame(Bytes& to, const FrameHead& head, ByteView body, ByteView rest) {
  const std::size_t size = body.size() + rest.size();
  ENSURE(size <= kLargestBody && head.offset % kFrameAlign == 0 && head.flush_start <= head.offset);
  const std::size_t start = to.size();
  to.resize(start + frame_size(size));  // with its padding
  auto at = to.begin() + static_cast<std::ptrdiff_t>(start);
  const auto put = [&at](ByteView bytes) { at = std::copy(bytes.begin(), bytes.end(), at); };
  put(kFrameMagic);
  put(be(static_cast<std::uint32_t>(head.kind)));
  put(be(static_cast<std::uint32_t>(kFrameHead + size + kFrameHash)));
  put(be(head.flush));
  put(be(head.flush_start));
  put(be(head.offset));
  put(be(head.segment));
  put(head.previous);
  put(body);
  put(rest);
  const Digest hash = crypto::sha256(ByteView(to).subspan(start, kFrameHead + size));
  put(hash);
  return hash;
}
std::optional<std::size_t> claimed_size(ByteView bytes) noexcept {
  if (bytes.size() < kFrameHead || !equal(bytes.first(kFrameMagic.size()), kFrameMagic)) return std::nullopt;
  const std::size_t length = u32_at(bytes, kLengthAt);
  if (length < kFrameHead + kFrameHash || length > kFrameHead + kLargestBody + kFrameHash) return std::nullopt;
  return padded(length);
}
std::optional<StoredFrame> read_frame(ByteView bytes, std::uint32_t segment, std::size_t offset) {
  const auto size = claimed_size(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;
  Reader reader(bytes.first(u32_at(bytes, kLengthAt)));
  reader.raw(kFrameMagic.size());
  StoredFrame frame;
  frame.size = *size;
  const auto kind = reader.u32();
  if (kind < static_cast<std::uint32_t>(FrameKind::Entry) || kind > static_cast<std::uint32_t>(FrameKind::Seal))
    return std::nullopt;
  frame.head.kind = static_cast<FrameKind>(kind);
  reader.u32();
  frame.head.flush = reader.u64();
  frame.head.flush_start = reader.u32();
  frame.head.offset = reader.u32();
  frame.head.segment = reader.u32();
  frame.head.previous = reader.fixed<32>();
  frame.body = reader.raw(reader.left() - kFrameHash);
  frame.hash = reader.fixed<32>();
  if (frame.head.segment != segment || frame.head.offset != offset || frame.head.flush_start > offset)
    return std::nullopt;
  if (crypto::sha256(bytes.first(kFrameHead + frame.body.size())) != frame.hash) return std::nullopt;
  return frame;
}

}  // namespace shosoin::journal
