// One tenant's store: changes, reads, merges, and what stands on the disk.
#include "crypto/box.h"
#include "crypto/hash.h"
#include "firmware/base/limits_batch.h"
#include "storage/generations/records_entry.h"
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

std::optional<Bytes> value_of(const House& house, TableId table, std::string_view key) {
  return house.store->get({table, text_bytes(key)}).value();
}
std::vector<std::string> keys_below(const House& house, std::string_view prefix) {
  std::vector<std::string> found;
  EXPECT_TRUE(house.store->scan(TableId::Facts, view_of(prefix), [&](const Entry& entry) {
    found.emplace_back(text_of(entry.key.bytes));
    return true;
  }));
  return found;
}

TEST(TenantStore, ReadsTheSnapshotBelowTheDelta) {
  House house;
  house.create(
      {put_of(TableId::Facts, "a", "old"), put_of(TableId::Facts, "b", "old"), put_of(TableId::Facts, "c", "old")});
  ASSERT_TRUE(house.change({put_of(TableId::Facts, "b", "new"), {{TableId::Facts, text_bytes("c")}, std::nullopt}}));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(value_of(house, TableId::Facts, "a"), text_bytes("old"));
    EXPECT_EQ(value_of(house, TableId::Facts, "b"), text_bytes("new"));
    EXPECT_EQ(value_of(house, TableId::Facts, "c"), std::nullopt);
    EXPECT_EQ(value_of(house, TableId::Facts, "d"), std::nullopt);
    EXPECT_EQ(value_of(house, TableId::Holds, "a"), std::nullopt);
    EXPECT_EQ(house.store->last_seq(), 1u);
    ASSERT_TRUE(house.reopen());
  }
}

TEST(TenantStore, ScansByPrefixInOrderAndStopsWhenTold) {
  House house;
  house.create({put_of(TableId::Facts, "aa", "1"), put_of(TableId::Facts, "ab", "1"), put_of(TableId::Facts, "b", "1"),
                put_of(TableId::Erased, "aa", "1")});
  ASSERT_TRUE(house.change({put_of(TableId::Facts, "aab", "2"), put_of(TableId::Facts, "a", "2")}));
  EXPECT_EQ(keys_below(house, "a"), (std::vector<std::string>{"a", "aa", "aab", "ab"}));
  EXPECT_EQ(keys_below(house, "aa"), (std::vector<std::string>{"aa", "aab"}));
  EXPECT_EQ(keys_below(house, ""), (std::vector<std::string>{"a", "aa", "aab", "ab", "b"}));
  EXPECT_EQ(keys_below(house, "c"), std::vector<std::string>{});
  EXPECT_EQ(keys_below(house, "ab"), (std::vector<std::string>{"ab"}))
      << "a change that stands behind the prefix stays out";
  int visited = 0;
  EXPECT_TRUE(house.store->scan(TableId::Facts, {}, [&](const Entry&) { return ++visited < 2; }));
  EXPECT_EQ(visited, 2);
}

TEST(TenantStore, MergesWithWhatChangesMeanwhile) {
  House house;
  house.create(
      {put_of(TableId::Facts, "kept", "1"), put_of(TableId::Facts, "gone", "1"), put_of(TableId::Facts, "late", "1")});
  ASSERT_TRUE(
      house.change({{{TableId::Facts, text_bytes("gone")}, std::nullopt}, put_of(TableId::Facts, "delta", "1")}));
  RebuildPlan plan;
  plan.additions = {put_of(TableId::Facts, "added", "1")};
  const auto before = house.generation.gid;
  ASSERT_TRUE(house.merge(plan, [&] {
    ASSERT_TRUE(
        house.change({{{TableId::Facts, text_bytes("late")}, std::nullopt}, put_of(TableId::Facts, "meanwhile", "1")}));
  }));
  EXPECT_NE(house.generation.gid, before);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(keys_below(house, ""), (std::vector<std::string>{"added", "delta", "kept", "meanwhile"}));
    EXPECT_EQ(house.store->last_seq(), 2u);
    EXPECT_EQ(generations_in(*house.environment).value(), std::vector<GenerationId>{house.generation.gid});
    ASSERT_TRUE(house.reopen());
  }
}

