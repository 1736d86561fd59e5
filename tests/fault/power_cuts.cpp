// Power cuts at random steps of random histories (cut_history.h), as many as asked for. Each history has a seed of its
// own, one after the other from --seed on: a run that was ended goes on with the seed after the last one it names, and
// the sums add up.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/fault/cut_history.h"

namespace shosoin::test {
namespace {

struct Settings {
  int count = 0;
  std::uint64_t seed = 1;
  bool verbose = false;  // with the log of the appliance, which speaks of every cut
};

constexpr int kCutsOfAHistory = 50;

std::optional<Settings> parse(int count, char** words) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    char* end = nullptr;
    if (word == "--verbose") {
      settings.verbose = true;
    } else if (word == "--seed" && i + 1 < count) {
      settings.seed = std::strtoull(words[++i], &end, 10);
      if (*end != 0) return std::nullopt;
    } else {
      settings.count = static_cast<int>(std::strtol(words[i], &end, 10));
      if (*end != 0) return std::nullopt;
    }
  }
  return settings.count > 0 ? std::optional(settings) : std::nullopt;
}

std::string table_of(const std::map<std::string, int>& table) {
  std::string out;
  for (const auto& [word, times] : table) out += (out.empty() ? "" : ", ") + word + " " + std::to_string(times);
  return out;
}

int run(const Settings& settings) {
  EpochRig rig;
  const auto base = rig.root() / "base";
  rig.save_all(base);
  CutCounts counts;
  const auto begun = std::chrono::steady_clock::now();
  for (auto seed = settings.seed; counts.cuts < settings.count; ++seed) {
    {
      CutHistory history(rig, base, seed, counts);
      history.run(std::min(kCutsOfAHistory, settings.count - counts.cuts));
    }
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
    std::printf(
        "seed %llu: %d of %d cuts in %lld s, %d recovered as told, %d lost, %d resurrected, %d otherwise wrong\n",
        static_cast<unsigned long long>(seed), counts.cuts, settings.count, static_cast<long long>(seconds),
        counts.as_told, counts.lost, counts.resurrected, counts.otherwise_wrong);
    std::fflush(stdout);
  }
  std::printf("under way: %s\nstarts: %s\n", table_of(counts.acts).c_str(), table_of(counts.found).c_str());
  std::printf("%d cuts in starts after a cut, %d with tenants closed, %d acts that took place\n", counts.in_starts,
              counts.with_closed_tenants, counts.happened);
  std::printf("%d cuts: %d recovered as told, %d lost acknowledged, %d resurrected\n", counts.cuts, counts.as_told,
              counts.lost, counts.resurrected);
  return counts.sound() && counts.cuts >= settings.count &&
                 testing::UnitTest::GetInstance()->ad_hoc_test_result().Passed()
             ? 0
             : 1;
}

}  // namespace
}  // namespace shosoin::test

int main(int count, char** words) {
  const auto settings = shosoin::test::parse(count, words);
  if (!settings) {
    std::fputs("usage: power_cuts COUNT [--seed N] [--verbose]\n", stderr);
    return 64;
  }
  if (!settings->verbose) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || ::dup2(nowhere, STDERR_FILENO) < 0) return 1;
  }
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);  // the TPM's state too: no platter needed
  return shosoin::test::run(*settings);
}
