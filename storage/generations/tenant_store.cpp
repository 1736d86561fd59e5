#include "storage/generations/tenant_store.h"

#include "crypto/box.h"
#include "crypto/hash.h"
#include "firmware/base/power.h"
#include "storage/generations/layout.h"

namespace shosoin::generations {
namespace {

bool starts_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && equal(bytes.first(prefix.size()), prefix);
}

// The in-memory delta as a source, as far as the prefix reaches: what stands behind it - an application that names ten thousand
// records, say - is not even copied. The store's state lock is held while it lives.
class DeltaSource final : public EntrySource {
 public:
  using Map = std::map<EntryKey, std::optional<Bytes>>;
  struct Range {
    const EntryKey& from;
    ByteView prefix;
  };
  DeltaSource(const Map& delta, const Range& range)
      : delta_(delta), at_(delta.lower_bound(range.from)), table_(range.from.table), prefix_(range.prefix) {}
  Result<std::optional<Entry>> next() override {
    if (at_ == delta_.end() || at_->first.table != table_ || !starts_with(at_->first.bytes, prefix_)) {
      return std::optional<Entry>{};
    }
    Entry entry{at_->first, at_->second};
    ++at_;
    return std::optional<Entry>{std::move(entry)};
  }

 private:
  const Map& delta_;
  Map::const_iterator at_;
  TableId table_;
  ByteView prefix_;
};

// Nothing is logged under a key that is not stored: unless its change is committed it is forgotten, whatever happened.
struct FreshKeys {
  std::function<void(const Entry&)> forget;
  std::vector<Entry> keys;
  ~FreshKeys() {
    for (const auto& key : keys) forget(key);
  }
};

}  // namespace

TenantStore::TenantStore(engine::Environment& environment, const TenantId& tenant, GenerationKey generation,
                         journal::Journal& journal, const Clock& clock)
    : environment_(environment), tenant_(tenant), journal_(journal), clock_(clock), generation_(std::move(generation)) {}

Result<void> TenantStore::create(engine::Environment& environment, const TenantId& tenant, const GenerationKey& generation,
                                 const NumberKey& number_key, std::vector<Entry> first) {
  VectorSource source(std::move(first));
  TRY(auto summary, write_snapshot(environment, {tenant, &generation, &number_key, 0}, source));
  (void)summary;
  TRY(auto transaction, environment.write());
  TRY(put_plain(*transaction, kMeta, name_key("format"), Writer{}.u16(kEnvironmentFormat).take()));
  TRY(put_plain(*transaction, kMeta, name_key("tenant"), tenant.view()));
  TRY(put_plain(*transaction, kMeta, name_key("seq"), seq_key(0)));
  return transaction->commit("tenant:create");
}

Result<std::unique_ptr<TenantStore>> TenantStore::open(engine::Environment& environment, const TenantId& tenant,
                                                       GenerationKey generation, journal::Journal& journal,
                                                       const Clock& clock) {
  std::unique_ptr<TenantStore> store(new TenantStore(environment, tenant, std::move(generation), journal, clock));
  TRY(store->load());
  return store;
}

Result<std::uint64_t> read_seq(const engine::ReadTransaction& transaction) {
  TRY(auto seq, get_plain(transaction, kMeta, name_key("seq")));
  if (!seq || seq->size() != 8) return Error{ErrorCode::Integrity, "read the change sequence of a tenant"};
  return from_be<std::uint64_t>(seq->first<8>());
}

