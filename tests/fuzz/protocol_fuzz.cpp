// Whatever bytes arrive, decode_request and decode_reply answer; what they accept encodes back to the same bytes.
#include <cstddef>
#include <cstdint>

#include "admin-api/protocol/protocol.h"
#include "firmware/base/limits.h"

namespace protocol = shosoin::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const shosoin::ByteView input(data, size);
  if (size >= protocol::kLengthSize) {
    (void)protocol::payload_size(input.first<protocol::kLengthSize>(), shosoin::limits::kMaxRequestFrame).has_value();
  }
  for (auto channel : {protocol::Channel::Gate, protocol::Channel::Local}) {
    const auto request = protocol::decode_request(input, channel);
    if (!request) continue;
    const auto frame = protocol::encode(request.value());
    ENSURE(shosoin::equal(shosoin::ByteView(frame).subspan(protocol::kLengthSize), input));
  }
  const auto reply = protocol::decode_reply(input);
  if (reply) {
    const auto frame = protocol::encode(reply.value());
    ENSURE(shosoin::equal(shosoin::ByteView(frame).subspan(protocol::kLengthSize), input));
  }
  return 0;
}
