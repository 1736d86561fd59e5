#include "crypto/library_memory.h"

#include <bits/functexcept.h>
#include <openssl/crypto.h>

#include <cstdlib>

namespace shosoin::crypto {
namespace {

thread_local std::uint64_t refused = 0;

void* noted(void* bytes) noexcept {
  if (bytes == nullptr) ++refused;
  return bytes;
}
void* take(std::size_t size, const char*, int) { return noted(std::malloc(size)); }
void* take_again(void* bytes, std::size_t size, const char*, int) {
  if (size != 0) return noted(std::realloc(bytes, size));
  std::free(bytes);
  return nullptr;
}
void give_back(void* bytes, const char*, int) { std::free(bytes); }

}  // namespace

bool watch_library_memory() noexcept { return CRYPTO_set_mem_functions(take, take_again, give_back) == 1; }
std::uint64_t library_allocations_refused() noexcept { return refused; }
void end_without_memory() { std::__throw_bad_alloc(); }

}  // namespace shosoin::crypto