Result<void> TenantStore::load() {
  TRY(auto transaction, environment_.read());
  TRY(auto format, get_plain(*transaction, kMeta, name_key("format")));
  if (!format || !equal(*format, be(kEnvironmentFormat))) return Error{ErrorCode::Integrity, "read an environment of another format"};
  TRY(auto named, get_plain(*transaction, kMeta, name_key("tenant")));
  if (!named || !equal(*named, tenant_.view())) return Error{ErrorCode::Integrity, "match an environment with its tenant"};
  TRY(last_seq_, read_seq(*transaction));
  // The journal is the durability point: what it has seen, the environment must have.
  if (last_seq_ < journal_.position(tenant_).change_seq) {
    return Error{ErrorCode::Integrity, "find all journalled changes in the environment (it is older than the journal)"};
  }
  // And the other way round: outboxes are replayed, so a change without its line means that lines were lost.
  if (last_seq_ > journal_.position(tenant_).change_seq) {
    TRY(auto rebuilt, get_plain(*transaction, kMeta, name_key("rebuilt")));
    if (!rebuilt || !equal(*rebuilt, be(last_seq_)))
      return Error{ErrorCode::Integrity, "find the line of each change in the journal (it is older than the environment)"};
  }
  TRY(auto view, SnapshotView::open(*transaction, tenant_, generation_));
  view_ = std::move(view);
  TRY(load_delta(*transaction));
  journalled_seq_ = last_seq_;
  return load_log_state();
}

Result<void> TenantStore::load_delta(const engine::ReadTransaction& transaction) {
  if (view_->base_seq() > last_seq_) return Error{ErrorCode::Integrity, "match snapshot and change sequence"};
  for (std::uint64_t seq = view_->base_seq() + 1; seq <= last_seq_; ++seq) {
    TRY(auto entries, read_delta_row(transaction, seq));
    apply(std::move(entries));
  }
  return success();
}

Result<std::vector<Entry>> TenantStore::open_delta_row(const engine::ReadTransaction& transaction,
                                                       const GenerationKey& generation, std::uint64_t seq) const {
  TRY(auto boxed, transaction.get(kDelta, gid_key(generation.gid, seq)));
  if (!boxed) return Error{ErrorCode::Integrity, "find a delta row of the sequence", static_cast<std::int64_t>(seq)};
  TRY(auto plain,
      crypto::open_box(generation.key, {crypto::BoxKind::Delta, tenant_, generation.gid.bytes(), 0, seq}, *boxed));
  auto entries = decode_entries(plain);
  memory::wipe(plain);
  return entries;
}

Bytes TenantStore::box_delta(const GenerationKey& generation, std::uint64_t seq, const std::vector<Entry>& entries) const {
  Bytes plain;
  for (const auto& entry : entries) append(plain, encode_entry(entry));
  // Padded so that the size of a row tells a size class only.
  const std::size_t first = limits::kDeltaPlain;
  const std::size_t padded =
      plain.size() <= first ? first : (plain.size() + limits::kBlockStep - 1) / limits::kBlockStep * limits::kBlockStep;
  plain.resize(padded, 0);
  auto boxed = crypto::seal_box(generation.key, {crypto::BoxKind::Delta, tenant_, generation.gid.bytes(), 0, seq}, plain);
  memory::wipe(plain);
  return boxed;
}

void TenantStore::apply(std::vector<Entry> entries) {
  ++delta_rows_;
  for (auto& entry : entries) {
    if (entry.key.table == TableId::LogKeys) learn_log_key(entry);
    delta_bytes_ += encoded_size(entry);
    delta_[std::move(entry.key)] = std::move(entry.value);
  }
}

Result<void> TenantStore::still_here() const {
  if (retired_) return Error{ErrorCode::NotFound, "use the store of a tenant that was removed"};
  return success();
}

void TenantStore::retire(std::unique_lock<std::mutex> writers) {
  ENSURE(writers.mutex() == &writer_ && writers.owns_lock());
  std::unique_lock line(line_);
  std::unique_lock lock(state_);
  ++version_;
  retired_ = true;
  generation_ = {TenantEpochKey::random(), GenerationId::random()};
  view_.reset();
  for (auto& [key, value] : delta_) {
    if (value) memory::wipe(*value);
  }
  delta_.clear();
  delta_rows_ = delta_bytes_ = 0;
  std::unique_lock keys(keys_);
  month_keys_.clear();
}

Result<std::optional<Bytes>> TenantStore::get(const EntryKey& key) const {
  std::shared_lock lock(state_);
  TRY(still_here());
  if (auto at = delta_.find(key); at != delta_.end()) return at->second;
  return view_->get([this] { return environment_.read(); }, key);
}

