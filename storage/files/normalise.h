// Search keys. They are computed beside a value and never replace it: what is stored is what was received. Nothing here
// is a Unicode normalisation form: NFC and NFKC rewrite names (U+FA19 becomes U+795E) and are not used. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/files/dates.h"

namespace shosoin::files {

// Kana names: full-width katakana. Half-width kana and hiragana become full-width katakana, (semi-)voiced marks join
// their kana, spaces go, full-width letters and digits become ASCII capitals, hyphens and wave dashes become one of
// each. Small kana stay small: キヨウコ and キョウコ are two names. The same function is applied to stored names and to
// what is asked for.
std::string kana_search_key(std::string_view valid_utf8);
// "19450820", "1945A100", "00000000": the codes of unknown parts are part of the key.
std::string birth_date_key(const ReadDate& birth_date);
// 宛名番号 is text of the width its municipality uses: surrounding spaces go, full-width digits become ASCII; leading
// zeros stay, because 0012 and 12 may be two people.
std::string addressee_number_key(std::string_view valid_utf8);

// Conversions of stored values that the domain notes demand, with what they changed.
struct CodePointChange {
  char32_t before = 0, before_mark = 0;  // before_mark: the voiced mark that joined, or 0
  char32_t after = 0;
  friend auto operator<=>(const CodePointChange&, const CodePointChange&) = default;
};
// Half-width kana (U+FF61..FF9F) to full width; everything else stays. True when something changed; changes may be
// null.
bool widen_kana(std::string& valid_utf8, std::vector<CodePointChange>* changes);
// Full-width digits (U+FF10..FF19) to ASCII; everything else stays. True when something changed.
bool narrow_digits(std::string& valid_utf8);

}  // namespace shosoin::files
