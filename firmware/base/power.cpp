#include "firmware/base/power.h"

#include <atomic>

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

}  // namespace shosoin::power
