// parse_strict: Boost.JSON's event parser (syntax, UTF-8, surrogates, depth) with a handler that adds what Boost lets
// pass - doubled names and numbers that are not exact integers - and knows at every moment where in the document it is.
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
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
    if (!place.names.insert(place.name).second) return refuse(fault);
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
    if (number < -limits::kMaxJsonInteger || number > limits::kMaxJsonInteger || minus_zero) return refuse(fault);
    stack_.push_int64(number);
    return completed();
  }
  bool on_uint64(std::uint64_t, string_view, error_code& fault) { return refuse(fault); }  // only beyond 2^63
  bool on_double(double, string_view, error_code& fault) { return refuse(fault); }
  bool on_bool(bool truth, error_code&) {
    stack_.push_bool(truth);
    return completed();
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return completed();
  }
  bool on_comment_part(string_view, error_code& fault) { return refuse(fault); }
  bool on_comment(string_view, error_code& fault) { return refuse(fault); }

  boost::json::value release() { return stack_.release(); }
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
  static bool refuse(error_code& fault) {
    fault = boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    return false;
  }
  boost::json::value_stack stack_;
  std::vector<Place> places_;
  std::string partial_;  // a name, string or number that arrives in pieces
};

}  // namespace

Result<boost::json::value> parse_strict(std::string_view text, JsonFault* fault) {
  boost::json::parse_options options;
  options.max_depth = limits::kMaxJsonDepth;
  boost::json::basic_parser<Handler> parser(options);
  error_code failed;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), failed);
  if (failed || used < text.size()) {
    if (fault != nullptr) fault->pointer = parser.handler().pointer();
    return Error{ErrorCode::BadRequest, "read strict JSON", failed.value()};
  }
  return parser.handler().release();
}

}  // namespace shosoin::crypto
