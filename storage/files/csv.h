// Streaming CSV (RFC 4180) for UTF-8, with or without a BOM, CRLF or LF. Bytes are pushed in, whole rows come out;
// memory is one row. Every row must have as many columns as the first. A fault names a row and a column and never holds
// a value. Not shared between threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::files {

enum class CsvFault : std::uint8_t {
  InvalidUtf8,
  InvalidBytes,       // told from outside, by refuse_here(): bytes that the declared encoding does not have
  ControlCharacter,   // NUL, C0 controls and DEL anywhere; a lone CR
  UnterminatedQuote,  // not closed on its line: no value of a record file spans lines
  StrayQuote,         // a quote inside an unquoted field, or text behind a closing quote
  WrongColumnCount,
  CutOff,        // the last line has no line break and too few columns, or ends inside a character or a quoted field
  LineTooLong,   // limits::kMaxImportLine
  FieldTooLong,  // limits::kMaxFieldBytes
  TooManyRows,   // limits::kMaxImportRows
  NoRows,        // an empty file
};
struct CsvError {
  CsvFault fault = CsvFault::NoRows;
  std::uint64_t row = 0;     // from 1; the header is row 1
  std::uint32_t column = 0;  // from 1; 0: the whole row
};
struct CsvRow {
  std::uint64_t number = 0;
  std::span<const std::string_view> fields;  // valid until the sink returns
};
using CsvSink = std::function<Result<void>(const CsvRow&)>;

class CsvReader {
 public:
  CsvReader();
  CsvReader(CsvReader&&) = default;
  CsvReader& operator=(CsvReader&&) = default;
  ~CsvReader();  // wipes the row: it may hold an individual number
  // InvalidContent or TooLarge once error() is set; an error of the sink is handed up as it is. After either, every
  // call fails.
  Result<void> feed(ByteView bytes, const CsvSink& sink);
  Result<void> finish(const CsvSink& sink);
  // The decoder in front of this reader met bytes that it cannot turn into text: the file is refused where reading
  // stands.
  Error refuse_here(CsvFault fault) { return refuse(fault); }
  const std::optional<CsvError>& error() const noexcept { return error_; }
  bool had_bom() const noexcept { return had_bom_; }
  bool had_crlf() const noexcept { return had_crlf_; }
  bool had_lf() const noexcept { return had_lf_; }

 private:
  enum class State : std::uint8_t { FieldStart, Plain, Quoted, QuoteInQuoted, AfterCr };
  Error refuse(CsvFault fault, bool whole_row = false);
  Result<void> take(char c, const CsvSink& sink);
  std::size_t take_run(std::string_view rest);
  Result<void> take_bom(ByteView& bytes, bool at_end);
  Result<void> end_row(const CsvSink& sink);
  Result<void> add(char c);
  void end_field();
  Result<void> line_break(char c, const CsvSink& sink);
  Result<void> fed(Result<void> result);

  std::string row_;                // the fields of the row, one behind the other
  std::vector<std::size_t> ends_;  // where each finished field ends in row_
  std::vector<std::string_view> fields_;
  std::size_t field_start_ = 0, raw_size_ = 0, columns_ = 0;
  std::uint64_t row_number_ = 1;
  std::string bom_seen_;
  std::optional<CsvError> error_;
  State state_ = State::FieldStart;
  bool bom_done_ = false, had_bom_ = false, had_crlf_ = false, had_lf_ = false, stopped_ = false;
};

}  // namespace shosoin::files
