// The tenant's lines in the journal: no gaps, no reordering, counted number accesses, keys of the month.
#include <mutex>
#include <set>
#include <thread>

#include "crypto/box.h"
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

std::vector<journal::Frame> frames_of(const House& house) {
  std::vector<journal::Frame> frames;
  EXPECT_TRUE(house.journal->walk([&](const journal::Frame& frame) {
    if (frame.draft.tenant == house.tenant) frames.push_back(frame);
    return true;
  }));
  return frames;
}

TEST(TenantLog, EntriesReadBackWithTimeAndText) {
  House house;
  house.create();
  ASSERT_TRUE(house.store->log({false, R"({"operation":"login"})"}));
  ASSERT_TRUE(house.store->log({true, R"({"operation":"retrieved"})"}));
  const auto frames = frames_of(house);
  ASSERT_EQ(frames.size(), 2u);
  const auto first = house.store->open_frame(frames[0]).value(), second = house.store->open_frame(frames[1]).value();
  EXPECT_EQ(first.text, R"({"operation":"login"})");
  EXPECT_EQ(first.number_seq, 0u);
  EXPECT_EQ(first.time, house.clock.now());
  EXPECT_EQ(second.number_seq, 1u);
  EXPECT_EQ(frames[0].draft.change_seq, 0u);
  EXPECT_EQ(frames[0].draft.line, 1u);
  EXPECT_EQ((frames[0].draft.boxed_entry.size() - crypto::kBoxOverhead) % 256, 0u);
}

// What took a flush for each line once: the lines of one tenant, written by many at once, share flushes.
TEST(TenantLog, ReadsOfOneTenantShareTheirFlushes) {
  House house;
  house.create({put_of(TableId::Facts, "seed", "1")});
  power::set_plug([](std::string_view step) noexcept {
    if (step == "journal:flush")
      std::this_thread::sleep_for(std::chrono::milliseconds{2});  // a disk that takes its time
    return power::Cut::None;
  });
  constexpr std::size_t kThreads = 16, kLines = 20;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<std::uint64_t> told;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < kLines; ++i) {
        const auto line = house.store->log_line({false, R"({"operation":"read"})"});
        std::scoped_lock lock(mutex);
        if (line) told.insert(line.value());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  power::set_plug(nullptr);
  const auto frames = frames_of(house);
  ASSERT_EQ(frames.size(), kThreads * kLines);
  EXPECT_EQ(told.size(), frames.size());  // each caller was told a line of its own
  std::set<std::uint64_t> flushes;
  for (const auto& frame : frames) flushes.insert(frame.flush);
  EXPECT_LT(flushes.size(), frames.size() / 3);
}

TEST(TenantLog, LinesHaveNoGapsUnderEightThreadsOfReadsAndChanges) {
  House house;
  house.create({put_of(TableId::Facts, "seed", "1")});
  constexpr int kThreads = 8, kRounds = 60;
  std::atomic<int> failures{0}, changes{0}, number_accesses{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const bool number = (t + i) % 3 == 0;
        number_accesses += number ? 1 : 0;
        bool well = static_cast<bool>(house.store->get({TableId::Facts, text_bytes("seed")}));
        if ((t + i) % 4 == 0) {
          ++changes;
          well =
              well && house.change({put_of(TableId::Facts, std::to_string(t), std::to_string(i))}, number).has_value();
        } else {
          well = well && house.store->log({number, R"({"operation":"read"})"}).has_value();
        }
        failures += well ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  const auto check = [&] {
    const auto frames = frames_of(house);
    ASSERT_EQ(frames.size(), static_cast<std::size_t>(kThreads * kRounds));
    std::uint64_t seq = 0, number_seq = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i].draft.line, i + 1);
      if (frames[i].draft.change_seq != 0) {
        EXPECT_EQ(frames[i].draft.change_seq, ++seq);
      }
      const auto entry = house.store->open_frame(frames[i]).value();
      EXPECT_TRUE(entry.number_seq == number_seq || entry.number_seq == number_seq + 1) << i;
      number_seq = entry.number_seq;
    }
    EXPECT_EQ(seq, static_cast<std::uint64_t>(changes));
    EXPECT_EQ(number_seq, static_cast<std::uint64_t>(number_accesses));
    EXPECT_EQ(house.store->last_seq(), seq);
  };
  check();
  ASSERT_TRUE(house.reopen());
  check();
}

TEST(TenantLog, NumberAccessesCountOnWithoutAGapOverARestart) {
  House house;
  house.create();
  ASSERT_TRUE(house.store->log({true, "{}"}));
  ASSERT_TRUE(house.store->log({false, "{}"}));
  ASSERT_TRUE(house.reopen());
  ASSERT_TRUE(house.store->log({true, "{}"}));
  ASSERT_TRUE(house.change({put_of(TableId::Facts, "a", "1")}, true));
  ASSERT_TRUE(house.reopen());
  ASSERT_TRUE(house.store->log({true, "{}"}));
  std::vector<std::uint64_t> counted;
  for (const auto& frame : frames_of(house)) counted.push_back(house.store->open_frame(frame).value().number_seq);
  EXPECT_EQ(counted, (std::vector<std::uint64_t>{1, 1, 2, 3, 4}));
}

