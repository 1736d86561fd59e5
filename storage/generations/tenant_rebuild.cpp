// Merge and batch: a new generation beside the current one, then the switch (DESIGN section 4).
#include <algorithm>
#include <bitset>

#include "crypto/box.h"
#include "firmware/base/limits_import.h"
#include "storage/generations/layout.h"
#include "storage/generations/number_history.h"
#include "storage/generations/records_entry.h"
#include "storage/generations/row_digests.h"
#include "storage/generations/snapshot_writer.h"
#include "storage/generations/tenant_store.h"

namespace shosoin::generations {
namespace {

// Owns the transaction and the map a merged source reads from.
struct FrozenState {
  std::shared_ptr<const SnapshotView> view;
  std::unique_ptr<engine::ReadTransaction> transaction;
  std::vector<Entry> delta;
  std::uint64_t last_seq;
};

// A set of random ids that is asked about every entry of a tenant: nearly always the first look says no.
class RemovedRecords {
 public:
  explicit RemovedRecords(std::set<RecordId>& records) : records_(records) {
    for (const auto& id : records_) mark(id);
  }
  void insert(const RecordId& id) {
    records_.insert(id);
    mark(id);
  }
  bool contains(const RecordId& id) const { return perhaps_[place_of(id)] && records_.contains(id); }

 private:
  static constexpr std::size_t kPlaces = 1u << 18;
  static std::size_t place_of(const RecordId& id) { return from_be<std::uint32_t>(id.view().first<4>()) % kPlaces; }
  void mark(const RecordId& id) { perhaps_.set(place_of(id)); }
  std::set<RecordId>& records_;
  std::bitset<kPlaces> perhaps_;
};

// Says what leaves, and notes the rows of the records that go. Records sorts first, so an import's records are known before anything
// that refers to them comes by.
class Removal {
 public:
  Removal(const RebuildPlan& plan, StagedGeneration& staged) : plan_(plan), staged_(staged) {
    staged_.removed_records = plan.remove;
    removed_ = std::make_unique<RemovedRecords>(staged_.removed_records);
  }
  bool knows_all_records() const { return behind_records_; }
  Result<bool> takes(TableId table, ByteView key, ByteView value) {
    behind_records_ = table != TableId::Records;
    if (table == TableId::NumberHistory) return history_leaves(key, value);
    const auto record = record_of(table, key);
    if (!record) return false;
    if (table != TableId::Records) return removed_->contains(*record);
    const bool ordered = removed_->contains(*record);
    if (!ordered && plan_.remove_imports.empty()) return false;
    TRY(auto where, decode_record_entry(value));
    const bool goes = ordered || plan_.remove_imports.contains(where.import);
    if (goes) {
      removed_->insert(*record);
      for (const auto& row : where.rows()) staged_.removed_rows.push_back({row, *record});
    }
    return goes;
  }

 private:
  // No record's row, so no certificate speaks of it; it is cleaned up like one.
  Result<bool> history_leaves(ByteView key, ByteView value) {
    if (plan_.remove_subjects.empty()) return false;
    if (!plan_.remove_subjects.contains(std::string(integrated_in({TableId::NumberHistory, copy_of(key)})))) return false;
    TRY(auto change, decode_number_change(value));
    for (const auto& place : {change.former, change.present}) staged_.removed_rows.push_back({place.id, RecordId{}});
    return true;
  }
  const RebuildPlan& plan_;
  StagedGeneration& staged_;
  std::unique_ptr<RemovedRecords> removed_;
  bool behind_records_ = false;
};

// The snapshot as it stands, and over it what changed: what stays is copied from block to block as bytes.
class Rebuild {
 public:
  Rebuild(MergedSource& changes, Removal& removal, SnapshotWriter& writer)
      : changes_(changes), removal_(removal), writer_(writer) {}
  Result<void> start() { return step(); }
  Result<void> take_block(ByteView plain) {
    EntryReader entries(plain);
    while (entries.next()) {
      while (change_ && entries.compared_with(change_->key) > 0) {
        TRY(take_change());
      }
      if (change_ && entries.compared_with(change_->key) == 0) {
        TRY(take_change());
        continue;
      }
      if (!entries.value()) continue;
      TRY(const bool goes, removal_.takes(entries.table(), entries.key(), *entries.value()));
      if (goes) continue;
      TRY(writer_.add(entries));
    }
    return entries.finish();
  }
  Result<void> finish() {
    while (change_) {
      TRY(take_change());
    }
    return success();
  }

