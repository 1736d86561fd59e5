// Files written past the kernel's cache: every byte stands where it belongs, also on file systems that do not do that.
#include "firmware/base/disk_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_directory.h"

namespace {

// What a file system that does not write past the cache refuses: the opening, or only the writing.
enum class Refuses : unsigned char { Nothing, Opening, Writing };
Refuses refuses = Refuses::Nothing;
int refused = 0;

}  // namespace

// They stand before the C library's in this program.
extern "C" int open(const char* path, int flags, ...) {
  if (refuses == Refuses::Opening && (flags & O_DIRECT) != 0) {
    ++refused;
    errno = EINVAL;
    return -1;
  }
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
extern "C" ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  if (refuses == Refuses::Writing && (::fcntl(file, F_GETFL) & O_DIRECT) != 0) {
    ++refused;
    errno = EINVAL;
    return -1;
  }
  return ::syscall(SYS_pwrite64, file, bytes, size, offset);
}

namespace shosoin::disk {
namespace {

constexpr std::size_t kPiece = 5000;  // no divisor of pages or buffers

class DiskStream : public ::testing::Test {
 protected:
  void SetUp() override {
    refuses = Refuses::Nothing;
    refused = 0;
  }
  void TearDown() override { refuses = Refuses::Nothing; }

  static Bytes numbered(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>((i * 2654435761u) >> 13);
    return bytes;
  }
  // As it stands on the disk after being written in pieces.
  Bytes written(const Bytes& bytes, std::size_t piece) {
    const auto path = place_.path() / std::to_string(++files_);
    {
      auto stream = Stream::create(path);
      EXPECT_TRUE(stream);
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        EXPECT_TRUE(stream.value().append(ByteView(bytes).subspan(at, std::min(piece, bytes.size() - at))));
      }
      EXPECT_TRUE(stream.value().finish());
      EXPECT_EQ(stream.value().size(), bytes.size());
    }
    std::ifstream in(path, std::ios::binary);
    return Bytes{std::istreambuf_iterator<char>(in), {}};
  }

  support::TemporaryDirectory place_;
  int files_ = 0;
};

TEST_F(DiskStream, EveryByteStandsInItsPlaceWhateverTheLengthAndThePieces) {
  constexpr std::size_t kBuffer = 4u << 20;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096}, std::size_t{4097}, kBuffer - 1, kBuffer,
        kBuffer + 1, 2 * kBuffer + 4096, 2 * kBuffer + 5000}) {
    const auto bytes = numbered(size);
    EXPECT_EQ(written(bytes, kPiece), bytes) << size;
    EXPECT_EQ(written(bytes, size + 1), bytes) << size;
  }
}
TEST_F(DiskStream, WhereTheFileSystemRefusesToOpenSoItGoesThroughTheCache) {
  const auto bytes = numbered((9u << 20) + 77);
  refuses = Refuses::Opening;
  EXPECT_EQ(written(bytes, kPiece), bytes);
  EXPECT_EQ(refused, 1);
}
TEST_F(DiskStream, WhereItOpensAndRefusesToWriteSoItGoesThroughTheCacheFromThere) {
  const auto path = place_.path() / "probe";
  if (const int probe = ::open(path.c_str(), O_CREAT | O_WRONLY | O_DIRECT, 0600); probe >= 0) {
    ::close(probe);
    refuses = Refuses::Writing;
  }
  const bool can =
      refuses == Refuses::Writing;  // else there is nothing to refuse here, and the test before is this one
  const auto bytes = numbered((9u << 20) + 77);
  EXPECT_EQ(written(bytes, kPiece), bytes);
  EXPECT_EQ(refused, can ? 1 : 0);
}
TEST_F(DiskStream, WhatStandsThereAlreadyIsNotWrittenOver) {
  const auto path = place_.path() / "taken";
  std::ofstream(path) << "mine";
  const auto stream = Stream::create(path);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code(), ErrorCode::Conflict);
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "mine");
}
TEST_F(DiskStream, AFullDiskIsToldAsOne) {
  // The device that is always full.
  const auto link = place_.path() / "full";
  auto stream = Stream::create(link);
  ASSERT_TRUE(stream);
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  ASSERT_GE(::dup2(full, stream.value().file().number()), 0);
  ::close(full);
  ASSERT_TRUE(stream.value().append(numbered(100)));  // held, and nothing told
  const auto done = stream.value().finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::StorageFull);
}

}  // namespace
}  // namespace shosoin::disk