TEST(TenantLog, AFrameThatIsDroppedLeavesNoGap) {
  House house;
  house.create();
  {
    const auto pending = house.store->begin_frame(0, {true, "{}"}).value();
    EXPECT_EQ(pending.draft.line, 1u);
  }
  ASSERT_TRUE(house.store->log({true, "{}"}));
  const auto frames = frames_of(house);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].draft.line, 1u);
  EXPECT_EQ(house.store->open_frame(frames[0]).value().number_seq, 1u);
}

TEST(TenantLog, KeysAreMadeTwoMonthsAheadAsTheMonthsPass) {
  House house;
  house.clock.set(2026, 11, 22);
  house.create();
  const auto months = [&] {
    std::vector<unsigned> found;
    EXPECT_TRUE(house.store->scan(TableId::LogKeys, {}, [&](const Entry& entry) {
      found.push_back(from_be<std::uint32_t>(ByteView(entry.key.bytes).first<4>()));
      return true;
    }));
    return found;
  };
  EXPECT_EQ(months(), (std::vector<unsigned>{202611, 202612, 202701}));
  ASSERT_TRUE(house.store->ensure_log_keys());
  EXPECT_EQ(house.store->last_seq(), 0u);  // nothing was missing
  ASSERT_TRUE(house.store->log({false, "{}"}));
  house.clock.set(2026, 12, 1);
  ASSERT_TRUE(house.store->ensure_log_keys());
  EXPECT_EQ(house.store->last_seq(), 1u);
  EXPECT_EQ(months(), (std::vector<unsigned>{202611, 202612, 202701, 202702}));
  ASSERT_TRUE(house.store->log({false, "{}"}));
  const auto frames = frames_of(house);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_NE(frames[0].draft.month_key, frames[2].draft.month_key);
  ASSERT_TRUE(house.reopen());
  for (const auto& frame : frames) EXPECT_TRUE(house.store->open_frame(frame));
}

TEST(TenantLog, AYearWithoutAStartMakesTheKeysOfTheMonthsThatAreNeeded) {
  House house;
  house.clock.set(2026, 11, 22);
  house.create();
  house.clock.set(2028, 2, 1);
  const auto refused = house.store->log({false, "{}"});
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(house.journal->position(house.tenant).line, 0u);
  ASSERT_TRUE(house.store->ensure_log_keys());  // logged under the key it makes
  ASSERT_TRUE(house.store->log({false, "{}"}));
  ASSERT_TRUE(house.reopen());
  EXPECT_EQ(frames_of(house).size(), 2u);
}

TEST(TenantLog, OfAMonthWhoseKeyIsErasedStaysClosed) {
  House house;
  house.clock.set(2026, 11, 22);
  house.create();
  ASSERT_TRUE(house.store->log({false, "{}"}));
  house.clock.set(2026, 12, 1);
  ASSERT_TRUE(house.store->log({false, "{}"}));
  ASSERT_TRUE(house.change({{{TableId::LogKeys, Writer{}.u32(202611).u8(0).take()}, std::nullopt}}));
  RebuildPlan fresh;
  fresh.fresh_key = true;
  ASSERT_TRUE(house.merge(fresh));
  ASSERT_TRUE(house.reopen());
  const auto frames = frames_of(house);
  EXPECT_EQ(house.store->open_frame(frames[0]).error().code(), ErrorCode::Integrity);  // nothing explains it
  EXPECT_TRUE(house.store->open_frame(frames[1]));
}

TEST(TenantLog, AFrameMovedToAnotherLineOrSequenceDoesNotOpen) {
  House house;
  house.create();
  ASSERT_TRUE(house.store->log({false, "{}"}));
  auto frame = frames_of(house)[0];
  frame.draft.line = 2;
  EXPECT_EQ(house.store->open_frame(frame).error().code(), ErrorCode::Integrity);
  frame = frames_of(house)[0];
  frame.draft.change_seq = 1;
  EXPECT_EQ(house.store->open_frame(frame).error().code(), ErrorCode::Integrity);
}

TEST(TenantLog, AnEntryBeyondTheLimitIsRefusedAndLeavesNoGap) {
  House house;
  house.create();
  EXPECT_EQ(house.store->log({false, std::string(limits::kMaxJournalEntry, 'x')}).error().code(), ErrorCode::TooLarge);
  ASSERT_TRUE(house.store->log({false, "{}"}));
  EXPECT_EQ(house.journal->position(house.tenant).line, 1u);
}

TEST(TenantLog, LineOfTheOtherProgramOpens) {
  const auto vectors = read_vectors("generations.json");
  const auto made = vectors.at("logLine").as_object();
  House house;
  house.tenant = TenantId::from(hex_at(vectors, "tenant")).value();
  Bytes value = hex_at(vectors, "monthKey");
  append(value, hex_at(made, "key"));
  house.create({{{TableId::LogKeys, Writer{}.u32(202001).u8(0).take()}, value}});
  journal::Frame frame;
  frame.draft = {house.tenant, static_cast<std::uint64_t>(made.at("line").as_int64()),
                 static_cast<std::uint64_t>(made.at("changeSeq").as_int64()),
                 MonthKeyId::from(hex_at(vectors, "monthKey")).value(), hex_at(made, "box")};
  const auto entry = house.store->open_frame(frame).value();
  EXPECT_EQ(entry.number_seq, 9u);
  EXPECT_EQ(entry.text, std::string(made.at("text").as_string()));
  EXPECT_EQ(entry.time.time_since_epoch().count(), made.at("time").as_int64());
}

}  // namespace
}  // namespace shosoin::generations
