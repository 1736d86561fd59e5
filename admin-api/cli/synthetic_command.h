// shosoin synthetic people --tenant 132101 --file FILE [--group TABLE] --count N --seed S [--encoding E] [--out CSV]
// shosoin synthetic people --tenant 132101 --count N --seed S --directory DIR
// Writes test people as CSV: one table to a file or standard output, or every table of every file into a directory with
// a manifest. The same options give the same bytes.
#pragma once

#include "admin-api/cli/command_io.h"

namespace shosoin::cli {

// `io` must outlive the parsing of `app`.
void add_synthetic_commands(CLI::App& app, CommandIo& io);

}  // namespace shosoin::cli
