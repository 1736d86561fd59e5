// Guesses of password and code at a restore are slowed as those at a login are: ten in a row lock for a day.
// What is restored knows nothing of the last attempt, so the count stands in a file beside the data directory; whoever
// is root can take that away, and could ask the TPM himself as well. Counted before anything is compared: a process
// that is killed in between counts. One thread.
#pragma once

#include <filesystem>

#include "firmware/base/clock.h"
#include "firmware/base/result.h"

namespace shosoin::service {

class RestoreAttempts {
 public:
  explicit RestoreAttempts(const std::filesystem::path& data_directory);
  Result<void> begin(Instant now);  // TooMany: locked. Otherwise one more is counted, durably
  Result<void> forgive();           // it was refused for something else: as before begin
  Result<void> forget();            // both persons were who they said

 private:
  Result<void> write(std::uint32_t failures, Instant at) const;
  std::filesystem::path file_;
  std::uint32_t before_ = 0;
  Instant before_at_{};
};

}  // namespace shosoin::service
