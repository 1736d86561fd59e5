// What the offline commands (check, retention, synthetic) read from and write to, the global options they obey, and the
// exit code they leave: main() gives the real streams, a test its own. The exit code comes from error_row(), the table
// of `shosoin --help`. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "firmware/base/error.h"
#include "firmware/base/result.h"

namespace CLI {
class App;
}

namespace shosoin::cli {

struct CommandIo {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const bool& json;             // --json of the application: one line of JSON per result
  const std::string& language;  // --lang of the application: "ja" or "en"
  int exit_code = 0;

  bool english() const { return language == "en"; }
  std::string_view pick(std::string_view ja, std::string_view en) const { return english() ? en : ja; }
};

// One line to err in the language asked for; sets the exit code. `line` of the input; 0: it was not one of many, and
// with --json the refusal is the one answer, to out.
void report(CommandIo& io, const Error& error, std::size_t line = 0);
void fail_with(CommandIo& io, ErrorCode code);

// Every line of io.in, without its line break, at most limits::kMaxCommandLineInput bytes each: a longer one is
// reported with its number, and those behind it are taken. take: (line, number from 1). BadRequest: there is none at
// all.
Result<void> each_line(CommandIo& io, const std::function<void(std::string_view, std::size_t)>& take);

}  // namespace shosoin::cli
