#include "storage/files/definition.h"

#include <filesystem>

#include "storage/files/embedded.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

json::object shipped() {  // without its logic checks, which have tests of their own
  auto definition = json::parse(read_source_file("storage/files/definitions/honnin-kakunin-joho.json")).as_object();
  definition.erase("checks");
  return definition;
}
json::object schema() {
  return json::parse(read_source_file("storage/files/definitions/record-file-definition.schema.json")).as_object();
}
std::string pointer_of(const json::object& definition) {
  DefinitionFault fault;
  EXPECT_FALSE(Definition::load(json::serialize(definition), &fault));
  EXPECT_FALSE(fault.message.ja.empty());
  EXPECT_FALSE(fault.message.en.empty());
  return fault.pointer;
}
json::object with_item(std::size_t index, std::string_view member, json::value value) {
  auto definition = shipped();
  definition["items"].as_array()[index].as_object()[member] = std::move(value);
  return definition;
}

TEST(Definition, KnowsWhichItemsIdentifyAPersonAndWhichMayNeverLeave) {
  EXPECT_EQ(honnin().index_of(ItemRole::ResidentRecordCode), 0u);
  EXPECT_EQ(honnin().index_of(ItemRole::KanaName), 3u);
  EXPECT_EQ(honnin().index_of(ItemRole::BirthDate), 5u);
  EXPECT_EQ(honnin().index_of(ItemRole::IndividualNumber), 12u);
  EXPECT_FALSE(honnin().index_of(ItemRole::AddresseeNumber));
  EXPECT_FALSE(honnin().index_of(ItemRole::None));
  EXPECT_FALSE(honnin().items()[12].may_leave);
  EXPECT_FALSE(honnin().items()[0].may_leave);
}
TEST(Definition, TheEmbeddedOnesAreTheFilesBesideTheCode) {
  constexpr std::string_view kKeys[] = {"chihozei-shutaino", "hoikushi-torokubo",  "honnin-kakunin-joho",
                                        "jido-teate",        "jumin-kihon-daicho", "kyufukin-shikyu-kanri-daicho",
                                        "sofusaki-joho"};
  ASSERT_EQ(embedded::definitions().size(), std::size(kKeys));
  for (std::size_t i = 0; i < std::size(kKeys); ++i) {
    EXPECT_EQ(embedded::definitions()[i],
              read_source_file("storage/files/definitions/" + std::string(kKeys[i]) + ".json"));
  }
}
TEST(Definition, AnUnknownMemberIsRefusedWithItsPointer) {
  auto definition = shipped();
  definition["colour"] = "red";
  EXPECT_EQ(pointer_of(definition), "/colour");
  EXPECT_EQ(pointer_of(with_item(2, "lenght", 3)), "/items/2/lenght");
  EXPECT_EQ(pointer_of(with_item(2, "a/b~c", 3)), "/items/2/a~1b~0c");  // RFC 6901
}
TEST(Definition, EveryMemberTheSchemaRequiresIsRequired) {
  std::size_t visited = 0;
  const auto rules = schema();
  for (const auto& name : rules.at("required").as_array()) {
    auto definition = shipped();
    definition.erase(name.as_string());
    EXPECT_EQ(pointer_of(definition), "/" + word(name));
    ++visited;
  }
  for (const auto& name : rules.at("$defs").at("item").at("required").as_array()) {
    auto definition = shipped();
    definition["items"].as_array()[4].as_object().erase(name.as_string());
    EXPECT_EQ(pointer_of(definition), "/items/4/" + word(name));
    ++visited;
  }
  EXPECT_EQ(visited, 13u);
}
TEST(Definition, KnowsExactlyTheWordsOfTheSchema) {
  const auto rules = schema();
  const auto& properties = rules.at("$defs").at("item").at("properties").as_object();
  std::vector<std::string> types, roles, checks;
  for (int i = 0; i <= static_cast<int>(ItemType::Amount); ++i) types.emplace_back(to_text(static_cast<ItemType>(i)));
  for (int i = 1; i <= static_cast<int>(ItemRole::FormerIndividualNumber); ++i)
    roles.emplace_back(to_text(static_cast<ItemRole>(i)));
  for (int i = 1; i <= static_cast<int>(ItemCheck::ResidenceCard); ++i)
    checks.emplace_back(to_text(static_cast<ItemCheck>(i)));
  const auto words = [&](std::string_view name) {
    return json::value_to<std::vector<std::string>>(properties.at(name).at("enum"));
  };
  EXPECT_EQ(words("type"), types);
  EXPECT_EQ(words("role"), roles);
  EXPECT_EQ(words("check"), checks);
}
TEST(Definition, RefusesValuesOutOfTheirRange) {
  for (json::value bad : {json::value(0), json::value(4097), json::value("11"), json::value(nullptr)}) {
    EXPECT_EQ(pointer_of(with_item(1, "maxLength", bad)), "/items/1/maxLength");
  }
  for (json::value bad :
       {json::value(""), json::value("Kanji"), json::value("kanji-name"), json::value(std::string(65, 'a'))}) {
    EXPECT_EQ(pointer_of(with_item(1, "key", bad)), "/items/1/key");
  }
  EXPECT_EQ(pointer_of(with_item(1, "type", "string")), "/items/1/type");
  EXPECT_EQ(pointer_of(with_item(1, "role", "boss")), "/items/1/role");
  EXPECT_EQ(pointer_of(with_item(1, "name", "")), "/items/1/name");
  EXPECT_EQ(pointer_of(with_item(1, "name", "漢字\n氏名")), "/items/1/name");
  EXPECT_EQ(pointer_of(with_item(1, "mayLeave", "yes")), "/items/1/mayLeave");
  EXPECT_EQ(pointer_of(with_item(1, "key", "sex")), "/items/6/key");
  for (auto [name, bad] : {std::pair<const char*, json::value>{"version", 0},
                           {"version", 65536},
                           {"format", 4},
                           {"key", "A"},
                           {"items", json::array{}},
                           {"items", "none"}}) {
    auto definition = shipped();
    definition[name] = bad;
    EXPECT_EQ(pointer_of(definition), std::string("/") + name);
  }
}
TEST(Definition, RolesAndChecksThatWouldEndangerANumberAreRefused) {
  EXPECT_EQ(pointer_of(with_item(23, "check", "individualNumber")), "/items/23/check");  // a second number
  for (const auto* name : {"配偶者個人番号", "扶養親族1個人番号", "マイナンバー"}) {
    EXPECT_EQ(pointer_of(with_item(17, "name", name)), "/items/17/role") << name;
  }
  for (const auto* name : {"個人番号対応符号", "個人番号カード交付場所", "マイナンバーカード"}) {
    EXPECT_TRUE(Definition::load(json::serialize(with_item(17, "name", name)))) << name;
  }
  EXPECT_TRUE(Definition::load(json::serialize(with_item(15, "name", "個人番号通知日"))));  // a date holds none
  EXPECT_EQ(pointer_of(with_item(12, "check", "residentRecordCode")), "/items/12/check");
  EXPECT_EQ(pointer_of(with_item(12, "mayLeave", true)), "/items/12/mayLeave");
  EXPECT_EQ(pointer_of(with_item(2, "role", "individualNumber")), "/items/2/check");
  EXPECT_EQ(pointer_of(with_item(2, "role", "name")), "/items/2/role");  // the role is taken
  EXPECT_EQ(pointer_of(with_item(0, "check", "localGovernmentCode")), "/items/0/check");
  EXPECT_EQ(pointer_of(with_item(1, "check", "localGovernmentCode")), "/items/1/check");
  EXPECT_EQ(pointer_of(with_item(3, "type", "text")), "/items/3/role");
  EXPECT_EQ(pointer_of(with_item(3, "maxLength", 121)), "/items/3/role");
  EXPECT_EQ(pointer_of(with_item(5, "type", "text")), "/items/5/role");
}
TEST(Definition, EveryWayToNameAnotherNumberIsHeldApart) {
  for (const auto* role : {"relatedIndividualNumber", "formerIndividualNumber"}) {
    auto definition = with_item(2, "role", role);
    auto& item = definition["items"].as_array()[2].as_object();
    EXPECT_EQ(pointer_of(definition), "/items/2/check");
    item["check"] = "individualNumber";
    EXPECT_EQ(pointer_of(definition), "/items/2/mayLeave");
    item["mayLeave"] = false;
    const auto loaded = Definition::load(json::serialize(definition)).value();
    EXPECT_TRUE(is_individual_number(loaded.items()[2].role));
    EXPECT_FALSE(loaded.is_flat());
  }
}
TEST(Definition, FormatOneStaysReadableAndKnowsNoGroups) {
  auto definition = shipped();
  definition["format"] = 1;
  EXPECT_EQ(pointer_of(definition), "/retentionEvents");
  definition.erase("retentionEvents");
  const auto loaded = Definition::load(json::serialize(definition)).value();
  EXPECT_TRUE(loaded.is_flat());
  EXPECT_EQ(loaded.groups().size(), 1u);
  EXPECT_TRUE(loaded.retention_events().empty());
  definition["groups"] = json::array{{{"key", "main"}, {"rows", "one"}}};
  EXPECT_EQ(pointer_of(definition), "/groups");
}

