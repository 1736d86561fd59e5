// Records of one row, the numbers beside them, the bytes of doubtful values, identifications, and the 変換記録.
#include "storage/files/stored_row.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "firmware/base/limits_intake.h"
#include "storage/files/conversion_record.h"
#include "storage/files/identification.h"
#include "storage/files/source_values.h"
#include "storage/files/utf8.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

const DefinitionSet& shipped() {
  static const auto set = DefinitionSet::embedded().value();
  return set;
}
IndividualNumber number(std::string_view digits) { return IndividualNumber::parse(digits).value(); }

std::vector<std::string> values_for(const Definition& definition, std::size_t group) {
  std::vector<std::string> values;
  for (const auto& item : definition.items_of(group))
    values.push_back(is_individual_number(item.role) ? "" : item.key.substr(0, 3) + "葛\U000E0102");
  return values;
}

TEST(StoredRow, OfEveryTableReadsBackAndIsWhatItsFormatPageSays) {
  std::size_t tables = 0;
  for (const auto& definition : shipped().all()) {
    for (std::size_t g = 0; g < definition.groups().size(); ++g, ++tables) {
      const auto values = values_for(definition, g);
      const auto bytes = encode_row(definition, g, "000000000000012", values).value();
      const auto row = view_row(bytes).value();
      EXPECT_EQ(row.group, g);
      EXPECT_EQ(row.flat, definition.is_flat());
      EXPECT_EQ(std::vector<std::string>(row.values.begin(), row.values.end()), values);
      EXPECT_EQ(definition_of(row, shipped()).value(), &definition);
      const auto tables_read = decode_tables(bytes).value();  // the reader of whole records says the same
      EXPECT_EQ(tables_read.tables.at(g).rows, (std::vector<std::vector<std::string>>{values}));
    }
  }
  EXPECT_EQ(tables, 18u);
}

TEST(StoredRow, ReadsWhatTheOtherProgramWrote) {
  const auto vectors = boost::json::parse(read_source_file("tests/vectors/tables.json")).as_object();
  const auto bytes = from_hex(word(vectors.at("row").at("hex"))).value();
  const auto row = view_row(bytes).value();
  EXPECT_EQ(row.group, 5u);
  EXPECT_EQ(row.addressee_number, "12");
  EXPECT_EQ(row.values.at(8), "葛\U000E0102城　花子");
  const std::vector<std::string> values(row.values.begin(), row.values.end());
  EXPECT_EQ(encode_row(*shipped().find("jido-teate"), 5, "12", values).value(), bytes);
  const auto sources = from_hex(word(vectors.at("sources").at("hex"))).value();
  EXPECT_EQ(encode_sources(decode_sources(sources).value()).value(), sources);
}

TEST(StoredRow, ThatIsNotExactlyOneRowIsRefused) {
  const auto& juki = *shipped().find("jumin-kihon-daicho");
  StoredTables none{juki.key(), juki.version(), "12", {}};
  for (std::size_t g = 0; g < juki.groups().size(); ++g)
    none.tables.push_back({.width = juki.items_of(g).size(), .rows = {}});
  EXPECT_EQ(view_row(encode_tables(juki, none).value()).error().code(), ErrorCode::Integrity);
  auto two = none;
  for (const auto g : {0u, 1u}) two.tables[g].rows.emplace_back(two.tables[g].width);
  EXPECT_EQ(view_row(encode_tables(juki, two).value()).error().code(), ErrorCode::Integrity);
  auto many = none;
  for (int i = 0; i < 2; ++i) many.tables[1].rows.emplace_back(many.tables[1].width);
  EXPECT_EQ(view_row(encode_tables(juki, many).value()).error().code(), ErrorCode::Integrity);
  const auto whole = encode_row(juki, 1, "12", values_for(juki, 1)).value();
  auto narrower = none;  // an empty table of another width; found by the fuzz target
  narrower.tables[1].rows.push_back(values_for(juki, 1));
  auto bytes = encode_tables(juki, narrower).value();
  const auto at = 2 + 2 + juki.key().size() + 2 + 2 + 2 + 2;  // the width of the first table
  ASSERT_EQ(bytes[at] * 256 + bytes[at + 1], static_cast<int>(juki.items_of(0).size()));
  --bytes[at + 1];
  EXPECT_EQ(definition_of(view_row(bytes).value(), shipped()).error().code(), ErrorCode::Integrity);
  for (std::size_t size = 0; size < whole.size(); size += 7)
    EXPECT_FALSE(view_row(ByteView(whole).first(size))) << size;
}

TEST(StoredRow, NumbersStandAtTheirItemsAndNowhereElse) {
  const auto& juki = *shipped().find("jumin-kihon-daicho");
  RecordInput record;
  record.individual_number = number("123456789018");
  record.other_numbers = {{36, number("023456789013")}};
  const auto held = encode_row_numbers(juki, 1, record).value();
  const auto read = numbers_of_row(held, juki, 1).value();
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read.at(1).reveal(), "123456789018");
  EXPECT_EQ(read.at(36).reveal(), "023456789013");
  EXPECT_EQ(numbers_of_row(held, juki, 0).error().code(), ErrorCode::Integrity);  // of another table
  EXPECT_EQ(numbers_of_row(view_of("123456789018"), juki, 1).error().code(), ErrorCode::Integrity);
  record.other_numbers.clear();
  const auto flat = encode_row_numbers(honnin(), 0, record).value();
  EXPECT_EQ(text_of(flat), "123456789018");  // as every flat record has been since 0.1
  EXPECT_EQ(numbers_of_row(flat, honnin(), 0).value().size(), 1u);
  EXPECT_TRUE(encode_row_numbers(honnin(), 0, RecordInput{}).value().empty());
}

