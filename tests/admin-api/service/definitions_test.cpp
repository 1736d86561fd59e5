// Definitions in the running service (issue "Definitions"; S-04, P-12): a world of its own, because what is added
// stays.
#include "admin-api/service/records/definitions.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "firmware/base/limits_definitions.h"
#include "storage/files/embedded.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using service::StoredDefinition;

std::string shipped_text() {
  for (const auto text : files::embedded::definitions()) {
    if (files::Definition::load(text).value().key() == ServiceWorld::kFile) return std::string(text);
  }
  return {};
}
// The shipped definition as another version, with one more item.
json::object amended(int version) {
  auto definition = json::parse(shipped_text()).as_object();
  definition["version"] = version;
  definition["items"].as_array().push_back(json::object{
      {"no", "37"}, {"key", "remark"}, {"name", "備考"}, {"type", "text"}, {"maxLength", 20}, {"mayLeave", true}});
  return definition;
}
json::object new_file(const std::string& key, int version = 1) {
  auto definition = json::parse(shipped_text()).as_object();
  definition["key"] = key;
  definition["version"] = version;
  return definition;
}

class RunningDefinitions : public ::testing::Test {
 protected:
  ServiceWorld& world = own();
  static ServiceWorld& own() {
    static ServiceWorld& kept = ServiceWorld::keep(std::make_unique<ServiceWorld>());
    return kept;
  }
  Told preview(const std::string& text) {
    return world.ask(Kind::FilePreview, {{FieldId::Session, world.officer(1)}, {FieldId::Definition, text}},
                     protocol::Channel::Local);
  }
  static std::string raw(const std::string& hex) { return std::string(text_of(from_hex(hex).value())); }
  Told add(const std::string& text, const std::string& change) {
    return world.as_officers(Kind::FileAdd, {{FieldId::Definition, text}, {FieldId::ChangeDigest, raw(change)}});
  }
  Told add(const json::object& definition) {
    const auto text = json::serialize(definition);
    const auto shown = preview(text);
    EXPECT_FALSE(shown.refused) << shown.text;
    return add(text, shown.member("changeDigest"));
  }
  Told show(const std::string& key, std::uint16_t version = 0) {
    Fields fields{{FieldId::Session, world.officer(1)}, {FieldId::File, key}};
    if (version != 0) fields[FieldId::DefinitionVersion] = std::string(text_of(be(version)));
    return world.ask(Kind::FileShow, fields, protocol::Channel::Local);
  }
  Fields of_tenant(const std::string& id, const std::string& terminal) {
    return {{FieldId::Terminal, terminal},
            {FieldId::Session, world.session(id, terminal)},
            {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)}};
  }
  void confirm(const std::string& import) {
    auto fields = of_tenant("kato", world.t2);
    fields[FieldId::ImportId] = raw(import);
    fields[FieldId::Decision] = "approve";
    fields[FieldId::Code] = world.code("kato");
    const auto told = world.ask(Kind::ImportDecide, fields);
    EXPECT_FALSE(told.refused) << told.text;
  }
  // The items of the one record with this 住民票コード.
  std::size_t items_of(const std::string& code) {
    auto fields = of_tenant("sato", world.t1);
    fields[FieldId::File] = std::string(ServiceWorld::kFile);
    fields[FieldId::SearchKind] = "residentRecordCode";
    fields[FieldId::SearchValue] = code;
    fields[FieldId::ReasonCode] = "R01";
    fields[FieldId::CaseReference] = "2026-1";
    const auto told = world.ask(Kind::Retrieve, fields);
    EXPECT_FALSE(told.refused) << told.text;
    return told.refused ? 0 : told.body.at("records").at(0).at("items").as_array().size();
  }
  static std::string first_code(const std::string& csv) {
    const auto row = csv.find('\n') + 1;
    const auto begin = csv[row] == '"' ? row + 1 : row;
    return csv.substr(begin, 11);
  }
  std::string last_line_about(std::string_view operation) {
    std::string found;
    for (const auto& line : world.log_of("")) {
      if (line.find("\"operation\":\"" + std::string(operation) + '"') != std::string::npos) found = line;
    }
    return found;
  }
};

