// What every program of the benchmark measures alike: latencies of all callers, wall time, processor time of this
// process. One line of JSON. The main thread.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace shosoin::bench {

using SteadyClock = std::chrono::steady_clock;

struct Used {  // by this process since it began, or between two moments
  double processor = 0;         // seconds
  std::uint64_t from_disk = 0;  // pages of mapped files that were not in the kernel's cache
  Used operator-(const Used& earlier) const { return {processor - earlier.processor, from_disk - earlier.from_disk}; }
};
inline Used used_so_far() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds(used.ru_utime) + seconds(used.ru_stime), static_cast<std::uint64_t>(used.ru_majflt)};
}
inline double processor_seconds() { return used_so_far().processor; }

// The whole file into the kernel's cache, or again: what is measured afterwards is not the disk's reading.
inline bool read_through(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::string buffer(4u << 20, '\0');
  ssize_t got = 0;
  do {
    got = ::read(file, buffer.data(), buffer.size());
  } while (got > 0);
  ::close(file);
  return got == 0;
}

inline double seconds_since(SteadyClock::time_point began) {
  return std::chrono::duration<double>(SteadyClock::now() - began).count();
}

// microseconds: one for each operation; sorted here.
inline std::string as_json(std::vector<float>& microseconds, double seconds, const Used& used) {
  std::ranges::sort(microseconds);
  const auto count = microseconds.size();
  const auto at = [&](double share) {
    if (count == 0) return 0.0;
    const auto place = static_cast<std::size_t>(share * static_cast<double>(count));
    return static_cast<double>(microseconds[std::min(count - 1, place)]);
  };
  char text[256];
  std::snprintf(text, sizeof text,
                R"({"operations":%zu,"perSecond":%.1f,"p50":%.1f,"p99":%.1f,"cpuMicroseconds":%.2f,"fromDisk":%.3f})",
                count, static_cast<double>(count) / seconds, at(0.50), at(0.99),
                count == 0 ? 0.0 : used.processor * 1e6 / static_cast<double>(count),
                count == 0 ? 0.0 : static_cast<double>(used.from_disk) / static_cast<double>(count));
  return text;
}

// Where the draws of a caller begin: elsewhere in each measurement, in every program alike.
inline std::uint64_t first_draw(std::size_t caller, std::size_t measurement) {
  return 88172645463325252ull + 7919 * caller + 0x9E37'79B9'7F4A'7C15ull * measurement;
}
inline std::size_t next_measurement() {
  static std::size_t last = 0;
  return last++;
}

// caller(number) is made on the caller's own thread and gives what does one operation with a random number; all of
// them go on for so many seconds.
template <typename Caller>
std::string many_callers(std::size_t callers, double seconds, const Caller& caller) {
  std::vector<std::vector<float>> all(callers);
  const auto measurement = next_measurement();
  std::atomic<bool> over{false};
  const auto before = used_so_far();
  const auto began = SteadyClock::now();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < callers; ++i) {
    threads.emplace_back([&, i] {
      auto operation = caller(i);
      for (auto state = first_draw(i, measurement); !over;) {
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
  const auto used = used_so_far() - before;
  std::vector<float> together;
  for (const auto& part : all) together.insert(together.end(), part.begin(), part.end());
  return as_json(together, took, used);
}

}  // namespace shosoin::bench
