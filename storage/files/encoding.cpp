#include "storage/files/encoding.h"

#include <utility>

#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr std::uint8_t kAsciiEnd = 0x80, kFirstKana = 0xA1, kLastKana = 0xDF;
constexpr char16_t kFirstKanaPoint = 0xFF61;
constexpr std::uint8_t kSingleShift2 = 0x8E, kSingleShift3 = 0x8F;  // EUC: half-width kana, second plane
constexpr Encoding kEncodings[] = {Encoding::Utf8, Encoding::Cp932, Encoding::EucJpMs};

bool is_kana(std::uint8_t byte) noexcept { return byte >= kFirstKana && byte <= kLastKana; }
char16_t kana(std::uint8_t byte) noexcept { return static_cast<char16_t>(kFirstKanaPoint + (byte - kFirstKana)); }
bool is_cp932_lead(std::uint8_t byte) noexcept {
  return (byte >= 0x81 && byte <= 0x9F) || (byte >= 0xE0 && byte <= 0xFC);
}
bool is_euc_byte(std::uint8_t byte) noexcept { return byte >= 0xA1 && byte <= 0xFE; }
std::optional<char16_t> known(char16_t point) noexcept {
  if (point == 0) return std::nullopt;
  return point;
}

}  // namespace

std::string_view to_text(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::Utf8:
      return "UTF-8";
    case Encoding::Cp932:
      return "CP932";
    case Encoding::EucJpMs:
      return "EUC-JP-MS";
  }
  return "";
}
std::optional<Encoding> encoding_of(std::string_view declared) noexcept {
  for (auto encoding : kEncodings) {
    if (to_text(encoding) == declared) return encoding;
  }
  return std::nullopt;
}

std::optional<char16_t> Decoder::take_cp932(std::uint8_t byte) {
  if (pending_size_ != 0) {
    pending_size_ = 0;
    return known(cp932_code_point(pending_[0], byte));
  }
  if (is_kana(byte)) return kana(byte);
  if (!is_cp932_lead(byte)) return std::nullopt;
  pending_[pending_size_++] = byte;
  return char16_t{0};
}

std::optional<char16_t> Decoder::take_euc(std::uint8_t byte) {
  if (pending_size_ == 0) {
    if (!is_euc_byte(byte) && byte != kSingleShift2 && byte != kSingleShift3) return std::nullopt;
    pending_[pending_size_++] = byte;
    return char16_t{0};
  }
  if (pending_[0] == kSingleShift3 && pending_size_ == 1) {
    if (!is_euc_byte(byte)) return std::nullopt;
    pending_[pending_size_++] = byte;
    return char16_t{0};
  }
  const auto size = std::exchange(pending_size_, 0);
  if (size == 2) return known(euc_jp_ms_code_point(2, pending_[1], byte));
  if (pending_[0] == kSingleShift2) return is_kana(byte) ? std::optional(kana(byte)) : std::nullopt;
  return known(euc_jp_ms_code_point(1, pending_[0], byte));
}

std::optional<char16_t> Decoder::take(std::uint8_t byte) {
  if (pending_size_ == 0 && byte < kAsciiEnd) return static_cast<char16_t>(byte);
  return encoding_ == Encoding::Cp932 ? take_cp932(byte) : take_euc(byte);
}

bool Decoder::decode(ByteView bytes, std::string& out) {
  if (broken_) return false;
  if (encoding_ == Encoding::Utf8) {
    out.append(text_of(bytes));
    return true;
  }
  for (const auto byte : bytes) {
    const bool starts = pending_size_ == 0;
    if (starts && byte < kAsciiEnd) {  // NUL too: the CSV reader refuses it by its place
      out.push_back(static_cast<char>(byte));
      continue;
    }
    const auto point = take(byte);
    if (!point) {
      broken_ = true;
      return false;
    }
    if (*point != 0) append_utf8(out, *point);
  }
  return true;
}

}  // namespace shosoin::files