TEST(TenantStore, MergeKeepsTheKeyAndABatchDrawsAnother) {
  House house;
  house.create();
  const auto bytes_of = [&] {
    return house.store->current_generation().key.expose([](auto bytes) { return copy_of(bytes); });
  };
  const auto first = bytes_of();
  ASSERT_TRUE(house.merge());
  EXPECT_EQ(bytes_of(), first);
  RebuildPlan fresh;
  fresh.fresh_key = true;
  ASSERT_TRUE(house.merge(fresh));
  EXPECT_NE(bytes_of(), first);
  ASSERT_TRUE(house.reopen());
}

struct Planted {
  RecordId record = RecordId::random();
  RecordEntry entry;
};
std::vector<Entry> entries_of(const Planted& planted) {
  Bytes search = text_bytes("name");
  append(search, planted.record.view());
  Bytes due = text_bytes("2031-03-31");
  append(due, planted.record.view());
  return {{{TableId::Records, copy_of(planted.record.view())}, encode_record_entry(planted.entry)},
          {{TableId::SearchKeys, search}, Bytes{}},
          {{TableId::Due, due}, Bytes{}}};
}
Planted plant(House& house, const RecordId& import) {
  Planted planted;
  planted.entry.file = "test";
  planted.entry.import = import;
  EXPECT_TRUE(house.store->change([&](std::uint64_t seq) -> Result<Change> {
    auto id = RowId::random().bytes();
    std::ranges::copy(be(seq), id.begin());
    planted.entry.record.id = RowId(id);
    auto row = crypto::encrypt_row({house.tenant, planted.entry.record.id}, view_of("items"));
    planted.entry.record.key = row.key;
    return Change{entries_of(planted), {{planted.entry.record.id, std::move(row.bytes)}}, {}, {false, "{}"}};
  }));
  return planted;
}

TEST(TenantStore, ARebuildTakesOutRecordsAndWholeImportsWithAllThatRefersToThem) {
  House house;
  house.create();
  const auto import = RecordId::random();
  const auto kept = plant(house, {}), removed = plant(house, {}), imported = plant(house, import);
  ASSERT_TRUE(house.merge());
  const auto in_delta = plant(house, {});
  RebuildPlan plan;
  plan.remove = {removed.record, in_delta.record};
  plan.remove_imports = {import};
  auto staged = house.store->stage(plan).value();
  EXPECT_EQ(staged.removed_records.size(), 3u);
  std::set<RowId> rows;
  for (const auto& row : staged.removed_rows) rows.insert(row.row);
  EXPECT_EQ(rows, (std::set<RowId>{removed.entry.record.id, in_delta.entry.record.id, imported.entry.record.id}));
  house.generation = duplicate(staged.generation);
  ASSERT_TRUE(house.store->adopt(std::move(staged)));
  ASSERT_TRUE(house.reopen());
  EXPECT_EQ(house.everything().size(), entries_of(kept).size());
  EXPECT_EQ(house.store->read_row(kept.entry.record.id, kept.entry.record.key).value(), text_bytes("items"));
}

// Read ahead by a second thread from limits::kLookedAtAlone rows on: what is ordered, as it is stored, and nothing that
// is not there.
TEST(TenantStore, ARebuildHashesTheRowsOfManyRecordsThatGo) {
  House house;
  house.create();
  const auto rejected = RecordId::random();
  std::vector<Planted> planted(limits::kLookedAtAlone + 2);
  planted.back().entry.import = rejected;
  ASSERT_TRUE(house.store->change([&](std::uint64_t) -> Result<Change> {
    Change change{{}, {}, {}, {false, "{}"}};
    for (auto& one : planted) {
      one.entry.file = "test";
      one.entry.record.id = RowId::random();
      change.rows.push_back({one.entry.record.id, copy_of(RecordId::random().view())});
      std::ranges::move(entries_of(one), std::back_inserter(change.entries));
    }
    return change;
  }));
  ASSERT_TRUE(house.store->drop_rows({planted.front().entry.record.id}));
  RebuildPlan plan;
  plan.remove_imports = {rejected};
  for (std::size_t i = 0; i + 1 < planted.size(); ++i) plan.remove.insert(planted[i].record);
  for (const bool merged : {false, true}) {
    const auto staged = house.store->stage(plan).value();
    EXPECT_EQ(staged.removed_rows.size(), planted.size());
    EXPECT_EQ(staged.row_digests.size(), planted.size() - 2)
        << "without the one that is missing, and the one nobody ordered";
    const auto reading = house.environment->read().value();
    for (const auto& [row, digest] : staged.row_digests) {
      EXPECT_EQ(digest, crypto::sha256(*reading->get(kRows, row.view()).value()));
    }
    if (!merged) {
      ASSERT_TRUE(house.merge());
    }
  }
}

