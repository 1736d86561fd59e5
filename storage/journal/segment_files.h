// The segment files of a journal directory: names, making, reading. Any thread; one journal per directory.
#pragma once

#include <filesystem>
#include <vector>

#include "firmware/base/disk.h"

namespace shosoin::journal {

std::filesystem::path segment_path(const std::filesystem::path& directory, std::uint32_t number);
// Ascending and without gaps, or Integrity.
Result<std::vector<std::uint32_t>> find_segments(const std::filesystem::path& directory);
// What a power cut left of a segment in the making. At a start only: later it is the maker's work.
Result<void> remove_unfinished(const std::filesystem::path& directory);
// Zero-filled to its full size and synced under another name, then renamed: a segment has its size or does not exist.
// Steps "journal:segment-zeros" and "journal:segment-name".
Result<disk::Descriptor> make_segment(const std::filesystem::path& directory, std::uint32_t number, std::size_t size);
struct LoadedSegment {
  disk::Descriptor file;
  Bytes image;
};
enum class Access : std::uint8_t { Writing, Reading };
Result<LoadedSegment> load_segment(const std::filesystem::path& directory, std::uint32_t number,
                                   Access access = Access::Writing);

}  // namespace shosoin::journal
