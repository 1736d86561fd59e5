// What LMDB would believe is checked first: a flipped bit or an older page is refused by name and page, or has changed
// nothing but the bytes of one key or value, which the rooms above authenticate.
#include <fcntl.h>

#include <fstream>
#include <map>
#include <random>
#include <set>

#include "firmware/base/disk.h"
#include "storage/engine/page_format.h"
#include "tests/storage/engine/support.h"

namespace shosoin::engine {
namespace {

namespace fs = std::filesystem;
using pages::kPageSize;
using Everything = std::vector<std::map<std::string, std::string>>;

Result<void> check(const fs::path& place, PageVisitor visit = {}) {
  TRY(const auto file, disk::open(place / "data.mdb", O_RDONLY));
  return check_pages(file.number(), {kOptions.tables, kOptions.map_size, {}, std::move(visit)});
}
Result<Everything> read_all(const fs::path& place) {
  TRY(auto environment, Environment::open(place, kOptions, false));
  TRY(auto reader, environment->read());
  Everything all(2);
  for (const auto table : {kFirst, kSecond}) {
    TRY(reader->scan(table, {}, [&](ByteView key, ByteView value) {
      all[table.index].emplace(text_of(key), text_of(value));
      return true;
    }));
  }
  return all;
}
Bytes read_page(const fs::path& place, std::uint64_t number) {
  Bytes page(kPageSize);
  const auto file = disk::open(place / "data.mdb", O_RDONLY).value();
  ENSURE(disk::read_at(file, page, number * kPageSize));
  return page;
}
void write_page(const fs::path& place, std::uint64_t number, ByteView page) {
  const auto file = disk::open(place / "data.mdb", O_RDWR).value();
  ENSURE(disk::write_at(file, page, number * kPageSize));
}

class PageCheckTest : public EngineTest {
 protected:
  // Rows of half a page, values of several pages, small entries, and a history that has left free pages behind.
  void fill() {
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 40; ++i) {
        auto writer = environment_->write().value();
        const auto name = std::to_string(1000 + i * 7 % 40);
        ENSURE(writer->put(kFirst, view_of("row" + name), view_of(std::string(2014, static_cast<char>('a' + round)))));
        ENSURE(writer->put(kSecond, view_of("small" + name), view_of(name + std::to_string(round))));
        if (i % 8 == 0) ENSURE(writer->put(kSecond, view_of("large" + name), view_of(std::string(9000, 'L'))));
        if (i % 5 == 0) ENSURE(writer->erase(kFirst, view_of("row" + std::to_string(1000 + i))));
        ENSURE(writer->commit("test:commit"));
      }
    }
    environment_.reset();
    truth_ = read_all(place()).value();
  }
  // How many keys or values of a and b differ; a key changed counts once.
  static std::size_t differences(const Everything& a, const Everything& b) {
    std::size_t count = 0;
    for (std::size_t table = 0; table < a.size(); ++table) {
      for (const auto& [key, value] : a[table]) {
        const auto other = b[table].find(key);
        count += other == b[table].end() || other->second != value ? 1 : 0;
      }
      ENSURE(a[table].size() == b[table].size());
    }
    return count;
  }
  Everything truth_;
};

