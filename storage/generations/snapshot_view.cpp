#include <algorithm>

#include "crypto/box.h"
#include "storage/generations/layout.h"
#include "storage/generations/snapshot.h"

namespace shosoin::generations {
namespace {

class SnapshotSource final : public EntrySource {
 public:
  SnapshotSource(const SnapshotView& view, const engine::ReadTransaction& transaction, std::uint64_t block, EntryKey from)
      : view_(view), transaction_(transaction), block_(block), from_(std::move(from)) {}

  Result<std::optional<Entry>> next() override {
    for (;;) {
      while (at_ < entries_.size()) {
        auto& entry = entries_[at_++];
        if (entry.key < from_) continue;
        return std::optional<Entry>{std::move(entry)};
      }
      if (block_ >= view_.summary().blocks) return std::optional<Entry>{};
      TRY(auto entries, view_.read_block(transaction_, block_++));
      entries_ = std::move(entries);
      at_ = 0;
    }
  }

 private:
  const SnapshotView& view_;
  const engine::ReadTransaction& transaction_;
  std::uint64_t block_;
  EntryKey from_;
  std::vector<Entry> entries_;
  std::size_t at_ = 0;
};

}  // namespace

SnapshotView::SnapshotView(const TenantId& tenant, const GenerationKey& generation, NumberKey number_key)
    : tenant_(tenant), key_(generation.key.duplicate()), gid_(generation.gid), number_key_(std::move(number_key)) {}

Result<std::shared_ptr<const SnapshotView>> SnapshotView::open(const engine::ReadTransaction& transaction,
                                                               const TenantId& tenant, const GenerationKey& generation) {
  TRY(auto boxed, transaction.get(kHeads, generation.gid.view()));
  if (!boxed) return Error{ErrorCode::Integrity, "find the header of the generation the table names"};
  TRY(auto plain, crypto::open_box(generation.key, {crypto::BoxKind::GenerationHead, tenant, generation.gid.bytes(), 0, 0},
                                   *boxed));
  Reader head(plain);
  const auto format = head.u16();
  SnapshotSummary summary;
  summary.root = head.fixed<32>();
  summary.blocks = head.u64();
  summary.entries = head.u64();
  const auto base_seq = head.u64();
  const auto parts = head.u32();
  const auto number = head.raw(NumberKey::kSize);
  TRY(head.finish("read the header of a generation"));
  if (format != kStoreFormat) return Error{ErrorCode::Integrity, "read a generation of another format", format};

  std::shared_ptr<SnapshotView> view(
      new SnapshotView(tenant, generation, NumberKey::copy_from(number.first<NumberKey::kSize>())));
  memory::wipe(plain);
  view->summary_ = summary;
  view->base_seq_ = base_seq;
  for (std::uint32_t part = 0; part < parts; ++part) {
    TRY(auto box, transaction.get(kHeads, part_key(generation.gid, part)));
    if (!box) return Error{ErrorCode::Integrity, "find a directory part of a generation", part};
    TRY(auto list, crypto::open_box(generation.key,
                                    {crypto::BoxKind::Directory, tenant, generation.gid.bytes(), 0, part}, *box));
    Reader in(list);
    while (in.left() > 0 && !in.failed()) {
      const auto table = static_cast<TableId>(in.u16());
      view->directory_.push_back({table, copy_of(in.blob16(limits::kMaxEntryKey))});
    }
    TRY(in.finish("read a directory part of a generation"));
  }
  if (view->directory_.size() != summary.blocks) return Error{ErrorCode::Integrity, "match directory and blocks"};
  return std::shared_ptr<const SnapshotView>(std::move(view));
}

Result<std::vector<Entry>> SnapshotView::read_block(const engine::ReadTransaction& transaction, std::uint64_t number) const {
  TRY(auto boxed, transaction.get(kBlocks, gid_key(gid_, number)));
  if (!boxed) return Error{ErrorCode::Integrity, "find a block that the directory names", static_cast<std::int64_t>(number)};
  TRY(auto plain, crypto::open_box(key_, {crypto::BoxKind::Block, tenant_, gid_.bytes(), 0, number}, *boxed));
  auto entries = decode_entries(plain);
  memory::wipe(plain);
  return entries;
}

std::uint64_t SnapshotView::block_for(const EntryKey& key) const {
  auto after = std::ranges::upper_bound(directory_, key);
  return after == directory_.begin() ? 0 : static_cast<std::uint64_t>(after - directory_.begin() - 1);
}

Result<std::optional<Bytes>> SnapshotView::get(const engine::ReadTransaction& transaction, const EntryKey& key) const {
  if (directory_.empty()) return std::optional<Bytes>{};
  TRY(auto entries, read_block(transaction, block_for(key)));
  auto at = std::ranges::lower_bound(entries, key, {}, &Entry::key);
  if (at == entries.end() || at->key != key) return std::optional<Bytes>{};
  return std::move(at->value);
}

std::unique_ptr<EntrySource> SnapshotView::source(const engine::ReadTransaction& transaction, const EntryKey& from) const {
  return std::make_unique<SnapshotSource>(*this, transaction, block_for(from), from);
}

}  // namespace shosoin::generations
