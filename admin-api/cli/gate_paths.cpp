#include "admin-api/cli/gate_paths.h"

#include <boost/json/serialize.hpp>

namespace shosoin::cli {

bool is_path_word(std::string_view word) {
  if (word.empty() || word == "." || word == "..") return false;
  for (const char letter : word) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_';
    if (!plain) return false;
  }
  return true;
}

Result<std::string> path_of(std::string_view tenant, std::string_view rest) {
  const Error wrong{ErrorCode::BadRequest,
                    "make the path of a request: only letters, digits, '-', '.' and '_' may stand there"};
  if (!is_path_word(tenant)) return wrong;
  for (std::string_view left = rest;;) {
    const auto cut = left.find('/');
    if (!is_path_word(left.substr(0, cut))) return wrong;
    if (cut == std::string_view::npos) break;
    left.remove_prefix(cut + 1);
  }
  return "/v1/tenants/" + std::string(tenant) + "/" + std::string(rest);
}

std::string with_commas(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

std::string body_of(const boost::json::object& object) { return boost::json::serialize(object); }

}  // namespace shosoin::cli