Result<void> TenantStore::scan(TableId table, ByteView prefix, const EntryVisitor& visit) const {
  return scan_from({table, copy_of(prefix)}, prefix, visit);
}

Result<void> TenantStore::scan_behind(TableId table, ByteView prefix, ByteView last, const EntryVisitor& visit) const {
  EntryKey next{table, copy_of(last)};
  next.bytes.push_back(0);  // nothing stands between a key and this
  return scan_from(next, prefix, visit);
}

Result<void> TenantStore::scan_from(const EntryKey& from, ByteView prefix, const EntryVisitor& visit) const {
  std::shared_lock lock(state_);
  TRY(still_here());
  TRY(auto transaction, environment_.read());
  std::vector<std::unique_ptr<EntrySource>> sources;
  sources.push_back(view_->source(*transaction, from, SnapshotView::Keep::Blocks));
  sources.push_back(std::make_unique<DeltaSource>(delta_, DeltaSource::Range{from, prefix}));
  TRY(auto merged, MergedSource::create(std::move(sources)));
  for (;;) {
    TRY(auto entry, merged->next());
    if (!entry || entry->key.table != from.table || !starts_with(entry->key.bytes, prefix)) return success();
    if (!visit(*entry)) return success();
  }
}

Result<bool> TenantStore::any(TableId table, ByteView prefix) const {
  {
    std::shared_lock lock(state_);
    TRY(still_here());
    const EntryKey from{table, copy_of(prefix)};
    const auto at = delta_.lower_bound(from);
    if (at == delta_.end() || at->first.table != table || !starts_with(at->first.bytes, prefix)) {
      return view_->any([this] { return environment_.read(); }, from);
    }
  }
  bool found = false;  // the delta may put in and take away: the whole rule
  TRY(scan(table, prefix, [&](const Entry&) {
    found = true;
    return false;
  }));
  return found;
}

Result<Bytes> TenantStore::read_row(const RowId& row, const crypto::RowKey& key) const {
  TRY(auto transaction, environment_.read());
  TRY(auto bytes, transaction->get(kRows, row.view()));
  if (!bytes) {
    TRY(const bool lost, any(TableId::Lost, row.view()));
    if (lost) return Error{ErrorCode::LostInRestore, "read a row that a restore could not bring back"};
    return Error{ErrorCode::Integrity, "find the row of a record"};
  }
  return crypto::decrypt_row(key, {tenant_, row}, *bytes);
}

Digest TenantStore::number_token(ByteView number) const {
  std::shared_lock lock(state_);
  if (retired_) return Digest{};  // equals no token there is
  return view_->number_key().expose([&](auto key) { return crypto::hmac_sha256(key, {number}); });
}

std::uint64_t TenantStore::last_seq() const {
  std::shared_lock lock(state_);
  return last_seq_;
}

Result<std::uint64_t> TenantStore::change(const std::function<Result<Change>(std::uint64_t)>& build) {
  std::unique_lock writing(writer_);
  TRY(still_here());
  const std::uint64_t seq = last_seq_ + 1;
  TRY(auto made, build(seq));
  FreshKeys fresh{[this](const Entry& key) { learn_log_key(key); }, {}};
  for (const auto& entry : made.entries) {
    if (entry.key.table != TableId::LogKeys || !entry.value) continue;
    fresh.keys.push_back({entry.key, std::nullopt});
    learn_log_key(entry);  // the change that makes a month's key is logged under it
  }
  auto ticket = commit_change(seq, made);
  if (!ticket) return ticket.error();
  fresh.keys.clear();
  writing.unlock();
  TRY(journal_.wait(ticket.value()));
  {
    std::unique_lock again(writer_);
    journalled_seq_ = std::max(journalled_seq_, seq);
  }
  return seq;
}

