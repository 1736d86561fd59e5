#include "crypto/row.h"

#include <algorithm>

#include "crypto/aead.h"
#include "firmware/base/limits.h"
#include "firmware/base/zeros.h"

namespace shosoin::crypto {
namespace {

constexpr std::uint8_t kAlgorithm = 1;  // frozen: ChaCha20-Poly1305 under a key of one row
constexpr std::size_t kLengthSize = 4;
static_assert(1 + kAeadTag == kRowOverhead);

std::array<std::uint8_t, 52> row_data(const RowContext& context) {
  return associated_data({.kind = BoxKind::RecordRow, .tenant = context.tenant, .id = context.row.bytes()});
}

// As it is encrypted: in place, so that no second copy of the record is left on the heap.
Bytes laid_out(ByteView data) {
  Bytes row(padded_row_size(data.size()) + kRowOverhead);
  row[0] = kAlgorithm;
  const auto after_length = std::ranges::copy(be(static_cast<std::uint32_t>(data.size())), row.begin() + 1).out;
  std::copy(data.begin(), data.end(), after_length);
  return row;
}
void seal(const RowKey& key, const RowContext& context, Bytes& row) {
  const auto aad = row_data(context);
  const auto plain = std::span(row).subspan(1, row.size() - kRowOverhead);
  aead_seal({key}, aad, plain, std::span(row).subspan(1));
}

bool is_padded_size(std::size_t plain) {
  if (plain == limits::kRecordRowPlain) return true;
  return plain != 0 && plain % limits::kRecordRowStep == 0 && plain <= limits::kMaxRecordPlain;
}

}  // namespace

std::size_t padded_row_size(std::size_t data_size) {
  ENSURE(data_size <= limits::kMaxRecordPlain - kLengthSize);
  const std::size_t whole = data_size + kLengthSize;
  if (whole <= limits::kRecordRowPlain) return limits::kRecordRowPlain;
  return (whole + limits::kRecordRowStep - 1) / limits::kRecordRowStep * limits::kRecordRowStep;
}

EncryptedRow encrypt_row(const RowContext& context, ByteView data) {
  EncryptedRow out;
  fill_random(out.key);
  out.bytes = encrypt_row_with_key(out.key, context, data);
  return out;
}

DrawnRow::DrawnRow(ByteView data) : row_(laid_out(data)) { fill_random(key_); }
DrawnRow::~DrawnRow() {
  memory::wipe(row_);
  memory::wipe(key_);
}
DrawnRow& DrawnRow::operator=(DrawnRow&& other) noexcept {
  memory::wipe(row_);
  key_ = other.key_;
  row_ = std::move(other.row_);
  return *this;
}
Bytes DrawnRow::encrypt(const RowContext& context) && {
  seal(key_, context, row_);
  memory::wipe(key_);
  return std::move(row_);
}

Bytes encrypt_row_with_key(const RowKey& key, const RowContext& context, ByteView data) {
  auto row = laid_out(data);
  seal(key, context, row);
  return row;
}

Result<Bytes> decrypt_row(const RowKey& key, const RowContext& context, ByteView row) {
  if (row.size() < kRowOverhead || !is_padded_size(row.size() - kRowOverhead)) {
    return Error{ErrorCode::Integrity, "read the length of a record row"};
  }
  if (row[0] != kAlgorithm) return Error{ErrorCode::Integrity, "read the algorithm of a record row"};
  const auto aad = row_data(context);
  const ByteView sealed = row.subspan(1);
  Bytes plain(sealed.size() - kAeadTag);
  if (!aead_open({key}, aad, sealed, plain)) return Error{ErrorCode::Integrity, "decrypt a record row"};
  const std::size_t length = from_be<std::uint32_t>(std::span(plain).first<kLengthSize>());
  const bool fits = length <= plain.size() - kLengthSize && padded_row_size(length) == plain.size();
  const auto padding = fits ? ByteView(plain).subspan(kLengthSize + length) : ByteView{};
  if (!fits || !all_zero(padding)) {
    memory::wipe(plain);
    return Error{ErrorCode::Integrity, "read the padding of a record row"};
  }
  plain.erase(plain.begin(), plain.begin() + kLengthSize);
  plain.resize(length);
  return plain;
}

}  // namespace shosoin::crypto
