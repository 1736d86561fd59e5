// Any text: refused with a pointer, or accepted, and then its canonical form reads back to the same value and is a
// fixed point.
#include <cstddef>
#include <cstdint>

#include "crypto/canonical_json.h"
#include "firmware/base/bytes.h"

using namespace shosoin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  crypto::JsonFault fault;
  const auto value = crypto::parse_strict(text_of({data, size}), &fault);
  if (!value) {
    ENSURE(value.error().code() == ErrorCode::BadRequest);
    ENSURE(fault.pointer.empty() || fault.pointer.front() == '/');
    return 0;
  }
  const std::string canonical = crypto::canonical_json(value.value());
  const auto again = crypto::parse_strict(canonical);
  ENSURE(again.has_value());
  ENSURE(again.value() == value.value());
  ENSURE(crypto::canonical_json(again.value()) == canonical);
  return 0;
}
