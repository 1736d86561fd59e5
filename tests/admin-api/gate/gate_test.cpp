// The gate as a client meets it: real TLS, real sockets.
#include <boost/json/parse.hpp>
#include <fstream>

#include "tests/admin-api/gate/gate_house.h"

namespace shosoin::gate::testing {
namespace {

namespace json = boost::json;
using protocol::FieldId;
using protocol::Reply;
using protocol::Request;
using protocol::RequestKind;

constexpr std::string_view kRetrieve = "POST /v1/tenants/132101/files/honnin-kakunin-joho/retrievals";
constexpr std::string_view kImport = "POST /v1/tenants/132101/files/honnin-kakunin-joho/imports";
constexpr std::string_view kSearch = R"({"searchKey":{"kind":"addresseeNumber","value":"000000000000123"},)"
                                     R"("accessReason":{"reasonCode":"certificate-issue","caseReference":"x-1"}})";

Reply ready(const Request&) { return {0, 0, R"({"ready":true})"}; }
json::object problem_of(const Response& response) {
  EXPECT_EQ(response.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(response.header("Cache-Control"), "no-store");
  auto value = json::parse(response.body);
  EXPECT_EQ(value.as_object().at("status").as_int64(), response.status);
  return value.as_object();
}
void expect_problem(const Response& response, int status, std::string_view code) {
  ASSERT_EQ(response.status, status);
  const auto problem = problem_of(response);
  EXPECT_EQ(problem.at("code").as_string(), code);
  EXPECT_EQ(problem.at("type").as_string(), "urn:shosoin:problem:" + std::string(code));
}

TEST_F(GateTest, HandsARetrievalToTheVaultAndItsReplyBackUnchanged) {
  start_vault([](const Request&) { return Reply{0, 0, R"({"records":[], "z":1})"}; });
  const Response response = ask(json_request(kRetrieve, kSearch));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"records":[], "z":1})");
  EXPECT_EQ(response.header("Content-Type"), "application/json");
  EXPECT_EQ(response.header("Cache-Control"), "no-store");
  const auto heard = vault_->heard();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].kind, RequestKind::Retrieve);
  EXPECT_EQ(protocol::text_field(heard[0], FieldId::TenantCode), "132101");
  EXPECT_EQ(protocol::text_field(heard[0], FieldId::SearchValue), "000000000000123");
  EXPECT_EQ(protocol::text_field(heard[0], FieldId::CaseReference), "x-1");
  EXPECT_TRUE(equal(heard[0].fields.at(FieldId::Session), Bytes(32, 7)));
  EXPECT_TRUE(equal(heard[0].fields.at(FieldId::Terminal), who().terminal.fingerprint()));
}
TEST_F(GateTest, ServesManyRequestsOnOneConnectionAlsoWhenTheyArriveTogether) {
  start_vault(ready);
  Client one = client();
  ASSERT_TRUE(one.connected());
  EXPECT_EQ(one.ask(request("GET /health")).status, 200);
  one.send(request("GET /health") + json_request(kRetrieve, kSearch) + request("GET /ready"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(one.receive().status, 200) << i;
  EXPECT_EQ(one.ask(request("GET /health", "Connection: close\r\n")).status, 200);
  EXPECT_TRUE(one.is_closed());
}
TEST_F(GateTest, AnswersALogoutWithoutABodyAndALoginWith201) {
  start_vault([](const Request& heard) {
    return Reply{0, 0, heard.kind == RequestKind::Login ? R"({"session":"x"})" : "{}"};
  });
  const Response out = ask(request("DELETE /v1/sessions/current"));
  EXPECT_EQ(out.status, 204);
  EXPECT_EQ(out.header("Content-Length"), "");
  const Response in =
      ask(json_request("POST /v1/sessions", R"({"operatorId":"a","password":"b","totpCode":"123456"})"));
  EXPECT_EQ(in.status, 201);
  EXPECT_FALSE(vault_->heard()[1].fields.contains(FieldId::Session));
}
TEST_F(GateTest, ServesTheDescriptionItWasBuiltWith) {
  const Response response = ask(request("GET /openapi.yaml"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("Content-Type"), "application/yaml");
  std::ifstream file(SHOSOIN_SOURCE_DIR "/admin-api/openapi.yaml");
  EXPECT_EQ(response.body, std::string(std::istreambuf_iterator<char>(file), {}));
}
TEST_F(GateTest, HandsOnTheVaultsRefusalInTheLanguageAskedFor) {
  start_vault([](const Request&) {
    return Reply{
        static_cast<std::uint16_t>(ErrorCode::InvalidContent) + 1, 0,
        R"({"code":"invalid-content","pointer":"/accessReason/reasonCode","detail":{"ja":"事由","en":"reason"},"rows":3})"};
  });
  const Response japanese = ask(json_request(kRetrieve, kSearch));
  expect_problem(japanese, 422, "invalid-content");
  EXPECT_EQ(japanese.header("Content-Language"), "ja");
  EXPECT_EQ(problem_of(japanese).at("detail").as_string(), "事由");
  EXPECT_EQ(problem_of(japanese).at("pointer").as_string(), "/accessReason/reasonCode");
  EXPECT_EQ(problem_of(japanese).at("rows").as_int64(), 3);
  const Response english = ask(json_request(kRetrieve, kSearch, "Accept-Language: fr, en-GB;q=0.8, ja;q=0.3\r\n"));
  EXPECT_EQ(english.header("Content-Language"), "en");
  EXPECT_EQ(problem_of(english).at("detail").as_string(), "reason");
  EXPECT_EQ(problem_of(english).at("title").as_string(), error_row(ErrorCode::InvalidContent).en);
}

TEST_F(GateTest, SpeaksTls13OnlyToATerminalOfOurOwnAuthority) {
  start_vault(ready);
  EXPECT_TRUE(client().connected());
  EXPECT_NE(client().cipher().find("TLS_"), std::string::npos);
  Client old(port_, &who().terminal, who().ours, TLS1_2_VERSION);
  EXPECT_FALSE(old.connected());
  // In TLS 1.3 the client's handshake ends first; the refusal arrives with the first read.
  EXPECT_EQ(Client(port_, nullptr, who().ours).ask(request("GET /health")).status, 0);
  EXPECT_EQ(Client(port_, &who().stranger, who().ours).ask(request("GET /health")).status, 0);
  EXPECT_EQ(Client(port_, &who().server, who().ours).ask(request("GET /health")).status, 0) << "a server's certificate";
  EXPECT_TRUE(vault_->heard().empty());
}

TEST_F(GateTest, RefusesBadBodiesWithAPointerAndWithoutRepeatingThem) {
  start_vault(ready);
  struct Case {
    std::string body;
    int status;
    std::string code, pointer;
  };
  const Case cases[] = {
      {R"({"searchKey":{"kind":"k","value":"v"},"123456789018":1})", 422, "invalid-content", ""},
      {R"({"searchKey":{"kind":"k","value":"v","123456789018":1}})", 422, "invalid-content", "/searchKey"},
      {R"({"searchKey/kind":"123456789018"})", 422, "invalid-content", ""},
      {R"({"searchKey":{"kind":"k","value":"v","value":"123456789018"}})", 400, "bad-request", "/searchKey/value"},
      {R"({"searchKey":{"kind":"k"}})", 422, "invalid-content", "/searchKey/value"},
      {R"({"searchKey":{"kind":"k","value":123456789018}})", 422, "invalid-content", "/searchKey/value"},
      {R"({"searchKey":["123456789018"]})", 422, "invalid-content", "/searchKey"},
      {R"({"searchKey":{"kind":"k","value":")" + std::string(257, '1') + R"("}})", 422, "invalid-content",
       "/searchKey/value"},
      {R"(["123456789018"])", 422, "invalid-content", ""},
      {R"({"searchKey":)", 400, "bad-request", "/searchKey"},
      {"123456789018x", 400, "bad-request", ""},
      {"\xff", 400, "bad-request", ""},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.body);
    const Response response = ask(json_request(kRetrieve, bad.body));
    expect_problem(response, bad.status, bad.code);
    const auto problem = problem_of(response);
    EXPECT_EQ(problem.contains("pointer") ? std::string(problem.at("pointer").as_string()) : "", bad.pointer);
    EXPECT_EQ(response.body.find("123456789018"), std::string::npos);
  }
  EXPECT_TRUE(vault_->heard().empty());
}
TEST_F(GateTest, RefusesWhatHttpItselfForbids) {
  start_vault(ready);
  expect_problem(ask(request("GET /v1/nothing")), 404, "not-found");
  const Response method = ask(request("POST /v1/sessions/current", {}, {}));
  expect_problem(method, 405, "method-not-allowed");
  EXPECT_EQ(method.header("Allow"), "GET, HEAD, DELETE");
  expect_problem(ask(request("GET /health", "Accept: text/html\r\n")), 406, "not-acceptable");
  expect_problem(ask(request(kRetrieve, "Content-Type: text/plain\r\n", kSearch)), 415, "unsupported-media-type");
  expect_problem(ask(request(kRetrieve, {}, kSearch)), 415, "unsupported-media-type");
  expect_problem(ask(request(kImport, "Content-Type: text/csv\r\n", "a\n")), 415, "unsupported-media-type");
  expect_problem(ask(json_request(kRetrieve, kSearch, "Content-Encoding: gzip\r\n")), 415, "unsupported-media-type");
  expect_problem(ask(request("GET /health", {}, "body")), 400, "bad-request");
  expect_problem(ask("GET /health HTTP/1.1\r\nHost: elsewhere\r\n\r\n"), 421, "misdirected");
  expect_problem(ask("GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n"), 505, "version-not-supported");
  expect_problem(ask("GET /health HTTP/1.1\nHost: localhost\n\n"), 400, "bad-request");
  expect_problem(ask(request("GET /health?number=123456789018")), 400, "bad-request");
  expect_problem(ask(request("GET /health", "X: " + std::string(limits::kMaxHttpHeader, 'x') + "\r\n")), 431,
                 "header-too-large");
  expect_problem(ask(request(kRetrieve, "Content-Type: application/json\r\nExpect: magic\r\n", kSearch)), 417,
                 "expectation-failed");
  EXPECT_TRUE(vault_->heard().empty());
}
TEST_F(GateTest, AnswersAHeadRequestAsItsGetWithoutABody) {
  start_vault(ready);
  Client one = client();
  one.send(request("HEAD /health", "Connection: close\r\n"));
  const Response response = one.receive(true);
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.header("Content-Length"), "0");
  EXPECT_TRUE(one.is_closed());
}
TEST_F(GateTest, ClosesAfterAFramingDoubtSoThatNothingSmuggledIsAnswered) {
  start_vault(ready);
  for (const std::string headers :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n",
        "Content-Length: 4\r\nContent-Length: 4\r\n", "Content-Length: +4\r\n", "Host: localhost\r\n", "A : b\r\n",
        " folded: 1\r\n"}) {
    SCOPED_TRACE(headers);
    Client one = client();
    one.send("POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n0\r\n\r\n" + request("GET /health"));
    expect_problem(one.receive(), 400, "bad-request");
    EXPECT_TRUE(one.is_closed());
  }
  EXPECT_TRUE(vault_->heard().empty());
}
TEST_F(GateTest, RefusesChunkExtensionsAndTrailers) {
  start_vault(ready);
  const std::string head = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
  const auto chunked = [&](std::string_view chunks) { return ask(request(kRetrieve, head) + std::string(chunks)); };
  EXPECT_EQ(chunked("2\r\n{}\r\n0\r\n\r\n").status, 422);
  EXPECT_EQ(chunked("2;a=b\r\n{}\r\n0\r\n\r\n").status, 400);
  EXPECT_EQ(chunked("2\r\n{}\r\n0\r\nHost: elsewhere\r\n\r\n").status, 400);
  EXPECT_EQ(chunked("x\r\n{}\r\n0\r\n\r\n").status, 400);
  EXPECT_TRUE(vault_->heard().empty());
}
TEST_F(GateTest, RefusesABodyOverTheBoundOfItsRouteDeclaredOrNot) {
  start_vault(ready);
  const std::string large(limits::kMaxJsonBody + 1, ' ');
  expect_problem(ask(json_request(kRetrieve, large)), 413, "too-large");
  std::string chunks;
  for (int i = 0; i < 5; ++i) chunks += "4000\r\n" + std::string(0x4000, ' ') + "\r\n";
  expect_problem(ask(request(kRetrieve, "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") + chunks),
                 413, "too-large");
  EXPECT_TRUE(vault_->heard().empty());
}
TEST_F(GateTest, RefusesARequestWithoutAnAcceptableSession) {
  start_vault(ready);
  for (const std::string header :
       {"", "Authorization: Basic YTpi\r\n", "Authorization: Bearer \r\n", "Authorization: Bearer YWJj\r\n"}) {
    const Response response = ask("GET /v1/sessions/current HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n");
    expect_problem(response, 401, "not-authenticated");
    EXPECT_EQ(response.header("WWW-Authenticate"), "Bearer");
  }
  EXPECT_TRUE(vault_->heard().empty());
}