TEST_F(PageCheckTest, SeesEveryPageOfASoundFileOnceAndKnowsItsTable) {
  fill();
  std::map<std::uint64_t, PageKind> seen;
  std::map<std::string, std::set<PageKind>> kinds;
  ASSERT_TRUE(check(place(), [&](const PageSeen& page) {
    for (std::uint64_t i = 0; i < page.count; ++i) EXPECT_TRUE(seen.emplace(page.number + i, page.kind).second);
    kinds[std::string(page.table)].insert(page.kind);
  }));
  EXPECT_EQ(seen.size(), fs::file_size(place() / "data.mdb") / kPageSize);  // in use or free, none is lost
  EXPECT_TRUE(kinds["first"].contains(PageKind::Branch) && kinds["first"].contains(PageKind::Leaf));
  EXPECT_TRUE(kinds["second"].contains(PageKind::Overflow));
  EXPECT_TRUE(kinds["free"].contains(PageKind::Free));
}
TEST_F(PageCheckTest, HoldsAfterEveryCommitOfALongHistoryAndWhileOthersWrite) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 400; ++i) {
    auto writer = environment_->write().value();
    for (int k = 0; k < 4; ++k) {
      const auto key = std::to_string(random() % 300);
      if (random() % 3 == 0) {
        ENSURE(writer->erase(kFirst, view_of(key)));
      } else {
        ENSURE(writer->put(kFirst, view_of(key), view_of(std::string(random() % 7000, 'v'))));
      }
    }
    ENSURE(writer->commit("test:commit"));
    const auto sound = environment_->check({});
    ASSERT_TRUE(sound) << i << ": " << sound.error().doing() << " " << sound.error().outside();
    if (i % 50 == 0) {
      writer.reset();  // no transaction outlives its environment
      reopen();
    }
  }
}
TEST_F(PageCheckTest, AnyFlippedBitOfMetaBranchAndLeafPagesIsNamedOrTouchesOneEntryOnly) {
  fill();
  std::vector<std::uint64_t> targets;
  ASSERT_TRUE(check(place(), [&](const PageSeen& page) {
    if (page.kind != PageKind::Overflow && page.kind != PageKind::Free) targets.push_back(page.number);
  }));
  std::mt19937_64 random(20261122);
  std::size_t named = 0, harmless = 0, one_entry = 0;
  for (int flip = 0; flip < 3000; ++flip) {
    const auto number = targets[random() % targets.size()];
    const auto page = read_page(place(), number);
    auto broken = page;
    // Two of three in the head, the offsets and the heads of entries, the third anywhere.
    const std::size_t lower = number < 2 ? 152 : pages::load<std::uint16_t>(page, 12);
    auto at = random() % lower;
    if (flip % 3 == 1 && number >= 2) {
      at = pages::load<std::uint16_t>(page, pages::kHead + 2 * (random() % ((lower - pages::kHead) / 2))) +
           random() % 16;
    } else if (flip % 3 == 2) {
      at = random() % kPageSize;
    }
    broken[std::min(at, kPageSize - 1)] ^= static_cast<std::uint8_t>(1u << random() % 8);
    write_page(place(), number, broken);
    if (const auto checked = check(place()); !checked) {
      ++named;
      EXPECT_EQ(checked.error().code(), ErrorCode::Integrity);
      EXPECT_FALSE(Environment::open(place(), kOptions, false));
    } else {
      const auto found = read_all(place());  // through LMDB: must neither end the process nor lose an entry
      ASSERT_TRUE(found) << number << " " << at;
      const auto count = differences(truth_, found.value());
      ASSERT_LE(count, 1u) << number << " " << at;
      ++(count == 0 ? harmless : one_entry);
    }
    write_page(place(), number, page);
  }
  RecordProperty("named", static_cast<int>(named));
  EXPECT_GT(named, 1000u);
  EXPECT_GT(one_entry, 100u);
  EXPECT_GT(harmless, 100u);
  EXPECT_EQ(read_all(place()).value(), truth_);
}
TEST_F(PageCheckTest, AMetaPageWithAnyOtherTransactionNumberIsNamed) {
  fill();
  for (std::uint64_t number = 0; number < 2; ++number) {
    const auto page = read_page(place(), number);
    for (std::size_t bit = 0; bit < 64; ++bit) {  // lower, higher: LMDB would open another commit without a word
      auto broken = page;
      broken[pages::kHead + 24 + 2 * pages::kTreeSize + 8 + bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      write_page(place(), number, broken);
      const auto checked = check(place());
      ASSERT_FALSE(checked) << number << " " << bit;
      EXPECT_LT(checked.error().outside(), 2);
    }
    write_page(place(), number, page);
  }
}
TEST_F(PageCheckTest, AListOfFreePagesThatNamesAPageInUseIsNamed) {
  fill();
  std::optional<std::uint64_t> list, used;
  ASSERT_TRUE(check(place(), [&](const PageSeen& page) {
    if (page.table == "free" && page.kind == PageKind::Leaf) list = page.number;
    if (page.table == "first" && page.kind == PageKind::Leaf) used = page.number;
  }));
  auto page = read_page(place(), *list);
  std::size_t offset = 0, extent = 0;
  const auto node = pages::read_node(page, 0, false, offset, extent);
  std::memcpy(page.data() + offset + pages::kNodeHead + node->key.size() + 8, &*used, 8);
  write_page(place(), *list, page);
  const auto checked = check(place());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::Integrity);
}
TEST_F(PageCheckTest, AnOlderPagePutBackIsNamedOrIsOneOfWholeEntries) {
  fill();
  const auto old = directory_.path() / "old";
  fs::create_directory(old);
  fs::copy_file(place() / "data.mdb", old / "data.mdb");
  reopen();
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(write("later" + std::to_string(i), std::string(1500, 'x')));
  environment_.reset();
  std::size_t tried = 0, named = 0;
  const auto last = fs::file_size(old / "data.mdb") / kPageSize;
  const auto sound = read_all(place()).value();
  for (std::uint64_t number = 0; number < last; ++number) {
    const auto before = read_page(old, number), now = read_page(place(), number);
    if (before == now) continue;
    ++tried;
    write_page(place(), number, before);
    if (check(place())) {  // a free page, or a large value: the reader finds every entry
      EXPECT_EQ(read_all(place()).value()[0].size(), sound[0].size());
    } else {
      ++named;
    }
    write_page(place(), number, now);
  }
  EXPECT_GT(tried, 20u);
  EXPECT_GT(named, 5u);
}
TEST_F(PageCheckTest, DamageFoundWhileItServesEndsAllUseOfTheEnvironment) {
  fill();
  reopen();
  ASSERT_TRUE(environment_->check({}));
  std::optional<std::uint64_t> leaf;
  ASSERT_TRUE(environment_->check([&](const PageSeen& page) {
    if (page.table == "second" && page.kind == PageKind::Leaf) leaf = page.number;
  }));
  auto page = read_page(place(), *leaf);
  page[10] ^= 4;
  write_page(place(), *leaf, page);
  const auto checked = environment_->check({});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().outside(), static_cast<std::int64_t>(*leaf));
  EXPECT_EQ(environment_->read().error().code(), ErrorCode::Integrity);
  EXPECT_EQ(environment_->write().error().code(), ErrorCode::Integrity);
}

}  // namespace
}  // namespace shosoin::engine
