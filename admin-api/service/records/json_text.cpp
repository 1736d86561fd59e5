#include "admin-api/service/records/json_text.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <cstring>

#include "firmware/base/result.h"

namespace shosoin::service {
namespace {

// What must be escaped: control characters, the quote and the backslash.
constexpr auto kEscaped = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) table[byte] = true;
  table['"'] = table['\\'] = true;
  return table;
}();
bool is_escaped(char c) { return kEscaped[static_cast<unsigned char>(c)]; }

// Whether one of eight bytes must be escaped; may also say so of a byte above 0x7F, then they are looked at one by one.
bool may_escape(const char* eight) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101u, kHigh = 0x8080'8080'8080'8080u;
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const auto has_zero = [](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes & kHigh; };
  const auto below_space = (word - kOnes * 0x20) & ~word & kHigh;
  return (below_space | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) != 0;
}

std::size_t plain_length(std::string_view text) {
  std::size_t at = 0;
  while (at + 8 <= text.size() && !may_escape(text.data() + at)) at += 8;
  while (at < text.size() && !is_escaped(text[at])) ++at;
  return at;
}

void append_escaped(std::string& to, char c) {
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t", kNames = "\"\\bfnrt", kDigits = "0123456789abcdef";
  to += '\\';
  if (const auto at = kNamed.find(c); at != std::string_view::npos) {
    to += kNames[at];
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  to += "u00";
  to += kDigits[byte >> 4];
  to += kDigits[byte & 15];
}

// Where `more` bytes at the end of the text stand.
char* grow(std::string& to, std::size_t more) {
  const std::size_t at = to.size();
  to.resize(at + more);
  return to.data() + at;
}
char* put_quoted(char* at, std::string_view text) {
  *at++ = '"';
  at = std::copy_n(text.data(), text.size(), at);
  *at++ = '"';
  return at;
}

}  // namespace

void append_json(std::string& to, std::string_view text) {
  if (plain_length(text) == text.size()) {  // nearly always: room is made once, for both quotes too
    put_quoted(grow(to, text.size() + 2), text);
    return;
  }
  to += '"';
  while (!text.empty()) {
    const auto plain = plain_length(text);
    to += text.substr(0, plain);
    if (plain == text.size()) break;
    append_escaped(to, text[plain]);
    text.remove_prefix(plain + 1);
  }
  to += '"';
}

void append_member(std::string& to, std::string_view name, std::string_view value) {
  const bool first = to.empty() || to.back() == '{' || to.back() == '[';
  if (plain_length(name) == name.size() && plain_length(value) == value.size()) {
    char* at = grow(to, (first ? 0 : 1) + name.size() + value.size() + 5);
    if (!first) *at++ = ',';
    at = put_quoted(at, name);
    *at++ = ':';
    put_quoted(at, value);
    return;
  }
  if (!first) to += ',';
  append_json(to, name);
  to += ':';
  append_json(to, value);
}

void append_json(std::string& to, const boost::json::object& object) {
  to += '{';
  for (const auto& member : object) {
    const auto& value = member.value();
    if (value.is_string()) {
      append_member(to, member.key(), value.get_string());
      continue;
    }
    if (to.back() != '{') to += ',';
    append_json(to, std::string_view(member.key()));
    to += ':';
    if (value.is_object()) {
      append_json(to, value.get_object());
    } else {
      to += boost::json::serialize(value);
    }
  }
  to += '}';
}

ItemHeads::ItemHeads(const files::DefinitionSet& definitions, const ItemHeads* earlier) {
  for (const auto& definition : definitions.all()) {
    auto known = earlier != nullptr ? earlier->find(definition) : nullptr;
    if (known == nullptr) {
      std::vector<std::string> heads;
      for (const auto& item : definition.items()) {
        auto& head = heads.emplace_back("{");
        append_member(head, "no", item.number);
        append_member(head, "name", item.name);
        append_member(head, "key", item.key);
        head += ",\"value\":";
      }
      known = std::make_shared<const std::vector<std::string>>(std::move(heads));
    }
    heads_.emplace_back(&definition, std::move(known));
  }
}

ItemHeads::Heads ItemHeads::find(const files::Definition& definition) const {
  const auto found = std::ranges::find(heads_, &definition, [](const auto& pair) { return pair.first; });
  return found == heads_.end() ? nullptr : found->second;
}

const std::vector<std::string>& ItemHeads::of(const files::Definition& definition) const {
  const auto found = std::ranges::find(heads_, &definition, [](const auto& pair) { return pair.first; });
  ENSURE(found != heads_.end());
  return *found->second;
}

}  // namespace shosoin::service
