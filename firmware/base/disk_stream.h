// A file written once, from its first byte to its last, past the kernel's cache of pages (O_DIRECT): what nobody is
// about to read does not drive out what is read, and no page is made for it. Where the file system does not do that,
// through the cache. One thread at a time.
#pragma once

#include <memory>

#include "firmware/base/disk.h"

namespace shosoin::disk {

class Stream {
 public:
  // Conflict when something stands there already; the other errors as disk::open.
  static Result<Stream> create(const std::filesystem::path& path);
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) noexcept = default;
  ~Stream() = default;
  // Nothing may be told of what was appended before finish().
  Result<void> append(ByteView bytes);
  Result<void> finish();  // everything is written, and nothing synced yet
  const Descriptor& file() const noexcept { return file_; }
  std::uint64_t size() const noexcept { return written_ + held_; }

 private:
  struct Release {
    void operator()(std::uint8_t* bytes) const noexcept;
  };
  Stream(Descriptor file, bool direct);
  Result<void> write(std::size_t bytes);
  Result<void> through_cache();

  Descriptor file_;
  bool direct_;
  std::uint64_t written_ = 0;
  std::size_t held_ = 0;
  std::unique_ptr<std::uint8_t[], Release> buffer_;  // aligned, as O_DIRECT asks
};

}  // namespace shosoin::disk
