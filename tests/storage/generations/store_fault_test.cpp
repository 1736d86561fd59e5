// What is missing, flipped or moved is an Integrity error that says what, never "not found"; a power cut between the
// commit and the journal loses nothing.
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

std::vector<Entry> many() {
  std::vector<Entry> entries;
  for (int i = 0; i < 300; ++i) {
    entries.push_back({{TableId::Facts, seq_key(static_cast<std::uint64_t>(i))}, Bytes(100, 7)});
  }
  return entries;
}
const EntryKey kFirst{TableId::Facts, seq_key(0)};

void expect_integrity(const Result<void>& opened, std::string_view doing) {
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Integrity);
  EXPECT_NE(opened.error().doing().find(doing), std::string_view::npos) << opened.error().doing();
}

TEST(MissingParts, AHeaderIsNamed) {
  House house;
  house.create(many());
  house.write_raw(
      [&](auto& transaction) { ASSERT_TRUE(transaction.erase(kHeads, house.generation.gid.view()).value()); });
  expect_integrity(house.reopen(), "header");
}
TEST(MissingParts, ADirectoryPartIsNamed) {
  House house;
  house.create(many());
  house.write_raw(
      [&](auto& transaction) { ASSERT_TRUE(transaction.erase(kHeads, part_key(house.generation.gid, 0)).value()); });
  expect_integrity(house.reopen(), "directory part");
}
TEST(MissingParts, ADeltaRowIsNamedWithItsNumber) {
  House house;
  house.create(many());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", std::to_string(i))}));
  house.write_raw(
      [&](auto& transaction) { ASSERT_TRUE(transaction.erase(kDelta, gid_key(house.generation.gid, 2)).value()); });
  const auto opened = house.reopen();
  expect_integrity(opened, "delta row");
  EXPECT_EQ(opened.error().outside(), 2);
}
TEST(MissingParts, ABlockIsNamedWithItsNumberAndTheOthersAreRead) {
  House house;
  house.create(many());
  house.write_raw(
      [&](auto& transaction) { ASSERT_TRUE(transaction.erase(kBlocks, gid_key(house.generation.gid, 4)).value()); });
  ASSERT_TRUE(house.reopen());
  const auto missing = house.store->get({TableId::Facts, seq_key(150)});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::Integrity);
  EXPECT_EQ(missing.error().outside(), 4);
  EXPECT_TRUE(house.store->get(kFirst).value());
  EXPECT_TRUE(house.store->get({TableId::Facts, seq_key(299)}).value());
  EXPECT_EQ(house.store->scan(TableId::Facts, {}, [](const Entry&) { return true; }).error().code(),
            ErrorCode::Integrity);
  EXPECT_EQ(house.store->stage({}).error().code(), ErrorCode::Integrity);
}
TEST(MissingParts, TheBlockOfTheLogKeysKeepsATenantFromOpening) {
  House house;
  house.create(many());
  house.write_raw(
      [&](auto& transaction) { ASSERT_TRUE(transaction.erase(kBlocks, gid_key(house.generation.gid, 0)).value()); });
  expect_integrity(house.reopen(), "block");
}
TEST(MissingParts, TheSequenceAndTheTenantOfAnEnvironmentAreNeeded) {
  House house;
  house.create(many());
  house.write_raw([&](auto& transaction) { ASSERT_TRUE(transaction.erase(kMeta, name_key("seq")).value()); });
  expect_integrity(house.reopen(), "change sequence");
  House other;
  other.create(many());
  other.write_raw(
      [&](auto& transaction) { ASSERT_TRUE(put_plain(transaction, kMeta, name_key("tenant"), TenantId::random().view())); });
  expect_integrity(other.reopen(), "tenant");
}
TEST(MissingParts, ATailOfChangesIsNoticedThoughTheSequenceWasTurnedBackWithIt) {
  House house;
  house.create(many());
  ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", "1")}));
  house.write_raw([&](auto& transaction) {
    ASSERT_TRUE(transaction.erase(kDelta, gid_key(house.generation.gid, 1)).value());
    ASSERT_TRUE(put_plain(transaction, kMeta, name_key("seq"), seq_key(0)));
    ASSERT_TRUE(transaction.erase(kOutbox, seq_key(1)));
  });
  expect_integrity(house.reopen(), "older than the journal");
}

