// Town names and postcodes of real municipalities for synthetic people (places/places.txt, which says where they come
// from and under which licence). Read once; immutable; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shosoin::files::synthetic {

struct Town {
  std::string_view city;  // ward, or municipality of a prefecture; "" where none
  std::string_view name;
  std::string postal_code;  // 184-0004
  std::string code;         // ours: four digits, the place in the list
};
struct Municipality {
  std::string_view code, prefecture, name;  // name: "" for a prefecture
  std::vector<Town> towns;                  // never empty
};
std::span<const Municipality> municipalities();
const Municipality& municipality_of(std::string_view code);  // a place that does not exist when it is none of them

}  // namespace shosoin::files::synthetic
