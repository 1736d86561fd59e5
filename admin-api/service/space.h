// Free space of the data disk, and who may still act when it becomes scarce (DESIGN 7: a reserve for administrator and
// auditor; numbers: deploy/operations.md). Any thread.
#pragma once

#include <atomic>
#include <chrono>

#include "admin-api/protocol/protocol.h"
#include "admin-api/service/settings.h"

namespace shosoin::service {

Result<std::uint64_t> free_bytes(const std::filesystem::path& directory);  // as an ordinary account sees it

enum class Scarcity : std::uint8_t { None, NoGrowth, ReserveOnly };
constexpr Scarcity scarcity(std::uint64_t free, std::uint64_t reserve, std::uint64_t growth_factor) {
  if (free < reserve) return Scarcity::ReserveOnly;
  return free / growth_factor < reserve ? Scarcity::NoGrowth : Scarcity::None;
}

// May a request of this kind by such a person go on? StorageFull: no, and nothing has been changed.
enum class Asker : std::uint8_t { Anybody, KeepsTheAppliance };  // administrator, audit officer, security officer
Result<void> admit(protocol::RequestKind kind, Asker asker, Scarcity scarcity);

// Looks at the disk now and then, not with every request.
class Space {
 public:
  explicit Space(const Settings& settings) : settings_(settings) {}
  Scarcity look();

 private:
  const Settings& settings_;
  std::atomic<std::chrono::steady_clock::rep> looked_{0};
  std::atomic<Scarcity> found_{Scarcity::None};
};

}  // namespace shosoin::service
