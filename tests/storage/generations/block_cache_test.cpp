// Decrypted blocks in memory: the right ones, never too many, and none of a generation that is gone (promise 5).
#include "storage/generations/block_cache.h"

#include <thread>

#include "firmware/base/limits_speed.h"
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

constexpr std::size_t kSize = 64u << 10;  // sixteen blocks

std::optional<Bytes> kept(BlockCache& cache, std::uint64_t view, std::uint64_t block) {
  std::optional<Bytes> found;
  cache.use({view, block}, [&](ByteView plain) { found = copy_of(plain); });
  return found;
}

TEST(BlockCache, GivesBackWhatWasPutAndNothingElse) {
  BlockCache cache(kSize);
  ASSERT_EQ(cache.capacity(), 16u);
  cache.put({1, 2}, text_bytes("of view one"));
  cache.put({2, 1}, text_bytes("of view two"));
  EXPECT_EQ(kept(cache, 1, 2), text_bytes("of view one"));
  EXPECT_EQ(kept(cache, 2, 1), text_bytes("of view two"));
  EXPECT_EQ(kept(cache, 1, 1), std::nullopt);
  EXPECT_EQ(kept(cache, 2, 2), std::nullopt);
}

TEST(BlockCache, NeverHoldsMoreThanItWasGiven) {
  BlockCache cache(kSize);
  for (std::uint64_t block = 0; block < 1000; ++block) {
    cache.put({1, block}, text_bytes(std::to_string(block)));
    EXPECT_EQ(kept(cache, 1, block), text_bytes(std::to_string(block)));
  }
  EXPECT_LE(cache.held(1), cache.capacity());
  EXPECT_GT(cache.held(1), 0u);
}

TEST(BlockCache, KeepsWhatIsUsedBeforeWhatIsNot) {
  BlockCache cache(32u << 10);  // one set: everything competes
  cache.put({1, 0}, text_bytes("used"));
  for (std::uint64_t block = 1; block < 100; ++block) {
    ASSERT_TRUE(kept(cache, 1, 0)) << block;
    cache.put({1, block}, text_bytes("once"));
  }
}

TEST(BlockCache, DoesNotTakeABlockLargerThanASlot) {
  BlockCache cache(kSize);
  cache.put({1, 1}, Bytes(4097, 1));
  EXPECT_EQ(kept(cache, 1, 1), std::nullopt);
  cache.put({1, 1}, Bytes(4096, 1));
  EXPECT_EQ(kept(cache, 1, 1), Bytes(4096, 1));
}

TEST(BlockCache, DropsAViewAndLeavesNothingOfItInMemory) {
  BlockCache cache(kSize);
  for (std::uint64_t block = 0; block < 6; ++block) {
    cache.put({1, block}, Bytes(4096, 0x5A));
    cache.put({2, block}, text_bytes("stays"));
  }
  const std::uint8_t* place = nullptr;
  ASSERT_TRUE(cache.use({1, 0}, [&](ByteView plain) { place = plain.data(); }));
  cache.drop(1);
  EXPECT_EQ(cache.held(1), 0u);
  EXPECT_EQ(kept(cache, 1, 0), std::nullopt);
  EXPECT_TRUE(std::all_of(place, place + 4096, [](std::uint8_t byte) { return byte == 0; }));
  EXPECT_GT(cache.held(2), 0u);
}

TEST(BlockCache, AShorterBlockLeavesNothingOfTheLongerOneBeforeIt) {
  BlockCache cache(32u << 10);
  cache.put({1, 0}, Bytes(4096, 0x5A));
  const std::uint8_t* place = nullptr;
  ASSERT_TRUE(cache.use({1, 0}, [&](ByteView plain) { place = plain.data(); }));
  for (std::uint64_t block = 0; block < 100; ++block) cache.put({2, block}, text_bytes("short"));
  EXPECT_TRUE(std::none_of(place, place + 4096, [](std::uint8_t byte) { return byte == 0x5A; }));
}

TEST(BlockCache, IsNothingWhereThereIsNoMemoryForIt) {
  BlockCache cache(0);
  cache.put({1, 1}, text_bytes("x"));
  EXPECT_EQ(kept(cache, 1, 1), std::nullopt);
  cache.drop(1);
  EXPECT_EQ(cache.capacity(), 0u);
}

TEST(BlockCache, IsAsLargeAsIsWantedAsFarAsKeysLockingAndMemoryLeaveRoom) {
  constexpr std::size_t kMiB = 1u << 20, kGiB = 1u << 30, kEverything = ~std::size_t{0};
  EXPECT_EQ(BlockCache::size_in({512 * kMiB, 704 * kMiB, 32 * kGiB}), 512 * kMiB);
  EXPECT_EQ(BlockCache::size_in({512 * kMiB, kEverything, 32 * kGiB}), 512 * kMiB);
  EXPECT_EQ(BlockCache::size_in({512 * kMiB, 256 * kMiB, 32 * kGiB}), 64 * kMiB);  // beside the keys
  EXPECT_EQ(BlockCache::size_in({512 * kMiB, 8 * kMiB, 32 * kGiB}), kMiB);         // where keys have no part of their own
  EXPECT_EQ(BlockCache::size_in({512 * kMiB, kEverything, 2 * kGiB}), 128 * kMiB);
  EXPECT_EQ(BlockCache::size_in({16 * kMiB, kEverything, 32 * kGiB}), 16 * kMiB);
  EXPECT_EQ(BlockCache::size_in({0, kEverything, 32 * kGiB}), 0u);
  EXPECT_EQ(BlockCache::size_in({512 * kMiB, 0, 32 * kGiB}), 0u);
  EXPECT_EQ(BlockCache::size_in({512 * kMiB, kEverything, 0}), 0u);
}

