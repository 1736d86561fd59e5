#include "crypto/box.h"
#include "crypto/hash.h"
#include "storage/generations/layout.h"
#include "storage/generations/snapshot.h"

namespace shosoin::generations {
namespace {

constexpr std::size_t kDirectoryPart = 48u << 10;  // plaintext bytes of one directory part

std::size_t padded_block(std::size_t size) {
  if (size <= limits::kBlockPlain) return limits::kBlockPlain;
  const auto steps = (size - limits::kBlockPlain + limits::kBlockStep - 1) / limits::kBlockStep;
  return limits::kBlockPlain + steps * limits::kBlockStep;
}

class SnapshotWriter {
 public:
  SnapshotWriter(engine::Environment& environment, const SnapshotPlan& plan) : environment_(environment), plan_(plan) {}

  Result<SnapshotSummary> run(EntrySource& source) {
    for (;;) {
      TRY(auto entry, source.next());
      if (!entry) break;
      TRY(add(*entry));
    }
    TRY(flush_block());
    TRY(write_head());
    return summary_;
  }

 private:
  Result<void> add(const Entry& entry) {
    if (!block_.empty() && block_.size() + encoded_size(entry) > limits::kBlockPlain) {
      TRY(flush_block());
    }
    if (block_.empty()) first_key_ = entry.key;
    append_entry(block_, entry);
    ++summary_.entries;
    return success();
  }

  Result<void> put(engine::Table table, const Bytes& key, const Bytes& value) {
    if (transaction_ && transaction_->dirty_pages() >= limits::kTransactionPages) {
      TRY(commit());
    }
    if (!transaction_) {
      TRY(auto transaction, environment_.write());
      transaction_ = std::move(transaction);
    }
    return transaction_->put(table, key, value);
  }

  // If power goes between these commits: blocks of a gid that no table row names; the next start drops them.
  Result<void> commit() {
    auto transaction = std::move(transaction_);
    return transaction ? transaction->commit("generation:blocks") : success();
  }

  Result<void> flush_block() {
    if (block_.empty()) return success();
    block_.resize(padded_block(block_.size()), 0);
    const auto boxed = crypto::seal_box(plan_.generation->key, context(crypto::BoxKind::Block, summary_.blocks), block_);
    leaves_.push_back(crypto::merkle_leaf({boxed}));
    TRY(put(kBlocks, gid_key(plan_.generation->gid, summary_.blocks), boxed));
    directory_.u16(static_cast<std::uint16_t>(first_key_.table)).blob16(first_key_.bytes);
    if (directory_.bytes().size() >= kDirectoryPart) {
      TRY(flush_directory());
    }
    ++summary_.blocks;
    memory::wipe(block_);
    return success();
  }

  Result<void> flush_directory() {
    auto part = directory_.take();
    directory_ = Writer{};
    const auto boxed = crypto::seal_box(plan_.generation->key, context(crypto::BoxKind::Directory, parts_), part);
    memory::wipe(part);
    TRY(put(kHeads, part_key(plan_.generation->gid, parts_), boxed));
    ++parts_;
    return success();
  }

  Result<void> write_head() {
    if (!directory_.bytes().empty()) {
      TRY(flush_directory());
    }
    summary_.root = crypto::merkle_root(leaves_);
    Writer head;
    head.u16(kStoreFormat).raw(summary_.root).u64(summary_.blocks).u64(summary_.entries).u64(plan_.base_seq).u32(parts_);
    plan_.number_key->expose([&](auto bytes) { head.raw(bytes); });
    auto plain = head.take();
    const auto boxed = crypto::seal_box(plan_.generation->key, context(crypto::BoxKind::GenerationHead, 0), plain);
    memory::wipe(plain);
    TRY(put(kHeads, copy_of(plan_.generation->gid.view()), boxed));
    return commit();
  }

  crypto::BoxContext context(crypto::BoxKind kind, std::uint64_t seq) const {
    return {kind, plan_.tenant, plan_.generation->gid.bytes(), 0, seq};
  }

  engine::Environment& environment_;
  const SnapshotPlan& plan_;
  std::unique_ptr<engine::WriteTransaction> transaction_;
  Bytes block_;
  EntryKey first_key_{};
  Writer directory_;
  std::uint32_t parts_ = 0;
  std::vector<Digest> leaves_;
  SnapshotSummary summary_;
};

}  // namespace

Result<SnapshotSummary> write_snapshot(engine::Environment& environment, const SnapshotPlan& plan, EntrySource& source) {
  return SnapshotWriter(environment, plan).run(source);
}

}  // namespace shosoin::generations
