#include "crypto/totp.h"

#include <liboath/oath.h>

#include <algorithm>

#include "firmware/base/limits.h"

namespace shosoin::crypto {
namespace {

constexpr unsigned kDigits = 6;
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

}  // namespace

std::string totp_code(ByteView secret, std::uint64_t step) {
  static const bool started = oath_init() == OATH_OK;
  ENSURE(started);
  std::array<char, kDigits + 1> code{};
  ENSURE(oath_hotp_generate(reinterpret_cast<const char*>(secret.data()), secret.size(), step, kDigits, false,
                            OATH_HOTP_DYNAMIC_TRUNCATION, code.data()) == OATH_OK);
  return {code.data(), kDigits};
}

std::optional<std::uint64_t> match_totp(ByteView secret, std::string_view code, Instant now,
                                        std::uint64_t last_used_step) {
  if (code.size() != kDigits) return std::nullopt;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::int64_t current = seconds / limits::kTotpStepSeconds;
  std::optional<std::uint64_t> matched;
  // All steps are computed whatever matches. The last match wins: had two steps the same code, taking the earlier one
  // would let the code work a second time.
  for (std::int64_t step = current - limits::kTotpSkewSteps; step <= current + limits::kTotpSkewSteps; ++step) {
    if (step <= 0) continue;
    const auto candidate = static_cast<std::uint64_t>(step);
    std::string expected = totp_code(secret, candidate);
    const bool same = memory::constant_time_equal(view_of(expected), view_of(code));
    memory::wipe(expected);
    if (same && candidate > last_used_step) matched = candidate;
  }
  return matched;
}

std::string base32(ByteView secret) {
  std::string out;
  out.reserve((secret.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  int have = 0;
  for (auto byte : secret) {
    bits = ((bits << 8) | byte) & 0xFFFF;
    for (have += 8; have >= 5; have -= 5) out += kBase32[(bits >> (have - 5)) & 31];
  }
  if (have > 0) out += kBase32[(bits << (5 - have)) & 31];
  return out;
}

std::optional<Bytes> from_base32(std::string_view text) {
  Bytes out;
  out.reserve(text.size() * 5 / 8);
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : text) {
    const auto value = kBase32.find(c);
    if (value == std::string_view::npos) {
      memory::wipe(out);
      return std::nullopt;
    }
    bits = ((bits << 5) | static_cast<std::uint32_t>(value)) & 0xFFFF;
    have += 5;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> have));
    }
  }
  // One text, one meaning: left-over characters and left-over bits are refused.
  std::string again = base32(out);
  const bool canonical = again == text;
  memory::wipe(again);
  if (canonical) return out;
  memory::wipe(out);
  return std::nullopt;
}

}  // namespace shosoin::crypto
