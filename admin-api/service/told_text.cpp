#include "admin-api/service/told_text.h"

#include "storage/files/utf8.h"

namespace shosoin::service {
namespace {

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0xFEFF ||
         (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}
bool turns_text(char32_t c) {  // Unicode Bidi_Control
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

bool is_space(char32_t c) noexcept {
  return c == ' ' || c == '\t' || c == 0xA0 || c == 0x1680 || c == 0x180E || (c >= 0x2000 && c <= 0x200D) ||
         c == 0x202F || c == 0x205F || c == 0x2060 || c == 0x3000;
}

bool is_blank(std::string_view text) {
  return files::each_code_point(text, [](char32_t c) { return is_space(c); });
}

bool is_one_line(std::string_view text) {
  return files::each_code_point(text, [](char32_t c) { return !is_control(c) && !turns_text(c); });
}

}  // namespace shosoin::service