TEST(PlainRow, IsStoredAsTheFormatPageSays) {
  const auto vector = read_vectors("generations.json").at("plainRow").as_object();
  const auto key = hex_at(vector, "key"), value = hex_at(vector, "value");
  EXPECT_EQ(seal_plain(kOutbox, key, value), hex_at(vector, "stored"));
  EXPECT_EQ(copy_of(open_plain(kOutbox, key, hex_at(vector, "stored")).value()), value);
}
TEST(PlainRow, IsRefusedWithAnyFlippedBitUnderAnotherKeyOrInAnotherTable) {
  const auto key = seq_key(7);
  const auto stored = seal_plain(kOutbox, key, Bytes(40, 3));
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    auto flipped = stored;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_EQ(open_plain(kOutbox, key, flipped).error().code(), ErrorCode::Integrity);
  }
  EXPECT_FALSE(open_plain(kOutbox, seq_key(8), stored));
  EXPECT_FALSE(open_plain(kMeta, key, stored));
  EXPECT_FALSE(open_plain(kOutbox, key, ByteView(stored).first(20)));
}
TEST(MissingParts, ALineOfAChangeThatTheJournalDoesNotHoldIsNoticed) {
  House house;
  house.create(many());
  ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", "1")}));
  house.close();
  const auto journal = house.place.path() / "journal";
  std::filesystem::copy(journal, house.place.path() / "old");
  ASSERT_TRUE(house.open());
  for (const char* value : {"2", "3", "4"}) ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", value)}));
  house.write_raw([](auto& transaction) {  // even if nothing waits in the outbox
    for (std::uint64_t seq = 1; seq <= 4; ++seq) ASSERT_TRUE(transaction.erase(kOutbox, seq_key(seq)));
  });
  house.close();
  std::filesystem::remove_all(journal);
  std::filesystem::rename(house.place.path() / "old", journal);
  expect_integrity(house.open(), "older than the environment");
}
TEST(Examination, ReadsEverythingAndNamesEachFault) {
  House house;
  house.create(many());
  ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", "1")}));
  std::vector<std::string> places;
  Examiner examiner;
  examiner.fault = [&](const std::string& where, const Error&) { places.push_back(where); };
  examiner.pace = [](std::uint64_t) {};
  examiner.go_on = [] { return true; };
  house.store->examine(examiner);
  EXPECT_TRUE(places.empty());
  EXPECT_GT(examiner.blocks, 3u);
  EXPECT_EQ(examiner.delta_rows, 1u);
  const auto gid = house.generation.gid;
  auto block = *house.read_raw(kBlocks, gid_key(gid, 2));
  block[500] ^= 1;
  house.write_raw([&](auto& transaction) {
    ASSERT_TRUE(transaction.put(kBlocks, gid_key(gid, 2), block));
    ASSERT_TRUE(transaction.erase(kBlocks, gid_key(gid, 4)));
    ASSERT_TRUE(transaction.erase(kDelta, gid_key(gid, 1)));
    ASSERT_TRUE(transaction.put(kOutbox, seq_key(1), Bytes(60, 1)));
  });
  house.store->examine(examiner);
  const auto name = gid.hex();
  EXPECT_EQ(places, (std::vector<std::string>{"blocks/" + name + "/2", "blocks/" + name + "/4", "delta/" + name + "/1",
                                              "outbox/" + to_hex(seq_key(1))}));
}

