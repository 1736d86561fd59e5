#include "storage/engine/lmdb_transaction.h"

#include <sys/mman.h>

#include <algorithm>

#include "firmware/base/limits_import.h"
#include "firmware/base/limits_speed.h"
#include "firmware/base/power.h"

namespace shosoin::engine {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kOverflowHeader = 16;
constexpr std::size_t kLargestInline =
    2000;  // LMDB moves larger nodes to pages of their own; near enough for an estimate

struct Place {
  const Shared& shared;
  MDB_txn* transaction;
};
MDB_dbi table_of(const Shared& shared, Table table) {
  ENSURE(table.index < shared.tables.size());
  return shared.tables[table.index];
}
void check_key(ByteView key) { ENSURE(!key.empty() && key.size() <= kLongestKey); }

Result<CursorHandle> cursor_of(Place place, Table table) {
  MDB_cursor* cursor = nullptr;
  const int code = mdb_cursor_open(place.transaction, table_of(place.shared, table), &cursor);
  if (code != MDB_SUCCESS) return engine_error(code, "open a cursor");
  return CursorHandle(cursor);
}
Result<std::optional<ByteView>> get_from(Place place, Table table, ByteView key) {
  check_key(key);
  MDB_val wanted = value_of(key), found{};
  const int code = mdb_get(place.transaction, table_of(place.shared, table), &wanted, &found);
  if (code == MDB_NOTFOUND) return std::optional<ByteView>();
  if (code != MDB_SUCCESS) return engine_error(code, "read an entry");
  return std::optional<ByteView>(view_of(found));
}
Result<void> scan_from(Place place, Table table, ByteView from, const Visitor& visit) {
  TRY(auto cursor, cursor_of(place, table));
  MDB_val key = value_of(from), value{};
  int code = mdb_cursor_get(cursor.get(), &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (code == MDB_SUCCESS) {
    if (!visit(view_of(key), view_of(value))) return success();
    code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT);
  }
  if (code != MDB_NOTFOUND) return engine_error(code, "scan a table");
  return success();
}
Result<std::uint64_t> count_of(Place place, Table table) {
  MDB_stat statistics{};
  const int code = mdb_stat(place.transaction, table_of(place.shared, table), &statistics);
  if (code != MDB_SUCCESS) return engine_error(code, "count a table");
  return static_cast<std::uint64_t>(statistics.ms_entries);
}
Result<std::optional<Bytes>> last_key_of(Place place, Table table) {
  TRY(auto cursor, cursor_of(place, table));
  MDB_val key{}, value{};
  const int code = mdb_cursor_get(cursor.get(), &key, &value, MDB_LAST);
  if (code == MDB_NOTFOUND) return std::optional<Bytes>();
  if (code != MDB_SUCCESS) return engine_error(code, "find the last key");
  return std::optional<Bytes>(copy_of(view_of(key)));
}
// Large values have pages of their own: where they are stands in the leaves, so none of them is touched here. Those that
// follow each other in the file are asked for together.
void expect_from(Place place, Table table, ByteView from, std::size_t values) {
  const auto cursor = cursor_of(place, table);
  if (!cursor) return;
  constexpr std::uintptr_t kPageMask = ~std::uintptr_t{kPage - 1};
  std::uintptr_t begin = 0, end = 0;
  const auto ask = [&] {
    for (; begin < end; begin += limits::kAskedAtOnce)
      (void)::madvise(reinterpret_cast<void*>(begin), std::min<std::size_t>(end - begin, limits::kAskedAtOnce), MADV_WILLNEED);
  };
  MDB_val key = value_of(from), value{};
  int code = mdb_cursor_get(cursor.value().get(), &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  for (; code == MDB_SUCCESS && values > 0; --values) {
    const auto first = reinterpret_cast<std::uintptr_t>(value.mv_data) & kPageMask;
    const auto last = (reinterpret_cast<std::uintptr_t>(value.mv_data) + value.mv_size + kPage - 1) & kPageMask;
    if (first != end) {
      ask();
      begin = first;
    }
    end = last;
    code = mdb_cursor_get(cursor.value().get(), &key, &value, MDB_NEXT);
  }
  ask();
}

}  // namespace

void Shared::let_go_of_pages() const noexcept {
  if (!map.empty()) (void)::madvise(map.data(), map.size(), MADV_DONTNEED);  // a shared mapping of a file: nothing is lost
}

TransactionHandle IdleReaders::take() {
  std::scoped_lock lock(mutex_);
  if (resting_.empty()) return {};
  auto transaction = std::move(resting_.back());
  resting_.pop_back();
  return transaction;
}
void IdleReaders::rest(TransactionHandle transaction) noexcept {
  mdb_txn_reset(transaction.get());
  std::scoped_lock lock(mutex_);
  if (resting_.size() < limits::kIdleReaders) resting_.push_back(std::move(transaction));
}

void IdleReaders::clear() noexcept {
  std::scoped_lock lock(mutex_);
  resting_.clear();
}

bool Shared::enter() noexcept {
  ++users_;
  if (!retired_) return true;
  leave();
  return false;
}
void Shared::leave() noexcept {
  if (--users_ != 0 || !retired_ || closed_.test_and_set()) return;
  idle.clear();
  map = {};
  handle.reset();
  if (when_closed) when_closed();
}
void Shared::retire() noexcept {
  ++users_;
  retired_ = true;
  leave();
}
Result<Use> use_of(Shared& shared) {
  if (!shared.enter()) return Error{ErrorCode::NotFound, "use an environment that was given up"};
  return Use(shared);
}

LmdbReader::LmdbReader(Use use, Shared& shared, TransactionHandle transaction) noexcept
    : use_(std::move(use)), shared_(shared), transaction_(std::move(transaction)) {}
LmdbReader::~LmdbReader() { shared_.idle.rest(std::move(transaction_)); }
Result<std::optional<ByteView>> LmdbReader::get(Table table, ByteView key) const {
  return get_from({shared_, transaction_.get()}, table, key);
}
Result<void> LmdbReader::scan(Table table, ByteView from, const Visitor& visit) const {
  return scan_from({shared_, transaction_.get()}, table, from, visit);
}
Result<std::uint64_t> LmdbReader::count(Table table) const { return count_of({shared_, transaction_.get()}, table); }
Result<std::optional<Bytes>> LmdbReader::last_key(Table table) const {
  return last_key_of({shared_, transaction_.get()}, table);
}
void LmdbReader::expect(Table table, ByteView from, std::size_t values) const {
  expect_from({shared_, transaction_.get()}, table, from, values);
}

LmdbWriter::LmdbWriter(Use use, Turn turn, Shared& shared, TransactionHandle transaction) noexcept
    : use_(std::move(use)), turn_(std::move(turn)), shared_(shared), transaction_(std::move(transaction)) {
  shared_.writer.store(std::this_thread::get_id());
}
LmdbWriter::~LmdbWriter() {
  if (transaction_) end();
}
// The writer mutex belongs to the thread that took it. The mark goes first: afterwards another writer may already be
// in.
void LmdbWriter::end() noexcept {
  ENSURE(shared_.writer.load() == std::this_thread::get_id());
  shared_.writer.store({});
  transaction_.reset();
  turn_.pass();
}
Error LmdbWriter::remember(Error error) {
  if (!first_error_) first_error_ = error;
  return error;
}

Result<std::optional<ByteView>> LmdbWriter::get(Table table, ByteView key) const {
  ENSURE(transaction_);
  return get_from({shared_, transaction_.get()}, table, key);
}
Result<void> LmdbWriter::scan(Table table, ByteView from, const Visitor& visit) const {
  ENSURE(transaction_);
  const bool outer = std::exchange(scanning_, true);
  auto result = scan_from({shared_, transaction_.get()}, table, from, visit);
  scanning_ = outer;
  return result;
}
Result<std::uint64_t> LmdbWriter::count(Table table) const {
  ENSURE(transaction_);
  return count_of({shared_, transaction_.get()}, table);
}
Result<std::optional<Bytes>> LmdbWriter::last_key(Table table) const {
  ENSURE(transaction_);
  return last_key_of({shared_, transaction_.get()}, table);
}
void LmdbWriter::expect(Table, ByteView, std::size_t) const {}  // what it has changed lies in memory

Result<void> LmdbWriter::store(Table table, ByteView key, ByteView value, unsigned flags) {
  ENSURE(transaction_ && !scanning_);
  check_key(key);
  MDB_val stored_key = value_of(key), stored = value_of(value);
  const int code = mdb_put(transaction_.get(), table_of(shared_, table), &stored_key, &stored, flags);
  if (code == MDB_KEYEXIST) return engine_error(code, "put a new entry: the key is taken");
  if (code != MDB_SUCCESS) return remember(engine_error(code, "put an entry"));
  // One leaf and, for a large value, its pages. Neighbours share a leaf, so this errs on the high side: splits come
  // early.
  dirty_pages_ += 1;
  if (key.size() + value.size() > kLargestInline) dirty_pages_ += (value.size() + kOverflowHeader + kPage - 1) / kPage;
  return success();
}
Result<void> LmdbWriter::put(Table table, ByteView key, ByteView value) { return store(table, key, value, 0); }
Result<void> LmdbWriter::put_new(Table table, ByteView key, ByteView value) {
  return store(table, key, value, MDB_NOOVERWRITE);
}
Result<bool> LmdbWriter::erase(Table table, ByteView key) {
  ENSURE(transaction_ && !scanning_);
  check_key(key);
  MDB_val wanted = value_of(key);
  const int code = mdb_del(transaction_.get(), table_of(shared_, table), &wanted, nullptr);
  if (code == MDB_NOTFOUND) return false;
  if (code != MDB_SUCCESS) return remember(engine_error(code, "delete an entry"));
  dirty_pages_ += 1;
  return true;
}

Result<void> LmdbWriter::commit(std::string_view step) {
  ENSURE(transaction_ && !scanning_);
  if (first_error_) return end(), *first_error_;
  if (shared_.failed.load()) return end(), Error{ErrorCode::StorageFailed, "commit after a failed commit"};
  // Power cut before: the pages are not in the file. During: LMDB's newer meta page is whole or the older one counts.
  // After: all.
  auto result = power::guarded(step, [&] { return finish(); });
  if (transaction_) end();
  if (!result && result.error().code() == ErrorCode::StorageFailed) shared_.failed.store(true);
  return result;
}
Result<void> LmdbWriter::finish() {
  ENSURE(shared_.writer.load() == std::this_thread::get_id());
  shared_.writer.store({});
  const int code = mdb_txn_commit(transaction_.release());
  turn_.pass();
  if (code == MDB_SUCCESS) {
    if (dirty_pages_ >= limits::kLetGoPages) shared_.let_go_of_pages();
    return success();
  }
  const Error error = engine_error(code, "commit");
  if (error.code() == ErrorCode::Integrity) return error;
  if (error.code() != ErrorCode::StorageFull) return Error{ErrorCode::StorageFailed, "commit: outcome unknown", code};
  // Out of room among the data pages: the meta page was not touched and nothing happened. Out of room while writing the
  // meta page: LMDB closes itself (MDB_PANIC to every later transaction) and the outcome is unknown.
  MDB_txn* probe = nullptr;
  if (mdb_txn_begin(shared_.handle.get(), nullptr, MDB_RDONLY, &probe) != MDB_SUCCESS)
    return Error{ErrorCode::StorageFailed, "commit: no room for the meta page", code};
  mdb_txn_abort(probe);
  return error;
}

}  // namespace shosoin::engine
