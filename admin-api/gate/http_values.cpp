#include "admin-api/gate/http_values.h"

#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// qvalue = "0" ["." 0*3DIGIT] / "1" ["." 0*3("0")]
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = text[0] == '1' ? 1000 : 0;
  int place = 100;
  for (std::size_t i = 2; i < text.size(); ++i, place /= 10) {
    if (!is_digit(text[i])) return std::nullopt;
    weight += (text[i] - '0') * place;
  }
  return weight <= 1000 ? std::optional{weight} : std::nullopt;
}

// How exactly a media range names a type: 0 not at all, 1 "*/*", 2 "type/*", 3 the type itself.
int exactness(std::string_view range, std::string_view type) {
  if (range == "*/*") return 1;
  if (equal_ignoring_case(range, type)) return 3;
  const auto slash = type.find('/');
  if (range.ends_with("/*") && equal_ignoring_case(range.substr(0, range.size() - 2), type.substr(0, slash))) return 2;
  return 0;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void for_each_weighted(std::string_view list, const std::function<void(std::string_view, int)>& visit) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    int weight = 1000;
    const auto semicolon = element.find(';');
    if (semicolon != std::string_view::npos) {
      const std::string_view parameter = trimmed(element.substr(semicolon + 1));
      if (parameter.size() < 2 || lower(parameter[0]) != 'q' || parameter[1] != '=') continue;
      const auto parsed = parse_weight(parameter.substr(2));
      if (!parsed) continue;
      weight = *parsed;
    }
    element = trimmed(element.substr(0, semicolon));
    if (!element.empty()) visit(element, weight);
  }
}

bool accepts(std::string_view accept, std::string_view media_type) {
  if (trimmed(accept).empty()) return true;
  int best = 0;
  int weight = 0;
  for_each_weighted(accept, [&](std::string_view range, int its_weight) {
    const int exact = exactness(range, media_type);
    if (exact > best) best = exact, weight = its_weight;
  });
  return best > 0 && weight > 0;
}

std::optional<MediaType> parse_media_type(std::string_view value) {
  const auto semicolon = value.find(';');
  MediaType out{trimmed(value.substr(0, semicolon)), {}};
  if (out.type.empty()) return std::nullopt;
  if (semicolon == std::string_view::npos) return out;
  const std::string_view parameter = trimmed(value.substr(semicolon + 1));
  const auto equals = parameter.find('=');
  if (equals == std::string_view::npos || !equal_ignoring_case(parameter.substr(0, equals), "charset"))
    return std::nullopt;
  out.charset = parameter.substr(equals + 1);
  if (out.charset.size() > 2 && out.charset.front() == '"' && out.charset.back() == '"') {
    out.charset = out.charset.substr(1, out.charset.size() - 2);
  }
  if (out.charset.empty()) return std::nullopt;
  return out;
}

std::optional<std::array<std::uint8_t, 32>> parse_bearer(std::string_view authorization) {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos || !equal_ignoring_case(authorization.substr(0, space), "Bearer"))
    return std::nullopt;
  auto bytes = from_base64url(authorization.substr(space + 1));
  std::array<std::uint8_t, 32> token{};
  if (!bytes || bytes->size() != token.size()) return std::nullopt;
  std::ranges::copy(*bytes, token.begin());
  return token;
}

bool is_idempotency_key(std::string_view value) {
  return !value.empty() && value.size() <= limits::kMaxIdText &&
         std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace shosoin::gate
