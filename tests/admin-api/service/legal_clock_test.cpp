// The time that retention counts with: neither a clock ten years ahead nor one ten years back moves it, both alarm, and
// two persons accept a jump (DESIGN section 6; E-03).
#include <algorithm>

#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

using namespace std::chrono_literals;
using retention::ClockState;

class LegalClock : public RetentionTest {
 protected:
  LegalClock() : RetentionTest("042129") {}
  static constexpr std::chrono::hours kTenYears{24 * 3652};
  service::LegalClock& legal() { return world.parts().legal; }
  ClockState look_at(std::chrono::milliseconds apart) {
    auto moved = world.clock;
    moved.move(apart);
    EXPECT_TRUE(legal().look(world.appliance(), moved));
    return legal().last().state;
  }
  bool logged(std::string_view operation) {
    const auto lines = world.log_of("");
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(operation) != line.npos; });
  }
  void TearDown() override {
    EXPECT_TRUE(legal().accept(world.appliance(), world.clock, {false, R"({"operation":"test"})"}));
  }
};

TEST_F(LegalClock, IsMovedByNoSystemClockTenYearsAheadOrBackAndAlarmsInBoth) {
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {false, R"({"operation":"test"})"}));
  const auto today = service::legal_today(world.parts());
  EXPECT_EQ(look_at(0ms), ClockState::Agreed);
  EXPECT_EQ(look_at(kTenYears), ClockState::Ahead);
  EXPECT_EQ(service::legal_today(world.parts()), today);
  EXPECT_EQ(look_at(-kTenYears), ClockState::Behind);
  EXPECT_EQ(service::legal_today(world.parts()), today);
  EXPECT_TRUE(logged(R"("state":"ahead")"));
  EXPECT_TRUE(logged(R"("state":"behind")"));
  EXPECT_EQ(look_at(1min), ClockState::Agreed);  // what a time service corrects
}

TEST_F(LegalClock, LetsNothingBeErasedEarlyWhateverTheSystemClockSays) {
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {false, R"({"operation":"test"})"}));
  adopt("1d");
  const auto ids = import_people(1, 921);
  const auto id = RecordId::from(view_of(ids[0])).value();
  const auto born = int(service::find_term(store(), id).value().value().event->latest_possible()->year());
  adopt(std::to_string(2031 - born) + "y");  // ends some time in 2031
  ASSERT_EQ(look_at(kTenYears), ClockState::Ahead);
  EXPECT_EQ(apply(ids[0]).member("reason"), "before-end");
  ASSERT_EQ(look_at(-kTenYears), ClockState::Behind);
  EXPECT_EQ(apply(ids[0]).member("reason"), "before-end");
  // Two persons' word moves it; taken back, the approved erasure waits again, in the batch too.
  auto moved = world.clock;
  moved.move(kTenYears);
  ASSERT_TRUE(legal().accept(world.appliance(), moved, {false, R"({"operation":"test"})"}));
  const auto asked = apply(ids[0]);
  ASSERT_FALSE(asked.refused) << asked.text;
  ASSERT_FALSE(decide_erasure(asked.member("erasureId")).refused);
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {false, R"({"operation":"test"})"}));
  EXPECT_EQ(execute(asked.member("erasureId")).member("reason"), "before-end");
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(by_id(ids[0]).refused);
}

TEST_F(LegalClock, IsStoredAndDoesNotGoBackOverARestart) {
  auto moved = world.clock;
  moved.move(kTenYears);
  ASSERT_TRUE(legal().accept(world.appliance(), moved, {false, R"({"operation":"test"})"}));
  const auto today = service::legal_today(world.parts());
  restart();  // looks at a clock that is ten years behind by now
  EXPECT_EQ(legal().last().state, ClockState::Behind);
  EXPECT_EQ(service::legal_today(world.parts()), today);
}

TEST_F(LegalClock, IsToldToOneOfficerAndAcceptedByTwoOnly) {
  const auto one = world.officer(1);
  const auto told = world.ask(Kind::ClockStatus, {{FieldId::Session, one}}, protocol::Channel::Local);
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.member("state"), "agreed");
  protocol::Request alone{Kind::ClockAccept, 7, {}};
  protocol::set(alone, FieldId::Session, one);
  EXPECT_FALSE(protocol::check(alone, protocol::Channel::Local));
  const auto done = world.as_officers(Kind::ClockAccept, {});
  ASSERT_FALSE(done.refused) << done.text;
  EXPECT_TRUE(logged("clock-accept"));
}

// Written by hand from service/entries.md.
TEST(Watermark, IsStoredAsItsPageSaysAndRefusedOtherwise) {
  const retention::Watermark mark{Instant(1000ms), Instant(500ms), {16ms, 0x0000000200000003}};
  const auto bytes = service::encode_watermark(mark);
  EXPECT_EQ(to_hex(bytes),
            "0001"
            "00000000000003e8"
            "00000000000001f4"
            "0000000000000010"
            "0000000200000003");
  const auto read = service::decode_watermark(bytes).value();
  EXPECT_EQ(read.accepted, mark.accepted);
  EXPECT_EQ(read.base, mark.base);
  EXPECT_EQ(read.steady, mark.steady);
  auto other = bytes;
  other[1] = 2;
  EXPECT_EQ(service::decode_watermark(other).error().code(), ErrorCode::Integrity);
  EXPECT_FALSE(service::decode_watermark(ByteView(bytes).first(bytes.size() - 1)));
}

}  // namespace
}  // namespace shosoin::test
