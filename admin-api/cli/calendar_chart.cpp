#include "admin-api/cli/calendar_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace shosoin::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kBarWidth = 40;                                     // characters of the longest bar
constexpr std::uint64_t kRow = 22, kLeft = 120, kBar = 480, kNumber = 120;  // of the SVG, in pixels

struct Bar {
  std::string label;
  std::uint64_t count = 0;
};

Result<std::uint64_t> count_in(const json::value& value) {
  const auto* object = value.if_object();
  const auto* count = object == nullptr ? nullptr : object->if_contains("count");
  if (count == nullptr || !count->is_int64() || count->get_int64() < 0) {
    return Error{ErrorCode::Integrity, "read a calendar of what is due"};
  }
  return static_cast<std::uint64_t>(count->get_int64());
}

Result<std::vector<Bar>> bars_of(const json::value& reply, bool japanese) {
  const Error wrong{ErrorCode::Integrity, "read a calendar of what is due"};
  const auto* object = reply.if_object();
  if (object == nullptr) return wrong;
  const auto *due = object->if_contains("due"), *undetermined = object->if_contains("undetermined"),
             *months = object->if_contains("months");
  if (due == nullptr || undetermined == nullptr || months == nullptr || !months->is_array()) return wrong;
  std::vector<Bar> bars;
  TRY(const auto now, count_in(*due));
  bars.push_back({japanese ? "満了済み" : "due now", now});
  for (const auto& month : months->get_array()) {
    TRY(const auto count, count_in(month));
    const auto* name = month.get_object().if_contains("month");
    // "2174-06", and nothing that would be markup
    const bool plain = name != nullptr && name->is_string() &&
                       name->get_string().find_first_not_of("0123456789-") == json::string::npos;
    if (!plain) return wrong;
    bars.push_back({std::string(name->get_string()), count});
  }
  TRY(const auto waiting, count_in(*undetermined));
  bars.push_back({japanese ? "要判断" : "undecided", waiting});
  return bars;
}

// At least one mark for what is not nothing.
std::uint64_t scaled(std::uint64_t count, std::uint64_t most, std::uint64_t width) {
  if (count == 0 || most == 0) return 0;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(count) / static_cast<double>(most) *
                                                               static_cast<double>(width)));
}
std::uint64_t most_of(const std::vector<Bar>& bars) {
  return std::ranges::max_element(bars, {}, &Bar::count)->count;  // never empty: due and undetermined are there
}

}  // namespace

Result<std::string> calendar_text(const json::value& reply, bool japanese) {
  TRY(const auto bars, bars_of(reply, japanese));
  const auto most = most_of(bars);
  std::string out;
  for (const auto& bar : bars) {
    out += fmt::format("{:<9} {:>10} {}\n", bar.label, bar.count, std::string(scaled(bar.count, most, kBarWidth), '#'));
  }
  return out;
}

Result<std::string> calendar_svg(const json::value& reply) {
  TRY(const auto bars, bars_of(reply, false));
  const auto most = most_of(bars);
  const auto height = kRow * bars.size() + kRow;
  auto out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"13\">\n<title>保存期間の満了 / retention calendar</title>\n",
      kLeft + kBar + kNumber, height);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto top = kRow / 2 + kRow * i;
    const auto width = scaled(bars[i].count, most, kBar);
    out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", kLeft - 8, top + 14, bars[i].label);
    out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#2b6cb0\"/>\n", kLeft, top + 3, width,
                       kRow - 8);
    out += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", kLeft + width + 6, top + 14, bars[i].count);
  }
  return out + "</svg>\n";
}

}  // namespace shosoin::cli
