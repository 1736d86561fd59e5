// A sort of more entries than memory holds: what comes out is what std::sort says, a run that was damaged is never read
// past, and what a cut leaves behind is garbage that names nothing and goes with the next start.
#include "storage/generations/entry_sorter.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <random>

#include "firmware/base/limits_import.h"
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

using Model = std::map<EntryKey, std::optional<Bytes>>;

std::vector<Entry> drain(EntrySource& source) {
  std::vector<Entry> out;
  for (auto entry = source.next().value(); entry; entry = source.next().value()) out.push_back(std::move(*entry));
  return out;
}
void expect_model(EntrySorter& sorter, const Model& model) {
  auto source = sorter.sorted().value();
  const auto found = drain(*source);
  ASSERT_EQ(found.size(), model.size());
  auto at = model.begin();
  for (const auto& entry : found) {
    ASSERT_EQ(entry.key, at->first);
    ASSERT_EQ(entry.value, at->second);
    ++at;
  }
}
// As an import's: ids and tokens at random, some of them again.
Entry numbered(std::mt19937_64& random, std::uint64_t keys) {
  const auto number = random() % keys;
  const auto table = number % 3 == 0 ? TableId::Records : number % 3 == 1 ? TableId::SearchKeys : TableId::Addressees;
  Entry entry{{table, seq_key(number * 0x9e3779b97f4a7c15ull)},
              Bytes(random() % 300, static_cast<std::uint8_t>(random()))};
  if (random() % 50 == 0) entry.value.reset();
  return entry;
}
std::size_t blocks_stored(const House& house) {
  std::size_t found = 0;
  ENSURE(house.environment->read().value()->scan(kBlocks, {}, [&](ByteView, ByteView) { return ++found, true; }));
  return found;
}

TEST(EntrySorter, GivesWhatAMapGivesForAnyFewEntries) {
  House house;
  house.create();
  EXPECT_TRUE(rc::check([&] {
    auto sorter = house.store->sorter();
    Model model;
    for (int left = *rc::gen::inRange(0, 60); left > 0; --left) {
      const auto table = *rc::gen::element(TableId::Records, TableId::SearchKeys, TableId::Addressees);
      Entry entry{{table, *rc::gen::resize(9, rc::gen::arbitrary<Bytes>())}, std::nullopt};
      if (*rc::gen::inRange(0, 4) != 0) entry.value = *rc::gen::arbitrary<Bytes>();
      RC_ASSERT(sorter->add(entry).has_value());
      model[entry.key] = entry.value;
    }
    auto source = sorter->sorted().value();
    std::vector<Entry> expected;
    for (const auto& [key, value] : model) expected.push_back({key, value});
    const auto found = drain(*source);
    RC_ASSERT(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      RC_ASSERT(found[i].key == expected[i].key);
      RC_ASSERT(found[i].value == expected[i].value);
    }
  }));
}

