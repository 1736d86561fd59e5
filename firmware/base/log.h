// Operational log to standard error (the systemd journal): one line, level prefix of sd-daemon(3). It takes literals and numbers
// only, so no name, number or secret can get in. Any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "firmware/base/error.h"

namespace shosoin::oplog {

struct Number {
  Literal name;
  std::int64_t value;
};
void info(Literal message) noexcept;
void info(Literal message, Number number) noexcept;
void warning(Literal message, Number number = {"code", 0}) noexcept;
void failure(Literal message, const Error& error) noexcept;
// For public words of our own making (file paths of settings, tenant codes, hex ids): no caller may pass stored data.
void info_public(Literal message, std::string_view public_word) noexcept;

}  // namespace shosoin::oplog