TEST(BlockCache, CountsWhatItFoundAndWhatNot) {
  BlockCache cache(kSize);
  cache.put({1, 1}, text_bytes("x"));
  EXPECT_TRUE(kept(cache, 1, 1));
  EXPECT_TRUE(kept(cache, 1, 1));
  EXPECT_FALSE(kept(cache, 1, 2));
  EXPECT_EQ(cache.counts().found, 2u);
  EXPECT_EQ(cache.counts().missed, 1u);
}

TEST(BlockCache, ServesManyThreads) {
  BlockCache cache(kSize);
  std::atomic<bool> wrong{false};
  std::vector<std::thread> threads;
  for (std::uint64_t view = 1; view <= 4; ++view) {
    threads.emplace_back([&, view] {
      for (std::uint64_t i = 0; i < 5000; ++i) {
        const auto expected = text_bytes(std::to_string(view) + "/" + std::to_string(i % 40));
        cache.put({view, i % 40}, expected);
        const auto found = kept(cache, view, i % 40);
        if (found && *found != expected) wrong = true;
        if (i % 500 == 499) cache.drop(view);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(wrong);
}

// -- through a store
std::size_t held_by_all_views() {
  std::size_t held = 0;
  const auto newest = BlockCache::new_view();
  for (std::uint64_t view = 1; view < newest; ++view) held += BlockCache::of_process().held(view);
  return held;
}

TEST(BlockCache, HoldsNothingOfAGenerationAfterTheNextOneIsAdopted) {
  House house;
  house.create({put_of(TableId::Facts, "kept", "1"), put_of(TableId::Facts, "gone", "1")});
  ASSERT_TRUE(house.store->get({TableId::Facts, text_bytes("gone")}).value());
  EXPECT_GT(held_by_all_views(), 0u);
  ASSERT_TRUE(house.change({{{TableId::Facts, text_bytes("gone")}, std::nullopt}}));
  ASSERT_TRUE(house.merge({}));
  EXPECT_EQ(held_by_all_views(), 0u);
  EXPECT_FALSE(house.store->get({TableId::Facts, text_bytes("gone")}).value());
  EXPECT_GT(held_by_all_views(), 0u);
  house.close();
  EXPECT_EQ(held_by_all_views(), 0u);
}

TEST(BlockCache, KeepsTheFirstBlocksOfAScanAndNothingOfAMerge) {
  House house;
  std::vector<Entry> first;
  for (int i = 100; i < 200; ++i) first.push_back({{TableId::Facts, text_bytes(std::to_string(i))}, Bytes(3000, 1)});
  house.create(std::move(first));
  ASSERT_GT(house.store->summary().blocks, 2 * limits::kScanKept);
  ASSERT_TRUE(house.merge({}));
  EXPECT_EQ(held_by_all_views(), 0u);
  const auto scan = [&] {
    std::size_t seen = 0;
    EXPECT_TRUE(house.store->scan(TableId::Facts, {}, [&](const Entry&) { return ++seen, true; }));
    return seen;
  };
  EXPECT_EQ(scan(), 100u);
  EXPECT_EQ(held_by_all_views(), limits::kScanKept);
  ASSERT_TRUE(house.store->get({TableId::Facts, text_bytes("199")}).value());
  EXPECT_EQ(held_by_all_views(), limits::kScanKept + 1);
  const auto before = BlockCache::of_process().counts();
  EXPECT_EQ(scan(), 100u);  // what is kept is used
  EXPECT_EQ(BlockCache::of_process().counts().found - before.found, limits::kScanKept + 1);
  EXPECT_EQ(held_by_all_views(), limits::kScanKept + 1);
}

TEST(TenantStore, HasAnotherVersionAfterEverythingThatChangesItsAnswers) {
  House house;
  house.create({put_of(TableId::Facts, "a", "1")});
  const auto first = house.store->version();
  ASSERT_TRUE(house.store->get({TableId::Facts, text_bytes("a")}).value());
  ASSERT_TRUE(house.store->log({false, "{}"}));
  EXPECT_EQ(house.store->version(), first);
  ASSERT_TRUE(house.change({put_of(TableId::Facts, "a", "2")}));
  const auto second = house.store->version();
  EXPECT_NE(second, first);
  RebuildPlan plan;
  plan.additions = {put_of(TableId::Facts, "b", "1")};
  ASSERT_TRUE(house.merge(plan));  // under the same change_seq
  EXPECT_NE(house.store->version(), second);
}

}  // namespace
}  // namespace shosoin::generations
