// TOTP (RFC 6238, HMAC-SHA-1, 6 digits, 30 s) through liboath. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "firmware/base/bytes.h"
#include "firmware/base/clock.h"
#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::crypto {

inline constexpr std::size_t kTotpSecretSize = 20;  // 160 bits, RFC 4226 section 4
using TotpSecret = Secret<struct TotpMeaning, kTotpSecretSize>;

// The matching time step in [now - 1, now + 1] that is greater than last_used_step, if any: a code works once only.
std::optional<std::uint64_t> match_totp(ByteView secret, std::string_view code, Instant now, std::uint64_t last_used_step);
std::string totp_code(ByteView secret, std::uint64_t step);
std::string base32(ByteView secret);                      // as authenticator apps take it (RFC 4648 section 6, no padding)
std::optional<Bytes> from_base32(std::string_view text);

}  // namespace shosoin::crypto
