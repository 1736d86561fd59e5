// Every command with its options, as JSON: what the manual pages and the completion of the shell are made from when the
// package is built (deploy/package/pages.py). One thread, main().
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace shosoin::cli {

// {"name", "about", "footer", "options": [{"names", "value", "about", "required", "positional"}], "commands": [the same
// again]}; an option without a value has "value": "".
std::string command_tree(CLI::App& app);

}  // namespace shosoin::cli
