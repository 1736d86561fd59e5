// shosoin import quarantine|identify|accept-identification|reject-identification: rows that wait for 文字同定. One thread.
#pragma once

#include <CLI/CLI.hpp>

namespace shosoin::cli {

class Context;
void add_identification_commands(CLI::App& import, Context& context);

}  // namespace shosoin::cli
