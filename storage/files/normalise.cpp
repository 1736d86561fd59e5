#include "storage/files/normalise.h"

#include <optional>

#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr std::u32string_view kHalfWidthKana =
    U"。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリ"
    U"ルレロワン゛゜";
constexpr char32_t kFirstHalfWidth = 0xFF61, kLastHalfWidth = 0xFF9F;
static_assert(kHalfWidthKana.size() == kLastHalfWidth - kFirstHalfWidth + 1);
constexpr char32_t kVoiced = U'゛', kSemiVoiced = U'゜';

bool is_half_width_kana(char32_t c) noexcept { return c >= kFirstHalfWidth && c <= kLastHalfWidth; }
char32_t widen(char32_t c) noexcept { return is_half_width_kana(c) ? kHalfWidthKana[c - kFirstHalfWidth] : c; }

// Katakana that takes the voiced mark, from the order of the Unicode block: カ..チ in steps of two, ツテト, ハ..ホ in
// threes.
std::optional<char32_t> voiced(char32_t c) noexcept {
  if (c == U'ウ') return U'ヴ';
  if (c == U'ワ') return char32_t{0x30F7};
  if (c == U'ヲ') return char32_t{0x30FA};
  if (c == U'ヽ') return U'ヾ';
  const bool k_to_ti = c >= U'カ' && c <= U'チ' && (c - U'カ') % 2 == 0;
  const bool tu_to_to = c == U'ツ' || c == U'テ' || c == U'ト';
  const bool h_row = c >= U'ハ' && c <= U'ホ' && (c - U'ハ') % 3 == 0;
  if (k_to_ti || tu_to_to || h_row) return c + 1;
  return std::nullopt;
}
std::optional<char32_t> semi_voiced(char32_t c) noexcept {
  if (c >= U'ハ' && c <= U'ホ' && (c - U'ハ') % 3 == 0) return c + 2;
  return std::nullopt;
}
std::optional<char32_t> joined(char32_t kana, char32_t mark) noexcept {
  if (mark == kVoiced) return voiced(kana);
  if (mark == kSemiVoiced) return semi_voiced(kana);
  return std::nullopt;
}

bool is_space(char32_t c) noexcept {
  return c == U' ' || c == U'\t' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F ||
         c == 0x205F;
}
bool is_hyphen(char32_t c) noexcept {
  return c == U'-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFF0D || c == U'ー' || c == 0xFF70;
}
bool is_wave(char32_t c) noexcept { return c == U'~' || c == 0x301C || c == 0xFF5E; }

// One character of a kana key, marks apart; none: the character does not count.
std::optional<char32_t> key_character(char32_t c) noexcept {
  if (is_space(c)) return std::nullopt;
  if (is_hyphen(c)) return U'ー';
  if (is_wave(c)) return char32_t{0x301C};
  if (is_half_width_kana(c)) c = widen(c);
  if (c == 0x3099) return kVoiced;
  if (c == 0x309A) return kSemiVoiced;
  if ((c >= 0x3041 && c <= 0x3096) || c == 0x309D || c == 0x309E) return c + 0x60;
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
  if (c >= U'a' && c <= U'z') return c - 0x20;
  return c;
}

}  // namespace

std::string kana_search_key(std::string_view valid_utf8) {
  std::u32string key;
  each_code_point(valid_utf8, [&](char32_t c) {
    const auto next = key_character(c);
    if (!next) return true;
    const auto together = key.empty() ? std::nullopt : joined(key.back(), *next);
    if (together) {
      key.back() = *together;
    } else {
      key.push_back(*next);
    }
    return true;
  });
  std::string out;
  for (char32_t c : key) append_utf8(out, c);
  return out;
}

std::string birth_date_key(const ReadDate& birth_date) { return birth_date.date.to_compact(); }

std::string addressee_number_key(std::string_view valid_utf8) {
  std::string out;
  std::size_t kept = 0;  // up to the last character that is no space
  each_code_point(valid_utf8, [&](char32_t c) {
    if (is_space(c) && out.empty()) return true;
    append_utf8(out, c >= U'０' && c <= U'９' ? c - 0xFEE0 : c);
    if (!is_space(c)) kept = out.size();
    return true;
  });
  out.resize(kept);
  return out;
}

bool widen_kana(std::string& valid_utf8, std::vector<CodePointChange>* changes) {
  if (is_ascii(valid_utf8)) return false;
  std::string out;
  bool changed = false;
  for (std::size_t at = 0; at < valid_utf8.size();) {
    const auto c = next_code_point(valid_utf8, at);
    if (!c) return false;
    if (!is_half_width_kana(*c)) {
      append_utf8(out, *c);
      continue;
    }
    CodePointChange change{.before = *c, .before_mark = 0, .after = widen(*c)};
    auto behind = at;
    const auto mark = behind < valid_utf8.size() ? next_code_point(valid_utf8, behind) : std::nullopt;
    const bool half_width_mark = mark && is_half_width_kana(*mark);
    if (const auto together = half_width_mark ? joined(change.after, widen(*mark)) : std::nullopt) {
      change.before_mark = *mark;
      change.after = *together;
      at = behind;
    }
    append_utf8(out, change.after);
    if (changes != nullptr) changes->push_back(change);
    changed = true;
  }
  if (changed) valid_utf8 = std::move(out);
  return changed;
}

bool narrow_digits(std::string& valid_utf8) {
  if (is_ascii(valid_utf8)) return false;
  std::string out;
  bool changed = false;
  each_code_point(valid_utf8, [&](char32_t c) {
    const bool wide = c >= U'０' && c <= U'９';
    append_utf8(out, wide ? c - 0xFEE0 : c);
    changed = changed || wide;
    return true;
  });
  if (changed) valid_utf8 = std::move(out);
  return changed;
}

}  // namespace shosoin::files
