// Custodian shares: 3 of 5 by libgfshare over GF(2^8), each share self-checking (format page: crypto/shares.md). The library's
// random hook is set to the kernel's generator: by default it is NULL and crashes (lab). Pure; one thread at a time.
#pragma once

#include "firmware/memory/secret.h"

namespace shosoin::crypto {

inline constexpr int kCustodians = 5;
inline constexpr int kCustodianThreshold = 3;

struct CustodianShare {
  std::array<std::uint8_t, 16> set_id;   // the same in all shares of one splitting
  std::uint8_t number;                   // 1..255, the x coordinate
  std::array<std::uint8_t, 32> bytes;
};
std::array<CustodianShare, kCustodians> split_custodian_secret(const CustodianSecret& secret);
// InvalidContent: fewer than three, of different sets, doubled, or the result does not match the check in the shares.
Result<CustodianSecret> combine_custodian_shares(const std::vector<CustodianShare>& shares);
std::string share_to_text(const CustodianShare& share);                // one line: "shosoin-share-1:..." with checksum
Result<CustodianShare> share_from_text(std::string_view text);

}  // namespace shosoin::crypto
