// The fresh code that an approval needs: from a file, from the approver's own file (development), or asked for. One
// thread.
#pragma once

#include <string>

#include "admin-api/cli/context.h"

namespace shosoin::cli {

struct CodeOptions {
  std::string code_file, person_file;
  int step = 0;
};
void add_code_options(CLI::App* command, const std::shared_ptr<CodeOptions>& options);
Result<std::string> fresh_code(Context& context, const CodeOptions& options);

}  // namespace shosoin::cli
