#include "storage/files/encoder.h"

#include <vector>

#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr char32_t kAsciiEnd = 0x80, kFirstKanaPoint = 0xFF61, kLastKanaPoint = 0xFF9F, kPlane = 0x10000;
constexpr std::uint8_t kFirstKana = 0xA1, kSingleShift2 = 0x8E, kSingleShift3 = 0x8F;
constexpr std::uint32_t kSecondPlane = 0x10000;  // a mark beside the two bytes of a code

using Codes = std::vector<std::uint32_t>;  // code point of plane 0 -> code, 0 where there is none

// Later ones win.
Codes cp932_codes() {
  Codes codes(kPlane);
  const auto take = [&](unsigned first_lead, unsigned last_lead) {
    for (unsigned lead = last_lead; lead >= first_lead; --lead) {
      for (unsigned trail = 0xFC; trail >= 0x40; --trail) {
        const auto point = cp932_code_point(static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(trail));
        if (point != 0) codes[point] = lead << 8 | trail;
      }
    }
  };
  take(0xED, 0xEE);  // NEC's selection of IBM's characters
  take(0xEF, 0xFC);
  take(0x81, 0x9F);
  take(0xE0, 0xEC);
  return codes;
}
Codes euc_codes() {
  Codes codes(kPlane);
  for (const int plane : {2, 1}) {
    for (unsigned row = 0xFE; row >= 0xA1; --row) {
      for (unsigned cell = 0xFE; cell >= 0xA1; --cell) {
        const auto point = euc_jp_ms_code_point(plane, static_cast<std::uint8_t>(row), static_cast<std::uint8_t>(cell));
        if (point != 0) codes[point] = (plane == 2 ? kSecondPlane : 0) | row << 8 | cell;
      }
    }
  }
  return codes;
}
std::uint32_t code_of(Encoding encoding, char32_t c) {
  static const Codes cp932 = cp932_codes(), euc = euc_codes();
  if (c >= kPlane) return 0;
  return (encoding == Encoding::Cp932 ? cp932 : euc)[c];
}
bool is_kana(char32_t c) { return c >= kFirstKanaPoint && c <= kLastKanaPoint; }

}  // namespace

bool can_encode(Encoding encoding, char32_t c) {
  return encoding == Encoding::Utf8 || c < kAsciiEnd || is_kana(c) || code_of(encoding, c) != 0;
}

bool encode_text(Encoding encoding, std::string_view valid_utf8, std::string& out) {
  if (encoding == Encoding::Utf8 || is_ascii(valid_utf8)) {
    out.append(valid_utf8);
    return true;
  }
  const auto before = out.size();
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte & 0xFF)); };
  const bool whole = each_code_point(valid_utf8, [&](char32_t c) {
    if (c < kAsciiEnd) return put(c), true;
    if (is_kana(c)) {
      if (encoding == Encoding::EucJpMs) put(kSingleShift2);
      return put(kFirstKana + (c - kFirstKanaPoint)), true;
    }
    const auto code = code_of(encoding, c);
    if (code == 0) return false;
    if ((code & kSecondPlane) != 0) put(kSingleShift3);
    return put(code >> 8), put(code), true;
  });
  if (!whole) out.resize(before);
  return whole;
}

}  // namespace shosoin::files
