// Word lists of the synthetic people. Common Japanese names, written down for this purpose; no person is meant.
#pragma once

#include <span>
#include <string_view>

namespace shosoin::files::synthetic {

struct Name {
  std::string_view kanji, kana;
};
struct Foreigner {
  std::string_view latin, kana;
  char sex;
};

std::span<const Name> family_names();
std::span<const Name> male_names();
std::span<const Name> female_names();
std::span<const Foreigner> foreigners();

}  // namespace shosoin::files::synthetic
