#include <algorithm>

#include "crypto/box.h"
#include "firmware/base/limits_speed.h"
#include "storage/generations/block_cache.h"
#include "storage/generations/layout.h"
#include "storage/generations/snapshot.h"

namespace shosoin::generations {

// One block at a time is held decrypted, wiped before the next.
class SnapshotSource final : public EntrySource {
 public:
  struct Start {
    std::uint64_t block;
    EntryKey from;
  };
  SnapshotSource(const SnapshotView& view, const engine::ReadTransaction& transaction, Start start, SnapshotView::Keep keep)
      : view_(view),
        transaction_(transaction),
        block_(start.block),
        from_(std::move(start.from)),
        keeps_(keep == SnapshotView::Keep::Blocks),
        keep_until_(start.block + limits::kScanKept) {}
  ~SnapshotSource() override { memory::wipe(plain_); }

  Result<std::optional<Entry>> next() override {
    for (;;) {
      while (entries_.next()) {
        if (entries_.compared_with(from_) < 0) continue;
        return std::optional<Entry>{entries_.entry()};
      }
      TRY(entries_.finish());
      if (block_ >= view_.summary().blocks) return std::optional<Entry>{};
      memory::wipe(plain_);
      TRY(plain_, read(block_));
      ++block_;
      entries_ = EntryReader(plain_);
    }
  }

 private:
  Result<Bytes> read(std::uint64_t number) const {
    auto& cache = BlockCache::of_process();
    const BlockCache::Place place{view_.id_, number};
    Bytes plain;
    if (keeps_ && cache.use(place, [&](ByteView kept) { plain = copy_of(kept); })) return plain;
    if (!keeps_) view_.expect_behind(transaction_, number);
    TRY(plain, view_.read_block(transaction_, number));
    if (keeps_ && number < keep_until_) cache.put(place, plain);
    return plain;
  }
  const SnapshotView& view_;
  const engine::ReadTransaction& transaction_;
  std::uint64_t block_;
  EntryKey from_;
  bool keeps_;
  std::uint64_t keep_until_;
  Bytes plain_;
  EntryReader entries_{ByteView{}};
};

namespace {

Result<std::optional<Bytes>> find_in(ByteView plain, const EntryKey& key) {
  EntryReader entries(plain);
  while (entries.next()) {
    const auto order = entries.compared_with(key);
    if (order < 0) continue;
    if (order > 0 || !entries.value()) return std::optional<Bytes>{};
    return std::optional(copy_of(*entries.value()));
  }
  TRY(entries.finish());
  return std::optional<Bytes>{};
}

bool begins_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && equal(bytes.first(prefix.size()), prefix);
}

// Whether the first entry at or behind the prefix begins with it; none where every entry of this block stands before it.
std::optional<bool> begins_here(ByteView plain, const EntryKey& prefix) {
  EntryReader entries(plain);
  while (entries.next()) {
    if (entries.compared_with(prefix) < 0) continue;
    return entries.table() == prefix.table && begins_with(entries.key(), prefix.bytes);
  }
  return std::nullopt;
}

}  // namespace

namespace {

struct Head {
  SnapshotSummary summary;
  std::uint64_t base_seq;
  std::uint32_t parts;
  NumberKey number_key;
};
Result<Head> read_head(const engine::ReadTransaction& transaction, const TenantId& tenant, const GenerationKey& generation) {
  TRY(auto boxed, transaction.get(kHeads, generation.gid.view()));
  if (!boxed) return Error{ErrorCode::Integrity, "find the header of the generation the table names"};
  TRY(auto plain, crypto::open_box(generation.key, {crypto::BoxKind::GenerationHead, tenant, generation.gid.bytes(), 0, 0},
                                   *boxed));
  Reader in(plain);
  const auto format = in.u16();
  SnapshotSummary summary;
  summary.root = in.fixed<32>();
  summary.blocks = in.u64();
  summary.entries = in.u64();
  const auto base_seq = in.u64();
  const auto parts = in.u32();
  const auto number = in.raw(NumberKey::kSize);
  TRY(in.finish("read the header of a generation"));
  if (format != kStoreFormat) return Error{ErrorCode::Integrity, "read a generation of another format", format};
  Head head{summary, base_seq, parts, NumberKey::copy_from(number.first<NumberKey::kSize>())};
  memory::wipe(plain);
  return head;
}

}  // namespace

SnapshotView::SnapshotView(const TenantId& tenant, const GenerationKey& generation, NumberKey number_key)
    : id_(BlockCache::new_view()),
      tenant_(tenant),
      key_(generation.key.duplicate()),
      gid_(generation.gid),
      number_key_(std::move(number_key)) {}
SnapshotView::~SnapshotView() { BlockCache::of_process().drop(id_); }

Result<SnapshotSummary> SnapshotView::summary_of(const engine::ReadTransaction& transaction, const TenantId& tenant,
                                                 const GenerationKey& generation) {
  TRY(const auto head, read_head(transaction, tenant, generation));
  return head.summary;
}

