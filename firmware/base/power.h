// The mains plug. Every step that leaves something durable behind (TPM command, commit, sync, rename, truncate) runs through
// guarded(). In the product no plug is set and it costs one load. A test sets one to cut the power before a step ("failed") or
// after it ("failed but happened"); from then on everything fails until power_on(): the process counts as dead.
// set_plug and power_on: tests only, one thread, while nothing runs.
#pragma once

#include <string_view>
#include <utility>

#include "firmware/base/result.h"

namespace shosoin::power {

enum class Cut { None, Before, After };
using Plug = Cut (*)(std::string_view step) noexcept;

void set_plug(Plug plug) noexcept;
void power_on() noexcept;
bool is_out() noexcept;
Cut ask(std::string_view step) noexcept;  // Before once the power is out
void went_out() noexcept;

// The outcome of something that may be durable is unknown, or half of what belongs together is done: nothing may be told from here
// on. Ends the process with the exit code of StorageFailed; the next start finishes or takes back. Returns only where a test has
// the plug in, because there the process counts as dead.
void fail_stop(const Error& error) noexcept;

// From here to done() an act has to come to its end, for what is durable and what memory holds fit together only then. Left before
// that - by an error, or by a library's exception when memory runs out - it ends the process.
class NoWayBack {
 public:
  explicit NoWayBack(Literal doing) noexcept : doing_(doing) {}
  NoWayBack(const NoWayBack&) = delete;
  NoWayBack& operator=(const NoWayBack&) = delete;
  ~NoWayBack() {
    if (!done_) fail_stop(Error{ErrorCode::StorageFailed, doing_});
  }
  void done() noexcept { done_ = true; }

 private:
  Literal doing_;
  bool done_ = false;
};

inline Error lost() noexcept { return Error{ErrorCode::StorageFailed, "carry on without power"}; }

// action: () -> Result<T>
template <class Action>
auto guarded(std::string_view step, Action&& action) -> decltype(action()) {
  const Cut cut = ask(step);
  if (cut == Cut::Before) return went_out(), lost();
  auto result = std::forward<Action>(action)();
  if (cut == Cut::After) return went_out(), lost();
  return result;
}

}  // namespace shosoin::power
