#include "firmware/base/ids.h"

#include <sys/random.h>

#include <cerrno>

namespace shosoin {

void fill_random(std::span<std::uint8_t> out) noexcept {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::getrandom(out.data() + done, out.size() - done, 0);
    if (got < 0 && errno == EINTR) continue;
    ENSURE(got > 0);
    done += static_cast<std::size_t>(got);
  }
}

}  // namespace shosoin
