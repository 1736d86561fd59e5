// Bounds shared by the reader and the writer of strict JSON. Constants only.
#pragma once

#include <cstdint>

namespace shosoin::crypto {

inline constexpr int kMaxJsonDepth = 32;  // objects and arrays within each other
inline constexpr std::int64_t kMaxJsonInteger = std::int64_t{1}
                                                << 53;  // beyond, readers that use doubles lose digits (RFC 7493)

}  // namespace shosoin::crypto
