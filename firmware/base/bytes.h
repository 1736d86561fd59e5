// Byte strings, views, hexadecimal and base64, big-endian integers. Pure; any thread.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shosoin {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Digest = std::array<std::uint8_t, 32>;  // SHA-256

inline ByteView view_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes copy_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
bool equal(ByteView left, ByteView right) noexcept;  // not constant time: never for secrets
void append(Bytes& to, ByteView what);

template <std::unsigned_integral T>
constexpr std::array<std::uint8_t, sizeof(T)> be(T value) noexcept {
  std::array<std::uint8_t, sizeof(T)> out{};
  for (std::size_t i = 0; i < sizeof(T); ++i) out[sizeof(T) - 1 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  return out;
}
template <std::unsigned_integral T>
constexpr T from_be(std::span<const std::uint8_t, sizeof(T)> bytes) noexcept {
  T value = 0;
  for (auto byte : bytes) value = static_cast<T>((static_cast<std::uint64_t>(value) << 8) | byte);
  return value;
}

std::string to_hex(ByteView bytes);                              // lower case
std::optional<Bytes> from_hex(std::string_view text);            // either case; nothing else
std::string to_base64(ByteView bytes);                           // RFC 4648 section 4, padded
std::optional<Bytes> from_base64(std::string_view text);         // canonical form only
std::string to_base64url(ByteView bytes);                        // RFC 4648 section 5, unpadded
std::optional<Bytes> from_base64url(std::string_view text);      // canonical form only

}  // namespace shosoin
