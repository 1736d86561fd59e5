#include "firmware/memory/stack.h"

#include <array>
#include <cstdint>

#include "firmware/memory/secret.h"

namespace shosoin::memory {

[[gnu::noinline]] void scrub_stack() noexcept {
  std::array<std::uint8_t, kScrubbedStack> below;  // not initialised: it is what was left there
  wipe(below);
}

}  // namespace shosoin::memory