TEST_F(RunningDefinitions, AreShownBeforeTheyAreAppliedAndChangeNothingUntilThen) {
  const auto told = preview(json::serialize(amended(2)));
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.body.at("amends"), 1);
  EXPECT_EQ(told.body.at("changes").at(0).at("rule"), "item-appended");
  EXPECT_EQ(told.body.at("changes").at(0).at("pointer"), "/items/36");
  EXPECT_EQ(told.member("digest"), to_hex(crypto::sha256(view_of(json::serialize(amended(2))))));
  EXPECT_EQ(show(std::string(ServiceWorld::kFile)).body.at("version"), 1);
}

TEST_F(RunningDefinitions, AnAmendmentLeavesRunningImportsAndOldRecordsAsTheyWere) {
  const auto before = world.csv(ServiceWorld::kKoganei, 3, 71);
  const auto old_import = world.import(world.session("sato", world.t1), world.t1, before);
  ASSERT_FALSE(old_import.refused) << old_import.text;
  confirm(old_import.member("importId"));
  EXPECT_EQ(items_of(first_code(before)), 36u);

  // Opened under version 1, closed after version 2 came.
  const auto running = world.csv(ServiceWorld::kKoganei, 3, 72);
  auto fields = of_tenant("sato", world.t1);
  fields[FieldId::File] = std::string(ServiceWorld::kFile);
  fields[FieldId::Encoding] = "UTF-8";
  const auto opened = world.ask(Kind::ImportOpen, fields);
  ASSERT_FALSE(opened.refused) << opened.text;
  const Fields common{{FieldId::Terminal, world.t1},
                      {FieldId::Session, fields[FieldId::Session]},
                      {FieldId::ImportId, raw(opened.member("importId"))}};
  auto chunk = common;
  chunk[FieldId::Offset] = std::string(8, '\0');
  chunk[FieldId::Chunk] = running;
  EXPECT_FALSE(world.ask(Kind::ImportChunk, chunk).refused);
  const auto added = add(amended(2));
  ASSERT_FALSE(added.refused) << added.text;
  const auto closed = world.ask(Kind::ImportClose, common);
  ASSERT_FALSE(closed.refused) << closed.text;
  confirm(closed.member("importId"));

  EXPECT_EQ(items_of(first_code(before)), 36u);
  EXPECT_EQ(items_of(first_code(running)), 36u);
  EXPECT_EQ(world.import(world.session("sato", world.t1), world.t1, world.csv(ServiceWorld::kKoganei, 1, 73)).refused,
            ErrorCode::InvalidContent);  // a header of version 1: version 2 has one more

  auto later = world.csv(ServiceWorld::kKoganei, 1, 74);
  const bool crlf = later.find('\r') != std::string::npos;
  const std::string end = crlf ? "\r\n" : "\n";
  later.insert(later.find(end), ",備考");
  later.insert(later.rfind(end), ",書き添え");
  const auto under_two = world.import(world.session("sato", world.t1), world.t1, later);
  ASSERT_FALSE(under_two.refused) << under_two.text;
  confirm(under_two.member("importId"));
  EXPECT_EQ(items_of(first_code(later)), 37u);

  world.restart();
  EXPECT_EQ(items_of(first_code(before)), 36u);
  EXPECT_EQ(items_of(first_code(later)), 37u);
  const auto shown = show(std::string(ServiceWorld::kFile));
  EXPECT_EQ(shown.body.at("versions"), (json::array{1, 2}));
  EXPECT_EQ(shown.body.at("added").at("requestedBy"), "officer-1a");
  EXPECT_EQ(shown.body.at("added").at("approvedBy"), "officer-2a");
  EXPECT_EQ(show(std::string(ServiceWorld::kFile), 1).body.at("items"), 36);
  EXPECT_FALSE(show(std::string(ServiceWorld::kFile), 1).body.contains("added"));
  EXPECT_EQ(show(std::string(ServiceWorld::kFile), 9).refused, ErrorCode::NotFound);
  EXPECT_EQ(show("no-such-file").refused, ErrorCode::NotFound);
}

TEST_F(RunningDefinitions, TheLogNamesWhoAskedWhoAgreedAndTheDigest) {
  const auto definition = new_file("logged-file");
  const auto told = add(definition);
  ASSERT_FALSE(told.refused) << told.text;
  const auto line = json::parse(last_line_about("file-add")).as_object();
  EXPECT_EQ(line.at("requestedBy"), "officer-1a");
  EXPECT_EQ(line.at("approvedBy"), "officer-2a");
  EXPECT_EQ(line.at("recordFile"), "logged-file");
  EXPECT_EQ(line.at("definitionVersion"), 1);
  EXPECT_EQ(line.at("definitionDigest").as_string(), to_hex(crypto::sha256(view_of(json::serialize(definition)))));
  EXPECT_EQ(line.at("changeDigest"), told.body.at("changeDigest"));
}

