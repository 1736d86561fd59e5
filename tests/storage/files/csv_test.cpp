#include "storage/files/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "firmware/base/limits.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

using Rows = std::vector<std::vector<std::string>>;
struct Reading {
  Rows rows;
  std::optional<CsvError> error;
  bool bom = false, crlf = false, lf = false;
};
Reading read(std::string_view text, std::size_t chunk = 1 << 20) {
  Reading out;
  CsvReader reader;
  const auto sink = [&](const CsvRow& row) -> Result<void> {
    out.rows.emplace_back(row.fields.begin(), row.fields.end());
    EXPECT_EQ(row.number, out.rows.size());
    return success();
  };
  auto rest = view_of(text);
  bool whole = true;
  while (!rest.empty() && whole) {
    const auto part = rest.first(std::min(chunk, rest.size()));
    whole = reader.feed(part, sink).has_value();
    rest = rest.subspan(part.size());
  }
  if (whole) whole = reader.finish(sink).has_value();
  EXPECT_NE(whole, reader.error().has_value());
  out.error = reader.error();
  out.bom = reader.had_bom();
  out.crlf = reader.had_crlf();
  out.lf = reader.had_lf();
  return out;
}
// fault, row, column
void refuses(std::string_view text, CsvFault fault, std::uint64_t row, std::uint32_t column) {
  for (std::size_t chunk : {std::size_t{1}, std::size_t{3}, std::size_t{1} << 20}) {
    const auto reading = read(text, chunk);
    ASSERT_TRUE(reading.error);
    EXPECT_EQ(static_cast<int>(reading.error->fault), static_cast<int>(fault));
    EXPECT_EQ(reading.error->row, row);
    EXPECT_EQ(reading.error->column, column);
  }
}

TEST(Csv, ReadsWhatRfc4180Describes) {
  const Rows expected{{"a", "b"}, {"1", "x,y"}, {"", "say \"hi\""}};
  for (auto text : {"a,b\r\n1,\"x,y\"\r\n,\"say \"\"hi\"\"\"\r\n", "a,b\n1,\"x,y\"\n,\"say \"\"hi\"\"\"",
                    "\"a\",\"b\"\r\n\"1\",\"x,y\"\r\n\"\",\"say \"\"hi\"\"\"\r\n"}) {
    for (std::size_t chunk : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}}) {
      const auto reading = read(text, chunk);
      EXPECT_FALSE(reading.error);
      EXPECT_EQ(reading.rows, expected);
    }
  }
}
TEST(Csv, TakesABomAndEitherLineBreakAndSaysSo) {
  const auto with = read(
      "\xEF\xBB\xBF"
      "a\r\nb\n",
      1);
  EXPECT_TRUE(with.bom && with.crlf && with.lf);
  EXPECT_EQ(with.rows, (Rows{{"a"}, {"b"}}));
  const auto without = read("あ\n");
  EXPECT_FALSE(without.bom || without.crlf);
  EXPECT_EQ(without.rows, (Rows{{"あ"}}));
  EXPECT_EQ(read("\xEF\xBB\xBF\"a\"\n").rows, (Rows{{"a"}}));
  EXPECT_EQ(read("\xEF\xBC\xA1\n", 1).rows, (Rows{{"Ａ"}}));  // shares two bytes with a BOM's beginning
}
TEST(Csv, RefusesInvalidUtf8WithItsColumn) {
  refuses("a,b\nx,\xFF\n", CsvFault::InvalidUtf8, 2, 2);
  refuses("a,b\n\xE3\x81,y\n", CsvFault::InvalidUtf8, 2, 1);
  refuses("a,b\n\x83\x41,y\n", CsvFault::InvalidUtf8, 2, 1);  // CP932
  refuses("\xEF\xBBz,b\nx,y\n", CsvFault::InvalidUtf8, 1, 1);
}
TEST(Csv, RefusesControlCharacters) {
  refuses(std::string("a,b\nx,\0\n", 8), CsvFault::ControlCharacter, 2, 2);
  refuses("a,b\nx\t,y\n", CsvFault::ControlCharacter, 2, 1);
  refuses("a,b\n\"x\x1F\",y\n", CsvFault::ControlCharacter, 2, 1);
  refuses("a,b\nx\x7F,y\n", CsvFault::ControlCharacter, 2, 1);
  refuses("a,b\rx,y\r", CsvFault::ControlCharacter, 1, 2);
}
TEST(Csv, RefusesQuotesOutOfPlace) {
  refuses("a,b\n\"x,y\nz,w\n", CsvFault::UnterminatedQuote, 2, 1);
  refuses("a,b\nx\"y,z\n", CsvFault::StrayQuote, 2, 1);
  refuses("a,b\nx,\"y\"z\n", CsvFault::StrayQuote, 2, 2);
}
TEST(Csv, RefusesAnotherNumberOfColumns) {
  refuses("a,b\nx\n", CsvFault::WrongColumnCount, 2, 0);
  refuses("a,b\nx,y,z\n", CsvFault::WrongColumnCount, 2, 0);
  refuses("a,b\nx,y\n\n", CsvFault::WrongColumnCount, 3, 0);
}
TEST(Csv, NoticesAFileThatWasCutInTheMiddle) {
  refuses("a,b\nx,y\nz", CsvFault::CutOff, 3, 0);
  refuses("a,b\nx,\"y", CsvFault::CutOff, 2, 2);
  refuses("a,b\nx,\xE3\x81", CsvFault::CutOff, 2, 2);
  refuses("a,b\nx,y\r", CsvFault::CutOff, 2, 2);
  EXPECT_FALSE(read("a,b\nx,y").error);  // a missing last line break alone is allowed by RFC 4180
}
TEST(Csv, RefusesAnEmptyFile) {
  refuses("", CsvFault::NoRows, 1, 0);
  refuses("\xEF\xBB\xBF", CsvFault::NoRows, 1, 0);
}
TEST(Csv, ALineOfGigabytesIsRefusedWithinItsLimit) {
  CsvReader reader;
  const auto sink = [](const CsvRow&) -> Result<void> { return success(); };
  const std::string piece = std::string(1000, 'x') + ",";
  std::size_t fed = 0;
  while (reader.feed(view_of(piece), sink)) fed += piece.size();
  EXPECT_LE(fed, limits::kMaxImportLine);
  EXPECT_EQ(reader.error()->fault, CsvFault::LineTooLong);
  EXPECT_EQ(reader.error()->row, 1u);
  EXPECT_FALSE(reader.feed(view_of("a\n"), sink));

  CsvReader field;
  const std::string more(1000, 'x');
  for (fed = 0; field.feed(view_of(more), sink);) fed += more.size();
  EXPECT_LE(fed, limits::kMaxFieldBytes);
  EXPECT_EQ(field.error()->fault, CsvFault::FieldTooLong);
}
TEST(Csv, HandsTheErrorOfItsSinkUpAndStops) {
  CsvReader reader;
  const auto sink = [](const CsvRow&) -> Result<void> { return Error{ErrorCode::StorageFull, "store a row"}; };
  EXPECT_EQ(reader.feed(view_of("a\n"), sink).error().code(), ErrorCode::StorageFull);
  EXPECT_FALSE(reader.error());
  EXPECT_FALSE(reader.feed(view_of("b\n"), sink));
  EXPECT_FALSE(reader.finish(sink));
}

