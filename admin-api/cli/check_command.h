// shosoin check individual-number|resident-record-code|local-government-code|corporate-number|residence-card|date
// [VALUE] [--json] Without VALUE: one value per line of standard input, which is how an individual number should be
// given (arguments are visible to other users of the machine). The importer's own code decides. A value is never
// printed back; of a date its canonical form.
#pragma once

#include "admin-api/cli/command_io.h"

namespace shosoin::cli {

// `io` must outlive the parsing of `app`. Exit code 0 when every value is valid, that of InvalidContent when one is
// not.
void add_check_commands(CLI::App& app, CommandIo& io);

}  // namespace shosoin::cli