TEST_F(GateTest, SaysUnavailableWhileTheVaultIsDownAndServesAgainOnceItIsBack) {
  Client one = client();
  const Response down = one.ask(request("GET /health"));
  expect_problem(down, 503, "unavailable");
  EXPECT_FALSE(down.header("Retry-After").empty());
  start_vault(ready);
  EXPECT_EQ(one.ask(request("GET /health")).status, 200);
  stop_vault();
  expect_problem(one.ask(request("GET /health")), 503, "unavailable");
  start_vault(ready);
  EXPECT_EQ(one.ask(request("GET /health")).status, 200);
}
TEST_F(GateTest, SaysUnavailableWhenTheVaultDiesInTheMiddleOfARequest) {
  start_vault([](const Request&) { return Reply{0, 0, std::string(1, '{')}; });
  std::atomic<bool> broken{false};
  stop_vault();
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  (folder_ / "vault.sock").string().copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  std::thread dying([&] {
    const int channel = ::accept(listener, nullptr, nullptr);
    char byte;
    broken = ::recv(channel, &byte, 1, 0) == 1;
    ::close(channel);
  });
  expect_problem(ask(request("GET /health")), 503, "unavailable");
  dying.join();
  EXPECT_TRUE(broken);
  ::close(listener);
}
TEST_F(GateTest, TellsReadyOnlyWhenTheVaultSaysSo) {
  start_vault([](const Request&) { return Reply{0, 0, R"({"ready":false})"}; });
  EXPECT_EQ(ask(request("GET /health")).status, 200);
  expect_problem(ask(request("GET /ready")), 503, "unavailable");
  stop_vault();
  start_vault([](const Request&) { return Reply{static_cast<std::uint16_t>(ErrorCode::RolledBack) + 1, 0, "{}"}; });
  EXPECT_EQ(ask(request("GET /health")).status, 200);
  expect_problem(ask(request("GET /ready")), 503, "unavailable");
}