// Promise 5: a block less full than it could be, or one that begins elsewhere, would tell that something was taken away
// there.
TEST(TenantStore, WhatARebuildLeavesStandsInBlocksAsIfNothingElseHadEverBeenThere) {
  House house;
  house.create();
  std::vector<Planted> planted;
  for (int i = 0; i < 400; ++i) planted.push_back(plant(house, {}));
  ASSERT_TRUE(house.merge());
  RebuildPlan plan;
  plan.fresh_key = true;
  for (std::size_t i = 0; i < planted.size(); i += 3) plan.remove.insert(planted[i].record);
  plan.additions = {put_of(TableId::Facts, "between", "1"), put_of(TableId::Facts, "erased", "2")};
  ASSERT_TRUE(house.merge(std::move(plan)));

  const auto reading = house.environment->read().value();
  const auto view = SnapshotView::open(*reading, house.tenant, house.generation).value();
  std::vector<Entry> left;
  const auto all = view->source(*reading, {TableId{0}, {}});
  for (auto entry = all->next().value(); entry; entry = all->next().value()) left.push_back(std::move(*entry));
  const auto fresh = engine::Environment::open(house.place.path() / "fresh", tenant_layout(), true).value();
  VectorSource source(std::move(left));
  const auto summary =
      write_snapshot(*fresh, {house.tenant, &house.generation, &view->number_key(), 0}, source).value();
  ASSERT_EQ(view->summary().blocks, summary.blocks);
  ASSERT_GT(summary.blocks, 10u);
  const auto reading_fresh = fresh->read().value();
  const auto never = SnapshotView::open(*reading_fresh, house.tenant, house.generation).value();
  for (std::uint64_t number = 0; number < summary.blocks; ++number) {
    EXPECT_EQ(view->read_block(*reading, number).value(), never->read_block(*reading_fresh, number).value()) << number;
  }
}

TEST(TenantStore, ARecordChangedWhileItsRemovalIsStagedDoesNotComeBack) {
  House house;
  house.create();
  const auto record = plant(house, {});
  RebuildPlan plan;
  plan.remove = {record.record};
  auto newer = record;
  newer.entry.version = 2;
  ASSERT_TRUE(house.merge(plan, [&] { ASSERT_TRUE(house.change(entries_of(newer))); }));
  ASSERT_TRUE(house.reopen());
  EXPECT_TRUE(house.everything().empty());
}

TEST(TenantStore, RowsAreReadUnderTheirKeyDroppedAndMissedByName) {
  House house;
  house.create();
  const auto planted = plant(house, {});
  const auto& place = planted.entry.record;
  EXPECT_EQ(house.store->read_row(place.id, place.key).value(), text_bytes("items"));
  EXPECT_EQ(house.store->read_row(place.id, {}).error().code(), ErrorCode::Integrity);
  ASSERT_TRUE(house.store->drop_rows({place.id}));
  EXPECT_EQ(house.store->read_row(place.id, place.key).error().code(), ErrorCode::Integrity);
}

TEST(TenantStore, RowsWrittenAheadOfAChangeGoWithTheirSequenceNumber) {
  House house;
  house.create();
  const auto ahead = [](std::uint64_t seq) {
    auto id = RowId::random().bytes();
    std::ranges::copy(be(seq), id.begin());
    return NewRow{RowId(id), Bytes(2014, 1)};
  };
  std::vector<NewRow> rows;
  for (int i = 0; i < 50; ++i) rows.push_back(ahead(7));
  rows.push_back(ahead(8));
  ASSERT_TRUE(house.store->write_rows_ahead(rows));
  EXPECT_EQ(house.store->write_rows_ahead({rows[0]}).error().code(), ErrorCode::Conflict);
  ASSERT_TRUE(house.store->drop_rows_of_seq(7));
  EXPECT_EQ(house.environment->read().value()->count(kRows).value(), 1u);
  EXPECT_TRUE(house.read_raw(kRows, rows.back().id.view()));
  ASSERT_TRUE(house.store->drop_rows_of_seq(7));
}

