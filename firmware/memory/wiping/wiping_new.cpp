// The vault's operator new and delete: freed memory is zeroed over its whole usable size, so that a record, a password or an entry key
// that passed through a string or vector does not stay behind in the heap. Linked into shosoin-vault only. Any thread.
#include <bits/functexcept.h>
#include <malloc.h>
#include <pthread.h>
#include <string.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

// The allocator keeps blocks of up to 1,032 B for each thread. Larger ones, which every request takes several of - a row, a
// block, a line, an answer - come from arenas that threads share and lock; a few of those are kept here, zeroed, by thread.
constexpr std::size_t kSmallestKept = 1033;
constexpr std::array<std::size_t, 4> kSizes{2048, 4096, 8192, 16384};
constexpr std::size_t kKeptOfEach = 4;  // 120 KiB a thread at most
constexpr std::size_t kSlack = 32;      // what the allocator may give on top of what was asked for

class Shelf {
 public:
  void* take(std::size_t kind) noexcept { return counts_[kind] == 0 ? nullptr : blocks_[kind][--counts_[kind]]; }
  bool put(std::size_t kind, void* block) noexcept {
    if (closed_ || counts_[kind] == kKeptOfEach || !takes_leave()) return false;
    blocks_[kind][counts_[kind]++] = block;
    return true;
  }
  // At the thread's end. What its other farewells free afterwards goes straight to the allocator.
  void close() noexcept {
    closed_ = true;
    for (std::size_t kind = 0; kind < kSizes.size(); ++kind) {
      while (void* block = take(kind)) std::free(block);
    }
  }

 private:
  // By a key of the thread library: a destructor would be registered with memory, and without any the process would end.
  bool takes_leave() noexcept {
    if (known_) return true;
    static const Farewell farewell;
    return known_ = farewell.made && pthread_setspecific(farewell.key, this) == 0;
  }
  struct Farewell {
    pthread_key_t key{};
    bool made = pthread_key_create(&key, [](void* shelf) { static_cast<Shelf*>(shelf)->close(); }) == 0;
  };
  std::array<std::array<void*, kKeptOfEach>, kSizes.size()> blocks_{};
  std::array<std::uint8_t, kSizes.size()> counts_{};
  bool closed_ = false, known_ = false;
};
constinit thread_local Shelf shelf;

// Without memory: the one exception of the house, thrown here by the library and caught where a request begins (decision 0012).
void* take(std::size_t size) {
  if (size >= kSmallestKept && size <= kSizes.back()) {
    std::size_t kind = 0;
    while (kSizes[kind] < size) ++kind;
    if (void* kept = shelf.take(kind)) return kept;
    size = kSizes[kind];
  }
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
  const std::size_t size = malloc_usable_size(bytes);
  explicit_bzero(bytes, size);
  for (std::size_t kind = 0; kind < kSizes.size() && kSizes[kind] <= size; ++kind) {
    if (size < kSizes[kind] + kSlack && shelf.put(kind, bytes)) return;
  }
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
