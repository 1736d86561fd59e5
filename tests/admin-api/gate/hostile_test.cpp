// Clients that are slow, greedy or both: each deadline and each bound is met, and the others do not notice.
#include <deque>

#include "firmware/base/limits_clients.h"
#include "tests/admin-api/gate/guest.h"

namespace shosoin::gate::testing {
namespace {

using protocol::Reply;
using protocol::Request;
using protocol::RequestKind;

constexpr std::string_view kImport = "POST /v1/tenants/132101/files/honnin-kakunin-joho/imports";
constexpr std::string_view kRetrieve = "POST /v1/tenants/132101/files/honnin-kakunin-joho/retrievals";
constexpr std::string_view kSearch = R"({"searchKey":{"kind":"addresseeNumber","value":"000000000000123"},)"
                                     R"("accessReason":{"reasonCode":"certificate-issue","caseReference":"x-1"}})";
constexpr milliseconds kShort{400}, kPatience{5000};

Reply ready(const Request& heard) {
  if (heard.kind == RequestKind::ImportOpen) return {0, 0, R"({"importId":")" + std::string(32, 'a') + R"("})"};
  return {0, 0, R"({"ready":true})"};
}

milliseconds since(steady_clock::time_point began) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
}

// Deadlines of under a second in place of the product's; the clock starts with the first thing a test does.
class SlowClients : public GateTest {
 protected:
  void adjust(Settings& settings) override {
    settings.deadlines = {.handshake = kShort,
                          .head = kShort,
                          .idle = 2 * kShort,
                          .body_piece = kShort,
                          .body_whole = 3 * kShort,
                          .write = kShort,
                          .linger = kShort};
  }
  void SetUp() override {
    GateTest::SetUp();
    start_vault(ready);
  }
  Guest guest() const { return {port_, {.identity = &who().terminal}}; }
  // Sends bytes one by one, each well within the deadline, until the other end has had enough.
  template <class Send>
  static milliseconds drip(const Guest& guest, Send send) {
    const auto began = steady_clock::now();
    while (since(began) < kPatience && !guest.ends_within(milliseconds(50))) send();
    return since(began);
  }
};

TEST_F(SlowClients, LoseAConnectionOnWhichNoHandshakeBegins) {
  const auto began = steady_clock::now();
  const Guest guest(port_, {.tls = false});
  EXPECT_TRUE(guest.ends_within(kPatience));
  EXPECT_GE(since(began), kShort - milliseconds(50));
}

TEST_F(SlowClients, LoseAConnectionWhoseHandshakeDrips) {
  const Guest guest(port_, {.tls = false});
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 11);  // the head of a long ClientHello
  guest.send_plain(hello);
  const auto took = drip(guest, [&] { guest.send_plain("\x01"); });
  EXPECT_GE(took, kShort - milliseconds(50));
  EXPECT_LT(took, kPatience);
}

TEST_F(SlowClients, LoseAConnectionThatIsIdle) {
  Guest idle = guest();
  ASSERT_EQ(idle.ask(request("GET /health")).status, 200);
  const auto began = steady_clock::now();
  EXPECT_TRUE(idle.ends_within(kPatience));
  EXPECT_GE(since(began), 2 * kShort - milliseconds(50));
}

TEST_F(SlowClients, LoseAConnectionWhoseHeadDrips) {
  Guest slow = guest();
  const std::string head = request("GET /health", "X-Long: " + std::string(5000, 'x') + "\r\n");
  std::size_t at = 0;
  const auto took = drip(slow, [&] { slow.send(std::string_view(head).substr(at++, 1)); });
  EXPECT_GE(took, kShort - milliseconds(50));
  EXPECT_LT(took, kPatience);
  EXPECT_TRUE(vault_->heard().empty());
}

TEST_F(SlowClients, LoseAConnectionWhoseBodyDrips) {
  Guest slow = guest();
  const std::string body(kSearch);
  const std::string whole = json_request(kRetrieve, body);
  ASSERT_TRUE(slow.send(std::string_view(whole).substr(0, whole.size() - body.size())));
  std::size_t at = 0;
  const auto took = drip(slow, [&] { slow.send(std::string_view(body).substr(at++, 1)); });
  EXPECT_GE(took, kShort - milliseconds(50));
  EXPECT_LT(took, kPatience);
  EXPECT_TRUE(vault_->heard().empty());
}

