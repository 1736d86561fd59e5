// The time that retention counts with: neither a clock ten years ahead nor one ten years back moves it, both alarm, and
// two persons accept a jump (DESIGN section 6; E-03).
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "admin-api/service/retention/logged_time.h"
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
  void put_back(Instant accepted) {  // as it came back from elsewhere, without a line of accepted time
    put_watermark({accepted, accepted, {1ms, 1}, {}, {}});
  }
  static generations::EntryKey place() { return {generations::TableId::Facts, copy_of(view_of("clock/watermark"))}; }
  retention::Watermark stored() {
    return service::decode_watermark(*world.appliance().zero().get(place()).value()).value();
  }
  void put_watermark(const retention::Watermark& mark) {
    ASSERT_TRUE(world.appliance().zero().change([&](std::uint64_t) -> Result<generations::Change> {
      return generations::Change{
          {{place(), service::encode_watermark(mark)}},
          {},
          {},
          {false, R"({"operation":"test"})"}};
    }));
  }
  void TearDown() override { EXPECT_TRUE(legal().accept(world.appliance(), world.clock, {})); }
};

TEST_F(LegalClock, IsMovedByNoSystemClockTenYearsAheadOrBackAndAlarmsInBoth) {
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {}));
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
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {}));
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
  ASSERT_TRUE(legal().accept(world.appliance(), moved, {}));
  const auto asked = apply(ids[0]);
  ASSERT_FALSE(asked.refused) << asked.text;
  ASSERT_FALSE(decide_erasure(asked.member("erasureId")).refused);
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {}));
  EXPECT_EQ(execute(asked.member("erasureId")).member("reason"), "before-end");
  ASSERT_FALSE(run_batch().refused);
  EXPECT_FALSE(by_id(ids[0]).refused);
}

TEST_F(LegalClock, IsStoredAndDoesNotGoBackOverARestart) {
  auto moved = world.clock;
  moved.move(kTenYears);
  ASSERT_TRUE(legal().accept(world.appliance(), moved, {}));
  const auto today = service::legal_today(world.parts());
  restart();  // looks at a clock that is ten years behind by now
  EXPECT_EQ(legal().last().state, ClockState::Behind);
  EXPECT_EQ(service::legal_today(world.parts()), today);
}

// Whoever reboots often and sets the clock ahead each time gains what one time without power may be, and then it alarms
// (decision 0083). A watermark of another boot is what a reboot leaves.
TEST_F(LegalClock, ManyRebootsWithAClockSetAheadComeToNoMoreThanOneTimeWithoutPower) {
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {}));
  const auto began = legal().now();
  auto system = world.clock;
  ClockState state = ClockState::Agreed;
  int boots = 0;
  for (std::uint64_t boot = 1; boot <= 5; ++boot) {
    auto mark = stored();
    mark.steady = {1ms, boot};
    put_watermark(mark);
    system.move(24h * 10);
    service::LegalClock fresh;  // as at a start
    ASSERT_TRUE(fresh.look(world.appliance(), system));
    state = fresh.last().state;
    if (state != ClockState::Agreed) break;
    ++boots;
  }
  EXPECT_EQ(boots, 1);
  EXPECT_EQ(state, ClockState::Ahead);
  service::LegalClock fresh;
  ASSERT_TRUE(fresh.look(world.appliance(), system));
  EXPECT_LE(fresh.now() - began, 24h * 10 + 5min);
  EXPECT_GE(fresh.unproven(), 24h * 9);
  EXPECT_TRUE(logged("unprovenSeconds"));
}

