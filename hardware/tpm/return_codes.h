// What a TSS or TPM return code means for the caller, and which ones are tolerated where. Pure, except that call()
// waits (bounded) when the TPM asks to be asked again. tpm2-tss 3.2.1 has no Tss2_RC_DecodeInfo: format-one codes are
// masked here.
#pragma once

#include <tss2/tss2_common.h>
#include <tss2/tss2_tpm2_types.h>

#include "firmware/base/limits.h"
#include "firmware/base/result.h"

namespace shosoin::tpm {

// The code without the number of the parameter, handle or session it complains about (TPM 2.0 Part 2, 6.6).
constexpr TSS2_RC base_code(TSS2_RC code) noexcept {
  if ((code & TSS2_RC_LAYER_MASK) != 0) return code;
  return (code & TPM2_RC_FMT1) != 0 ? code & (TPM2_RC_FMT1 | 0x3Fu) : code;
}
inline bool is_code(const Error& error, TSS2_RC base) noexcept {
  return error.outside() >= 0 && base_code(static_cast<TSS2_RC>(error.outside())) == base;
}
// TpmRefused: the TPM answered no, nothing was changed. TpmUnreachable: no trustworthy answer, the outcome is unknown
// and the context is dead. Internal: the library refused our arguments.
Error error_of(Literal doing, TSS2_RC code) noexcept;
// The TPM did nothing and says: later. The wear limiter of NV is one of these.
bool asks_to_wait(TSS2_RC code) noexcept;
void wait_for_tpm(int attempt) noexcept;

// command: () -> TSS2_RC. Asked again only after answers that say that nothing was done; never after a transport error.
template <class Command>
Result<void> call(Literal doing, Command&& command) {
  for (int attempt = 0;; ++attempt) {
    const TSS2_RC code = command();
    if (code == TSS2_RC_SUCCESS) return success();
    if (!asks_to_wait(code) || attempt >= limits::kTpmBusyRetries) return error_of(doing, code);
    wait_for_tpm(attempt);
  }
}

// TPM_RC_PCR_CHANGED: somebody extended a PCR between PolicyPCR and the use of the session. It says nothing about the
// policy and nothing was done: build the session again. action: () -> Result<T>
template <class Action>
auto retry_when_pcrs_change(Action&& action) -> decltype(action()) {
  for (int attempt = 0;; ++attempt) {
    auto result = action();
    if (result || attempt >= limits::kTpmPcrRetries || !is_code(result.error(), TPM2_RC_PCR_CHANGED)) return result;
  }
}

}  // namespace shosoin::tpm
