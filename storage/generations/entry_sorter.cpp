#include "storage/generations/entry_sorter.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "crypto/box.h"
#include "firmware/base/limits_import.h"
#include "firmware/base/log.h"
#include "storage/generations/layout.h"
#include "storage/generations/tenant_store.h"

namespace shosoin::generations {
namespace {

constexpr std::size_t kTableAndLength = 4;  // before the key bytes of an encoded entry

ByteView key_of(ByteView encoded) {
  return encoded.subspan(kTableAndLength, from_be<std::uint16_t>(encoded.subspan<2, 2>()));
}
std::uint64_t prefix_of(ByteView encoded) {
  const auto key = key_of(encoded);
  std::array<std::uint8_t, 8> first{encoded[0], encoded[1]};
  std::copy_n(key.begin(), std::min<std::size_t>(key.size(), 6), first.begin() + 2);
  return from_be<std::uint64_t>(first);
}
// By table, key bytes, shorter first: the order of entry.h.
int compare(ByteView left, ByteView right) {
  if (const int tables = std::memcmp(left.data(), right.data(), 2); tables != 0) return tables;
  const auto mine = key_of(left), theirs = key_of(right);
  const auto common = std::min(mine.size(), theirs.size());
  if (const int bytes = common == 0 ? 0 : std::memcmp(mine.data(), theirs.data(), common); bytes != 0) return bytes;
  return mine.size() < theirs.size() ? -1 : mine.size() > theirs.size() ? 1 : 0;
}
// Padded, so that the size of a block tells a size class only.
std::size_t padded(std::size_t size) {
  const auto steps = (size + limits::kBlockStep - 1) / limits::kBlockStep;
  const auto whole = steps * limits::kBlockStep;
  return size <= limits::kSorterBlockPlain ? std::min(whole, limits::kSorterBlockPlain) : whole;
}

}  // namespace

EntrySorter::EntrySorter(engine::Environment& environment, const TenantId& tenant, GenerationKey ephemeral,
                         std::function<void(const GenerationId&)> over)
    : environment_(environment), tenant_(tenant), ephemeral_(std::move(ephemeral)), over_(std::move(over)) {}

EntrySorter::~EntrySorter() {
  memory::wipe(arena_);
  try {
    auto dropped = spilled_any_ ? drop_generation_in(environment_, ephemeral_.gid) : success();
    if (!dropped) oplog::failure("the runs of a sort stay until the next start", dropped.error());
  } catch (const std::bad_alloc&) {
    oplog::failure("the runs of a sort stay until the next start", {ErrorCode::OutOfMemory, "drop the runs of a sort"});
  }
  if (over_) over_(ephemeral_.gid);
}

Result<void> EntrySorter::add(const Entry& entry) {
  ENSURE(!closed_);
  const auto size = encoded_size(entry);
  if (arena_.size() + size + (slots_.size() + 1) * sizeof(Slot) > limits::kSorterMemory) {
    TRY(spill());
  }
  const auto offset = arena_.size();
  append_entry(arena_, entry);
  const auto encoded = ByteView(arena_).subspan(offset);
  slots_.push_back({prefix_of(encoded), static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)});
  ++added_;
  return success();
}

// Of equal keys only the one added last stays.
void EntrySorter::sort_slots() {
  const auto at = [&](const Slot& slot) { return ByteView(arena_).subspan(slot.offset, slot.size); };
  std::ranges::sort(slots_, [&](const Slot& left, const Slot& right) {
    if (left.prefix != right.prefix) return left.prefix < right.prefix;
    const int keys = compare(at(left), at(right));
    return keys != 0 ? keys < 0 : left.offset > right.offset;
  });
  const auto same = [&](const Slot& left, const Slot& right) {
    return left.prefix == right.prefix && compare(at(left), at(right)) == 0;
  };
  slots_.erase(std::unique(slots_.begin(), slots_.end(), same), slots_.end());
}

Bytes EntrySorter::box(std::uint64_t number, ByteView plain) const {
  return crypto::seal_box(ephemeral_.key, {crypto::BoxKind::Block, tenant_, ephemeral_.gid.bytes(), 0, number}, plain);
}

// If power goes here: blocks of a gid that no table row names, under a key that is gone with this process.
Result<void> EntrySorter::spill() {
  if (runs_.size() >= limits::kMaxSorterRuns) return Error{ErrorCode::TooMany, "sort so many entries at once"};
  sort_slots();
  Run run{next_block_, 0};
  TRY(auto transaction, environment_.write());
  Bytes block;
  const auto put_block = [&]() -> Result<void> {
    block.resize(padded(block.size()), 0);
    const auto number = run.first + run.blocks++;
    TRY(transaction->put_new(kBlocks, gid_key(ephemeral_.gid, number), box(number, block)));
    memory::wipe(block);
    return success();
  };
  block.reserve(limits::kSorterBlockPlain);
  for (const auto& slot : slots_) {
    if (!block.empty() && block.size() + slot.size > limits::kSorterBlockPlain) {
      TRY(put_block());
    }
    append(block, ByteView(arena_).subspan(slot.offset, slot.size));
  }
  TRY(put_block());
  spilled_any_ = true;  // from here on there may be something to take away
  TRY(transaction->commit("import:run"));
  next_block_ = run.first + run.blocks;
  runs_.push_back(run);
  memory::wipe(arena_);
  slots_.clear();
  return success();
}

