// Sorts more entries than memory holds: what an import is about to add. Beyond limits::kSorterMemory sorted runs are
// boxed under a key that is drawn here and stands nowhere else, and written as blocks of a generation id that nothing
// names (generations.md, "Sorted runs"): left over, they are garbage nobody can read, dropped by the next start. One
// thread at a time.
#pragma once

#include <functional>
#include <memory>

#include "storage/generations/snapshot.h"

namespace shosoin::generations {

class EntrySorter {
 public:
  // over: called once, when the runs need no protection from the sweep any more (TenantStore::sorter).
  EntrySorter(engine::Environment& environment, const TenantId& tenant, GenerationKey ephemeral,
              std::function<void(const GenerationId&)> over = {});
  EntrySorter(const EntrySorter&) = delete;
  EntrySorter& operator=(const EntrySorter&) = delete;
  ~EntrySorter();  // wipes what memory holds; takes the runs out of the environment, or leaves them to the next start

  // In any order; of two with the same key the later one counts. TooMany: more runs than
  // limits::kMaxSorterRuns. If power goes inside: blocks of a gid that no table row names.
  Result<void> add(const Entry& entry);
  std::uint64_t added() const noexcept { return added_; }
  std::size_t runs() const noexcept { return runs_.size(); }

  // Everything added, ascending and unique; nothing may be added any more. Reads from a transaction of its own, so it
  // stays on this thread; the sorter must outlive it. Integrity: a block of a run is missing or was changed. May be
  // asked for again.
  Result<std::unique_ptr<EntrySource>> sorted();

 private:
  struct Slot {            // an encoded entry in memory
    std::uint64_t prefix;  // table and first bytes of the key, for most comparisons
    std::uint32_t offset, size;
  };
  struct Run {
    std::uint64_t first, blocks;
  };
  class Merge;
  friend class Merge;
  void sort_slots();
  Result<void> spill();
  Bytes box(std::uint64_t number, ByteView plain) const;
  Result<Bytes> open_block(const engine::ReadTransaction& transaction, std::uint64_t number) const;

  engine::Environment& environment_;
  TenantId tenant_;
  GenerationKey ephemeral_;
  std::function<void(const GenerationId&)> over_;
  Bytes arena_;
  std::vector<Slot> slots_;
  std::vector<Run> runs_;
  std::uint64_t next_block_ = 0, added_ = 0;
  bool spilled_any_ = false, closed_ = false;
};

}  // namespace shosoin::generations
