// Files as the command line takes and makes them: bounded reading, secrets only from and into files that nobody else
// may read. One thread.
#pragma once

#include <string>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::cli {

// "-" is standard input. TooLarge over `most` bytes.
Result<std::string> read_text(const std::string& path, std::size_t most);
// Refuses (Settings) a file that is not ours or that anybody else may read or write; the caller wipes what it gets.
Result<std::string> read_private(const std::string& path, std::size_t most);
// 0644, replaced whole: written beside and renamed.
Result<void> write_public(const std::string& path, ByteView bytes);
// 0600, and never over an existing file unless `replace`.
Result<void> write_private(const std::string& path, ByteView bytes, bool replace = false);

}  // namespace shosoin::cli
