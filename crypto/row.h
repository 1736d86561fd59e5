// Record rows: ChaCha20-Poly1305 under a random key that is used exactly once, zero nonce (format page: crypto/row.md).
//   row = alg(1) || ciphertext || tag(16)   cost 17 B;  plaintext = length u32 || data || zeros, padded to 1,997 B or a
//   multiple of 4,063 B. AAD as for boxes with kind RecordRow, id = row id, epoch = seq = 0. Pure; any thread.
#pragma once

#include "crypto/box.h"

namespace shosoin::crypto {

using RowKey = std::array<std::uint8_t, 32>;  // lives inside a boxed block or delta row, never alone on disk
inline constexpr std::size_t kRowOverhead = 17;

struct RowContext {
  TenantId tenant;
  RowId row;
};
std::size_t padded_row_size(std::size_t data_size);  // of the plaintext; ENSUREs the limit
struct EncryptedRow {
  RowKey key;
  Bytes bytes;
};
EncryptedRow encrypt_row(const RowContext& context, ByteView data);  // draws the key itself: it cannot be used twice
// The key is drawn at once, encrypting is done later and once: for rows whose key is named before there is time for the rest.
// Takes no more memory than the row. Wiped when it goes.
class DrawnRow {
 public:
  explicit DrawnRow(ByteView data);
  DrawnRow(DrawnRow&&) noexcept = default;
  DrawnRow& operator=(DrawnRow&& other) noexcept;
  ~DrawnRow();
  const RowKey& key() const noexcept { return key_; }
  Bytes encrypt(const RowContext& context) &&;

 private:
  RowKey key_{};
  Bytes row_;
};
Bytes encrypt_row_with_key(const RowKey& key, const RowContext& context, ByteView data);  // vectors only
Result<Bytes> decrypt_row(const RowKey& key, const RowContext& context, ByteView row);

}  // namespace shosoin::crypto
