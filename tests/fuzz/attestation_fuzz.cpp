// What an auditor's verifier reads from a stranger: NV statements, quotes and whole evidence. Must neither crash nor
// accept.
#include <cstdint>
#include <cstdlib>

#include "hardware/tpm/attestation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shosoin;
  const ByteView input(data, size);
  const auto statement = tpm::parse_nv_statement(input);
  if (statement && statement.value().nv_name.size() + statement.value().contents.size() > size) std::abort();
  const tpm::Pins pins;
  if (tpm::verify_quote(input, pins.ak_point, Digest{})) std::abort();
  const std::size_t half = size / 2;
  const tpm::Attestation attestation{copy_of(input.first(half)), copy_of(input.subspan(half))};
  const tpm::EpochEvidence evidence{attestation, attestation, attestation};
  const tpm::EpochClaim claim{1, {}, {}, {}, {}};
  if (tpm::check_epoch_evidence(evidence, claim, pins) == tpm::EvidenceFault::None) std::abort();
  return 0;
}
