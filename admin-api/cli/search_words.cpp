#include "admin-api/cli/search_words.h"

#include "admin-api/cli/files.h"
#include "firmware/base/limits.h"

namespace shosoin::cli {

Result<std::string> line_of(const std::string& path) {
  TRY(auto text, read_text(path, limits::kMaxCommandLineInput));
  const auto end = text.find_first_of("\r\n");
  if (end != std::string::npos) text.resize(end);
  return text;
}

}  // namespace shosoin::cli
