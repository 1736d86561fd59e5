// What a refusal may tell when something has changed behind it: a terminal that is revoked meanwhile (A-16), a line
// that cannot be written (L-10), a reply that fits no frame.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <future>
#include <thread>

#include "admin-api/service/server.h"
#include "tests/admin-api/service/service_world.h"
#include "tests/support/held_step.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

service::Fingerprint fingerprint_of(const std::string& terminal) {
  service::Fingerprint fingerprint{};
  std::copy(terminal.begin(), terminal.end(), fingerprint.begin());
  return fingerprint;
}

class RevokedTerminal : public ::testing::Test {
 protected:
  ServiceWorld& world = ServiceWorld::shared();
  const std::string tenant{ServiceWorld::kKoganei};
  std::string terminal;

  void SetUp() override {
    Bytes random(32);
    fill_random(random);
    terminal = std::string(text_of(random));
    ASSERT_FALSE(world
                     .as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, tenant},
                                                      {FieldId::Fingerprint, terminal},
                                                      {FieldId::TerminalName, "臨時窓口"}})
                     .refused);
  }
  Told revoke() { return world.as_officers(Kind::TerminalRevoke, {{FieldId::Fingerprint, terminal}}); }
  Told who_am_i(const std::string& token) {
    return world.ask(Kind::SessionShow, {{FieldId::Terminal, terminal}, {FieldId::Session, token}});
  }
};

TEST_F(RevokedTerminal, EndsTheSessionsThatAreOpenThere) {
  const auto token = world.session("sato", terminal);
  ASSERT_FALSE(who_am_i(token).refused);
  ASSERT_FALSE(revoke().refused);
  EXPECT_EQ(who_am_i(token).refused, ErrorCode::NotAuthenticated);
  EXPECT_NE(world.log_of(tenant).back().find("not-authenticated"), std::string::npos);
  EXPECT_EQ(world.login("sato", terminal).refused, ErrorCode::NotAuthenticated);
}

TEST_F(RevokedTerminal, GetsNoSessionFromALoginThatWasUnderWay) {
  const Fields officers{{FieldId::Session, world.officer(1)},
                        {FieldId::SecondSession, world.officer(2)},
                        {FieldId::Fingerprint, terminal}};
  const Fields fields{{FieldId::Terminal, terminal},
                      {FieldId::PersonId, "suzuki"},
                      {FieldId::Password, world.people.at("suzuki").password},
                      {FieldId::Code, world.code("suzuki")}};  // last: each code moves the clock
  std::future<Told> revocation, login;
  support::HeldStep held("tenant:change");  // the revocation is about to stand
  revocation = std::async(std::launch::async,
                          [&] { return world.ask(Kind::TerminalRevoke, officers, protocol::Channel::Local); });
  ASSERT_TRUE(held.reached());
  std::atomic<bool> begun{false};
  world.clock.on_look = [&] { begun = true; };
  login = std::async(std::launch::async, [&] { return world.ask(Kind::Login, fields); });
  while (!begun) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(100ms);  // the login has found its terminal in order and is at its password
  world.clock.on_look = nullptr;
  held.let_go();
  EXPECT_FALSE(revocation.get().refused);
  EXPECT_EQ(login.get().refused, ErrorCode::NotAuthenticated);
  EXPECT_TRUE(world.parts().sessions.at_terminal(fingerprint_of(terminal)).value().empty());
}

TEST_F(RevokedTerminal, HasNoSessionThatCountsHoweverItCameToBe) {
  ASSERT_FALSE(revoke().refused);
  const auto token = std::string(32, 'k');
  auto& sessions = world.parts().sessions;
  const auto id = service::Sessions::id_of(view_of(token));
  const service::NamedSession named{id, {"sato", fingerprint_of(terminal), world.clock.now(), world.clock.now()}};
  ASSERT_TRUE(world.parts().zero().change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{{sessions.entry_for(named)}, {}, {}, {false, R"({"operation":"test"})"}};
  }));
  sessions.opened(id);
  EXPECT_EQ(who_am_i(token).refused, ErrorCode::NotAuthenticated);
  ASSERT_TRUE(world.parts().zero().change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{{sessions.removal_of(id)}, {}, {}, {false, R"({"operation":"test"})"}};
  }));
}

