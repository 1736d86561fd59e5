// The report of an erasure as a page to print, and the disposal register as lines (seed 002; E-07). Takes the replies
// of getErasureReport and listDisposals as they came. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "firmware/base/result.h"

namespace shosoin::cli {

// "2019-04, 2019-05": the months of the log in an item of the register or a certificate's declaration; empty: none.
std::string log_months_in(const boost::json::object& item);
// Integrity where the reply is none.
Result<std::string> erasure_paper(const boost::json::value& reply, bool japanese);
Result<std::string> register_text(const boost::json::value& reply, bool japanese);

}  // namespace shosoin::cli
