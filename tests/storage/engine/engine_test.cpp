#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fstream>
#include <random>
#include <thread>

#include "firmware/base/limits_import.h"
#include "tests/storage/engine/support.h"

namespace shosoin::engine {
namespace {

std::vector<std::string> keys_from(const ReadTransaction& transaction, std::string_view from, std::size_t most = 1000) {
  std::vector<std::string> keys;
  auto scanned = transaction.scan(kFirst, view_of(from), [&](ByteView key, ByteView) {
    keys.emplace_back(text_of(key));
    return keys.size() < most;
  });
  EXPECT_TRUE(scanned);
  return keys;
}

TEST_F(EngineTest, GivesBackWhatWasPutAndNothingElse) {
  ASSERT_TRUE(write("a", "one"));
  EXPECT_EQ(read("a"), "one");
  EXPECT_EQ(read("b"), std::nullopt);
  EXPECT_EQ(read("a", kSecond), std::nullopt);
  reopen();
  EXPECT_EQ(read("a"), "one");
}
// Kilobytes of mapped files that stand in this process's memory.
long mapped_files() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
  }
  return 0;
}
TEST_F(EngineTest, LetsGoOfTheFilesPagesAfterACommitOfManyAndReadersGoOn) {
  constexpr std::uint64_t kMany = 3000;
  const auto fill = [&](std::uint64_t from, std::uint64_t count) {
    auto writer = environment_->write().value();
    for (auto i = from; i < from + count; ++i) ASSERT_TRUE(writer->put(kFirst, be(i), Bytes(4000, static_cast<std::uint8_t>(i))));
    ASSERT_TRUE(writer->commit("test:commit"));
  };
  fill(0, kMany);
  auto reader = environment_->read().value();
  const auto read_all = [&] {
    std::uint64_t whole = 0;
    EXPECT_TRUE(reader->scan(kFirst, {}, [&](ByteView key, ByteView value) {
      const auto number = from_be<std::uint64_t>(key.first<8>());
      whole += value.size() == 4000 && value.front() == static_cast<std::uint8_t>(number) && value.back() == value.front();
      return true;
    }));
    return whole;
  };
  ASSERT_EQ(read_all(), kMany);
  const auto before = mapped_files();
  fill(kMany, limits::kLetGoPages);
  EXPECT_LT(mapped_files(), before - 8 * 1024);
  EXPECT_EQ(read_all(), kMany);  // the same snapshot, from the kernel's cache
  EXPECT_GT(mapped_files(), before - 8 * 1024);  // so that the first look was one
}
// How many of the file's pages the kernel has in memory.
std::size_t cached_pages(const std::filesystem::path& path, bool drop) {
  const int file = ::open(path.c_str(), O_RDONLY);
  const auto size = std::filesystem::file_size(path);
  const int dropped = drop ? ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) : 0;
  EXPECT_EQ(dropped, 0);
  void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (map == MAP_FAILED) return 0;
  std::vector<unsigned char> pages((size + 4095) / 4096);
  EXPECT_EQ(::mincore(map, size, pages.data()), 0);
  ::munmap(map, size);
  return static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char page) { return (page & 1) != 0; }));
}
TEST_F(EngineTest, WhatIsExpectedComesFromTheDiskBeforeItIsReadAndReadsTheSame) {
  constexpr std::uint64_t kMany = 3000;
  {
    auto writer = environment_->write().value();
    for (std::uint64_t i = 0; i < kMany; ++i)
      ASSERT_TRUE(writer->put(kFirst, be(i), Bytes(4000, static_cast<std::uint8_t>(i))));
    ASSERT_TRUE(writer->commit("test:commit"));
  }
  const auto file = place() / "data.mdb";
  (void)cached_pages(file, true);  // where the file stands in memory anyway, nothing leaves it
  auto reader = environment_->read().value();
  reader->expect(kFirst, be(std::uint64_t{0}), kMany);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (cached_pages(file, false) < kMany && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(cached_pages(file, false), kMany);
  reader->expect(kFirst, be(kMany), 10);  // nothing stands there, nor in the other table
  reader->expect(kSecond, {}, 10);
  for (std::uint64_t i = 0; i < kMany; ++i) {
    const auto value = reader->get(kFirst, be(i)).value();
    ASSERT_TRUE(value);
    ASSERT_EQ(value->back(), static_cast<std::uint8_t>(i));
  }
}
TEST_F(EngineTest, OnceRetiredNothingBeginsAndTheLastReaderClosesTheFile) {
  ASSERT_TRUE(write("a", "one"));
  const auto is_mapped = [&] {
    std::ifstream maps("/proc/self/maps");
    const std::string text{std::istreambuf_iterator<char>(maps), {}};
    return text.find(place().native()) != text.npos;
  };
  auto first = environment_->read().value(), second = environment_->read().value();
  environment_->retire();
  EXPECT_EQ(environment_->read().error().code(), ErrorCode::NotFound);
  EXPECT_EQ(environment_->write().error().code(), ErrorCode::NotFound);
  EXPECT_EQ(environment_->check({}).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(environment_->copy_to(directory_.path() / "copy").error().code(), ErrorCode::NotFound);
  first.reset();
  EXPECT_EQ(text_of(*second->get(kFirst, view_of("a")).value()), "one");
  EXPECT_TRUE(is_mapped());
  second.reset();
  EXPECT_FALSE(is_mapped());
  environment_->retire();  // once more: nothing
  EXPECT_EQ(environment_->read().error().code(), ErrorCode::NotFound);
  // The file is nobody's any more: it may be opened while the retired environment is still there.
  const auto retired = std::move(environment_);
  reopen();
  EXPECT_EQ(read("a"), "one");
}
TEST_F(EngineTest, ReadersThatComeAndGoWhileItIsRetiredAreEitherServedOrHearSo) {
  ASSERT_TRUE(write("a", "one"));
  std::vector<std::thread> readers;
  std::atomic<int> served{0}, refused{0}, other{0};
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (;;) {
        auto reader = environment_->read();
        if (!reader) return void(++(reader.error().code() == ErrorCode::NotFound ? refused : other));
        const auto found = reader.value()->get(kFirst, view_of("a"));
        if (!found || !found.value() || text_of(*found.value()) != "one") ++other;
        ++served;
      }
    });
  }
  while (served < 1000) std::this_thread::yield();
  environment_->retire();
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(other, 0);
}
TEST_F(EngineTest, ScansInTheOrderOfBytesFromTheFirstKeyNotBelow) {
  auto writer = environment_->write().value();
  for (auto key : {"c", "a", "b\xff", "b", "d"}) ASSERT_TRUE(writer->put(kFirst, view_of(key), {}));
  EXPECT_EQ(keys_from(*writer, "b"), (std::vector<std::string>{"b", "b\xff", "c", "d"}));  // inside the transaction too
  ASSERT_TRUE(writer->commit("test:commit"));
  auto reader = environment_->read().value();
  EXPECT_EQ(keys_from(*reader, ""), (std::vector<std::string>{"a", "b", "b\xff", "c", "d"}));
  EXPECT_EQ(keys_from(*reader, "ba", 2), (std::vector<std::string>{"b\xff", "c"}));
  EXPECT_EQ(keys_from(*reader, "e"), std::vector<std::string>{});
  EXPECT_EQ(reader->count(kFirst).value(), 5u);
  EXPECT_EQ(text_of(*reader->last_key(kFirst).value()), "d");
  EXPECT_EQ(reader->last_key(kSecond).value(), std::nullopt);
}
TEST_F(EngineTest, AReaderKeepsItsSnapshotWhileAWriterCommits) {
  ASSERT_TRUE(write("a", "old"));
  auto before = environment_->read().value();
  ASSERT_TRUE(write("a", "new"));
  ASSERT_TRUE(write("b", "new"));
  EXPECT_EQ(text_of(*before->get(kFirst, view_of("a")).value()), "old");
  EXPECT_FALSE(before->get(kFirst, view_of("b")).value());
  EXPECT_EQ(read("a"), "new");
}
TEST_F(EngineTest, ANewKeyConflictsWithAnExistingOneAndTheTransactionGoesOn) {
  ASSERT_TRUE(write("a", "one"));
  auto writer = environment_->write().value();
  auto refused = writer->put_new(kFirst, view_of("a"), view_of("two"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Conflict);
  ASSERT_TRUE(writer->put_new(kFirst, view_of("b"), view_of("three")));
  ASSERT_TRUE(writer->commit("test:commit"));
  EXPECT_EQ(read("a"), "one");
  EXPECT_EQ(read("b"), "three");
}
TEST_F(EngineTest, EraseTellsWhetherTheKeyWasThere) {
  ASSERT_TRUE(write("a", "one"));
  auto writer = environment_->write().value();
  EXPECT_TRUE(writer->erase(kFirst, view_of("a")).value());
  EXPECT_FALSE(writer->erase(kFirst, view_of("a")).value());
  ASSERT_TRUE(writer->commit("test:commit"));
  EXPECT_EQ(read("a"), std::nullopt);
}
TEST_F(EngineTest, AnAbortedTransactionLeavesNothing) {
  {
    auto writer = environment_->write().value();
    ASSERT_TRUE(writer->put(kFirst, view_of("a"), view_of("one")));
  }
  EXPECT_EQ(read("a"), std::nullopt);
  ASSERT_TRUE(write("b", "two"));  // and the writer's place is free again
}
TEST_F(EngineTest, KeepsValuesFromEmptyToEightMebibytes) {
  std::mt19937_64 random(1);
  std::vector<std::size_t> sizes{0, 1, 100, 1997, 2014, 2015, 4080, 4081, 100'000, 8u << 20};
  std::map<std::string, std::string> kept;
  for (auto size : sizes) {
    std::string value(size, 0);
    for (auto& byte : value) byte = static_cast<char>(random());
    ASSERT_TRUE(write(std::to_string(size), value));
    kept[std::to_string(size)] = value;
  }
  reopen();
  for (const auto& [key, value] : kept) EXPECT_EQ(read(key), value) << key;
}
TEST_F(EngineTest, TakesKeysOfUpTo511Bytes) {
  const std::string longest(511, 'k');
  ASSERT_TRUE(write(longest, "v"));
  EXPECT_EQ(read(longest), "v");
}
using EngineDeathTest = EngineTest;
TEST_F(EngineDeathTest, AKeyThatIsEmptyOrTooLongIsADefect) {
  EXPECT_DEATH((void)write("", "v"), "");
  EXPECT_DEATH((void)write(std::string(512, 'k'), "v"), "");
}
TEST_F(EngineDeathTest, AskingForASecondWriterOnTheSameThreadIsADefectAndNoDeadlock) {
  auto writer = environment_->write().value();
  EXPECT_DEATH((void)environment_->write(), "");
}
TEST_F(EngineDeathTest, WritingWhileScanningIsADefect) {
  ASSERT_TRUE(write("a", "v"));
  auto writer = environment_->write().value();
  const auto put_inside = [&](ByteView, ByteView) { return writer->put(kFirst, view_of("b"), {}).has_value(); };
  EXPECT_DEATH((void)writer->scan(kFirst, {}, put_inside), "");
}
TEST_F(EngineTest, WritersTakeTurns) {
  constexpr int kThreads = 8, kRounds = 25;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        auto writer = environment_->write().value();
        auto found = writer->get(kFirst, view_of("counter")).value();
        const int counted = found ? std::stoi(std::string(text_of(*found))) : 0;
        ASSERT_TRUE(writer->put(kFirst, view_of("counter"), view_of(std::to_string(counted + 1))));
        ASSERT_TRUE(writer->commit("test:commit"));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(read("counter"), std::to_string(kThreads * kRounds));
}
// LMDB's mutex goes to whoever asks first after it is let go: to the one that has just let it go, as a rule.
TEST_F(EngineTest, AWriterThatWaitsComesBeforeTheNextTransactionOfTheOneItWaitsFor) {
  using namespace std::chrono_literals;
  for (int round = 0; round < 5; ++round) {
    const auto key = "waited-" + std::to_string(round);
    auto first = environment_->write().value();
    std::atomic<bool> coming{false};
    std::thread other([&] {
      coming = true;
      auto writer = environment_->write().value();
      EXPECT_TRUE(writer->put(kFirst, view_of(key), view_of(key)));
      EXPECT_TRUE(writer->commit("test:commit"));
    });
    while (!coming) std::this_thread::yield();
    std::this_thread::sleep_for(100ms);  // it waits by now
    EXPECT_TRUE(first->commit("test:commit"));
    const bool there = environment_->write().value()->get(kFirst, view_of(key)).value().has_value();
    EXPECT_TRUE(there) << round;
    other.join();
  }
}

TEST_F(EngineTest, EstimatesDirtyPagesAtLeastAsHighAsTheFileGrows) {
  const auto before = environment_->size_on_disk().value();
  auto writer = environment_->write().value();
  EXPECT_EQ(writer->dirty_pages(), 0u);
  const std::string row(4000, 'r');
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(writer->put(kFirst, view_of(std::to_string(10'000 + i)), view_of(row)));
  const auto pages = writer->dirty_pages();
  ASSERT_TRUE(writer->commit("test:commit"));
  const auto grown = (environment_->size_on_disk().value() - before) / 4096;
  EXPECT_GE(grown, 1000u);
  EXPECT_GE(pages + 10, grown);
  EXPECT_LE(pages, 2 * grown);
}

TEST(Engine, AMissingDirectoryIsNotFoundUnlessItMayBeMade) {
  support::TemporaryDirectory directory;
  const auto place = directory.path() / "environment";
  auto missing = Environment::open(place, kOptions, false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::NotFound);
  EXPECT_FALSE(std::filesystem::exists(place));
  ASSERT_TRUE(Environment::open(place, kOptions, true));
  struct stat status {};
  ASSERT_EQ(::stat(place.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
  for (const auto& file : std::filesystem::directory_iterator(place)) {
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0600u) << file.path();
  }
}
TEST(Engine, RefusesAParentThatDoesNotExist) {
  support::TemporaryDirectory directory;
  auto refused = Environment::open(directory.path() / "no" / "such", kOptions, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::NotFound);
}
TEST(Engine, TakesAnEmptyDirectoryAsItsOwnButNotAFullOne) {
  support::TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "empty");
  EXPECT_TRUE(Environment::open(directory.path() / "empty", kOptions, true));
  std::filesystem::create_directories(directory.path() / "full" / "something");
  auto refused = Environment::open(directory.path() / "full", kOptions, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Conflict);
}
TEST(Engine, RefusesToOpenAnEnvironmentTwiceInOneProcess) {
  support::TemporaryDirectory directory;
  const auto place = directory.path() / "environment";
  auto first = Environment::open(place, kOptions, true);
  ASSERT_TRUE(first);
  auto second = Environment::open(place, kOptions, true);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::Conflict);
  first.value().reset();
  EXPECT_TRUE(Environment::open(place, kOptions, false));
}
TEST(Engine, MakesTablesThatANewerVersionAdds) {
  support::TemporaryDirectory directory;
  const auto place = directory.path() / "environment";
  { ASSERT_TRUE(Environment::open(place, {.tables = {"first"}, .map_size = 1u << 20}, true)); }
  auto opened = Environment::open(place, kOptions, false);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened.value()->read().value()->count(kSecond).value(), 0u);
}
TEST(Engine, HoldsElevenHundredEnvironmentsOpenAtOnce) {
  prepare_allocator();
  support::TemporaryDirectory directory;
  std::vector<std::unique_ptr<Environment>> open;
  constexpr int kMany = 1100;
  for (int i = 0; i < kMany; ++i) {
    auto opened =
        Environment::open(directory.path() / std::to_string(i), {.tables = {"t"}, .map_size = 16u << 20}, true);
    ASSERT_TRUE(opened) << i << " " << opened.error().doing() << " " << opened.error().outside();
    open.push_back(std::move(opened).value());
  }
  std::vector<std::unique_ptr<ReadTransaction>> readers;  // all on one thread: NOTLS
  for (auto& environment : open) readers.push_back(environment->read().value());
  auto writer = open.back()->write().value();
  ASSERT_TRUE(writer->put(Table{0}, view_of("k"), view_of("v")));
  EXPECT_TRUE(writer->commit("test:commit"));
}

}  // namespace
}  // namespace shosoin::engine
