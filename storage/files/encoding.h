// The encodings a file may be declared in, turned into UTF-8 as it streams. Declared, never sniffed: the same bytes are
// other kanji in another encoding (CP932 FBFC is 髙, in Shift_JIS-2004 U+9A20). Mappings are Microsoft's: 8160 is
// U+FF5E, 817C is U+FF0D; vendors' 外字 become U+E000 and on. A Decoder belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "firmware/base/bytes.h"

namespace shosoin::files {

enum class Encoding : std::uint8_t {
  Utf8,    // with or without a BOM; the CSV reader checks it
  Cp932,   // Windows code page 932 (Windows-31J)
  EucJpMs  // EUC-JP with Microsoft's mappings, JIS X 0212, NEC and IBM extensions and user-defined characters
};
std::string_view to_text(Encoding encoding) noexcept;                     // "UTF-8", "CP932", "EUC-JP-MS"
std::optional<Encoding> encoding_of(std::string_view declared) noexcept;  // exactly one of these words

class Decoder {
 public:
  explicit Decoder(Encoding encoding) noexcept : encoding_(encoding) {}
  // Appends what is complete as UTF-8 (at most three bytes for each); keeps a character that is cut. False at the first
  // bytes that are no character of the encoding: what stood before them has been appended, and every later call fails.
  bool decode(ByteView bytes, std::string& out);
  bool complete() const noexcept { return pending_size_ == 0; }  // not inside a character

 private:
  std::optional<char16_t> take(std::uint8_t byte);  // 0: more bytes are needed; none: not a character
  std::optional<char16_t> take_cp932(std::uint8_t byte);
  std::optional<char16_t> take_euc(std::uint8_t byte);
  Encoding encoding_;
  std::array<std::uint8_t, 2> pending_{};
  std::size_t pending_size_ = 0;
  bool broken_ = false;
};

// A double-byte code to its code point; 0 where there is none. The tables are read from ICU once.
char16_t cp932_code_point(std::uint8_t lead, std::uint8_t trail);
// plane: 1 or 2, the latter behind 8F; bytes from A1 to FE, else 0.
char16_t euc_jp_ms_code_point(int plane, std::uint8_t row, std::uint8_t cell);

}  // namespace shosoin::files
