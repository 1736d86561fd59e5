// Two requests that race on one import: the second is a Conflict, and rows of a published import are never dropped.
// What an unknown outcome leaves is the next start's to decide (promise 9, D-03).
#include <pthread.h>

#include <future>
#include <system_error>
#include <thread>

#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/one_import.h"
#include "tests/support/held_step.h"

namespace shosoin::test {
namespace {

using generations::TableId;
using support::HeldStep;

class ImportSlots : public OneImport {
 protected:
  void TearDown() override {
    world.clock.on_look = nullptr;
    power::set_plug(nullptr);
    power::power_on();
    if (!import.empty() && state() == "staged") reject();
  }
  std::string state() {
    return service::find_import(store(), RecordId::from(view_of(import)).value()).value().value().state;
  }
  // Records of this import whose rows, the number's too, are all there.
  std::size_t whole_records() {
    std::size_t whole = 0;
    EXPECT_TRUE(store().scan(TableId::Records, {}, [&](const generations::Entry& entry) {
      const auto record = generations::decode_record_entry(*entry.value).value();
      if (record.import != RecordId::from(view_of(import)).value()) return true;
      whole += store().read_row(record.record.id, record.record.key) &&
               store().read_row(record.number.id, record.number.key);
      return true;
    }));
    return whole;
  }
  std::future<Told> meanwhile(Kind kind, Fields fields) {
    return std::async(std::launch::async, [this, kind, fields = std::move(fields)] { return world.ask(kind, fields); });
  }
};

TEST_F(ImportSlots, TheSamePieceTwiceAtOnceIsTakenOnce) {
  // The last piece fills two groups: it waits until the first of them is written.
  constexpr std::uint64_t kPeople = limits::kImportRowGroup + 200;
  const auto csv = world.csv(tenant, kPeople, 201);
  std::size_t first_piece = 0;
  for (std::size_t line = 1; line < limits::kImportRowGroup / 2; ++line) first_piece = csv.find('\n', first_piece) + 1;
  ASSERT_LE(csv.size() - first_piece, limits::kMaxField);
  ASSERT_FALSE(open().refused);
  ASSERT_FALSE(world.ask(Kind::ImportChunk, piece(0, csv.substr(0, first_piece))).refused);
  bool raced = false;
  {
    const auto fields = piece(first_piece, csv.substr(first_piece));
    std::future<Told> first;  // outlives what holds it
    HeldStep held("rows:ahead");
    first = meanwhile(Kind::ImportChunk, fields);
    ASSERT_TRUE(held.reached());
    const auto second = world.ask(Kind::ImportChunk, fields);
    ASSERT_EQ(second.refused, ErrorCode::Conflict);
    EXPECT_FALSE(second.body.contains("expectedOffset"));  // nothing was looked at
    ASSERT_EQ(world.ask(Kind::ImportClose, closing()).refused, ErrorCode::Conflict);
    held.let_go();
    EXPECT_EQ(first.get().body.at("received").as_int64(), static_cast<std::int64_t>(csv.size()));
    raced = true;
  }
  ASSERT_TRUE(raced);
  const auto told = world.ask(Kind::ImportClose, closing());
  ASSERT_FALSE(told.refused) << told.text;
  EXPECT_EQ(told.body.at("accepted").as_int64(), static_cast<std::int64_t>(kPeople));
  EXPECT_EQ(whole_records(), kPeople);
}

TEST_F(ImportSlots, AReopeningWhileTheImportIsClosedIsAConflictAndDropsNothing) {
  const auto csv = world.csv(tenant, 30, 202);
  for (const auto* step : {"rows:ahead", "tenant:change", "merge:switch"}) {  // still receiving, and publishing
    key = "slots-" + RecordId::random().hex();
    ASSERT_FALSE(open().refused);
    ASSERT_FALSE(world.ask(Kind::ImportChunk, piece(0, csv)).refused);
    if (std::string_view(step) == "tenant:change") {
      // A refusal of this tenant would wait for the line of the change that is held: only what is in memory is asked
      // for.
      std::future<Told> close;  // outlives what holds it
      HeldStep held(step);
      close = meanwhile(Kind::ImportClose, closing());
      ASSERT_TRUE(held.reached());
      const auto claimed = world.parts().imports.claim(RecordId::from(view_of(import)).value());
      ASSERT_FALSE(claimed);
      EXPECT_EQ(claimed.error().code(), ErrorCode::Conflict);
      held.let_go();
      EXPECT_EQ(close.get().member("state"), "staged");
    } else {
      std::future<Told> close;  // outlives what holds it
      HeldStep held(step);
      close = meanwhile(Kind::ImportClose, closing());
      ASSERT_TRUE(held.reached());
      ASSERT_EQ(open().refused, ErrorCode::Conflict) << step;
      EXPECT_EQ(world.ask(Kind::ImportClose, closing()).refused.has_value(), std::string_view(step) == "rows:ahead");
      held.let_go();
      EXPECT_EQ(close.get().member("state"), "staged") << step;
    }
    const auto again = open();  // and once it is over, the key stands for what was opened then
    EXPECT_EQ(again.member("state"), "staged");
    EXPECT_EQ(whole_records(), 30u) << step;
    reject();
  }
}

TEST_F(ImportSlots, AnImportThatIsBeingClosedDoesNotLapseHoweverLongItTakes) {
  ASSERT_FALSE(open().refused);
  ASSERT_FALSE(world.ask(Kind::ImportChunk, piece(0, world.csv(tenant, 30, 203))).refused);
  std::future<Told> close;  // outlives what holds it
  HeldStep held("rows:ahead");
  close = meanwhile(Kind::ImportClose, closing());
  ASSERT_TRUE(held.reached());
  world.clock.move(limits::kImportIdle + std::chrono::seconds{1});
  ASSERT_TRUE(world.parts().imports.lapse(store()));
  held.let_go();
  EXPECT_EQ(close.get().member("state"), "staged");
  ASSERT_TRUE(world.parts().imports.lapse(store()));
  ASSERT_TRUE(world.parts().imports.give_up(store(), RecordId::from(view_of(import)).value()));  // what is staged stays
  EXPECT_EQ(state(), "staged");
  EXPECT_EQ(whole_records(), 30u);
}

TEST_F(ImportSlots, AnImportThatIsLapsingIsNobodyElses) {
  const auto csv = world.csv(tenant, 30, 204);
  ASSERT_FALSE(open().refused);
  ASSERT_FALSE(world.ask(Kind::ImportChunk, piece(0, csv)).refused);
  const auto facts = service::find_import(store(), RecordId::from(view_of(import)).value()).value().value();
  auto row = RowId::random().bytes();
  const auto seq = be(facts.seq);
  std::copy(seq.begin(), seq.end(), row.begin());
  ASSERT_TRUE(store().write_rows_ahead({{RowId(row), Bytes(100, 1)}}));  // so that there is something to drop
  world.clock.move(limits::kImportIdle + std::chrono::seconds{1});
  token = world.session("sato", world.t1);
  {
    std::future<Result<void>> lapse;
    HeldStep held("rows:drop");
    lapse = std::async(std::launch::async, [&] { return world.parts().imports.lapse(store()); });
    ASSERT_TRUE(held.reached());
    EXPECT_EQ(world.ask(Kind::ImportChunk, piece(csv.size(), "x")).refused, ErrorCode::Conflict);
    ASSERT_EQ(world.ask(Kind::ImportClose, closing()).refused, ErrorCode::Conflict);
    ASSERT_EQ(open().refused, ErrorCode::Conflict);
    held.let_go();
    EXPECT_TRUE(lapse.get());
  }
  EXPECT_EQ(state(), "abandoned");
  EXPECT_EQ(world.ask(Kind::ImportChunk, piece(csv.size(), "x")).refused, ErrorCode::Conflict);
  const auto lapsed = import;
  ASSERT_EQ(open().member("state"), "receiving");  // its key begins anew (decision 0060)
  EXPECT_NE(import, lapsed);
  ASSERT_FALSE(feed(0, csv).refused);
  EXPECT_EQ(close().member("state"), "staged");
  EXPECT_EQ(whole_records(), 30u);
}

TEST_F(ImportSlots, AKeyThatComesAgainWithAnotherRequestIsRefusedAndTheFirstGoesOn) {
  const auto csv = world.csv(tenant, 30, 207);
  ASSERT_FALSE(open().refused);
  ASSERT_FALSE(feed(0, csv).refused);
  const auto first = import;
  encoding = "CP932";
  const auto other = open();
  EXPECT_EQ(other.refused, ErrorCode::Conflict);
  EXPECT_NE(other.text.find("Idempotency-Key"), std::string::npos) << other.text;
  encoding = "UTF-8";
  import = first;
  EXPECT_EQ(close().member("state"), "staged");  // nothing of it was dropped
  EXPECT_EQ(whole_records(), 30u);
}

// Stacks larger than the address space for every thread that is begun meanwhile: none can be.
class NoThreads {
 public:
  NoThreads() {
    pthread_attr_init(&own_);
    pthread_getattr_default_np(&own_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 50);
    EXPECT_EQ(pthread_setattr_default_np(&huge), 0);
    pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    EXPECT_EQ(pthread_setattr_default_np(&own_), 0);
    pthread_attr_destroy(&own_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t own_;
};

TEST_F(ImportSlots, AnImportGoesOnWhereTheSystemHasNoThreadToGive) {
  constexpr std::uint64_t kPeople = 2 * limits::kImportRowGroup + 100;
  const auto csv = world.csv(tenant, kPeople, 208);
  ASSERT_FALSE(open().refused);
  {
    const NoThreads none;
    EXPECT_THROW(std::thread([] {}).join(), std::system_error);
    for (std::size_t at = 0; at < csv.size(); at += limits::kMaxField) {
      ASSERT_FALSE(feed(at, csv.substr(at, limits::kMaxField)).refused);
    }
  }
  EXPECT_EQ(close().member("state"), "staged");
  EXPECT_EQ(whole_records(), kPeople);
}

// -- outcomes that nobody knows
power::Cut how_to_cut = power::Cut::None;
const char* where_to_cut = "";
void cut_at(const char* step, power::Cut how) {
  where_to_cut = step;
  how_to_cut = how;
  power::set_plug([](std::string_view now) noexcept { return now == where_to_cut ? how_to_cut : power::Cut::None; });
}

TEST_F(ImportSlots, AMergeWhoseOutcomeIsUnknownIsDecidedByTheNextStart) {
  const auto csv = world.csv(tenant, 30, 205);
  for (const auto how : {power::Cut::Before, power::Cut::After}) {
    key = "slots-" + RecordId::random().hex();
    token = world.session("sato", world.t1);
    ASSERT_FALSE(open().refused);
    ASSERT_FALSE(world.ask(Kind::ImportChunk, piece(0, csv)).refused);
    cut_at("merge:switch", how);
    const auto outcome = world.send(Kind::ImportClose, closing());
    EXPECT_EQ(outcome.reply.status, static_cast<unsigned>(ErrorCode::StorageFailed) + 1);
    EXPECT_EQ(outcome.end, ErrorCode::StorageFailed);  // answer, then end
    power::set_plug(nullptr);
    power::power_on();
    world.restart();
    (void)store();  // opened on first use
    EXPECT_EQ(state(), how == power::Cut::After ? "staged" : "abandoned");
    EXPECT_EQ(whole_records(), how == power::Cut::After ? 30u : 0u);
  }
}

TEST_F(ImportSlots, AProcessThatIsAboutToEndAbandonsNoImport) {
  ASSERT_FALSE(open().refused);
  ASSERT_FALSE(world.ask(Kind::ImportChunk, piece(0, world.csv(tenant, 30, 206))).refused);
  cut_at("rows:ahead", power::Cut::Before);
  // Whoever went on to write an abandonment would look at the clock first. For him the disk comes back, so that it
  // would stand.
  world.clock.on_look = [] {
    if (!power::is_out()) return;
    power::set_plug(nullptr);
    power::power_on();
  };
  const auto closed = world.send(Kind::ImportClose, closing());
  EXPECT_EQ(closed.end, ErrorCode::StorageFailed);
  world.clock.on_look = nullptr;
  EXPECT_EQ(state(), "receiving");  // as it was
  power::set_plug(nullptr);
  power::power_on();
  world.restart();
  (void)store();
  EXPECT_EQ(state(), "abandoned");
}

}  // namespace
}  // namespace shosoin::test
