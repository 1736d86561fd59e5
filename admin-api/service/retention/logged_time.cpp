#include "admin-api/service/retention/logged_time.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>
#include <deque>

#include "firmware/base/limits_clock.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

// A line of accepted time is a change of tenant zero; reads and other tenants' lines are not opened.
bool may_tell(const journal::Frame& frame) { return frame.draft.tenant == kAppliance && frame.draft.change_seq != 0; }

std::optional<LoggedTime> told_by(const generations::TenantStore& zero, const journal::Frame& frame) {
  const auto line = zero.open_frame(frame);
  return line ? logged_time(line.value().text) : std::nullopt;
}

}  // namespace

std::optional<LoggedTime> logged_time(std::string_view text) {
  if (text.find("\"acceptedMs\"") == text.npos) return std::nullopt;  // nearly every line: not worth reading
  boost::system::error_code failed;
  const auto value = json::parse(json::string_view(text.data(), text.size()), failed);
  const auto* line = failed ? nullptr : value.if_object();
  const auto* operation = line == nullptr ? nullptr : line->if_contains("operation");
  const auto* accepted = line == nullptr ? nullptr : line->if_contains("acceptedMs");
  if (operation == nullptr || accepted == nullptr || !operation->is_string()) return std::nullopt;
  if (!accepted->is_int64() || accepted->as_int64() < 0) return std::nullopt;
  LoggedTime told{Instant(std::chrono::milliseconds(accepted->as_int64())), operation->as_string() == "clock-accept"};
  const auto* unproven = line->if_contains("unprovenSeconds");
  if (unproven != nullptr && unproven->is_int64() && unproven->as_int64() >= 0)
    told.unproven = std::min<std::chrono::seconds>(std::chrono::seconds(unproven->as_int64()), limits::kClockUnproven);
  return told;
}

Result<std::optional<LoggedTime>> last_logged_time(const generations::TenantStore& zero,
                                                   const journal::Journal& journal) {
  std::deque<journal::Frame> newest;
  TRY(journal.walk_newest(limits::kClockSegments, [&](const journal::Frame& frame) {
    if (!may_tell(frame)) return true;
    newest.push_back(frame);
    if (newest.size() > limits::kClockLines) newest.pop_front();
    return true;
  }));
  for (auto frame = newest.rbegin(); frame != newest.rend(); ++frame) {
    if (auto told = told_by(zero, *frame)) return told;
  }
  return std::optional<LoggedTime>{};
}

Result<LoggedTime> replayed_time(const generations::TenantStore& zero, const journal::Journal& journal,
                                 std::uint64_t after, LoggedTime known) {
  TRY(journal.walk([&](const journal::Frame& frame) {
    if (!may_tell(frame) || frame.draft.change_seq <= after) return true;
    const auto told = told_by(zero, frame);
    if (!told) return true;
    known.accepted = told->by_two ? told->accepted : std::max(known.accepted, told->accepted);
    if (told->unproven) known.unproven = told->unproven;
    return true;
  }));
  return known;
}

}  // namespace shosoin::service
