// Strong 16-byte identifiers and the tenant's public code. Values; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin {

template <class Meaning>
class Id16 {
 public:
  static constexpr std::size_t kSize = 16;
  constexpr Id16() noexcept = default;  // all zero: "none", and for TenantId the appliance itself
  constexpr explicit Id16(const std::array<std::uint8_t, kSize>& bytes) noexcept : bytes_(bytes) {}
  static Result<Id16> from(ByteView bytes) {
    if (bytes.size() != kSize) return Error{ErrorCode::BadRequest, "read a 16-byte identifier"};
    Id16 id;
    for (std::size_t i = 0; i < kSize; ++i) id.bytes_[i] = bytes[i];
    return id;
  }
  static Result<Id16> parse(std::string_view hex) {
    auto bytes = from_hex(hex);
    if (!bytes) return Error{ErrorCode::BadRequest, "read a hexadecimal identifier"};
    return from(*bytes);
  }
  static Id16 random();  // from the kernel's generator (ids.cpp)
  constexpr const std::array<std::uint8_t, kSize>& bytes() const noexcept { return bytes_; }
  ByteView view() const noexcept { return bytes_; }
  std::string hex() const { return to_hex(bytes_); }
  constexpr auto operator<=>(const Id16&) const noexcept = default;

 private:
  std::array<std::uint8_t, kSize> bytes_{};
};

void fill_random(std::span<std::uint8_t> out) noexcept;  // getrandom(2); ends the process if the kernel cannot
template <class Meaning>
Id16<Meaning> Id16<Meaning>::random() {
  Id16 id;
  fill_random(id.bytes_);
  return id;
}

using TenantId = Id16<struct TenantMeaning>;          // random, made with the tenant; zero = the appliance ("tenant zero")
using GenerationId = Id16<struct GenerationMeaning>;  // "gid"
using RowId = Id16<struct RowMeaning>;                // change_seq (8 B, big endian) || random (8 B)
using RecordId = Id16<struct RecordMeaning>;          // random; the only id an erased record may be asked by
using MonthKeyId = Id16<struct MonthKeyMeaning>;
using AttemptId = Id16<struct AttemptMeaning>;
inline constexpr TenantId kAppliance{};

}  // namespace shosoin
