// Writes a snapshot entry by entry (snapshot.h). What stands in a block follows from the entries alone, never from the
// blocks they stood in before: a block less full than it could be would tell that something was taken away there
// (promise 5). One thread.
#pragma once

#include "storage/generations/box_writer.h"

namespace shosoin::generations {

class SnapshotWriter {
 public:
  SnapshotWriter(engine::Environment& environment, const SnapshotPlan& plan) : plan_(plan), boxes_(environment, plan) {}
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;
  ~SnapshotWriter() { memory::wipe(block_); }
  // Ascending by key, none twice.
  Result<void> add(const Entry& entry);
  Result<void> add(const EntryReader& entry);  // the one the reader stands at, as it is
  // The header goes last: without it nothing is named. Durable when it returns.
  Result<SnapshotSummary> finish();

 private:
  Result<void> make_room(std::size_t size);
  void begin_with(TableId table, ByteView key);
  Result<void> flush_block();

  const SnapshotPlan& plan_;
  BoxWriter boxes_;
  Bytes block_;
  Writer directory_;
  std::uint64_t entries_ = 0;
};

}  // namespace shosoin::generations
