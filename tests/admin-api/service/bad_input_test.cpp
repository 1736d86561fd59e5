// Bad input through the real service, one file a case: each is refused with a message in both languages that names row,
// column and item as far as there are any, nothing of it is stored, and no individual number of it stands in an answer
// or a log line (issue 3, must show 3; measures D-09, U-03, U-09, S-12).
#include <functional>

#include "firmware/base/limits.h"
#include "storage/files/encoder.h"
#include "tests/admin-api/service/tables_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using generations::TableId;

constexpr std::uint64_t kSeed = 20261122, kPeople = 3;

void replace(std::string& text, std::string_view from, std::string_view to, std::size_t nth = 0) {
  auto at = text.find(from);
  for (; nth > 0 && at != text.npos; --nth) at = text.find(from, at + 1);
  ENSURE(at != text.npos);
  text.replace(at, from.size(), to);
}
// The number-th line, from 0: the header.
std::pair<std::size_t, std::size_t> line_at(const std::string& text, std::size_t number) {
  std::size_t begin = 0;
  for (; number > 0; --number) begin = text.find("\r\n", begin) + 2;
  return {begin, text.find("\r\n", begin) + 2};
}
std::string line_of(const std::string& text, std::size_t number) {
  const auto [begin, end] = line_at(text, number);
  return text.substr(begin, end - begin);
}
void put_line(std::string& text, std::size_t number, const std::string& line) {
  const auto [begin, end] = line_at(text, number);
  text.replace(begin, end - begin, line);
}
// Another value in the index-th column of a line; no value of these files holds a quote or a comma.
void put(std::string& text, std::size_t line, std::size_t index, std::string_view value) {
  auto row = line_of(text, line);
  std::size_t begin = 1;
  for (; index > 0; --index) begin = row.find("\",\"", begin) + 3;
  row.replace(begin, row.find('"', begin) - begin, value);
  put_line(text, line, row);
}
std::string cell(const std::string& text, std::size_t line, std::size_t index) {
  const auto row = line_of(text, line);
  std::size_t begin = 1;
  for (; index > 0; --index) begin = row.find("\",\"", begin) + 3;
  return row.substr(begin, row.find('"', begin) - begin);
}

struct Case {
  const char* what;
  std::function<void(std::string&)> spoil;
  std::string_view rule;
  std::int64_t row, column;
  std::string_view encoding = "UTF-8";
};
constexpr std::size_t kName = 1, kBirth = 5, kCode = 7, kNumber = 12, kRecordCode = 0;

