// One tenant's open store: snapshot + delta in one environment, its change sequence, its outbox and its lines in the journal
// (DESIGN sections 4 and 7). The only writer of that environment. Any thread, except where a function says otherwise.
// Always true: no change is told before its frame is durable; no read is told before its line is; lines have no gaps.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "crypto/row.h"
#include "firmware/base/clock.h"
#include "storage/generations/entry_sorter.h"
#include "storage/generations/examine.h"
#include "storage/generations/log_months.h"
#include "storage/generations/snapshot.h"
#include "storage/journal/journal.h"

namespace shosoin::generations {

struct LogEntry {
  bool number_access = false;  // counts in the gapless SEQ of the 13-item 個人番号アクセスログ (L-21)
  std::string text;            // JSON object of the fields of seeds 002 and 003; never a password, code or 個人番号
  bool declares_gap = false;   // the line that says where the SEQ goes on; the store's own
};
struct StoredLogEntry {        // as read back
  std::uint64_t number_seq = 0;
  Instant time;
  std::string text;
};
struct NewRow {
  RowId id;
  Bytes bytes;                 // crypto::encrypt_row
};
struct Change {
  std::vector<Entry> entries;
  std::vector<NewRow> rows;
  std::vector<RowId> dropped_rows;
  LogEntry log;
};
using EntryVisitor = std::function<bool(const Entry&)>;  // false stops

// What a rebuild takes out and puts in.
struct RebuildPlan {
  std::set<RecordId> remove;                // with everything that refers to them
  std::set<RecordId> remove_imports;        // imports, by id: their records leave too
  std::vector<Entry> additions;             // sorted, unique; they win over bulk
  EntrySource* bulk = nullptr;              // more of them than memory should hold, from an EntrySorter; read once, on this thread
  bool fresh_key = false;                   // a batch draws a fresh tenant epoch key; a merge keeps it
  // 団体内統合宛名番号 whose last record goes: the history of their numbers leaves, rows too.
  std::set<std::string> remove_subjects{};
  // Asked once the generation has its id: what is stored of its snapshot is put there too, while it is written.
  std::function<Result<SnapshotCopy*>(const GenerationId&)> copy_to{};
};
struct RemovedRow {
  RowId row;
  RecordId record;
};
struct StagedGeneration {
  GenerationKey generation;
  SnapshotSummary summary;
  std::uint64_t base_seq = 0;               // delta rows above this still have to be copied
  std::uint64_t copied_seq = 0;
  std::set<RecordId> removed_records;
  std::vector<RemovedRow> removed_rows;
  std::set<unsigned> closed_months{};       // of the log: their keys leave
  std::shared_ptr<const SnapshotView> view{};  // opened from the disk once all of it was there
  std::map<RowId, Digest> row_digests{};    // SHA-256 of rows of ordered records as they are stored; not of what came since
};

class TenantStore {
 public:
  // A new environment with generation `generation` holding `first`. Durable. If power goes: an environment nothing names.
  static Result<void> create(engine::Environment& environment, const TenantId& tenant, const GenerationKey& generation,
                             const NumberKey& number_key, std::vector<Entry> first);
  // Integrity: a block, delta row or the tail is missing, or the sequence is behind the journal.
  static Result<std::unique_ptr<TenantStore>> open(engine::Environment& environment, const TenantId& tenant,
                                                   GenerationKey generation, journal::Journal& journal, const Clock& clock);

  const TenantId& tenant() const { return tenant_; }
  Result<std::optional<Bytes>> get(const EntryKey& key) const;
  Result<void> scan(TableId table, ByteView prefix, const EntryVisitor& visit) const;  // ascending; the visitor must not write
  // The same from behind this key on, which stands under the prefix: a long walk in steps lets writers in between.
  Result<void> scan_behind(TableId table, ByteView prefix, ByteView last, const EntryVisitor& visit) const;
  Result<bool> any(TableId table, ByteView prefix) const;  // whether a scan would find something; many times cheaper than one
  Result<Bytes> read_row(const RowId& row, const crypto::RowKey& key) const;           // Integrity when missing
  Digest number_token(ByteView number) const;      // HMAC-SHA-256 under the tenant's number key
  std::uint64_t last_seq() const;
  // Another one after everything that changes what get, scan and read_row answer. Read before them, it says how long their answers
  // hold: change_seq alone would not, for a merge may add entries under the same.
  std::uint64_t version() const noexcept { return version_.load(); }

