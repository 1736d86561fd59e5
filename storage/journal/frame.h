// Frames of the journal as bytes (storage/journal/journal.md). Pure; any thread.
#pragma once

#include <map>
#include <optional>

#include "firmware/base/limits.h"
#include "storage/journal/journal.h"

namespace shosoin::journal {

inline constexpr std::array<std::uint8_t, 8> kFrameMagic{'S', 'H', 'O', 'J',
                                                         'F', 'R', 'M', 1};  // the last byte: version
inline constexpr std::size_t kFrameAlign = 64;  // every frame starts on such a boundary, so that a scan can find it
inline constexpr std::size_t kFrameHead = 68;
inline constexpr std::size_t kFrameHash = 32;
inline constexpr std::size_t kDraftHead = 53;  // of an encoded draft, before the boxed entry
inline constexpr std::size_t kCarryHead = 12;
inline constexpr std::size_t kCarryRow = 72;
inline constexpr std::uint8_t kDraftVersion = 1;

// Frozen: the values stand in stored frames.
enum class FrameKind : std::uint32_t { Entry = 1, Carry = 2, Seal = 3 };

// A tenant's position and where its last frame stands.
struct Place {
  Position position;
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
};
bool operator==(const Place& left, const Place& right) noexcept;
using Places = std::map<TenantId, Place>;

// The first frame of every segment: where everybody stood when it began.
struct Carry {
  std::uint64_t segment_size = 0;
  Places places;
};
Bytes encode_carry(const Carry& carry);
Result<Carry> decode_carry(ByteView body);

struct FrameHead {
  FrameKind kind = FrameKind::Entry;
  std::uint64_t flush = 0;
  std::uint32_t flush_start = 0;  // where the first frame of this flush stands in this segment
  std::uint32_t offset = 0;
  std::uint32_t segment = 0;
  Digest previous{};
};
struct StoredFrame {
  FrameHead head;
  ByteView body;
  Digest hash{};
  std::size_t size = 0;  // with padding
};
constexpr std::size_t padded(std::size_t size) noexcept { return (size + kFrameAlign - 1) / kFrameAlign * kFrameAlign; }
constexpr std::size_t frame_size(std::size_t body_size) noexcept { return padded(kFrameHead + body_size + kFrameHash); }
inline constexpr std::size_t kSealSize = frame_size(0);  // kept free behind every entry
inline constexpr std::size_t kLargestBody =
    std::max(kDraftHead + limits::kMaxJournalEntry, kCarryHead + kCarryRow * limits::kMaxJournalTenants);

// What stands before the boxed entry in an encoded draft, its length included.
using DraftHead = std::array<std::uint8_t, kDraftHead>;
DraftHead encode_draft_head(const Draft& draft) noexcept;

// Appends the frame with its padding and returns its hash. The body may come in two parts.
Digest append_frame(Bytes& to, const FrameHead& head, ByteView body, ByteView rest = {});
// How long the frame at the beginning of `bytes` says it is (with padding), if it has a head at all. Nothing is
// verified.
std::optional<std::size_t> claimed_size(ByteView bytes) noexcept;
// The frame at the beginning of `bytes`, if it is whole, stands where it says and its hash holds.
std::optional<StoredFrame> read_frame(ByteView bytes, std::uint32_t segment, std::size_t offset);

}  // namespace shosoin::journal
