#include "storage/files/number_words.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "storage/files/check_digits.h"

namespace shosoin::files {
namespace {

constexpr std::size_t kNumber = 12, kCode = 11, kGroup = 4;

// What stands between groups of one number: blanks, and what is written for a hyphen (domain notes, section 2).
constexpr std::array<std::string_view, 13> kBetween{" ",      "-",      "\u00A0", "\u2010", "\u2011",
                                                    "\u2012", "\u2013", "\u2014", "\u2015", "\u2212",
                                                    "\u3000", "\u30FC", "\uFF0D"};

bool holds(std::string_view digits) {
  return modulus_11_check_digit(digits.substr(0, digits.size() - 1)) == digits.back();
}

// Runs of digits; an empty one between two that have anything but separators between them.
std::vector<std::string> runs_in(std::string_view text) {
  std::vector<std::string> runs(1);
  while (!text.empty()) {
    if (text[0] >= '0' && text[0] <= '9') {
      runs.back() += text[0];
      text.remove_prefix(1);
      continue;
    }
    if (text.size() >= 3 && text.starts_with("\xEF\xBC") && text[2] >= '\x90' && text[2] <= '\x99') {  // ０ to ９
      runs.back() += static_cast<char>(text[2] - '\x90' + '0');
      text.remove_prefix(3);
      continue;
    }
    if (!runs.back().empty()) runs.emplace_back();
    const auto between = std::ranges::find_if(kBetween, [&](std::string_view one) { return text.starts_with(one); });
    if (between == kBetween.end()) runs.emplace_back();
    text.remove_prefix(between == kBetween.end() ? 1 : between->size());
  }
  return runs;
}

}  // namespace

bool reads_as_a_number(std::string_view text) {
  const auto runs = runs_in(text);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto size = runs[i].size();
    if ((size == kNumber || size == kCode) && holds(runs[i])) return true;
    const auto group = [&](std::size_t next) { return next < runs.size() && runs[next].size() == kGroup; };
    if (group(i) && group(i + 1) && group(i + 2) && holds(runs[i] + runs[i + 1] + runs[i + 2])) return true;
  }
  return false;
}

}  // namespace shosoin::files
