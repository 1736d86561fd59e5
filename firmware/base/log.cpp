#include "firmware/base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include "firmware/base/result.h"

#include <cstdlib>

namespace shosoin {

void ensure_failed(const char* condition, const char* file, int line) noexcept {
  // Literals of our own source only; the process ends here without unwinding so that nothing half-done is used.
  char text[512];
  auto end = fmt::format_to_n(text, sizeof text, "<2>ENSURE failed: {} at {}:{}\n", condition, file, line);
  const auto size = end.size < sizeof text ? end.size : sizeof text;
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, text, size);
  std::abort();
}

namespace oplog {
namespace {

template <class... Args>
void line(fmt::format_string<Args...> format, Args&&... args) noexcept {
  char text[512];
  auto end = fmt::format_to_n(text, sizeof text - 1, format, std::forward<Args>(args)...);
  auto size = end.size < sizeof text - 1 ? end.size : sizeof text - 1;
  text[size++] = '\n';
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, text, size);
}

}  // namespace

void info(Literal message) noexcept { line("<6>{}", message.view()); }
void info(Literal message, Number number) noexcept {
  line("<6>{} ({}={})", message.view(), number.name.view(), number.value);
}
void warning(Literal message, Number number) noexcept {
  line("<4>{} ({}={})", message.view(), number.name.view(), number.value);
}
void failure(Literal message, const Error& error) noexcept {
  line("<3>{}: {} while trying to {} (outside code {:#x})", message.view(), error_row(error.code()).slug, error.doing(),
       error.outside());
}
void info_public(Literal message, std::string_view public_word) noexcept { line("<6>{} {}", message.view(), public_word); }

}  // namespace oplog
}  // namespace shosoin