// What is stored is set beside what the log says: a state that came back from elsewhere (decision 0080).
TEST_F(LegalClock, TakesAtAStartTheLaterOfWhatIsStoredAndItsLastLineInTheLogAndTellsIt) {
  auto later = world.clock;
  later.move(48h);
  ASSERT_TRUE(legal().accept(world.appliance(), later, {}));
  put_back(world.clock.now());
  restart();
  EXPECT_GE(legal().now(), later.now());
  EXPECT_TRUE(logged("clock-disagreement"));
  const auto told = world.ask(Kind::ClockStatus, {{FieldId::Session, world.officer(1)}}, protocol::Channel::Local);
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.body.at("disagreementAtStart").at("logged").as_string(), to_iso8601(later.now()));
  const auto status = world.ask(Kind::Status, {{FieldId::Session, world.officer(1)}}, protocol::Channel::Local);
  EXPECT_TRUE(status.body.at("clock").at("disagreementAtStart").as_bool());
  restart();  // the two agree again
  EXPECT_FALSE(legal().disagreement());
  put_back(later.now() + 48h);  // and the other way round: what is stored is later
  restart();
  EXPECT_GE(legal().now(), later.now() + 48h);
  EXPECT_TRUE(legal().disagreement());
}

TEST_F(LegalClock, GoesOnByWhatIsStoredWhereTheLogIsDamaged) {
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {}));
  std::set<std::filesystem::path> segments;
  for (const auto& file : std::filesystem::directory_iterator(world.settings().data_directory / "journal")) {
    std::ifstream in(file.path(), std::ios::binary);
    if (in.get() != 0) segments.insert(file.path());  // not one that was made ahead
  }
  ASSERT_FALSE(segments.empty());
  std::fstream segment(*segments.rbegin(), std::ios::in | std::ios::out | std::ios::binary);
  const auto flip = [&] {
    segment.seekg(300);  // in the first line of a segment, or where everybody stood
    const auto byte = static_cast<char>(segment.get() ^ 1);
    segment.seekp(300);
    segment.put(byte).flush();
  };
  flip();
  const auto found = service::last_logged_time(world.appliance().zero(), world.appliance().journal());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::Integrity);
  service::LegalClock fresh;  // as at a start
  EXPECT_TRUE(fresh.look(world.appliance(), world.clock));
  EXPECT_GE(fresh.now(), world.clock.now());
  flip();
}

TEST_F(LegalClock, IsBroughtOnAfterARestoreByWhatTheLostLinesOfTheLogSay) {
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {}));
  const auto present = [&] { return world.appliance().journal().position(kAppliance).change_seq; };
  const auto restored = [&](std::uint64_t from) {
    const auto told = service::restore_watermark(world.appliance(), from, nullptr, 24h * 14);
    return told ? std::string(told.value().at("accepted").as_string()) : std::string();
  };
  const auto accepted_at = [&](std::chrono::hours ahead) {
    auto moved = world.clock;
    moved.move(ahead);
    EXPECT_TRUE(legal().accept(world.appliance(), moved, {}));
    return to_iso8601(moved.now());
  };
  const auto before = present();
  const auto ahead = accepted_at(72h);
  put_back(world.clock.now());
  EXPECT_EQ(restored(before), ahead);
  // Two persons took it back in the lost range: their word stands, and the later time does not come again.
  accepted_at(kTenYears);
  const auto back = accepted_at(24h);
  put_back(world.clock.now() + kTenYears);
  EXPECT_EQ(restored(before), back);
  // What the backup knows already is not gone through again.
  put_back(world.clock.now() + 96h);
  EXPECT_EQ(restored(present()), to_iso8601(world.clock.now() + 96h));
}

TEST_F(LegalClock, OfWhatBootsHaveUsedUpARestoreForgetsNothing) {
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {}));
  const auto present = world.appliance().journal().position(kAppliance).change_seq;
  auto mark = stored();
  mark.steady = {1ms, 1};
  put_watermark(mark);  // as at a reboot, after which ten days seem to have passed
  auto later = world.clock;
  later.move(24h * 10);
  service::LegalClock fresh;
  ASSERT_TRUE(fresh.look(world.appliance(), later));
  ASSERT_GE(fresh.unproven(), 24h * 9);
  put_back(world.clock.now());  // the backup of before, with nothing used up
  ASSERT_TRUE(service::restore_watermark(world.appliance(), present, nullptr, 24h * 14));
  EXPECT_GE(stored().unproven, 24h * 9);
  EXPECT_GE(stored().accepted, later.now());
}

