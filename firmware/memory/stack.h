// What a function leaves on the stack when it returns: copies of keys of records, of plaintext in a parser's buffer. The
// heap is wiped when it is freed (wiping/); this is the same for the stack.
#pragma once

#include <cstddef>

namespace shosoin::memory {

// Deeper than any request goes: the deepest seen had touched 32 KiB.
inline constexpr std::size_t kScrubbedStack = std::size_t{64} * 1024;

// Overwrites the stack of this thread below the caller's frame. Called where work is done and its thread goes to wait,
// for it may wait for long. Some 2 us.
void scrub_stack() noexcept;

// Scrubs when it goes, after an exception too. The work it stands before is in a function of its own that is not inlined.
struct ScrubsStack {
  ScrubsStack() = default;
  ScrubsStack(const ScrubsStack&) = delete;
  ScrubsStack& operator=(const ScrubsStack&) = delete;
  ~ScrubsStack() { scrub_stack(); }
};

}  // namespace shosoin::memory
