// Turns what a synthetic person's row says into the form an old host would have written: kana, days, digits, and
// characters that an encoding cannot hold. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "storage/files/encoding.h"

namespace shosoin::files::synthetic {

// How a file writes days and months: 2024-06-20, 20240620, 令和6-06-20.
enum class DateStyle : std::uint8_t { Iso, Compact, Era };
// iso: YYYY-MM-DD or YYYY-MM, with the codes of unknown parts.
std::string restyle(std::string_view iso, DateStyle style);

std::string unvoiced(std::string_view kana);  // 清音化: voiced and small kana become plain ones, spaces go
std::string half_width(std::string_view kana);
std::string full_width_digits(std::string_view text);
// What a host of that encoding holds in place of a character it lacks: 吉 for 𠮷, no selector, the other wave dash.
std::string fitted(Encoding encoding, std::string_view text);

}  // namespace shosoin::files::synthetic
