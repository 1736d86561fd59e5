#include "storage/engine/lmdb_handles.h"

#include <sys/stat.h>

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

Result<DataFile> data_file_of(MDB_env* handle) {
  MDB_envinfo info{};
  MDB_stat statistics{};
  DataFile file;
  int code = mdb_env_info(handle, &info);
  if (code == MDB_SUCCESS) code = mdb_env_stat(handle, &statistics);
  if (code == MDB_SUCCESS) code = mdb_env_get_fd(handle, &file.number);
  if (code != MDB_SUCCESS) return engine_error(code, "read the facts of an environment");
  struct stat status {};
  if (::fstat(file.number, &status) != 0) return Error{disk::code_of(errno), "measure a data file", errno};
  file.wanted = static_cast<off_t>((info.me_last_pgno + 1) * statistics.ms_psize);
  file.present = status.st_size;
  return file;
}

}  // namespace shosoin::engine
