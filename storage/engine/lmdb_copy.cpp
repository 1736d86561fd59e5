// A consistent copy while others read and write.
#include <fcntl.h>

#include "firmware/base/disk.h"
#include "storage/engine/lmdb_handles.h"

namespace shosoin::engine {
namespace {

// The copy failed, not the environment: nobody has to end for it.
Error not_copied(ErrorCode code, std::int64_t outside) {
  const bool known = code == ErrorCode::StorageFull || code == ErrorCode::OutOfMemory || code == ErrorCode::Conflict;
  return Error{known ? code : ErrorCode::Unavailable, "write a copy of an environment", outside};
}

}  // namespace

// MDB_CP_COMPACT leaves free pages out, and with them what was deleted.
Result<void> copy_environment(MDB_env* handle, const std::filesystem::path& file) {
  auto target = disk::open(file, O_RDWR | O_CREAT | O_EXCL);
  if (!target) return not_copied(target.error().code(), target.error().outside());
  const int code = mdb_env_copyfd2(handle, target.value().number(), MDB_CP_COMPACT);
  if (code != MDB_SUCCESS) {
    return not_copied(code > 0 ? disk::code_of(code) : engine_error(code, "copy an environment").code(), code);
  }
  if (auto synced = disk::sync_data(target.value()); !synced)
    return not_copied(ErrorCode::Unavailable, synced.error().outside());
  return success();
}

}  // namespace shosoin::engine
