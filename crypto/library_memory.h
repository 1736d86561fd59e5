// OpenSSL reports want of memory as whatever it was about to say: a malformed request, a bad key. Its allocations are
// watched, so that such a refusal can be told for what it is. watch_library_memory: once, before OpenSSL is first used;
// the count is the calling thread's.
#pragma once

#include <cstdint>

namespace shosoin::crypto {

bool watch_library_memory() noexcept;  // false: OpenSSL had already begun
std::uint64_t library_allocations_refused() noexcept;

// Where OpenSSL can fail for want of memory and for nothing else: ends the request as the standard library would, not
// the process (decision 0012).
[[noreturn]] void end_without_memory();
template <class T>
T* given(T* from_library) {
  if (from_library == nullptr) end_without_memory();
  return from_library;
}

}  // namespace shosoin::crypto
