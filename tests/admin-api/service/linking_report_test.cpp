// The consistency report: it finds what was planted, and tells no number (D-15; decisions 0056, 0057).
#include <gtest/gtest.h>

#include <set>

#include "admin-api/service/records/linking_check.h"
#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/linking_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using generations::Entry;
using generations::TableId;

class LinkingReport : public ::testing::Test, protected LinkingWorld {
 protected:
  Fields base(const std::string& id, const std::string& terminal) {
    return {
        {FieldId::Terminal, terminal}, {FieldId::Session, world.session(id, terminal)}, {FieldId::TenantCode, tenant}};
  }
  // All pages: finding kinds with the record ids they name.
  std::set<std::pair<std::string, std::string>> report() {
    std::set<std::pair<std::string, std::string>> out;
    auto fields = base("kato", world.t2);
    text.clear();
    for (pages = 1;; ++pages) {
      const auto told = world.ask(Kind::LinkingReport, fields);
      EXPECT_FALSE(told.refused) << told.text;
      text += told.text;
      for (const auto& finding : told.body.at("findings").as_array()) {
        std::string ids;
        for (const auto& id : finding.at("recordIds").as_array()) ids += std::string(id.as_string()) + " ";
        if (ids.empty()) ids = json::serialize(finding.at("integratedAddresseeNumbers"));
        out.emplace(std::string(finding.at("kind").as_string()), ids);
        EXPECT_FALSE(finding.at("ja").as_string().empty() || finding.at("en").as_string().empty());
      }
      if (!told.body.contains("cursor")) return out;
      fields[FieldId::ReportCursor] = told.member("cursor");
    }
  }
  void plant(std::vector<Entry> entries) {
    ASSERT_TRUE(store().change([&](std::uint64_t) -> Result<generations::Change> {
      return generations::Change{std::move(entries), {}, {}, {false, "{\"operation\":\"planted\"}"}};
    }));
  }
  std::string text;
  std::size_t pages = 0;
};

TEST_F(LinkingReport, FindsOneNumberOnTwoAddresseesAndOneAddresseeWithTwoNumbersAndPrintsNoNumber) {
  auto first = people(2, 701), second = people(2, 702);
  confirm(import(first));
  const auto before = report();
  second[0].number = first[0].number;        // one number on two addressees
  second[1].addressee = first[1].addressee;  // one addressee with two numbers
  confirm(import(second));
  auto after = report();
  for (const auto& known : before) after.erase(known);
  // Where others filled the basic register: whom it does not have is told, too.
  std::erase_if(after, [](const auto& finding) { return finding.first == "not-in-other-file"; });
  ASSERT_EQ(after.size(), 2u) << text;
  const auto names = [&](const std::string& kind, const SomePerson& one, const SomePerson& other) {
    const auto a = records_of(one)[0].hex(), b = records_of(other)[0].hex();
    return after.contains({kind, a + " " + b + " "}) || after.contains({kind, b + " " + a + " "});
  };
  EXPECT_TRUE(names("two-addressees", first[0], second[0])) << text;
  EXPECT_TRUE(names("addressee-of-two", first[1], second[1])) << text;
  for (const auto& person : {first[0], first[1], second[0], second[1]}) {
    EXPECT_EQ(text.find(person.number), std::string::npos);
    EXPECT_EQ(text.find(to_hex(service::code_token(store(), person.number))), std::string::npos);
    for (const auto& line : world.log_of(tenant)) EXPECT_EQ(line.find(person.number), std::string::npos);
  }
  bool told = false;  // and the log says whose data it told (L-06)
  for (const auto& line : world.log_of(tenant)) {
    if (line.find("\"linking-report\"") == std::string::npos) continue;
    told = told || line.find(records_of(second[1])[0].hex()) != std::string::npos;
  }
  EXPECT_TRUE(told);
}