TEST(TenantStore, RowsWrittenAheadInTheOrderOfTheirIdsFillTheirPages) {
  House house;
  house.create();
  const auto before = house.environment->size_on_disk().value();
  constexpr std::size_t kGroups = 8, kRowsOfAGroup = 500, kPage = 4096;
  for (const unsigned place :
       {5u, 2u, 7u, 1u, 6u, 3u, 4u, 0u}) {  // groups come in any order and lie between each other
    std::vector<NewRow> rows;
    for (std::size_t i = 0; i < kRowsOfAGroup; ++i) {
      auto id = RowId::random().bytes();
      std::ranges::copy(be(std::uint64_t{7}), id.begin());
      id[8] = static_cast<std::uint8_t>(place);
      rows.push_back({RowId(id), Bytes(2014, 1)});
    }
    std::ranges::sort(rows, {}, &NewRow::id);
    ASSERT_TRUE(house.store->write_rows_ahead(rows));
  }
  EXPECT_EQ(house.environment->read().value()->count(kRows).value(), kGroups * kRowsOfAGroup);
  const auto pages = (house.environment->size_on_disk().value() - before) / kPage;
  EXPECT_LT(pages, kGroups * kRowsOfAGroup * 6 / 10);  // a half, a page or two for each group, branches
}

TEST(TenantStore, DeltaRowsShowOnlyASizeClass) {
  House house;
  house.create();
  std::map<std::size_t, std::size_t> stored;  // size of the value -> size of the row
  for (const std::size_t size : {0u, 1u, 500u, 1900u, 2500u, 4000u, 4096u, 9000u}) {
    const auto seq = house.change({{{TableId::Facts, text_bytes("f")}, Bytes(size, 1)}}).value();
    stored[size] = house.read_raw(kDelta, gid_key(house.generation.gid, seq))->size() - crypto::kBoxOverhead;
  }
  EXPECT_EQ(stored, (std::map<std::size_t, std::size_t>{{0, limits::kDeltaPlain},
                                                        {1, limits::kDeltaPlain},
                                                        {500, limits::kDeltaPlain},
                                                        {1900, limits::kDeltaPlain},
                                                        {2500, 4096},
                                                        {4000, 4096},
                                                        {4096, 8192},
                                                        {9000, 12288}}));
}

TEST(TenantStore, NothingReadableStandsInTheEnvironment) {
  House house;
  const std::string marker = "MARKER-4f1d9c2e7a";
  house.create({put_of(TableId::SearchKeys, marker + "-in-snapshot", marker)});
  ASSERT_TRUE(house.change({put_of(TableId::Facts, marker + "-in-delta", marker)}));
  ASSERT_TRUE(house.store->log({true, R"({"x":")" + marker + R"("})"}));
  ASSERT_TRUE(house.merge());
  house.close();
  int files = 0;
  for (const auto& item : std::filesystem::recursive_directory_iterator(house.place.path())) {
    if (!item.is_regular_file()) continue;
    std::ifstream file(item.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(bytes.find(marker), std::string::npos) << item.path();
    ++files;
  }
  EXPECT_GE(files, 3);
}

TEST(TenantStore, NumberTokensStayTheSameOverGenerationsAndDifferBetweenTenants) {
  House house, other;
  house.create();
  other.create();
  const auto token = house.store->number_token(view_of("123456789018"));
  RebuildPlan fresh;
  fresh.fresh_key = true;
  ASSERT_TRUE(house.merge(fresh));
  ASSERT_TRUE(house.reopen());
  EXPECT_EQ(house.store->number_token(view_of("123456789018")), token);
  EXPECT_NE(house.store->number_token(view_of("123456789019")), token);
  EXPECT_NE(other.store->number_token(view_of("123456789018")), token);
}

TEST(TenantStore, AChangeThatCannotBeBuiltChangesNothing) {
  House house;
  house.create();
  const auto refused = house.store->change([](std::uint64_t) -> Result<Change> {
    return Error{ErrorCode::Conflict, "test a refused change"};
  });
  EXPECT_EQ(refused.error().code(), ErrorCode::Conflict);
  EXPECT_EQ(house.store->last_seq(), 0u);
  EXPECT_EQ(house.journal->position(house.tenant).line, 0u);
  EXPECT_EQ(house.change({put_of(TableId::Facts, "a", "1")}).value(), 1u);
}

TEST(TenantStore, AsksForAMergeBeyondTheLimitOfItsDelta) {
  House house;
  house.create();
  EXPECT_FALSE(house.store->needs_merge());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(house.change(
        {{{TableId::Facts, text_bytes("f" + std::to_string(i))}, Bytes(limits::kMaxEntryValue - 100, 1)}}));
  }
  EXPECT_TRUE(house.store->needs_merge());
  ASSERT_TRUE(house.merge());
  EXPECT_FALSE(house.store->needs_merge());
}

}  // namespace
}  // namespace shosoin::generations
