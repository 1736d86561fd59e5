// Behind which change_seq the last restore began a line of the sequence. The same backup may be restored twice, and
// what was given out in between stands nowhere else (format page: epochs.md). Beside the state copies, without which
// there is no restore. One thread.
#pragma once

#include <filesystem>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::erasure {

Result<std::uint64_t> read_sequence_line(
    const std::filesystem::path& directory);  // 0: there was no restore. Integrity: damaged
Result<void> write_sequence_line(const std::filesystem::path& directory,
                                 std::uint64_t line);  // durable when it returns
Bytes encode_sequence_line(std::uint64_t line);
Result<std::uint64_t> decode_sequence_line(ByteView bytes);

}  // namespace shosoin::erasure
