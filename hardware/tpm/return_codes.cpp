#include "hardware/tpm/return_codes.h"

#include <thread>

namespace shosoin::tpm {

Error error_of(Literal doing, TSS2_RC code) noexcept {
  const auto outside = static_cast<std::int64_t>(code);
  switch (code & TSS2_RC_LAYER_MASK) {
    case TSS2_TPM_RC_LAYER:
    case TSS2_RESMGR_TPM_RC_LAYER:
      return {ErrorCode::TpmRefused, doing, outside};
    case TSS2_TCTI_RC_LAYER:
    case TSS2_RESMGR_RC_LAYER:
      return {ErrorCode::TpmUnreachable, doing, outside};
    case TSS2_ESAPI_RC_LAYER:
    case TSS2_SYS_RC_LAYER:
    case TSS2_MU_RC_LAYER:
      break;
    default:
      return {ErrorCode::TpmUnreachable, doing, outside};
  }
  if ((code & ~static_cast<TSS2_RC>(TSS2_RC_LAYER_MASK)) == TSS2_BASE_RC_MEMORY)
    return {ErrorCode::OutOfMemory, doing, outside};
  switch (code) {
    // An answer that does not authenticate or does not parse is no answer; after a transport error ESYS says
    // BAD_SEQUENCE for ever.
    case TSS2_ESYS_RC_BAD_SEQUENCE:
    case TSS2_ESYS_RC_RSP_AUTH_FAILED:
    case TSS2_ESYS_RC_MALFORMED_RESPONSE:
    case TSS2_ESYS_RC_INSUFFICIENT_RESPONSE:
    case TSS2_ESYS_RC_IO_ERROR:
    case TSS2_SYS_RC_BAD_SEQUENCE:
    case TSS2_SYS_RC_MALFORMED_RESPONSE:
    case TSS2_SYS_RC_INSUFFICIENT_RESPONSE:
    case TSS2_MU_RC_INSUFFICIENT_BUFFER:
    case TSS2_MU_RC_BAD_SIZE:
    case TSS2_MU_RC_BAD_VALUE:
      return {ErrorCode::TpmUnreachable, doing, outside};
    default:
      return {ErrorCode::Internal, doing, outside};
  }
}

bool asks_to_wait(TSS2_RC code) noexcept {
  const TSS2_RC base = base_code(code);
  return base == TPM2_RC_RETRY || base == TPM2_RC_NV_RATE || base == TPM2_RC_TESTING || base == TPM2_RC_YIELDED;
}
void wait_for_tpm(int attempt) noexcept { std::this_thread::sleep_for(limits::kTpmBusyWait * (1 + attempt)); }

}  // namespace shosoin::tpm
