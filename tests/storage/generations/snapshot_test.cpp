// Snapshots on a real environment: written, read back, and against boxes another program made.
#include "crypto/box.h"
#include "crypto/hash.h"
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

std::string key_text(int number) {
  auto text = std::to_string(number);
  return "key-" + std::string(8 - text.size(), '0') + text;
}
std::vector<Entry> numbered(int count, std::size_t size) {
  std::vector<Entry> entries;
  for (int i = 0; i < count; ++i) {
    entries.push_back({{TableId::SearchKeys, text_bytes(key_text(i))}, Bytes(size, static_cast<std::uint8_t>(i))});
  }
  return entries;
}

class Snapshot : public ::testing::Test {
 protected:
  void SetUp() override {
    environment = engine::Environment::open(place.path() / "tenant", tenant_layout(), true).value();
  }
  SnapshotSummary write(std::vector<Entry> entries) {
    VectorSource source(std::move(entries));
    return write_snapshot(*environment, {tenant, &generation, &number_key, 12}, source).value();
  }
  std::shared_ptr<const SnapshotView> open(const engine::ReadTransaction& reading) {
    return SnapshotView::open(reading, tenant, generation).value();
  }
  std::vector<Entry> all(const engine::ReadTransaction& reading, const SnapshotView& view, const EntryKey& from) {
    std::vector<Entry> found;
    auto source = view.source(reading, from);
    for (auto entry = source->next().value(); entry; entry = source->next().value()) found.push_back(std::move(*entry));
    return found;
  }
  SnapshotView::Transaction again() {
    return [this] { return environment->read(); };
  }
  std::vector<std::size_t> sizes(engine::Table table) {
    std::vector<std::size_t> found;
    auto reading = environment->read().value();
    EXPECT_TRUE(
        reading->scan(table, {}, [&](ByteView, ByteView value) { return found.push_back(value.size()), true; }));
    return found;
  }

  support::TemporaryDirectory place;
  std::unique_ptr<engine::Environment> environment;
  TenantId tenant = TenantId::random();
  GenerationKey generation{TenantEpochKey::random(), GenerationId::random()};
  NumberKey number_key = NumberKey::random();
};

TEST_F(Snapshot, EmptyReadsBackAsEmpty) {
  const auto summary = write({});
  EXPECT_EQ(summary.blocks, 0u);
  EXPECT_EQ(summary.entries, 0u);
  EXPECT_EQ(summary.root, crypto::sha256(ByteView{}));
  auto reading = environment->read().value();
  const auto view = open(*reading);
  EXPECT_EQ(view->base_seq(), 12u);
  EXPECT_FALSE(view->get(again(), {TableId::Records, {1}}).value());
  EXPECT_TRUE(all(*reading, *view, {TableId{0}, {}}).empty());
}

TEST_F(Snapshot, OfThousandsOfEntriesFindsEachAndNothingBeside) {
  const auto entries = numbered(8000, 1500);
  const auto summary = write(entries);
  EXPECT_EQ(summary.entries, 8000u);
  EXPECT_EQ(summary.blocks, 4000u);
  EXPECT_GT(sizes(kHeads).size(), 2u);  // the header and more than one directory part
  auto reading = environment->read().value();
  const auto view = open(*reading);
  EXPECT_EQ(view->summary().root, summary.root);
  for (int i = 0; i < 8000; i += 7) {
    const auto& entry = entries[static_cast<std::size_t>(i)];
    EXPECT_EQ(view->get(again(), entry.key).value(), entry.value) << i;
    EXPECT_FALSE(view->get(again(), {TableId::SearchKeys, text_bytes(key_text(i) + "x")}).value());
  }
  EXPECT_FALSE(view->get(again(), {TableId::SearchKeys, text_bytes("a")}).value());
  const auto any = [&](TableId table, std::string_view prefix) {
    return view->any([&] { return environment->read(); }, {table, text_bytes(prefix)}).value();
  };
  for (int i = 0; i < 8000; ++i) {  // inside blocks and where the next block begins
    EXPECT_TRUE(any(TableId::SearchKeys, key_text(i))) << i;
    EXPECT_FALSE(any(TableId::SearchKeys, key_text(i) + "x")) << i;
  }
  EXPECT_TRUE(any(TableId::SearchKeys, "key-"));
  EXPECT_FALSE(any(TableId::SearchKeys, "key-1"));
  EXPECT_FALSE(any(TableId::SearchKeys, "l"));
  EXPECT_FALSE(any(TableId::Due, ""));
  EXPECT_FALSE(any(TableId::Records, ""));
  EXPECT_FALSE(view->get(again(), {TableId::SearchKeys, text_bytes("z")}).value());
  EXPECT_FALSE(view->get(again(), {TableId::Due, entries[0].key.bytes}).value());
  const auto found = all(*reading, *view, entries[4321].key);
  ASSERT_EQ(found.size(), 8000u - 4321u);
  EXPECT_EQ(found.front().key, entries[4321].key);
  EXPECT_EQ(found.back().value, entries.back().value);
  EXPECT_EQ(all(*reading, *view, {TableId::SearchKeys, text_bytes(key_text(4321) + "x")}).front().key,
            entries[4322].key);
}

