// The provisioning record: what verifiers pin, signed by the custodians at init (DESIGN section 4; format page: epochs.md). Canonical
// JSON; holds no secret. Pure; any thread.
#pragma once

#include "crypto/signature.h"
#include "hardware/tpm/anchor.h"

namespace shosoin::erasure {

struct ProvisioningRecord {
  std::string appliance_id;              // 32 hex digits, random
  std::string made_at;                   // ISO 8601
  tpm::Pins pins;
  crypto::Ed25519PublicKey signing_key{};
  std::string tpm_manufacturer, tpm_vendor;
  bool software_tpm = false;             // "software TPM, no evidential value"
  std::vector<std::string> endorsement_certificates;  // base64 DER; empty where the TPM carries none
};
using CustodianScalar = Secret<crypto::CustodianScalarMeaning, 32>;

// {"format":"shosoin/provisioning-record/1", ..., "signature": base64 r||s over the canonical JSON of the rest}
std::string sign_provisioning_record(const ProvisioningRecord& record, const CustodianScalar& custodians);
// BadRequest: malformed or unknown member; InvalidContent: the custodians' signature does not hold.
Result<ProvisioningRecord> read_provisioning_record(std::string_view text);

}  // namespace shosoin::erasure
