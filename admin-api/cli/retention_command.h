// shosoin retention explain --rule EXCL --period 150y --event 2024-06-20 [--json] [--lang ja|en]
// Without the three options: one "RULE PERIOD EVENT" per line of standard input. Works offline.
#pragma once

#include "admin-api/cli/command_io.h"

namespace shosoin::cli {

// `io` must outlive the parsing of `app`.
void add_retention_commands(CLI::App& app, CommandIo& io);

}  // namespace shosoin::cli
