// Small pieces of RFC 9110 header values: weights, media types, the bearer token. Pure; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace shosoin::gate {

bool equal_ignoring_case(std::string_view left, std::string_view right);
std::string_view trimmed(std::string_view text);  // without leading and trailing space and tab

// Visits each element of a list such as "ja, en;q=0.8" with its weight in thousandths; elements that do not parse are
// left out.
void for_each_weighted(std::string_view list, const std::function<void(std::string_view, int)>& visit);

// RFC 9110 section 12.5.1: does the client take this media type? The most specific range decides. Empty means anything.
bool accepts(std::string_view accept, std::string_view media_type);

struct MediaType {
  std::string_view type;     // "application/json"
  std::string_view charset;  // without quotes; empty when absent
};
std::optional<MediaType> parse_media_type(std::string_view value);  // no other parameter than charset

std::optional<std::array<std::uint8_t, 32>> parse_bearer(
    std::string_view authorization);              // RFC 6750, 32 bytes in base64url
bool is_idempotency_key(std::string_view value);  // 1..64 visible ASCII characters

}  // namespace shosoin::gate
