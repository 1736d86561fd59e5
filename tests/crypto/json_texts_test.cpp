// parse_strict against tests/vectors/json-texts.json, the forms of the public JSON test suite with our decision on
// each; and every character there and back, byte for byte.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "crypto/canonical_json.h"
#include "tests/crypto/vectors.h"

namespace shosoin::crypto {
namespace {

namespace json = boost::json;
constexpr std::size_t kFewestTexts = 300;  // issue 4

std::string name_of(JsonFlaw flaw) {
  switch (flaw) {
    case JsonFlaw::Syntax:
      return "syntax";
    case JsonFlaw::Encoding:
      return "encoding";
    case JsonFlaw::Surrogate:
      return "surrogate";
    case JsonFlaw::DoubledName:
      return "doubled-name";
    case JsonFlaw::Number:
      return "number";
    case JsonFlaw::Depth:
      return "depth";
  }
  return {};
}

std::string text_of_case(const json::object& one) {
  const std::string part =
      one.contains("hex") ? std::string(text_of(testing::hex(one.at("hex")))) : std::string(one.at("text").as_string());
  std::string out;
  for (auto left = one.contains("times") ? one.at("times").as_int64() : 1; left > 0; --left) out += part;
  return out;
}

TEST(JsonTexts, AreDecidedAsWrittenDown) {
  const auto vectors = testing::read_vectors("json-texts.json");
  std::map<std::string, int> forms;
  for (const auto& each : vectors.at("texts").as_array()) {
    const auto& one = each.as_object();
    SCOPED_TRACE(one.at("name").as_string());
    const std::string text = text_of_case(one);
    JsonFault fault;
    const auto value = parse_strict(text, &fault);
    EXPECT_EQ(value ? "accept" : name_of(fault.flaw), one.at("ours").as_string());
    const std::string form(one.at("form").as_string());
    ++forms[form];
    EXPECT_FALSE(value && form == "invalid");
    // A text that need not be refused is refused for a reason only.
    const bool needs_reason = form == "undecided" || (form == "valid" && !value);
    EXPECT_TRUE(one.contains("why") || !needs_reason);
    if (!value) continue;
    const std::string canonical = canonical_json(value.value());
    const auto again = parse_strict(canonical);
    ASSERT_TRUE(again);
    EXPECT_EQ(again.value(), value.value());
    EXPECT_EQ(canonical_json(again.value()), canonical);
  }
  EXPECT_GE(forms["valid"] + forms["invalid"] + forms["undecided"], static_cast<int>(kFewestTexts));
  for (auto form : {"valid", "invalid", "undecided"}) EXPECT_GE(forms[form], 30) << form;
}
TEST(JsonTexts, PointAtThePlaceOfEveryFlaw) {
  struct Case {
    std::string text, pointer;
    JsonFlaw flaw;
  };
  const Case cases[] = {
      {R"({"a":{"b":[0,{"c":1,"c":2}]}})", "/a/b/1/c", JsonFlaw::DoubledName},
      {R"({"a":[0,1.5]})", "/a/1", JsonFlaw::Number},
      {R"({"a":[0,9007199254740993]})", "/a/1", JsonFlaw::Number},
      {R"({"a":1e99999999999})", "/a", JsonFlaw::Number},
      {R"({"a":["\ud800"]})", "/a/0", JsonFlaw::Surrogate},
      {"{\"a\":{\"b\":\"\xff\"}}", "/a/b", JsonFlaw::Encoding},
      {R"({"a":{"b":nul}})", "/a/b", JsonFlaw::Syntax},
      {R"({"a":[[],)" + std::string(40, '['), "/a/1", JsonFlaw::Depth},
  };
  for (const auto& one : cases) {
    JsonFault fault;
    EXPECT_FALSE(parse_strict(one.text, &fault)) << one.text;
    EXPECT_EQ(fault.flaw, one.flaw) << one.text;
    // Of depth the place is the level that was one too many: below the one named.
    EXPECT_EQ(fault.pointer.substr(0, one.pointer.size()), one.pointer) << one.text;
    EXPECT_TRUE(one.flaw == JsonFlaw::Depth || fault.pointer == one.pointer) << one.text;
  }
}
TEST(JsonTexts, HaveNoLengthOrDepthThatBreaksTheReader) {
  constexpr std::size_t kLong = 2'000'000;
  for (const std::string unit :
       {"[", "{\"a\":", "{\"\":[", "[[],", "1", "-", "0.", "1e", "\"", "\\", "\"\\u", " ", "\xf0", "{\"a\":1,"}) {
    std::string text;
    while (text.size() < kLong) text += unit;
    EXPECT_FALSE(parse_strict(text)) << unit;
    EXPECT_FALSE(parse_strict("[" + text)) << unit;
  }
  EXPECT_TRUE(parse_strict(std::string(kLong, ' ') + "1"));
  std::string names = "{\"0\":0";
  for (int i = 1; i < 100'000; ++i) names += ",\"" + std::to_string(i) + "\":0";
  EXPECT_TRUE(parse_strict(names + "}"));
  EXPECT_FALSE(parse_strict(names + ",\"99999\":0}"));
}

void append_utf8(std::string& out, char32_t point) {  // RFC 3629, written here anew so that no code checks itself
  const auto byte = [&](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0 | (point >> 6));
  } else if (point < 0x10000) {
    byte(0xE0 | (point >> 12));
    byte(0x80 | ((point >> 6) & 0x3F));
  } else {
    byte(0xF0 | (point >> 18));
    byte(0x80 | ((point >> 12) & 0x3F));
    byte(0x80 | ((point >> 6) & 0x3F));
  }
  byte(0x80 | (point & 0x3F));
}
void append_escape(std::string& out, char32_t unit, bool capitals) {
  char text[16];
  std::snprintf(text, sizeof text, capitals ? "\\u%04X" : "\\u%04x", static_cast<unsigned>(unit));
  out += text;
}
void append_escaped(std::string& out, char32_t point, bool capitals) {
  if (point < 0x10000) return append_escape(out, point, capitals);
  append_escape(out, 0xD800 + ((point - 0x10000) >> 10), capitals);
  append_escape(out, 0xDC00 + ((point - 0x10000) & 0x3FF), capitals);
}

// Every scalar value of Unicode, 256 to a string: as itself, as an escape in small letters and in capitals, as a value
// and as a name; read, written by both printers, read again.
TEST(JsonTexts, CarryEveryCharacterThereAndBackByteForByte) {
  std::size_t visited = 0;
  for (char32_t first = 0; first < 0x110000; first += 256) {
    if (first >= 0xD800 && first < 0xE000) continue;
    std::string raw, plain, small, capital;
    for (char32_t point = first; point < first + 256; ++point) {
      append_utf8(plain, point);
      const bool must_be_escaped = point < 0x20 || point == '"' || point == '\\';
      must_be_escaped ? append_escaped(raw, point, false) : append_utf8(raw, point);
      append_escaped(small, point, false);
      append_escaped(capital, point, true);
      ++visited;
    }
    for (const auto& form : {raw, small, capital}) {
      std::string text = "{\"v\":\"";
      text.append(form).append("\",\"n").append(form).append("\":1}");
      const auto value = parse_strict(text);
      ASSERT_TRUE(value) << static_cast<unsigned>(first);
      const auto& object = value.value().get_object();
      ASSERT_EQ(std::string_view(object.at("v").get_string()), plain) << static_cast<unsigned>(first);
      ASSERT_TRUE(object.contains("n" + plain)) << static_cast<unsigned>(first);
      const std::string canonical = canonical_json(value.value());
      for (const auto& written : {canonical, json::serialize(value.value())}) {
        const auto again = parse_strict(written);
        ASSERT_TRUE(again);
        ASSERT_EQ(again.value(), value.value()) << static_cast<unsigned>(first);
      }
      ASSERT_EQ(canonical_json(parse_strict(canonical).value()), canonical);
    }
  }
  EXPECT_EQ(visited, 0x110000u - 0x800u);
}
TEST(JsonTexts, RefuseEveryHalfOfAPairAsAnEscapeAndInUtf8) {
  for (char32_t half = 0xD800; half < 0xE000; ++half) {
    std::string escaped = "[\"", bytes = "[\"";
    append_escape(escaped, half, half % 2 == 0);
    append_utf8(bytes, half);
    for (const std::string tail : {"\"]", "a\"]", "\\n\"]", "\\u0041\"]", "\\ud800\"]"}) {
      JsonFault fault;
      ASSERT_FALSE(parse_strict(escaped + tail, &fault)) << static_cast<unsigned>(half) << tail;
      ASSERT_EQ(fault.flaw, JsonFlaw::Surrogate) << static_cast<unsigned>(half) << tail;
      ASSERT_EQ(fault.pointer, "/0");
      ASSERT_FALSE(parse_strict(bytes + tail, &fault));
      ASSERT_EQ(fault.flaw, JsonFlaw::Encoding);
    }
  }
}

}  // namespace
}  // namespace shosoin::crypto
