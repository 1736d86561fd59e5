// The vault's operator new and delete: freed memory is zeroed over its whole usable size, so that a record, a password or an entry key
// that passed through a string or vector does not stay behind in the heap. Linked into shosoin-vault only. Any thread.
#include <bits/functexcept.h>
#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

namespace {

// Without memory: the one exception of the house, thrown here by the library and caught where a request begins (decision 0012).
void* take(std::size_t size) {
  void* bytes = std::malloc(size == 0 ? 1 : size);
  if (bytes == nullptr) std::__throw_bad_alloc();
  return bytes;
}
void* take_aligned(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  void* bytes = std::aligned_alloc(step, (size + step - 1) / step * step);
  if (bytes == nullptr) std::__throw_bad_alloc();
  return bytes;
}
// Not inlined: the compiler would know the size asked for, and call zeroing the whole usable size an overflow.
[[gnu::noinline]] void give_back(void* bytes) noexcept {
  if (bytes == nullptr) return;
  explicit_bzero(bytes, malloc_usable_size(bytes));
  std::free(bytes);
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return take_aligned(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return take_aligned(size, alignment); }
void operator delete(void* bytes) noexcept { give_back(bytes); }
void operator delete[](void* bytes) noexcept { give_back(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { give_back(bytes); }
void operator delete[](void* bytes, std::size_t) noexcept { give_back(bytes); }
void operator delete(void* bytes, const std::nothrow_t&) noexcept { give_back(bytes); }
void operator delete[](void* bytes, const std::nothrow_t&) noexcept { give_back(bytes); }
void operator delete(void* bytes, std::align_val_t) noexcept { give_back(bytes); }
void operator delete[](void* bytes, std::align_val_t) noexcept { give_back(bytes); }
void operator delete(void* bytes, std::size_t, std::align_val_t) noexcept { give_back(bytes); }
void operator delete[](void* bytes, std::size_t, std::align_val_t) noexcept { give_back(bytes); }