TEST_F(SlowClients, LoseAConnectionWhoseBodyNeverEndsAlthoughEachPieceIsInTime) {
  Guest slow = guest();
  const std::string head =
      "POST /v1/tenants/132101/files/honnin-kakunin-joho/imports HTTP/1.1\r\nHost: localhost\r\n"
      "Authorization: Bearer " +
      kToken + "\r\nContent-Type: text/csv; charset=utf-8\r\nContent-Length: 60000000\r\n\r\n";
  ASSERT_TRUE(slow.send(head));
  const std::string piece(8192, 'x');
  const auto began = steady_clock::now();
  bool ended = false;
  while (!ended && since(began) < kPatience) {
    for (std::size_t sent = 0; sent < limits::kImportChunk; sent += piece.size()) slow.send(piece);
    ended = slow.ends_within(kShort / 2);
  }
  EXPECT_TRUE(ended);
  EXPECT_GE(since(began), 3 * kShort - milliseconds(50));
  EXPECT_GE(vault_->heard().size(), 3u) << "pieces were handed on meanwhile";
}

TEST_F(SlowClients, LoseAConnectionWhoseAnswersAreNotRead) {
  Guest slow(port_, {.identity = &who().terminal, .receive_buffer = 4096});
  const std::string ask = request("GET /openapi.yaml");
  std::string all;
  for (int i = 0; i < 150; ++i) all += ask;
  ASSERT_TRUE(slow.send(all));
  std::this_thread::sleep_for(3 *
                              kShort);  // everything the kernel takes is written by now, and the deadline has passed
  int answers = 0;
  while (slow.receive().status == 200) ++answers;
  EXPECT_GT(answers, 0);
  EXPECT_LT(answers, 150);
  EXPECT_EQ(ask.size() > 0 ? client().ask(ask).status : 0, 200);
}

class GreedyClients : public GateTest {
 protected:
  static constexpr unsigned kTotal = 24, kPerAddress = 20, kPerCertificate = 6;
  void adjust(Settings& settings) override {
    settings.connections = kTotal;
    settings.connections_per_address = kPerAddress;
    settings.connections_per_certificate = kPerCertificate;
  }
  void SetUp() override {
    GateTest::SetUp();
    start_vault(ready);
  }
  int served(Guest& guest) const { return guest.ask(request("GET /health")).status; }
  const Identity greedy_ = make_identity("greedy", Purpose::Terminal, &who().ours);
};

TEST_F(GreedyClients, AreToldWhenTheirCertificateHoldsTooManyConnections) {
  std::deque<Guest> guests;
  for (unsigned i = 0; i < kPerCertificate; ++i) {
    guests.emplace_back(port_, Wish{.identity = &greedy_});
    ASSERT_EQ(served(guests.back()), 200);
  }
  Guest over(port_, {.identity = &greedy_});
  const Response told = over.receive();  // before it has asked anything
  EXPECT_EQ(told.status, 429);
  EXPECT_EQ(told.header("Connection"), "close");
  EXPECT_NE(told.body.find("接続が多すぎます"), std::string::npos);
  EXPECT_TRUE(over.ends_within(kPatience));
  Guest other(port_, {.identity = &who().terminal});
  EXPECT_EQ(served(other), 200) << "another certificate from the same address";
  guests.pop_front();
  std::this_thread::sleep_for(milliseconds(200));
  Guest next(port_, {.identity = &greedy_});
  EXPECT_EQ(served(next), 200) << "a place that was given back";
}

TEST_F(GreedyClients, HoldOneAddressOnlyAndGiveWayThereToOneThatHoldsNone) {
  std::vector<Identity> terminals;
  for (int i = 0; i < 4; ++i) terminals.push_back(make_identity("greedy", Purpose::Terminal, &who().ours));
  std::deque<Guest> guests;
  for (unsigned i = 0; i < kPerAddress; ++i) {
    guests.emplace_back(port_, Wish{.identity = &terminals[i % 4], .from = "127.0.0.2"});
    ASSERT_EQ(served(guests.back()), 200);
  }
  Guest elsewhere(port_, {.identity = &who().terminal});
  EXPECT_EQ(served(elsewhere), 200);
  Guest neighbour(port_, {.identity = &who().terminal, .from = "127.0.0.2"});
  EXPECT_EQ(served(neighbour), 200);
  int ended = 0;
  for (auto& guest : guests) ended += guest.ends_within(milliseconds(30)) ? 1 : 0;
  EXPECT_EQ(ended, 1);
}

