// Canonical JSON (RFC 8785, JCS) restricted to what certificates need: objects, arrays, strings, booleans, null and integers with
// |n| <= 2^53. parse_strict refuses duplicate keys, invalid UTF-8, lone surrogates, floats and nesting over the limit.
// Pure; any thread.
#pragma once

#include <boost/json/value.hpp>

#include "firmware/base/result.h"

namespace shosoin::crypto {

// ENSUREs that the value holds nothing but the kinds named above.
std::string canonical_json(const boost::json::value& value);
struct JsonFault {
  std::string pointer;  // RFC 6901, where the text went wrong
};
Result<boost::json::value> parse_strict(std::string_view text, JsonFault* fault = nullptr);

}  // namespace shosoin::crypto