Result<Bytes> EntrySorter::open_block(const engine::ReadTransaction& transaction, std::uint64_t number) const {
  TRY(auto boxed, transaction.get(kBlocks, gid_key(ephemeral_.gid, number)));
  if (!boxed) return Error{ErrorCode::Integrity, "find a block of a sorted run", static_cast<std::int64_t>(number)};
  return crypto::open_box(ephemeral_.key, {crypto::BoxKind::Block, tenant_, ephemeral_.gid.bytes(), 0, number}, *boxed);
}

// A heap of runs by the entry each stands at; of equal keys the later run comes first and the others are passed over.
class EntrySorter::Merge final : public EntrySource {
 public:
  Merge(const EntrySorter& sorter, std::unique_ptr<engine::ReadTransaction> transaction)
      : sorter_(sorter), transaction_(std::move(transaction)), cursors_(sorter.runs_.size() + 1) {
    for (std::size_t i = 0; i < sorter.runs_.size(); ++i) {
      cursors_[i].next = sorter.runs_[i].first;
      cursors_[i].end = sorter.runs_[i].first + sorter.runs_[i].blocks;
    }
  }
  ~Merge() override {
    for (auto& cursor : cursors_) memory::wipe(cursor.plain);
  }
  Result<void> start() {
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
      TRY(step(i));
    }
    return success();
  }
  Result<std::optional<Entry>> next() override {
    while (!heap_.empty()) {
      const auto least = pop();
      const auto at = cursors_[least].at;
      const bool repeated = !last_.empty() && compare(last_, at) == 0;
      std::optional<Entry> entry;
      if (!repeated) {
        TRY(entry, decode(at));
        last_.assign(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(kTableAndLength + key_of(at).size()));
      }
      TRY(step(least));
      if (entry) return entry;
    }
    return std::optional<Entry>{};
  }

 private:
  struct Cursor {
    std::uint64_t next = 0, end = 0;  // blocks
    Bytes plain{};
    ByteView rest{};       // of plain, behind at
    ByteView at{};         // the encoded entry it stands at
    std::size_t slot = 0;  // of the last cursor, which reads from memory
  };
  static Result<std::optional<Entry>> decode(ByteView encoded) {
    EntryReader reader(encoded);
    if (!reader.next()) return Error{ErrorCode::Integrity, "read an entry of a sorted run"};
    return std::optional<Entry>{reader.entry()};
  }
  Result<void> step(std::size_t index) {
    auto& cursor = cursors_[index];
    if (index + 1 == cursors_.size()) {
      if (cursor.slot == sorter_.slots_.size()) return success();
      const auto& slot = sorter_.slots_[cursor.slot++];
      cursor.at = ByteView(sorter_.arena_).subspan(slot.offset, slot.size);
      return push(index), success();
    }
    if (cursor.rest.size() < 2 || (cursor.rest[0] == 0 && cursor.rest[1] == 0)) {
      if (cursor.next == cursor.end) return success();
      memory::wipe(cursor.plain);
      TRY(cursor.plain, sorter_.open_block(*transaction_, cursor.next++));
      cursor.rest = cursor.plain;
    }
    EntryReader reader(cursor.rest);
    if (!reader.next()) return Error{ErrorCode::Integrity, "read an entry of a sorted run"};
    const auto size = kEntryOverhead + reader.key().size() + (reader.value() ? reader.value()->size() : 0);
    cursor.at = cursor.rest.first(size);
    cursor.rest = cursor.rest.subspan(size);
    return push(index), success();
  }
  bool comes_after(std::size_t left, std::size_t right) const {
    const int keys = compare(cursors_[left].at, cursors_[right].at);
    return keys != 0 ? keys > 0 : left < right;
  }
  void push(std::size_t index) {
    heap_.push_back(index);
    std::ranges::push_heap(heap_, [this](auto left, auto right) { return comes_after(left, right); });
  }
  std::size_t pop() {
    std::ranges::pop_heap(heap_, [this](auto left, auto right) { return comes_after(left, right); });
    const auto least = heap_.back();
    heap_.pop_back();
    return least;
  }

  const EntrySorter& sorter_;
  std::unique_ptr<engine::ReadTransaction> transaction_;
  std::vector<Cursor> cursors_;  // one for each run, and the last for what memory holds
  std::vector<std::size_t> heap_;
  Bytes last_;  // table and key that came out last
};

Result<std::unique_ptr<EntrySource>> EntrySorter::sorted() {
  closed_ = true;
  sort_slots();
  TRY(auto transaction, environment_.read());
  auto merge = std::make_unique<Merge>(*this, std::move(transaction));
  TRY(merge->start());
  return std::unique_ptr<EntrySource>(std::move(merge));
}

}  // namespace shosoin::generations
