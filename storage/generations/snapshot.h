// A generation's snapshot: immutable boxed blocks of sorted entries, a boxed directory, a boxed header with the Merkle root
// (DESIGN section 4, generations.md). A SnapshotView is immutable and may be read from any thread, each with a transaction of its own.
#pragma once

#include <functional>
#include <memory>

#include "firmware/memory/secret.h"
#include "storage/engine/engine.h"
#include "storage/generations/entry.h"

namespace shosoin::generations {

struct GenerationKey {  // what opens a generation; move-only
  TenantEpochKey key;
  GenerationId gid;
};
struct SnapshotSummary {
  Digest root{};                 // RFC 6962 root over the boxed blocks
  std::uint64_t blocks = 0;
  std::uint64_t entries = 0;
};
// Takes what a snapshot is stored as, in the order of its writing: blocks ascending, directory parts, the header last. Called on one
// thread at a time, not always the same.
class SnapshotCopy {
 public:
  virtual ~SnapshotCopy() = default;
  virtual Result<void> put(engine::Table table, ByteView key, ByteView boxed, const Digest& leaf) = 0;  // leaf: crypto::merkle_leaf
};
struct SnapshotPlan {
  TenantId tenant;
  const GenerationKey* generation;
  const NumberKey* number_key;   // stays the same across generations
  std::uint64_t base_seq;        // delta rows with a higher change_seq come on top of this snapshot
  SnapshotCopy* copy = nullptr;
};
// Consumes the source in transactions of bounded size, each durable. The header goes last: without it nothing is named.
Result<SnapshotSummary> write_snapshot(engine::Environment& environment, const SnapshotPlan& plan, EntrySource& source);

class SnapshotView {
 public:
  static Result<std::shared_ptr<const SnapshotView>> open(const engine::ReadTransaction& transaction, const TenantId& tenant,
                                                          const GenerationKey& generation);
  // What its header says, and nothing of it kept: whether this key opens what the disk holds.
  static Result<SnapshotSummary> summary_of(const engine::ReadTransaction& transaction, const TenantId& tenant,
                                            const GenerationKey& generation);
  SnapshotView(const SnapshotView&) = delete;
  SnapshotView& operator=(const SnapshotView&) = delete;
  ~SnapshotView();                 // its decrypted blocks leave memory
  // From memory or from the disk; a transaction is asked for when it is needed.
  using Transaction = std::function<Result<std::unique_ptr<engine::ReadTransaction>>()>;
  Result<std::optional<Bytes>> get(const Transaction& transaction, const EntryKey& key) const;
  // Is there an entry of this table whose key begins so?
  Result<bool> any(const Transaction& transaction, const EntryKey& prefix) const;
  // From the first entry >= from. The transaction must outlive the source. A merge reads every block once and keeps none; a
  // scan keeps its first few (limits::kScanKept), so that a walk over a table drives nothing out.
  enum class Keep : bool { No, Blocks };
  std::unique_ptr<EntrySource> source(const engine::ReadTransaction& transaction, const EntryKey& from,
                                      Keep keep = Keep::No) const;
  const SnapshotSummary& summary() const { return summary_; }
  std::uint64_t base_seq() const { return base_seq_; }
  const NumberKey& number_key() const { return number_key_; }

  // Plaintext of a block from the disk, for the caller to wipe.
  Result<Bytes> read_block(const engine::ReadTransaction& transaction, std::uint64_t number) const;
  // For whoever reads all blocks, before each of them: the next ones come from the disk meanwhile.
  void expect_behind(const engine::ReadTransaction& transaction, std::uint64_t number) const;
  const GenerationId& gid() const { return gid_; }

 private:
  friend class SnapshotSource;
  // The first bytes of a key, table first, zeros behind a shorter one: ordered as keys are, as far as they reach. A search among
  // these stays in one range of memory; keys are looked at only where several begin alike.
  struct Beginning {
    std::uint64_t high = 0, low = 0;
    auto operator<=>(const Beginning&) const = default;
  };
  static Beginning beginning_of(const EntryKey& key);
  SnapshotView(const TenantId& tenant, const GenerationKey& generation, NumberKey number_key);
  std::uint64_t block_for(const EntryKey& key) const;  // the last block whose first key is <= key
  // use(ByteView plain): from memory, or from the disk, kept.
  template <class Use>
  Result<void> with_block(const Transaction& transaction, std::uint64_t number, Use&& use) const;
  const std::uint64_t id_;         // among the views of this process: its blocks in the cache
  TenantId tenant_;
  TenantEpochKey key_;
  GenerationId gid_;
  NumberKey number_key_;
  SnapshotSummary summary_;
  std::uint64_t base_seq_ = 0;
  std::vector<EntryKey> directory_;
  std::vector<Beginning> beginnings_;  // of the keys in directory_
};

}  // namespace shosoin::generations
