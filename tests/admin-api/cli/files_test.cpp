#include "admin-api/cli/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "admin-api/cli/context.h"
#include "admin-api/cli/erasure_paper.h"
#include "admin-api/cli/flat_file.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "admin-api/cli/login_reply.h"
#include "admin-api/cli/person.h"
#include "admin-api/cli/report.h"
#include "admin-api/cli/session_file.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::cli {
namespace {

class CommandLineFiles : public ::testing::Test {
 protected:
  std::string put(const std::string& name, std::string_view text, mode_t mode = 0600) {
    const auto path = (directory_.path() / name).string();
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string at(const std::string& name) const { return (directory_.path() / name).string(); }
  Context context_;
  support::TemporaryDirectory directory_;
};

constexpr std::string_view kPerson =
    R"({"id":"chiba","name":"千葉 花子","section":"市民課","staffNumber":"10011","password":"correct horse battery",)"
    R"("totpSecret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"})";

TEST_F(CommandLineFiles, ReadsAPersonFromJsonAndFromToml) {
  const auto json = read_person(context_, put("a.json", kPerson));
  ASSERT_TRUE(json);
  EXPECT_EQ(json.value().id, "chiba");
  EXPECT_EQ(json.value().staff_number, "10011");
  EXPECT_EQ(text_of(json.value().totp_secret), "12345678901234567890");  // RFC 6238, appendix B
  const auto toml = read_person(context_, put("a.toml", "id = \"chiba\"\npassword = \"correct horse battery\"\n"));
  ASSERT_TRUE(toml);
  EXPECT_TRUE(toml.value().totp_secret.empty());
}

TEST_F(CommandLineFiles, RefusesAPersonFileThatOthersMayRead) {
  for (const mode_t mode : {0640, 0604, 0660, 0644}) {
    const auto refused = read_person(context_, put("a.json", kPerson, mode));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::Settings);
  }
}

TEST_F(CommandLineFiles, RefusesAPersonFileBehindALink) {
  std::filesystem::create_symlink(put("a.json", kPerson), at("link.json"));
  EXPECT_FALSE(read_person(context_, at("link.json")));
}

TEST_F(CommandLineFiles, RefusesAPersonFileWithAnUnknownName) {
  FlatFault fault;
  const auto refused = parse_flat("id = \"a\"\npasswrod = \"b\"\n", {"id", "password"}, fault);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::BadRequest);
  EXPECT_EQ(fault.place, "line 2: passwrod");
}

TEST_F(CommandLineFiles, RefusesAPersonFileThatNamesAMemberTwice) {
  FlatFault fault;
  EXPECT_FALSE(parse_flat(R"({"id":"a","id":"b"})", {"id"}, fault));
  EXPECT_FALSE(parse_flat("id = \"a\"\nid = \"b\"\n", {"id"}, fault));
}