  Result<void> log(const LogEntry& entry);         // returns when durable
  Result<std::uint64_t> log_line(const LogEntry& entry);  // the same; says which line it became
  struct BegunLine {
    std::uint64_t line;
    journal::Journal::Ticket ticket;
  };
  Result<BegunLine> begin_line(const LogEntry& entry);  // returns before it is durable: nothing may be told until it is
  // build(change_seq) makes the change; it is committed with its frame, journalled, and then this returns.
  Result<std::uint64_t> change(const std::function<Result<Change>(std::uint64_t)>& build);
  // Rows of an import in transactions of bounded size, ahead of the change that names them. In the order of their ids they fill
  // their pages; in any other they take up to twice the room.
  Result<void> write_rows_ahead(const std::vector<NewRow>& rows);
  Result<void> drop_rows(const std::vector<RowId>& rows);
  Result<void> drop_rows_of_seq(std::uint64_t seq);  // all rows whose id begins with this change_seq
  Result<std::uint64_t> rows_stored() const;         // named or not

  // A sort of what a merge will add, in this tenant's environment; it must end before the store does. sorting() tells the sweep
  // which generation ids are such a sort's, so that it leaves them.
  std::unique_ptr<EntrySorter> sorter();
  bool sorting(const GenerationId& gid) const;

  // Reads and opens everything this tenant has stored once more, and tells what is damaged or missing (storage check, scrub).
  void examine(Examiner& examiner) const;

  // Log keys: makes the months from now to two ahead when they are missing (a change), never during a hold. Declares a gap in the SEQ
  // where the last lines did not open: until then every line is refused (decision 0030).
  Result<void> ensure_log_keys();
  bool needs_merge() const;

  // Months of the log (L-15, decision 0068; tenant_months.cpp). Lines are written under the month of the clock, and never under one before
  // the month of accepted time: a clock that goes back puts nothing into a month that may go.
  void log_from(unsigned month) noexcept { accepted_month_.store(month); }
  unsigned writing_month() const;
  std::vector<LogMonthId> log_months() const;             // whose key is there, ascending
  Result<std::vector<LogMonth>> known_log_months() const;  // table LogMonths, ascending
  struct LogPosition {
    std::uint64_t line, number_seq;
  };
  LogPosition log_position() const;
  // Whether the key of a frame is there, or its month ended at its term; neither: Integrity.
  enum class KeyOfFrame : std::uint8_t { Here, Erased };
  Result<KeyOfFrame> key_of_frame(const MonthKeyId& key) const;

  // -- rebuilding, called by the erasure room only, one rebuild at a time
  Result<StagedGeneration> stage(const RebuildPlan& plan);            // beside the current one, durable
  std::unique_lock<std::mutex> hold_writers() { return std::unique_lock(writer_); }
  Result<void> catch_up(StagedGeneration& staged);                    // under hold: the rest of the delta
  Result<void> adopt(StagedGeneration staged);                        // after the table names it
  GenerationKey current_generation() const;
  SnapshotSummary summary() const;
  // The tenant was removed: its keys leave memory, and whoever still holds this store hears NotFound from here on. `writers` is what
  // hold_writers gave.
  void retire(std::unique_lock<std::mutex> writers);
  bool is_retired() const noexcept { return retired_; }

  // A frame made now and journalled later: the line stays reserved, and all logging of this tenant waits, until finish or drop.
  struct PendingFrame {
    std::unique_lock<std::mutex> line;
    journal::Draft draft;
    bool number_access = false;
    bool declares_gap = false;
  };
  // Returns when every earlier line of this tenant is durable: what an outbox holds then never stands behind a lost line.
  Result<PendingFrame> begin_frame(std::uint64_t change_seq, const LogEntry& entry);
  Result<journal::Journal::Ticket> finish_frame(PendingFrame pending);  // after its commit
  // The next change of `staged`, boxed ahead: it goes into a state copy and into the appliance's commit point alike. Under hold.
  struct BoxedChange {
    std::uint64_t seq;
    Bytes row;
  };
  BoxedChange box_change(const StagedGeneration& staged, const std::vector<Entry>& entries) const;
  Result<void> put_change(engine::WriteTransaction& transaction, const StagedGeneration& staged, const BoxedChange& change);