rc::Gen<std::string> any_field() {
  return rc::gen::container<std::string>(rc::gen::element('a', '"', ',', ' ', '1', 'Z', '\''));
}
RC_GTEST_PROP(CsvProperty, WhatIsWrittenQuotedIsReadBackInChunksOfAnySize, ()) {
  const auto columns = *rc::gen::inRange<std::size_t>(1, 6), count = *rc::gen::inRange<std::size_t>(1, 8);
  const auto chunk = *rc::gen::inRange<std::size_t>(1, 40);
  const auto line_break = *rc::gen::element<std::string>("\n", "\r\n");
  Rows rows;
  std::string text;
  for (std::size_t r = 0; r < count; ++r) {
    rows.push_back(*rc::gen::container<std::vector<std::string>>(columns, any_field()));
    for (std::size_t c = 0; c < columns; ++c) text += (c == 0 ? "" : ",") + in_quotes(rows.back()[c]);
    text += line_break;
  }
  RC_ASSERT(read(text, chunk).rows == rows);
}
RC_GTEST_PROP(CsvProperty, TheAnswerNeverDependsOnHowTheBytesWereCut, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('a', '"', ',', '\n', '\r', '\0', '\xE3', '\x81', '\x82', '\xEF', '\xBB', '\xBF'));
  const auto whole = read(text), cut = read(text, *rc::gen::inRange<std::size_t>(1, 5));
  RC_ASSERT(whole.rows == cut.rows);
  RC_ASSERT(whole.error.has_value() == cut.error.has_value());
  if (whole.error) {
    RC_ASSERT(whole.error->fault == cut.error->fault);
    RC_ASSERT(whole.error->row == cut.error->row);
    RC_ASSERT(whole.error->column == cut.error->column);
  }
}

}  // namespace
}  // namespace shosoin::files
