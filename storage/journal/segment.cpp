#include "storage/journal/segment.h"

#include <algorithm>

#include "firmware/base/zeros.h"

namespace shosoin::journal {
namespace {

// One flush is on the disk before the next is written. So a whole frame whose flush began behind the broken place
// proves that the broken place was durable once. Frames of the broken place's own flush prove nothing: a flush has no
// order inside.
Result<bool> judge_tail(ByteView image, std::uint32_t number, std::size_t broken) {
  bool remnants = false;
  for (std::size_t at = padded(broken + 1); at < image.size(); at += kFrameAlign) {
    if (!claimed_size(image.subspan(at))) continue;
    const auto frame = read_frame(image.subspan(at), number, at);
    if (!frame) continue;
    if (frame->head.flush_start > broken)
      return Error{ErrorCode::Integrity, "read the journal: a broken frame with a later flush behind it",
                   static_cast<std::int64_t>(broken)};
    remnants = true;
  }
  return remnants;
}

Result<void> check_place(const StoredFrame& frame, const Chain& chain) {
  const auto at = static_cast<std::int64_t>(frame.head.offset);
  if (chain.begun && frame.head.previous != chain.last)
    return Error{ErrorCode::Integrity, "read the journal: a frame does not follow the one before it", at};
  const bool same_flush = frame.head.flush == chain.flush && frame.head.flush_start == chain.flush_start;
  const bool next_flush = frame.head.flush == chain.flush + 1 && frame.head.flush_start == frame.head.offset;
  const bool opening = frame.head.kind == FrameKind::Carry;
  const bool sealing = frame.head.kind == FrameKind::Seal;
  if (opening != (frame.head.offset == 0))
    return Error{ErrorCode::Integrity, "read the journal: carried positions stand only at the start of a segment", at};
  if (chain.begun && !(opening || sealing ? next_flush : same_flush || next_flush))
    return Error{ErrorCode::Integrity, "read the journal: flush numbers have a gap", at};
  return success();
}

Result<void> take_carry(const StoredFrame& frame, ByteView image, Chain& chain) {
  TRY(auto carry, decode_carry(frame.body));
  if (carry.segment_size != image.size())
    return Error{ErrorCode::Integrity, "read the journal: a segment is not as long as it was made"};
  if (frame.head.segment == 1 && (frame.head.previous != Digest{} || frame.head.flush != 1 || !carry.places.empty()))
    return Error{ErrorCode::Integrity, "read the journal: the first segment does not begin a journal"};
  if (chain.begun && carry.places != chain.places)
    return Error{ErrorCode::Integrity, "read the journal: carried positions differ from the frames before them"};
  chain.begun = true;
  chain.places = std::move(carry.places);
  return success();
}

// An empty flush: whoever finds it knows that the flush before it was durable.
Result<void> take_seal(const StoredFrame& frame) {
  if (!frame.body.empty())
    return Error{ErrorCode::Integrity, "read the journal: a seal is not empty",
                 static_cast<std::int64_t>(frame.head.offset)};
  return success();
}

Result<Draft> take_entry(const StoredFrame& frame, Chain& chain) {
  TRY(auto draft, decode_draft(frame.body));
  auto found = chain.places.find(draft.tenant);
  const std::uint64_t before = found == chain.places.end() ? 0 : found->second.position.line;
  if (draft.line != before + 1)
    return Error{ErrorCode::Integrity, "read the journal: a tenant's lines have a gap",
                 static_cast<std::int64_t>(frame.head.offset)};
  if (found == chain.places.end() && chain.places.size() >= limits::kMaxJournalTenants)
    return Error{ErrorCode::Integrity, "read the journal: more tenants than there can be"};
  auto& place = chain.places[draft.tenant];
  place.position.line = draft.line;
  place.position.change_seq = std::max(place.position.change_seq, draft.change_seq);
  place.position.last_frame = frame.hash;
  place.segment = frame.head.segment;
  place.offset = frame.head.offset;
  return draft;
}

}  // namespace

Result<SegmentEnd> read_segment(ByteView image, std::uint32_t number, Chain& chain, const FrameVisitor& visit) {
  SegmentEnd result;
  while (result.end < image.size()) {
    const auto frame = read_frame(image.subspan(result.end), number, result.end);
    if (!frame) break;
    TRY(check_place(*frame, chain));
    if (frame->head.kind == FrameKind::Carry) {
      TRY(take_carry(*frame, image, chain));
    } else if (frame->head.kind == FrameKind::Seal) {
      TRY(take_seal(*frame));
    } else {
      TRY(auto draft, take_entry(*frame, chain));
      if (visit && !visit(Frame{.draft = std::move(draft),
                                .flush = frame->head.flush,
                                .previous = frame->head.previous,
                                .hash = frame->hash}))
        result.stopped = true;
    }
    chain.sealed = frame->head.kind == FrameKind::Seal;
    chain.last = frame->hash;
    chain.flush = frame->head.flush;
    chain.flush_start = frame->head.flush_start;
    result.end += frame->size;
    if (result.stopped) return result;
  }
  result.clean = all_zero(image.subspan(std::min(result.end, image.size())));
  if (!result.clean) {
    TRY(result.remnants, judge_tail(image, number, result.end));
  }
  return result;
}

}  // namespace shosoin::journal
