// What the last round of the scheduler found, for the status page (E-02). Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "firmware/base/clock.h"
#include "firmware/base/ids.h"

namespace shosoin::service {

struct RoundResult {
  std::uint64_t due = 0;           // 廃棄可能日 has come
  std::uint64_t overdue = 0;       // and came before yesterday: one sweep and more ago (E-03)
  std::uint64_t held = 0;          // of those looked at
  std::uint64_t undetermined = 0;  // wait for a person
  std::uint64_t applied = 0;       // put into an erasure under a standing approval
  std::uint64_t log_months = 0;    // of those that are due
  std::uint64_t documents = 0;     // of those that are due
};

class RoundState {
 public:
  struct Last {
    Instant at;
    bool failed = false;
    std::map<TenantId, RoundResult> tenants;
  };
  void set(Last last) {
    std::unique_lock lock(mutex_);
    last_ = std::move(last);
  }
  std::optional<Last> last() const {
    std::unique_lock lock(mutex_);
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Last> last_;
};

}  // namespace shosoin::service
