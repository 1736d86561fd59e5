// Asking on /dev/tty, with or without echo. One thread.
#pragma once

#include <string>

#include "admin-api/cli/context.h"

namespace shosoin::cli {

enum class Echo { Shown, Hidden };
// One line, without its end. Conflict: there is no terminal. The caller wipes what is secret.
Result<std::string> ask(const Context& context, const Text& question, Echo echo);

}  // namespace shosoin::cli
