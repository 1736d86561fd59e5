// The search key of a name in kanji, computed beside the stored value and never in its place. What counts as the same
// is a rule that somebody has set, because 髙橋 and 高橋 may be two people: without it a name finds itself, however its
// spaces and its Latin letters are written. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace shosoin::files {

struct NameKeyRule {
  // Also the listed variants (髙 for 高, 﨑 for 崎, ...), compatibility ideographs for their unified ones, and a
  // character with a variation selector for the one without.
  bool fold_variants = false;
};
std::string name_search_key(std::string_view valid_utf8, NameKeyRule rule);

}  // namespace shosoin::files
