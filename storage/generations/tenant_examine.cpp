// Everything a tenant has stored, opened once more from one snapshot of its environment; others read and write
// meanwhile.
#include <chrono>
#include <thread>

#include "crypto/hash.h"
#include "firmware/base/limits_examine.h"
#include "storage/generations/layout.h"
#include "storage/generations/number_history.h"
#include "storage/generations/records_entry.h"
#include "storage/generations/tenant_store.h"

namespace shosoin::generations {
namespace {

using RecordChanges = std::map<EntryKey, std::optional<Bytes>>;

bool names_rows(TableId table) { return table == TableId::Records || table == TableId::NumberHistory; }

class Examination {
 public:
  using Lost = std::function<Result<bool>(const RowId&)>;  // known to be missing since a restore: no fault
  Examination(const TenantId& tenant, const engine::ReadTransaction& transaction, Examiner& examiner, Lost lost)
      : tenant_(tenant), transaction_(transaction), examiner_(examiner), lost_(std::move(lost)) {}

  // False when the walk was told to end.
  bool blocks(const SnapshotView& view, const RecordChanges& changes) {
    std::vector<Digest> leaves;
    std::optional<EntryKey> before;
    std::uint64_t entries = 0;
    for (std::uint64_t number = 0; number < view.summary().blocks; ++number) {
      if (!examiner_.go_on()) return false;
      const auto where = "blocks/" + view.gid().hex() + "/" + std::to_string(number);
      auto opened = block(view, number, leaves);
      if (!opened) {
        examiner_.fault(where, opened.error());
        continue;
      }
      ++examiner_.blocks;
      for (auto& entry : opened.value()) {
        ++entries;
        if (before && *before >= entry.key)
          examiner_.fault(where, {ErrorCode::Integrity, "find the entries of a block in order"});
        before = entry.key;
        if (!names_rows(entry.key.table) || !entry.value || changes.contains(entry.key)) continue;
        rows_of(entry.key.table, *entry.value, where);
        memory::wipe(*entry.value);
      }
    }
    examiner_.entries += entries;
    if (leaves.size() != view.summary().blocks) return true;  // already told
    if (crypto::merkle_root(leaves) != view.summary().root || entries != view.summary().entries)
      examiner_.fault("blocks/" + view.gid().hex(),
                      {ErrorCode::Integrity, "match the blocks of a generation with its header"});
    return true;
  }
  void rows_of(TableId table, ByteView entry, const std::string& where) {
    if (table == TableId::NumberHistory) return number_change(entry, where);
    const auto place = decode_record_entry(entry);
    if (!place) return examiner_.fault(where, place.error());
    ++examiner_.records;
    for (const auto* row : {&place.value().record, &place.value().number, &place.value().source}) {
      if (row->id != RowId{}) examine_row(*row);
    }
  }
  void plain_rows(engine::Table table, const std::string& name, const std::function<Result<void>(ByteView)>& decode) {
    auto scanned = transaction_.scan(table, {}, [&](ByteView key, ByteView stored) {
      const auto value = open_plain(table, key, stored);
      const auto read = value ? decode(value.value()) : Result<void>(value.error());
      if (!read) examiner_.fault(name + "/" + to_hex(key), read.error());
      return examiner_.go_on();
    });
    if (!scanned) examiner_.fault(name, scanned.error());
  }

 private:
  void number_change(ByteView entry, const std::string& where) {
    const auto change = decode_number_change(entry);
    if (!change) return examiner_.fault(where, change.error());
    examine_row(change.value().former);
    examine_row(change.value().present);
  }
  void examine_row(const RowPlace& row) {
    ++examiner_.rows;
    if (auto opened = open_row(row); !opened) examiner_.fault("rows/" + row.id.hex(), opened.error());
  }
  Result<std::vector<Entry>> block(const SnapshotView& view, std::uint64_t number, std::vector<Digest>& leaves) {
    TRY(auto boxed, transaction_.get(kBlocks, gid_key(view.gid(), number)));
    if (boxed) {
      examiner_.pace(boxed->size());
      leaves.push_back(crypto::merkle_leaf({*boxed}));
    }
    TRY(auto plain, view.read_block(transaction_, number));  // the disk, not what memory knows
    auto entries = decode_entries(plain);
    memory::wipe(plain);
    return entries;
  }
  Result<void> open_row(const RowPlace& row) {
    TRY(auto stored, transaction_.get(kRows, row.id.view()));
    if (!stored) {
      TRY(const bool lost, lost_(row.id));
      if (lost) return success();
      return Error{ErrorCode::Integrity, "find the row of a record"};
    }
    examiner_.pace(stored->size());
    TRY(auto plain, crypto::decrypt_row(row.key, {tenant_, row.id}, *stored));
    memory::wipe(plain);
    return success();
  }
  const TenantId& tenant_;
  const engine::ReadTransaction& transaction_;
  Examiner& examiner_;
  Lost lost_;
};

}  // namespace

// A snapshot that shows exactly the changes this store shows: a change that has just been committed is waited for.
Result<TenantStore::Snapshot> TenantStore::take_snapshot() const {
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    {
      std::shared_lock lock(state_);
      TRY(still_here());
      TRY(auto transaction, environment_.read());
      TRY(const auto seq, read_seq(*transaction));
      if (seq == last_seq_) {
        Snapshot snapshot{std::move(transaction), {generation_.key.duplicate(), generation_.gid}, seq, {}};
        for (const auto& [key, value] : delta_) {
          if (names_rows(key.table)) snapshot.records.emplace(key, value);
        }
        return snapshot;
      }
      if (seq < last_seq_) return Error{ErrorCode::Integrity, "find the sequence of an environment where it was left"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return Error{ErrorCode::Unavailable, "take a snapshot: changes follow too fast"};
}

void TenantStore::examine(Examiner& examiner) const {
  auto checked = environment_.check([&](const engine::PageSeen& page) {
    examiner.pages += page.count;
    examiner.pace(page.kind == engine::PageKind::Free ? 0 : limits::kPageRead);
  });
  if (retired_) return;
  if (!checked) return examiner.fault("data.mdb, page " + std::to_string(checked.error().outside()), checked.error());
  auto taken = take_snapshot();
  if (retired_) return;  // removed while it was looked at: no fault
  if (!taken) return examiner.fault("meta/seq", taken.error());
  auto& [transaction, generation, seq, records] = taken.value();
  auto view = SnapshotView::open(*transaction, tenant_, generation);
  if (!view) return examiner.fault("heads/" + generation.gid.hex(), view.error());
  Examination examination(tenant_, *transaction, examiner,
                          [this](const RowId& row) { return any(TableId::Lost, row.view()); });
  if (!examination.blocks(*view.value(), records)) return;
  for (auto at = view.value()->base_seq() + 1; at <= seq; ++at) {
    if (!examiner.go_on()) return;
    ++examiner.delta_rows;
    auto row = open_delta_row(*transaction, generation, at);
    if (!row) examiner.fault("delta/" + generation.gid.hex() + "/" + std::to_string(at), row.error());
  }
  for (auto& [record, entry] : records) {
    if (!examiner.go_on()) return;
    if (!entry) continue;
    examination.rows_of(record.table, *entry, "delta/" + generation.gid.hex());
    memory::wipe(*entry);
  }
  examination.plain_rows(kMeta, "meta", [](ByteView) { return success(); });
  examination.plain_rows(kOutbox, "outbox", [](ByteView value) -> Result<void> {
    const auto draft = journal::decode_draft(value);
    return draft ? success() : Result<void>(draft.error());
  });
}

}  // namespace shosoin::generations