TEST_F(GateTest, StreamsAnImportInPiecesWithAscendingOffsets) {
  std::mutex mutex;
  std::string received;
  start_vault([&](const Request& heard) {
    if (heard.kind == RequestKind::ImportOpen) return Reply{0, 0, R"({"importId":")" + std::string(32, 'a') + R"("})"};
    if (heard.kind == RequestKind::ImportChunk) {
      const std::lock_guard lock(mutex);
      EXPECT_EQ(from_be<std::uint64_t>(std::span<const std::uint8_t, 8>(heard.fields.at(FieldId::Offset))),
                received.size());
      received += text_of(heard.fields.at(FieldId::Chunk));
      return Reply{0, 0, "{}"};
    }
    return Reply{0, 0, R"({"state":"staged"})"};
  });
  std::string csv;
  while (csv.size() < 700'000) csv += "架空,1234\r\n";
  const Response response =
      ask(request(kImport, "Content-Type: text/csv; charset=UTF-8\r\nIdempotency-Key: k-1\r\n", csv));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, R"({"state":"staged"})");
  EXPECT_EQ(received, csv);
  const auto heard = vault_->heard();
  EXPECT_EQ(heard.size(), 2 + (csv.size() + limits::kImportChunk - 1) / limits::kImportChunk);
  EXPECT_EQ(protocol::text_field(heard[0], FieldId::IdempotencyKey), "k-1");
  EXPECT_EQ(protocol::text_field(heard[0], FieldId::Encoding), "UTF-8");
  EXPECT_EQ(heard.back().kind, RequestKind::ImportClose);
}
TEST_F(GateTest, ReadsTheEncodingOfACsvFromItsCharsetAndTheTableFromThePath) {
  start_vault([](const Request&) { return Reply{0, 0, R"({"importId":")" + std::string(32, 'a') + R"("})"}; });
  for (const auto& [charset, encoding] :
       {std::pair{"cp932", "CP932"}, {"EUC-JP-MS", "EUC-JP-MS"}, {"\"utf-8\"", "UTF-8"}}) {
    const auto before = vault_->heard().size();
    const auto path = std::string("POST /v1/tenants/132101/files/jido-teate/groups/child/imports");
    EXPECT_EQ(ask(request(path, std::string("Content-Type: text/csv; charset=") + charset + "\r\n", "a\r\n")).status,
              201);
    const auto heard = vault_->heard();
    ASSERT_GT(heard.size(), before);
    EXPECT_EQ(protocol::text_field(heard[before], FieldId::Encoding), encoding);
    EXPECT_EQ(protocol::text_field(heard[before], FieldId::Group), "child");
  }
  for (const auto* charset : {"shift_jis", "euc-jp", "utf-16", ""}) {
    expect_problem(ask(request(kImport, std::string("Content-Type: text/csv; charset=") + charset + "\r\n", "a\r\n")),
                   415, "unsupported-media-type");
  }
}
TEST_F(GateTest, SendsAPartOfAnImportOnFromItsOffset) {
  std::mutex mutex;
  std::string received(1000, 'x');
  start_vault([&](const Request& heard) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(heard.kind, RequestKind::ImportChunk);
    EXPECT_EQ(from_be<std::uint64_t>(std::span<const std::uint8_t, 8>(heard.fields.at(FieldId::Offset))),
              received.size());
    received += text_of(heard.fields.at(FieldId::Chunk));
    return Reply{0, 0, R"({"received":)" + std::to_string(received.size()) + "}"};
  });
  const std::string octets = "Content-Type: application/octet-stream\r\n";
  const auto part = [](const std::string& offset) {
    return "POST /v1/tenants/132101/imports/" + std::string(32, 'a') + "/parts/" + offset;
  };
  const std::string body(600'000, '\xE7');  // any bytes: the vault knows the encoding
  const Response response = ask(request(part("1000"), octets, body));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"received":601000})");
  EXPECT_EQ(received.substr(1000), body);
  for (const auto* offset : {"x", "-1", "01", "18446744073709551616", "1.5"}) {
    expect_problem(ask(request(part(offset), octets, "a")), 404, "not-found");
  }
  expect_problem(ask(request(part("0"), "Content-Type: text/csv; charset=utf-8\r\n", "a")), 415,
                 "unsupported-media-type");
  stop_vault();
  start_vault([](const Request&) {
    return Reply{static_cast<std::uint16_t>(ErrorCode::Conflict) + 1, 0, R"({"code":"conflict","expectedOffset":5})"};
  });
  const Response early = ask(request(part("7"), octets, "a"));
  EXPECT_EQ(early.status, 409);
  EXPECT_NE(early.body.find(R"("expectedOffset":5)"), std::string::npos);
}
TEST_F(GateTest, WaitsForTheGoAheadBeforeTakingABodyThatExpectsOne) {
  start_vault([](const Request&) { return Reply{0, 0, R"({"importId":")" + std::string(32, 'a') + R"("})"}; });
  Client one = client();
  one.send(request(kImport, "Content-Type: text/csv; charset=utf-8\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"));
  EXPECT_EQ(one.receive().status, 100);
  one.send("a\r\n");
  EXPECT_EQ(one.receive().status, 201);
}
TEST_F(GateTest, StopsAnImportAtTheVaultsFirstRefusalAndTellsIt) {
  start_vault([](const Request& heard) {
    if (heard.kind == RequestKind::ImportOpen) return Reply{0, 0, R"({"importId":")" + std::string(32, 'a') + R"("})"};
    return Reply{static_cast<std::uint16_t>(ErrorCode::InvalidContent) + 1, 0,
                 R"({"code":"invalid-content","pointer":"/rows/2"})"};
  });
  Client one = client();
  const Response response =
      one.ask(request(kImport, "Content-Type: text/csv; charset=utf-8\r\n", std::string(2'000'000, 'x')));
  expect_problem(response, 422, "invalid-content");
  EXPECT_EQ(problem_of(response).at("pointer").as_string(), "/rows/2");
  EXPECT_EQ(vault_->heard().size(), 2u);
}
TEST_F(GateTest, StopsWhileAConnectionIsIdleAndAnotherIsBeingServed) {
  std::atomic<bool> asked{false};
  start_vault([&](const Request&) {
    asked = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return Reply{0, 0, R"({"ready":true})"};
  });
  Client idle = client();
  Client busy = client();
  busy.send(request("GET /ready"));
  while (!asked) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  server_->stop();
  EXPECT_EQ(busy.receive().status, 200);
  EXPECT_TRUE(idle.is_closed());
}

}  // namespace
}  // namespace shosoin::gate::testing
