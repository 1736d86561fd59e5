// Whether a text somebody wrote freely holds what reads as a 個人番号 or a 住民票コード: texts of applications stay in
// certificate and register, which name nobody (domain notes, section 4). A run of exactly 12 or 11 digits, ASCII or
// full width, whose check digit holds; twelve also in three groups of four. What is no such number is taken for one as
// often as a check digit holds by chance: one standing run of 11 or 12 digits in ten, nothing else. Pure; any thread.
#pragma once

#include <string_view>

namespace shosoin::files {

bool reads_as_a_number(std::string_view text);

}  // namespace shosoin::files
