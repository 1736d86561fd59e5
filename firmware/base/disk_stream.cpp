#include "firmware/base/disk_stream.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace shosoin::disk {
namespace {

constexpr std::size_t kAlignment = 4096;  // of buffer, place and length: no disk asks for more
constexpr std::size_t kBuffer = 4u << 20;

// Linux file systems say EINVAL; some that are served by a program say that they do not support it.
bool is_refusal(const Error& error) { return error.outside() == EINVAL || error.outside() == EOPNOTSUPP; }

}  // namespace

void Stream::Release::operator()(std::uint8_t* bytes) const noexcept {
  ::operator delete[](bytes, std::align_val_t{kAlignment});
}

Stream::Stream(Descriptor file, bool direct)
    : file_(std::move(file)), direct_(direct), buffer_(new (std::align_val_t{kAlignment}) std::uint8_t[kBuffer]) {}

Result<Stream> Stream::create(const std::filesystem::path& path) {
  constexpr int kFlags = O_CREAT | O_EXCL | O_WRONLY;
  auto file = open(path, kFlags | O_DIRECT);
  if (file) return Stream(std::move(file.value()), true);
  if (!is_refusal(file.error())) return file.error();
  std::error_code ignored;  // made and refused: some systems do
  std::filesystem::remove(path, ignored);
  TRY(auto plain, open(path, kFlags));
  return Stream(std::move(plain), false);
}

Result<void> Stream::append(ByteView bytes) {
  while (!bytes.empty()) {
    const auto part = std::min(bytes.size(), kBuffer - held_);
    std::memcpy(buffer_.get() + held_, bytes.data(), part);
    held_ += part;
    bytes = bytes.subspan(part);
    if (held_ == kBuffer) {
      TRY(write(held_));
    }
  }
  return success();
}

Result<void> Stream::finish() {
  TRY(write(held_ - held_ % kAlignment));
  if (direct_ && held_ != 0) {
    TRY(through_cache());  // what is left is no whole page
  }
  return write(held_);
}

// The first bytes held, which then are held no more.
Result<void> Stream::write(std::size_t bytes) {
  const ByteView part(buffer_.get(), bytes);
  auto written = write_at(file_, part, written_);
  if (!written && direct_ && is_refusal(written.error())) {  // opened so, and not written so
    TRY(through_cache());
    written = write_at(file_, part, written_);
  }
  TRY(std::move(written));
  // The disk begins at once, so that the sync at the end has little left to wait for. Only that one counts.
  if (!direct_)
    (void)::sync_file_range(file_.number(), static_cast<off_t>(written_), static_cast<off_t>(bytes),
                            SYNC_FILE_RANGE_WRITE);
  written_ += bytes;
  held_ -= bytes;
  std::memmove(buffer_.get(), buffer_.get() + bytes, held_);
  return success();
}

Result<void> Stream::through_cache() {
  const int flags = ::fcntl(file_.number(), F_GETFL);
  if (flags < 0 || ::fcntl(file_.number(), F_SETFL, flags & ~O_DIRECT) != 0)
    return Error{code_of(errno), "write a file through the kernel's cache", errno};
  direct_ = false;
  return success();
}

}  // namespace shosoin::disk
