// The pure parts of the gate: heads, header values, problems, mapping, settings.
#include <gtest/gtest.h>

#include <set>

#include "admin-api/gate/answer.h"
#include "admin-api/gate/http_head.h"
#include "admin-api/gate/http_values.h"
#include "admin-api/gate/request_map.h"
#include "admin-api/gate/settings.h"
#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

using protocol::FieldId;

int status_of(std::string_view bytes) {
  Head head;
  const auto refused = read_head(bytes, {"localhost", "shosoin.example:8443"}, head);
  if (!refused) return 200;
  EXPECT_TRUE(refused->close);
  return refused->status;
}
std::string get(std::string_view target, std::string_view lines = "Host: localhost\r\n") {
  return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(lines) + "\r\n";
}

TEST(HttpHead, TakesTheHostsOfTheSettingsAndNoOther) {
  for (auto host : {"localhost", "LOCALHOST", "localhost:8443", "shosoin.example:8443"}) {
    EXPECT_EQ(status_of(get("/a", "Host: " + std::string(host) + "\r\n")), 200) << host;
  }
  for (auto host : {"localhost:", "localhost:99999999", "localhost.evil", "shosoin.example", "shosoin.example:1",
                    "[::1]", "127.0.0.1", "[::1]:8443"}) {
    EXPECT_EQ(status_of(get("/a", "Host: " + std::string(host) + "\r\n")), 421) << host;
  }
  for (auto host : {"", ":8443", "a@localhost", "localhost/", "localhost:a", "[::1", "[]", "[::1]8443", "[x]",
                    "local host", "localhost#", "localhost:84:43"}) {
    EXPECT_EQ(status_of(get("/a", "Host: " + std::string(host) + "\r\n")), 400) << host;
  }
  EXPECT_EQ(status_of(get("/a", "")), 400);
  EXPECT_EQ(status_of(get("/a", "Host: localhost\r\nHost: localhost\r\n")), 400);
}
TEST(HttpHead, TakesPlainPathsAndTheAbsoluteForm) {
  EXPECT_EQ(status_of(get("/v1/x-y_z.~9")), 200);
  EXPECT_EQ(status_of(get("https://localhost/a")), 200);
  EXPECT_EQ(status_of(get("https://localhost")), 200);
  EXPECT_EQ(status_of(get("https://elsewhere/a")), 421);
  EXPECT_EQ(status_of(get("http://localhost/a")), 421);
  for (auto target : {"*", "a", "https:///a", "https://", "https://a@localhost/", "https://localhost?a",
                      "ftp://localhost/a", "/a?b", "/a#b", "/%31", "/a;b", "/a\\b", "/\x7f"}) {
    EXPECT_EQ(status_of(get(target)), 400) << target;
  }
  EXPECT_EQ(status_of(get("/" + std::string(limits::kMaxHttpTarget, 'a'))), 414);
}
TEST(HttpHead, RefusesEveryOtherShapeOfARequestLine) {
  const std::string rest = "\r\nHost: localhost\r\n\r\n";
  for (auto line : {"", "GET", "GET /a", "GET  /a HTTP/1.1", " GET /a HTTP/1.1", "GET /a HTTP/1.1 ", "G(T /a HTTP/1.1",
                    "GET /a http/1.1", "GET /a HTTP/11", "GET\t/a HTTP/1.1"}) {
    EXPECT_EQ(status_of(line + rest), 400) << line;
  }
  for (auto version : {"HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2"}) {
    EXPECT_EQ(status_of("GET /a " + std::string(version) + rest), 505) << version;
  }
}
TEST(HttpHead, RefusesHeaderLinesThatAreNotOfTheGrammar) {
  for (auto line : {"A : b\r\n", " A: b\r\n", "\tA: b\r\n", ": b\r\n", "A\r\n", "A: b\x01\r\n", "A: b\x7f\r\n",
                    "A: \xe3\x81\x82\r\n", "A: b\rc\r\n", "A: b\nc\r\n", "(A): b\r\n"}) {
    EXPECT_EQ(status_of(get("/a", "Host: localhost\r\n" + std::string(line))), 400) << line;
  }
  EXPECT_EQ(status_of(get("/a", std::string("Host: localhost\r\nA: ") + '\0' + "\r\n")), 400);
  std::string many = "Host: localhost\r\n";
  for (std::size_t i = 1; i < limits::kMaxHttpFields; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(get("/a", many)), 200);
  EXPECT_EQ(status_of(get("/a", many + "A: b\r\n")), 431);
}
TEST(HttpHead, ReadsOneLengthInOneWay) {
  Head head;
  EXPECT_FALSE(read_head(get("/a", "Host: localhost\r\nContent-Length: 0012\r\n"), {"localhost"}, head));
  EXPECT_EQ(head.content_length, 12u);
  head = {};
  EXPECT_FALSE(read_head(get("/a", "Host: localhost\r\ntransfer-encoding: Chunked\r\n"), {"localhost"}, head));
  EXPECT_TRUE(head.chunked);
  for (auto line :
       {"Content-Length: \r\n", "Content-Length: -1\r\n", "Content-Length: 1,1\r\n", "Content-Length: 0x1\r\n",
        "Transfer-Encoding: \r\n", "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: , chunked\r\n", "Transfer-Encoding: chunked,\r\n", "Transfer-Encoding: g zip, chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
    EXPECT_EQ(status_of(get("/a", "Host: localhost\r\n" + std::string(line))), 400) << line;
  }
}
TEST(HttpHead, TellsALengthTooLargeAndACodingUnknownFromADoubt) {
  EXPECT_EQ(status_of(get("/a", "Host: localhost\r\nContent-Length: 9999999999999\r\n")), 413);
  EXPECT_EQ(status_of(get("/a", "Host: localhost\r\nContent-Length: " + std::string(99, '9') + "\r\n")), 413);
  EXPECT_EQ(status_of(get("/a", "Host: localhost\r\nTransfer-Encoding: gzip, chunked\r\n")), 501);
  EXPECT_EQ(status_of(get("/a", "Host: localhost\r\nTransfer-Encoding: x, gzip , Chunked\r\n")), 501);
}
TEST(HttpHead, TakesTheMethodsOfTheRoutesAndHead) {
  const std::string rest = " /a HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const auto& route : routes()) EXPECT_EQ(status_of(std::string(name_of(route.method)) + rest), 200);
  EXPECT_EQ(status_of("HEAD" + rest), 200);
  for (auto method : {"PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "GETS", "GE", "BREW"}) {
    EXPECT_EQ(status_of(method + rest), 501) << method;
  }
}
TEST(HttpHead, SaysWhichPartOfAHeadWithoutEndIsTooLong) {
  const auto status = [](const std::string& bytes) {
    const Problem problem = refuse_long_head(bytes);
    EXPECT_TRUE(problem.close);
    return problem.status;
  };
  EXPECT_EQ(status(std::string(limits::kMaxHttpHeader + 1, 'G')), 501);
  EXPECT_EQ(status("GET /" + std::string(limits::kMaxHttpHeader, 'a')), 414);
  EXPECT_EQ(status("GET /" + std::string(limits::kMaxHttpHeader, 'a') + "\r\n"), 414);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nX: " + std::string(limits::kMaxHttpHeader, 'a')), 431);
}
TEST(HttpHead, ReadsAListOverItsLinesAndTheOptionsOfAConnection) {
  Head head;
  const std::string bytes =
      get("/a", "Host: localhost\r\nAccept: a/b\r\nConnection: x,, y\r\nACCEPT: c/d;q=0.5\r\nconnection: Close\r\n");
  EXPECT_FALSE(read_head(bytes, {"localhost"}, head));
  EXPECT_EQ(head.list("accept"), "a/b, c/d;q=0.5");
  EXPECT_EQ(head.list("X"), "");
  EXPECT_TRUE(head.close);
  for (auto value : {"close;x", "close close", "\"close\"", "a, (b)"}) {
    EXPECT_EQ(status_of(get("/a", "Host: localhost\r\nConnection: " + std::string(value) + "\r\n")), 400) << value;
  }
}
TEST(HttpHead, RefusesASecondLineOfAFieldThatStandsOnce) {
  for (auto name : {"Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "Expect"}) {
    const std::string line = std::string(name) + ": x\r\n";
    EXPECT_EQ(status_of(get("/a", "Host: localhost\r\n" + line + line)), 400) << name;
  }
}

TEST(HttpValues, TheMostSpecificMediaRangeDecides) {
  EXPECT_TRUE(accepts("", "application/json"));
  EXPECT_TRUE(accepts("*/*", "application/json"));
  EXPECT_TRUE(accepts("text/html, application/*;q=0.1", "application/json"));
  EXPECT_FALSE(accepts("*/*, application/json;q=0", "application/json"));
  EXPECT_FALSE(accepts("text/*", "application/json"));
  EXPECT_FALSE(accepts("application/json;q=2", "application/json"));
}
TEST(HttpValues, JapaneseIsSpokenUnlessEnglishIsPreferred) {
  EXPECT_EQ(choose_language(""), Language::Ja);
  EXPECT_EQ(choose_language("fr"), Language::Ja);
  EXPECT_EQ(choose_language("en"), Language::En);
  EXPECT_EQ(choose_language("en;q=0"), Language::Ja);
  EXPECT_EQ(choose_language("ja;q=0.5, EN-us;q=0.6"), Language::En);
  EXPECT_EQ(choose_language("en;q=abc, ja"), Language::Ja);
}
TEST(HttpValues, ABearerTokenIs32BytesInCanonicalBase64Url) {
  EXPECT_TRUE(parse_bearer("bearer " + to_base64url(Bytes(32, 1))));
  EXPECT_FALSE(parse_bearer("Bearer " + to_base64url(Bytes(31, 1))));
  EXPECT_FALSE(parse_bearer("Bearer " + to_base64(Bytes(32, 1))));
  EXPECT_FALSE(parse_bearer("Bearer"));
}
TEST(HttpValues, AnIdempotencyKeyIsShortAndVisible) {
  EXPECT_TRUE(is_idempotency_key("\"8e03978e\""));
  EXPECT_FALSE(is_idempotency_key(""));
  EXPECT_FALSE(is_idempotency_key("a b"));
  EXPECT_FALSE(is_idempotency_key(std::string(65, 'a')));
}

TEST(Problems, HaveUniqueCodesAndBothLanguages) {
  std::set<std::string_view> codes;
  for (const auto& problem : every_problem()) {
    EXPECT_TRUE(codes.insert(problem.slug).second) << problem.slug;
    EXPECT_FALSE(problem.title_ja.empty());
    EXPECT_FALSE(problem.title_en.empty());
    EXPECT_GE(problem.status, 400);
    const Answer answer = answer_with(problem, Language::Ja, 1);
    EXPECT_EQ(to_wire(answer, false, {}).find("Unnamed"), std::string::npos) << problem.status;
  }
  EXPECT_EQ(codes.size(), kErrorCodeCount + kFaultCount);
}
TEST(Answers, AHeadAnswerTellsTheLengthAndKeepsTheBody) {
  const Answer answer{200, "application/json", "{}", {}, {}, false};
  EXPECT_TRUE(to_wire(answer, false, {}).ends_with("\r\n\r\n{}"));
  const std::string head = to_wire(answer, true, {});
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_NE(head.find("Content-Length: 2\r\n"), std::string::npos);
  EXPECT_NE(head.find("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"), std::string::npos);
}

TEST(Routes, AskOnlyWhatTheGateMayAskAndSupplyEveryRequiredField) {
  for (const auto& route : routes()) {
    const auto* rule = protocol::find_rule(route.kind);
    ASSERT_NE(rule, nullptr) << route.operation;
    EXPECT_TRUE(rule->on_gate) << route.operation;
    std::string path(route.path);
    for (auto at = path.find('{'); at != std::string::npos; at = path.find('{'))
      path.replace(at, path.find('}') - at + 1, std::string(32, 'a'));
    const Match match = match_route(name_of(route.method), path);
    ASSERT_EQ(match.route, &route);
    std::set<FieldId> supplied;
    for (const auto& value : match.values) supplied.insert(value.parameter->field);
    for (const auto& member : route.members) {
      EXPECT_TRUE(supplied.insert(member.field).second) << member.pointer;
    }
    if (route.body == BodyKind::Csv) supplied.insert(FieldId::Encoding);
    if (route.body == BodyKind::Octets) supplied.insert(FieldId::Chunk);
    if (route.idempotency_key) supplied.insert(FieldId::IdempotencyKey);
    if (route.handling == Handling::OpenApi) continue;
    for (const auto& field : rule->fields) {
      EXPECT_TRUE(supplied.erase(field.id) == 1 || !field.required) << route.operation;
      for (const auto& member : route.members) {
        if (member.field != field.id || !field.required) continue;
        EXPECT_EQ(member.demand, Demand::ByGate) << member.pointer;
      }
    }
    EXPECT_TRUE(supplied.empty()) << route.operation;
  }
}
TEST(Routes, NeverTakeANumberOfAPersonFromThePath) {
  for (const auto& route : routes()) {
    const Match match = match_route(name_of(route.method), route.path);
    for (const auto& value : match.values) EXPECT_NE(value.parameter->field, FieldId::SearchValue);
  }
}
TEST(RequestMap, AnIdInThePathThatIsNoIdLooksLikeAnUnknownOne) {
  Head head;
  const std::string line = "Host: localhost\r\nAuthorization: Bearer " + to_base64url(Bytes(32, 1)) + "\r\n";
  for (auto path : {"/v1/tenants/132101/erasures/zz", "/v1/tenants/132101/erasures/aa"}) {
    head = {};
    const std::string bytes = get(path, line);
    ASSERT_FALSE(read_head(bytes, {"localhost"}, head));
    protocol::Request request{};
    const auto refused = map_head(match_route("GET", head.path), head, {}, request);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 404);
  }
}
const Route& erasure_route() { return *match_route("POST", "/v1/tenants/1/files/f/erasures").route; }
protocol::Request addressed() {
  protocol::Request request{protocol::RequestKind::ErasureRequest, 1, {}};
  for (auto id : {FieldId::Terminal, FieldId::Session}) request.fields[id] = Bytes(32);
  for (auto id : {FieldId::TenantCode, FieldId::File}) request.fields[id] = Bytes(1, '1');
  return request;
}
TEST(RequestMap, TurnsAListOfIdsIntoOneField) {
  auto request = addressed();
  const std::string body =
      R"({"recordIds":[")" + std::string(32, 'a') + R"(",")" + std::string(32, 'B') + R"("],"items":"項目"})";
  EXPECT_FALSE(map_json(erasure_route(), body, request));
  EXPECT_EQ(to_hex(request.fields.at(FieldId::RecordIds)), std::string(32, 'a') + std::string(32, 'b'));
  EXPECT_EQ(protocol::text_field(request, FieldId::Items), "項目");
}
TEST(RequestMap, PointsAtTheElementThatIsNoId) {
  const auto refusal = [](std::string_view ids) {
    auto request = addressed();
    const auto refused = map_json(erasure_route(), R"({"recordIds":)" + std::string(ids) + "}", request);
    return refused ? std::to_string(refused->status) + refused->pointer.value_or("none") : "";
  };
  EXPECT_EQ(refusal(R"([])"), "422/recordIds");
  EXPECT_EQ(refusal(R"("x")"), "422/recordIds");
  EXPECT_EQ(refusal(R"([")" + std::string(32, 'a') + R"(","zz"])"), "422/recordIds/1");
  EXPECT_EQ(refusal(R"([1])"), "422/recordIds/0");
  std::string many = "[\"" + std::string(32, 'a') + "\"";
  for (std::size_t i = 0; i < limits::kMaxErasureRecords; ++i) many += ",\"" + std::string(32, 'a') + "\"";
  EXPECT_EQ(refusal(many + "]"), "429/recordIds");
  EXPECT_LT(many.size(), limits::kMaxErasureBody);
}
TEST(RequestMap, KeepsOnlyKnownNamesOfAPointer) {
  EXPECT_EQ(known_part(erasure_route(), "/recordIds/12"), "/recordIds/12");
  EXPECT_EQ(known_part(erasure_route(), "/recordIds/123456789018"), "/recordIds");
  EXPECT_EQ(known_part(erasure_route(), "/123456789018/items"), "");
  EXPECT_EQ(known_part(erasure_route(), "items"), "");
  EXPECT_EQ(known_part(erasure_route(), ""), "");
}

constexpr std::string_view kSettings = R"([vault]
anything = 1
[gate]
listen = "127.0.0.1:8443"
certificate = "c"
private_key = "k"
client_ca = "a"
vault_socket = "s"
authority = ["localhost"]
)";
TEST(Settings, ReadTheGatesOwnTableOnly) {
  SettingsFault fault;
  const auto settings = parse_settings(kSettings, fault);
  ASSERT_TRUE(settings) << fault.line;
  EXPECT_EQ(settings.value().threads, 2u);
  EXPECT_EQ(settings.value().authority, std::vector<std::string>{"localhost"});
}
TEST(Settings, BoundConnectionsAndTakeNoListUnlessOneIsNamed) {
  SettingsFault fault;
  const std::string text(kSettings);
  const auto plain = parse_settings(text, fault);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain.value().connections, limits::kMaxHttpConnections);
  EXPECT_EQ(plain.value().client_crl, "");
  const auto set =
      parse_settings(text + "connections = 2000\nconnections_per_address = 3\nclient_crl = \"/x.pem\"\n", fault);
  ASSERT_TRUE(set) << fault.line;
  EXPECT_EQ(set.value().connections, 2000u);
  EXPECT_EQ(set.value().connections_per_address, 3u);
  EXPECT_EQ(set.value().client_crl, "/x.pem");
  for (const char* wrong :
       {"connections = 15", "connections = 16385", "connections_per_certificate = 0", "client_crl = 1"}) {
    EXPECT_FALSE(parse_settings(text + wrong + "\n", fault)) << wrong;
  }
}
TEST(Settings, NameTheLineOfWhatTheyRefuse) {
  const auto line = [](std::string text) {
    SettingsFault fault;
    EXPECT_FALSE(parse_settings(text, fault));
    return fault.line;
  };
  const std::string good(kSettings);
  EXPECT_EQ(line(good + "colour = 1\n"), 10u);
  EXPECT_EQ(line(good + "threads = \"2\"\n"), 10u);
  EXPECT_EQ(line(good + "threads = 17\n"), 10u);
  EXPECT_EQ(line(good + "threads = \n"), 10u);
  EXPECT_EQ(line(good + "listen = \"x\"\n"), 10u) << "given twice";
  EXPECT_EQ(
      line("[gate]\nlisten = \"no "
           "port\"\ncertificate=\"c\"\nprivate_key=\"k\"\nclient_ca=\"a\"\nvault_socket=\"s\"\nauthority=[\"l\"]\n"),
      2u);
  EXPECT_EQ(line("\n[gate]\ncertificate = \"c\"\n"), 2u) << "a required key is missing";
  EXPECT_EQ(line("[vault]\n"), 0u);
}
TEST(Settings, DescribeEveryKeyInBothLanguages) {
  for (const auto& key : settings_keys()) {
    EXPECT_FALSE(key.ja.empty());
    EXPECT_FALSE(key.en.empty());
    EXPECT_NE(settings_help().find(key.name), std::string::npos);
  }
}
TEST(Settings, ReadAddressesOfBothFamilies) {
  EXPECT_EQ(parse_listen("[::1]:8443").value().host, "::1");
  EXPECT_EQ(parse_listen("0.0.0.0:0").value().port, 0);
  for (auto bad : {"", ":1", "a", "a:", "a:65536", "a:1x", "[::1:1", "[]:1"}) EXPECT_FALSE(parse_listen(bad)) << bad;
}

}  // namespace
}  // namespace shosoin::gate
