#include "storage/erasure/restore_tenant.h"

#include <algorithm>

#include "crypto/box.h"
#include "firmware/base/limits_backup.h"
#include "firmware/base/log.h"
#include "storage/generations/layout.h"
#include "storage/generations/number_history.h"
#include "storage/generations/records_entry.h"

namespace shosoin::erasure {
namespace {

using generations::EntryKey;
using generations::GenerationKey;
using generations::gid_key;
using generations::MergedSource;
using generations::put_plain;
using generations::SnapshotView;
using generations::TableId;
using generations::VectorSource;

// A transaction that is committed and begun anew before it grows over its bound.
class Pieces {
 public:
  static Result<Pieces> begin(engine::Environment& environment, Literal step) {
    TRY(auto transaction, environment.write());
    return Pieces(environment, step, std::move(transaction));
  }
  Result<engine::WriteTransaction*> next() {
    if (transaction_->dirty_pages() >= limits::kTransactionPages) {
      TRY(transaction_->commit(step_.view()));
      TRY(transaction_, environment_->write());
    }
    return transaction_.get();
  }
  Result<void> commit() { return transaction_->commit(step_.view()); }

 private:
  Pieces(engine::Environment& environment, Literal step, std::unique_ptr<engine::WriteTransaction> transaction)
      : environment_(&environment), step_(step), transaction_(std::move(transaction)) {}
  engine::Environment* environment_;
  Literal step_;
  std::unique_ptr<engine::WriteTransaction> transaction_;
};

struct Opened {
  GenerationKey generation;
  std::shared_ptr<const SnapshotView> view;
  std::uint64_t seq = 0;  // last delta row without a gap
};

Result<std::optional<Opened>> newest_that_opens(engine::Environment& environment, const TenantId& tenant,
                                                const TenantEpochKey& key) {
  std::optional<Opened> newest;
  TRY(const auto found, generations::generations_in(environment));
  TRY(auto reading, environment.read());
  for (const auto& gid : found) {
    auto view = SnapshotView::open(*reading, tenant, {key.duplicate(), gid});
    if (!view && view.error().code() == ErrorCode::OutOfMemory) return view.error();
    if (!view) continue;  // of another key: an earlier epoch's
    auto seq = view.value()->base_seq();
    for (;; ++seq) {
      TRY(const auto row, reading->get(generations::kDelta, gid_key(gid, seq + 1)));
      if (!row) break;
    }
    if (newest && newest->seq >= seq) continue;
    newest.emplace(Opened{{key.duplicate(), gid}, std::move(view.value()), seq});
  }
  return newest;
}

Result<std::vector<Entry>> delta_of(const engine::ReadTransaction& reading, const TenantId& tenant,
                                    const Opened& opened) {
  std::map<EntryKey, std::optional<Bytes>> delta;
  for (auto seq = opened.view->base_seq() + 1; seq <= opened.seq; ++seq) {
    TRY(const auto boxed, reading.get(generations::kDelta, gid_key(opened.generation.gid, seq)));
    TRY(auto plain,
        crypto::open_box(opened.generation.key, {crypto::BoxKind::Delta, tenant, opened.generation.gid.bytes(), 0, seq},
                         boxed.value()));
    auto entries = generations::decode_entries(plain);
    memory::wipe(plain);
    TRY(auto changed, std::move(entries));
    for (auto& entry : changed) delta.insert_or_assign(std::move(entry.key), std::move(entry.value));
  }
  std::vector<Entry> sorted;
  for (auto& [key, value] : delta) sorted.push_back({key, std::move(value)});
  return sorted;
}

Result<std::unique_ptr<MergedSource>> all_entries(const engine::ReadTransaction& reading, const Opened& opened,
                                                  std::vector<Entry> delta, std::vector<Entry> additions) {
  std::vector<std::unique_ptr<EntrySource>> sources;
  sources.push_back(opened.view->source(reading, EntryKey{TableId{0}, {}}));
  sources.push_back(std::make_unique<VectorSource>(std::move(delta)));
  sources.push_back(std::make_unique<VectorSource>(std::move(additions)));
  return MergedSource::create(std::move(sources));
}

EntryKey lost_key(const RowId& row, const RecordId& record) {
  return {TableId::Lost, Writer{}.raw(row.view()).raw(record.view()).take()};
}

// What the generation names, and what of it is not there.
struct Inventory {
  std::vector<RowId> named;
  std::map<EntryKey, std::optional<Bytes>> marks;  // put in or, where the row is there again, taken away
  std::uint64_t lost = 0;
};

Result<void> note_row(const engine::ReadTransaction& reading, const RowId& row, const RecordId& record, Instant now,
                      Inventory& inventory) {
  if (row == RowId{}) return success();
  inventory.named.push_back(row);
  TRY(const auto there, reading.get(generations::kRows, row.view()));
  if (there) return success();
  ++inventory.lost;
  inventory.marks.insert_or_assign(lost_key(row, record),
                                   Writer{}.u64(static_cast<std::uint64_t>(now.time_since_epoch().count())).take());
  return success();
}

Result<Inventory> take_inventory(const engine::ReadTransaction& reading, EntrySource& source, Instant now,
                                 const std::function<void(const Entry&)>& each) {
  Inventory inventory;
  for (;;) {
    TRY(auto entry, source.next());
    if (!entry) break;
    if (each) each(*entry);
    if (entry->key.table == TableId::Records) {
      const auto record = generations::record_of(entry->key);
      auto decoded = generations::decode_record_entry(*entry->value);
      memory::wipe(*entry->value);
      TRY(const auto where, std::move(decoded));
      for (const auto& row : where.rows()) {
        TRY(note_row(reading, row, record.value(), now, inventory));
      }
    } else if (entry->key.table == TableId::NumberHistory) {
      TRY(const auto change, generations::decode_number_change(*entry->value));
      for (const auto& place : {change.former, change.present}) {
        TRY(note_row(reading, place.id, RecordId{}, now, inventory));
      }
    } else if (entry->key.table == TableId::Lost) {
      inventory.marks.emplace(entry->key,
                              std::nullopt);  // of an earlier restore: note_row has said so already where it still is
    }
  }
  std::ranges::sort(inventory.named);
  return inventory;
}

Result<std::uint64_t> drop_unnamed_rows(engine::Environment& environment, const std::vector<RowId>& named) {
  std::vector<RowId> unnamed;
  {
    TRY(auto reading, environment.read());
    TRY(reading->scan(generations::kRows, {}, [&](ByteView key, ByteView) {
      const auto row = RowId::from(key);
      if (row && !std::ranges::binary_search(named, row.value())) unnamed.push_back(row.value());
      return true;
    }));
  }
  TRY(auto pieces, Pieces::begin(environment, "restore:drop-rows"));
  for (const auto& row : unnamed) {
    TRY(auto* transaction, pieces.next());
    TRY(transaction->erase(generations::kRows, row.view()));
  }
  TRY(pieces.commit());
  return unnamed.size();
}

Result<void> put_sequence(engine::Environment& environment, std::uint64_t seq) {
  TRY(auto transaction, environment.write());
  TRY(put_plain(*transaction, generations::kMeta, generations::name_key("seq"), generations::seq_key(seq)));
  // The journal knows nothing of this line yet: the next change is the first.
  TRY(put_plain(*transaction, generations::kMeta, generations::name_key("rebuilt"), generations::seq_key(seq)));
  return transaction->commit("restore:sequence");
}

}  // namespace

Result<void> bring_in_copies(engine::Environment& environment, const TenantId& tenant,
                             const std::vector<StateCopy>& copies) {
  for (const auto& copy : copies) {
    for (const auto& generation : copy.generations) {
      if (generation.tenant != tenant) continue;
      // Read whole first: what is damaged brings nothing in, least of all over what the backup has under the same id.
      if (auto whole = each_stored(generation, [](auto, auto, auto) -> Result<void> { return success(); }); !whole) {
        oplog::failure("a generation of a state copy is damaged and is left out", whole.error());
        continue;
      }
      TRY(auto pieces, Pieces::begin(environment, "restore:generation"));
      const auto put = [&](engine::Table table, ByteView key, ByteView value) -> Result<void> {
        TRY(auto* transaction, pieces.next());
        return transaction->put(table, key, value);
      };
      TRY(each_stored(generation, put));
      for (const auto& [key, value] : generation.delta) {
        TRY(put(generations::kDelta, key, value));
      }
      TRY(pieces.commit());
    }
  }
  return success();
}

Result<std::optional<FittedGeneration>> fit_tenant(engine::Environment& environment, const TenantEpochKey& key,
                                                   RestoredTenant& told, Instant now,
                                                   const std::function<void(const Entry&)>& each) {
  TRY(const auto opened, newest_that_opens(environment, told.tenant, key));
  if (!opened) return std::optional<FittedGeneration>{};
  told.present = opened->seq;
  told.known = std::max(told.known, told.present);
  told.line = (std::max(told.known, told.line) / limits::kSequenceLine + 1) * limits::kSequenceLine;
  GenerationKey fresh{key.duplicate(), GenerationId::random()};
  FittedGeneration fitted{fresh.gid, {}};
  Inventory inventory;
  {
    TRY(auto reading, environment.read());
    TRY(auto delta, delta_of(*reading, told.tenant, *opened));
    TRY(auto first, all_entries(*reading, *opened, delta, {}));
    TRY(inventory, take_inventory(*reading, *first, now, each));
    std::vector<Entry> marks;
    for (auto& [mark, value] : inventory.marks) marks.push_back({mark, value});
    TRY(auto second, all_entries(*reading, *opened, std::move(delta), std::move(marks)));
    TRY(fitted.summary, generations::write_snapshot(
                            environment, {told.tenant, &fresh, &opened->view->number_key(), told.line}, *second));
  }
  TRY(put_sequence(environment, told.line));
  TRY(const auto others, generations::generations_in(environment));
  for (const auto& gid : others) {
    if (gid == fresh.gid) continue;
    TRY(generations::drop_generation_in(environment, gid));
  }
  TRY(told.dropped_rows, drop_unnamed_rows(environment, inventory.named));
  told.lost_rows = inventory.lost;
  told.whole = true;
  return std::optional(fitted);
}

}  // namespace shosoin::erasure