TEST_F(CommandLineFiles, RefusesAPersonWhoseSecondFactorIsNotTwentyBytes) {
  const auto refused = read_person(context_, put("a.json", R"({"id":"a","password":"b","totpSecret":"GEZDGNBV"})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::BadRequest);
}

TEST_F(CommandLineFiles, JoinsListsOfTextsByCommas) {
  FlatFault fault;
  const auto parsed = parse_flat("permissions = [\"retrieve\", \"import\"]\n", {"permissions"}, fault);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed.value().at("permissions"), "retrieve,import");
}

TEST_F(CommandLineFiles, NeverWritesASecretOverAnExistingFile) {
  const auto path = put("share", "kept");
  const auto refused = write_private(path, view_of("new"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Conflict);
  EXPECT_EQ(read_text(path, 100).value(), "kept");
}

TEST_F(CommandLineFiles, WritesSecretsSoThatOnlyTheirOwnerReadsThem) {
  const auto old_mask = ::umask(0);
  ASSERT_TRUE(write_private(at("secret"), view_of("x")));
  ::umask(old_mask);
  struct stat facts {};
  ASSERT_EQ(::stat(at("secret").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(CommandLineFiles, RefusesAFileThatIsLargerThanItMayBe) {
  const auto refused = read_text(put("large", std::string(101, 'x')), 100);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::TooLarge);
}

TEST_F(CommandLineFiles, KeepsASessionOnlyInItsFile) {
  const std::string token = to_base64url(Bytes(32, 0xA5));
  boost::json::value reply = boost::json::object{{"session", token}, {"operatorId", "chiba"}};
  context_.json = true;
  testing::internal::CaptureStdout();
  ASSERT_TRUE(keep_session(context_, reply, "chiba", at("session")));
  EXPECT_EQ(testing::internal::GetCapturedStdout().find(token), std::string::npos);
  const auto session = read_session(context_, at("session"));
  ASSERT_TRUE(session);
  EXPECT_EQ(session.value().token[0], 0xA5);
  EXPECT_EQ(session.value().person, "chiba");
}

TEST_F(CommandLineFiles, RefusesALoginAnswerWithoutAToken) {
  boost::json::value reply = boost::json::object{{"operatorId", "chiba"}};
  EXPECT_FALSE(keep_session(context_, reply, "chiba", at("session")));
}

TEST_F(CommandLineFiles, LogsInWithAProfileWhoseSessionIsNotThereYet) {
  context_.profile =
      put("gate.toml", "url = \"https://localhost:1\"\nca = \"a\"\ncert = \"b\"\nkey = \"c\"\nsession = \"" +
                           at("none.session") + "\"\n");
  GateOptions login;
  EXPECT_TRUE(GateClient::open(context_, login));
  GateOptions other;
  other.takes_session = true;
  const auto refused = GateClient::open(context_, other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().doing(), "open a secret file");
}

TEST_F(CommandLineFiles, LooksAtTheSessionBeforeAnybodyIsAskedForACode) {
  GateOptions gate{"https://localhost:1", "a", "b", "c", at("none.session"), true};
  CodeOptions code;
  code.code_file = at("none.code");
  EXPECT_EQ(fresh_code(context_, gate, code).error().doing(), "open a secret file");
  gate.session_file.clear();
  const auto missing = fresh_code(context_, gate, code);
  EXPECT_EQ(missing.error().code(), ErrorCode::BadRequest);  // a missing option, and no failed login
  EXPECT_EQ(missing.error().doing(), "find the session");
  Session session;
  session.person = "chiba";
  ASSERT_TRUE(write_session(context_, at("none.session"), session));
  gate.session_file = at("none.session");
  EXPECT_EQ(fresh_code(context_, gate, code).error().doing(), "open a file");  // now the code
}

TEST_F(CommandLineFiles, SaysThatThePlaceOfASecondFactorIsTakenBeforeItAsks) {
  EXPECT_TRUE(check_totp_path(context_, at("free.totp")));
  EXPECT_EQ(check_totp_path(context_, "").error().code(), ErrorCode::BadRequest);
  const auto taken = put("taken.totp", "kept");
  EXPECT_EQ(check_totp_path(context_, taken).error().code(), ErrorCode::Conflict);
  std::filesystem::create_symlink(at("nowhere"), at("link.totp"));
  EXPECT_EQ(check_totp_path(context_, at("link.totp")).error().code(), ErrorCode::Conflict);
  EXPECT_EQ(ask_person(context_, taken).error().doing(), "find a free place for the second factor's secret");
  EXPECT_EQ(read_text(taken, 100).value(), "kept");
}

TEST_F(CommandLineFiles, KeepsTheSecondFactorOfARefusedEnrolmentOnlyWhereItsOutcomeIsUnknown) {
  const auto path = put("a.totp", "secret");
  testing::internal::CaptureStderr();
  forget_totp(context_, path, true);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("operator list"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(path));
  forget_totp(context_, path, false);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(CommandLineCursor, TakesACursorAsItWasCopied) {
  for (const auto* given : {"--cursor=00ff", "--cursor=00ff\r", "--cursor=00ff \r\n", "--cursor=00ff  "}) {
    CLI::App app;
    std::string cursor;
    add_cursor_option(&app, cursor);
    const char* words[] = {"shosoin", given};
    app.parse(2, words);
    EXPECT_EQ(cursor, "00ff");
  }
}

TEST(CommandLinePaths, RefusesAnythingButPlainWordsInAPath) {
  EXPECT_TRUE(path_of("132101", "files/honnin-kakunin-joho/imports"));
  for (const auto* word : {"", "..", "a b", "a%2fb", "a?b", "a#b", "千"}) {
    EXPECT_FALSE(path_of("132101", std::string("files/") + word)) << word;
    EXPECT_FALSE(path_of(word, "erasures")) << word;
  }
}

TEST(CommandLineReport, TellsFieldsInTheLanguageAskedFor) {
  const boost::json::value reply = boost::json::object{
      {"state", "staged"}, {"locked", false}, {"records", boost::json::array{boost::json::object{{"recordId", "ab"}}}}};
  EXPECT_EQ(readable(reply, true), "状態: staged\nロック: いいえ\n記録:\n  1:\n    記録ID: ab\n");
  EXPECT_EQ(readable(reply, false), "state: staged\nlocked: no\nrecords:\n  1:\n    record: ab\n");
}

TEST(CommandLineReport, ShowsAnItemUnderTheNameOfTheRegister) {
  const boost::json::value items = boost::json::array{
      boost::json::object{{"no", "2"}, {"key", "kanjiName"}, {"name", "漢字氏名"}, {"value", "千葉"}}};
  EXPECT_EQ(readable(items, true), "漢字氏名: 千葉\n");
}

boost::json::value paper_of(boost::json::object item) {
  return boost::json::object{{"disposalId", "00ff"}, {"item", std::move(item)}};
}

TEST(CommandLineReport, NamesTheMonthsOfTheLogThatWentInPlaceOfACountOfRecords) {
  const auto reply =
      paper_of({{"count", 0}, {"monthCount", 2}, {"logMonths", boost::json::array{"2019-04", "2019-05"}}});
  const auto japanese = erasure_paper(reply, true).value();
  EXPECT_NE(japanese.find("消去したログの月: 2019-04, 2019-05\n"), std::string::npos) << japanese;
  EXPECT_EQ(japanese.find("消去した件数"), std::string::npos);
  EXPECT_NE(erasure_paper(reply, false).value().find("Months of the log erased: 2019-04, 2019-05\n"),
            std::string::npos);
  const boost::json::value list = boost::json::object{{"disposalRegister", boost::json::array{reply}}};
  EXPECT_NE(register_text(list, false).value().find("2 months (2019-04, 2019-05)"), std::string::npos);
  EXPECT_NE(erasure_paper(paper_of({{"count", 3}}), true).value().find("消去した件数: 3\n"), std::string::npos);
}

TEST(CommandLineReport, SaysThatAPersonDecidedWhereNoEndIsKnown) {
  const boost::json::object decided{{"undeterminedDecided", true}};
  const auto none = erasure_paper(paper_of({{"endOfRetention", nullptr}, {"approvedBy", decided}}), true).value();
  EXPECT_NE(none.find("満了日: 起算の基となる日が不明"), std::string::npos) << none;
  const auto some = erasure_paper(paper_of({{"endOfRetention", "2019-12-31"}, {"approvedBy", decided}}), false).value();
  EXPECT_NE(some.find("End of retention: 2019-12-31; undetermined"), std::string::npos) << some;
  const auto known = erasure_paper(paper_of({{"endOfRetention", "2019-12-31"}}), false).value();
  EXPECT_NE(known.find("End of retention: 2019-12-31\n"), std::string::npos) << known;
}

TEST(CommandLineReport, PutsWhatARefusalPointsToIntoItsWords) {
  const boost::json::object body{{"holdId", "00ff"}, {"purgeFrom", "2031-04-01"}, {"count", 3}};
  EXPECT_EQ(with_values("廃棄停止(holdId)がかかっています。", body), "廃棄停止(holdId: 00ff)がかかっています。");
  EXPECT_EQ(with_values("A hold (holdId) is in force.", body), "A hold (holdId: 00ff) is in force.");
  const boost::json::object shortens{{"shortens", {{"count", 1004}, {"earliestEnd", "2005-01-10"}}}};
  EXPECT_EQ(with_values("Look at both (shortens).", shortens), "Look at both (shortens: count 1004, earliestEnd 2005-01-10).");
  for (const auto* words : {"holdId", "(count)", "(another)", "(purge)", ""})
    EXPECT_EQ(with_values(words, body), words);
}
TEST(CommandLineErrors, KnowsEveryProblemTypeOfTheTable) {
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(code_of_slug(error_row(code).slug), code);
  }
  EXPECT_EQ(code_of_slug("method-not-allowed"), std::nullopt);
}

}  // namespace
}  // namespace shosoin::cli
