// Locked memory for plaintext that is kept: locked or not there at all, and gone when it goes.
#include "firmware/memory/locked_arena.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

TEST(LockedArena, TakesAPageFromTheMachineWhenItIsWritten) {
  constexpr std::size_t kPages = 16, kPage = 4096;
  const auto arena = LockedArena::take(kPages * kPage);
  ASSERT_EQ(arena.bytes().size(), kPages * kPage);
  const auto taken = [&] {
    std::array<unsigned char, kPages> there{};
    EXPECT_EQ(::mincore(arena.bytes().data(), arena.bytes().size(), there.data()), 0);
    return std::ranges::count_if(there, [](unsigned char page) { return (page & 1) != 0; });
  };
  EXPECT_EQ(taken(), 0);
  arena.bytes()[5 * kPage] = 1;
  EXPECT_EQ(taken(), 1);
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

TEST(LockedArena, TheMachinesMemoryIsWhatTheKernelSays) {
  std::ifstream information("/proc/meminfo");
  std::string name;
  std::size_t kilobytes = 0;
  ASSERT_TRUE(information >> name >> kilobytes);
  ASSERT_EQ(name, "MemTotal:");
  EXPECT_EQ(machine_memory(), kilobytes << 10);
}

TEST(LockedArena, OfNoSizeIsEmpty) { EXPECT_TRUE(LockedArena::take(0).bytes().empty()); }

}  // namespace
}  // namespace shosoin::memory
