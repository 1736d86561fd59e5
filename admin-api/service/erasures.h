// Erasure: asked for, approved by another person on another terminal, executed in a batch (promise 7; E-04, E-07; seed
// 002). What is decided here is who and whether; what is destroyed, and how it is proven, is storage/erasure's. Any
// thread; one batch at a time.
#pragma once

#include "admin-api/service/context.h"

namespace shosoin::service {

// Where retention will decide (DESIGN section 6). No rule is adopted in this release: then nothing is too early, and
// nothing expires.
struct RetentionFacts {
  std::optional<std::chrono::sys_days> keep_until;  // 満了日: the last day still belongs to the record
  std::chrono::sys_days today;
};
enum class ErasureVerdict : std::uint8_t { Allowed, TooEarly };
constexpr ErasureVerdict erasure_verdict(const RetentionFacts& facts) {
  return facts.keep_until && facts.today <= *facts.keep_until ? ErasureVerdict::TooEarly : ErasureVerdict::Allowed;
}

// An empty batch when the last epoch is limits::kEmptyBatchAfter old; nothing otherwise.
Result<void> daily_batch(Parts& parts);

}  // namespace shosoin::service
