#include "storage/erasure/scrub.h"

#include <sys/resource.h>

#include <new>

#include "firmware/base/limits_examine.h"
#include "firmware/base/log.h"

namespace shosoin::erasure {
namespace {

constexpr int kScrubNice = 19;
constexpr std::uint64_t kRestAfter = 256u << 10;  // bytes between two short sleeps

}  // namespace

Scrub::Scrub(Appliance& appliance, const Clock& clock, const ScrubPlan& plan)
    : appliance_(appliance), clock_(clock), plan_(plan), thread_([this] { run(); }) {
  ENSURE(plan.bytes_per_second > 0);
}
Scrub::~Scrub() {
  {
    std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}
ScrubStatus Scrub::status() const {
  std::scoped_lock lock(mutex_);
  return status_;
}
bool Scrub::going() const {
  std::scoped_lock lock(mutex_);
  return !stopping_;
}
void Scrub::rest(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  stop_.wait_for(lock, time, [this] { return stopping_; });
}

void Scrub::run() {
  (void)::setpriority(PRIO_PROCESS, 0, kScrubNice);  // of this thread
  rest(plan_.first);
  while (going()) {
    try {
      pass();
    } catch (const std::bad_alloc&) {
      oplog::warning("out of memory: a scrub was given up; the next one begins anew");
    }
    rest(plan_.every);
  }
}

void Scrub::pass() {
  {
    std::scoped_lock lock(mutex_);
    status_.running = true;
    status_.faults = 0;
  }
  std::uint64_t found = 0, unrested = 0;
  const auto fault = [&](const TenantId& tenant, const std::string& where, const Error& error) {
    if (error.code() == ErrorCode::OutOfMemory) return oplog::failure("scrub: no memory to look at a place", error);
    {
      std::scoped_lock lock(mutex_);
      status_.faults = ++found;
    }
    if (found > limits::kMaxFaultsLogged) return;
    oplog::info_public("scrub: damaged data of a tenant", tenant.hex());
    oplog::info_public("scrub: the place of the damage", where);
    oplog::failure("scrub: what is wrong there", error);
    const auto logged = appliance_.zero().log({false, R"({"operation":"storage-damage-found","tenant":")" +
                                                          tenant.hex() + R"(","place":")" + where + R"("})"});
    if (!logged) oplog::failure("scrub: a finding could not be logged", logged.error());
  };
  const auto pace = [&](std::uint64_t bytes) {
    if ((unrested += bytes) < kRestAfter) return;
    rest(std::chrono::nanoseconds(unrested * 1'000'000'000 / plan_.bytes_per_second));
    unrested = 0;
  };
  appliance_.inspect({fault, pace, [this] { return going(); }});
  if (!going()) return;
  {
    std::scoped_lock lock(mutex_);
    status_.running = false;
    status_.ended = clock_.now();
    ++status_.passes;
  }
  if (found == 0) oplog::info("scrub: everything stored was read and is sound");
  if (found > 0) oplog::warning("scrub: damage was found", {"faults", static_cast<std::int64_t>(found)});
}

}  // namespace shosoin::erasure
