// A batch beyond the cap of the day: the NV memory of a TPM wears out, so it takes two persons who have seen how often
// it was written (DESIGN section 4). Under parts.erasures.
#pragma once

#include "admin-api/service/retention/erasures.h"

namespace shosoin::service {

Result<erasure::BatchOutcome> run_beyond_cap(Parts& parts, const Context* context, BatchFailure& failure);
// Field Epoch: what two persons have read off the refusal. InvalidContent unless it is the epoch the batch leads to.
Result<bool> asks_beyond_cap(Parts& parts, Context& context);
// TooMany, with how often the TPM was written and what to say to go on all the same.
Error refuse_at_cap(Parts& parts, Context& context, Error error);

}  // namespace shosoin::service
