// Word lists of the synthetic people. Common Japanese names, town names of five municipalities; no person is meant.
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
struct Town {
  std::string_view name, postal_code, code;
};
struct Municipality {
  std::string_view code, name;
  std::span<const Town> towns;
};

std::span<const Name> family_names();
std::span<const Name> male_names();
std::span<const Name> female_names();
std::span<const Foreigner> foreigners();
std::span<const Municipality> municipalities();
const Municipality& municipality_of(std::string_view code);  // a neutral one when it is none of ours

}  // namespace shosoin::files::synthetic