TEST_F(GreedyClients, AreTurnedAwayWhileTheirOwnHandshakesFillTheirAddress) {
  std::deque<Guest> silent;
  for (unsigned i = 0; i < kPerAddress; ++i) silent.emplace_back(port_, Wish{.from = "127.0.0.3", .tls = false});
  const Guest over(port_, {.from = "127.0.0.3", .tls = false});
  EXPECT_TRUE(over.ends_within(milliseconds(900)));
  EXPECT_FALSE(silent.front().ends_within(milliseconds(30)));
  Guest elsewhere(port_, {.identity = &who().terminal});
  EXPECT_EQ(served(elsewhere), 200);
  std::this_thread::sleep_for(limits::kHandshakeGrace);
  Guest later(port_, {.identity = &who().terminal, .from = "127.0.0.3"});
  EXPECT_EQ(served(later), 200);
  EXPECT_TRUE(silent.front().ends_within(milliseconds(500))) << "the oldest unfinished handshake gives way";
}

TEST_F(GreedyClients, DoNotPushOutAnHonestConnectionWhenAllPlacesAreTaken) {
  Guest honest(port_, {.identity = &who().terminal});
  ASSERT_EQ(served(honest), 200);
  std::vector<Identity> terminals;
  for (int i = 0; i < 12; ++i) terminals.push_back(make_identity("greedy", Purpose::Terminal, &who().ours));
  std::deque<Guest> guests;
  for (unsigned i = 0; i < 2 * kTotal; ++i) {
    const char* const from[] = {"127.0.0.2", "127.0.0.3", "127.0.0.4"};
    guests.emplace_back(port_, Wish{.identity = &terminals[i % 12], .from = from[i % 3]});
    if (i % 8 == 0) {
      ASSERT_EQ(served(honest), 200) << i;
    }
  }
  EXPECT_EQ(served(honest), 200);
  Guest newcomer(port_, {.identity = &who().terminal, .from = "127.0.0.9"});
  EXPECT_EQ(served(newcomer), 200) << "and there is room for an address that holds none";
}

// One terminal logs in without end; every password takes the vault its time.
class LoginFlood : public GateTest {
 protected:
  static constexpr milliseconds kHash{150};
  void SetUp() override {
    GateTest::SetUp();
    start_vault([](const Request& heard) {
      if (heard.kind == RequestKind::Login) std::this_thread::sleep_for(kHash);
      return Reply{0, 0, R"({"session":"x"})"};
    });
  }
  static std::string login() {
    return json_request("POST /v1/sessions", R"({"operatorId":"a","password":"b","totpCode":"123456"})");
  }
};

TEST_F(LoginFlood, GetsARefusalAndKeepsNobodyElseOut) {
  const Identity flooder = make_identity("flooder", Purpose::Terminal, &who().ours);
  std::atomic<bool> over{false};
  std::atomic<int> refused{0}, taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      Guest guest(port_, {.identity = &flooder});
      while (!over) {
        const int status = guest.ask(login()).status;
        (status == 429 ? refused : taken)++;
        if (status == 429) std::this_thread::sleep_for(milliseconds(5));
      }
    });
  }
  std::this_thread::sleep_for(milliseconds(200));
  Guest honest(port_, {.identity = &who().terminal});
  for (int i = 0; i < 3; ++i) {
    auto began = steady_clock::now();
    EXPECT_EQ(honest.ask(login()).status, 201);
    EXPECT_LT(since(began), 10 * kHash);
    began = steady_clock::now();
    EXPECT_EQ(honest.ask(json_request(kRetrieve, kSearch)).status, 200);
    EXPECT_LT(since(began), kHash) << "a read waits for nobody's password";
  }
  over = true;
  for (auto& thread : threads) thread.join();
  EXPECT_GT(refused.load(), 10);
  EXPECT_GT(taken.load(), 0);
}

TEST_F(GateTest, HoldsOnlySoManyBytesForReadersWhoDoNotRead) {
  const std::string large(7u << 20, 'x');
  start_vault([&large](const Request& heard) {
    return Reply{0, 0, heard.kind == RequestKind::Retrieve ? "\"" + large + "\"" : R"({"ready":true})"};
  });
  const std::size_t fit = limits::kAnswersHeld / large.size();
  std::deque<Guest> readers;
  for (std::size_t i = 0; i < fit; ++i) {
    readers.emplace_back(port_, Wish{.identity = &who().terminal, .receive_buffer = 4096});
    ASSERT_TRUE(readers.back().send(json_request(kRetrieve, kSearch)));
  }
  const auto deadline = steady_clock::now() + kPatience;
  while (vault_->heard().size() < fit && steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds(20));
  std::this_thread::sleep_for(milliseconds(300));
  Guest honest(port_, {.identity = &who().terminal});
  EXPECT_EQ(honest.ask(json_request(kRetrieve, kSearch)).status, 429);
  EXPECT_EQ(honest.ask(request("GET /health")).status, 200) << "small answers are not counted";
  readers.clear();
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(honest.ask(json_request(kRetrieve, kSearch)).status, 200);
}

}  // namespace
}  // namespace shosoin::gate::testing
