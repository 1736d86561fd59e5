#include "storage/files/csv.h"

#include <algorithm>

#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr Literal kDoing = "read a CSV file";

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_plain(char c) noexcept { return !is_control(c) && c != ',' && c != '"'; }
bool is_quotable(char c) noexcept { return !is_control(c) && c != '"'; }

}  // namespace

CsvReader::CsvReader() = default;
CsvReader::~CsvReader() { memory::wipe(row_); }

Error CsvReader::refuse(CsvFault fault, bool whole_row) {
  stopped_ = true;
  error_ = CsvError{fault, row_number_, whole_row ? 0 : static_cast<std::uint32_t>(ends_.size() + 1)};
  const bool size = fault == CsvFault::LineTooLong || fault == CsvFault::FieldTooLong || fault == CsvFault::TooManyRows;
  return Error{size ? ErrorCode::TooLarge : ErrorCode::InvalidContent, kDoing};
}

Result<void> CsvReader::add(char c) {
  if (row_.size() - field_start_ >= limits::kMaxFieldBytes) return refuse(CsvFault::FieldTooLong);
  row_.push_back(c);
  return success();
}

void CsvReader::end_field() {
  ends_.push_back(row_.size());
  field_start_ = row_.size();
  state_ = State::FieldStart;
}

Result<void> CsvReader::end_row(const CsvSink& sink) {
  if (row_number_ > limits::kMaxImportRows + 1) return refuse(CsvFault::TooManyRows, true);
  if (columns_ == 0) columns_ = ends_.size();
  if (ends_.size() != columns_) return refuse(CsvFault::WrongColumnCount, true);
  fields_.clear();
  std::size_t start = 0;
  for (const auto end : ends_) {
    fields_.push_back(std::string_view(row_).substr(start, end - start));
    start = end;
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (is_valid_utf8(fields_[i])) continue;
    ends_.resize(i);
    return refuse(CsvFault::InvalidUtf8);
  }
  TRY(sink({.number = row_number_, .fields = fields_}));
  row_.clear();
  ends_.clear();
  field_start_ = raw_size_ = 0;
  ++row_number_;
  return success();
}

Result<void> CsvReader::line_break(char c, const CsvSink& sink) {
  if (c == '\r') {
    state_ = State::AfterCr;
    return success();
  }
  (state_ == State::AfterCr ? had_crlf_ : had_lf_) = true;
  end_field();
  return end_row(sink);
}

Result<void> CsvReader::take(char c, const CsvSink& sink) {
  if (++raw_size_ > limits::kMaxImportLine) return refuse(CsvFault::LineTooLong, true);
  if (state_ == State::AfterCr)
    return c == '\n' ? line_break(c, sink) : Result<void>(refuse(CsvFault::ControlCharacter));
  const bool breaks = c == '\n' || c == '\r';
  if (state_ == State::Quoted) {
    if (breaks) return refuse(CsvFault::UnterminatedQuote);
    if (is_control(c)) return refuse(CsvFault::ControlCharacter);
    if (c != '"') return add(c);
    state_ = State::QuoteInQuoted;
    return success();
  }
  if (breaks) return line_break(c, sink);
  if (c == ',') return end_field(), Result<void>(success());
  if (is_control(c)) return refuse(CsvFault::ControlCharacter);
  if (c == '"') {
    if (state_ == State::Plain) return refuse(CsvFault::StrayQuote);
    const bool doubled = state_ == State::QuoteInQuoted;
    state_ = State::Quoted;
    return doubled ? add(c) : Result<void>(success());
  }
  if (state_ == State::QuoteInQuoted) return refuse(CsvFault::StrayQuote);
  state_ = State::Plain;
  return add(c);
}

// The common case in one step: a run of ordinary bytes inside a field. Returns how many were taken.
std::size_t CsvReader::take_run(std::string_view rest) {
  if (state_ != State::FieldStart && state_ != State::Plain && state_ != State::Quoted) return 0;
  const bool quoted = state_ == State::Quoted;
  const std::size_t field_room = limits::kMaxFieldBytes - (row_.size() - field_start_);
  const std::size_t line_room = limits::kMaxImportLine - raw_size_;
  const std::size_t most = std::min({rest.size(), field_room, line_room});
  std::size_t run = 0;
  while (run < most && (quoted ? is_quotable(rest[run]) : is_plain(rest[run]))) ++run;
  if (run == 0) return 0;
  row_.append(rest.substr(0, run));
  raw_size_ += run;
  if (!quoted) state_ = State::Plain;
  return run;
}

Result<void> CsvReader::take_bom(ByteView& bytes, bool at_end) {
  while (!bom_done_ && !bytes.empty()) {
    const char c = static_cast<char>(bytes.front());
    if (c != kBom[bom_seen_.size()]) break;
    bom_seen_.push_back(c);
    bytes = bytes.subspan(1);
    if (bom_seen_.size() == kBom.size()) had_bom_ = bom_done_ = true;
  }
  if (bom_done_ || (bytes.empty() && !at_end)) return success();
  bom_done_ = true;
  row_ = std::exchange(bom_seen_, {});  // the start of a BOM that was none: ordinary bytes of the first field
  if (!row_.empty()) state_ = State::Plain;
  return success();
}

Result<void> CsvReader::fed(Result<void> result) {
  if (!result) stopped_ = true;
  return result;
}

Result<void> CsvReader::feed(ByteView bytes, const CsvSink& sink) {
  if (stopped_) return Error{ErrorCode::Conflict, "go on with a refused CSV file"};
  TRY(take_bom(bytes, false));
  for (auto rest = text_of(bytes); !rest.empty();) {
    const auto run = take_run(rest);
    if (run == 0) {
      TRY(fed(take(rest.front(), sink)));
    }
    rest.remove_prefix(run == 0 ? 1 : run);
  }
  return success();
}

Result<void> CsvReader::finish(const CsvSink& sink) {
  if (stopped_) return Error{ErrorCode::Conflict, "go on with a refused CSV file"};
  ByteView nothing;
  TRY(take_bom(nothing, true));
  if (state_ == State::Quoted || state_ == State::AfterCr) return refuse(CsvFault::CutOff);
  const bool partial = state_ != State::FieldStart || !ends_.empty();
  if (partial) {
    end_field();
    if (columns_ != 0 && ends_.size() < columns_) return refuse(CsvFault::CutOff, true);
    const auto last = fed(end_row(sink));
    if (!last && error_ && error_->fault == CsvFault::InvalidUtf8 && error_->column == columns_)
      error_->fault = CsvFault::CutOff;
    if (!last) return last.error();
  }
  stopped_ = true;
  if (row_number_ == 1) return refuse(CsvFault::NoRows, true);
  return success();
}

}  // namespace shosoin::files
