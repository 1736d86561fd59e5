// What tenant zero's log says of accepted time (DESIGN section 6; decision 0080). Each change of the watermark is one
// change with its line, so that the two agree - unless what is stored came back from elsewhere. Reads only; any thread.
#pragma once

#include <functional>
#include <optional>

#include "storage/generations/tenant_store.h"

namespace shosoin::service {

struct LoggedTime {
  Instant accepted;
  bool by_two = false;  // two persons' word: it may have gone back
  std::optional<std::chrono::milliseconds> unproven{};  // as accepted_time.h; none in lines from before decision 0083
};

// nullopt: not a line of accepted time.
std::optional<LoggedTime> logged_time(std::string_view text);
// The newest in the newest segments (limits::kClockSegments, limits::kClockLines); nullopt: none there, which on an
// appliance with much to log is no fault.
Result<std::optional<LoggedTime>> last_logged_time(const generations::TenantStore& zero,
                                                   const journal::Journal& journal);
// Where the lines behind change `after` lead from `known`. What does not open is passed over.
Result<LoggedTime> replayed_time(const generations::TenantStore& zero, const journal::Journal& journal,
                                 std::uint64_t after, LoggedTime known);

}  // namespace shosoin::service
