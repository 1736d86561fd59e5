// What a start finds in a journal directory and makes good: the end of the chain, torn tails zeroed. One thread,
// directory locked.
#pragma once

#include "storage/journal/segment.h"
#include "storage/journal/segment_files.h"

namespace shosoin::journal {

struct Recovered {
  Chain chain;
  std::uint32_t segment = 0;
  std::size_t end = 0;   // where the next frame goes
  std::size_t size = 0;  // of this segment's file
  disk::Descriptor file;
  std::uint64_t dropped = 0;             // bytes of torn tails
  std::optional<disk::Descriptor> next;  // the following segment, made ahead and unused
};
// NotFound: no segment at all and create is false. Steps "journal:drop-unused" and "journal:repair".
Result<Recovered> recover(const std::filesystem::path& directory, std::size_t segment_size, bool create);

// Every frame from segment `first` up to `end` in segment `last`, chain and carried positions verified.
struct Stretch {
  std::uint32_t first = 1, last = 0;
  std::size_t end = 0;
};
Result<void> walk_segments(const std::filesystem::path& directory, const Stretch& stretch, const FrameVisitor& visit);

// The same of a journal nobody runs, without writing: repair mode. A torn tail is for the next start, which drops it.
struct AtRest {
  std::uint64_t frames = 0;
  std::map<TenantId, std::uint64_t> lines;
  bool torn_tail = false;
};
Result<AtRest> walk_at_rest(const std::filesystem::path& directory);
// Keeps every other vault away from a directory without opening its journal; Conflict when one is there.
Result<disk::Descriptor> lock_directory(const std::filesystem::path& directory);

}  // namespace shosoin::journal