// Two tables: the first three items and the rest.
json::object with_groups() {
  auto definition = shipped();
  definition["groups"] =
      json::array{{{"key", "first"}, {"name", "一"}, {"rows", "one"}}, {{"key", "second"}, {"rows", "many"}}};
  std::size_t index = 0;
  for (auto& item : definition["items"].as_array()) item.as_object()["group"] = index++ < 3 ? "first" : "second";
  return definition;
}
TEST(DefinitionGroups, ItemsStandInTheirTableWithTheirRoles) {
  const auto definition = Definition::load(json::serialize(with_groups())).value();
  ASSERT_EQ(definition.groups().size(), 2u);
  EXPECT_EQ(definition.groups()[0].name, "一");
  EXPECT_EQ(definition.groups()[1].rows, GroupRows::Many);
  EXPECT_EQ(definition.items_of(0).size(), 3u);
  EXPECT_EQ(definition.items_of(1).size(), 33u);
  EXPECT_EQ(definition.index_of(ItemRole::Name, 0), 1u);
  EXPECT_FALSE(definition.index_of(ItemRole::Name, 1));
  EXPECT_EQ(definition.index_of(ItemRole::IndividualNumber, 1), 9u);
  EXPECT_EQ(definition.index_of(ItemRole::IndividualNumber), 12u);
  EXPECT_EQ(definition.group_index("second"), 1u);
  EXPECT_FALSE(definition.group_index("third"));
  EXPECT_FALSE(definition.is_flat());
}
TEST(DefinitionGroups, ARoleStandsOncePerTable) {
  auto definition = with_groups();
  auto& items = definition["items"].as_array();
  items[10].as_object()["role"] = "name";  // the name of the first table does not matter here
  EXPECT_TRUE(Definition::load(json::serialize(definition)));
  items[20].as_object()["role"] = "name";
  EXPECT_EQ(pointer_of(definition), "/items/20/role");
}
TEST(DefinitionGroups, RefusesGroupsThatDoNotHoldTogether) {
  const auto pointer_after = [](auto&& change) {
    auto definition = with_groups();
    change(definition);
    return pointer_of(definition);
  };
  const auto item = [](json::object& d, std::size_t i) -> json::object& {
    return d["items"].as_array()[i].as_object();
  };
  const auto group = [](json::object& d, std::size_t i) -> json::object& {
    return d["groups"].as_array()[i].as_object();
  };
  EXPECT_EQ(pointer_after([&](auto& d) { item(d, 4)["group"] = "third"; }), "/items/4/group");
  EXPECT_EQ(pointer_after([&](auto& d) { item(d, 9)["group"] = "first"; }), "/items/9/group");
  EXPECT_EQ(pointer_after([&](auto& d) { item(d, 0)["group"] = "second"; }), "/items/0/group");
  EXPECT_EQ(pointer_after([&](auto& d) { item(d, 4).erase("group"); }), "/items/4/group");
  EXPECT_EQ(pointer_after([&](auto& d) { d.erase("groups"); }), "/items/0/group");
  EXPECT_EQ(pointer_after([&](auto& d) { group(d, 1)["key"] = "first"; }), "/groups/1/key");
  EXPECT_EQ(pointer_after([&](auto& d) { group(d, 1)["key"] = "Second"; }), "/groups/1/key");
  EXPECT_EQ(pointer_after([&](auto& d) { group(d, 1)["rows"] = "several"; }), "/groups/1/rows");
  EXPECT_EQ(pointer_after([&](auto& d) { group(d, 1)["colour"] = "red"; }), "/groups/1/colour");
  EXPECT_EQ(pointer_after([&](auto& d) { d["groups"].as_array()[1] = 1; }), "/groups/1");
  EXPECT_EQ(pointer_after([&](auto& d) {
              d["groups"].as_array().push_back({{"key", "third"}, {"rows", "one"}});
            }),
            "/groups/2");
  EXPECT_EQ(pointer_after([&](auto& d) { d["groups"] = json::array{}; }), "/groups");
  EXPECT_EQ(pointer_after([&](auto& d) { item(d, 3)["name"] = "宛名番号"; }), "/items/3/role");
  EXPECT_EQ(pointer_after([&](auto& d) {
              d["groups"] = json::array(33, json::object{{"key", "a"}, {"rows", "one"}});
            }),
            "/groups");
}
// Every property of the schema is one that the loader knows: a value of no type is refused there, and not as unknown.
TEST(DefinitionGroups, KnowExactlyTheMembersOfTheSchema) {
  const auto rules = schema();
  std::size_t visited = 0;
  const auto refused_at = [&](auto&& place, std::string_view name) {
    auto definition = with_groups();
    place(definition)[name] = json::object{};
    DefinitionFault fault;
    EXPECT_FALSE(Definition::load(json::serialize(definition), &fault)) << name;
    EXPECT_NE(fault.message.en, "Unknown member.") << name;
    ++visited;
    return fault.pointer;
  };
  const auto whole = [](json::object& d) -> json::object& { return d; };
  const auto group = [](json::object& d) -> json::object& { return d["groups"].as_array()[1].as_object(); };
  const auto item = [](json::object& d) -> json::object& { return d["items"].as_array()[4].as_object(); };
  for (const auto& member : rules.at("properties").as_object()) {
    EXPECT_EQ(refused_at(whole, member.key()), "/" + std::string(member.key()));
  }
  for (const auto& member : rules.at("$defs").at("group").at("properties").as_object()) {
    EXPECT_EQ(refused_at(group, member.key()), "/groups/1/" + std::string(member.key()));
  }
  for (const auto& member : rules.at("$defs").at("item").at("properties").as_object()) {
    EXPECT_EQ(refused_at(item, member.key()), "/items/4/" + std::string(member.key()));
  }
  EXPECT_EQ(visited, 10u + 3u + 10u);
  const auto words =
      json::value_to<std::vector<std::string>>(rules.at("$defs").at("group").at("properties").at("rows").at("enum"));
  std::vector<std::string> ours;
  for (int i = 0; i <= static_cast<int>(GroupRows::Apart); ++i) ours.emplace_back(to_text(static_cast<GroupRows>(i)));
  EXPECT_EQ(words, ours);
}
TEST(DefinitionGroups, RetentionEventsAreDatesOfTheFile) {
  const auto pointer_with = [](json::value events) {
    auto definition = shipped();
    definition["retentionEvents"] = std::move(events);
    return pointer_of(definition);
  };
  EXPECT_EQ(pointer_with(json::array{"changeDate", "none"}), "/retentionEvents/1");
  EXPECT_EQ(pointer_with(json::array{"kanjiName"}), "/retentionEvents/0");
  EXPECT_EQ(pointer_with(json::array{"changeDate", "changeDate"}), "/retentionEvents/1");
  EXPECT_EQ(pointer_with(json::array{1}), "/retentionEvents/0");
  EXPECT_EQ(pointer_with(json::array{}), "/retentionEvents");
  EXPECT_EQ(pointer_with("changeDate"), "/retentionEvents");
  EXPECT_EQ(honnin().retention_events(), (std::vector<std::size_t>{21, 15}));
}
TEST(Definition, TextThatIsNotStrictJsonIsABadRequest) {
  for (auto text : {"", "{", "[]x", "{\"key\":1,\"key\":2}", "{\"format\":1.5}"}) {
    EXPECT_EQ(Definition::load(text).error().code(), ErrorCode::BadRequest) << text;
  }
  EXPECT_EQ(Definition::load("[]").error().code(), ErrorCode::InvalidContent);
  EXPECT_EQ(Definition::load(std::string((1u << 20) + 1, ' ')).error().code(), ErrorCode::TooLarge);
}

