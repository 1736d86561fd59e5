// What a TPM says about itself, and whether somebody owns it already. One thread.
#pragma once

#include "hardware/tpm/anchor.h"
#include "hardware/tpm/context.h"

namespace shosoin::tpm {

Result<TpmFacts> read_facts(Context& context);

}  // namespace shosoin::tpm
