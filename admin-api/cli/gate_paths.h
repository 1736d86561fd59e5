// Paths of the gate's interface (admin-api/openapi.yaml) and JSON bodies with secrets in them. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/base/result.h"

namespace shosoin::cli {

// One segment made safe: anything but unreserved characters is refused, so that no number can slip into a path by
// mistake.
Result<std::string> path_of(std::string_view tenant, std::string_view rest);
bool is_path_word(std::string_view word);
// Serialises and wipes nothing of its own: the caller's object is short-lived, the body is wiped by the client after
// sending.
std::string body_of(const boost::json::object& object);

std::string with_commas(const std::vector<std::string>& words);

}  // namespace shosoin::cli
