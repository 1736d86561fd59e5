#include "admin-api/cli/command_io.h"

#include <boost/json/serialize.hpp>

#include "firmware/base/limits.h"

namespace shosoin::cli {

void fail_with(CommandIo& io, ErrorCode code) { io.exit_code = error_row(code).exit_code; }

void report(CommandIo& io, const Error& error, std::size_t line) {
  const auto& row = error_row(error.code());
  if (io.json && line == 0) {
    boost::json::object told{{"code", row.slug},
                             {"title", io.pick(row.ja, row.en)},
                             {"doing", std::string_view(error.doing())},
                             {"exitCode", row.exit_code}};
    io.out << boost::json::serialize(told) << '\n';
    io.exit_code = row.exit_code;
    return;
  }
  if (line != 0) io.err << line << io.pick("行目: ", ": ");
  io.err << io.pick(row.ja, row.en) << " (" << row.slug << ": " << error.doing() << ")\n";
  io.exit_code = row.exit_code;
}

Result<void> each_line(CommandIo& io, const std::function<void(std::string_view, std::size_t)>& take) {
  std::string line;
  std::size_t number = 0;
  bool too_long = false;  // told once, and the lines behind it are answered
  for (auto c = io.in.get();; c = io.in.get()) {
    const bool end = c == std::istream::traits_type::eof();
    if (!end && c != '\n') {
      if (line.size() == limits::kMaxCommandLineInput) {
        too_long = true;
      } else {
        line.push_back(static_cast<char>(c));
      }
      continue;
    }
    if (end && line.empty()) break;
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (too_long) {
      report(io, Error{ErrorCode::TooLarge, "read a line of standard input"}, number);
    } else {
      take(line, number);
    }
    too_long = false;
    line.clear();
    if (end) break;
  }
  if (number == 0) return Error{ErrorCode::BadRequest, "read standard input: it is empty"};
  return success();
}

}  // namespace shosoin::cli