 private:
  Result<void> step() {
    change_.reset();
    TRY(change_, changes_.next_change());
    return success();
  }
  Result<void> take_change() {
    if (change_->value) {
      TRY(const bool goes, removal_.takes(change_->key.table, change_->key.bytes, *change_->value));
      if (!goes) {
        TRY(writer_.add(*change_));
      }
    }
    return step();
  }
  MergedSource& changes_;
  Removal& removal_;
  SnapshotWriter& writer_;
  std::optional<Entry> change_;
};

// What is only passed on belongs to somebody else.
class BorrowedSource final : public EntrySource {
 public:
  explicit BorrowedSource(EntrySource& source) : source_(source) {}
  Result<std::optional<Entry>> next() override { return source_.next(); }

 private:
  EntrySource& source_;
};

bool starts_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && equal(bytes.first(prefix.size()), prefix);
}

}  // namespace

Result<StagedGeneration> TenantStore::stage(const RebuildPlan& plan) {
  FrozenState frozen;
  StagedGeneration staged{{TenantEpochKey::random(), GenerationId::random()}, {}, 0, 0, {}, {}, {}};
  TRY(note_closed_months(plan, staged));
  {
    std::shared_lock lock(state_);
    TRY(still_here());
    if (!plan.fresh_key) staged.generation.key = generation_.key.duplicate();
    frozen.view = view_;
    TRY(auto transaction, environment_.read());
    frozen.transaction = std::move(transaction);
    for (const auto& [key, value] : delta_) frozen.delta.push_back({key, value});
    frozen.last_seq = last_seq_;
  }
  staged.base_seq = staged.copied_seq = frozen.last_seq;
  std::vector<std::unique_ptr<EntrySource>> sources;
  sources.push_back(std::make_unique<VectorSource>(std::move(frozen.delta)));
  if (plan.bulk != nullptr) sources.push_back(std::make_unique<BorrowedSource>(*plan.bulk));
  sources.push_back(std::make_unique<VectorSource>(plan.additions));
  TRY(auto changes, MergedSource::create(std::move(sources)));
  Removal removal(plan, staged);
  SnapshotCopy* copy = nullptr;
  if (plan.copy_to) {
    TRY(copy, plan.copy_to(staged.generation.gid));
  }
  const SnapshotPlan snapshot{tenant_, &staged.generation, &frozen.view->number_key(), staged.base_seq, copy};
  SnapshotWriter writer(environment_, snapshot);
  RowDigests digests(environment_, plan.remove);
  Rebuild rebuild(*changes, removal, writer);
  TRY(rebuild.start());
  for (std::uint64_t number = 0; number < frozen.view->summary().blocks; ++number) {
    frozen.view->expect_behind(*frozen.transaction, number);
    TRY(auto plain, frozen.view->read_block(*frozen.transaction, number));
    auto taken = rebuild.take_block(plain);
    memory::wipe(plain);
    TRY(std::move(taken));
    if (removal.knows_all_records()) digests.start(staged.removed_rows);
  }
  TRY(rebuild.finish());
  TRY(staged.summary, writer.finish());
  {
    TRY(const auto reading, environment_.read());
    TRY(staged.view, SnapshotView::open(*reading, tenant_, staged.generation));
  }
  TRY(staged.row_digests, digests.finish());
  return staged;
}

Result<void> TenantStore::catch_up(StagedGeneration& staged) {
  if (staged.copied_seq == last_seq_) return success();
  TRY(auto reading, environment_.read());
  TRY(auto transaction, environment_.write());
  for (auto seq = staged.copied_seq + 1; seq <= last_seq_; ++seq) {
    TRY(auto entries, read_delta_row(*reading, seq));
    for (const auto& entry : entries) {
      if (entry.key.table != TableId::Records || !entry.value) continue;
      if (!staged.removed_records.contains(*record_of(entry.key))) continue;
      TRY(auto where, decode_record_entry(*entry.value));
      for (const auto& row : where.rows()) staged.removed_rows.push_back({row, *record_of(entry.key)});
    }
    std::erase_if(entries, [&](const Entry& entry) {
      const auto record = record_of(entry.key);
      const auto month = month_in(entry.key);
      return (record && staged.removed_records.contains(*record)) || (month && staged.closed_months.contains(*month));
    });
    TRY(transaction->put(kDelta, gid_key(staged.generation.gid, seq), box_delta(staged.generation, seq, entries)));
  }
  // If power goes here: delta rows of a gid that no table row names.
  TRY(transaction->commit("generation:catch-up"));
  staged.copied_seq = last_seq_;
  return success();
}