TEST_F(RunningDefinitions, TakeTwoDifferentPersonsWhoSawThisChange) {
  const auto text = json::serialize(new_file("second-thoughts"));
  const auto change = preview(text).member("changeDigest");
  const auto alone = world.officer(1);
  EXPECT_EQ(world
                .ask(Kind::FileAdd,
                     {{FieldId::Session, alone},
                      {FieldId::SecondSession, alone},
                      {FieldId::Definition, text},
                      {FieldId::ChangeDigest, raw(change)}},
                     protocol::Channel::Local)
                .refused,
            ErrorCode::SamePerson);
  auto other = new_file("second-thoughts");
  other["nameEn"] = "Not what was shown";
  const auto refused = add(json::serialize(other), change);
  EXPECT_EQ(refused.refused, ErrorCode::Conflict);
  EXPECT_EQ(refused.member("pointer"), "/changeDigest");
  EXPECT_EQ(show("second-thoughts").refused, ErrorCode::NotFound);

  // Another amendment came between: what was shown is not what would be done.
  EXPECT_FALSE(add(new_file("moving-target", 1)).refused);
  const auto third = json::serialize(new_file("moving-target", 3));
  const auto shown = preview(third).member("changeDigest");
  EXPECT_FALSE(add(new_file("moving-target", 2)).refused);
  EXPECT_EQ(add(third, shown).refused, ErrorCode::Conflict);
}

TEST_F(RunningDefinitions, AreNotForTheGate) {
  protocol::Request request{Kind::FileAdd, 1, {}};
  EXPECT_FALSE(protocol::check(request, protocol::Channel::Gate));
  request.kind = Kind::FilePreview;
  EXPECT_FALSE(protocol::check(request, protocol::Channel::Gate));
}

TEST_F(RunningDefinitions, AreRefusedWithThePlaceByTheLibrarysOwnRules) {
  const auto refusal = [&](const json::object& definition) {
    const auto told = preview(json::serialize(definition));
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << told.text;
    EXPECT_TRUE(told.body.at("detail").as_object().contains("ja"));
    EXPECT_TRUE(told.body.at("detail").as_object().contains("en"));
    return told;
  };
  auto broken = new_file("broken");
  broken["items"].as_array()[12].as_object().erase("role");
  EXPECT_EQ(refusal(broken).member("pointer"), "/items/12/check");
  auto wrong = amended(9);
  wrong["items"].as_array()[1].as_object()["maxLength"] = 10;
  const auto told = refusal(wrong);
  EXPECT_EQ(told.member("pointer"), "/items/1/maxLength");
  EXPECT_FALSE(told.body.at("changes").as_array().empty());
  EXPECT_EQ(refusal(json::parse(shipped_text()).as_object()).member("pointer"), "/version");
  EXPECT_EQ(preview("{").refused, ErrorCode::BadRequest);
  auto long_name = new_file("broken");
  long_name[std::string(5000, 'x')] = 1;
  EXPECT_LE(refusal(long_name).member("pointer").size(), 256u);
}

TEST_F(RunningDefinitions, ANewFileIsGrantedToNobodyUntilItIsNamed) {  // P-12
  ASSERT_FALSE(add(new_file("granted-late")).refused);
  const auto csv = world.csv(ServiceWorld::kKoganei, 2, 91);
  EXPECT_EQ(world.import(world.session("sato", world.t1), world.t1, csv, {}, "granted-late").refused,
            ErrorCode::NotPermitted);
  world.enrol("tanaka", std::string(ServiceWorld::kKoganei), "operator", "retrieve,import,file:granted-late");
  const auto told = world.import(world.session("tanaka", world.t2), world.t2, csv, {}, "granted-late");
  EXPECT_FALSE(told.refused) << told.text;
}