TEST_F(RevokedTerminal, LetsARequestUnderWayEndAndRefusesTheNext) {
  const auto token = world.session("sato", terminal);
  const Fields common{{FieldId::Terminal, terminal}, {FieldId::Session, token}};
  auto opening = common;
  opening[FieldId::TenantCode] = tenant;
  opening[FieldId::File] = std::string(ServiceWorld::kFile);
  opening[FieldId::Encoding] = "UTF-8";
  const auto opened = world.ask(Kind::ImportOpen, opening);
  ASSERT_FALSE(opened.refused) << opened.text;
  auto fields = common;
  fields[FieldId::ImportId] = std::string(text_of(from_hex(opened.member("importId")).value()));
  auto chunk = fields;
  chunk[FieldId::Offset] = std::string(8, '\0');
  chunk[FieldId::Chunk] = world.csv(tenant, 3, 211);
  ASSERT_FALSE(world.ask(Kind::ImportChunk, chunk).refused);
  {
    std::future<Told> close;  // outlives what holds it
    support::HeldStep held("rows:ahead");
    close = std::async(std::launch::async, [&] { return world.ask(Kind::ImportClose, fields); });
    ASSERT_TRUE(held.reached());
    EXPECT_FALSE(revoke().refused);
    EXPECT_EQ(world.ask(Kind::ImportClose, fields).refused, ErrorCode::NotAuthenticated);
    held.let_go();
    EXPECT_EQ(close.get().member("state"), "staged");
  }
  EXPECT_EQ(world.ask(Kind::ImportClose, fields).refused, ErrorCode::NotAuthenticated);
  const auto manager = world.session("kato", world.t2);
  EXPECT_FALSE(world
                   .ask(Kind::ImportDecide, {{FieldId::Terminal, world.t2},
                                             {FieldId::Session, manager},
                                             {FieldId::TenantCode, tenant},
                                             {FieldId::ImportId, fields[FieldId::ImportId]},
                                             {FieldId::Decision, "reject"},
                                             {FieldId::Code, world.code("kato")}})
                   .refused);
}

// -- a refusal whose own line fails
class UnwrittenLine : public ::testing::Test {
 protected:
  ServiceWorld& world = ServiceWorld::shared();

  void TearDown() override {
    power::set_plug(nullptr);
    power::power_on();
  }
  // Told with a permission's name and an item's place while its line can be written.
  Fields common() {
    return {{FieldId::Terminal, world.t1},
            {FieldId::Session, world.session("sato", world.t1)},
            {FieldId::TenantCode, std::string(ServiceWorld::kKoganei)}};
  }
  static Fields without_permission(Fields fields) {
    fields[FieldId::ErasureId] = std::string(16, 'e');
    fields[FieldId::Decision] = "approve";
    fields[FieldId::Code] = "000000";
    return fields;
  }
  static Fields without_reason(Fields fields) {
    fields[FieldId::File] = std::string(ServiceWorld::kFile);
    fields[FieldId::SearchKind] = "addresseeNumber";
    fields[FieldId::SearchValue] = "1";
    return fields;
  }
  static void expect_silence(const service::Service::Outcome& outcome, std::string_view refusal) {
    const auto body = json::parse(outcome.reply.body).as_object();
    EXPECT_NE(body.at("code").as_string(), refusal);
    EXPECT_FALSE(body.contains("permission"));
    EXPECT_FALSE(body.contains("pointer"));
    EXPECT_EQ(body.size(), 3u) << outcome.reply.body;  // code, detail, request id
  }
};

