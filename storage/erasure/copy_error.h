// What a state copy that cannot be written or read comes to. This room only.
#pragma once

#include <cerrno>

#include "firmware/base/disk.h"

namespace shosoin::erasure {

// A copy that cannot be written means no batch; nothing else depends on it, so it never ends the process.
inline Error not_copied(Literal doing, int number) {
  return Error{disk::code_of(number) == ErrorCode::StorageFull ? ErrorCode::StorageFull : ErrorCode::Unavailable, doing,
               number};
}
inline Error not_copied(Literal doing) { return not_copied(doing, errno); }

}  // namespace shosoin::erasure
