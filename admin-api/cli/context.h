// What every command shares: the global options, how results are told (plain words or JSON, Japanese or English), and
// the exit code, which comes from the one error table. One thread; lives as long as main().
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "firmware/base/result.h"

namespace shosoin::cli {

struct Text {
  std::string_view ja, en;
};

class Context {
 public:
  std::string language = "ja";
  bool json = false;
  std::string settings = "/etc/shosoin/shosoin.toml";
  std::string profile;  // where the gate is; see gate_client.h

  bool japanese() const { return language != "en"; }
  std::string_view pick(const Text& text) const { return japanese() ? text.ja : text.en; }
  int exit_code() const { return exit_code_; }

  // One line to standard output; nothing when --json asked for one document.
  void say(const Text& text) const;
  // One line to standard error, beside what fails; nothing with --json.
  void say_aside(const Text& text) const;
  // The reply itself: one line of JSON, or label and value line by line (report.h).
  void show(const boost::json::value& value) const;
  // To standard error, only on a terminal and never with --json.
  void progress(const Text& text, std::uint64_t done, std::uint64_t all) const;

  // More than the code says: the other side's pointer and detail, or the place in a file. Never a secret, never stored
  // data.
  Error explain(Error error, std::string pointer, std::string detail);
  void fail(const Error& error);
  // The command ran, and its answer is "no" (a certificate that does not hold): this code, without an error line.
  void end_with(ErrorCode code);

 private:
  int exit_code_ = 0;
  std::string pointer_, detail_;
};

// Runs `act` when the command is chosen and turns its failure into one line and the exit code.
void on(CLI::App* command, Context& context, std::function<Result<void>(Context&)> act);
// The code of a problem type; none for one that is not in the table (HTTP's own, or of a later version).
std::optional<ErrorCode> code_of_slug(std::string_view slug);

}  // namespace shosoin::cli
