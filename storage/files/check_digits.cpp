#include "storage/files/check_digits.h"

#include "firmware/base/result.h"

namespace shosoin::files {
namespace {

unsigned digit(char c) {
  ENSURE(c >= '0' && c <= '9');
  return static_cast<unsigned>(c - '0');
}
char letter(unsigned value) { return static_cast<char>('0' + value); }

}  // namespace

char modulus_11_check_digit(std::string_view leading_digits) {
  unsigned sum = 0, weight = 2;  // from the right: 2 3 4 5 6 7 2 3 4 5 6
  for (auto at = leading_digits.rbegin(); at != leading_digits.rend(); ++at) {
    sum += digit(*at) * weight;
    weight = weight == 7 ? 2 : weight + 1;
  }
  const unsigned rest = sum % 11;
  return letter(rest <= 1 ? 0 : 11 - rest);
}

char local_government_check_digit(std::string_view five) {
  ENSURE(five.size() == 5);
  unsigned sum = 0, weight = 6;
  for (char c : five) sum += digit(c) * weight--;
  return letter((11 - sum % 11) % 10);
}

char corporate_check_digit(std::string_view twelve) {
  ENSURE(twelve.size() == 12);
  unsigned sum = 0, weight = 1;
  for (auto at = twelve.rbegin(); at != twelve.rend(); ++at) {
    sum += digit(*at) * weight;
    weight = 3 - weight;
  }
  return letter(9 - sum % 9);
}

}  // namespace shosoin::files
