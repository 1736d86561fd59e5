// Files and directories down to the platter: owned descriptors, whole reads and writes at an offset, syncs that are
// never retried. Modes are 0600 and 0700. errno becomes an ErrorCode here and nowhere else. Nothing asks the power
// plug: callers name their steps. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::disk {

class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int number() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

// ENOSPC: StorageFull; ENOENT: NotFound; EEXIST: Conflict; rights: Settings; descriptors: Unavailable; ENOMEM: OutOfMemory; else
// StorageFailed.
ErrorCode code_of(int number) noexcept;

// flags as open(2); O_CLOEXEC and O_NOFOLLOW are always set.
Result<Descriptor> open(const std::filesystem::path& path, int flags);
Result<std::uint64_t> size_of(const Descriptor& file);
Result<void> write_at(const Descriptor& file, ByteView bytes, std::uint64_t offset);
// Integrity when the file ends before out is full.
Result<void> read_at(const Descriptor& file, std::span<std::uint8_t> out, std::uint64_t offset);

// A failure is StorageFailed whatever errno says: what reached the disk is unknown from then on.
Result<void> sync_data(const Descriptor& file);
Result<void> sync_directory(const std::filesystem::path& directory);
// 0700; the parent is synced. An existing directory is fine.
Result<void> make_directory(const std::filesystem::path& directory);
// rename(2), then both parents are synced.
Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace shosoin::disk
