#include "storage/files/identification.h"

#include <fmt/format.h>

#include "firmware/base/limits_intake.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

// Where the first code point behind `at` begins; the end where there is none.
std::size_t behind_one(std::string_view text, std::size_t at) {
  if (at < text.size()) (void)next_code_point(text, at);
  return at;
}

}  // namespace

std::optional<std::vector<IdentifiedPlace>> hold_against(std::string_view received, std::string_view identified,
                                                         CharacterProfile profile) {
  const auto places = doubtful_places(received, profile);
  if (places.empty()) return std::nullopt;
  const auto head = received.substr(0, places.front().first);
  const auto tail = received.substr(places.back().first + places.back().size);
  if (!identified.starts_with(head) || !identified.ends_with(tail)) return std::nullopt;
  if (identified.size() < head.size() + tail.size()) return std::nullopt;
  const auto end = identified.size() - tail.size();
  std::vector<IdentifiedPlace> out;
  for (std::size_t i = 0, at = head.size(); i < places.size(); ++i) {
    const auto& place = places[i];
    const bool last = i + 1 == places.size();
    const auto kept_from = place.first + place.size;
    const auto kept = last ? tail : received.substr(kept_from, places[i + 1].first - kept_from);
    const auto next = last ? end : identified.substr(0, end).find(kept, behind_one(identified, at));
    if (next == identified.npos || next <= at) return std::nullopt;
    IdentifiedPlace told{place.position, code_points(received.substr(place.first, place.size)),
                         code_points(identified.substr(at, next - at))};
    if (told.after.size() > told.before.size() * limits::kMaxIdentifiedPoints) return std::nullopt;
    out.push_back(std::move(told));
    at = next + kept.size();
  }
  return out;
}

std::vector<char32_t> code_points(std::string_view valid_utf8) {
  std::vector<char32_t> out;
  each_code_point(valid_utf8, [&](char32_t c) {
    out.push_back(c);
    return true;
  });
  return out;
}

std::string code_point_name(char32_t c) { return fmt::format("U+{:04X}", static_cast<std::uint32_t>(c)); }

}  // namespace shosoin::files