TEST_F(UnwrittenLine, OfAFailedFlushTellsNothingOfTheRefusalAndEndsTheProcess) {
  const auto both = common(), decision = without_permission(both), search = without_reason(both);
  const auto told = world.ask(Kind::ErasureDecide, decision);
  ASSERT_EQ(told.member("code"), "not-permitted");  // what it would say
  ASSERT_TRUE(told.body.contains("permission"));
  const auto placed = world.ask(Kind::Retrieve, search);
  ASSERT_EQ(placed.member("pointer"), "/accessReason/reasonCode");
  const auto lines = world.appliance().journal().position(world.tenant(ServiceWorld::kKoganei)).line;
  power::set_plug(
      [](std::string_view step) noexcept { return step == "journal:flush" ? power::Cut::Before : power::Cut::None; });
  for (const auto& [kind, fields, refusal] : {std::tuple{Kind::ErasureDecide, decision, "not-permitted"},
                                              std::tuple{Kind::Retrieve, search, "invalid-content"}}) {
    const auto outcome = world.send(kind, fields);
    EXPECT_EQ(outcome.reply.status, static_cast<unsigned>(ErrorCode::StorageFailed) + 1);
    EXPECT_EQ(outcome.end, ErrorCode::StorageFailed);
    expect_silence(outcome, refusal);
  }
  power::set_plug(nullptr);
  power::power_on();
  world.restart();
  (void)world.parts().tenants.open(world.tenant(ServiceWorld::kKoganei)).value();
  EXPECT_LE(world.appliance().journal().position(world.tenant(ServiceWorld::kKoganei)).line, lines + 1);
}

// -- a reply that fits no frame
class Channel {
 public:
  explicit Channel(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, path.native().size());
    EXPECT_EQ(::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  Result<protocol::Reply> ask(Kind kind) {
    protocol::Request request{kind, 9, {}};
    protocol::set(request, FieldId::Terminal, std::string(32, 'x'));
    const auto bytes = protocol::encode(request);
    EXPECT_EQ(::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    std::array<std::uint8_t, 4> head{};
    if (::recv(socket_.number(), head.data(), head.size(), MSG_WAITALL) != 4) {
      return Error{ErrorCode::Unavailable, "read a reply"};
    }
    Bytes payload(from_be<std::uint32_t>(head));
    EXPECT_EQ(::recv(socket_.number(), payload.data(), payload.size(), MSG_WAITALL),
              static_cast<ssize_t>(payload.size()));
    return protocol::decode_reply(payload);
  }

 private:
  disk::Descriptor socket_;
};

TEST(ReplyOverTheFrame, IsARefusalOfItsOwnAndTheChannelStays) {
  auto& world = ServiceWorld::shared();
  const std::string record = world.parts().provisioning;
  auto server = service::Server::bind(world.settings(), [](ErrorCode) { FAIL() << "nothing is unknown"; }).value();
  server->start([&](const protocol::Request& request, protocol::Channel channel) {
    return world.service().handle(request, channel);
  });
  {
    Channel channel(world.settings().gate_socket);
    world.parts().provisioning.assign(limits::kMaxReplyFrame - 64, 'p');  // the most that fits
    const auto fits = channel.ask(Kind::ProvisioningShow);
    ASSERT_TRUE(fits);
    EXPECT_EQ(fits.value().status, 0);
    EXPECT_EQ(fits.value().body.size(), limits::kMaxReplyFrame - 64);
    for (const std::size_t size : {limits::kMaxReplyFrame - 63, limits::kMaxReplyFrame, 2 * limits::kMaxReplyFrame}) {
      world.parts().provisioning.assign(size, 'p');
      const auto refused = channel.ask(Kind::ProvisioningShow);
      ASSERT_TRUE(refused) << size;
      EXPECT_EQ(refused.value().status, static_cast<unsigned>(ErrorCode::TooLarge) + 1);
      EXPECT_EQ(json::parse(refused.value().body).at("code").as_string(), "too-large");
      EXPECT_EQ(refused.value().body.find("pppp"), std::string::npos);
    }
    world.parts().provisioning = record;
    const auto whole = channel.ask(Kind::ProvisioningShow);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole.value().body, record);
    EXPECT_EQ(channel.ask(Kind::Health).value().status, 0);
  }
  server->stop();
}

}  // namespace
}  // namespace shosoin::test
