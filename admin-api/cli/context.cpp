#include "admin-api/cli/context.h"

#include <fmt/core.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <iostream>

#include "admin-api/cli/report.h"

namespace shosoin::cli {

void Context::say(const Text& text) const {
  if (!json) std::cout << pick(text) << '\n';
}

void Context::say_aside(const Text& text) const {
  if (!json) std::cerr << pick(text) << '\n';
}

void Context::show(const boost::json::value& value) const {
  if (json) {
    std::cout << boost::json::serialize(value) << '\n';
  } else {
    std::cout << readable(value, japanese());
  }
}

void Context::progress(const Text& text, std::uint64_t done, std::uint64_t all) const {
  if (json || ::isatty(STDERR_FILENO) == 0) return;
  std::cerr << '\r' << pick(text) << ' ' << done << '/' << all << (done >= all ? "\n" : "") << std::flush;
}

Error Context::explain(Error error, std::string pointer, std::string detail) {
  pointer_ = std::move(pointer);
  detail_ = std::move(detail);
  return error;
}

void Context::fail(const Error& error) {
  const auto& row = error_row(error.code());
  exit_code_ = row.exit_code;
  if (json) {
    boost::json::object told{{"code", std::string(row.slug)},
                             {"title", std::string(japanese() ? row.ja : row.en)},
                             {"doing", std::string(error.doing())},
                             {"exitCode", row.exit_code}};
    if (!pointer_.empty()) told["pointer"] = pointer_;
    if (!detail_.empty()) told["detail"] = detail_;
    std::cout << boost::json::serialize(told) << '\n';
    return;
  }
  std::string line = fmt::format("shosoin: {} [{}: {}", japanese() ? row.ja : row.en, row.slug, error.doing());
  if (!pointer_.empty()) line += fmt::format(" {}", pointer_);
  if (!detail_.empty()) line += fmt::format("; {}", detail_);
  if (error.outside() != 0) line += fmt::format(" ({})", error.outside());
  std::cerr << line << "]\n";
}

void Context::end_with(ErrorCode code) { exit_code_ = error_row(code).exit_code; }

void on(CLI::App* command, Context& context, std::function<Result<void>(Context&)> act) {
  command->callback([&context, act = std::move(act)] {
    auto result = act(context);
    if (!result) context.fail(result.error());
  });
}

std::optional<ErrorCode> code_of_slug(std::string_view slug) {
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    if (error_row(code).slug == slug) return code;
  }
  return std::nullopt;
}

}  // namespace shosoin::cli
