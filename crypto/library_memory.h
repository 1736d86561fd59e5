// OpenSSL reports want of memory as whatever it was about to say: a malformed request, a bad key. Its allocations are
// watched, so that such a refusal can be told for what it is. watch_library_memory: once, before OpenSSL is first used;
// the count is the calling thread's.
#pragma once

#include <cstdint>

namespace shosoin::crypto {

bool watch_library_memory() noexcept;  // false: OpenSSL had already begun
std::uint64_t library_allocations_refused() noexcept;

}  // namespace shosoin::crypto
