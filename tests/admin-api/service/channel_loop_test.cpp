// The gate's channels on their loops (decision 0043): told when durable and not before, each reply on its own channel,
// and back from aside.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <latch>
#include <thread>

#include "admin-api/service/server.h"
#include "firmware/base/disk.h"
#include "firmware/base/power.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

using namespace std::chrono_literals;

std::atomic<bool> flushes_held{false};
std::atomic<bool> flushes_fail{false};
power::Cut hold_flushes(std::string_view step) noexcept {
  if (step != "journal:flush") return power::Cut::None;
  flushes_held.wait(true);
  return flushes_fail ? power::Cut::Before : power::Cut::None;
}
void let_flush() {
  flushes_held = false;
  flushes_held.notify_all();
}

class Line {
 public:
  explicit Line(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, path.native().size());
    EXPECT_EQ(::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{10, 0};
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void send(ByteView bytes) {
    EXPECT_EQ(::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  bool hears(std::chrono::milliseconds patience) {
    pollfd waiting{socket_.number(), POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
  }
  std::optional<protocol::Reply> receive() {
    std::array<std::uint8_t, 4> head{};
    if (::recv(socket_.number(), head.data(), head.size(), MSG_WAITALL) != 4) return std::nullopt;
    Bytes payload(from_be<std::uint32_t>(head));
    const auto got = ::recv(socket_.number(), payload.data(), payload.size(), MSG_WAITALL);
    if (got != static_cast<ssize_t>(payload.size())) return std::nullopt;
    return protocol::decode_reply(payload).value();
  }

 private:
  disk::Descriptor socket_;
};

class ChannelLoops : public ::testing::Test {
 protected:
  void serve(ServiceWorld& world, const std::string& person) {
    world_ = &world;
    world.enrol(person, std::string(ServiceWorld::kKoganei), "operator", "retrieve,file:honnin-kakunin-joho");
    token_ = world.session(person, world.t1);
    server_ = service::Server::bind(world.settings(), [this](ErrorCode code) { ended_with_ = code; }).value();
    ASSERT_TRUE(server_->start(world.service()));
    power::set_plug(hold_flushes);
  }
  void TearDown() override {
    let_flush();
    server_.reset();
    power::set_plug(nullptr);
    flushes_fail = false;
  }
  Bytes request(std::uint64_t id, Kind kind = Kind::Retrieve) const {
    protocol::Request out{kind, id, {}};
    protocol::set(out, FieldId::Terminal, world_->t1);
    if (kind == Kind::Health) return protocol::encode(out);
    protocol::set(out, FieldId::Session, token_);
    if (kind == Kind::SessionShow) return protocol::encode(out);
    protocol::set(out, FieldId::TenantCode, ServiceWorld::kKoganei);
    protocol::set(out, FieldId::File, ServiceWorld::kFile);
    protocol::set(out, FieldId::SearchKind, "addresseeNumber");
    protocol::set(out, FieldId::SearchValue, "999999999999999");
    protocol::set(out, FieldId::ReasonCode, "R03");
    protocol::set(out, FieldId::CaseReference, "架空-2026-0043");
    return protocol::encode(out);
  }
  Line line() const { return Line(world_->settings().gate_socket); }
  std::size_t lines() { return world_->log_of(ServiceWorld::kKoganei).size(); }

  static constexpr auto kNotFound = static_cast<std::uint16_t>(static_cast<unsigned>(ErrorCode::NotFound) + 1);
  ServiceWorld* world_ = nullptr;
  std::string token_;
  std::unique_ptr<service::Server> server_;
  std::atomic<std::optional<ErrorCode>> ended_with_{};
};

TEST_F(ChannelLoops, NothingIsToldBeforeItsLineIsDurable) {
  serve(ServiceWorld::shared(), "loop-a");
  auto one = line(), other = line();
  one.send(request(1));
  ASSERT_EQ(one.receive().value().status, kNotFound);  // the tenant is open now
  flushes_held = true;
  one.send(request(2));
  other.send(request(3));
  EXPECT_FALSE(one.hears(300ms));
  EXPECT_FALSE(other.hears(0ms)) << "not even a refusal (L-10)";
  let_flush();
  EXPECT_EQ(one.receive().value().id, 2u);
  EXPECT_EQ(other.receive().value().id, 3u);
}

TEST_F(ChannelLoops, EveryChannelHearsItsOwnReplyAndEveryRequestHasItsLine) {
  serve(ServiceWorld::shared(), "loop-b");
  const auto before = lines();
  constexpr std::uint64_t kChannels = 24, kEach = 10;
  std::vector<std::thread> callers;
  std::latch all_there(kChannels);
  std::atomic<int> right{0};
  for (std::uint64_t number = 0; number < kChannels; ++number) {
    callers.emplace_back([&, number] {
      auto mine = line();
      all_there.arrive_and_wait();
      for (std::uint64_t i = 0; i < kEach; ++i) {
        const std::uint64_t id = number * 1000 + i;
        mine.send(request(id));
        const auto reply = mine.receive();
        if (reply && reply->id == id && reply->status == kNotFound) ++right;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(right, static_cast<int>(kChannels * kEach));
  EXPECT_EQ(lines(), before + kChannels * kEach);
}

TEST_F(ChannelLoops, AChannelComesBackFromAside) {
  serve(ServiceWorld::shared(), "loop-c");
  auto mine = line();
  for (std::uint64_t id = 1; id <= 5; ++id) {
    mine.send(request(10 * id, Kind::Health));
    EXPECT_EQ(mine.receive().value().id, 10 * id);
    mine.send(request(10 * id + 1, Kind::SessionShow));
    EXPECT_EQ(mine.receive().value().status, 0);
    mine.send(request(10 * id + 2));
    EXPECT_EQ(mine.receive().value().status, kNotFound);
  }
}

TEST_F(ChannelLoops, ARequestInPiecesIsAnsweredLikeAWholeOne) {
  serve(ServiceWorld::shared(), "loop-d");
  auto mine = line();
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4}, std::size_t{40}}) {
    const auto whole = request(cut);
    mine.send(ByteView(whole).first(cut));
    EXPECT_FALSE(mine.hears(50ms));
    mine.send(ByteView(whole).subspan(cut));
    EXPECT_EQ(mine.receive().value().id, cut);
  }
  mine.send(request(7));
  EXPECT_EQ(mine.receive().value().id, 7u);
}

TEST_F(ChannelLoops, WhatIsNotUnderstoodEndsTheChannelAndNoOther) {
  serve(ServiceWorld::shared(), "loop-e");
  auto good = line(), bad = line(), twice = line();
  auto broken = request(1);
  broken[5] ^= 0xFF;  // its format
  bad.send(broken);
  EXPECT_EQ(bad.receive().value().status, protocol::status_of(ErrorCode::BadRequest));
  EXPECT_FALSE(bad.receive());
  auto two = request(2);
  const auto second = request(3);
  two.insert(two.end(), second.begin(), second.end());
  twice.send(two);  // the next request before the answer
  EXPECT_FALSE(twice.receive());
  good.send(request(4));
  EXPECT_EQ(good.receive().value().id, 4u);
}

TEST_F(ChannelLoops, AStopAnswersWhatIsUnderWay) {
  serve(ServiceWorld::shared(), "loop-f");
  auto mine = line();
  mine.send(request(1));
  ASSERT_TRUE(mine.receive());
  flushes_held = true;
  mine.send(request(2));
  EXPECT_FALSE(mine.hears(100ms));
  std::thread stopping([this] { server_->stop(); });
  std::this_thread::sleep_for(50ms);
  let_flush();
  EXPECT_EQ(mine.receive().value().id, 2u);
  EXPECT_FALSE(mine.receive()) << "closed";
  stopping.join();
}

TEST_F(ChannelLoops, AFailedFlushTellsNothingAndEndsTheVault) {
  ServiceWorld own;
  serve(own, "loop-g");
  auto mine = line();
  mine.send(request(1));
  ASSERT_TRUE(mine.receive());
  flushes_fail = true;
  mine.send(request(2));
  const auto reply = mine.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, protocol::status_of(ErrorCode::StorageFailed));
  EXPECT_TRUE(reply->body.empty());
  for (int i = 0; i < 100 && !ended_with_.load(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(ended_with_.load(), ErrorCode::StorageFailed);
  server_.reset();
  power::power_on();
}

}  // namespace
}  // namespace shosoin::test
