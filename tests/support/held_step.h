// Holds the first who comes to a step of the power plug until it is let go, so that a test can ask something else
// meanwhile. The power stays on. One at a time in a program; the plug must be free.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "firmware/base/power.h"

namespace shosoin::support {

class HeldStep {
 public:
  explicit HeldStep(std::string step) {
    auto& gate = the_gate();
    {
      const std::lock_guard lock(gate.mutex);
      gate.step = std::move(step);
      gate.reached = gate.open = false;
    }
    power::set_plug([](std::string_view now) noexcept {
      the_gate().pass(now);
      return power::Cut::None;
    });
  }
  HeldStep(const HeldStep&) = delete;
  HeldStep& operator=(const HeldStep&) = delete;
  ~HeldStep() {
    let_go();
    power::set_plug(nullptr);
  }
  // False when nobody came in time.
  bool reached() {
    auto& gate = the_gate();
    std::unique_lock lock(gate.mutex);
    return gate.changed.wait_for(lock, std::chrono::seconds(60), [&] { return gate.reached; });
  }
  void let_go() {
    auto& gate = the_gate();
    const std::lock_guard lock(gate.mutex);
    gate.open = true;
    gate.changed.notify_all();
  }

 private:
  struct Gate {  // outlives every thread that may still be asking
    std::mutex mutex;
    std::condition_variable changed;
    std::string step;
    bool reached = false, open = false;
    void pass(std::string_view now) {
      std::unique_lock lock(mutex);
      if (now != step || reached) return;
      reached = true;
      changed.notify_all();
      changed.wait(lock, [this] { return open; });
    }
  };
  static Gate& the_gate() {
    static Gate gate;
    return gate;
  }
};

}  // namespace shosoin::support
