// The members of a certificate, frozen (format page: storage/erasure/certificate.md). Constants.
#pragma once

#include <array>
#include <string_view>

namespace shosoin::erasure {

inline constexpr std::string_view kCertificateFormat = "shosoin/erasure-certificate/1";
inline constexpr std::string_view kSoftwareTpm = "software TPM, no evidential value";
inline constexpr std::array<std::string_view, 15> kCertificateMembers{
    "format", "serial", "tenant",   "epoch",       "index",       "declaration",  "rows",     "tenantLeaves",
    "manifest", "chain", "evidence", "certifiedAt", "endorsement", "logInclusion", "signature"};

}  // namespace shosoin::erasure
