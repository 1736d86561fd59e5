// What every program of the benchmark measures alike: latencies of all callers, wall time, processor time of this
// process. One line of JSON. The main thread.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace shosoin::bench {

using SteadyClock = std::chrono::steady_clock;

inline double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

inline double seconds_since(SteadyClock::time_point began) {
  return std::chrono::duration<double>(SteadyClock::now() - began).count();
}

// microseconds: one for each operation; sorted here.
inline std::string as_json(std::vector<float>& microseconds, double seconds, double processor) {
  std::ranges::sort(microseconds);
  const auto count = microseconds.size();
  const auto at = [&](double share) {
    if (count == 0) return 0.0;
    const auto place = static_cast<std::size_t>(share * static_cast<double>(count));
    return static_cast<double>(microseconds[std::min(count - 1, place)]);
  };
  char text[256];
  std::snprintf(text, sizeof text,
                R"({"operations":%zu,"perSecond":%.1f,"p50":%.1f,"p99":%.1f,"cpuMicroseconds":%.2f})", count,
                static_cast<double>(count) / seconds, at(0.50), at(0.99),
                count == 0 ? 0.0 : processor * 1e6 / static_cast<double>(count));
  return text;
}

}  // namespace shosoin::bench