TEST_F(RunningDefinitions, ASessionAtTheGateSeesTheListAndTheHeaders) {
  const Fields who{{FieldId::Terminal, world.t1}, {FieldId::Session, world.session("sato", world.t1)}};
  const auto list = world.ask(Kind::FileList, who);
  ASSERT_FALSE(list.refused) << list.text;
  std::set<std::string> keys;
  for (const auto& file : list.body.at("recordFiles").as_array()) {
    EXPECT_TRUE(file.as_object().contains("granted"));
    EXPECT_TRUE(keys.emplace(file.at("recordFile").as_string()).second);  // each once: the newest version
  }
  EXPECT_TRUE(keys.contains("jumin-kihon-daicho"));
  auto one = who;
  one[FieldId::File] = "jumin-kihon-daicho";
  const auto shown = world.ask(Kind::FileShow, one);
  ASSERT_FALSE(shown.refused) << shown.text;
  const auto shipped = files::DefinitionSet::embedded().value();
  const auto& definition = *shipped.find("jumin-kihon-daicho");
  const auto& tables = shown.body.at("tables").as_array();
  ASSERT_EQ(tables.size(), definition.groups().size());
  EXPECT_EQ(tables[0].at("header").as_array().size(), definition.groups()[0].count);
  EXPECT_EQ(tables[0].at("header").at(0), "世帯番号");
  EXPECT_EQ(tables[0].at("addresseeNumberInFront"), "none");
  EXPECT_EQ(tables[3].at("addresseeNumberInFront").as_string().empty(), false);
  EXPECT_EQ(shown.body.at("definition"), json::parse(definition.text()));
}

TEST_F(RunningDefinitions, ADefinitionThatWasAddedStandsBeforeAnotherOfTheProgram) {
  auto definition = new_file("both-have-it");
  ASSERT_FALSE(add(definition).refused);
  definition["nameEn"] = "The program's own";
  files::DefinitionSet shipped;
  shipped.add(files::Definition::load(json::serialize(definition)).value());
  definition["version"] = 2;  // amends what is stored
  shipped.add(files::Definition::load(json::serialize(definition)).value());
  definition["version"] = 3;   // does not
  definition.erase("checks");  // which name the item that is taken away
  definition["items"].as_array().pop_back();
  shipped.add(files::Definition::load(json::serialize(definition)).value());
  const auto set = service::with_stored_definitions(world.parts().zero(), shipped).value();
  EXPECT_NE(set.find("both-have-it", 1)->name_en(), "The program's own");
  EXPECT_NE(set.find("both-have-it", 2), nullptr);
  EXPECT_EQ(set.find("both-have-it", 3), nullptr);
}

TEST_F(RunningDefinitions, AreBoundedInNumber) {
  const auto first = world.officer(1), second = world.officer(2);
  const auto ask = [&](Kind kind, Fields fields) {
    fields[FieldId::Session] = first;
    return world.ask(kind, std::move(fields), protocol::Channel::Local);
  };
  std::optional<ErrorCode> refused;
  std::size_t added = 0;
  for (int version = 1; !refused && version <= 100; ++version) {
    const auto text = json::serialize(new_file("many-versions", version));
    const auto change = ask(Kind::FilePreview, {{FieldId::Definition, text}}).member("changeDigest");
    refused = ask(Kind::FileAdd,
                  {{FieldId::SecondSession, second}, {FieldId::Definition, text}, {FieldId::ChangeDigest, raw(change)}})
                  .refused;
    added += refused ? 0 : 1;
  }
  EXPECT_EQ(refused, ErrorCode::TooMany);
  EXPECT_EQ(service::stored_definition_keys(world.parts().zero()).value().size(), limits::kMaxStoredDefinitions);
  EXPECT_LT(added, limits::kMaxStoredDefinitions);  // those of the other tests count too
  world.restart();
  EXPECT_EQ(show("many-versions").body.at("version"), static_cast<int>(added));
}

TEST(DefinitionEntry, StandsAsThePageSays) {  // admin-api/service/entries.md
  EXPECT_EQ(to_hex(service::definition_key("a-b", 258)), "612d62000102");
  const StoredDefinition stored{Instant{std::chrono::milliseconds{5}}, "sato", "kato", "{}"};
  const auto bytes = service::encode_definition(stored);
  EXPECT_EQ(to_hex(bytes), "0001000000000000000500047361746f00046b61746f000000027b7d");
  EXPECT_EQ(service::decode_definition(bytes).value(), stored);
}
TEST(DefinitionEntry, AShortALongAndAnotherFormatAreDamage) {
  const auto bytes = service::encode_definition({Instant{}, "a", "b", "{}"});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = service::decode_definition(ByteView(bytes).first(size));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
  }
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(service::decode_definition(longer));
  auto other = bytes;
  other[1] = 2;
  EXPECT_FALSE(service::decode_definition(other));
}

}  // namespace
}  // namespace shosoin::test
