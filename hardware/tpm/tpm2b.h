// Small bridges between byte views and the sized buffers of the TSS, and owners for what ESYS allocates. Only for files
// of this room: everything here names TSS types. Secrets pass through WipedBuffer or OwnedSecret, which wipe what they
// held.
#pragma once

#include <tss2/tss2_esys.h>

#include <cstring>
#include <memory>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::tpm {

template <class Sized>
auto* buffer_of(Sized& sized) noexcept {
  if constexpr (requires { sized.name; }) {
    return sized.name;
  } else if constexpr (requires { sized.attestationData; }) {
    return sized.attestationData;
  } else {
    return sized.buffer;
  }
}
template <class Sized>
ByteView view_of_sized(const Sized& sized) noexcept {
  return {buffer_of(sized), sized.size};
}
// ENSUREs that it fits: every length that comes from outside is checked by the caller or by the TSS's own
// unmarshalling.
template <class Sized>
void fill_sized(Sized& to, ByteView from) noexcept {
  ENSURE(from.size() <= sizeof(Sized) - sizeof(to.size));
  to.size = static_cast<UINT16>(from.size());
  if (!from.empty()) std::memcpy(buffer_of(to), from.data(), from.size());
}
template <class Sized>
Sized sized(ByteView from) noexcept {
  Sized to{};
  fill_sized(to, from);
  return to;
}

// A TSS structure on the stack that holds a secret.
template <class T>
class WipedBuffer {
 public:
  WipedBuffer() = default;
  explicit WipedBuffer(ByteView from) noexcept { fill_sized(value_, from); }
  WipedBuffer(const WipedBuffer&) = delete;
  WipedBuffer& operator=(const WipedBuffer&) = delete;
  ~WipedBuffer() { memory::wipe({reinterpret_cast<std::uint8_t*>(&value_), sizeof value_}); }
  T* get() noexcept { return &value_; }
  T* operator->() noexcept { return &value_; }

 private:
  T value_{};
};

struct EsysFree {
  void operator()(void* memory) const noexcept { Esys_Free(memory); }
};
struct EsysWipeFree {
  template <class T>
  void operator()(T* memory) const noexcept {
    memory::wipe({reinterpret_cast<std::uint8_t*>(memory), sizeof(T)});
    Esys_Free(memory);
  }
};
template <class T>
using Owned = std::unique_ptr<T, EsysFree>;
template <class T>
using OwnedSecret = std::unique_ptr<T, EsysWipeFree>;

// Hands a T** to a C function and puts the outcome under its owner.
template <class Owner>
class Into {
 public:
  explicit Into(Owner& owner) noexcept : owner_(owner) {}
  Into(const Into&) = delete;
  Into& operator=(const Into&) = delete;
  ~Into() { owner_.reset(raw_); }
  operator typename Owner::pointer *() noexcept { return &raw_; }

 private:
  Owner& owner_;
  typename Owner::pointer raw_ = nullptr;
};
template <class Owner>
Into<Owner> into(Owner& owner) noexcept {
  return Into<Owner>(owner);
}

}  // namespace shosoin::tpm
