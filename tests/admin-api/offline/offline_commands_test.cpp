// The commands that need no service: check, file, retention, synthetic.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "admin-api/cli/check_command.h"
#include "admin-api/cli/file_command.h"
#include "admin-api/cli/retention_command.h"
#include "admin-api/cli/synthetic_command.h"
#include "crypto/hash.h"

namespace shosoin::cli {
namespace {

namespace json = boost::json;

struct Run {
  int exit_code;
  std::string out, err;
};
Run run(std::vector<std::string> words, const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out, err;
  bool as_json = false;
  std::string language = "ja";
  CommandIo io{.in = in, .out = out, .err = err, .json = as_json, .language = language};
  CLI::App app("test");
  app.add_flag("--json", as_json);
  app.add_option("--lang", language);
  app.fallthrough();
  add_check_commands(app, io);
  add_file_commands(app, io);
  add_retention_commands(app, io);
  add_synthetic_commands(app, io);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  app.parse(words);
  return {io.exit_code, out.str(), err.str()};
}
std::vector<json::object> lines(const std::string& text) {
  std::vector<json::object> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(json::parse(line).as_object());
  return out;
}

TEST(CheckCommand, AnswersForOneValueAndLeavesTheExitCode) {
  EXPECT_EQ(run({"check", "individual-number", "123456789018"}).exit_code, 0);
  EXPECT_EQ(run({"check", "individual-number", "123456789018"}).out, "有効\n");
  EXPECT_EQ(run({"check", "individual-number", "123456789012"}).exit_code, 65);
  EXPECT_EQ(run({"check", "local-government-code", "132101", "--lang", "en"}).out, "valid\n");
  EXPECT_EQ(run({"check", "corporate-number", "8000020130001"}).exit_code, 0);
  EXPECT_EQ(run({"check", "residence-card", "AB12345678CD"}).exit_code, 0);
  EXPECT_EQ(run({"check", "residence-card", "ab12345678cd"}).exit_code, 65);
  EXPECT_EQ(run({"check", "date", "昭和64-01-07"}).out, "有効 1989-01-07\n");
  EXPECT_EQ(run({"check", "date", ""}).exit_code, 65);
}
TEST(CheckCommand, ReadsLinesAndAnswersEachWithItsNumber) {
  const auto result =
      run({"check", "individual-number", "--json", "--lang", "en"}, "123456789018\r\n12345678901X\n000000000000");
  EXPECT_EQ(result.exit_code, 65);
  const auto answers = lines(result.out);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_TRUE(answers[0].at("valid").as_bool());
  EXPECT_EQ(answers[0].at("line").as_int64(), 1);
  EXPECT_EQ(answers[1].at("reason").as_string(), "not-a-digit");
  EXPECT_EQ(answers[1].at("position").as_int64(), 12);
  EXPECT_EQ(answers[2].at("reason").as_string(), "placeholder");
}
TEST(CheckCommand, NeverRepeatsAValue) {
  for (auto value : {"123456789012", "123456789018", "12345678901X"}) {
    for (auto form : {"--json", "--lang=en"}) {
      const auto result = run({"check", "individual-number", form}, value);
      EXPECT_EQ((result.out + result.err).find("12345"), std::string::npos);
    }
  }
}
TEST(CheckCommand, WarnsWithoutRefusing) {
  const auto code = run({"check", "resident-record-code", "12345678901", "--json"});
  EXPECT_EQ(code.exit_code, 0);
  EXPECT_EQ(lines(code.out).at(0).at("warning").as_string(), "wrong-check-digit");
  const auto date = run({"check", "date", "平成31-05-01", "--json"});
  EXPECT_EQ(date.exit_code, 0);
  EXPECT_EQ(lines(date.out).at(0).at("date").as_string(), "2019-05-01");
  EXPECT_EQ(lines(date.out).at(0).at("warning").as_string(), "after-era-change");
}
TEST(CheckCommand, RefusesEmptyInputAndALineWithoutEnd) {
  EXPECT_EQ(run({"check", "date"}).exit_code, 64);
  EXPECT_FALSE(run({"check", "date"}).err.empty());
  EXPECT_EQ(run({"check", "date"}, std::string(10'000, '1')).exit_code, 65);
  const auto behind = run({"check", "date"}, std::string(10'000, '1') + "\n2024-06-20\n");
  EXPECT_EQ(behind.exit_code, 65);
  EXPECT_NE(behind.out.find("2024-06-20"), std::string::npos);
}

TEST(RetentionCommand, PrintsStartEndAndPurgeFrom) {
  const auto result =
      run({"retention", "explain", "--rule", "EXCL", "--period", "150y", "--event", "2024-06-20", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  const auto answer = lines(result.out).at(0);
  EXPECT_EQ(answer.at("start").as_string(), "2024-06-21");
  EXPECT_EQ(answer.at("end").as_string(), "2174-06-20");
  EXPECT_EQ(answer.at("purgeFrom").as_string(), "2174-06-21");
  EXPECT_EQ(answer.at("purgeFromInstant").as_string(), "2174-06-21T00:00:00+09:00");
  EXPECT_EQ(answer.at("endFiscalYear").as_int64(), 2174);
  EXPECT_EQ(answer.at("reasoning").as_array().size(), 4u);
  const auto words =
      run({"retention", "explain", "--rule", "EXCL", "--period", "150y", "--event", "2024-06-20", "--lang", "en"});
  EXPECT_NE(words.out.find("purge from: 2174-06-21"), std::string::npos);
}
TEST(RetentionCommand, AnswersARefusalInJsonWhereThatWasAskedFor) {
  const auto result =
      run({"retention", "explain", "--rule", "EXCL", "--period", "0y", "--event", "2024-06-20", "--json"});
  EXPECT_EQ(result.exit_code, 65);
  const auto answer = lines(result.out).at(0);
  EXPECT_EQ(answer.at("code").as_string(), "invalid-content");
  EXPECT_EQ(answer.at("exitCode").as_int64(), 65);
  EXPECT_TRUE(result.err.empty());
}
TEST(RetentionCommand, ReadsLinesAndGoesOnAfterABadOne) {
  const auto result = run({"retention", "explain", "--json"},
                          "INCL 1m 2025-01-31\nEXCL 5x 2024-06-20\nNEXT_FY 5y 0000-00-00\nEXCL 5y 2024-06-20 more\n");
  EXPECT_EQ(result.exit_code, 65);
  const auto answers = lines(result.out);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].at("end").as_string(), "2025-02-28");
  EXPECT_EQ(answers[1].at("line").as_int64(), 3);
  EXPECT_TRUE(answers[1].at("end").is_null());
  EXPECT_FALSE(answers[1].at("expires").as_bool());
  EXPECT_NE(result.err.find("2行目"), std::string::npos);
  EXPECT_NE(result.err.find("4行目"), std::string::npos);
}
TEST(RetentionCommand, AgreesWithEveryDomainVectorThroughItsLines) {
  std::ifstream file(SHOSOIN_SOURCE_DIR "/tests/vectors/domain.json");
  std::ostringstream text;
  text << file.rdbuf();
  const auto vectors = json::parse(text.str());
  std::string input;
  for (const auto& row : vectors.at("retention").as_array()) {
    input += std::string(row.at("rule").as_string()) + ' ' + std::to_string(row.at("period").as_int64()) +
             static_cast<char>(std::tolower(row.at("unit").as_string()[0])) + ' ' +
             std::string(row.at("event").as_string()) + '\n';
  }
  const auto answers = lines(run({"retention", "explain", "--json"}, input).out);
  ASSERT_EQ(answers.size(), vectors.at("retention").as_array().size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (auto name : {"start", "end", "purgeFrom"})
      EXPECT_EQ(answers[i].at(name), vectors.at("retention").as_array()[i].at(name));
  }
}
// Each refused with its number, in the language asked for, and none keeps the lines around it from their answers.
TEST(RetentionCommand, AnswersEveryLineWhateverStandsInTheOthers) {
  const std::vector<std::string> bad = {"",
                                        " ",
                                        "EXCL",
                                        "EXCL 5y",
                                        "EXCL 5y 2024-06-20 2024-06-21",
                                        "excl 5y 2024-06-20",
                                        "EXCL 5 2024-06-20",
                                        "EXCL 0y 2024-06-20",
                                        "EXCL -5y 2024-06-20",
                                        "EXCL 05y 2024-06-20",
                                        "EXCL 1001y 2024-06-20",
                                        "EXCL 4294967297y 2024-06-20",
                                        "EXCL 99999999999999999999y 2024-06-20",
                                        "EXCL ５y 2024-06-20",
                                        "EXCL 5y 2024-13-01",
                                        "EXCL 5y 2024-06-31",
                                        "EXCL 5y 2023-02-29",
                                        "EXCL 5y 1900-02-29",
                                        "EXCL 5y 2024-6-20",
                                        "EXCL 5y 20240620",
                                        "EXCL 5y 2024-A5-00",
                                        "EXCL 5y 2024-06-A4",
                                        "EXCL 5y 2024-00-20",
                                        "EXCL 5y 令和6-06-20",
                                        "EXCL 5y R06-06-20",
                                        "EXCL 1d 9999-12-31",
                                        "NEXT_FY 1y 9998-12-31",
                                        "EXCL 1000y 9000-01-01",
                                        "EXCL 366000d 9999-01-01",
                                        std::string("EXCL 5y 2024-06-20\0", 19),
                                        "\xFF\xFE 5y 2024-06-20",
                                        std::string(1 << 20, 'E')};
  const std::string good = "INCL 5y 2024-02-29";
  std::string input;
  for (const auto& line : bad) input += line + '\n' + good + "\r\n";
  for (const bool english : {false, true}) {
    const auto result = run({"retention", "explain", "--json", "--lang", english ? "en" : "ja"}, input);
    EXPECT_EQ(result.exit_code, 65);
    const auto answers = lines(result.out);
    ASSERT_EQ(answers.size(), bad.size());
    for (std::size_t i = 0; i < bad.size(); ++i) {
      EXPECT_EQ(answers[i].at("line").as_int64(), static_cast<std::int64_t>(2 * i + 2));
      EXPECT_EQ(answers[i].at("end").as_string(), "2029-02-28");  // 民法143条: no 29 February in that year
    }
    std::istringstream told(result.err);
    for (std::size_t i = 0; i < bad.size(); ++i) {
      std::string line;
      ASSERT_TRUE(std::getline(told, line)) << i;
      EXPECT_TRUE(line.starts_with(std::to_string(2 * i + 1) + (english ? ": " : "行目: "))) << line;
      EXPECT_EQ(line.find("直してください") == line.npos, english || i + 1 == bad.size()) << line;
    }
  }
  EXPECT_EQ(run({"retention", "explain"}, good).exit_code, 0);
  // The last day there is, and nothing beyond it.
  EXPECT_EQ(lines(run({"retention", "explain", "--json"}, "INCL 1d 9999-12-30").out).at(0).at("purgeFrom").as_string(),
            "9999-12-31");
}
TEST(RetentionCommand, TellsProposalsWithTheirSourcesAndThatNothingExpiresByThem) {
  const auto text = run({"retention", "proposals"});
  EXPECT_NE(text.out.find("住民基本台帳法施行令34条1項"), std::string::npos);
  EXPECT_NE(text.out.find("管理者が採択するまで、何も満了しません"), std::string::npos);
  const auto rows = lines(run({"retention", "proposals", "--json"}).out);
  ASSERT_GE(rows.size(), 10u);
  for (const auto& row : rows) EXPECT_FALSE(row.at("citation").as_string().empty());
}
TEST(RetentionCommand, RefusesHalfAQuestion) {
  EXPECT_EQ(run({"retention", "explain", "--rule", "EXCL"}).exit_code, 64);
  EXPECT_EQ(run({"retention", "explain"}).exit_code, 64);
  EXPECT_EQ(run({"retention", "explain", "--rule", "EXCL", "--period", "5y", "--event", "2023-02-30"}).exit_code, 65);
}

class FileCommand : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("shosoin-file-command-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  static json::object shipped(const std::string& key) {
    return json::parse(run({"file", "show", key}).out).as_object();
  }
  std::string put(const std::string& name, const json::object& definition) {
    const auto path = folder_ / name;
    std::ofstream(path) << json::serialize(definition);
    return path.string();
  }
  std::filesystem::path folder_;
};
TEST_F(FileCommand, ChecksADefinitionAndTellsWhatItHolds) {
  const auto file = put("a.json", shipped("jido-teate"));
  EXPECT_EQ(run({"file", "check", file}).exit_code, 0);
  EXPECT_EQ(run({"file", "check", file}).out, "有効: jido-teate 第1版、6組、164項目\n");
  EXPECT_EQ(run({"file", "check", file, "--lang", "en"}).out, "valid: jido-teate version 1, 6 table(s), 164 items\n");
  const auto answer = lines(run({"file", "check", file, "--json"}).out).at(0);
  EXPECT_TRUE(answer.at("valid").as_bool());
  EXPECT_EQ(answer.at("items").as_int64(), 164);
}
TEST_F(FileCommand, RefusesADefinitionWithPointerAndMessageInBothLanguages) {
  auto broken = shipped("jido-teate");
  broken["items"].as_array()[3].as_object()["type"] = "string";
  const auto file = put("a.json", broken);
  EXPECT_EQ(run({"file", "check", file}).exit_code, 65);
  EXPECT_NE(run({"file", "check", file}).out.find("/items/3/type: 決められた語"), std::string::npos);
  EXPECT_NE(run({"file", "check", file, "--lang", "en"}).out.find("/items/3/type: Must be one of"), std::string::npos);
  const auto answer = lines(run({"file", "check", file, "--json"}).out).at(0);
  EXPECT_FALSE(answer.at("valid").as_bool());
  EXPECT_EQ(answer.at("pointer").as_string(), "/items/3/type");
  std::ofstream(folder_ / "b.json") << "{";
  EXPECT_EQ(run({"file", "check", (folder_ / "b.json").string()}).exit_code, 65);
  EXPECT_NE(run({"file", "check", (folder_ / "missing.json").string()}).exit_code, 0);
}
TEST_F(FileCommand, AllowsAnAmendmentThatAppends) {
  const auto older = shipped("honnin-kakunin-joho");
  auto newer = older;
  newer["version"] = 2;
  newer["items"].as_array().push_back(
      {{"no", "37"}, {"key", "later"}, {"name", "新項目"}, {"type", "text"}, {"maxLength", 10}, {"mayLeave", false}});
  const auto before = put("a.json", older), after = put("b.json", newer);
  const auto result = run({"file", "diff", before, after});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "可  新 /items/36 (later): 項目を末尾に加えます。\nこの改正は使えます。\n");
  const auto answer = lines(run({"file", "diff", before, after, "--json"}).out).at(0);
  EXPECT_TRUE(answer.at("allowed").as_bool());
  EXPECT_EQ(answer.at("changes").as_array().at(0).at("pointer").as_string(), "/items/36");
}
TEST_F(FileCommand, RefusesAnAmendmentThatTakesAway) {
  auto older = shipped("honnin-kakunin-joho");
  older.erase("checks");  // they name the item that goes
  auto newer = older;
  newer["version"] = 2;
  newer["items"].as_array().pop_back();
  const auto result = run({"file", "diff", put("a.json", older), put("b.json", newer), "--lang", "en"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_NE(result.out.find("refused  old /items/35 (timestamp): An item cannot be taken away."), std::string::npos);
  EXPECT_NE(result.out.find("cannot be used"), std::string::npos);
  const auto same = run({"file", "diff", put("a.json", older), put("b.json", older)});
  EXPECT_EQ(same.exit_code, 65);  // the version has to grow
}
TEST_F(FileCommand, ShowsTheShippedDefinitionsAndNoOther) {
  EXPECT_EQ(shipped("sofusaki-joho").at("items").as_array().size(), 61u);
  EXPECT_EQ(run({"file", "show", "none"}).exit_code, 69);
}

TEST(SyntheticCommand, WritesTheSamePeopleToAFileAndToStandardOutput) {
  const auto path = std::filesystem::temp_directory_path() / ("shosoin-people-" + std::to_string(getpid()) + ".csv");
  const std::vector<std::string> words{"synthetic",           "people",  "--tenant", "132101", "--file",
                                       "honnin-kakunin-joho", "--count", "20",       "--seed", "4"};
  auto to_file = words;
  to_file.insert(to_file.end(), {"--out", path.string()});
  EXPECT_EQ(run(to_file).exit_code, 0);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const auto people = text.str();
  EXPECT_EQ(people, run(words).out);
  EXPECT_EQ(std::count(people.begin(), people.end(), '\n'), 21);
  std::filesystem::remove(path);
}
TEST(SyntheticCommand, RefusesAnUnknownTenantFileTableEncodingOrPlace) {
  EXPECT_EQ(run({"synthetic", "people", "--tenant", "132100"}).exit_code, 65);
  EXPECT_EQ(run({"synthetic", "people", "--tenant", "132101", "--file", "none"}).exit_code, 69);
  EXPECT_EQ(run({"synthetic", "people", "--tenant", "132101", "--group", "none"}).exit_code, 69);
  EXPECT_EQ(run({"synthetic", "people", "--tenant", "132101", "--encoding", "Shift_JIS"}).exit_code, 65);
  EXPECT_EQ(run({"synthetic", "people", "--tenant", "132101", "--out", "/nonexistent/people.csv"}).exit_code, 64);
  EXPECT_EQ(run({"synthetic", "people", "--tenant", "132101", "--directory", "/proc/none"}).exit_code, 64);
}
TEST(SyntheticCommand, WritesADeclaredEncodingAndLineEnd) {
  const auto text = run({"synthetic", "people", "--tenant", "431001", "--file", "jido-teate", "--group", "child",
                         "--count", "3", "--encoding", "CP932", "--line-end", "LF"})
                        .out;
  EXPECT_TRUE(text.starts_with("\"\x95\x9f\x8e\x83"));  // 福祉
  EXPECT_EQ(text.find('\r'), std::string::npos);
}
TEST(SyntheticCommand, ADirectoryHoldsEveryTableInEveryFormAndAManifestThatFits) {
  const auto place = std::filesystem::temp_directory_path() / ("shosoin-people-" + std::to_string(getpid()));
  const std::vector<std::string> words{"synthetic", "people", "--tenant", "110001",      "--count",
                                       "7",         "--seed", "2",        "--directory", place.string()};
  EXPECT_EQ(run(words).exit_code, 0);
  const auto bytes_of = [&](const std::string& name) {
    std::ifstream file(place / name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  };
  const auto manifest = boost::json::parse(bytes_of("manifest.json"));
  EXPECT_TRUE(manifest.at("testData").as_bool());
  EXPECT_EQ(manifest.at("format").as_int64(), 1);
  EXPECT_EQ(manifest.at("tenant").as_string(), "110001");
  std::set<std::string> files, forms;
  for (const auto& table : manifest.at("tables").as_array()) {
    const std::string name(table.at("name").as_string());
    const auto text = bytes_of(name);
    EXPECT_NE(name.find(".TEST.csv"), std::string::npos);
    EXPECT_EQ(text.size(), table.at("bytes").to_number<std::size_t>());
    EXPECT_EQ(to_hex(crypto::sha256(view_of(text))), table.at("sha256").as_string());
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), table.at("rows").to_number<std::int64_t>() + 1);
    EXPECT_EQ(text.starts_with("\xEF\xBB\xBF"), table.at("byteOrderMark").as_bool());
    EXPECT_EQ(text.find("\r\n") != text.npos, table.at("lineEnd").as_string() == "CRLF");
    files.emplace(table.at("file").as_string());
    forms.insert(std::string(table.at("encoding").as_string()) + std::string(table.at("lineEnd").as_string()));
  }
  EXPECT_EQ(manifest.at("tables").as_array().size(), 18u);
  EXPECT_EQ(files.size(), 7u);
  EXPECT_EQ(forms.size(), 6u);
  EXPECT_NE(run(words).exit_code, 0);  // never over a set that is there
  std::filesystem::remove_all(place);
}

}  // namespace
}  // namespace shosoin::cli
