// Record format 2, and the numbers held beside a record.
#include "storage/files/tables.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_files.h"
#include "storage/files/numbers.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

const DefinitionSet& shipped() {
  static const auto set = DefinitionSet::embedded().value();
  return set;
}
const Definition& juki() { return *shipped().find("jumin-kihon-daicho"); }
IndividualNumber number(std::string_view digits) { return IndividualNumber::parse(digits).value(); }

StoredTables empty_record(const Definition& definition) {
  StoredTables record{definition.key(), definition.version(), "000000000000012", {}};
  for (std::size_t g = 0; g < definition.groups().size(); ++g)
    record.tables.push_back({.width = definition.items_of(g).size(), .rows = {}});
  return record;
}
void add_row(StoredTables& record, std::size_t table, const std::map<std::size_t, std::string>& values) {
  auto& row = record.tables[table].rows.emplace_back(record.tables[table].width);
  for (const auto& [item, value] : values) row[item] = value;
}
StoredTables sample() {
  auto record = empty_record(juki());
  add_row(record, 0, {{11, "000000000000012"}, {20, "葛\U000E0102城　花子"}});
  add_row(record, 1, {{2, "000000000000012"}});
  add_row(record, 1, {{2, "000000000000012"}, {22, "旧姓"}});
  return record;
}
std::vector<HeldNumber> sample_numbers() {
  return {{0, 0, 80, number("123456789018")}, {1, 0, 1, number("123456789018")}, {1, 1, 36, number("023456789013")}};
}

