#include "storage/generations/snapshot_writer.h"

namespace shosoin::generations {
namespace {

constexpr std::size_t kDirectoryPart = 48u << 10;  // plaintext bytes of one directory part

std::size_t padded_block(std::size_t size) {
  if (size <= limits::kBlockPlain) return limits::kBlockPlain;
  const auto steps = (size - limits::kBlockPlain + limits::kBlockStep - 1) / limits::kBlockStep;
  return limits::kBlockPlain + steps * limits::kBlockStep;
}

}  // namespace

Result<void> SnapshotWriter::make_room(std::size_t size) {
  if (!block_.empty() && block_.size() + size > limits::kBlockPlain) {
    TRY(flush_block());
  }
  ++entries_;
  return success();
}

// The directory knows a block by its first key.
void SnapshotWriter::begin_with(TableId table, ByteView key) {
  block_.reserve(limits::kBlockPlain);
  directory_.u16(static_cast<std::uint16_t>(table)).blob16(key);
}

Result<void> SnapshotWriter::add(const Entry& entry) {
  TRY(make_room(encoded_size(entry)));
  if (block_.empty()) begin_with(entry.key.table, entry.key.bytes);
  append_entry(block_, entry);
  return success();
}

Result<void> SnapshotWriter::add(const EntryReader& entry) {
  const auto encoded = entry.encoded();
  TRY(make_room(encoded.size()));
  if (block_.empty()) begin_with(entry.table(), entry.key());
  append(block_, encoded);
  return success();
}

Result<void> SnapshotWriter::flush_block() {
  block_.resize(padded_block(block_.size()), 0);
  TRY(boxes_.put_block(block_));
  if (directory_.bytes().size() < kDirectoryPart) return success();
  return boxes_.put_part(std::exchange(directory_, {}).take());
}

Result<SnapshotSummary> SnapshotWriter::finish() {
  if (!block_.empty()) {
    TRY(flush_block());
  }
  if (!directory_.bytes().empty()) {
    TRY(boxes_.put_part(std::exchange(directory_, {}).take()));
  }
  SnapshotSummary summary{{}, boxes_.blocks(), entries_};
  TRY(summary.root, boxes_.settle());
  Writer head;
  head.u16(kStoreFormat)
      .raw(summary.root)
      .u64(summary.blocks)
      .u64(summary.entries)
      .u64(plan_.base_seq)
      .u32(boxes_.parts());
  plan_.number_key->expose([&](auto bytes) { head.raw(bytes); });
  TRY(boxes_.put_head(head.take()));
  return summary;
}

Result<SnapshotSummary> write_snapshot(engine::Environment& environment, const SnapshotPlan& plan,
                                       EntrySource& source) {
  SnapshotWriter writer(environment, plan);
  for (;;) {
    TRY(auto entry, source.next());
    if (!entry) return writer.finish();
    TRY(writer.add(*entry));
  }
}

}  // namespace shosoin::generations
