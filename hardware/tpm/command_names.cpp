// Names of the TPM commands this product sends, as steps of the mains plug.
#include <tss2/tss2_tpm2_types.h>

#include "hardware/tpm/wire.h"

namespace shosoin::tpm {

std::string_view power_step_of(ByteView command) noexcept {
  if (command.size() < 10) return "tpm:Other";
  switch (from_be<std::uint32_t>(command.subspan<6, 4>())) {
    case TPM2_CC_ClearControl:
      return "tpm:ClearControl";
    case TPM2_CC_Create:
      return "tpm:Create";
    case TPM2_CC_CreatePrimary:
      return "tpm:CreatePrimary";
    case TPM2_CC_DictionaryAttackParameters:
      return "tpm:DictionaryAttackParameters";
    case TPM2_CC_EvictControl:
      return "tpm:EvictControl";
    case TPM2_CC_FlushContext:
      return "tpm:FlushContext";
    case TPM2_CC_GetCapability:
      return "tpm:GetCapability";
    case TPM2_CC_HierarchyChangeAuth:
      return "tpm:HierarchyChangeAuth";
    case TPM2_CC_Load:
      return "tpm:Load";
    case TPM2_CC_LoadExternal:
      return "tpm:LoadExternal";
    case TPM2_CC_NV_Certify:
      return "tpm:NV_Certify";
    case TPM2_CC_NV_DefineSpace:
      return "tpm:NV_DefineSpace";
    case TPM2_CC_NV_Extend:
      return "tpm:NV_Extend";
    case TPM2_CC_NV_Increment:
      return "tpm:NV_Increment";
    case TPM2_CC_NV_Read:
      return "tpm:NV_Read";
    case TPM2_CC_NV_ReadPublic:
      return "tpm:NV_ReadPublic";
    case TPM2_CC_NV_UndefineSpace:
      return "tpm:NV_UndefineSpace";
    case TPM2_CC_NV_Write:
      return "tpm:NV_Write";
    case TPM2_CC_PCR_Extend:
      return "tpm:PCR_Extend";
    case TPM2_CC_PCR_Read:
      return "tpm:PCR_Read";
    case TPM2_CC_PolicyAuthorize:
      return "tpm:PolicyAuthorize";
    case TPM2_CC_PolicyAuthValue:
      return "tpm:PolicyAuthValue";
    case TPM2_CC_PolicyGetDigest:
      return "tpm:PolicyGetDigest";
    case TPM2_CC_PolicyNV:
      return "tpm:PolicyNV";
    case TPM2_CC_PolicyOR:
      return "tpm:PolicyOR";
    case TPM2_CC_PolicyPCR:
      return "tpm:PolicyPCR";
    case TPM2_CC_PolicyRestart:
      return "tpm:PolicyRestart";
    case TPM2_CC_Quote:
      return "tpm:Quote";
    case TPM2_CC_ReadClock:
      return "tpm:ReadClock";
    case TPM2_CC_ReadPublic:
      return "tpm:ReadPublic";
    case TPM2_CC_SelfTest:
      return "tpm:SelfTest";
    case TPM2_CC_StartAuthSession:
      return "tpm:StartAuthSession";
    case TPM2_CC_Unseal:
      return "tpm:Unseal";
    case TPM2_CC_VerifySignature:
      return "tpm:VerifySignature";
    default:
      return "tpm:Other";
  }
}

}  // namespace shosoin::tpm
