// For tests of imports into any table of any file: rows made by item key, an import declared with table and encoding,
// decisions, and questions. All people and numbers are made up.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "storage/files/definition.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {

using Row = std::map<std::string, std::string>;  // item key -> value; "宛名番号" for the column in front

struct Csv {
  const files::Definition& definition;
  std::size_t group;
  std::string text;                            // UTF-8
  std::vector<std::vector<std::string>> rows;  // as they were sent, column 宛名番号 left out
};
struct ImportWish {
  std::string encoding = "UTF-8", key = {};
  bool name_group = true, resume = false, standard_characters = false, five_digit_codes = false, no_collection = false;
};

// An individual number with its check digit; `index` up to 10^8.
std::string made_number(std::uint64_t index);
std::string made_resident_code(std::uint64_t index);
std::string in_encoding(std::string_view utf8, const char* name);  // by iconv, which is not ours

class TablesWorld : public ::testing::Test {
 protected:
  ServiceWorld& world = ServiceWorld::shared();
  const files::DefinitionSet definitions = files::DefinitionSet::embedded().value();
  const std::string tenant{ServiceWorld::kKoganei};

  // Required items that `rows` leave out get a value of their type; the subject gets `addressee` where the row has none.
  Csv csv_of(std::string_view file, std::string_view group, const std::vector<Row>& rows);
  Fields at(const std::string& id, const std::string& terminal);
  Told open(const std::string& id, const Csv& csv, const ImportWish& wish = {});
  Told send(const std::string& id, const std::string& import, std::string_view bytes, std::uint64_t offset);
  Told close(const std::string& id, const std::string& import);
  Told import(const std::string& id, const Csv& csv, const ImportWish& wish = {});
  Told decide(const std::string& import, const std::string& decision = "approve");  // by kato at the second terminal
  std::string confirmed(const Csv& csv, const ImportWish& wish = {});               // by sato; the import's id
  Fields question(const std::string& id, std::string_view file, const std::string& kind, const std::string& value);
  Told ask(const std::string& id, std::string_view file, const std::string& kind, const std::string& value);
  static std::string raw(const std::string& hex) { return std::string(text_of(from_hex(hex).value())); }
  static std::vector<std::string> values_of(const boost::json::value& record);
};

}  // namespace shosoin::test