// The search among blocks looks at the first fourteen bytes before it looks at keys.
TEST_F(Snapshot, FindsWhatBeginsAlikeForLongAndWhatEndsInZeros) {
  std::vector<Entry> entries;
  const auto add = [&](Bytes key) { entries.push_back({{TableId::SearchKeys, std::move(key)}, Bytes(1500, 1)}); };
  for (std::size_t zeros = 1; zeros <= 40; ++zeros) add(Bytes(zeros, 0));
  for (int i = 0; i < 200; ++i) add(text_bytes("a beginning of thirty bytes .." + key_text(i)));
  for (const char* key : {"b", "ba", "baa"}) add(text_bytes(key));
  entries.push_back({{TableId::Due, {}}, Bytes(1500, 1)});
  write(entries);
  auto reading = environment->read().value();
  const auto view = open(*reading);
  ASSERT_GT(view->summary().blocks, 100u);
  for (const auto& entry : entries) {
    EXPECT_EQ(view->get(again(), entry.key).value(), entry.value);
    EXPECT_TRUE(view->any(again(), entry.key).value());
    auto behind = entry.key;
    behind.bytes.push_back(1);
    EXPECT_FALSE(view->get(again(), behind).value());
    EXPECT_FALSE(view->any(again(), behind).value());
  }
  EXPECT_FALSE(view->get(again(), {TableId::SearchKeys, {}}).value());
  EXPECT_FALSE(view->get(again(), {TableId::SearchKeys, Bytes(41, 0)}).value());
  EXPECT_FALSE(view->get(again(), {TableId::SearchKeys, text_bytes("a beginning of thirty bytes ..")}).value());
  EXPECT_TRUE(view->any(again(), {TableId::SearchKeys, text_bytes("a beginning of thirty bytes ..")}).value());
}

TEST_F(Snapshot, BlocksStoreOnePageUnlessOneEntryIsLarger) {
  write(numbered(200, 100));
  for (const auto size : sizes(kBlocks)) EXPECT_EQ(size, limits::kBlockPlain + crypto::kBoxOverhead);
}