std::string cp932(const std::string& text) {
  std::string out;
  ENSURE(files::encode_text(files::Encoding::Cp932, text, out));
  return out;
}
// Forty characters of 葛 with a selector each make 80 code points; the item takes 100 characters.
std::string sequences(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "葛\U000E0102";
  return out;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"declared UTF-8, written in CP932", [](std::string& t) { t = cp932(t); }, "csv.invalid-utf8", 1, 1},
      {"declared CP932, written in UTF-8", [](std::string&) {}, "csv.invalid-bytes", 1, 1, "CP932"},
      {"declared EUC-JP-MS, written in CP932", [](std::string& t) { t = cp932(t); }, "csv.invalid-bytes", 1, 1,
       "EUC-JP-MS"},
      {"a byte that is no UTF-8", [](std::string& t) { put(t, 2, kName, "\xC0\xAF"); }, "csv.invalid-utf8", 3, 2},
      {"a NUL", [](std::string& t) { put(t, 2, kName, std::string("試\0験", 7)); }, "csv.control-character", 3, 2},
      {"a quote that is not closed", [](std::string& t) { replace(t, "\"TESTDATA\"", "\"TESTDATA", 1); },
       "csv.stray-quote", 3, 27},
      {"a last quote that is not closed", [](std::string& t) { replace(t, "\"\r\n", "\r\n", 2); },
       "csv.unterminated-quote", 3, 36},
      {"no header", [](std::string& t) { put_line(t, 0, ""); }, "header.absent", 1, 0},
      {"a header without an item", [](std::string& t) { replace(t, "\"続柄\",", ""); }, "header.missing", 1, 0},
      {"a header with one more item", [](std::string& t) { replace(t, "\"続柄\",", "\"続柄\",\"血液型\","); },
       "header.extra", 1, 21},
      {"a header that names an item twice", [](std::string& t) { replace(t, "\"続柄\",", "\"住所\","); },
       "header.doubled", 1, 20},
      {"a header in another order",
       [](std::string& t) { replace(t, "\"続柄\",\"異動事由\"", "\"異動事由\",\"続柄\""); }, "header.reordered", 1, 20},
      {"a row with a column too few", [](std::string& t) { replace(t, "\"TESTDATA\",", "", 1); },
       "csv.wrong-column-count", 3, 0},
      {"a row with a column too many", [](std::string& t) { replace(t, "\"TESTDATA\",", "\"TESTDATA\",\"\",", 1); },
       "csv.wrong-column-count", 3, 0},
      {"the code of another local government", [](std::string& t) { put(t, 3, kCode, "042021"); }, "tenant.foreign", 4,
       8},
      {"a code of five digits", [](std::string& t) { put(t, 1, kCode, "13210"); }, "number.wrong-length", 2, 8},
      {"a check digit that does not fit",
       [](std::string& t) {
         auto number = cell(t, 2, kNumber);
         number.back() = number.back() == '9' ? '8' : static_cast<char>(number.back() + 1);
         put(t, 2, kNumber, number);
       },
       "number.wrong-check-digit", 3, 13},
      {"a number of zeros", [](std::string& t) { put(t, 2, kNumber, "000000000000"); }, "number.placeholder", 3, 13},
      {"昭和64-01-08", [](std::string& t) { put(t, 1, kBirth, "昭和64-01-08"); }, "date.after-era", 2, 6},
      {"2023-02-30", [](std::string& t) { put(t, 1, kBirth, "2023-02-30"); }, "date.no-such-day", 2, 6},
      {"one sequence too many", [](std::string& t) { put(t, 1, kName, sequences(101)); }, "value.too-long", 2, 2},
      {"cut in the middle of a row", [](std::string& t) { t.resize(line_at(t, 2).first + 40); }, "csv.cut-off", 3, 4},
      {"cut inside a character", [](std::string& t) { t.resize(t.find("東京都", line_at(t, 3).first) + 4); },
       "csv.cut-off", 4, 11},
      {"a number that an earlier row has", [](std::string& t) { put(t, 3, kNumber, cell(t, 1, kNumber)); },
       "row.duplicate", 4, 13},
      {"a code that an earlier row has", [](std::string& t) { put(t, 3, kRecordCode, cell(t, 1, kRecordCode)); },
       "row.duplicate", 4, 1},
      {"nothing", [](std::string& t) { t.clear(); }, "csv.no-rows", 1, 0},
      {"a header and nothing else", [](std::string& t) { t.resize(line_at(t, 1).first); }, "csv.no-rows", 0, 0},
  };
  return all;
}

class BadInput : public TablesWorld {
 protected:
  const Csv shape = csv_of(ServiceWorld::kFile, "main", {{}});
  const std::string good = world.csv(tenant, kPeople, kSeed);
  Fields session;

  std::size_t stored(TableId table) {
    auto* store = world.parts().tenants.open(world.tenant(tenant)).value();
    std::size_t count = 0;
    EXPECT_TRUE(store->scan(table, {}, [&](const auto&) { return ++count > 0; }));
    return count;
  }
  // Records, what finds them, whom they are linked to; imports are told apart: a refused one leaves its report.
  std::vector<std::size_t> everything() {
    return {stored(TableId::Records), stored(TableId::SearchKeys), stored(TableId::SubjectLinks),
            stored(TableId::Addressees), stored(TableId::Quarantine)};
  }
  // Boxed rows of all environments: what a refused file wrote ahead is gone again.
  std::int64_t boxed_rows() {
    const auto report = json::parse(world.appliance().check_storage().value());
    return report.at("rows").to_number<std::int64_t>();
  }
  std::vector<std::string> numbers() {
    std::vector<std::string> out;
    for (std::size_t line = 1; line <= kPeople; ++line) out.push_back(cell(good, line, kNumber));
    return out;
  }
  Told import_bytes(std::string_view bytes, std::string_view encoding) {
    if (session.empty()) session = at("sato", world.t1);  // one login: a password check takes longer than all the rest
    auto fields = session;
    fields[FieldId::File] = std::string(ServiceWorld::kFile);
    fields[FieldId::Encoding] = std::string(encoding);
    const auto opened = world.ask(Kind::ImportOpen, fields);
    EXPECT_FALSE(opened.refused) << opened.text;
    const auto id = opened.member("importId");
    constexpr std::size_t kPiece = 777;
    for (std::size_t from = 0; from < bytes.size(); from += kPiece) {
      EXPECT_FALSE(send("sato", id, bytes.substr(from, kPiece), from).refused);
    }
    return close("sato", id);
  }
  void expect_nothing_found() {
    for (std::size_t line = 1; line <= kPeople; ++line) {
      const auto told = ask("sato", ServiceWorld::kFile, "residentRecordCode", cell(good, line, kRecordCode));
      EXPECT_EQ(told.refused, ErrorCode::NotFound);
    }
  }
};

