// Secret<Meaning, N>: N secret bytes in guarded, locked memory. Move-only, not comparable, not printable; the only way to the
// bytes is expose(), which a reviewer can grep for. Keys of different meaning are different types. One owner thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin {

namespace memory {
// sodium_malloc succeeds even where the pages could not be locked (STYLE, measured): this locks again and refuses.
std::uint8_t* allocate_locked(std::size_t size);  // std::bad_alloc without memory; ends the process when it cannot be locked
void release_locked(std::uint8_t* bytes) noexcept;         // wipes
void wipe(std::span<std::uint8_t> bytes) noexcept;
void wipe(std::string& text) noexcept;
void wipe(Bytes& bytes) noexcept;
bool constant_time_equal(ByteView left, ByteView right) noexcept;
// Once per process, before any secret is made: sodium_init, core dumps off, not dumpable. Refuses when locking does not work.
Result<void> prepare_process() noexcept;
}  // namespace memory

template <class Meaning, std::size_t N>
class Secret {
 public:
  static constexpr std::size_t kSize = N;
  static Secret random() {
    Secret secret;
    secret.fill([](std::span<std::uint8_t, N> out) { fill_from_kernel(out); });
    return secret;
  }
  static Secret copy_from(std::span<const std::uint8_t, N> bytes) {
    Secret secret;
    for (std::size_t i = 0; i < N; ++i) secret.bytes_[i] = bytes[i];
    return secret;
  }
  // writer: (std::span<uint8_t, N>) -> void
  template <class Write>
  static Secret made_by(Write&& write) {
    Secret secret;
    secret.fill(std::forward<Write>(write));
    return secret;
  }
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      memory::release_locked(bytes_);
      bytes_ = std::exchange(other.bytes_, nullptr);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { memory::release_locked(bytes_); }

  // use: (std::span<const uint8_t, N>) -> anything but the bytes
  template <class Use>
  decltype(auto) expose(Use&& use) const {
    ENSURE(bytes_ != nullptr);
    return std::forward<Use>(use)(std::span<const std::uint8_t, N>(bytes_, N));
  }
  Secret duplicate() const {
    return expose([](std::span<const std::uint8_t, N> bytes) { return copy_from(bytes); });
  }

 private:
  Secret() : bytes_(memory::allocate_locked(N)) {}
  static void fill_from_kernel(std::span<std::uint8_t> out);
  template <class Write>
  void fill(Write&& write) {
    std::forward<Write>(write)(std::span<std::uint8_t, N>(bytes_, N));
  }
  std::uint8_t* bytes_;
};

void fill_secret_random(std::span<std::uint8_t> out) noexcept;
template <class Meaning, std::size_t N>
void Secret<Meaning, N>::fill_from_kernel(std::span<std::uint8_t> out) {
  fill_secret_random(out);
}

// The keys of DESIGN section 4, each its own type.
using RootHalfSealed = Secret<struct RootHalfSealedMeaning, 32>;  // S(e)
using RootHalfSlot = Secret<struct RootHalfSlotMeaning, 32>;      // K(e)
using EpochRoot = Secret<struct EpochRootMeaning, 32>;            // R(e)
using TenantSealKey = Secret<struct TenantSealMeaning, 32>;       // inside the tenant's sealed TPM object
using TenantEpochKey = Secret<struct TenantEpochMeaning, 32>;
using LogMonthKey = Secret<struct LogMonthMeaning, 32>;
using NumberKey = Secret<struct NumberMeaning, 32>;               // HMAC key for 個人番号 and 住民票コード
using AuthValue = Secret<struct AuthValueMeaning, 32>;            // authorisation value of a TPM entity
using SigningSeed = Secret<struct SigningSeedMeaning, 32>;        // Ed25519 seed (RFC 8032)
using CustodianSecret = Secret<struct CustodianMeaning, 32>;      // split 3 of 5 among the custodians

}  // namespace shosoin
