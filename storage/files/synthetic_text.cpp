#include "storage/files/synthetic_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "storage/files/characters.h"
#include "storage/files/encoder.h"
#include "storage/files/utf8.h"

namespace shosoin::files::synthetic {
namespace {

struct EraName {
  std::string_view name, first;  // ISO day
  int year;
};
constexpr auto kEras = std::to_array<EraName>({{"令和", "2019-05-01", 2019},
                                               {"平成", "1989-01-08", 1989},
                                               {"昭和", "1926-12-25", 1926},
                                               {"大正", "1912-07-30", 1912}});
constexpr std::string_view kSomeMonth = "06";  // stands for an unknown one when an era is looked for

int number_of(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}
std::string in_era(std::string_view iso) {
  const auto known = iso.substr(5, 2);
  std::string day(iso.substr(0, 5));
  day += known == "00" || known[0] == 'A' ? kSomeMonth : known;
  day += iso.size() > 7 && iso[8] != 'A' ? iso.substr(7) : std::string_view("-15");
  for (const auto& era : kEras) {
    if (day < era.first) continue;
    const auto year = number_of(iso.substr(0, 4)) - era.year + 1;
    return fmt::format("{}{}{}", era.name, year == 1 ? std::string("元") : std::to_string(year), iso.substr(4));
  }
  return std::string(iso);
}

}  // namespace

std::string restyle(std::string_view iso, DateStyle style) {
  std::string out(iso);
  if (iso.empty() || style == DateStyle::Iso) return out;
  if (style == DateStyle::Era && !iso.starts_with("0000")) return in_era(iso);
  out.erase(std::remove(out.begin(), out.end(), '-'), out.end());
  return out;
}

std::string unvoiced(std::string_view kana) {
  constexpr std::u32string_view kFrom = U"ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴァィゥェォッャュョ";
  constexpr std::u32string_view kTo = U"カキクケコサシスセソタチツテトハヒフヘホハヒフヘホウアイウエオツヤユヨ";
  static_assert(kFrom.size() == kTo.size());
  std::string out;
  each_code_point(kana, [&](char32_t c) {
    const auto at = kFrom.find(c);
    if (c != U'　') append_utf8(out, at == std::u32string_view::npos ? c : kTo[at]);
    return true;
  });
  return out;
}

std::string half_width(std::string_view kana) {
  constexpr std::u32string_view kFull =
      U"ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"
      U"ン";
  constexpr std::u32string_view kVoiced = U"ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ";
  constexpr std::u32string_view kVoicedBase = U"カキクケコサシスセソタチツテトハヒフヘホウ";
  constexpr std::u32string_view kSemiVoiced = U"パピプペポ", kSemiVoicedBase = U"ハヒフヘホ";
  const auto narrow = [&](char32_t c) { return static_cast<char32_t>(0xFF66 + kFull.find(c)); };
  std::string out;
  each_code_point(kana, [&](char32_t c) {
    if (const auto at = kVoiced.find(c); at != std::u32string_view::npos) {
      append_utf8(out, narrow(kVoicedBase[at]));
      append_utf8(out, 0xFF9E);
    } else if (const auto semi = kSemiVoiced.find(c); semi != std::u32string_view::npos) {
      append_utf8(out, narrow(kSemiVoicedBase[semi]));
      append_utf8(out, 0xFF9F);
    } else {
      append_utf8(out, kFull.find(c) != std::u32string_view::npos ? narrow(c) : c == U'　' ? U' ' : c);
    }
    return true;
  });
  return out;
}

std::string full_width_digits(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      append_utf8(out, U'０' + static_cast<char32_t>(c - '0'));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string fitted(Encoding encoding, std::string_view text) {
  constexpr auto kInstead = std::to_array<std::pair<char32_t, char32_t>>(
      {{U'\U00020BB7', U'吉'}, {U'\u2212', U'\uFF0D'}, {U'\u301C', U'\uFF5E'}});
  std::string out;
  each_code_point(text, [&](char32_t c) {
    if (can_encode(encoding, c)) {
      append_utf8(out, c);
    } else if (!is_variation_selector(c)) {
      const auto other =
          std::find_if(kInstead.begin(), kInstead.end(), [&](const auto& pair) { return pair.first == c; });
      append_utf8(out, other != kInstead.end() ? other->second : U'？');
    }
    return true;
  });
  return out;
}

}  // namespace shosoin::files::synthetic
