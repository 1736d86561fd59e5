// The verbs of `shosoin erasure` around an execution, added to the group by erasure_command.cpp. One thread.
#pragma once

#include <CLI/CLI.hpp>

namespace shosoin::cli {

class Context;
void add_disposal_commands(CLI::App* group, Context& context);

}  // namespace shosoin::cli
