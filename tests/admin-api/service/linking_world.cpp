#include "tests/admin-api/service/linking_world.h"

#include <gtest/gtest.h>

#include "storage/files/check_digits.h"
#include "storage/files/synthetic.h"

namespace shosoin::test {
namespace {

using files::ItemRole;

const files::Definition& definition_of(ServiceWorld& world) {
  return *world.parts().definitions.find(ServiceWorld::kFile);
}

std::vector<std::string> fields_of(std::string_view line) {  // every value is quoted, and none holds a quote
  std::vector<std::string> out;
  line = line.substr(1, line.size() - 2);
  for (std::size_t at = 0; at <= line.size();) {
    const auto end = std::min(line.find("\",\"", at), line.size());
    out.emplace_back(line.substr(at, end - at));
    at = end + 3;
  }
  return out;
}

std::string line_of(const std::vector<std::string>& fields) {
  std::string out;
  for (const auto& field : fields) out += (out.empty() ? "\"" : ",\"") + field + "\"";
  return out + "\r\n";
}

}  // namespace

std::string LinkingWorld::number(unsigned which) {
  for (char check = '0'; check <= '9'; ++check) {
    auto digits = "99" + std::to_string(100'000'000 + which) + check;
    if (files::IndividualNumber::parse(digits)) return digits;
  }
  ENSURE(false);
}

std::vector<LinkingWorld::SomePerson> LinkingWorld::people(std::uint64_t count, std::uint64_t seed) {
  const auto& definition = definition_of(world);
  const auto number_at = definition.index_of(ItemRole::IndividualNumber).value();
  const auto code_at = definition.index_of(ItemRole::ResidentRecordCode).value();
  const auto text = world.csv(tenant, count, seed);
  std::vector<SomePerson> out;
  for (std::size_t at = text.find("\r\n") + 2; at < text.size();) {
    const auto end = text.find("\r\n", at);
    SomePerson person;
    person.values = fields_of(std::string_view(text).substr(at, end - at));
    person.number = person.values[number_at];
    person.resident_code = person.values[code_at];
    person.addressee = std::to_string(seed * 1000 + out.size());
    out.push_back(std::move(person));
    at = end + 2;
  }
  return out;
}

Told LinkingWorld::import(const std::vector<SomePerson>& people) {
  const auto& definition = definition_of(world);
  std::vector<std::string> head{"宛名番号"};
  for (const auto& item : definition.items()) head.push_back(item.name);
  auto text = line_of(head);
  for (const auto& person : people) {
    auto fields = person.values;
    fields[definition.index_of(ItemRole::IndividualNumber).value()] = person.number;
    fields.insert(fields.begin(), person.addressee);
    text += line_of(fields);
  }
  return world.import(world.session("sato", world.t1), world.t1, text);
}

void LinkingWorld::confirm(const Told& staged, const std::string& decision) {
  ASSERT_FALSE(staged.refused) << staged.text;
  const auto manager = world.session("kato", world.t2);
  const auto told = world.ask(Kind::ImportDecide,
                              {{FieldId::Terminal, world.t2},
                               {FieldId::Session, manager},
                               {FieldId::TenantCode, tenant},
                               {FieldId::ImportId, std::string(text_of(from_hex(staged.member("importId")).value()))},
                               {FieldId::Decision, decision},
                               {FieldId::Code, world.code("kato")}});
  ASSERT_FALSE(told.refused) << told.text;
}

std::vector<RecordId> LinkingWorld::records_of(const SomePerson& person) {
  using service::SearchKind;
  return service::search(store(), {SearchKind::ResidentRecordCode,
                                   service::search_prefix(SearchKind::ResidentRecordCode,
                                                          service::code_token(store(), person.resident_code)),
                                   {}})
      .value();
}

std::string LinkingWorld::integrated_of(const SomePerson& person) {
  const auto ids = records_of(person);
  ENSURE(ids.size() == 1);
  return service::find_record(store(), ids[0]).value().value().integrated;
}

}  // namespace shosoin::test
