// Offline verification of TPM attestations with OpenSSL only: what an auditor runs. No TPM, no ESYS. Pure; any thread.
#pragma once

#include "hardware/tpm/anchor.h"

namespace shosoin::tpm {

struct NvStatement {  // TPMS_ATTEST of type TPM_ST_ATTEST_NV (TPM 2.0 Part 2, 10.12)
  Bytes signer, qualifying, nv_name, contents;
  std::uint64_t clock = 0;
  std::uint32_t reset_count = 0, restart_count = 0;
  bool safe = false;
};
Result<NvStatement> parse_nv_statement(ByteView statement);
// The signature is the AK's, over this statement.
bool attestation_signed_by(const crypto::P256Point& ak, const Attestation& attestation);

struct QuoteStatement {                 // TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE (TPM 2.0 Part 2, 10.12)
  Bytes signer, qualifying, selection;  // selection: marshalled TPML_PCR_SELECTION
  Digest pcr_digest{};
  std::uint64_t clock = 0;
  std::uint32_t reset_count = 0, restart_count = 0;
  bool safe = false;
};
// What Anchor::quote returned. Integrity: it does not parse, is not signed by the AK, or is about something else.
Result<QuoteStatement> verify_quote(ByteView quote, const crypto::P256Point& ak, const Digest& qualifying);

// Why an epoch's evidence does not prove what it should; each maps to its own message.
enum class EvidenceFault : std::uint8_t {
  None,
  ChainSignature,
  CounterSignature,
  SlotSignature,
  NotAnNvStatement,
  WrongIndex,
  WrongManifest,
  ChainValue,
  CounterBehind,
  SlotNotShredded,
  DifferentBoots,
  Quote,  // told by whoever calls verify_quote beside check_epoch_evidence
};
struct EpochClaim {
  std::uint64_t epoch;  // e+1
  Digest x_previous, x_current, manifest_digest;
  Digest shred_value;  // the public value the slot of e must hold
};
EvidenceFault check_epoch_evidence(const EpochEvidence& evidence, const EpochClaim& claim, const Pins& pins);

}  // namespace shosoin::tpm