class DefinitionDirectory : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("shosoin-definitions-" + std::to_string(getpid()));
    std::filesystem::create_directory(path_);
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  void put(const std::string& name, const json::object& definition) {
    std::ofstream(path_ / name) << json::serialize(definition);
  }
  std::filesystem::path path_;
};
TEST_F(DefinitionDirectory, VersionsStandBesideEachOtherAndTheHighestIsCurrent) {
  auto second = shipped();
  second["version"] = 2;
  put("b.json", shipped());
  put("a.json", second);
  put("record-file-definition.schema.json", {{"not", "a definition"}});
  const auto set = DefinitionSet::load_directory(path_).value();
  EXPECT_EQ(set.all().size(), 2u);
  EXPECT_EQ(set.find("honnin-kakunin-joho")->version(), 2);
  EXPECT_EQ(set.find("honnin-kakunin-joho", 1)->version(), 1);
  EXPECT_EQ(set.find("honnin-kakunin-joho", 3), nullptr);
  EXPECT_EQ(set.find("jido-teate"), nullptr);
}
TEST_F(DefinitionDirectory, TwoFilesWithTheSameVersionAreRefusedByName) {
  put("a.json", shipped());
  put("b.json", shipped());
  DefinitionFault fault;
  EXPECT_EQ(DefinitionSet::load_directory(path_, &fault).error().code(), ErrorCode::Conflict);
  EXPECT_EQ(fault.pointer, "b.json/version");
}
TEST_F(DefinitionDirectory, ABadFileIsRefusedByNameAndPointer) {
  put("a.json", with_item(2, "type", "string"));
  DefinitionFault fault;
  EXPECT_FALSE(DefinitionSet::load_directory(path_, &fault));
  EXPECT_EQ(fault.pointer, "a.json/items/2/type");
  EXPECT_EQ(DefinitionSet::load_directory(path_ / "missing").error().code(), ErrorCode::Settings);
}

}  // namespace
}  // namespace shosoin::files
