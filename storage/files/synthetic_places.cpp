#include "storage/files/synthetic_places.h"

#include <fmt/format.h>

#include "firmware/base/result.h"
#include "storage/files/embedded.h"

namespace shosoin::files::synthetic {
namespace {

std::string_view take_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word == "-" ? std::string_view{} : word;
}
Town town_of(std::string_view line, std::size_t place) {
  const auto digits = take_word(line);
  ENSURE(digits.size() == 7);
  const auto city = take_word(line);
  return {.city = city,
          .name = line,
          .postal_code = fmt::format("{}-{}", digits.substr(0, 3), digits.substr(3)),
          .code = fmt::format("{:04}", place + 1)};
}
std::vector<Municipality> read_places() {
  std::vector<Municipality> out;
  auto text = embedded::places();
  while (!text.empty()) {
    const auto end = text.find('\n');
    ENSURE(end != text.npos);
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("= ")) {
      line.remove_prefix(2);
      const auto code = take_word(line), prefecture = take_word(line);
      out.push_back({.code = code, .prefecture = prefecture, .name = take_word(line), .towns = {}});
    } else {
      ENSURE(!out.empty());
      out.back().towns.push_back(town_of(line, out.back().towns.size()));
    }
  }
  for (const auto& place : out) ENSURE(!place.towns.empty());
  return out;
}

}  // namespace

std::span<const Municipality> municipalities() {
  static const auto places = read_places();
  return places;
}
const Municipality& municipality_of(std::string_view code) {
  static const Municipality nowhere{
      .code = "",
      .prefecture = "試験県",
      .name = "試験市",
      .towns = {{.city = "", .name = "試験町", .postal_code = "000-0000", .code = "0001"},
                {.city = "", .name = "見本町", .postal_code = "000-0001", .code = "0002"}}};
  for (const auto& municipality : municipalities()) {
    if (municipality.code == code) return municipality;
  }
  return nowhere;
}

}  // namespace shosoin::files::synthetic
