#include "crypto/canonical_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace shosoin::crypto {
namespace {

std::string canonical(std::string_view text) {
  const auto value = parse_strict(text);
  return value ? canonical_json(value.value()) : "refused";
}
std::string where(std::string_view text) {
  JsonFault fault{.pointer = "accepted"};
  const auto value = parse_strict(text, &fault);
  if (value) return "accepted";
  EXPECT_EQ(value.error().code(), ErrorCode::BadRequest);
  return fault.pointer;
}
std::string nested(int depth) { return std::string(std::size_t(depth), '[') + std::string(std::size_t(depth), ']'); }

TEST(CanonicalJson, AgreesWithTheSortingExampleOfRfc8785) {  // section 3.2.3
  EXPECT_EQ(
      canonical(R"({
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    })"),
      "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\","
      "\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
}
TEST(CanonicalJson, AgreesWithTheStringAndLiteralExampleOfRfc8785) {  // section 3.2.2, without its fractions
  EXPECT_EQ(
      canonical(R"({ "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] })"),
      R"({"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"})");
}
TEST(CanonicalJson, WritesEveryControlCharacterInItsOneForm) {
  EXPECT_EQ(canonical(R"("\u0000\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u001f\u007f")"),
            "\"\\u0000\\u0007\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\"");
}
TEST(CanonicalJson, KeepsIntegersToTheLastExactOne) {
  EXPECT_EQ(canonical("[0,-1,9007199254740992,-9007199254740992]"), "[0,-1,9007199254740992,-9007199254740992]");
  EXPECT_EQ(canonical_json(std::uint64_t{7}), "7");
}
TEST(CanonicalJson, WritesEmptyContainersAndNestedOnes) {
  EXPECT_EQ(canonical(" { \"b\" : [ ] , \"a\" : { } } "), R"({"a":{},"b":[]})");
  EXPECT_EQ(canonical("[[],[{}],\"氏名\"]"), "[[],[{}],\"氏名\"]");
}
TEST(CanonicalJson, IsAFixedPoint) {
  const std::string once = canonical(R"({"z":[1,{"y":"\ud842\udfb7"}],"a":"\u00e9"})");
  EXPECT_EQ(canonical(once), once);
}
TEST(CanonicalJsonDeathTest, RefusesFractionsBigNumbersAndDeepNesting) {
  EXPECT_DEATH(canonical_json(1.5), "ENSURE");
  EXPECT_DEATH(canonical_json((std::int64_t{1} << 53) + 1), "ENSURE");
  EXPECT_DEATH(canonical_json(-(std::int64_t{1} << 53) - 1), "ENSURE");
  EXPECT_DEATH(canonical_json(std::uint64_t{1} << 63), "ENSURE");
  boost::json::value deep = boost::json::array{};
  for (int i = 0; i < 33; ++i) deep = boost::json::array{deep};
  EXPECT_DEATH(canonical_json(deep), "ENSURE");
}

TEST(StrictJson, RefusesADoubledNameAndPointsAtIt) {
  EXPECT_EQ(where(R"({"a":1,"a":1})"), "/a");
  EXPECT_EQ(where(R"({"x":[0,{"a/b~c":1,"\u0061/b~c":2}]})"), "/x/1/a~1b~0c");
  EXPECT_EQ(where(R"({"a":{"a":1},"b":{"a":1}})"), "accepted");
}
TEST(StrictJson, RefusesInvalidUtf8) {
  for (std::string_view bytes : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe3\x81", "\x80"}) {
    EXPECT_EQ(where("[\"ok\",\"" + std::string(bytes) + "\"]"), "/1");
    EXPECT_NE(where("{\"" + std::string(bytes) + "\":1}"), "accepted");
  }
}
TEST(StrictJson, RefusesLoneSurrogates) {
  EXPECT_EQ(where(R"({"name":"\ud800"})"), "/name");
  EXPECT_EQ(where(R"({"name":"\udc00"})"), "/name");
  EXPECT_EQ(where(R"({"name":"\ud800A"})"), "/name");
  EXPECT_EQ(where(R"({"name":"\ud83d\ude00"})"), "accepted");
}
TEST(StrictJson, RefusesNumbersThatAreNotExactIntegers) {
  for (std::string_view number :
       {"1.0", "1e2", "1E2", "0.1", "-0", "-0.0", "9007199254740993", "-9007199254740993", "9223372036854775808",
        "18446744073709551616", "1e400", "+1", ".5", "1.", "NaN", "Infinity"}) {
    EXPECT_EQ(where("{\"n\":[0," + std::string(number) + "]}"), "/n/1") << number;
  }
}
TEST(StrictJson, RefusesTextBehindTheDocument) {
  for (std::string_view text : {"1 2", "{} {}", "[],", "null x", "\"a\"\"b\"", "1\xef\xbb\xbf"}) {
    EXPECT_EQ(where(text), "") << text;
  }
  EXPECT_EQ(where("{}\n \t\r"), "accepted");
}
TEST(StrictJson, RefusesBrokenSyntax) {
  for (std::string_view text : {"", " ", "{", "[", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "'a'", "[1 2]", "[01]",
                                "0x1", "tru", "\"a", "\"\n\"", "\"\\x\"", "/**/1", "1//", "\xef\xbb\xbf{}"}) {
    EXPECT_NE(where(text), "accepted") << text;
  }
}
TEST(StrictJson, AcceptsThirtyTwoLevelsAndRefusesOneMore) {
  EXPECT_EQ(where(nested(32)), "accepted");
  EXPECT_NE(where(nested(33)), "accepted");
  EXPECT_EQ(where(nested(32).insert(32, "{}")), where(nested(33)));
}
TEST(StrictJson, ReadsLongNamesAndStringsWhole) {
  const std::string name(10'000, 'n');
  const std::string text = "{\"" + name + "\":\"" + name + "\\u3042" + name + "\"}";
  const auto value = parse_strict(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(value.value().at(name).as_string(), name + "あ" + name);
}
TEST(StrictJson, WorksWithoutAPlaceForTheFault) { EXPECT_FALSE(parse_strict("[1.5]")); }

}  // namespace
}  // namespace shosoin::crypto
