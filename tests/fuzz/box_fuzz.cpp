// Any bytes offered as a box or as a record row: refused as Integrity, or exactly what sealing the result again gives.
// The first byte chooses how the rest is used; a well-formed head is offered too, since random bytes hardly pass the
// commitment.
#include <cstddef>
#include <cstdint>

#include "crypto/box.h"
#include "crypto/row.h"

using namespace shosoin;

namespace {

const Bytes kKey(32, 0x42);
const crypto::BoxContext kContext{
    .kind = crypto::BoxKind::Delta, .tenant = TenantId({1}), .id = {2}, .epoch = 3, .seq = 4};

void open_any(ByteView box) {
  const auto plain = crypto::open_box(kKey, kContext, box);
  if (plain) {
    ENSURE(crypto::seal_box_with_salt(kKey, kContext, plain.value(), box.subspan(1, 32)) == copy_of(box));
  } else {
    ENSURE(plain.error().code() == ErrorCode::Integrity);
  }
}

void open_with_right_commitment(ByteView tail) {
  const Bytes sealed = crypto::seal_box_with_salt(kKey, kContext, {}, Bytes(32, 0x17));
  Bytes box = copy_of(ByteView(sealed).first(65));
  append(box, tail);
  open_any(box);
}

void decrypt_any(ByteView row) {
  crypto::RowKey key{};
  const crypto::RowContext context{.tenant = TenantId({1}), .row = RowId({2})};
  const auto data = crypto::decrypt_row(key, context, row);
  if (data) {
    ENSURE(crypto::encrypt_row_with_key(key, context, data.value()) == copy_of(row));
  } else {
    ENSURE(data.error().code() == ErrorCode::Integrity);
  }
}

// Sealing and opening anything gives it back; one changed byte does not open.
void round_trip(ByteView plain) {
  Bytes box = crypto::seal_box(kKey, kContext, plain);
  ENSURE(crypto::open_box(kKey, kContext, box).value() == copy_of(plain));
  const std::size_t at = plain.empty() ? 0 : plain[0] % box.size();
  box[at] ^= 1;
  ENSURE(!crypto::open_box(kKey, kContext, box));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      open_any(rest);
      break;
    case 1:
      open_with_right_commitment(rest);
      break;
    case 2:
      decrypt_any(rest);
      break;
    default:
      round_trip(rest);
  }
  return 0;
}
