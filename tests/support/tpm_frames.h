// Whole TPM commands and answers on a stream socket, and the few commands tests send by hand. Any thread.
#pragma once

#include <optional>

#include "firmware/base/bytes.h"

namespace shosoin::test {

std::optional<Bytes> read_frame(int descriptor);  // nothing: the other side is gone
bool write_frame(int descriptor, ByteView frame);
std::uint32_t code_of(ByteView frame);                        // command code or return code
std::uint32_t run_command(int descriptor, ByteView command);  // ENSUREs an answer; its return code

inline constexpr std::uint32_t kPolicyAuthValueCode = 0x16B;
Bytes extend_pcr_command(unsigned pcr, const Digest& digest);
Bytes define_owner_space_command(std::uint32_t index, std::uint16_t size);  // empty owner authorisation

}  // namespace shosoin::test
