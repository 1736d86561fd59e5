#include "firmware/memory/secret.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <type_traits>

namespace shosoin {
namespace {

using Key = Secret<struct TestMeaning, 32>;
template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
std::string hex_of(const Key& key) {
  return key.expose([](ByteView bytes) { return to_hex(bytes); });
}
// The exit status of a child that runs the action, or minus the signal that ended it. As nobody and under a limit of
// `locked` bytes: root may lock memory without limit.
template <class Action>
int in_child_with_locked_limit(rlim_t locked, Action&& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const rlimit limit{locked, locked};
    if (::setrlimit(RLIMIT_MEMLOCK, &limit) != 0) ::_exit(101);
    if (::getuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(102);
    ::_exit(action());
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return 103;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(Secret, CanNeitherBeCopiedNorComparedNorPrinted) {
  static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
  static_assert(!std::is_default_constructible_v<Key>);
  static_assert(!std::equality_comparable<Key>);
  static_assert(!Printable<Key>);
  static_assert(!std::is_convertible_v<RootHalfSealed, RootHalfSlot>);
}
TEST(Secret, DrawsDifferentBytesEveryTime) { EXPECT_NE(hex_of(Key::random()), hex_of(Key::random())); }
TEST(Secret, HoldsWhatItWasMadeFrom) {
  std::array<std::uint8_t, 32> bytes{1, 2, 3};
  const auto copied = Key::copy_from(bytes);
  const auto written = Key::made_by([](std::span<std::uint8_t, 32> out) {
    for (auto& byte : out) byte = 0;
    out[0] = 1, out[1] = 2, out[2] = 3;
  });
  EXPECT_EQ(hex_of(copied), to_hex(bytes));
  EXPECT_EQ(hex_of(written), to_hex(bytes));
  EXPECT_EQ(hex_of(copied.duplicate()), to_hex(bytes));
}
TEST(Secret, MovesWithoutCopying) {
  auto one = Key::random();
  const auto text = hex_of(one);
  const auto* place = one.expose([](ByteView bytes) { return bytes.data(); });
  auto two = std::move(one);
  EXPECT_EQ(two.expose([](ByteView bytes) { return bytes.data(); }), place);
  auto three = Key::random();
  three = std::move(two);
  EXPECT_EQ(hex_of(three), text);
}
TEST(SecretDeathTest, AMovedFromSecretCannotBeExposed) {
  auto one = Key::random();
  auto two = std::move(one);
  EXPECT_DEATH(hex_of(one), "ENSURE failed");
}
TEST(SecretDeathTest, BytesBehindASecretCannotBeRead) {
  const auto key = Key::random();
  EXPECT_DEATH(key.expose([](ByteView bytes) {
    const volatile std::uint8_t* behind = bytes.data() + bytes.size();
    return *behind;
  }),
               "");
}
TEST(SecretDeathTest, BytesOfAReleasedSecretCannotBeRead) {
  const std::uint8_t* place = Key::random().expose([](ByteView bytes) { return bytes.data(); });
  EXPECT_DEATH({ [[maybe_unused]] const std::uint8_t byte = *const_cast<const volatile std::uint8_t*>(place); }, "");
}
TEST(Secret, IsLockedInMemory) {
  const auto locked_kilobytes = [] {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmLck:")) return std::stol(line.substr(6));
    }
    return -1L;
  };
  const long before = locked_kilobytes();
  const auto key = Key::random();
  EXPECT_GE(locked_kilobytes(), before + 4);
}
TEST(Secret, EndsTheProcessWhenItsMemoryCannotBeLocked) {
  EXPECT_EQ(in_child_with_locked_limit(0,
                                       [] {
                                         const auto key = Key::random();
                                         return 0;
                                       }),
            -SIGABRT);
}
TEST(PrepareProcess, RefusesWhenMemoryCannotBeLocked) {
  EXPECT_EQ(in_child_with_locked_limit(0,
                                       [] {
                                         const auto prepared = memory::prepare_process();
                                         return prepared ? 1 : prepared.error().code() == ErrorCode::Settings ? 0 : 2;
                                       }),
            0);
}
TEST(PrepareProcess, TurnsCoreDumpsOff) {
  EXPECT_EQ(in_child_with_locked_limit(1u << 20,
                                       [] {
                                         if (!memory::prepare_process()) return 1;
                                         rlimit core{1, 1};
                                         if (::getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0) return 2;
                                         return ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 3;
                                       }),
            0);
}
TEST(Wipe, LeavesZerosAndNothing) {
  std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
  memory::wipe(bytes);
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{}));
  std::string text(100, 's');
  const char* place = text.data();
  memory::wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(place[0], '\0');
  Bytes heap(100, 7);
  memory::wipe(heap);
  EXPECT_TRUE(heap.empty());
}
TEST(ConstantTimeEqual, ComparesLengthAndEveryByte) {
  EXPECT_TRUE(memory::constant_time_equal(view_of("same"), view_of("same")));
  EXPECT_TRUE(memory::constant_time_equal({}, {}));
  EXPECT_FALSE(memory::constant_time_equal(view_of("same"), view_of("samf")));
  EXPECT_FALSE(memory::constant_time_equal(view_of("same"), view_of("sam")));
}

}  // namespace
}  // namespace shosoin
