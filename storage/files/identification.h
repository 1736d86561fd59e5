// 文字同定: what a doubtful value is said to be, held against what was received. Only the doubtful places may differ, so
// that an identification never is a change of a record. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/files/characters.h"

namespace shosoin::files {

struct IdentifiedPlace {
  std::size_t position = 0;             // code point of what was received, from 1
  std::vector<char32_t> before, after;  // never of a number: those are refused and not quarantined
  friend bool operator==(const IdentifiedPlace&, const IdentifiedPlace&) = default;
};
// None where the new value differs outside the doubtful places, leaves one of them out, or puts more than
// limits::kMaxIdentifiedPoints code points in the place of one.
std::optional<std::vector<IdentifiedPlace>> hold_against(std::string_view received, std::string_view identified,
                                                         CharacterProfile profile);
std::vector<char32_t> code_points(std::string_view valid_utf8);
std::string code_point_name(char32_t c);  // "U+E000"

}  // namespace shosoin::files
