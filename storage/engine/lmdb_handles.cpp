#include "storage/engine/lmdb_handles.h"

#include "firmware/base/disk.h"

namespace shosoin::engine {
namespace {

ErrorCode code_of(int code) noexcept {
  switch (code) {
    case MDB_NOTFOUND:
      return ErrorCode::NotFound;
    case MDB_KEYEXIST:
      return ErrorCode::Conflict;
    case MDB_MAP_FULL:
      return ErrorCode::StorageFull;
    case MDB_TXN_FULL:
      return ErrorCode::TooLarge;
    case MDB_READERS_FULL:
    case MDB_DBS_FULL:
      return ErrorCode::TooMany;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_VERSION_MISMATCH:
    case MDB_INVALID:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_INCOMPATIBLE:
      return ErrorCode::Integrity;
    case MDB_PANIC:
      return ErrorCode::StorageFailed;
    case MDB_MAP_RESIZED:
      return ErrorCode::Settings;
    case MDB_BAD_RSLOT:
    case MDB_BAD_TXN:
    case MDB_BAD_VALSIZE:
    case MDB_BAD_DBI:
    case MDB_TLS_FULL:
    case EINVAL:
      return ErrorCode::Internal;
    default:
      return code > 0 ? disk::code_of(code) : ErrorCode::StorageFailed;
  }
}

}  // namespace

Error engine_error(int code, Literal doing) noexcept { return Error{code_of(code), doing, code}; }

}  // namespace shosoin::engine
