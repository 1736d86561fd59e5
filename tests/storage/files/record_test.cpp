#include "storage/files/record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

StoredRecord sample() {
  StoredRecord record{
      .definition_key = honnin().key(), .definition_version = 1, .addressee_number = "000000000000012", .values = {}};
  record.values.resize(honnin().items().size());
  record.values[0] = "12345678903";
  record.values[1] = "葛\U000E0102城　花子";
  return record;
}

TEST(Record, EncodesToTheBytesOfItsFormatPage) {
  const auto vectors = boost::json::parse(read_source_file("tests/vectors/record.json")).as_object();
  std::size_t visited = 0;
  for (const auto& entry : vectors.at("records").as_array()) {
    const auto& row = entry.as_object();
    StoredRecord record = sample();
    record.addressee_number = word(row.at("addresseeNumber"));
    for (auto& value : record.values) value.clear();
    for (const auto& [key, value] : row.at("values").as_object())
      record.values[index_of_key(std::string(key))] = word(value);
    const auto bytes = from_hex(word(row.at("hex"))).value();
    EXPECT_EQ(to_hex(encode_record(honnin(), record).value()), to_hex(bytes));
    EXPECT_EQ(decode_record(bytes).value(), record);
    ++visited;
  }
  EXPECT_EQ(visited, 2u);
}
TEST(Record, RefusesEveryCutAndEveryByteTooMany) {
  auto bytes = encode_record(honnin(), sample()).value();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto read = decode_record(ByteView(bytes).first(cut));
    ASSERT_FALSE(read) << cut;
    EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_record(bytes));
}
TEST(Record, RefusesAnotherFormatInvalidTextAndTooManyItems) {
  auto bytes = encode_record(honnin(), sample()).value();
  bytes[1] = 2;
  EXPECT_FALSE(decode_record(bytes));
  const auto with_value = [](std::string_view value, std::uint16_t count) {
    return Writer{}.u16(1).text16("a").u16(1).text16("").u16(count).text16(value).take();
  };
  EXPECT_TRUE(decode_record(with_value("x", 1)));
  EXPECT_FALSE(decode_record(with_value("\xFF", 1)));
  EXPECT_FALSE(decode_record(with_value("x", 2)));
  EXPECT_FALSE(decode_record(with_value("x", 0xFFFF)));
}
TEST(Record, RefusesToGrowBeyondItsLimits) {
  auto record = sample();
  record.values[1] = std::string(limits::kMaxFieldBytes + 1, 'x');
  EXPECT_EQ(encode_record(honnin(), record).error().code(), ErrorCode::TooLarge);
  for (std::size_t i = 0; i < 11; ++i) record.values[i] = std::string(limits::kMaxFieldBytes, 'x');
  EXPECT_EQ(encode_record(honnin(), record).error().code(), ErrorCode::TooLarge);
  record = sample();
  record.addressee_number = std::string(65, '1');
  EXPECT_EQ(encode_record(honnin(), record).error().code(), ErrorCode::TooLarge);
}
TEST(Record, AStoredRecordMustMatchADefinitionThatIsKnown) {
  const auto set = DefinitionSet::embedded().value();
  EXPECT_EQ(definition_of(sample(), set).value()->key(), honnin().key());
  auto record = sample();
  record.definition_version = 2;
  EXPECT_EQ(definition_of(record, set).error().code(), ErrorCode::Integrity);
  record = sample();
  record.values.pop_back();
  EXPECT_FALSE(definition_of(record, set));
  record = sample();
  record.definition_key = "chihozei-shutaino";  // several rows per person: format 2
  record.values.resize(103);
  EXPECT_FALSE(definition_of(record, set));
  record = sample();
  record.values[*honnin().index_of(ItemRole::IndividualNumber)] = "x";
  EXPECT_FALSE(definition_of(record, set));
}
TEST(RecordDeathTest, AnIndividualNumberAmongTheValuesIsADefectAndEndsTheProcess) {
  auto record = sample();
  record.values[*honnin().index_of(ItemRole::IndividualNumber)] = "123456789018";
  EXPECT_DEATH({ auto bytes = encode_record(honnin(), record); }, "");
}
RC_GTEST_PROP(RecordProperty, WhatIsEncodedDecodesToTheSame, ()) {
  auto record = sample();
  const auto number = *honnin().index_of(ItemRole::IndividualNumber);
  for (std::size_t i = 0; i < record.values.size(); ++i) {
    const auto length = *rc::gen::inRange<std::size_t>(0, 40);
    record.values[i] = i == number ? "" : *rc::gen::container<std::string>(length, rc::gen::inRange<char>(0x20, 0x7F));
  }
  RC_ASSERT(decode_record(encode_record(honnin(), record).value()).value() == record);
}
RC_GTEST_PROP(RecordProperty, WhateverDecodesEncodesToTheSameBytes, (const std::vector<std::uint8_t>& noise)) {
  auto bytes = encode_record(honnin(), sample()).value();
  for (std::size_t i = 0; i + 1 < noise.size(); i += 2) bytes[noise[i] % bytes.size()] = noise[i + 1];
  const auto record = decode_record(bytes);
  if (!record || record.value().values.size() != honnin().items().size()) return;
  if (record.value().definition_key != honnin().key() || record.value().definition_version != 1) return;
  if (!record.value().values[*honnin().index_of(ItemRole::IndividualNumber)].empty()) return;
  RC_ASSERT(encode_record(honnin(), record.value()).value() == bytes);
}

}  // namespace
}  // namespace shosoin::files
