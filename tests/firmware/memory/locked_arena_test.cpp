// Locked memory for plaintext that is kept: locked or not there at all, and gone when it goes.
#include "firmware/memory/locked_arena.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace shosoin::memory {
namespace {

long locked_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmLck:")) return std::stol(line.substr(6));
  }
  return -1;
}

TEST(LockedArena, IsLockedWhileItIsThere) {
  const long before = locked_kilobytes();
  {
    const auto arena = LockedArena::take(64u << 10);
    ASSERT_EQ(arena.bytes().size(), 64u << 10);
    EXPECT_EQ(locked_kilobytes(), before + 64);
    std::ranges::fill(arena.bytes(), std::uint8_t{1});
  }
  EXPECT_EQ(locked_kilobytes(), before);
}

TEST(LockedArena, MovesWithoutACopy) {
  auto one = LockedArena::take(4096);
  const auto* place = one.bytes().data();
  const auto two = std::move(one);
  EXPECT_EQ(two.bytes().data(), place);
  EXPECT_EQ(two.bytes().size(), 4096u);
}

TEST(LockedArena, IsEmptyWhereItsMemoryCannotBeLocked) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit little{64u << 10, 64u << 10};
    ::setrlimit(RLIMIT_MEMLOCK, &little);
    // Root may lock what it likes until it is somebody else.
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
    if (lockable() != 64u << 10) ::_exit(2);
    if (!LockedArena::take(1u << 20).bytes().empty()) ::_exit(3);
    ::_exit(LockedArena::take(16u << 10).bytes().size() == 16u << 10 ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(WIFEXITED(status));
}

TEST(LockedArena, OfNoSizeIsEmpty) { EXPECT_TRUE(LockedArena::take(0).bytes().empty()); }

}  // namespace
}  // namespace shosoin::memory
