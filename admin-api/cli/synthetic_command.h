// shosoin synthetic people --tenant 132101 --file honnin-kakunin-joho --count N --seed S --out FILE
// Writes test people as CSV; without --out to standard output. The same options give the same bytes.
#pragma once

#include "admin-api/cli/command_io.h"

namespace shosoin::cli {

// `io` must outlive the parsing of `app`.
void add_synthetic_commands(CLI::App& app, CommandIo& io);

}  // namespace shosoin::cli
