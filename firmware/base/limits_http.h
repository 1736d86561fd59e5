// Bounds of the framing of HTTP requests, beside those of limits.h. Read by the gate only.
#pragma once

#include <cstddef>

namespace shosoin::limits {

inline constexpr std::size_t kMaxLengthDigits = 12;  // of Content-Length: far over every body limit, far under overflow
inline constexpr std::size_t kMaxChunkDigits =
    16;  // of a chunk's size, leading zeros counted: 64 bits, so none overflows
inline constexpr std::size_t kHttpHeadRead = 8u << 10;   // asked of TLS at a time while a head is read
inline constexpr std::size_t kHttpBodyRead = 16u << 10;  // and while a body is: one TLS record

}  // namespace shosoin::limits