TEST(OldEnvironment, BehindTheJournalIsRefused) {
  House house;
  house.create(many());
  ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", "1")}));
  house.close();
  std::filesystem::copy(house.place.path() / "tenant", house.place.path() / "old",
                        std::filesystem::copy_options::recursive);
  ASSERT_TRUE(house.open());
  ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", "2")}));
  house.close();
  std::filesystem::remove_all(house.place.path() / "tenant");
  std::filesystem::rename(house.place.path() / "old", house.place.path() / "tenant");
  expect_integrity(house.open(), "older than the journal");
}

// One bit of each stored box, at its head, in its middle and at its end.
TEST(FlippedBits, InAnyBoxAreIntegrityAndNeverNotFound) {
  for (const auto table : {kHeads, kBlocks, kDelta}) {
    House house;
    house.create(many());
    ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", "1")}));
    ASSERT_TRUE(house.reopen());
    std::vector<Bytes> keys;
    ASSERT_TRUE(house.environment->read().value()->scan(table, {}, [&](ByteView key, ByteView) {
      keys.push_back(copy_of(key));
      return true;
    }));
    ASSERT_FALSE(keys.empty());
    for (const auto& key : keys) {
      const auto box = *house.read_raw(table, key);
      for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{40}, box.size() / 2, box.size() - 1}) {
        auto flipped = box;
        flipped[at] ^= 0x10;
        house.write_raw([&](auto& transaction) { ASSERT_TRUE(transaction.put(table, key, flipped)); });
        auto read = house.reopen();
        if (read) read = house.store->scan(TableId::Facts, {}, [](const Entry&) { return true; });
        ASSERT_FALSE(read) << table.index << " " << at;
        EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
      }
      house.write_raw([&](auto& transaction) { ASSERT_TRUE(transaction.put(table, key, box)); });
    }
    EXPECT_TRUE(house.reopen());
  }
}

TEST(MovedBoxes, OfAnotherNumberTenantGenerationOrSequenceAreRefused) {
  House house;
  house.create(many());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", std::to_string(i))}));
  const auto gid = house.generation.gid;
  const auto block = *house.read_raw(kBlocks, gid_key(gid, 1));
  const auto mine = *house.read_raw(kBlocks, gid_key(gid, 0));
  const auto put = [&](engine::Table table, Bytes key, const Bytes& box) {
    house.write_raw([&](auto& transaction) { ASSERT_TRUE(transaction.put(table, key, box)); });
  };
  // An open store remembers blocks; what stands on the disk is seen by the next opening, which reads block 0.
  put(kBlocks, gid_key(gid, 0), block);  // another number
  expect_integrity(house.reopen(), "box");

  House other;  // another tenant, though under the very same key and gid
  other.generation = duplicate(house.generation);
  other.create(many());
  put(kBlocks, gid_key(gid, 0), *other.read_raw(kBlocks, gid_key(gid, 0)));
  expect_integrity(house.reopen(), "box");
  put(kBlocks, gid_key(gid, 0), mine);
  ASSERT_TRUE(house.reopen());
  EXPECT_TRUE(house.store->get(kFirst).value());

  auto staged = house.store->stage({}).value();  // another generation under the same key
  put(kBlocks, gid_key(gid, 0), *house.read_raw(kBlocks, gid_key(staged.generation.gid, 0)));
  expect_integrity(house.reopen(), "box");
  put(kBlocks, gid_key(gid, 0), mine);

  put(kDelta, gid_key(gid, 1), *house.read_raw(kDelta, gid_key(gid, 2)));
  EXPECT_EQ(house.reopen().error().code(), ErrorCode::Integrity);
}

// The plug: cuts once, at the step that is set.
std::string_view cut_step;
power::Cut cut_how;
power::Cut cut_there(std::string_view step) noexcept { return step == cut_step ? cut_how : power::Cut::None; }

