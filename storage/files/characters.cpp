#include "storage/files/characters.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <vector>

#include "firmware/base/result.h"
#include "storage/files/embedded.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr char32_t kFirstSelector = 0xE0100, kLastSelector = 0xE01EF;

// base << 8 | selector number, sorted. Read once from the embedded text, which a test holds against its known size.
std::vector<std::uint32_t> read_collection(std::string_view text) {
  std::vector<std::uint32_t> out;
  out.reserve(16'384);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('#')) continue;
    std::uint32_t base = 0;
    bool in_selectors = false;
    for (char c : line) {
      const auto value = static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
      if (c == ' ') {
        base = 0, in_selectors = false;
      } else if (c == ':') {
        in_selectors = true;
      } else if (in_selectors) {
        out.push_back(base << 8 | value);
      } else {
        base = base << 4 | value;
      }
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool is_noncharacter(char32_t c) noexcept { return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE; }
bool is_invisible(char32_t c) noexcept {
  return (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || (c >= 0x200E && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}
bool is_combining(char32_t c) {
  const auto type = u_charType(static_cast<UChar32>(c));
  return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_COMBINING_SPACING_MARK;
}

}  // namespace

bool is_variation_selector(char32_t c) noexcept {
  return (c >= 0xFE00 && c <= 0xFE0F) || (c >= kFirstSelector && c <= kLastSelector) || (c >= 0x180B && c <= 0x180D) ||
         c == 0x180F;
}

bool in_moji_joho(char32_t base, char32_t selector) {
  static const auto kCollection = read_collection(embedded::moji_joho());
  if (selector < kFirstSelector || selector > kLastSelector) return false;
  const auto entry = static_cast<std::uint32_t>(base) << 8 | static_cast<std::uint32_t>(selector - kFirstSelector);
  return std::binary_search(kCollection.begin(), kCollection.end(), entry);
}

namespace {

std::optional<CharacterFault> fault_of(char32_t c, char32_t previous, CharacterProfile profile) {
  if (c == 0xFFFD) return CharacterFault::Replacement;
  if (is_noncharacter(c)) return CharacterFault::Noncharacter;
  const bool declared = profile.collection == IvsCollection::MojiJoho && in_moji_joho(previous, c);
  if (is_variation_selector(c) && !declared) return CharacterFault::SelectorNotInCollection;
  if (c >= 0xE000 && c <= 0xF8FF) return CharacterFault::VendorPrivateUse;
  if (is_invisible(c)) return CharacterFault::Invisible;
  if (c >= 0xF0000 && !profile.standard_characters) return CharacterFault::StandardPrivateUse;
  return std::nullopt;
}

}  // namespace

CharacterReport check_characters(std::string_view valid_utf8, CharacterProfile profile) {
  CharacterReport report;
  if (is_ascii(valid_utf8)) return report;  // the CSV reader has refused control characters
  char32_t previous = 0;
  const bool whole = each_code_point(valid_utf8, [&](char32_t c) {
    ++report.position;
    report.fault = fault_of(c, previous, profile);
    report.standard_private_use = report.standard_private_use || (!report.fault && c >= 0xF0000);
    previous = c;
    return !report.fault;
  });
  if (whole) report.position = 0;
  return report;
}

std::vector<DoubtfulPlace> doubtful_places(std::string_view valid_utf8, CharacterProfile profile) {
  std::vector<DoubtfulPlace> places;
  if (is_ascii(valid_utf8)) return places;
  char32_t previous = 0;
  std::size_t position = 0, before = 0;  // before: where the last code point began
  for (std::size_t at = 0; at < valid_utf8.size();) {
    const auto begin = at;
    const auto c = next_code_point(valid_utf8, at);
    if (!c) break;
    ++position;
    const auto fault = fault_of(*c, previous, profile);
    if (fault) {
      const bool with_base = *fault == CharacterFault::SelectorNotInCollection && position > 1;
      const auto first = with_base ? before : begin;
      const bool joins = !places.empty() && places.back().first + places.back().size >= first;
      if (!joins) places.push_back({.position = with_base ? position - 1 : position, .first = first, .size = 0});
      places.back().size = at - places.back().first;
    }
    previous = *c;
    before = begin;
  }
  return places;
}

std::size_t length_in_characters(std::string_view valid_utf8) {
  if (is_ascii(valid_utf8)) return valid_utf8.size();
  std::size_t length = 0;
  bool after_base = false;
  each_code_point(valid_utf8, [&](char32_t c) {
    if (!after_base || (!is_variation_selector(c) && !is_combining(c))) ++length;
    after_base = true;
    return true;
  });
  return length;
}

std::string_view fault_slug(CharacterFault fault) noexcept {
  switch (fault) {
    case CharacterFault::VendorPrivateUse:
      return "vendor-private-use";
    case CharacterFault::StandardPrivateUse:
      return "standard-private-use";
    case CharacterFault::SelectorNotInCollection:
      return "selector-not-in-collection";
    case CharacterFault::Replacement:
      return "replacement-character";
    case CharacterFault::Noncharacter:
      return "noncharacter";
    case CharacterFault::Invisible:
      return "invisible-character";
  }
  return "";
}

}  // namespace shosoin::files