// Nothing has happened when this fails; where that cannot be said, the process ends here, with the line still reserved.
Result<journal::Journal::Ticket> TenantStore::commit_change(std::uint64_t seq, Change& made) {
  const auto row = box_delta(generation_, seq, made.entries);
  TRY(auto pending, begin_frame(seq, made.log));
  TRY(auto transaction, environment_.write());
  for (const auto& record : made.rows) {
    TRY(transaction->put_new(kRows, record.id.view(), record.bytes));
  }
  for (const auto& dropped : made.dropped_rows) {
    TRY(transaction->erase(kRows, dropped.view()));
  }
  TRY(transaction->put_new(kDelta, gid_key(generation_.gid, seq), row));
  TRY(put_plain(*transaction, kOutbox, seq_key(seq), journal::encode_draft(pending.draft)));
  for (std::uint64_t old = journalled_seq_; old > 0; --old) {  // what the journal holds leaves the outbox
    TRY(const bool was_there, transaction->erase(kOutbox, seq_key(old)));
    if (!was_there) break;
  }
  TRY(put_plain(*transaction, kMeta, name_key("seq"), seq_key(seq)));
  // If power goes before this commit: nothing happened. After it: the change stands, and the next start journals its frame from
  // the outbox before anything is told.
  auto committed = transaction->commit("tenant:change");
  if (!committed && committed.error().code() == ErrorCode::StorageFailed) power::fail_stop(committed.error());
  TRY(std::move(committed));
  // The change stands: without its line, or seen in part, nobody may see it before a start has settled it.
  power::NoWayBack whole("bring a committed change to its end");
  {
    std::unique_lock state(state_);
    last_seq_ = seq;
    ++version_;
    apply(std::move(made.entries));
  }
  auto ticket = finish_frame(std::move(pending));
  if (!ticket) return Error{ErrorCode::StorageFailed, "journal a change that is committed", ticket.error().outside()};
  whole.done();
  return ticket;
}

// Two rows fill a page. LMDB gives a full page's last row away to a new one when the next id comes behind it, so that ids
// written in their order leave every page half empty; every second id first, then those between: each finds its place.
Result<void> TenantStore::write_rows_ahead(const std::vector<NewRow>& rows) {
  TRY(still_here());
  TRY(auto transaction, environment_.write());
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}}) {
    for (auto at = first; at < rows.size(); at += 2) {
      if (transaction->dirty_pages() >= limits::kTransactionPages) {
        TRY(transaction->commit("rows:ahead"));
        TRY(auto next, environment_.write());
        transaction = std::move(next);
      }
      TRY(transaction->put_new(kRows, rows[at].id.view(), rows[at].bytes));
    }
  }
  return transaction->commit("rows:ahead");
}

Result<void> TenantStore::drop_rows(const std::vector<RowId>& rows) {
  TRY(auto transaction, environment_.write());
  for (const auto& row : rows) {
    if (transaction->dirty_pages() >= limits::kTransactionPages) {
      TRY(transaction->commit("rows:drop"));
      TRY(auto next, environment_.write());
      transaction = std::move(next);
    }
    TRY(transaction->erase(kRows, row.view()));
  }
  return transaction->commit("rows:drop");
}

// Piece by piece: an import may have left two million. If power goes between: the next one that drops them finds the rest.
Result<void> TenantStore::drop_rows_of_seq(std::uint64_t seq) {
  const auto prefix = be(seq);
  for (;;) {
    std::vector<RowId> found;
    {
      TRY(auto transaction, environment_.read());
      TRY(transaction->scan(kRows, prefix, [&](ByteView key, ByteView) {
        if (!starts_with(key, prefix)) return false;
        if (auto id = RowId::from(key)) found.push_back(id.value());
        return found.size() < limits::kTransactionPages;
      }));
    }
    if (found.empty()) return success();
    TRY(drop_rows(found));
    if (found.size() < limits::kTransactionPages) return success();
  }
}

Result<std::uint64_t> TenantStore::rows_stored() const {
  TRY(auto transaction, environment_.read());
  return transaction->count(kRows);
}

bool TenantStore::needs_merge() const {
  std::shared_lock lock(state_);
  return delta_rows_ > limits::kMaxDeltaRows || delta_bytes_ > limits::kMaxDeltaBytes;
}

}  // namespace shosoin::generations
