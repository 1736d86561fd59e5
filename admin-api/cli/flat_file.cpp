#include "admin-api/cli/flat_file.h"

#include <fmt/core.h>

#include <algorithm>

#include "crypto/canonical_json.h"

// Header-only and without exceptions: the shared library of the package is built with them.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace shosoin::cli {
namespace {

constexpr Error kMalformed{ErrorCode::BadRequest, "read a file of named texts"};

bool is_known(const std::vector<std::string_view>& known, std::string_view name) {
  return std::find(known.begin(), known.end(), name) != known.end();
}
void join(std::string& to, std::string_view word) {
  if (!to.empty()) to += ',';
  to += word;
}

Result<FlatFile> parse_json(std::string_view text, const std::vector<std::string_view>& known, FlatFault& fault) {
  crypto::JsonFault json_fault;
  auto parsed = crypto::parse_strict(text, &json_fault);
  fault.place = json_fault.pointer;
  TRY(auto value, std::move(parsed));
  if (!value.is_object()) return kMalformed;
  FlatFile out;
  for (const auto& member : value.get_object()) {
    const std::string name(member.key());
    fault.place = fmt::format("/{}", name);
    if (!is_known(known, name)) return kMalformed;
    std::string word;
    if (member.value().is_string()) {
      word = member.value().get_string().c_str();
    } else if (member.value().is_bool()) {
      word.assign(1, member.value().get_bool() ? '1' : '0');
    } else if (member.value().is_array()) {
      for (const auto& element : member.value().get_array()) {
        if (!element.is_string()) return kMalformed;
        join(word, element.get_string());
      }
    } else {
      return kMalformed;
    }
    out.emplace(name, std::move(word));
  }
  return out;
}

Result<FlatFile> parse_toml(std::string_view text, const std::vector<std::string_view>& known, FlatFault& fault) {
  auto parsed = toml::parse(text);
  if (!parsed) {
    fault.place = fmt::format("line {}", parsed.error().source().begin.line);
    return kMalformed;
  }
  FlatFile out;
  for (auto&& [key, node] : parsed.table()) {
    const std::string name(key.str());
    fault.place = fmt::format("line {}: {}", node.source().begin.line, name);
    if (!is_known(known, name)) return kMalformed;
    std::string word;
    if (const auto* one = node.as_string()) {
      word = one->get();
    } else if (const auto* flag = node.as_boolean()) {
      word.assign(1, flag->get() ? '1' : '0');
    } else if (const auto* list = node.as_array()) {
      for (const auto& element : *list) {
        if (!element.is_string()) return kMalformed;
        join(word, element.as_string()->get());
      }
    } else {
      return kMalformed;
    }
    out.emplace(name, std::move(word));
  }
  return out;
}

}  // namespace

Result<FlatFile> parse_flat(std::string_view text, const std::vector<std::string_view>& known, FlatFault& fault) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') return parse_json(text, known, fault);
  return parse_toml(text, known, fault);
}

}  // namespace shosoin::cli
