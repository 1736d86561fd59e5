// Random interleavings of holds, releases, requests, approvals, batches, restarts and power cuts within batches and
// requests against a model: never erased under a hold, never lost, never stuck. A short seeded run in the suite; the
// campaign (tests/fault/hold_campaign) sets SHOSOIN_INTERLEAVINGS and SHOSOIN_FIRST_SEED.
#include <cstdio>
#include <cstdlib>

#include "tests/admin-api/service/interleavings.h"

namespace shosoin::test {
namespace {

constexpr std::size_t kSteps = 10, kGroupsInTheSuite = 8, kGroups = 16;
constexpr std::size_t kRoundsOfAWorld = 12;  // lists of one tenant are bounded, and the longer the slower

std::size_t number(const char* name, std::size_t otherwise) {
  const auto* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(RetentionModel, NothingIsErasedUnderAHoldNothingIsLostAndNothingIsStuck) {
  const auto wanted = number("SHOSOIN_INTERLEAVINGS", 0), first = number("SHOSOIN_FIRST_SEED", 1);
  const auto groups = wanted == 0 ? kGroupsInTheSuite : kGroups;
  const auto rounds = wanted == 0 ? 1 : (wanted + kGroups - 1) / kGroups;
  std::unique_ptr<ServiceWorld> own;
  std::unique_ptr<RetentionWorld> place;
  Tally tally;
  for (std::size_t i = 0; i < rounds; ++i) {
    if (i % kRoundsOfAWorld == 0) {
      place.reset();
      if (wanted != 0) own = std::make_unique<ServiceWorld>();
      place = std::make_unique<RetentionWorld>("082015", own ? *own : ServiceWorld::shared());
      place->prepare();
      place->adopt("1d");
    }
    Interleavings(*place, first + i, tally).round(groups, kSteps);
    if (wanted != 0) std::printf("seed=%zu %s\n", first + i, tally.text().c_str());
    std::fflush(stdout);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace shosoin::test
