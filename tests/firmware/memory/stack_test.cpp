// What a function leaves behind on the stack, and that it is gone where the service says so. Read as an attacker reads it:
// from the process's memory, not through a pointer to what is not there any more.
#include "firmware/memory/stack.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "firmware/base/disk.h"

namespace shosoin::test {
namespace {

using Key = std::array<std::uint8_t, 32>;

std::uint8_t byte_of(std::size_t at) { return static_cast<std::uint8_t>(0xA1 + 7 * at); }

// As deep as a request goes; says where its key stood.
[[gnu::noinline]] std::uintptr_t leave_a_key_behind() {
  std::array<std::uint8_t, 24 * 1024> deep;
  volatile std::uint8_t* const key = deep.data();
  for (std::size_t i = 0; i < Key{}.size(); ++i) key[i] = byte_of(i);
  return reinterpret_cast<std::uintptr_t>(deep.data());
}

bool is_there(std::uintptr_t at) {
  static const auto memory = disk::open("/proc/self/mem", O_RDONLY).value();
  Key read{};
  if (::pread(memory.number(), read.data(), read.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(read.size())) {
    return false;
  }
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (read[i] != byte_of(i)) return false;
  }
  return true;
}

TEST(Stack, KeepsWhatAFunctionLeftUntilItIsScrubbed) {
  ASSERT_FALSE(is_there(leave_a_key_behind() + 1));  // opens the file, and reads what is no key
  const auto at = leave_a_key_behind();
  ASSERT_TRUE(is_there(at));
  memory::scrub_stack();
  EXPECT_FALSE(is_there(at));
}

[[gnu::noinline]] std::uintptr_t work_that_scrubs() {
  const memory::ScrubsStack behind;
  return leave_a_key_behind();
}
TEST(Stack, IsScrubbedBehindWork) { EXPECT_FALSE(is_there(work_that_scrubs())); }

}  // namespace
}  // namespace shosoin::test
