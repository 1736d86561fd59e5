// The sealed box, the only form in which keys, blocks, delta rows and log entries are stored (format page: crypto/box.md).
//   box = alg(1) || salt(32) || commit(32) || ciphertext || tag(16)      cost: 81 B
//   HKDF-SHA-256(ikm = key, salt, info = "shosoin/1/" || kind(2), 64) = one-time key || commit; commit compared first;
//   ChaCha20-Poly1305 (RFC 8439), zero nonce: the key is never used twice because the salt is fresh.
//   AAD, 52 B, big endian: kind(2) format(2) tenant(16) id(16) epoch(8) seq(8)
// Pure; any thread.
#pragma once

#include "firmware/base/bytes.h"
#include "firmware/base/ids.h"
#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::crypto {

// Frozen: the value is part of every stored box.
enum class BoxKind : std::uint16_t {
  OuterWrap = 1,      // id 0, epoch: the current one, seq 0; key R(e)
  InnerWrap = 2,      // id 0, epoch: the one the tenant epoch key was born in, seq 0; key tenant seal
  GenerationHead = 3, // id gid, epoch 0, seq 0; tenant epoch key
  Block = 4,          // id gid, epoch 0, seq: block number; tenant epoch key
  Directory = 5,      // id gid, epoch 0, seq: part number; tenant epoch key
  Delta = 6,          // id gid, epoch 0, seq: change_seq; tenant epoch key
  LogFrame = 7,       // id month-key id, epoch: line, seq: change_seq; log month key
  RecordRow = 8,      // rows only (crypto/row.h): id row id, epoch 0, seq 0
  Sealed = 9,         // free-standing boxes of the installation (custodian shares, test material)
};
inline constexpr std::uint16_t kBoxFormat = 1;
inline constexpr std::size_t kBoxOverhead = 81;

struct BoxContext {
  BoxKind kind;
  TenantId tenant;
  std::array<std::uint8_t, 16> id{};
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
};
std::array<std::uint8_t, 52> associated_data(const BoxContext& context);

// A box whose one-time key and commitment are derived ahead, where the context is not known yet or must be settled under a lock.
// Wiped when it goes; seals once.
class PreparedBox {
 public:
  PreparedBox(ByteView key32, BoxKind kind);                   // a fresh salt
  PreparedBox(ByteView key32, BoxKind kind, ByteView salt32);  // to open, and for vectors
  PreparedBox(PreparedBox&& other) noexcept;                   // wipes what it takes from
  PreparedBox& operator=(PreparedBox&&) = delete;
  ~PreparedBox();
  Bytes seal(const BoxContext& context, ByteView plain, Bytes room = {}) &&;  // in the memory of `room`, if that is enough
  std::span<const std::uint8_t, 32> one_time_key() const { return std::span(derived_).first<32>(); }
  ByteView commit() const { return ByteView(derived_).subspan(32); }

 private:
  void derive(ByteView key32);
  BoxKind kind_;
  std::array<std::uint8_t, 32> salt_{};
  std::array<std::uint8_t, 64> derived_{};
};

Bytes seal_box(ByteView key32, const BoxContext& context, ByteView plain, Bytes room = {});
// For vectors only: the salt from outside.
Bytes seal_box_with_salt(ByteView key32, const BoxContext& context, ByteView plain, ByteView salt32);
// Integrity when anything at all is not as it was sealed: length, algorithm, commitment, tag, context.
Result<Bytes> open_box(ByteView key32, const BoxContext& context, ByteView box);

template <class Meaning>
Bytes seal_box(const Secret<Meaning, 32>& key, const BoxContext& context, ByteView plain, Bytes room = {}) {
  return key.expose([&](auto bytes) { return seal_box(ByteView(bytes), context, plain, std::move(room)); });
}
template <class Meaning>
Result<Bytes> open_box(const Secret<Meaning, 32>& key, const BoxContext& context, ByteView box) {
  return key.expose([&](auto bytes) { return open_box(ByteView(bytes), context, box); });
}

}  // namespace shosoin::crypto
