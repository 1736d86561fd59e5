// The calendar of what is due, as a chart: bars of text for a terminal, and SVG. Takes the reply of
// getRetentionCalendar as it came. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "firmware/base/result.h"

namespace shosoin::cli {

// Integrity where the reply is none.
Result<std::string> calendar_text(const boost::json::value& reply, bool japanese);
Result<std::string> calendar_svg(const boost::json::value& reply);

}  // namespace shosoin::cli
