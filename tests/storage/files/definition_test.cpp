#include "storage/files/definition.h"

#include <filesystem>

#include "storage/files/embedded.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

json::object shipped() {
  return json::parse(read_source_file("storage/files/definitions/honnin-kakunin-joho.json")).as_object();
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

TEST(Definition, ItemsEqualTheSeedInNameNumberAndOrder) {
  const auto seed = json::parse(read_source_file("tests/vectors/seeds/003-2_honnin-kakunin-joho.json")).as_object();
  EXPECT_EQ(honnin().name(), word(seed.at("file")));
  std::size_t index = 0;
  for (const auto& group : seed.at("groups").as_array()) {
    for (const auto& item : group.as_object().at("items").as_array()) {
      ASSERT_LT(index, honnin().items().size());
      EXPECT_EQ(honnin().items()[index].name, word(item.as_object().at("name")));
      EXPECT_EQ(honnin().items()[index].number, word(item.as_object().at("no")));
      ++index;
    }
  }
  EXPECT_EQ(index, 36u);
  EXPECT_EQ(honnin().items().size(), 36u);
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
TEST(Definition, TheEmbeddedOneIsTheFileBesideTheCode) {
  ASSERT_EQ(embedded::definitions().size(), 1u);
  EXPECT_EQ(embedded::definitions()[0], read_source_file("storage/files/definitions/honnin-kakunin-joho.json"));
}
TEST(Definition, AnUnknownMemberIsRefusedWithItsPointer) {
  auto definition = shipped();
  definition["colour"] = "red";
  EXPECT_EQ(pointer_of(definition), "/colour");
  EXPECT_EQ(pointer_of(with_item(2, "lenght", 3)), "/items/2/lenght");
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
  for (int i = 0; i <= static_cast<int>(ItemType::Timestamp); ++i)
    types.emplace_back(to_text(static_cast<ItemType>(i)));
  for (int i = 1; i <= static_cast<int>(ItemRole::Address); ++i) roles.emplace_back(to_text(static_cast<ItemRole>(i)));
  for (int i = 1; i <= static_cast<int>(ItemCheck::OwnLocalGovernmentCode); ++i)
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
                           {"format", 2},
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