TEST(Tables, EncodeToTheBytesOfTheirFormatPage) {
  const auto vectors = json::parse(read_source_file("tests/vectors/tables.json")).as_object();
  std::size_t visited = 0;
  for (const auto& entry : vectors.at("records").as_array()) {
    const auto* definition = shipped().find(word(entry.at("definition")));
    ASSERT_NE(definition, nullptr);
    auto record = empty_record(*definition);
    record.addressee_number = word(entry.at("addresseeNumber"));
    for (const auto& row : entry.at("rows").as_array()) {
      std::map<std::size_t, std::string> values;
      for (const auto& [item, value] : row.at("values").as_object())
        values[std::stoul(std::string(item))] = word(value);
      add_row(record, static_cast<std::size_t>(row.at("table").as_int64()), values);
    }
    EXPECT_EQ(to_hex(encode_tables(*definition, record).value()), word(entry.at("hex")));
    EXPECT_EQ(decode_tables(from_hex(word(entry.at("hex"))).value()).value(), record);
    ++visited;
  }
  EXPECT_EQ(visited, 2u);
}
TEST(Tables, FormatOneReadsAsOneTableOfOneRow) {
  const auto vectors = json::parse(read_source_file("tests/vectors/record.json")).as_object();
  for (const auto& entry : vectors.at("records").as_array()) {
    const auto bytes = from_hex(word(entry.at("hex"))).value();
    const auto record = decode_tables(bytes).value();
    ASSERT_EQ(record.tables.size(), 1u);
    ASSERT_EQ(record.tables[0].rows.size(), 1u);
    EXPECT_EQ(record.tables[0].rows[0], decode_record(bytes).value().values);
    EXPECT_EQ(definition_of(record, shipped()).value()->key(), "honnin-kakunin-joho");
  }
}
TEST(Tables, RefuseEveryCutAndEveryByteTooMany) {
  auto bytes = encode_tables(juki(), sample()).value();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto read = decode_tables(ByteView(bytes).first(cut));
    ASSERT_FALSE(read) << cut;
    EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_tables(bytes));
}
TEST(Tables, RefuseAnotherFormatInvalidTextAndCountsBeyondTheirBounds) {
  const auto made = [](std::uint16_t format, std::uint16_t tables, std::uint16_t width, std::uint16_t rows,
                       std::string_view value) {
    return Writer{}.u16(format).text16("a").u16(1).text16("").u16(tables).u16(width).u16(rows).text16(value).take();
  };
  EXPECT_TRUE(decode_tables(made(2, 1, 1, 1, "x")));
  EXPECT_FALSE(decode_tables(made(3, 1, 1, 1, "x")));
  EXPECT_FALSE(decode_tables(made(2, 0, 1, 1, "x")));
  EXPECT_FALSE(decode_tables(made(2, 33, 1, 1, "x")));
  EXPECT_FALSE(decode_tables(made(2, 1, 0, 1, "x")));
  EXPECT_FALSE(decode_tables(made(2, 1, 513, 1, "x")));
  EXPECT_FALSE(decode_tables(made(2, 1, 1, 4097, "x")));
  EXPECT_FALSE(decode_tables(made(2, 1, 1, 1, "\xFF")));
}
TEST(Tables, RefuseToGrowBeyondTheirLimits) {
  auto record = sample();
  record.tables[0].rows[0][20] = std::string(limits::kMaxFieldBytes + 1, 'x');
  EXPECT_EQ(encode_tables(juki(), record).error().code(), ErrorCode::TooLarge);
  record = sample();
  for (int i = 0; i < 9; ++i) add_row(record, 1, {{3, std::string(limits::kMaxFieldBytes, 'x')}});
  EXPECT_EQ(encode_tables(juki(), record).error().code(), ErrorCode::TooLarge);
  record = sample();
  record.tables[2].rows.assign(limits::kMaxGroupRows + 1, std::vector<std::string>(record.tables[2].width));
  EXPECT_EQ(encode_tables(juki(), record).error().code(), ErrorCode::TooLarge);
  record = sample();
  record.addressee_number = std::string(65, '1');
  EXPECT_EQ(encode_tables(juki(), record).error().code(), ErrorCode::TooLarge);
}
TEST(Tables, AStoredRecordMustMatchADefinitionThatIsKnown) {
  EXPECT_EQ(definition_of(sample(), shipped()).value()->key(), juki().key());
  const auto refused = [](auto&& change) {
    auto record = sample();
    change(record);
    return !definition_of(record, shipped());
  };
  EXPECT_TRUE(refused([](auto& r) { r.definition_version = 2; }));
  EXPECT_TRUE(refused([](auto& r) { r.definition_key = "none"; }));
  EXPECT_TRUE(refused([](auto& r) { r.tables.pop_back(); }));
  EXPECT_TRUE(refused([](auto& r) { r.tables[0].width = 80; }));
  EXPECT_TRUE(refused([](auto& r) { r.tables[0].rows.push_back(r.tables[0].rows[0]); }));  // one row per person
  EXPECT_TRUE(refused([](auto& r) { r.tables[0].rows[0].pop_back(); }));
  EXPECT_TRUE(refused([](auto& r) { r.tables[0].rows[0][80] = "1"; }));  // 個人番号
  EXPECT_TRUE(refused([](auto& r) { r.tables[1].rows[1][36] = "1"; }));  // 変更前個人番号
}
TEST(TablesDeathTest, AnIndividualNumberAmongTheValuesIsADefectAndEndsTheProcess) {
  auto record = sample();
  record.tables[1].rows[0][37] = "123456789018";  // 変更後個人番号
  EXPECT_DEATH({ auto bytes = encode_tables(juki(), record); }, "");
}
RC_GTEST_PROP(TablesProperty, WhatIsEncodedDecodesToTheSame, ()) {
  auto record = empty_record(juki());
  for (std::size_t g = 0; g < record.tables.size(); ++g) {
    const auto rows = juki().groups()[g].rows == GroupRows::One ? *rc::gen::inRange(0, 2) : *rc::gen::inRange(0, 4);
    for (int r = 0; r < rows; ++r) add_row(record, g, {{0, *rc::gen::string<std::string>()}});
    for (auto& row : record.tables[g].rows) {
      if (!std::all_of(row[0].begin(), row[0].end(), [](char c) { return c >= 0; })) row[0] = "葛\U000E0102";
    }
  }
  RC_ASSERT(decode_tables(encode_tables(juki(), record).value()).value() == record);
}
RC_GTEST_PROP(TablesProperty, WhateverMatchesEncodesToTheSameBytes, (const std::vector<std::uint8_t>& noise)) {
  auto bytes = encode_tables(juki(), sample()).value();
  for (std::size_t i = 0; i + 1 < noise.size(); i += 2) bytes[noise[i] % bytes.size()] = noise[i + 1];
  const auto record = decode_tables(bytes);
  if (!record || !matches(record.value(), juki())) return;
  RC_ASSERT(encode_tables(juki(), record.value()).value() == bytes);
}

