// A copy of a journal that is being written. From behind to the front: whatever was durable when a byte was read is in
// the copy in front of it too, so the copy is the journal as it stood at some moment, at most with a torn tail. Any
// thread.
#pragma once

#include <filesystem>

#include "firmware/base/result.h"

namespace shosoin::journal {

// Makes the directory; files 0600, synced. Verified before it returns: Unavailable where the copy is none.
Result<void> copy_segments(const std::filesystem::path& directory, const std::filesystem::path& into);

}  // namespace shosoin::journal
