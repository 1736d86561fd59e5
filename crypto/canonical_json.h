// Canonical JSON (RFC 8785, JCS) restricted to what certificates need: objects, arrays, strings, booleans, null and integers with
// |n| <= 2^53. parse_strict refuses duplicate keys, invalid UTF-8, lone surrogates, floats and nesting over the limit.
// Pure; any thread.
#pragma once

#include <boost/json/value.hpp>

#include "firmware/base/result.h"

namespace shosoin::crypto {

// ENSUREs that the value holds nothing but the kinds named above.
std::string canonical_json(const boost::json::value& value);
enum class JsonFlaw {
  Syntax,       // RFC 8259, or text behind the document
  Encoding,     // not UTF-8 (RFC 8259 section 8.1)
  Surrogate,    // half of a UTF-16 pair (RFC 7493 section 2.1)
  DoubledName,  // RFC 7493 section 2.3
  Number,       // not an integer with |n| <= 2^53, or a negative zero (RFC 7493 section 2.2)
  Depth,        // over kMaxJsonDepth
};
struct JsonFault {
  std::string pointer{};  // RFC 6901, where the text went wrong
  JsonFlaw flaw = JsonFlaw::Syntax;
};
Result<boost::json::value> parse_strict(std::string_view text, JsonFault* fault = nullptr);

}  // namespace shosoin::crypto
