#include "storage/files/amendment.h"

#include "firmware/base/limits_files.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;
using enum AmendmentRule;

json::object text_of_file(std::string_view key) {  // without its logic checks, which have tests of their own
  auto text = json::parse(read_source_file("storage/files/definitions/" + std::string(key) + ".json")).as_object();
  text.erase("checks");
  return text;
}
Definition load(const json::object& text) { return Definition::load(json::serialize(text)).value(); }

// The shipped definition as version 2, with one change.
template <class Change>
Amendment after(std::string_view key, Change&& change) {
  const auto older = text_of_file(key);
  auto newer = older;
  newer["version"] = 2;
  change(newer);
  return compare(load(older), load(newer));
}
json::object& item(json::object& definition, std::size_t index) {
  return definition["items"].as_array()[index].as_object();
}
json::object& group(json::object& definition, std::size_t index) {
  return definition["groups"].as_array()[index].as_object();
}
json::object new_item(std::string_view key, std::string_view group_key = "") {
  json::object made{{"no", "900"},    {"key", key},      {"name", "新項目"},
                    {"type", "text"}, {"maxLength", 10}, {"mayLeave", false}};
  if (!group_key.empty()) made["group"] = group_key;
  return made;
}
void insert(json::object& definition, std::size_t at, json::object made) {
  auto& items = definition["items"].as_array();
  items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), std::move(made));
}
// Exactly one change, and where.
void expect_one(const Amendment& amendment, AmendmentRule rule, std::string_view pointer, bool in_old = false) {
  ASSERT_EQ(amendment.changes.size(), 1u) << amendment_rule(rule).slug;
  const auto& change = amendment.changes[0];
  EXPECT_EQ(amendment_rule(change.rule).slug, amendment_rule(rule).slug);
  EXPECT_EQ(change.pointer, pointer);
  EXPECT_EQ(change.in_old, in_old);
  EXPECT_EQ(amendment.allowed(), amendment_rule(rule).allowed);
}
constexpr std::string_view kFlat = "honnin-kakunin-joho", kTables = "jido-teate";

