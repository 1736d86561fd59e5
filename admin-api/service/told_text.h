// Texts that people write and that stay: in certificates, the 廃棄簿, the log, and on the terminals of whoever decides.
// Pure; any thread.
#pragma once

#include <string_view>

namespace shosoin::service {

bool is_space(char32_t c) noexcept;  // of any width, none included
// Nothing but spaces.
bool is_blank(std::string_view text);
// One line in valid UTF-8, with nothing in it that moves a cursor, hides or turns what stands around it.
bool is_one_line(std::string_view text);

}  // namespace shosoin::service