TEST(SourceValues, EncodeToTheBytesOfTheirFormatPageAndRefuseOthers) {
  const std::vector<SourceValue> some{{2, Bytes{0xF0, 0x40}}, {7, Bytes{}}};
  const auto bytes = encode_sources(some).value();
  EXPECT_EQ(to_hex(bytes), "00010002" "0002" "00000002f040" "0007" "00000000");
  EXPECT_EQ(decode_sources(bytes).value(), some);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_sources(ByteView(bytes).first(size)));
  for (const auto& [at, value] : {std::pair{1, 2}, {3, 0}, {5, 7}, {5, 8}}) {  // format, count, twice, descending
    auto other = bytes;
    other[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
    EXPECT_EQ(decode_sources(other).error().code(), ErrorCode::Integrity) << at;
  }
  EXPECT_EQ(encode_sources({{0, Bytes(limits::kMaxRowData)}}).error().code(), ErrorCode::TooLarge);
}

TEST(DoubtfulPlaces, AreTheWholeRunsWithTheBaseOfASelector) {
  const auto places = doubtful_places("甲\uE000\uE001乙葛\U000E01EF丙\uFFFD", {});
  ASSERT_EQ(places.size(), 3u);
  EXPECT_EQ(places[0].position, 2u);
  EXPECT_EQ(places[0].size, 6u);
  EXPECT_EQ(places[1].position, 5u);
  EXPECT_EQ(places[1].size, 3u + 4u);
  EXPECT_EQ(places[2].position, 8u);
  EXPECT_TRUE(doubtful_places("髙葛\U000E0102", {}).empty());
  EXPECT_EQ(doubtful_places("葛\U000E0102", {.standard_characters = false, .collection = IvsCollection::None}).size(),
            1u);
}

RC_GTEST_PROP(DoubtfulPlaces, AreThereExactlyWhereTheFirstFaultIs, (const std::vector<std::uint32_t>& drawn)) {
  std::string text;
  for (auto c : drawn) {
    const char32_t usual[] = {U'甲', 0xE000, 0xFFFD, 0xE01EF, 0xE0102, U'葛', 0xF0001, U'a'};
    append_utf8(text, usual[c % std::size(usual)]);
  }
  const auto report = check_characters(text, {});
  const auto places = doubtful_places(text, {});
  RC_ASSERT(report.fault.has_value() == !places.empty());
  for (const auto& place : places) RC_ASSERT(place.size > 0 && place.first + place.size <= text.size());
}

TEST(Identification, TellsWhatBecameOfEachPlace) {
  const auto told = hold_against("\uE000田　太\uE001", "𠮷田　太郎", {});
  ASSERT_TRUE(told);
  EXPECT_EQ(*told, (std::vector<IdentifiedPlace>{{1, {0xE000}, {0x20BB7}}, {5, {0xE001}, {U'郎'}}}));
  const auto sequence = hold_against("葛\U000E01EF城", "葛\U000E0102城", {});
  ASSERT_TRUE(sequence);
  EXPECT_EQ(*sequence, (std::vector<IdentifiedPlace>{{1, {U'葛', 0xE01EF}, {U'葛', 0xE0102}}}));
  EXPECT_TRUE(hold_against("\uE000甲\uE000", "甲甲甲", {}));  // the kept one in the middle
}

TEST(Identification, NothingElseMayDiffer) {
  for (const auto* value : {"𠮷田　大郎", "𠮷　太郎", "𠮷田　太", "田　太郎", "", "あ𠮷田　太郎い"}) {
    const bool longer = std::string_view(value) == "あ𠮷田　太郎い";  // each place may take a few code points
    EXPECT_EQ(hold_against("\uE000田　太\uE001", value, {}).has_value(), longer) << value;
  }
  EXPECT_FALSE(hold_against("\uE000", "あいうえお", {}));  // more than limits::kMaxIdentifiedPoints
  EXPECT_FALSE(hold_against("甲", "甲", {}));             // nothing is doubtful
}

TEST(ConversionRecord, ReadBackWhatWasWrittenAndRefuseEverythingElse) {
  const std::vector<Conversion> some{{2, 3, "convert.kana-widened", {{0xFF76, 0xFF9E, 0x30AC}}},
                                              {2, 9, "convert.digits-narrowed", {}}};
  const auto bytes = encode_conversions(some);
  EXPECT_EQ(to_hex(bytes),
            "0001" "00000002"
            "0000000000000002" "00000003" "0014" + to_hex(view_of("convert.kana-widened")) +
            "0001" "0000ff76" "0000ff9e" "000030ac"
            "0000000000000002" "00000009" "0017" + to_hex(view_of("convert.digits-narrowed")) + "0000");
  EXPECT_EQ(decode_conversions(bytes).value(), some);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_conversions(ByteView(bytes).first(size))) << size;
  auto other = bytes;
  other[1] = 2;
  EXPECT_EQ(decode_conversions(other).error().code(), ErrorCode::Integrity);
}

}  // namespace
}  // namespace shosoin::files
