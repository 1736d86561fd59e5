// What every program of the benchmark measures alike: latencies of all callers, wall time, processor time of this
// process. One line of JSON. The main thread.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
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

// caller(number) is made on the caller's own thread and gives what does one operation with a random number; all of
// them go on for so many seconds.
template <typename Caller>
std::string many_callers(std::size_t callers, double seconds, const Caller& caller) {
  std::vector<std::vector<float>> all(callers);
  std::atomic<bool> over{false};
  const double processor = processor_seconds();
  const auto began = SteadyClock::now();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < callers; ++i) {
    threads.emplace_back([&, i] {
      auto operation = caller(i);
      for (std::uint64_t state = 88172645463325252ull + 7919 * i; !over;) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        const auto start = SteadyClock::now();
        operation(state);
        all[i].push_back(static_cast<float>(seconds_since(start) * 1e6));
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  over = true;
  for (auto& thread : threads) thread.join();
  const double took = seconds_since(began);
  const double used = processor_seconds() - processor;
  std::vector<float> together;
  for (const auto& part : all) together.insert(together.end(), part.begin(), part.end());
  return as_json(together, took, used);
}

}  // namespace shosoin::bench
