// The scrub: a thread of low priority that walks everything stored at a bounded rate, again and again, so that damage is found before
// somebody needs what it hit. What it finds is in the operational log, in tenant zero's log and in the status: tenant and place, never a
// value. It must end before the appliance does. status(): any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "storage/erasure/appliance.h"

namespace shosoin::erasure {

struct ScrubPlan {
  std::chrono::milliseconds first;      // from now to the first pass
  std::chrono::milliseconds every;      // from one pass to the next
  std::uint64_t bytes_per_second = 0;
};
struct ScrubStatus {
  std::uint64_t passes = 0;             // whole ones since the start
  std::uint64_t faults = 0;             // of the pass under way or, while none is, of the last one
  std::optional<Instant> ended;         // the last whole one
  bool running = false;
};

class Scrub {
 public:
  Scrub(Appliance& appliance, const Clock& clock, const ScrubPlan& plan);
  ~Scrub();  // ends a pass under way
  ScrubStatus status() const;

 private:
  void run();
  void pass();
  void rest(std::chrono::nanoseconds time);
  bool going() const;

  Appliance& appliance_;
  const Clock& clock_;
  const ScrubPlan plan_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  ScrubStatus status_;
  std::thread thread_;
};

}  // namespace shosoin::erasure
