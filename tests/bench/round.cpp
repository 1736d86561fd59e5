// A round of the retention scheduler on a tenant where nothing is due: a look at what stands first in table Due, however
// many records there are. Prints one line of JSON; ends with 1 when the median is over the bound.
//   bench_round RECORDS
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "admin-api/service/scheduler.h"
#include "tests/bench/world.h"
#include "tests/support/temporary_directory.h"

namespace {

using namespace shosoin;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kRounds = 21;
constexpr double kMost = 50;  // of the median: what a round with nothing due may take at a million records

void write_due(service::Parts& parts, generations::TenantStore& store, const std::vector<bench::Person>& people) {
  using namespace std::chrono;
  const retention::CountedBy rule{1, retention::CountingRule::Excl, retention::Period::parse("150y").value(),
                                  retention::Settlement::ActualDate, retention::UnknownParts::LatestPossible};
  const auto sorter = store.sorter();
  const auto first = sys_days{year{2020} / 1 / 1};
  for (std::size_t i = 0; i < people.size(); ++i) {
    const auto event = retention::EventDate::exact(first + days{static_cast<int>(i % 2000)});
    for (const auto& entry :
         service::term_entries(people[i].record, bench::World::kFile, retention::term_of(rule, event))) {
      ENSURE(sorter->add(entry));
    }
  }
  const auto entries = sorter->sorted();
  ENSURE(entries);
  ENSURE(parts.appliance.merge(store, *entries.value(), {}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const auto records = static_cast<std::size_t>(std::strtoull(argv[1], nullptr, 10));
  const support::TemporaryDirectory place;
  bench::World world({place.path(), 1, records, 1}, {});
  auto& parts = world.service().parts();
  ENSURE(parts.legal.look(parts.appliance, parts.clock));
  auto* store = parts.tenants.open(parts.tenants.by_code(world.cities().front().code)->id).value();
  write_due(parts, *store, world.cities().front().people);
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    ENSURE(service::retention_round(parts));
    times.push_back(Milliseconds(std::chrono::steady_clock::now() - begin).count());
  }
  const auto result = parts.round.last()->tenants.at(store->tenant());
  std::ranges::sort(times);
  std::printf("{\"records\":%zu,\"due\":%llu,\"medianMs\":%.3f,\"mostMs\":%.3f}\n", world.cities().front().people.size(),
              static_cast<unsigned long long>(result.due), times[kRounds / 2], times.back());
  return result.due == 0 && times[kRounds / 2] <= kMost ? EXIT_SUCCESS : EXIT_FAILURE;
}