TEST_F(Snapshot, LargeEntriesStandAloneInBlocksThatGrowByWholePages) {
  auto entries = numbered(3, 10);
  for (const std::size_t size : {std::size_t{3998}, std::size_t{4000}, std::size_t{100'000}, limits::kMaxEntryValue}) {
    entries.push_back({{TableId::Certificates, seq_key(size)}, Bytes(size, 0x5a)});
  }
  const auto summary = write(entries);
  EXPECT_EQ(summary.blocks, 5u);
  auto reading = environment->read().value();
  const auto view = open(*reading);
  for (const auto& entry : entries) EXPECT_EQ(view->get(again(), entry.key).value(), entry.value);
  for (const auto size : sizes(kBlocks))
    EXPECT_EQ((size - crypto::kBoxOverhead - limits::kBlockPlain) % limits::kBlockStep, 0u);
}

TEST_F(Snapshot, RootIsTheTreeHashOverTheBoxedBlocks) {
  const auto summary = write(numbered(300, 100));
  std::vector<Digest> leaves;
  auto reading = environment->read().value();
  ASSERT_TRUE(reading->scan(
      kBlocks, {}, [&](ByteView, ByteView box) { return leaves.push_back(crypto::merkle_leaf({box})), true; }));
  EXPECT_EQ(leaves.size(), summary.blocks);
  EXPECT_EQ(crypto::merkle_root(leaves), summary.root);
}

TEST_F(Snapshot, KeepsTheNumberKey) {
  write({});
  auto reading = environment->read().value();
  const auto view = open(*reading);
  EXPECT_TRUE(number_key.expose(
      [&](auto mine) { return view->number_key().expose([&](auto kept) { return std::ranges::equal(mine, kept); }); }));
}

TEST_F(Snapshot, ThatIsNotThereIsAnIntegrityErrorAndNotEmpty) {
  auto reading = environment->read().value();
  EXPECT_EQ(SnapshotView::open(*reading, tenant, generation).error().code(), ErrorCode::Integrity);
}

TEST_F(Snapshot, UnderAnotherKeyTenantOrGidDoesNotOpen) {
  write(numbered(10, 10));
  auto reading = environment->read().value();
  EXPECT_EQ(SnapshotView::open(*reading, TenantId::random(), generation).error().code(), ErrorCode::Integrity);
  const GenerationKey other_key{TenantEpochKey::random(), generation.gid};
  EXPECT_EQ(SnapshotView::open(*reading, tenant, other_key).error().code(), ErrorCode::Integrity);
}

// Boxes of another program, put where the format page says, are a generation this room reads.
TEST(SnapshotVectors, BlocksDirectoryAndHeaderOfTheOtherProgramOpen) {
  const auto vectors = read_vectors("generations.json");
  const auto part = [&](const char* name) { return vectors.at(name).as_object(); };
  const auto tenant = TenantId::from(hex_at(vectors, "tenant")).value();
  const auto gid = GenerationId::from(hex_at(vectors, "gid")).value();
  const auto context = [&](crypto::BoxKind kind, std::uint64_t seq) {
    return crypto::BoxContext{kind, tenant, gid.bytes(), 0, seq};
  };
  const auto check = [&](const char* name, crypto::BoxKind kind, std::uint64_t seq) {
    const auto made = part(name);
    EXPECT_EQ(crypto::seal_box_with_salt(hex_at(made, "key"), context(kind, seq), hex_at(made, "plain"),
                                         hex_at(made, "salt")),
              hex_at(made, "box"))
        << name;
    return hex_at(made, "plain");
  };
  const auto block = check("block", crypto::BoxKind::Block, 0);
  check("secondBlock", crypto::BoxKind::Block, 1);
  EXPECT_EQ(block.size(), limits::kBlockPlain);
  EXPECT_EQ(decode_entries(block).value().size(), 3u);
  EXPECT_EQ(check("delta", crypto::BoxKind::Delta, 12).size(), limits::kDeltaPlain);
  const auto head = check("head", crypto::BoxKind::GenerationHead, 0);
  const auto directory = check("directory", crypto::BoxKind::Directory, 0);
  EXPECT_EQ(crypto::merkle_root({crypto::merkle_leaf({hex_at(part("block"), "box")}),
                                 crypto::merkle_leaf({hex_at(part("secondBlock"), "box")})}),
            [&] {
              Digest root{};
              std::ranges::copy(hex_at(vectors, "root"), root.begin());
              return root;
            }());

  // The same plaintexts under one key make a generation.
  support::TemporaryDirectory place;
  const auto environment = engine::Environment::open(place.path() / "tenant", tenant_layout(), true).value();
  const GenerationKey generation{TenantEpochKey::random(), gid};
  const auto seal = [&](crypto::BoxKind kind, std::uint64_t seq, ByteView plain) {
    return crypto::seal_box(generation.key, context(kind, seq), plain);
  };
  auto writing = environment->write().value();
  ASSERT_TRUE(writing->put(kHeads, gid.view(), seal(crypto::BoxKind::GenerationHead, 0, head)));
  ASSERT_TRUE(writing->put(kHeads, part_key(gid, 0), seal(crypto::BoxKind::Directory, 0, directory)));
  for (std::uint64_t number : {0u, 1u}) {
    ASSERT_TRUE(writing->put(kBlocks, gid_key(gid, number), seal(crypto::BoxKind::Block, number, block)));
  }
  ASSERT_TRUE(writing->commit("test:vectors"));
  auto reading = environment->read().value();
  const auto view = SnapshotView::open(*reading, tenant, generation).value();
  EXPECT_EQ(view->summary().blocks, 2u);
  EXPECT_EQ(view->summary().entries, 3u);
  EXPECT_EQ(view->base_seq(), 12u);
  EXPECT_EQ(view->get([&] { return environment->read(); }, {TableId::Records, hex_at(vectors, "record")}).value(),
            hex_at(vectors, "recordEntry"));
}

// A large one is stored on a second thread: what goes wrong there comes back here, and no header names what is half
// there.
TEST_F(Snapshot, ALargeOneThatCannotBeStoredIsNotThere) {
  static int commits = 0;
  for (const int fails : {1, 2}) {  // before the second thread begins, and on it
    commits = fails;
    power::set_plug([](std::string_view step) noexcept {
      return step == "generation:blocks" && --commits == 0 ? power::Cut::Before : power::Cut::None;
    });
    VectorSource source(numbered(3000, 1500));
    const auto told = write_snapshot(*environment, {tenant, &generation, &number_key, 12}, source);
    power::set_plug(nullptr);
    power::power_on();
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().code(), ErrorCode::StorageFailed);
    EXPECT_TRUE(sizes(kHeads).empty());
  }
}

class FullCopy final : public SnapshotCopy {
 public:
  Result<void> put(engine::Table, ByteView, ByteView, const Digest&) override {
    return ++seen_ < 1000 ? Result<void>(success()) : Error{ErrorCode::StorageFull, "write a copy"};
  }

 private:
  int seen_ = 0;
};
TEST_F(Snapshot, AnErrorOfItsCopyEndsIt) {
  FullCopy copy;
  VectorSource source(numbered(4000, 1500));
  const auto told = write_snapshot(*environment, {tenant, &generation, &number_key, 12, &copy}, source);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code(), ErrorCode::StorageFull);
  EXPECT_FALSE(SnapshotView::open(*environment->read().value(), tenant, generation));
}

}  // namespace
}  // namespace shosoin::generations
