// The only header of the house that includes <lmdb.h>: owned LMDB handles and the table from MDB codes to house errors.
// Used by storage/engine/*.cpp only.
#pragma once

#include <lmdb.h>

#include <filesystem>
#include <memory>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::engine {

struct CloseEnvironment {
  void operator()(MDB_env* environment) const noexcept { mdb_env_close(environment); }
};
struct AbortTransaction {
  void operator()(MDB_txn* transaction) const noexcept { mdb_txn_abort(transaction); }
};
struct CloseCursor {
  void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
};
using EnvironmentHandle = std::unique_ptr<MDB_env, CloseEnvironment>;
using TransactionHandle = std::unique_ptr<MDB_txn, AbortTransaction>;
using CursorHandle = std::unique_ptr<MDB_cursor, CloseCursor>;

inline constexpr std::size_t kLongestKey = 511;  // MDB_MAXKEYSIZE as Debian builds it

Error engine_error(int code, Literal doing) noexcept;

// The data file behind an environment: how long the last commit says it must be, and how long it is. For the opener.
struct DataFile {
  int number = -1;                // descriptor, of the environment
  off_t wanted = 0, present = 0;  // bytes
};
Result<DataFile> data_file_of(MDB_env* handle);

// Environment::copy_to.
Result<void> copy_environment(MDB_env* handle, const std::filesystem::path& file);

inline MDB_val value_of(ByteView bytes) noexcept {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};  // LMDB reads it only
}
inline ByteView view_of(const MDB_val& value) noexcept {
  return {static_cast<const std::uint8_t*>(value.mv_data), value.mv_size};
}

}  // namespace shosoin::engine
