#include "storage/journal/segment_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "firmware/base/limits.h"
#include "firmware/base/power.h"

namespace shosoin::journal {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kDigits = 8;
constexpr std::uint32_t kLastNumber = 99'999'999;
constexpr std::size_t kZeroChunk = 1u << 20;

fs::path named(const fs::path& directory, std::uint32_t number, const char* ending) {
  ENSURE(number >= 1 && number <= kLastNumber);
  char name[kDigits + 1];
  std::snprintf(name, sizeof name, "%08u", number);
  return directory / (std::string(name) + ending);
}
std::optional<std::uint32_t> number_of(const fs::path& file) {
  const std::string stem = file.stem().string();
  if (file.extension() != ".jnl" || stem.size() != kDigits) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (error != std::errc() || end != stem.data() + stem.size() || number == 0) return std::nullopt;
  return number;
}

Result<disk::Descriptor> write_zeros(const fs::path& path, std::size_t size) {
  TRY(auto file, disk::open(path, O_RDWR | O_CREAT | O_TRUNC));
  const Bytes zeros(kZeroChunk);
  for (std::size_t at = 0; at < size; at += kZeroChunk) {
    TRY(disk::write_at(file, ByteView(zeros).first(std::min(kZeroChunk, size - at)), at));
  }
  TRY(disk::sync_data(file));
  return file;
}

}  // namespace

fs::path segment_path(const fs::path& directory, std::uint32_t number) { return named(directory, number, ".jnl"); }

Result<std::vector<std::uint32_t>> find_segments(const fs::path& directory) {
  std::error_code error;
  std::vector<std::uint32_t> numbers;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    if (auto number = number_of(at->path())) numbers.push_back(*number);
  if (error) return Error{disk::code_of(error.value()), "list the journal", error.value()};
  std::sort(numbers.begin(), numbers.end());
  for (std::size_t i = 1; i < numbers.size(); ++i)
    if (numbers[i] != numbers[i - 1] + 1)
      return Error{ErrorCode::Integrity, "list the journal: a segment is missing", numbers[i - 1] + 1};
  return numbers;
}
Result<void> remove_unfinished(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> unfinished;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".new") unfinished.push_back(at->path());
  if (error) return Error{disk::code_of(error.value()), "list the journal", error.value()};
  for (const auto& path : unfinished) ::unlink(path.c_str());  // if it stays, making it anew truncates it
  return success();
}

Result<disk::Descriptor> make_segment(const fs::path& directory, std::uint32_t number, std::size_t size) {
  const auto draft = named(directory, number, ".new");
  // Power cut before the rename: an unfinished file that the next start removes. After: a whole segment of zeros,
  // unused.
  auto file = power::guarded("journal:segment-zeros", [&] { return write_zeros(draft, size); });
  if (!file) {
    if (!power::is_out()) ::unlink(draft.c_str());  // gives the room back when the disk is full
    return file.error();
  }
  TRY(power::guarded("journal:segment-name", [&] { return disk::rename(draft, segment_path(directory, number)); }));
  return std::move(file).value();
}

Result<LoadedSegment> load_segment(const fs::path& directory, std::uint32_t number, Access access) {
  TRY(auto file, disk::open(segment_path(directory, number), access == Access::Writing ? O_RDWR : O_RDONLY));
  TRY(auto size, disk::size_of(file));
  if (size > limits::kJournalSegmentMost) return Error{ErrorCode::Integrity, "read a segment: it is too long", number};
  Bytes image(size);
  TRY(disk::read_at(file, image, 0));
  return LoadedSegment{std::move(file), std::move(image)};
}

}  // namespace shosoin::journal
