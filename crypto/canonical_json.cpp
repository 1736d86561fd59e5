#include "crypto/canonical_json.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <utility>
#include <vector>

#include "firmware/base/limits.h"

namespace shosoin::crypto {
namespace {

// RFC 8785 section 3.2.3 sorts names by UTF-16 code units. The text of a JSON value is valid UTF-8 by contract.
std::u16string utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    ENSURE(at + size <= text.size());
    char32_t point = size == 1 ? lead : lead & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) point = (point << 6) | (static_cast<std::uint8_t>(text[at + i]) & 0x3Fu);
    if (point < 0x10000) {
      out += static_cast<char16_t>(point);
    } else {
      out += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
    at += size;
  }
  return out;
}

class Printer {
 public:
  void value(const boost::json::value& value, int depth) {
    ENSURE(depth <= limits::kMaxJsonDepth);
    switch (value.kind()) {
      case boost::json::kind::null:
        out_ += "null";
        return;
      case boost::json::kind::bool_:
        out_ += value.get_bool() ? "true" : "false";
        return;
      case boost::json::kind::int64:
        ENSURE(value.get_int64() >= -limits::kMaxJsonInteger && value.get_int64() <= limits::kMaxJsonInteger);
        return number(value.get_int64());
      case boost::json::kind::uint64:
        ENSURE(value.get_uint64() <= static_cast<std::uint64_t>(limits::kMaxJsonInteger));
        return number(static_cast<std::int64_t>(value.get_uint64()));
      case boost::json::kind::double_:
        ENSURE(value.kind() != boost::json::kind::double_);
        return;
      case boost::json::kind::string:
        return text(value.get_string());
      case boost::json::kind::array:
        return array(value.get_array(), depth);
      case boost::json::kind::object:
        return object(value.get_object(), depth);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void number(std::int64_t value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    out_.append(digits, end.ptr);
  }
  void array(const boost::json::array& array, int depth) {
    char before = '[';
    for (const auto& element : array) {
      out_ += std::exchange(before, ',');
      value(element, depth + 1);
    }
    out_ += array.empty() ? "[]" : "]";
  }
  void object(const boost::json::object& object, int depth) {
    std::vector<std::pair<std::u16string, const boost::json::key_value_pair*>> members;
    members.reserve(object.size());
    for (const auto& member : object) members.emplace_back(utf16(member.key()), &member);
    std::ranges::sort(members, {}, [](const auto& member) -> const std::u16string& { return member.first; });
    char before = '{';
    for (const auto& [name, member] : members) {
      out_ += std::exchange(before, ',');
      text(member->key());
      out_ += ':';
      value(member->value(), depth + 1);
    }
    out_ += object.empty() ? "{}" : "}";
  }
  // RFC 8785 section 3.2.2.2
  void text(std::string_view text) {
    out_ += '"';
    for (char c : text) {
      switch (c) {
        case '"':
          out_ += "\\\"";
          break;
        case '\\':
          out_ += "\\\\";
          break;
        case '\b':
          out_ += "\\b";
          break;
        case '\f':
          out_ += "\\f";
          break;
        case '\n':
          out_ += "\\n";
          break;
        case '\r':
          out_ += "\\r";
          break;
        case '\t':
          out_ += "\\t";
          break;
        default:
          plain(c);
      }
    }
    out_ += '"';
  }
  void plain(char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x20) {
      out_ += c;
    } else {
      out_ += "\\u00";
      out_ += kDigits[byte >> 4];
      out_ += kDigits[byte & 15];
    }
  }
  std::string out_;
};

}  // namespace

std::string canonical_json(const boost::json::value& value) {
  Printer printer;
  printer.value(value, 0);
  return printer.take();
}

}  // namespace shosoin::crypto
