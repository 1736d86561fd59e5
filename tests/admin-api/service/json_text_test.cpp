// Texts written straight: byte for byte what Boost.JSON would write for the same value.
#include "admin-api/service/records/json_text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "admin-api/service/log_fields.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

std::string ours(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

TEST(JsonText, EscapesEveryByteAsBoostDoes) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string text{'a', static_cast<char>(byte), static_cast<char>(byte), 'b'};
    EXPECT_EQ(ours(text), json::serialize(json::value(text))) << byte;
    EXPECT_EQ(ours(text.substr(1, 1)), json::serialize(json::value(text.substr(1, 1)))) << byte;
  }
}

TEST(JsonText, LeavesOtherCharactersAsTheyAre) {
  for (const std::string text : {"", "小金井市", "𠮟る🀄", "é\x7f", "辻\U000E0100", "\"小\\金\n井\""}) {
    EXPECT_EQ(ours(text), json::serialize(json::value(text)));
    EXPECT_EQ(json::parse(ours(text)), json::value(text));
  }
}

TEST(JsonText, WritesMembersWithTheirCommas) {
  std::string out = "{";
  append_member(out, "a\"", "1");
  append_member(out, "b", "}");
  append_member(out, "c", "{");
  append_member(out, "d", "");
  EXPECT_EQ(out + "}", json::serialize(json::object{{"a\"", "1"}, {"b", "}"}, {"c", "{"}, {"d", ""}}));
}

Caller caller_named(const std::string& id) {
  Person person;
  person.id = id;
  person.name = "架空 \"" + id + "\"";
  person.section = "市民課";
  person.staff_number = "N-1";
  return Caller(std::make_shared<const std::optional<Person>>(person), std::make_shared<const Grant>(), {});
}

TEST(JsonText, WritesALogLineAsItsObjectWould) {
  const protocol::Request request{protocol::RequestKind::Retrieve, 1, {}};
  for (int members = 0; members < 16; ++members) {
    Context context{request, (members & 1) != 0 ? protocol::Channel::Local : protocol::Channel::Gate};
    context.request_id = "0123456789abcdef";
    context.terminal[0] = 0xAB;
    if ((members & 2) != 0) context.caller.emplace(caller_named("sato"));
    if ((members & 4) != 0) context.second.emplace(caller_named("kato"));
    if ((members & 8) != 0) {
      context.known_terminal = Terminal{{}, "窓口1", {}, false, {}};
      context.target = {{"recordFile", "x"}, {"accessReason", json::object{{"reason", "届出\n"}}}};
    }
    EXPECT_EQ(log_text(context, "retrieve", "ok") + "}", json::serialize(log_object(context, "retrieve", "ok")))
        << members;
  }
}

TEST(JsonText, KnowsTheHeadOfEveryItemOfEveryFile) {
  const auto definitions = files::DefinitionSet::embedded().value();
  const ItemHeads heads(definitions);
  std::size_t items = 0;
  for (const auto& definition : definitions.all()) {
    ASSERT_EQ(heads.of(definition).size(), definition.items().size());
    for (std::size_t i = 0; i < definition.items().size(); ++i, ++items) {
      const auto& item = definition.items()[i];
      EXPECT_EQ(
          heads.of(definition)[i] + "\"x\"}",
          json::serialize(json::object{{"no", item.number}, {"name", item.name}, {"key", item.key}, {"value", "x"}}));
    }
  }
  EXPECT_GT(items, 30u);
}

}  // namespace
}  // namespace shosoin::service
