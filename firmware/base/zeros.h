// Padding is zeros. Not for secrets: the time it takes tells where the first other byte stands.
#pragma once

#include <cstring>

#include "firmware/base/bytes.h"

namespace shosoin {

inline bool all_zero(ByteView bytes) noexcept {
  return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace shosoin