Result<std::shared_ptr<const SnapshotView>> SnapshotView::open(const engine::ReadTransaction& transaction,
                                                               const TenantId& tenant, const GenerationKey& generation) {
  TRY(auto head, read_head(transaction, tenant, generation));
  std::shared_ptr<SnapshotView> view(new SnapshotView(tenant, generation, std::move(head.number_key)));
  view->summary_ = head.summary;
  view->base_seq_ = head.base_seq;
  for (std::uint32_t part = 0; part < head.parts; ++part) {
    TRY(auto box, transaction.get(kHeads, part_key(generation.gid, part)));
    if (!box) return Error{ErrorCode::Integrity, "find a directory part of a generation", part};
    TRY(auto list, crypto::open_box(generation.key,
                                    {crypto::BoxKind::Directory, tenant, generation.gid.bytes(), 0, part}, *box));
    Reader in(list);
    while (in.left() > 0 && !in.failed()) {
      const auto table = static_cast<TableId>(in.u16());
      view->directory_.push_back({table, copy_of(in.blob16(limits::kMaxEntryKey))});
      view->beginnings_.push_back(beginning_of(view->directory_.back()));
    }
    TRY(in.finish("read a directory part of a generation"));
  }
  if (view->directory_.size() != head.summary.blocks) return Error{ErrorCode::Integrity, "match directory and blocks"};
  return std::shared_ptr<const SnapshotView>(std::move(view));
}

Result<Bytes> SnapshotView::read_block(const engine::ReadTransaction& transaction, std::uint64_t number) const {
  TRY(auto boxed, transaction.get(kBlocks, gid_key(gid_, number)));
  if (!boxed) return Error{ErrorCode::Integrity, "find a block that the directory names", static_cast<std::int64_t>(number)};
  return crypto::open_box(key_, {crypto::BoxKind::Block, tenant_, gid_.bytes(), 0, number}, *boxed);
}

void SnapshotView::expect_behind(const engine::ReadTransaction& transaction, std::uint64_t number) const {
  constexpr auto kAhead = limits::kBlocksAhead;
  if (number % kAhead != 0) return;
  const auto from = number == 0 ? 0 : number + kAhead;
  if (from >= summary_.blocks) return;
  const auto many = std::min<std::uint64_t>(number == 0 ? 2 * kAhead : kAhead, summary_.blocks - from);
  transaction.expect(kBlocks, gid_key(gid_, from), many);
}

template <class Use>
Result<void> SnapshotView::with_block(const Transaction& transaction, std::uint64_t number, Use&& use) const {
  auto& cache = BlockCache::of_process();
  if (cache.use({id_, number}, use)) return success();
  TRY(const auto reading, transaction());
  TRY(auto plain, read_block(*reading, number));
  cache.put({id_, number}, plain);
  use(ByteView(plain));
  memory::wipe(plain);
  return success();
}

SnapshotView::Beginning SnapshotView::beginning_of(const EntryKey& key) {
  std::array<std::uint8_t, sizeof(Beginning)> bytes{};
  const auto table = be(static_cast<std::uint16_t>(key.table));
  std::ranges::copy(table, bytes.begin());
  std::copy_n(key.bytes.begin(), std::min(key.bytes.size(), bytes.size() - table.size()), bytes.begin() + table.size());
  const std::span<const std::uint8_t, sizeof(Beginning)> all(bytes);
  return {from_be<std::uint64_t>(all.first<8>()), from_be<std::uint64_t>(all.last<8>())};
}

std::uint64_t SnapshotView::block_for(const EntryKey& key) const {
  const auto alike = std::ranges::equal_range(beginnings_, beginning_of(key));
  const auto first = directory_.begin() + (alike.begin() - beginnings_.begin());
  const auto after = std::upper_bound(first, first + std::ranges::ssize(alike), key);
  return after == directory_.begin() ? 0 : static_cast<std::uint64_t>(after - directory_.begin() - 1);
}

Result<std::optional<Bytes>> SnapshotView::get(const Transaction& transaction, const EntryKey& key) const {
  Result<std::optional<Bytes>> found = std::optional<Bytes>{};
  if (directory_.empty()) return found;
  TRY(with_block(transaction, block_for(key), [&](ByteView plain) { found = find_in(plain, key); }));
  return found;
}

Result<bool> SnapshotView::any(const Transaction& transaction, const EntryKey& prefix) const {
  if (directory_.empty()) return false;
  const auto number = block_for(prefix);
  std::optional<bool> here;
  TRY(with_block(transaction, number, [&](ByteView plain) { here = begins_here(plain, prefix); }));
  if (here) return *here;
  // The next block's first key is known without opening it.
  if (number + 1 >= directory_.size()) return false;
  const auto& next = directory_[number + 1];
  return next.table == prefix.table && begins_with(next.bytes, prefix.bytes);
}

std::unique_ptr<EntrySource> SnapshotView::source(const engine::ReadTransaction& transaction, const EntryKey& from,
                                                  Keep keep) const {
  return std::make_unique<SnapshotSource>(*this, transaction, SnapshotSource::Start{block_for(from), from}, keep);
}

}  // namespace shosoin::generations
