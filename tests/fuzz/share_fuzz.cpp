// Any text as custodian share lines: refused as InvalidContent, or accepted and then written back as read (apart from
// blanks at the end). Three accepted lines may be joined in any state without a crash.
#include <cstddef>
#include <cstdint>

#include "crypto/shares.h"

using namespace shosoin;

namespace {

crypto::CustodianShare share_of(ByteView bytes) {
  crypto::CustodianShare share{};
  for (std::size_t i = 0; i < share.bytes.size() && i < bytes.size(); ++i) share.bytes[i] = bytes[i];
  share.number = bytes.empty() ? 1 : bytes[0];
  return share;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const std::string_view text = text_of(bytes);
  const auto share = crypto::share_from_text(text);
  if (share) {
    ENSURE(text.starts_with(crypto::share_to_text(share.value())));
  } else {
    ENSURE(share.error().code() == ErrorCode::InvalidContent);
  }
  const auto made = share_of(bytes);
  const auto back = crypto::share_from_text(crypto::share_to_text(made));
  ENSURE(back.has_value() == (made.number != 0));
  const std::size_t third = size / 3;
  const auto secret = crypto::combine_custodian_shares(
      {share_of(bytes.first(third)), share_of(bytes.subspan(third, third)), share_of(bytes.subspan(2 * third))});
  ENSURE(secret.has_value() || secret.error().code() == ErrorCode::InvalidContent);
  return 0;
}
