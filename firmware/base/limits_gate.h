// How the gate's worker threads take turns.
#pragma once

#include <chrono>
#include <cstddef>

namespace shosoin::limits {

inline constexpr std::chrono::milliseconds kDeadlineStep{100};  // how late a passed deadline may be seen
inline constexpr std::size_t kReadsInARow =
    16;  // that found bytes waiting, before the thread's other connections have a turn
inline constexpr std::size_t kReplyRead = 16u << 10;  // taken from the vault at once: a retrieval's whole reply

}  // namespace shosoin::limits
