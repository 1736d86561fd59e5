#include "storage/files/utf8.h"

#include <cstdint>
#include <cstring>

#include "firmware/base/result.h"

namespace shosoin::files {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t at) noexcept { return static_cast<std::uint8_t>(text[at]); }

struct Shape {
  std::size_t size;          // bytes, 0: no sequence starts with this byte
  std::uint32_t first_bits;  // payload of the lead byte
  std::uint32_t low, high;   // range of the second byte
};
constexpr Shape shape_of(std::uint32_t lead) noexcept {
  if (lead >= 0xC2 && lead <= 0xDF) return {2, lead & 0x1F, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0xD, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3, lead & 0x0F, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {4, lead & 0x07, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 4, 0x80, 0x8F};
  return {0, 0, 0, 0};
}

}  // namespace

std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto start = at++;
  const auto lead = byte_at(text, start);
  if (lead < 0x80) return static_cast<char32_t>(lead);
  const auto shape = shape_of(lead);
  if (shape.size == 0 || text.size() - start < shape.size) return std::nullopt;
  const auto second = byte_at(text, start + 1);
  if (second < shape.low || second > shape.high) return std::nullopt;
  std::uint32_t value = shape.first_bits << 6 | (second & 0x3F);
  for (std::size_t i = 2; i < shape.size; ++i) {
    const auto next = byte_at(text, start + i);
    if ((next & 0xC0) != 0x80) return std::nullopt;
    value = value << 6 | (next & 0x3F);
  }
  at = start + shape.size;
  return static_cast<char32_t>(value);
}

bool is_ascii(std::string_view text) noexcept {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, 8);
    if ((eight & 0x8080'8080'8080'8080u) != 0) return false;
  }
  for (; at < text.size(); ++at) {
    if (byte_at(text, at) >= 0x80) return false;
  }
  return true;
}

// Most of what is not ASCII here is kana and kanji: three bytes, of which the first leaves the second free.
bool is_valid_utf8(std::string_view text) noexcept {
  if (is_ascii(text)) return true;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = byte_at(text, at);
    const bool common = lead >= 0xE1 && lead <= 0xEC && text.size() - at >= 3;
    if (common && (byte_at(text, at + 1) & 0xC0) == 0x80 && (byte_at(text, at + 2) & 0xC0) == 0x80) {
      at += 3;
    } else if (!next_code_point(text, at)) {
      return false;
    }
  }
  return true;
}

void append_utf8(std::string& to, char32_t c) {
  ENSURE(c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF));
  const auto tail = [&](unsigned shift) { to.push_back(static_cast<char>(0x80 | ((c >> shift) & 0x3F))); };
  if (c < 0x80) {
    to.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    to.push_back(static_cast<char>(0xC0 | (c >> 6)));
    tail(0);
  } else if (c < 0x10000) {
    to.push_back(static_cast<char>(0xE0 | (c >> 12)));
    tail(6), tail(0);
  } else {
    to.push_back(static_cast<char>(0xF0 | (c >> 18)));
    tail(12), tail(6), tail(0);
  }
}

}  // namespace shosoin::files
