// What may wait for slow readers. Any thread.
#pragma once

#include <atomic>
#include <cstddef>

#include "firmware/base/limits_clients.h"

namespace shosoin::gate {

// A large answer's share of what may wait for slow readers, all connections together.
class HeldAnswer {
 public:
  HeldAnswer(std::atomic<std::size_t>& all, std::size_t size)
      : all_(all), counted_(size > limits::kLargeAnswer ? size : 0) {
    if (counted_ == 0) return;  // a small answer fits however many large ones wait
    fits_ = all_.fetch_add(counted_) + counted_ <= limits::kAnswersHeld;
    if (fits_) return;
    all_.fetch_sub(counted_);  // it is not sent
    counted_ = 0;
  }
  ~HeldAnswer() { all_.fetch_sub(counted_); }
  HeldAnswer(const HeldAnswer&) = delete;
  HeldAnswer& operator=(const HeldAnswer&) = delete;
  bool fits() const { return fits_; }

 private:
  std::atomic<std::size_t>& all_;
  std::size_t counted_;
  bool fits_ = true;
};

}  // namespace shosoin::gate
