// What the tests of the record files share: vectors, the definition, CSV rows built by item key, and an importer run.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "storage/files/importer.h"

namespace shosoin::files {

inline std::string read_source_file(const std::string& path) {
  std::ifstream in(std::string(SHOSOIN_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
inline const boost::json::object& domain_vectors() {
  static const auto vectors = boost::json::parse(read_source_file("tests/vectors/domain.json"));
  return vectors.as_object();
}
inline std::string word(const boost::json::value& value) { return std::string(value.as_string()); }

inline const Definition& honnin() {
  static const auto set = DefinitionSet::embedded().value();
  return *set.find("honnin-kakunin-joho");
}
inline LocalGovernmentCode tenant(std::string_view code = "132101") { return LocalGovernmentCode::parse(code).value(); }

using Changes = std::map<std::string, std::string>;  // item key -> value

inline Changes sample_person() {
  return {{"residentRecordCode", "12345678903"},
          {"kanjiName", "髙橋　花子"},
          {"kanaName", "タカハシ　ハナコ"},
          {"birthDate", "1945-08-20"},
          {"sex", "2"},
          {"localGovernmentCode", "132101"},
          {"individualNumber", "123456789018"},
          {"address", "東京都小金井市本町6-6-3"},
          {"timestamp", "20251001120000"}};
}
inline std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (char c : value) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}
inline std::string header_line() {
  std::string line;
  for (const auto& item : honnin().items()) line += (line.empty() ? "" : ",") + in_quotes(item.name);
  return line + "\r\n";
}
inline std::string row_line(const Changes& changes = {}) {
  auto person = sample_person();
  for (const auto& [key, value] : changes) person[key] = value;
  std::string line;
  bool first = true;
  for (const auto& item : honnin().items()) {
    line += (std::exchange(first, false) ? "" : ",") + in_quotes(person[item.key]);
  }
  return line + "\r\n";
}

struct ImportRun {
  ImportReport report;
  std::vector<RecordInput> records;
  std::vector<RowState> states;
};
inline ImportRun run_import(std::string_view csv, ImportProfile profile = {}, std::size_t chunk = 1 << 16,
                            LocalGovernmentCode own = tenant()) {
  ImportRun run;
  auto importer = Importer::create(honnin(), own, profile).value();
  const auto sink = [&](const ImportedRow& row) -> Result<void> {
    run.records.push_back(row.record);
    run.states.push_back(row.state);
    return success();
  };
  auto rest = view_of(csv);
  while (!rest.empty()) {
    const auto part = rest.first(std::min(chunk, rest.size()));
    if (!importer.feed(part, sink)) break;
    rest = rest.subspan(part.size());
  }
  run.report = importer.finish(sink).value();
  return run;
}
inline std::size_t index_of_key(std::string_view key) {
  const auto& items = honnin().items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].key == key) return i;
  }
  ADD_FAILURE() << key;
  return 0;
}

}  // namespace shosoin::files
