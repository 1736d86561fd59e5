// Boot approvals as a file (format page: hardware/tpm/boot-approval.md) and their shape. A firmware signer makes them
// with `shosoin boot approve` or his own tool; the vault loads them at start. Pure except read_pcr_composite; any
// thread.
#pragma once

#include <string>

#include "hardware/tpm/anchor.h"

namespace shosoin::tpm {

// PCR 0 to 15 without 13: 13 is extended by every batch, 16 and 23 can be reset by any program.
Result<void> check_pcr_list(const std::vector<unsigned>& pcrs);
// InvalidContent: no approval, too many, an empty or forbidden PCR list, another reference. An approval of no PCR at
// all would approve every boot.
Result<void> check_boot_trust(const BootTrust& trust, std::string_view reference);

// InvalidContent when the text, the signer or one signature is not as it should be. The signer is the one of the PEM:
// what the file says must agree with it.
Result<BootTrust> load_boot_trust(std::string_view pem_of_signer, std::string_view json_text);
std::string encode_boot_trust(
    const BootTrust& trust);  // canonical JSON; joins approvals of several releases in one file
// One approval as a file. pem_private: the signer's P-256 key; reference: kBootReference, or kBreakGlassReference for
// custodians.
Result<std::string> make_boot_approval(std::string_view pem_private, const std::vector<unsigned>& pcrs,
                                       const Digest& composite, std::string_view reference = kBootReference);
// SHA-256 over the concatenated PCR values in ascending order, as PolicyPCR sees them now.
Result<Digest> read_pcr_composite(const std::string& tcti, const std::vector<unsigned>& pcrs);

}  // namespace shosoin::tpm