TEST(PowerCut, BetweenCommitAndJournalIsMadeGoodFromTheOutboxBeforeAnythingIsTold) {
  House house;
  house.create();
  ASSERT_TRUE(house.change({put_of(TableId::Facts, "a", "1")}));
  for (const std::string_view step : {"tenant:change", "journal:flush"}) {
    for (const auto how : {power::Cut::Before, power::Cut::After}) {
      const auto before = house.store->last_seq();
      const auto lines = house.journal->position(house.tenant).line;
      cut_step = step;
      cut_how = how;
      power::set_plug(cut_there);
      EXPECT_FALSE(house.change(
          {put_of(TableId::Facts, std::string(step) + (how == power::Cut::Before ? "-" : "+"), "1")}, true));
      house.power_back();
      ASSERT_TRUE(house.open());
      const bool happened = !(step == "tenant:change" && how == power::Cut::Before);
      EXPECT_EQ(house.store->last_seq(), before + (happened ? 1 : 0)) << step;
      const auto position = house.journal->position(house.tenant);
      EXPECT_EQ(position.line, lines + (happened ? 1 : 0)) << step;
      EXPECT_EQ(position.change_seq, house.store->last_seq()) << step;
      ASSERT_TRUE(house.change({put_of(TableId::Facts, "next", "1")}));
    }
  }
  EXPECT_EQ(house.everything().size(), 5u);
}

TEST(PowerCut, DuringAMergeLeavesTheOldGenerationWhole) {
  for (const std::string_view step : {"generation:blocks", "generation:catch-up"}) {
    for (const auto how : {power::Cut::Before, power::Cut::After}) {
      House house;
      house.create(many());
      ASSERT_TRUE(house.change({put_of(TableId::Holds, "h", "1")}));
      const auto expected = house.everything();
      cut_step = step;
      cut_how = how;
      auto staged = [&]() -> Result<void> {
        power::set_plug(cut_there);
        TRY(auto made, house.store->stage({}));
        power::set_plug(nullptr);
        TRY(house.change({put_of(TableId::Holds, "h", "1")}));
        power::set_plug(cut_there);
        return house.store->catch_up(made);
      }();
      EXPECT_FALSE(staged);
      house.power_back();
      ASSERT_TRUE(house.open());
      EXPECT_EQ(house.everything(), expected);
      const auto found = generations_in(*house.environment).value();
      for (const auto& gid : found) {
        if (gid != house.generation.gid) {
          ASSERT_TRUE(drop_generation_in(*house.environment, gid));
        }
      }
      EXPECT_EQ(house.everything(), expected);
    }
  }
}

TEST(Outbox, HoldsOnlyWhatTheJournalMayStillMiss) {
  House house;
  house.create();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(house.change({put_of(TableId::Facts, "a", std::to_string(i))}));
  EXPECT_LE(house.environment->read().value()->count(kOutbox).value(), 2u);
  ASSERT_TRUE(house.reopen());
  ASSERT_TRUE(house.change({put_of(TableId::Facts, "a", "x")}));
  EXPECT_EQ(house.environment->read().value()->count(kOutbox).value(), 1u);
}

TEST(Outbox, WithAnUnreadableFrameIsRefused) {
  House house;
  house.create();
  house.write_raw([](auto& transaction) { ASSERT_TRUE(put_plain(transaction, kOutbox, seq_key(1), Bytes{1, 2, 3})); });
  EXPECT_EQ(house.reopen().error().code(), ErrorCode::Integrity);
}

TEST(Outbox, SaysWhenAFrameWaitsForAnotherOutbox) {
  House house;
  house.create();
  const journal::Draft second{house.tenant, 2, 1, MonthKeyId::random(), Bytes(100, 1)};
  house.write_raw(
      [&](auto& transaction) { ASSERT_TRUE(put_plain(transaction, kOutbox, seq_key(1), journal::encode_draft(second))); });
  EXPECT_EQ(replay_outbox(*house.environment, *house.journal).value(), std::set{house.tenant});
  auto first = second;
  first.line = 1;
  ASSERT_TRUE(house.journal->append(first));
  EXPECT_TRUE(replay_outbox(*house.environment, *house.journal).value().empty());
  EXPECT_EQ(house.journal->position(house.tenant).line, 2u);
}

}  // namespace
}  // namespace shosoin::generations
