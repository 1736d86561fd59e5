// The members of a certificate, frozen (format page: storage/erasure/certificate.md). Constants.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace shosoin::erasure {

inline constexpr std::string_view kCertificateFormat = "shosoin/erasure-certificate/1";
inline constexpr std::string_view kSoftwareTpm = "software TPM, no evidential value";
inline constexpr std::array<std::string_view, 15> kCertificateMembers{
    "format", "serial", "tenant",   "epoch",       "index",       "declaration",  "rows",     "tenantLeaves",
    "manifest", "chain", "evidence", "certifiedAt", "endorsement", "logInclusion", "signature"};

inline constexpr std::string_view kBatchCertificateFormat = "shosoin/batch-certificate/1";
inline constexpr std::array<std::string_view, 11> kBatchCertificateMembers{
    "format",   "serial",      "epoch",       "tenants",      "manifest", "chain",
    "evidence", "certifiedAt", "endorsement", "logInclusion", "signature"};
inline constexpr std::string_view kRemovalCertificateFormat = "shosoin/tenant-removal-certificate/1";
inline constexpr std::array<std::string_view, 15> kRemovalCertificateMembers{
    "format",   "serial", "tenant",   "epoch",       "index",       "declaration",  "erasedCount", "erasedRoot",
    "manifest", "chain",  "evidence", "certifiedAt", "endorsement", "logInclusion", "signature"};
inline constexpr std::uint32_t kBatchIndex = 0xFFFF'FFFF;  // in the serial of a batch's own certificate; no erasure has it

}  // namespace shosoin::erasure
