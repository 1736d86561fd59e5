// The fresh code that an approval needs: from a file, from the approver's own file (development), or asked for, which
// only happens when profile and session are there. One thread.
#pragma once

#include <string>

#include "admin-api/cli/context.h"
#include "admin-api/cli/gate_client.h"

namespace shosoin::cli {

struct CodeOptions {
  std::string code_file, person_file;
  int step = 0;
};
void add_code_options(CLI::App* command, const std::shared_ptr<CodeOptions>& options);
Result<std::string> fresh_code(Context& context, const GateOptions& gate, const CodeOptions& options);

}  // namespace shosoin::cli
