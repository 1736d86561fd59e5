#include "firmware/base/power.h"

#include <atomic>
#include <cstdlib>

#include "firmware/base/log.h"

namespace shosoin::power {
namespace {
std::atomic<Plug> plug_in{nullptr};
std::atomic<bool> out{false};
}  // namespace

void set_plug(Plug plug) noexcept { plug_in.store(plug); }
void power_on() noexcept { out.store(false); }
bool is_out() noexcept { return out.load(std::memory_order_relaxed); }
void went_out() noexcept { out.store(true); }
Cut ask(std::string_view step) noexcept {
  if (is_out()) return Cut::Before;
  Plug plug = plug_in.load(std::memory_order_relaxed);
  return plug == nullptr ? Cut::None : plug(step);
}

void fail_stop(const Error& error) noexcept {
  if (plug_in.load() != nullptr) return went_out();
  oplog::failure("the outcome of a write is unknown: the process ends, the next start settles it", error);
  std::_Exit(error_row(ErrorCode::StorageFailed).exit_code);
}

}  // namespace shosoin::power