TEST(Numbers, EncodeToTheBytesOfTheirFormatPageAndBack) {
  const auto vectors = json::parse(read_source_file("tests/vectors/tables.json")).as_object();
  const auto bytes = from_hex(word(vectors.at("numbers").at("hex"))).value();
  EXPECT_EQ(to_hex(encode_numbers(sample_numbers()).value()), to_hex(bytes));
  const auto decoded = decode_numbers(bytes).value();
  EXPECT_TRUE(decoded.placed);
  EXPECT_EQ(numbers_of(decoded, juki(), sample()).value(), sample_numbers());
}
TEST(Numbers, TheTwelveDigitsOfFormatOneFindTheirPlace) {
  auto decoded = decode_numbers(view_of("123456789018")).value();
  EXPECT_FALSE(decoded.placed);
  StoredTables record{honnin().key(), 1, "12", {}};
  record.tables.push_back({.width = 36, .rows = {std::vector<std::string>(36)}});
  const auto placed = numbers_of(decoded, honnin(), record).value();
  ASSERT_EQ(placed.size(), 1u);
  EXPECT_EQ(placed[0].item, 12u);
  EXPECT_FALSE(numbers_of(decoded, juki(), sample()));  // whose of four it would be is not said
}
TEST(Numbers, RefuseWhatIsDamagedUnorderedOrWrong) {
  auto bytes = encode_numbers(sample_numbers()).value();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(decode_numbers(ByteView(bytes).first(cut))) << cut;
  auto broken = bytes;
  broken.back() = '0';  // its check digit
  EXPECT_FALSE(decode_numbers(broken));
  broken = bytes;
  broken[1] = 3;
  EXPECT_FALSE(decode_numbers(broken));
  broken = bytes;
  broken.push_back(0);
  EXPECT_FALSE(decode_numbers(broken));
  broken = bytes;
  std::swap_ranges(broken.begin() + 4, broken.begin() + 22, broken.begin() + 22);
  EXPECT_FALSE(decode_numbers(broken));
  EXPECT_FALSE(decode_numbers(view_of("123456789012")));
  EXPECT_FALSE(decode_numbers(Bytes{0, 2, 0, 0}));
}
TEST(Numbers, EveryNumberStandsWhereTheDefinitionAndTheRecordHaveAPlace) {
  const auto misplaced = [](HeldNumber held) {
    return !numbers_of({.placed = true, .numbers = {held}}, juki(), sample());
  };
  EXPECT_FALSE(misplaced({0, 0, 80, number("123456789018")}));
  EXPECT_TRUE(misplaced({0, 1, 80, number("123456789018")}));
  EXPECT_TRUE(misplaced({0, 0, 79, number("123456789018")}));
  EXPECT_TRUE(misplaced({0, 0, 999, number("123456789018")}));
  EXPECT_TRUE(misplaced({1, 2, 1, number("123456789018")}));
  EXPECT_TRUE(misplaced({4, 0, 0, number("123456789018")}));
}
TEST(Numbers, RefuseToGrowBeyondTheirLimit) {
  std::vector<HeldNumber> many;
  for (std::uint16_t i = 0; i <= limits::kMaxHeldNumbers; ++i) many.push_back({1, i, 1, number("123456789018")});
  EXPECT_EQ(encode_numbers(many).error().code(), ErrorCode::TooLarge);
  many.pop_back();
  EXPECT_EQ(decode_numbers(encode_numbers(many).value()).value().numbers.size(), limits::kMaxHeldNumbers);
}

}  // namespace
}  // namespace shosoin::files
