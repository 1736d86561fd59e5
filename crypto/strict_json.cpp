// parse_strict: Boost.JSON's event parser (syntax, UTF-8, surrogates, depth) with a handler that adds what Boost lets
// pass - doubled names and numbers that are not exact integers - and knows at every moment where in the document it is.
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/value_stack.hpp>
#include <optional>
#include <set>
#include <vector>

#include "crypto/canonical_json.h"
#include "firmware/base/limits.h"

namespace shosoin::crypto {
namespace {

using boost::json::error_code;
using boost::json::string_view;

class Handler {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;  // the length of the text bounds all four
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return open(true); }
  bool on_array_begin(error_code&) { return open(false); }
  bool on_object_end(std::size_t size, error_code&) {
    places_.pop_back();
    stack_.push_object(size);
    return completed();
  }
  bool on_array_end(std::size_t size, error_code&) {
    places_.pop_back();
    stack_.push_array(size);
    return completed();
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    partial_.append(part.data(), part.size());
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code& fault) {
    partial_.append(part.data(), part.size());
    auto& place = places_.back();
    place.name = std::exchange(partial_, {});
    place.in_member = true;
    if (!place.names.insert(place.name).second) return refuse(fault, JsonFlaw::DoubledName);
    stack_.push_key(place.name);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    partial_.append(part.data(), part.size());
    return true;
  }
  bool on_string(string_view part, std::size_t, error_code&) {
    partial_.append(part.data(), part.size());
    stack_.push_string(partial_);
    partial_.clear();
    return completed();
  }
  bool on_number_part(string_view part, error_code&) {
    partial_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, string_view part, error_code& fault) {
    partial_.append(part.data(), part.size());
    const bool minus_zero = number == 0 && partial_.starts_with('-');  // a value of floating point only
    partial_.clear();
    if (number < -limits::kMaxJsonInteger || number > limits::kMaxJsonInteger || minus_zero) {
      return refuse(fault, JsonFlaw::Number);
    }
    stack_.push_int64(number);
    return completed();
  }
  bool on_uint64(std::uint64_t, string_view, error_code& fault) {  // only beyond 2^63
    return refuse(fault, JsonFlaw::Number);
  }
  bool on_double(double, string_view, error_code& fault) { return refuse(fault, JsonFlaw::Number); }
  bool on_bool(bool truth, error_code&) {
    stack_.push_bool(truth);
    return completed();
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return completed();
  }
  bool on_comment_part(string_view, error_code& fault) { return refuse(fault, JsonFlaw::Syntax); }
  bool on_comment(string_view, error_code& fault) { return refuse(fault, JsonFlaw::Syntax); }

  boost::json::value release() { return stack_.release(); }
  std::optional<JsonFlaw> flaw() const { return flaw_; }
  std::string pointer() const {
    std::string out;
    for (const auto& place : places_) {
      if (!place.is_object) {
        out += '/' + std::to_string(place.index);
      } else if (place.in_member) {
        out += '/';
        for (char c : place.name) {  // RFC 6901 section 3
          if (c == '~')
            out += "~0";
          else if (c == '/')
            out += "~1";
          else
            out += c;
        }
      }
    }
    return out;
  }

 private:
  struct Place {
    bool is_object;
    bool in_member = false;
    std::string name{};
    std::set<std::string> names{};
    std::size_t index = 0;
  };
  bool open(bool is_object) {
    places_.push_back({.is_object = is_object});
    return true;
  }
  bool completed() {
    if (!places_.empty()) {
      places_.back().in_member = false;
      ++places_.back().index;
    }
    return true;
  }
  bool refuse(error_code& fault, JsonFlaw flaw) {
    flaw_ = flaw;
    fault = boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    return false;
  }
  boost::json::value_stack stack_;
  std::vector<Place> places_;
  std::optional<JsonFlaw> flaw_;
  std::string partial_;  // a name, string or number that arrives in pieces
};

bool is_utf8(std::string_view text) {  // RFC 3629: shortest forms, no surrogates, nothing over U+10FFFF
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0u; };
  for (std::size_t at = 0; at < text.size();) {
    const unsigned lead = byte(at);
    const unsigned second = byte(at + 1);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
    if (size == 0 || (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return false;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return false;
    for (std::size_t i = 1; i < size; ++i) {
      if ((byte(at + i) & 0xC0) != 0x80) return false;
    }
    at += size;
  }
  return true;
}

// Is text[at..at + 6) an escape of the first half of a pair, and not the rest of an escaped backslash?
bool is_first_half(std::string_view text, std::size_t at) {
  const std::string_view escape = text.substr(at, 6);
  std::size_t backslashes = 1;
  while (backslashes <= at && text[at - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1 && escape.size() == 6 && escape.starts_with("\\u") && (escape[2] | 0x20) == 'd' &&
         std::string_view("89abAB").find(escape[3]) != std::string_view::npos;
}

// What the parser stumbled over behind `used` bytes. Its own words for surrogates depend on how much text follows them.
// Beside bytes that are no UTF-8 a fault of syntax means nothing.
JsonFlaw flaw_of(const error_code& failed, std::string_view text, std::size_t used) {
  using boost::json::error;
  if (failed == error::too_deep) return JsonFlaw::Depth;
  if (failed == error::exponent_overflow) return JsonFlaw::Number;
  if (!is_utf8(text)) return JsonFlaw::Encoding;
  if (failed == error::illegal_leading_surrogate || failed == error::illegal_trailing_surrogate) {
    return JsonFlaw::Surrogate;
  }
  const auto half_stands = [&](std::size_t back) { return used >= back && is_first_half(text, used - back); };
  if (failed == error::expected_hex_digit) return half_stands(12) ? JsonFlaw::Surrogate : JsonFlaw::Syntax;
  if (failed && (half_stands(6) || half_stands(7))) return JsonFlaw::Surrogate;
  return JsonFlaw::Syntax;
}

}  // namespace

Result<boost::json::value> parse_strict(std::string_view text, JsonFault* fault) {
  boost::json::parse_options options;
  options.max_depth = limits::kMaxJsonDepth;
  boost::json::basic_parser<Handler> parser(options);
  error_code failed;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), failed);
  if (failed || used < text.size()) {
    if (fault != nullptr) {
      *fault = {parser.handler().pointer(), parser.handler().flaw().value_or(flaw_of(failed, text, used))};
    }
    return Error{ErrorCode::BadRequest, "read strict JSON", failed.value()};
  }
  return parser.handler().release();
}

}  // namespace shosoin::crypto
