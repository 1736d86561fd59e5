// shosoin file add FILE | file list | file show KEY: definitions of the running service, on the administration socket,
// or through the gate where one is named. One thread.
#pragma once

#include "admin-api/cli/command_io.h"
#include "admin-api/cli/context.h"

namespace shosoin::cli {

// After add_file_commands: `file show` without a session goes on telling what the program brought.
void add_definition_commands(CLI::App& app, Context& context, CommandIo& io);

}  // namespace shosoin::cli