TenantStore::BoxedChange TenantStore::box_change(const StagedGeneration& staged,
                                                 const std::vector<Entry>& entries) const {
  ENSURE(staged.copied_seq == last_seq_);
  const auto seq = last_seq_ + 1;
  return {seq, box_delta(staged.generation, seq, entries)};
}

Result<void> TenantStore::put_change(engine::WriteTransaction& transaction, const StagedGeneration& staged,
                                     const BoxedChange& change) {
  ENSURE(change.seq == last_seq_ + 1);
  TRY(transaction.put_new(kDelta, gid_key(staged.generation.gid, change.seq), change.row));
  return put_plain(transaction, kMeta, name_key("seq"), seq_key(change.seq));
}

// The new view was opened from the disk when it was staged: what cannot be read back is not adopted.
Result<void> TenantStore::adopt(StagedGeneration staged) {
  TRY(auto transaction, environment_.read());
  TRY(const auto stored_seq, read_seq(*transaction));
  std::unique_lock lock(state_);
  ++version_;
  generation_ = std::move(staged.generation);
  view_ = std::move(staged.view);
  for (auto& [key, value] : delta_) {
    if (value) memory::wipe(*value);
  }
  delta_.clear();
  delta_rows_ = delta_bytes_ = 0;
  last_seq_ = stored_seq;
  forget_log_keys(staged.closed_months);
  return load_delta(*transaction);
}

Result<void> drop_generation_in(engine::Environment& environment, const GenerationId& gid) {
  for (const auto table :
       {kHeads, kDelta, kBlocks}) {  // the header first: what is half dropped is not mistaken for whole
    for (bool more = true; more;) {
      std::vector<Bytes> keys;
      std::size_t bytes = 0;
      more = false;
      {
        TRY(auto reading, environment.read());
        TRY(reading->scan(table, gid.view(), [&](ByteView key, ByteView value) {
          if (!starts_with(key, gid.view())) return false;
          keys.push_back(copy_of(key));
          bytes += value.size();
          more = keys.size() == limits::kDropAtOnce || bytes >= limits::kDropBytes;
          return !more;
        }));
      }
      if (keys.empty()) break;
      TRY(auto transaction, environment.write());
      for (const auto& key : keys) {
        TRY(transaction->erase(table, key));
      }
      TRY(transaction->commit("generation:drop"));
    }
  }
  return success();
}

Result<std::vector<GenerationId>> generations_in(engine::Environment& environment) {
  std::set<GenerationId> found;
  TRY(auto transaction, environment.read());
  for (const auto table : {kHeads, kDelta, kBlocks}) {
    // One look per generation: from each gid found, jump behind its last possible key.
    Bytes from;
    for (bool more = true; more;) {
      more = false;
      TRY(transaction->scan(table, from, [&](ByteView key, ByteView) {
        auto gid = GenerationId::from(key.first(std::min(key.size(), GenerationId::kSize)));
        if (!gid) return false;
        found.insert(gid.value());
        from = Writer{}.raw(gid.value().view()).u64(~0ull).u64(~0ull).take();
        more = true;
        return false;
      }));
    }
  }
  return std::vector<GenerationId>(found.begin(), found.end());
}

std::unique_ptr<EntrySorter> TenantStore::sorter() {
  GenerationKey ephemeral{TenantEpochKey::random(), GenerationId::random()};
  {
    std::unique_lock lock(sorts_mutex_);
    sorts_.insert(ephemeral.gid);
  }
  return std::make_unique<EntrySorter>(environment_, tenant_, std::move(ephemeral), [this](const GenerationId& gid) {
    std::unique_lock lock(sorts_mutex_);
    sorts_.erase(gid);
  });
}
bool TenantStore::sorting(const GenerationId& gid) const {
  std::unique_lock lock(sorts_mutex_);
  return sorts_.contains(gid);
}

GenerationKey TenantStore::current_generation() const {
  std::shared_lock lock(state_);
  return {generation_.key.duplicate(), generation_.gid};
}
SnapshotSummary TenantStore::summary() const {
  std::shared_lock lock(state_);
  return retired_ ? SnapshotSummary{} : view_->summary();
}

}  // namespace shosoin::generations