TEST(Amendment, AHigherVersionThatChangesNothingElseIsAllowed) {
  const auto same = after(kTables, [](auto&) {});
  EXPECT_TRUE(same.changes.empty());
  EXPECT_TRUE(same.allowed());
}
TEST(Amendment, AppendsAndRelaxes) {
  expect_one(after(kFlat, [](auto& d) { insert(d, 36, new_item("later")); }), ItemAppended, "/items/36");
  expect_one(after(kTables, [](auto& d) { insert(d, 54, new_item("later", "entitlement")); }), ItemAppended,
             "/items/54");
  expect_one(after(kFlat, [](auto& d) { item(d, 1)["maxLength"] = 101; }), LengthGrown, "/items/1/maxLength");
  expect_one(after(kFlat, [](auto& d) { item(d, 1).erase("required"); }), NoLongerRequired, "/items/1/required");
  expect_one(after(kFlat, [](auto& d) { item(d, 1)["mayLeave"] = false; }), NoLongerLeaves, "/items/1/mayLeave");
  expect_one(after(kFlat, [](auto& d) { item(d, 2)["type"] = "code"; }), TypeWidened, "/items/2/type");
  expect_one(after(kFlat, [](auto& d) { item(d, 16).erase("check"); }), CheckDropped, "/items/16/check");
  expect_one(after(kFlat, [](auto& d) { item(d, 4)["name"] = "清音化かな氏名"; }), TextMended, "/items/4/name");
  expect_one(after(kFlat, [](auto& d) { d["source"] = "another page"; }), TextMended, "/source");
  expect_one(after("jumin-kihon-daicho", [](auto& d) { group(d, 0)["rows"] = "many"; }), RowsWidened, "/groups/0/rows");
  expect_one(after(kFlat, [](auto& d) { d["retentionEvents"].as_array().push_back("birthDate"); }), EventAppended,
             "/retentionEvents/2");
}
TEST(Amendment, ANewTableGoesBehindTheOthersWithItsItems) {
  const auto amendment = after(kTables, [](auto& d) {
    d["groups"].as_array().push_back({{"key", "later"}, {"rows", "many"}});
    insert(d, 164, new_item("laterItem", "later"));
  });
  ASSERT_EQ(amendment.changes.size(), 2u);
  EXPECT_EQ(amendment.changes[0].rule, GroupAppended);
  EXPECT_EQ(amendment.changes[0].pointer, "/groups/6");
  EXPECT_EQ(amendment.changes[1].rule, ItemAppended);
  EXPECT_TRUE(amendment.allowed());
}
TEST(Amendment, RefusesWhatWouldBreakEarlierRecords) {
  expect_one(after(kFlat, [](auto& d) { d["items"].as_array().pop_back(); }), ItemRemoved, "/items/35", true);
  expect_one(after(kFlat, [](auto& d) { insert(d, 5, new_item("early")); }), ItemInserted, "/items/5");
  expect_one(after(kFlat, [](auto& d) { std::swap(d["items"].as_array()[2], d["items"].as_array()[3]); }), ItemMoved,
             "/items/2");
  expect_one(after(kFlat, [](auto& d) { item(d, 1)["maxLength"] = 99; }), LengthShortened, "/items/1/maxLength");
  expect_one(after(kFlat, [](auto& d) { item(d, 2)["required"] = true; }), NowRequired, "/items/2/required");
  expect_one(after(kFlat, [](auto& d) { item(d, 23)["mayLeave"] = true; }), NowLeaves, "/items/23/mayLeave");
  expect_one(after(kFlat, [](auto& d) { item(d, 1)["type"] = "code"; }), TypeChanged, "/items/1/type");
  expect_one(after(kFlat, [](auto& d) { item(d, 14)["type"] = "text"; }), TypeChanged, "/items/14/type");  // a date
  expect_one(after(kFlat, [](auto& d) { item(d, 1).erase("role"); }), RoleChanged, "/items/1/role");
  expect_one(after(kFlat, [](auto& d) { item(d, 28)["check"] = "residentRecordCode"; }), CheckChanged,
             "/items/28/check");
  expect_one(after(kTables, [](auto& d) { group(d, 0)["rows"] = "one"; }), RowsNarrowed, "/groups/0/rows");
  expect_one(after(kTables, [](auto& d) { group(d, 0)["rows"] = "apart"; }), RowsNarrowed, "/groups/0/rows");
  expect_one(after(kFlat, [](auto& d) { d["retentionEvents"].as_array().pop_back(); }), EventRemoved,
             "/retentionEvents/1", true);
  expect_one(after(kFlat, [](auto& d) { d["version"] = 1; }), VersionNotHigher, "/version");
}
TEST(Amendment, ANewItemCannotBeRequired) {
  const auto amendment = after(kFlat, [](auto& d) {
    auto made = new_item("later");
    made["required"] = true;
    insert(d, 36, std::move(made));
  });
  ASSERT_EQ(amendment.changes.size(), 2u);
  EXPECT_EQ(amendment.changes[1].rule, NewItemRequired);
  EXPECT_EQ(amendment.changes[1].pointer, "/items/36/required");
  EXPECT_FALSE(amendment.allowed());
}
TEST(Amendment, AnIndividualNumberKeepsItsRole) {
  const auto amendment = after("jumin-kihon-daicho", [](auto& d) {
    item(d, 118)["role"] = "formerIndividualNumber";
    item(d, 117)["role"] = "relatedIndividualNumber";
  });
  ASSERT_EQ(amendment.changes.size(), 2u);
  for (const auto& change : amendment.changes) EXPECT_EQ(change.rule, RoleChanged);
  EXPECT_FALSE(amendment.allowed());
}
TEST(Amendment, TablesKeepTheirPlace) {
  const auto removed = after(kTables, [](auto& d) {
    d["groups"].as_array().pop_back();
    auto& items = d["items"].as_array();
    items.erase(items.begin() + 140, items.end());
  });
  EXPECT_EQ(removed.changes.front().rule, GroupRemoved);
  EXPECT_EQ(removed.changes.front().pointer, "/groups/5");
  EXPECT_TRUE(removed.changes.front().in_old);
  EXPECT_EQ(removed.changes.size(), 25u);  // and its 24 items
  const auto inserted = after(kTables, [](auto& d) {
    auto& groups = d["groups"].as_array();
    groups.insert(groups.begin(), json::value{{"key", "early"}, {"rows", "many"}});
    insert(d, 0, new_item("earlyItem", "early"));
  });
  EXPECT_FALSE(inserted.allowed());
  const auto has = [&](AmendmentRule rule) {
    return std::any_of(inserted.changes.begin(), inserted.changes.end(), [&](const auto& c) { return c.rule == rule; });
  };
  EXPECT_TRUE(has(GroupInserted));
  EXPECT_TRUE(has(GroupMoved));
}
TEST(Amendment, AnotherFileIsNoAmendment) {
  const auto amendment = compare(load(text_of_file(kFlat)), load(text_of_file(kTables)));
  ASSERT_EQ(amendment.changes.size(), 1u);
  EXPECT_EQ(amendment.changes[0].rule, NotTheSameFile);
}
TEST(Amendment, EveryRuleHasItsTextInBothLanguages) {
  for (int i = 0; i <= static_cast<int>(TooManyChanges); ++i) {
    const auto& row = amendment_rule(static_cast<AmendmentRule>(i));
    EXPECT_FALSE(row.slug.empty());
    EXPECT_FALSE(row.text.ja.empty());
    EXPECT_FALSE(row.text.en.empty());
  }
}
// What is allowed keeps earlier rows acceptable: the same CSV, with the new columns empty, is taken by the new version.
TEST(Amendment, WhatIsAllowedTakesEarlierRowsAsTheyWere) {
  auto newer = text_of_file(kFlat);
  newer["version"] = 2;
  insert(newer, 36, new_item("later"));
  item(newer, 1)["maxLength"] = 200;
  item(newer, 2)["type"] = "text";
  ASSERT_TRUE(compare(load(text_of_file(kFlat)), load(newer)).allowed());
  auto header = header_line(), row = row_line();
  header.insert(header.size() - 2, ",新項目");
  row.insert(row.size() - 2, ",");
  auto importer = Importer::create(load(newer), tenant(), {}).value();
  std::vector<std::string> values;
  const auto sink = [&](const ImportedRow& taken) -> Result<void> {
    values = taken.record.values;
    return success();
  };
  ASSERT_TRUE(importer.feed(view_of(header + row), sink));
  EXPECT_EQ(importer.finish(sink).value().verdict, Verdict::Accepted);
  values.pop_back();
  EXPECT_EQ(values, run_import(header_line() + row_line()).records.at(0).values);
}

}  // namespace
}  // namespace shosoin::files
