// The anchor's statements about itself: certified indices, quotes, the clock.
#include <tss2/tss2_mu.h>

#include "hardware/tpm/anchor_impl.h"

namespace shosoin::tpm {

Result<Attestation> AnchorImpl::certify_readable(ESYS_TR index, std::uint16_t size, const Digest& qualifying) {
  TRY(auto plain, start_plain_session(context()));  // one session cannot authorise two handles of a command
  TRY(auto io, parts_.salted.armed());
  return certify_nv(context(), {.key = parts_.ak.get(),
                                .key_session = io,
                                .index = {.index = index, .authorising = plain.get()},
                                .size = size,
                                .qualifying = qualifying});
}

Result<EpochEvidence> AnchorImpl::certify(unsigned shredded_parity, const Digest& qualifying) {
  ENSURE(shredded_parity < 2);
  EpochEvidence evidence;
  TRY(evidence.chain, certify_readable(parts_.chain.get(), kChainSize, qualifying));
  TRY(evidence.counter, certify_readable(parts_.counter.get(), kCounterSize, qualifying));
  TRY(evidence.slot, retry_when_pcrs_change([&]() -> Result<Attestation> {
        TRY(auto policy, parts_.sessions.for_slot());
        TRY(auto io, parts_.salted.armed());
        return certify_nv(context(),
                          {.key = parts_.ak.get(),
                           .key_session = io,
                           .index = {.index = parts_.slot[shredded_parity].get(), .authorising = policy.get()},
                           .size = kSlotSize,
                           .qualifying = qualifying});
      }));
  return evidence;
}

Result<Bytes> AnchorImpl::quote(const Digest& qualifying) {
  auto pcrs = parts_.sessions.approval().pcrs;
  pcrs.push_back(13);
  const auto selection = pcr_selection(pcrs);
  const auto data = sized<TPM2B_DATA>(qualifying);
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = TPM2_ALG_NULL;  // the key's own
  Owned<TPM2B_ATTEST> statement;
  Owned<TPMT_SIGNATURE> signature;
  TRY(auto io, parts_.salted.armed());
  TRY(call("quote the PCRs", [&] {
    return Esys_Quote(context().esys(), parts_.ak.get(), io, ESYS_TR_NONE, ESYS_TR_NONE, &data, &scheme, &selection,
                      into(statement), into(signature));
  }));
  Bytes out = copy_of(be(statement->size));
  append(out, view_of_sized(*statement));
  TRY(auto marshalled, marshal_signature(*signature));
  append(out, marshalled);
  return out;
}

Result<ClockReading> AnchorImpl::read_clock() {
  Owned<TPMS_TIME_INFO> time;
  TRY(call("read the TPM's clock",
           [&] { return Esys_ReadClock(context().esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, into(time)); }));
  const auto& clock = time->clockInfo;
  return ClockReading{.milliseconds = clock.clock,
                      .reset_count = clock.resetCount,
                      .restart_count = clock.restartCount,
                      .safe = clock.safe == TPM2_YES};
}

}  // namespace shosoin::tpm
