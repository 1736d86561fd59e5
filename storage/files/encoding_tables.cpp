// The double-byte tables of the encodings. ICU knows CP932 whole; of EUC-JP-MS it knows JIS X 0208, JIS X 0212 and the
// NEC row, and the rest is fixed here: user-defined rows by arithmetic, the 106 IBM characters of the second plane by
// list.
#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>

#include <memory>
#include <vector>

#include "firmware/base/result.h"
#include "storage/files/encoding.h"

namespace shosoin::files {
namespace {

constexpr std::size_t kRows = 94;
constexpr std::uint8_t kFirst = 0xA1, kLast = 0xFE;
constexpr std::uint8_t kFirstUserRow = 0xF5;
constexpr char16_t kFirstUserPoint = 0xE000, kSecondPlaneUserPoint = 0xE3AC;
constexpr std::uint8_t kFirstIbmRow = 0xF3, kFirstIbmCell = 0xF3;
constexpr char16_t kIbmCharacters[] = {  // 8F F3F3 to 8F F4FE
    0x2170, 0x2171, 0x2172, 0x2173, 0x2174, 0x2175, 0x2176, 0x2177, 0x2178, 0x2179, 0x2160, 0x2161, 0x2162, 0x2163,
    0x2164, 0x2165, 0x2166, 0x2167, 0x2168, 0x2169, 0xFF07, 0xFF02, 0x3231, 0x2116, 0x2121, 0x70BB, 0x4EFC, 0x50F4,
    0x51EC, 0x5307, 0x5324, 0xFA0E, 0x548A, 0x5759, 0xFA0F, 0xFA10, 0x589E, 0x5BEC, 0x5CF5, 0x5D53, 0xFA11, 0x5FB7,
    0x6085, 0x6120, 0x654E, 0x663B, 0x6665, 0xFA12, 0xF929, 0x6801, 0xFA13, 0xFA14, 0x6A6B, 0x6AE2, 0x6DF8, 0x6DF2,
    0x7028, 0xFA15, 0xFA16, 0x7501, 0x7682, 0x769E, 0xFA17, 0x7930, 0xFA18, 0xFA19, 0xFA1A, 0xFA1B, 0x7AE7, 0xFA1C,
    0xFA1D, 0x7DA0, 0x7DD6, 0xFA1E, 0x8362, 0xFA1F, 0x85B0, 0xFA20, 0xFA21, 0x8807, 0xFA22, 0x8B7F, 0x8CF4, 0x8D76,
    0xFA23, 0xFA24, 0xFA25, 0x90DE, 0xFA26, 0x9115, 0xFA27, 0xFA28, 0x9592, 0xF9DC, 0xFA29, 0x973B, 0x974D, 0x9751,
    0xFA2A, 0xFA2B, 0xFA2C, 0x999E, 0x9AD9, 0x9B72, 0xFA2D, 0x9ED1};
static_assert(std::size(kIbmCharacters) == (kLast - kFirstIbmCell + 1) + kRows);

struct CloseConverter {
  void operator()(UConverter* converter) const noexcept { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

// ICU's data is part of its library: that it lacks a converter is a defect of the machine.
Converter open_converter(const char* name) {
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(name, &status));
  ENSURE(U_SUCCESS(status));
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  ENSURE(U_SUCCESS(status));
  return converter;
}
char16_t convert(UConverter& converter, std::initializer_list<std::uint8_t> code) {
  char bytes[3];
  int size = 0;
  for (const auto byte : code) bytes[size++] = static_cast<char>(byte);
  UErrorCode status = U_ZERO_ERROR;
  char16_t out[4];
  ucnv_reset(&converter);
  const auto length = ucnv_toUChars(&converter, out, 4, bytes, size, &status);
  return U_SUCCESS(status) && length == 1 ? out[0] : char16_t{0};
}

using Table = std::vector<char16_t>;
Table read_cp932() {
  const auto converter = open_converter("ibm-943_P15A-2003");  // windows-31j
  Table table(0x10000);
  for (unsigned lead = 0x81; lead <= 0xFC; ++lead) {
    if (lead >= 0xA0 && lead <= 0xDF) continue;
    for (unsigned trail = 0x40; trail <= 0xFC; ++trail) {
      if (trail == 0x7F) continue;
      table[lead << 8 | trail] =
          convert(*converter, {static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(trail)});
    }
  }
  return table;
}

std::size_t cell_of(std::uint8_t row, std::uint8_t cell) {
  return static_cast<std::size_t>(row - kFirst) * kRows + static_cast<std::size_t>(cell - kFirst);
}
char16_t user_point(char16_t first, std::uint8_t row, std::uint8_t cell) {
  return static_cast<char16_t>(first + cell_of(row, cell) - cell_of(kFirstUserRow, kFirst));
}
char16_t second_plane(UConverter& converter, std::uint8_t row, std::uint8_t cell) {
  constexpr char16_t kBrokenBar = 0xFFE4;  // 8F A2C3, where ICU has U+00A6
  if (row >= kFirstUserRow) return user_point(kSecondPlaneUserPoint, row, cell);
  if (row > kFirstIbmRow || (row == kFirstIbmRow && cell >= kFirstIbmCell)) {
    return kIbmCharacters[cell_of(row, cell) - cell_of(kFirstIbmRow, kFirstIbmCell)];
  }
  if (row == kFirstIbmRow) return 0;
  if (row == 0xA2 && cell == 0xC3) return kBrokenBar;
  return convert(converter, {0x8F, row, cell});
}
struct EucTables {
  Table first, second;
};
EucTables read_euc() {
  const auto converter = open_converter("euc-jp-2007");
  EucTables tables{Table(kRows * kRows), Table(kRows * kRows)};
  for (unsigned r = kFirst; r <= kLast; ++r) {
    for (unsigned c = kFirst; c <= kLast; ++c) {
      const auto row = static_cast<std::uint8_t>(r), cell = static_cast<std::uint8_t>(c);
      tables.first[cell_of(row, cell)] =
          row >= kFirstUserRow ? user_point(kFirstUserPoint, row, cell) : convert(*converter, {row, cell});
      tables.second[cell_of(row, cell)] = second_plane(*converter, row, cell);
    }
  }
  return tables;
}

}  // namespace

char16_t cp932_code_point(std::uint8_t lead, std::uint8_t trail) {
  static const Table kTable = read_cp932();
  return kTable[static_cast<std::size_t>(lead) << 8 | trail];
}
char16_t euc_jp_ms_code_point(int plane, std::uint8_t row, std::uint8_t cell) {
  static const EucTables kTables = read_euc();
  if (row < kFirst || row > kLast || cell < kFirst || cell > kLast) return 0;
  return (plane == 2 ? kTables.second : kTables.first)[cell_of(row, cell)];
}

}  // namespace shosoin::files