  // Erased: its month ended at its term. Integrity: no key, and no erasure that explains it; or not what was written.
  Result<StoredLogEntry> open_frame(const journal::Frame& frame) const;

 private:
  struct MonthKey {
    MonthKeyId id;
    LogMonthKey key;
  };
  TenantStore(engine::Environment& environment, const TenantId& tenant, GenerationKey generation, journal::Journal& journal,
              const Clock& clock);
  Result<void> load();
  Result<void> still_here() const;
  Result<PendingFrame> draft_frame(std::uint64_t change_seq, const LogEntry& entry);
  Result<journal::Journal::Ticket> commit_change(std::uint64_t seq, Change& made);
  Result<void> load_delta(const engine::ReadTransaction& transaction);
  Result<void> load_log_state();
  Result<void> load_number_seq();
  Result<void> scan_from(const EntryKey& from, ByteView prefix, const EntryVisitor& visit) const;
  void apply(std::vector<Entry> entries);
  void learn_log_key(const Entry& entry);
  Bytes box_delta(const GenerationKey& generation, std::uint64_t seq, const std::vector<Entry>& entries) const;
  Result<std::vector<Entry>> read_delta_row(const engine::ReadTransaction& transaction, std::uint64_t seq) const {
    return open_delta_row(transaction, generation_, seq);
  }
  Result<std::vector<Entry>> open_delta_row(const engine::ReadTransaction& transaction, const GenerationKey& generation,
                                            std::uint64_t seq) const;
  struct Snapshot {
    std::unique_ptr<engine::ReadTransaction> transaction;
    GenerationKey generation;
    std::uint64_t seq;
    std::map<EntryKey, std::optional<Bytes>> records;  // what the delta says about entries that name rows
  };
  Result<Snapshot> take_snapshot() const;
  struct PreparedLine;
  Result<PreparedLine> prepare_line(const LogEntry& entry) const;
  bool still_known(const PreparedLine& prepared) const;
  bool has_log_key(const MonthKeyId& key) const;
  void note_month_of(const MonthKeyId& key);
  void forget_log_keys(const std::set<unsigned>& months);
  Result<void> note_closed_months(const RebuildPlan& plan, StagedGeneration& staged) const;

  engine::Environment& environment_;
  TenantId tenant_;
  journal::Journal& journal_;
  const Clock& clock_;

  std::mutex writer_;                 // changes, one at a time; taken before line_
  mutable std::mutex line_;           // line numbers and the order of frames in the journal
  std::uint64_t number_seq_ = 0;      // guarded by line_
  std::optional<LogEntry> gap_;       // guarded by line_: to be declared before any other line
  journal::Journal::Ticket last_ticket_ = 0;  // guarded by line_
  std::uint64_t journalled_seq_ = 0;  // guarded by writer_: outbox rows up to here may go
  mutable std::shared_mutex state_;   // what readers see
  GenerationKey generation_;
  std::shared_ptr<const SnapshotView> view_;
  std::map<EntryKey, std::optional<Bytes>> delta_;
  std::uint64_t last_seq_ = 0;
  std::atomic<std::uint64_t> version_{0};  // written under state_
  std::atomic<bool> retired_{false};       // written under writer_, line_ and state_
  std::size_t delta_rows_ = 0, delta_bytes_ = 0;
  mutable std::mutex sorts_mutex_;
  std::set<GenerationId> sorts_;
  mutable std::shared_mutex keys_;    // month_keys_
  std::map<unsigned, MonthKey> month_keys_;
  std::atomic<unsigned> accepted_month_{0};
};

// Entries for the log months from this one to two ahead that are not present yet.
std::vector<Entry> new_log_keys(const std::set<unsigned>& present, unsigned month);
std::vector<Entry> new_log_keys(const std::set<unsigned>& present, Instant now);

// The last change_seq of an environment.
Result<std::uint64_t> read_seq(const engine::ReadTransaction& transaction);

// Generations that have rows in this environment; needs no keys.
Result<std::vector<GenerationId>> generations_in(engine::Environment& environment);
Result<void> drop_generation_in(engine::Environment& environment, const GenerationId& gid);

// Replays what the outbox of this environment holds and the journal does not; needs no keys. Comes back with the tenants of whom a
// frame must wait for another environment's outbox (its line is not the next one yet).
Result<std::set<TenantId>> replay_outbox(engine::Environment& environment, journal::Journal& journal);

}  // namespace shosoin::generations
