// Reading an environment that nobody has open, on a disk that may not be written (repair mode).
#include <fcntl.h>
#include <sys/stat.h>

#include "firmware/base/disk.h"
#include "firmware/base/limits.h"
#include "storage/engine/engine.h"
#include "storage/engine/lmdb_handles.h"

namespace shosoin::engine {
namespace {

constexpr MDB_dbi kMostTables = 64;

// Pages beyond the end of the file would be answered by SIGBUS.
Result<void> check_length(MDB_env* handle) {
  TRY(const auto file, data_file_of(handle));
  if (file.present < file.wanted)
    return Error{ErrorCode::Integrity, "find the whole data file of an environment", file.present};
  return success();
}

Result<void> count_table(MDB_txn* transaction, MDB_dbi table, AtRest& found) {
  MDB_cursor* raw = nullptr;
  int code = mdb_cursor_open(transaction, table, &raw);
  if (code != MDB_SUCCESS) return engine_error(code, "open a cursor");
  const CursorHandle cursor(raw);
  MDB_val key{}, value{};
  for (code = mdb_cursor_get(raw, &key, &value, MDB_FIRST); code == MDB_SUCCESS;
       code = mdb_cursor_get(raw, &key, &value, MDB_NEXT)) {
    ++found.entries;
    found.bytes += key.mv_size + value.mv_size;
  }
  if (code != MDB_NOTFOUND) return engine_error(code, "scan a table");
  return success();
}

}  // namespace

Result<AtRest> walk_at_rest(const std::filesystem::path& directory) {
  {
    TRY(const auto file, disk::open(directory / "data.mdb", O_RDONLY));
    TRY(check_pages(file.number(), {.tables = {}, .map_size = limits::kEnvironmentMapSize}));
  }
  MDB_env* raw = nullptr;
  int code = mdb_env_create(&raw);
  if (code != MDB_SUCCESS) return engine_error(code, "make an environment");
  const EnvironmentHandle handle(raw);
  code = mdb_env_set_maxdbs(raw, kMostTables);
  if (code == MDB_SUCCESS) code = mdb_env_open(raw, directory.c_str(), MDB_RDONLY | MDB_NOLOCK | MDB_NORDAHEAD, 0600);
  if (code != MDB_SUCCESS) return engine_error(code, "open an environment");
  TRY(check_length(raw));
  MDB_txn* begun = nullptr;
  code = mdb_txn_begin(raw, nullptr, MDB_RDONLY, &begun);
  if (code != MDB_SUCCESS) return engine_error(code, "begin a transaction");
  const TransactionHandle transaction(begun);
  MDB_dbi names = 0;
  code = mdb_dbi_open(begun, nullptr, 0, &names);
  MDB_cursor* cursor_raw = nullptr;
  if (code == MDB_SUCCESS) code = mdb_cursor_open(begun, names, &cursor_raw);
  if (code != MDB_SUCCESS) return engine_error(code, "list the tables");
  const CursorHandle cursor(cursor_raw);
  AtRest found;
  MDB_val key{}, value{};
  for (code = mdb_cursor_get(cursor_raw, &key, &value, MDB_FIRST); code == MDB_SUCCESS && found.tables < kMostTables;
       code = mdb_cursor_get(cursor_raw, &key, &value, MDB_NEXT)) {
    const std::string name(static_cast<const char*>(key.mv_data), key.mv_size);
    MDB_dbi table = 0;
    const int opened = mdb_dbi_open(begun, name.c_str(), 0, &table);
    if (opened != MDB_SUCCESS) return engine_error(opened, "open a table");
    TRY(count_table(begun, table, found));
    ++found.tables;
  }
  if (code != MDB_NOTFOUND && code != MDB_SUCCESS) return engine_error(code, "list the tables");
  return found;
}

}  // namespace shosoin::engine