TEST_F(LinkingReport, FindsWhatWasTakenOutOrPutInByHand) {
  const auto persons = people(5, 703);
  confirm(import(persons));
  const auto before = report();
  std::vector<std::string> ids, integrated;
  for (const auto& person : persons) {
    ids.push_back(records_of(person)[0].hex());
    integrated.push_back(integrated_of(person));
  }
  const auto token = [&](const std::string& digits) { return service::code_token(store(), digits); };
  auto link = service::addressee_bytes(integrated[0]);
  append(link, records_of(persons[0])[0].view());
  auto nowhere = service::addressee_bytes(integrated[1]);
  const auto missing = RecordId::random();
  append(nowhere, missing.view());
  plant({{{TableId::SubjectLinks, link}, std::nullopt},
         {{TableId::SubjectLinks, nowhere}, Bytes{}},
         {{TableId::Addressees, token(persons[2].number)}, std::nullopt},
         {{TableId::Addressees, token(persons[3].number)}, copy_of(view_of(integrated[4]))},
         {{TableId::Addressees, token(number(703))}, copy_of(view_of(integrated[1]))}});
  auto after = report();
  for (const auto& known : before) after.erase(known);
  EXPECT_TRUE(after.contains({"record-not-linked", ids[0] + " "})) << text;
  EXPECT_TRUE(after.contains({"link-without-record", missing.hex() + " "})) << text;
  EXPECT_TRUE(after.contains({"number-not-linked", ids[2] + " "})) << text;
  EXPECT_TRUE(after.contains({"number-of-another", ids[3] + " "})) << text;
  EXPECT_TRUE(after.contains({"number-without-record", "[\"" + integrated[1] + "\"]"})) << text;
  EXPECT_EQ(after.size(), 5u) << text;
  plant({{{TableId::SubjectLinks, link}, Bytes{}},
         {{TableId::SubjectLinks, nowhere}, std::nullopt},
         {{TableId::Addressees, token(persons[2].number)}, copy_of(view_of(integrated[2]))},
         {{TableId::Addressees, token(persons[3].number)}, copy_of(view_of(integrated[3]))},
         {{TableId::Addressees, token(number(703))}, std::nullopt}});
  EXPECT_EQ(report(), before);
}

TEST_F(LinkingReport, FindsSeveralNumbersOfOnePersonButNotAChangedOne) {
  auto persons = people(2, 704);
  confirm(import(persons));
  const auto before = report();
  // The second person's record, moved under the first one's integrated number.
  const auto moved = records_of(persons[1])[0];
  auto entry = service::find_record(store(), moved).value().value();
  const auto from = entry.integrated, to = integrated_of(persons[0]);
  auto old_link = service::addressee_bytes(from), new_link = service::addressee_bytes(to);
  append(old_link, moved.view());
  append(new_link, moved.view());
  const auto token = service::code_token(store(), persons[1].number);
  entry.integrated = to;
  plant({{{TableId::Records, copy_of(moved.view())}, generations::encode_record_entry(entry)},
         {{TableId::SubjectLinks, old_link}, std::nullopt},
         {{TableId::SubjectLinks, new_link}, Bytes{}},
         {{TableId::Addressees, token}, copy_of(view_of(to))}});
  auto after = report();
  for (const auto& known : before) after.erase(known);
  std::set<std::string> kinds;
  for (const auto& [kind, ids] : after) kinds.insert(kind);
  EXPECT_EQ(kinds, (std::set<std::string>{"several-numbers", "two-addressees"})) << text;
  entry.integrated = from;
  plant({{{TableId::Records, copy_of(moved.view())}, generations::encode_record_entry(entry)},
         {{TableId::SubjectLinks, old_link}, Bytes{}},
         {{TableId::SubjectLinks, new_link}, std::nullopt},
         {{TableId::Addressees, token}, copy_of(view_of(from))}});
  EXPECT_EQ(report(), before);
}

TEST_F(LinkingReport, GoesOnByItsCursorOnlyAndNeedsThePermission) {
  (void)report();
  auto fields = base("kato", world.t2);
  for (const auto* cursor : {"0", "0-", "-1", "9-0", "0-1000", "1-256", "00-1", "0-1 ", "0-0x", "4-0", "a-1"}) {
    fields[FieldId::ReportCursor] = cursor;
    const auto told = world.ask(Kind::LinkingReport, fields);
    EXPECT_EQ(told.refused, ErrorCode::InvalidContent) << cursor;
    EXPECT_EQ(told.member("pointer"), "/cursor");
  }
  fields[FieldId::ReportCursor] = "3-9";
  const auto last = world.ask(Kind::LinkingReport, fields);
  EXPECT_FALSE(last.refused || last.body.contains("cursor")) << last.text;
  EXPECT_EQ(world.ask(Kind::LinkingReport, base("sato", world.t1)).refused, ErrorCode::NotPermitted);
  auto foreign = base("kato", world.t2);
  foreign[FieldId::TenantCode] = std::string(ServiceWorld::kIshinomaki);
  EXPECT_EQ(world.ask(Kind::LinkingReport, foreign).refused, ErrorCode::NotFound);
}

}  // namespace
}  // namespace shosoin::test
