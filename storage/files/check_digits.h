// Check digits of the Japanese numbering schemes. The arguments hold ASCII digits only (ENSUREd). Pure; any thread.
#pragma once

#include <string_view>

namespace shosoin::files {

// 平成26年総務省令第85号 第5条 over the first 11 digits; the same modulus 11 scheme over the first 10 of a 住民票コード
// (平成14年総務省告示 第436号; the formula is corroborated, the notice itself was not read). Remainder 0 or 1 gives 0.
char modulus_11_check_digit(std::string_view leading_digits);
// 全国地方公共団体コード: weights 6 5 4 3 2 over five digits, last digit of 11 - r.
char local_government_check_digit(std::string_view five);
// 法人番号: 9 - (sum mod 9) over the twelve digits that follow the check digit, weights 1 and 2 from the right.
char corporate_check_digit(std::string_view twelve);

}  // namespace shosoin::files
