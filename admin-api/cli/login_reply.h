// The answer to a login, from the gate or on the local socket: the token goes into a file, the rest is shown. One
// thread.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "admin-api/cli/context.h"

namespace shosoin::cli {

Result<void> keep_session(Context& context, boost::json::value& reply, const std::string& person,
                          const std::string& out);

}  // namespace shosoin::cli
