// Bounds of renewing the state copy (limits.h has the others).
#pragma once

#include <chrono>

namespace shosoin::limits {

inline constexpr std::chrono::minutes kStateCopyRetry{
    1};  // after a failed renewal: soon, and without filling the operational log

}  // namespace shosoin::limits