TEST_F(BadInput, IsRefusedWithPlaceAndRuleInBothLanguagesAndNothingIsStored) {
  const auto before = everything();
  const auto rows = boxed_rows();
  ASSERT_EQ(numbers().size(), kPeople);
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.what);
    auto text = good.substr(3);  // without the byte order mark, so that columns count as they stand
    one.spoil(text);
    ASSERT_NE(text, one.encoding == "UTF-8" ? good.substr(3) : std::string());
    const auto told = import_bytes(text, one.encoding);
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
    EXPECT_EQ(told.member("state"), "refused");
    const auto& findings = told.body.at("findings").as_array();
    ASSERT_FALSE(findings.empty()) << told.text;
    const auto found = std::find_if(findings.begin(), findings.end(), [&](const json::value& finding) {
      return finding.at("rule").as_string() == one.rule;
    });
    ASSERT_NE(found, findings.end()) << told.text;
    EXPECT_EQ(found->at("row").to_number<std::int64_t>(), one.row) << told.text;
    EXPECT_EQ(found->at("column").to_number<std::int64_t>(), one.column) << told.text;
    EXPECT_GT(found->at("ja").as_string().size(), 20u);
    EXPECT_GT(found->at("en").as_string().size(), 10u);
    EXPECT_EQ(told.member("recordFile"), ServiceWorld::kFile);
    EXPECT_EQ(everything(), before);
    for (const auto& number : numbers()) EXPECT_EQ(told.text.find(number), std::string::npos);
  }
  expect_nothing_found();
  EXPECT_EQ(boxed_rows(), rows);
}

TEST_F(BadInput, LeavesNoNumberInTheLog) {
  for (const auto& line : world.log_of(tenant)) {
    for (const auto& number : numbers()) EXPECT_EQ(line.find(number), std::string::npos);
  }
  EXPECT_GT(world.log_of(tenant).size(), 2 * cases().size());
}

TEST_F(BadInput, ALineWithoutAnEndIsRefusedEarlyInBoundedMemory) {
  const auto before = everything();
  const auto opened = open("sato", shape);
  const auto id = opened.member("importId");
  const std::string piece(limits::kImportChunk, 'x');
  std::size_t at = 0;
  bool told_to_stop = false;
  for (; at < 4 * limits::kMaxImportLine && !told_to_stop; at += piece.size()) {
    const auto told = send("sato", id, piece, at);
    ASSERT_FALSE(told.refused);
    const auto* stop = told.body.if_contains("broken");
    told_to_stop = stop != nullptr && stop->as_bool();
  }
  EXPECT_TRUE(told_to_stop);
  EXPECT_LE(at, 2 * limits::kMaxImportLine);
  const auto told = close("sato", id);
  EXPECT_EQ(told.refused, ErrorCode::InvalidContent);
  const auto rule = told.body.at("findings").at(0).at("rule").as_string();
  EXPECT_TRUE(rule == "csv.field-too-long" || rule == "csv.line-too-long") << told.text;
  EXPECT_EQ(everything(), before);
}

TEST_F(BadInput, ASecondImportOfTheTableAtOnceIsAConflictThatNamesTheFirst) {
  const auto before = everything();
  const auto first = open("sato", shape);
  ASSERT_FALSE(first.refused);
  const auto second = open("sato", shape);
  EXPECT_EQ(second.refused, ErrorCode::Conflict);
  EXPECT_EQ(second.member("importId"), first.member("importId"));
  EXPECT_TRUE(close("sato", first.member("importId")).refused);  // without a row
  EXPECT_EQ(everything(), before);
}

TEST_F(BadInput, TheSameFileWithoutItsFaultIsTaken) {
  const auto told = import_bytes(good, "UTF-8");
  ASSERT_FALSE(told.refused) << told.text;
  ASSERT_FALSE(decide(told.member("importId")).refused);
  for (std::size_t line = 1; line <= kPeople; ++line) {
    EXPECT_FALSE(ask("sato", ServiceWorld::kFile, "residentRecordCode", cell(good, line, kRecordCode)).refused);
  }
}

}  // namespace
}  // namespace shosoin::test
