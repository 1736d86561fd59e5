#include "hardware/tpm/facts.h"

#include "crypto/hash.h"
#include "hardware/tpm/boot_approval.h"
#include "hardware/tpm/session.h"

namespace shosoin::tpm {
namespace {

void append_word(std::string& text, std::uint32_t word) {
  for (const auto byte : be(word)) {
    if (byte >= 0x20 && byte < 0x7F) text.push_back(static_cast<char>(byte));
  }
}

constexpr TPMA_PERMANENT kAnyOwner =
    TPMA_PERMANENT_OWNERAUTHSET | TPMA_PERMANENT_ENDORSEMENTAUTHSET | TPMA_PERMANENT_LOCKOUTAUTHSET;

}  // namespace

Result<TpmFacts> read_facts(Context& context) {
  TpmFacts facts;
  TRY(auto manufacturer, context.property(TPM2_PT_MANUFACTURER));
  append_word(facts.manufacturer, manufacturer);
  for (const TPM2_PT part :
       {TPM2_PT_VENDOR_STRING_1, TPM2_PT_VENDOR_STRING_2, TPM2_PT_VENDOR_STRING_3, TPM2_PT_VENDOR_STRING_4}) {
    TRY(auto word, context.property(part));
    append_word(facts.vendor, word);
  }
  // libtpms says "SW   TPM", also inside QEMU; Microsoft's simulator "xCG fTPM".
  facts.software = context.software_transport() || facts.vendor.starts_with("SW") || facts.vendor.starts_with("xCG");
  TRY(facts.firmware_version[0], context.property(TPM2_PT_FIRMWARE_VERSION_1));
  TRY(facts.firmware_version[1], context.property(TPM2_PT_FIRMWARE_VERSION_2));
  TRY(facts.nv_counters_free, context.property(TPM2_PT_NV_COUNTERS_AVAIL));
  TRY(facts.nv_index_max, context.property(TPM2_PT_NV_INDEX_MAX));
  TRY(facts.sessions_free, context.property(TPM2_PT_HR_LOADED_AVAIL));
  TRY(auto permanent, context.property(TPM2_PT_PERMANENT));
  int ours = 0;
  int all = 0;
  for (const auto handle : {kSrkHandle, kAkHandle, kCounterIndex, kChainIndex, kSlotIndex[0], kSlotIndex[1]}) {
    TRY(auto there, context.has_handle(handle));
    ours += there ? 1 : 0;
    ++all;
  }
  // ClearControl is the last step of provisioning: without it the others were cut off on the way.
  const bool finished = ours == all && (permanent & TPMA_PERMANENT_DISABLECLEAR) != 0;
  facts.owned = ours > 0 || (permanent & kAnyOwner) != 0;
  facts.unfinished = ours > 0 && !finished;
  return facts;
}

Result<TpmFacts> Anchor::examine(const std::string& tcti) {
  TRY(auto context, Context::open(tcti));
  TRY(context->self_test());
  return read_facts(*context);
}

Result<Digest> read_pcr_composite(const std::string& tcti, const std::vector<unsigned>& pcrs) {
  TRY(check_pcr_list(pcrs));
  TRY(auto context, Context::open(tcti));
  Bytes values;
  for (const unsigned pcr : pcrs) {  // one at a time: an answer holds at most eight
    const auto selection = pcr_selection({pcr});
    UINT32 update_counter = 0;
    Owned<TPML_PCR_SELECTION> selected;
    Owned<TPML_DIGEST> found;
    TRY(call("read a PCR", [&] {
      return Esys_PCR_Read(context->esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &selection, &update_counter,
                           into(selected), into(found));
    }));
    if (found->count != 1 || found->digests[0].size != Digest{}.size()) {
      return Error{ErrorCode::TpmRefused, "read a PCR: the TPM has no SHA-256 bank"};
    }
    append(values, view_of_sized(found->digests[0]));
  }
  return crypto::sha256(values);
}

}  // namespace shosoin::tpm
