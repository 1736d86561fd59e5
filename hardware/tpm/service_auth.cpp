// The service's own authorisation values as bytes (format page: hardware/tpm/objects.md).
#include "firmware/base/codec.h"
#include "hardware/tpm/anchor.h"

namespace shosoin::tpm {
namespace {

constexpr std::uint8_t kServiceAuthVersion = 1;  // frozen
constexpr std::size_t kServiceAuthSize = 1 + 3 * AuthValue::kSize;

AuthValue value_at(ByteView bytes, std::size_t number) {
  return AuthValue::copy_from(bytes.subspan(1 + number * AuthValue::kSize).first<AuthValue::kSize>());
}

}  // namespace

ServiceAuth make_service_auth() { return {AuthValue::random(), AuthValue::random(), AuthValue::random()}; }

Bytes encode_service_auth(const ServiceAuth& auth) {
  Bytes out;
  out.reserve(kServiceAuthSize);  // so that growing leaves no copy behind
  out.push_back(kServiceAuthVersion);
  for (const auto* value : {&auth.nv, &auth.root, &auth.ak}) value->expose([&](auto bytes) { append(out, bytes); });
  return out;
}

Result<ServiceAuth> decode_service_auth(ByteView bytes) {
  if (bytes.size() != kServiceAuthSize || bytes[0] != kServiceAuthVersion) {
    return Error{ErrorCode::Integrity, "read the service's TPM authorisations"};
  }
  return ServiceAuth{value_at(bytes, 0), value_at(bytes, 1), value_at(bytes, 2)};
}

}  // namespace shosoin::tpm