TEST_F(LegalClock, AnOrderlyEndStoresWhatWasCountedSinceTheLastHour) {
  ASSERT_TRUE(legal().accept(world.appliance(), world.clock, {}));
  auto later = world.clock;
  later.move(1min);
  ASSERT_TRUE(legal().look(world.appliance(), later));
  EXPECT_LT(stored().accepted, later.now());
  ASSERT_TRUE(legal().keep(world.appliance(), later));
  EXPECT_GE(stored().accepted, later.now());
  const auto kept = stored().accepted;
  ASSERT_TRUE(legal().keep(world.appliance(), later));  // nothing is new
  EXPECT_EQ(stored().accepted, kept);
}

TEST_F(LegalClock, IsReadFromNoOtherLineOfTheLog) {
  EXPECT_EQ(service::logged_time(R"({"operation":"x","acceptedMs":5,"unprovenSeconds":7})")->unproven, 7s);
  EXPECT_FALSE(service::logged_time(R"({"operation":"x","acceptedMs":5})")->unproven);
  EXPECT_FALSE(service::logged_time(R"({"operation":"x","acceptedMs":5,"unprovenSeconds":-7})")->unproven);

  EXPECT_EQ(service::logged_time(R"({"operation":"clock-watermark","acceptedMs":5})")->accepted, Instant(5ms));
  EXPECT_FALSE(service::logged_time(R"({"operation":"clock-watermark","acceptedMs":5})")->by_two);
  EXPECT_TRUE(service::logged_time(R"({"operation":"clock-accept","acceptedMs":5})")->by_two);
  for (const auto* text : {R"({"operation":"clock-accept"})", R"({"operation":"clock-accept","acceptedMs":-1})",
                           R"({"operation":"clock-accept","acceptedMs":"5"})", R"({"acceptedMs":5})",
                           R"({"operation":"clock-accept","acceptedMs":5)", R"(["acceptedMs"])", ""}) {
    EXPECT_FALSE(service::logged_time(text)) << text;
  }
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
  const retention::Watermark mark{Instant(1000ms), Instant(500ms), {16ms, 0x0000000200000003}, 32ms, 48ms};
  const auto bytes = service::encode_watermark(mark);
  EXPECT_EQ(to_hex(bytes),
            "0002"
            "00000000000003e8"
            "00000000000001f4"
            "0000000000000010"
            "0000000200000003"
            "0000000000000020"
            "0000000000000030");
  const auto read = service::decode_watermark(bytes).value();
  EXPECT_EQ(read.accepted, mark.accepted);
  EXPECT_EQ(read.base, mark.base);
  EXPECT_EQ(read.steady, mark.steady);
  EXPECT_EQ(read.unproven, mark.unproven);
  EXPECT_EQ(read.ran, mark.ran);
  auto before = Bytes(bytes.begin(), bytes.end() - 16);  // as it was before decision 0083
  before[1] = 1;
  EXPECT_EQ(service::decode_watermark(before).value().accepted, mark.accepted);
  constexpr retention::ClockRules kRules{.tolerance = 5min, .off_time = 24h * 14};
  auto old = service::decode_watermark(before).value();
  EXPECT_EQ(retention::unproven(old, kRules), 0ms);
  old.accepted += 24h * 60;  // a boot of two months, written before the new format
  auto months = service::encode_watermark(old);
  months.resize(before.size());
  months[1] = 1;
  old = service::decode_watermark(months).value();
  EXPECT_EQ(retention::unproven(old, kRules), 0ms);
  const auto rebooted = retention::accept_time(old, old.accepted + 10min, {1s, 99}, kRules);
  EXPECT_EQ(rebooted.state, ClockState::Agreed);
  before[1] = 2;
  EXPECT_FALSE(service::decode_watermark(before));
  auto other = bytes;
  other[1] = 3;
  EXPECT_EQ(service::decode_watermark(other).error().code(), ErrorCode::Integrity);
  EXPECT_FALSE(service::decode_watermark(ByteView(bytes).first(bytes.size() - 1)));
}

}  // namespace
}  // namespace shosoin::test
