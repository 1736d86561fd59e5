#include "storage/journal/recovery.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "firmware/base/log.h"
#include "firmware/base/power.h"

namespace shosoin::journal {
namespace {

namespace fs = std::filesystem;

struct Inspected {
  LoadedSegment loaded;
  Chain chain;
  SegmentEnd found;
};
Result<Inspected> inspect(const fs::path& directory, std::uint32_t number) {
  TRY(auto loaded, load_segment(directory, number));
  Chain chain;
  TRY(auto found, read_segment(loaded.image, number, chain, {}));
  return Inspected{std::move(loaded), std::move(chain), found};
}

// Behind the last byte that is not zero, at least `from`. Nearly all of a segment is zeros as a rule: passed over a page at a time.
std::size_t end_of_data(ByteView image, std::size_t from) {
  static constexpr std::array<std::uint8_t, 4096> kZeros{};
  std::size_t to = image.size();
  while (to - from >= kZeros.size() && std::memcmp(image.data() + to - kZeros.size(), kZeros.data(), kZeros.size()) == 0)
    to -= kZeros.size();
  while (to > from && image[to - 1] == 0) --to;
  return to;
}

// Writes the last flush again and zeros behind it. Again, because a process may have ended on a failed sync: the cache
// then still shows bytes that never reached the disk. If power goes during it, the next start finds the same torn tail
// or less of it.
Result<std::uint64_t> repair(Inspected& segment) {
  const std::size_t from = segment.found.end == 0 ? 0 : segment.chain.flush_start;
  Bytes& image = segment.loaded.image;
  const std::size_t to = end_of_data(image, segment.found.end);
  const std::uint64_t dropped = segment.found.clean ? 0 : to - segment.found.end;
  if (dropped > 0) oplog::warning("journal: a torn tail was dropped", {"bytes", static_cast<std::int64_t>(dropped)});
  if (to > segment.found.end) std::memset(image.data() + segment.found.end, 0, to - segment.found.end);
  if (to == from) return dropped;
  TRY(power::guarded("journal:repair", [&]() -> Result<void> {
    TRY(disk::write_at(segment.loaded.file, ByteView(image).subspan(from, to - from), from));
    return disk::sync_data(segment.loaded.file);
  }));
  return dropped;
}

// The newest file without a frame that counts: made ahead, or its first flush was torn.
Result<std::optional<disk::Descriptor>> keep_unused(const fs::path& path, Inspected& unused, std::size_t segment_size,
                                                    std::uint64_t& dropped) {
  if (unused.loaded.image.size() == segment_size) {
    TRY(dropped, repair(unused));
    return std::optional<disk::Descriptor>(std::move(unused.loaded.file));
  }
  TRY(power::guarded("journal:drop-unused", [&]() -> Result<void> {
    if (::unlink(path.c_str()) != 0) return Error{disk::code_of(errno), "drop an unused segment", errno};
    return disk::sync_directory(path.parent_path());
  }));
  return std::optional<disk::Descriptor>();
}

Result<Recovered> hand_over(std::uint32_t number, Inspected segment, std::optional<disk::Descriptor> next,
                            std::uint64_t dropped = 0) {
  TRY(const auto more, repair(segment));
  return Recovered{.chain = std::move(segment.chain),
                   .segment = number,
                   .end = segment.found.end,
                   .size = segment.loaded.image.size(),
                   .file = std::move(segment.loaded.file),
                   .dropped = dropped + more,
                   .next = std::move(next)};
}

}  // namespace

Result<Recovered> recover(const fs::path& directory, std::size_t segment_size, bool create) {
  TRY(remove_unfinished(directory));
  TRY(auto numbers, find_segments(directory));
  if (numbers.empty()) {
    if (!create) return Error{ErrorCode::NotFound, "open the journal: it has no segment"};
    TRY(auto file, make_segment(directory, 1, segment_size));
    return Recovered{
        .chain = {}, .segment = 1, .end = 0, .size = segment_size, .file = std::move(file), .dropped = 0, .next = {}};
  }
  const std::uint32_t newest = numbers.back();
  TRY(auto last, inspect(directory, newest));
  if (last.found.end > 0) return hand_over(newest, std::move(last), {});
  if (newest == 1) {
    if (last.loaded.image.size() != segment_size)
      return Error{ErrorCode::Integrity, "open the journal: its only segment is not whole"};
    return hand_over(newest, std::move(last), {});
  }
  if (numbers.size() == 1) return Error{ErrorCode::Integrity, "open the journal: its only segment holds nothing"};
  TRY(auto before, inspect(directory, newest - 1));
  // Right after creation: the second segment is made ahead before the first frame of all.
  if (before.found.end == 0 && newest - 1 != 1)
    return Error{ErrorCode::Integrity, "open the journal: two segments hold nothing"};
  if (!before.found.clean && last.found.remnants)
    return Error{ErrorCode::Integrity, "open the journal: a broken frame with a later segment behind it"};
  std::uint64_t dropped = 0;
  TRY(auto next, keep_unused(segment_path(directory, newest), last, segment_size, dropped));
  return hand_over(newest - 1, std::move(before), std::move(next), dropped);
}

Result<void> walk_segments(const fs::path& directory, const Stretch& stretch, const FrameVisitor& visit) {
  const auto [first, last, end] = stretch;
  TRY(auto numbers, find_segments(directory));
  if (numbers.empty() || numbers.front() > first)
    return Error{ErrorCode::Integrity, "walk the journal: its first segments are missing"};
  Chain chain;
  for (auto number : numbers) {
    if (number < first) continue;
    if (number > last) break;  // made ahead
    TRY(auto loaded, load_segment(directory, number));
    if (number == last && end < loaded.image.size()) {  // behind it the flusher may be writing: not looked at
      std::fill(loaded.image.begin() + static_cast<std::ptrdiff_t>(end), loaded.image.end(), std::uint8_t{0});
    }
    TRY(auto found, read_segment(loaded.image, number, chain, visit));
    if (found.stopped) return success();
    const bool whole = number == last ? found.end == end : found.end > 0;
    if (!found.clean || !whole)
      return Error{ErrorCode::Integrity, "walk the journal: a segment holds a broken frame", number};
  }
  return success();
}

Result<AtRest> walk_at_rest(const fs::path& directory) {
  TRY(auto numbers, find_segments(directory));
  if (numbers.empty()) return Error{ErrorCode::NotFound, "walk the journal: it has no segment"};
  AtRest facts;
  Chain chain;
  const auto count = [&](const Frame& frame) {
    ++facts.frames;
    facts.lines[frame.draft.tenant] = frame.draft.line;
    return true;
  };
  for (auto number : numbers) {
    // Behind a torn tail stands at most the segment that was made ahead.
    const bool ahead = number == numbers.back();
    if (facts.torn_tail && !ahead)
      return Error{ErrorCode::Integrity, "walk the journal: a segment holds a broken frame", number - 1};
    TRY(auto loaded, load_segment(directory, number, Access::Reading));
    const auto before = facts.frames;
    TRY(auto found, read_segment(loaded.image, number, chain, count));
    if (found.end == 0 && !ahead && number != 1)
      return Error{ErrorCode::Integrity, "walk the journal: a segment holds nothing", number};
    if (facts.torn_tail && facts.frames > before)
      return Error{ErrorCode::Integrity, "walk the journal: a segment holds a broken frame", number - 1};
    facts.torn_tail = facts.torn_tail || !found.clean;
  }
  return facts;
}

Result<disk::Descriptor> lock_directory(const fs::path& directory) {
  TRY(auto lock, disk::open(directory, O_RDONLY | O_DIRECTORY));
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0)
    return Error{ErrorCode::Conflict, "open the journal a second time", errno};
  return lock;
}

}  // namespace shosoin::journal