TEST(EntrySorter, SortsOverManyRunsAndTheLaterAddWinsWhereverItStands) {
  House house;
  house.create();
  auto sorter = house.store->sorter();
  std::mt19937_64 random(20261122);
  Model model;
  while (sorter->runs() < 5) {
    for (int i = 0; i < 1000; ++i) {
      auto entry = numbered(random, 60'000);
      ASSERT_TRUE(sorter->add(entry));
      model[entry.key] = std::move(entry.value);
    }
  }
  EXPECT_GT(sorter->added(), model.size());
  expect_model(*sorter, model);
  expect_model(*sorter, model);  // asked again, the same again
}

TEST(EntrySorter, GivesNothingWhereNothingWasAdded) {
  House house;
  house.create();
  expect_model(*house.store->sorter(), {});
}

TEST(EntrySorter, GivesAnEntryALargerBlockWhereItNeedsOne) {
  House house;
  house.create();
  auto sorter = house.store->sorter();
  std::mt19937_64 random(13);
  Model model;
  for (std::uint64_t i = 0; sorter->runs() < 2; ++i) {
    const Entry large{{TableId::Facts, seq_key(random())}, Bytes(limits::kSorterBlockPlain + i % 3 * 9000, 7)};
    for (const auto& entry : {large, numbered(random, 1u << 20)}) {
      ASSERT_TRUE(sorter->add(entry));
      model[entry.key] = entry.value;
    }
  }
  expect_model(*sorter, model);
}

// Merged into a generation, beside what is there and what changes meanwhile.
TEST(EntrySorter, FeedsAMergeAndTheFewAdditionsWinOverIt) {
  House house;
  house.create({put_of(TableId::Facts, "kept", "1"), put_of(TableId::Facts, "replaced", "old")});
  auto sorter = house.store->sorter();
  std::mt19937_64 random(7);
  Model model;
  while (sorter->runs() < 2) {
    auto entry = numbered(random, 1u << 20);
    entry.key.table = TableId::Approvals;
    ASSERT_TRUE(sorter->add(entry));
    model[entry.key] = std::move(entry.value);
  }
  for (const char* key : {"replaced", "twice"}) ASSERT_TRUE(sorter->add(put_of(TableId::Facts, key, "bulk")));
  auto source = sorter->sorted().value();
  RebuildPlan plan;
  plan.bulk = source.get();
  plan.additions = {put_of(TableId::Facts, "twice", "few")};
  ASSERT_TRUE(house.merge(plan, [&] { ASSERT_TRUE(house.change({put_of(TableId::Facts, "meanwhile", "1")})); }));
  source.reset();
  sorter.reset();
  std::map<EntryKey, Bytes> expected;
  for (const auto& [key, value] : model) {
    if (value) expected[key] = *value;
  }
  for (const auto& [key, value] :
       {std::pair{"kept", "1"}, {"replaced", "bulk"}, {"twice", "few"}, {"meanwhile", "1"}}) {
    expected[{TableId::Facts, text_bytes(key)}] = text_bytes(value);
  }
  EXPECT_EQ(house.everything(), expected);
  ASSERT_TRUE(house.reopen());
  EXPECT_EQ(house.everything(), expected);
  EXPECT_EQ(generations_in(*house.environment).value(), std::vector<GenerationId>{house.generation.gid});
}

TEST(EntrySorter, LeavesNothingBehindWhenItEndsAndIsKnownToTheStoreUntilThen) {
  House house;
  house.create();
  const auto before = blocks_stored(house);
  auto sorter = house.store->sorter();
  std::mt19937_64 random(3);
  while (sorter->runs() < 1) ASSERT_TRUE(sorter->add(numbered(random, 1u << 20)));
  EXPECT_GT(blocks_stored(house), before);
  std::vector<GenerationId> sorts;
  const auto present = generations_in(*house.environment).value();
  for (const auto& gid : present) {
    if (gid != house.generation.gid) sorts.push_back(gid);
  }
  ASSERT_EQ(sorts.size(), 1u);
  EXPECT_TRUE(house.store->sorting(sorts[0]));
  EXPECT_FALSE(house.store->sorting(house.generation.gid));
  sorter.reset();
  EXPECT_EQ(blocks_stored(house), before);
  EXPECT_FALSE(house.store->sorting(sorts[0]));
}

// No key, no value and no part of one stands on the disk in clear (S-04).
TEST(EntrySorter, WritesNothingReadable) {
  House house;
  house.create();
  auto sorter = house.store->sorter();
  const std::string marker = "MARKER-OF-A-KEY";
  for (std::uint64_t i = 0; sorter->runs() < 1; ++i) {
    ASSERT_TRUE(sorter->add(put_of(TableId::SearchKeys, marker + std::to_string(i), marker)));
  }
  std::ifstream file(house.place.path() / "tenant" / "data.mdb", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  ASSERT_GT(bytes.size(), limits::kSorterMemory / 2);
  EXPECT_EQ(bytes.find(marker), std::string::npos);
}

// Each block of a run in turn: flipped at its head, in its middle and at its end, another one's, gone.
TEST(EntrySorter, TellsADamagedMovedOrMissingBlockAsIntegrity) {
  House house;
  house.create();
  auto sorter = house.store->sorter();
  std::mt19937_64 random(5);
  while (sorter->runs() < 2) ASSERT_TRUE(sorter->add(numbered(random, 1u << 20)));
  std::vector<Bytes> keys;
  ASSERT_TRUE(house.environment->read().value()->scan(kBlocks, {}, [&](ByteView key, ByteView) {
    if (!equal(key.first(16), house.generation.gid.view())) keys.push_back(copy_of(key));
    return true;
  }));
  ASSERT_GT(keys.size(), 100u);
  const auto read = [&]() -> Result<void> {
    TRY(auto source, sorter->sorted());
    for (;;) {
      TRY(auto entry, source->next());
      if (!entry) return success();
    }
  };
  ASSERT_TRUE(read());
  const auto expect_refused = [&] {
    const auto outcome = read();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::Integrity);
  };
  for (const std::size_t which : {std::size_t{0}, keys.size() / 2, keys.size() - 1}) {
    const auto& key = keys[which];
    const auto box = *house.read_raw(kBlocks, key);
    for (const std::size_t at : {std::size_t{0}, std::size_t{40}, box.size() / 2, box.size() - 1}) {
      auto flipped = box;
      flipped[at] ^= 0x20;
      house.write_raw([&](auto& transaction) { ASSERT_TRUE(transaction.put(kBlocks, key, flipped)); });
      expect_refused();
    }
    const auto other = *house.read_raw(kBlocks, keys[(which + 1) % keys.size()]);
    house.write_raw([&](auto& transaction) { ASSERT_TRUE(transaction.put(kBlocks, key, other)); });
    expect_refused();
    house.write_raw([&](auto& transaction) { ASSERT_TRUE(transaction.erase(kBlocks, key).value()); });
    expect_refused();
    house.write_raw([&](auto& transaction) { ASSERT_TRUE(transaction.put(kBlocks, key, box)); });
    ASSERT_TRUE(read());
  }
}

// LMDB maps a block to free it, and only a commit lets go of what is mapped: a million rows leave 500 MB of runs.
TEST(EntrySorter, DropsItsRunsInCommitsOfBoundedSize) {
  static std::size_t commits = 0;
  House house;
  house.create({});
  auto sorter = house.store->sorter();
  std::mt19937_64 random(12);
  while (sorter->runs() < 5) ASSERT_TRUE(sorter->add(numbered(random, 1u << 20)));
  std::size_t bytes = 0;  // the generation's few blocks too: well below a commit's worth
  ASSERT_TRUE(house.environment->read().value()->scan(kBlocks, {}, [&](ByteView, ByteView box) {
    bytes += box.size();
    return true;
  }));
  ASSERT_GT(bytes, limits::kDropBytes);
  commits = 0;
  power::set_plug([](std::string_view step) noexcept {
    commits += step == "generation:drop";
    return power::Cut::None;
  });
  sorter.reset();
  power::set_plug(nullptr);
  EXPECT_EQ(commits, (bytes + limits::kDropBytes - 1) / limits::kDropBytes);
  EXPECT_EQ(generations_in(*house.environment).value(), std::vector<GenerationId>{house.generation.gid});
}

// The power goes before and after the commit of each run: the store opens as it was, and nothing of a run is named.
TEST(EntrySorter, LeavesOnlyGarbageWhereThePowerGoes) {
  static int runs_left = 0;
  static power::Cut kind = power::Cut::None;
  for (const auto cut : {power::Cut::Before, power::Cut::After}) {
    for (int run = 0; run < 2; ++run) {
      House house;
      house.create({put_of(TableId::Facts, "kept", "1")});
      const auto before = house.everything();
      runs_left = run;
      kind = cut;
      power::set_plug([](std::string_view step) noexcept {
        return step == "import:run" && runs_left-- == 0 ? kind : power::Cut::None;
      });
      {
        auto sorter = house.store->sorter();
        std::mt19937_64 random(11);
        Result<void> added = success();
        while (added) added = sorter->add(numbered(random, 1u << 20));
        EXPECT_EQ(added.error().code(), ErrorCode::StorageFailed);
      }
      house.power_back();
      ASSERT_TRUE(house.open());
      EXPECT_EQ(house.everything(), before);
      const auto left = generations_in(*house.environment).value();
      EXPECT_EQ(left.size(), run == 0 && cut == power::Cut::Before ? 1u : 2u);
      for (const auto& gid : left) {
        if (gid == house.generation.gid) continue;
        EXPECT_FALSE(house.store->sorting(gid));
        ASSERT_TRUE(drop_generation_in(*house.environment, gid));  // as the sweep of a start does
      }
      EXPECT_EQ(generations_in(*house.environment).value(), std::vector<GenerationId>{house.generation.gid});
      EXPECT_EQ(house.everything(), before);
    }
  }
}

}  // namespace
}  // namespace shosoin::generations
