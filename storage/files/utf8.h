// Strict UTF-8 (Unicode 15, table 3-7: no overlong form, no surrogate, nothing above U+10FFFF). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shosoin::files {

// The code point at `at`, which moves behind it; none, and `at` moves one byte, where the bytes are not valid UTF-8.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) noexcept;
bool is_ascii(std::string_view text) noexcept;
bool is_valid_utf8(std::string_view text) noexcept;
void append_utf8(std::string& to, char32_t c);  // ENSUREs a scalar value

// visit: (char32_t) -> bool, false stops. Returns false when it was stopped or met invalid bytes.
template <class Visit>
bool each_code_point(std::string_view text, Visit&& visit) {
  for (std::size_t at = 0; at < text.size();) {
    const auto c = next_code_point(text, at);
    if (!c || !visit(*c)) return false;
  }
  return true;
}

}  // namespace shosoin::files
