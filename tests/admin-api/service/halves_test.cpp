// Many records looked at by two threads: the batch decides by what they found, so nothing may be missing, twice or in
// another place.
#include "admin-api/service/retention/halves.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

namespace shosoin::test {
namespace {

std::vector<RecordId> ids(std::size_t count) {
  std::vector<RecordId> out(count);
  for (auto& id : out) id = RecordId::random();
  return out;
}

TEST(LookAtEach, FindsWhatBelongsToEachInTheOrderOfTheIdsOnTwoThreads) {
  for (const auto count : {std::size_t{0}, std::size_t{1}, limits::kLookedAtAlone, limits::kLookedAtAlone + 1,
                           4 * limits::kLookedAtAlone + 3}) {
    const auto all = ids(count);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    const auto found = service::look_at_each<RecordId>(all, [&](const RecordId& id) -> Result<RecordId> {
      std::scoped_lock lock(mutex);
      threads.insert(std::this_thread::get_id());
      return id;
    });
    ASSERT_TRUE(found);
    EXPECT_EQ(found.value(), all);
    EXPECT_EQ(threads.size(), count == 0 ? 0u : count > limits::kLookedAtAlone ? 2u : 1u) << count;
  }
}

TEST(LookAtEach, TellsTheErrorOfTheFirstIdThatHasOneWhicheverThreadMeetsIt) {
  const auto all = ids(4 * limits::kLookedAtAlone);
  const auto told = [&](std::size_t early, std::size_t late) {
    const auto found = service::look_at_each<int>(all, [&](const RecordId& id) -> Result<int> {
      if (id == all[early]) return Error{ErrorCode::TooEarly, "look at one of the first half"};
      if (id == all[late]) return Error{ErrorCode::Locked, "look at one of the second half"};
      return 1;
    });
    return found ? ErrorCode::Internal : found.error().code();
  };
  EXPECT_EQ(told(3, all.size() - 1), ErrorCode::TooEarly);
  EXPECT_EQ(told(all.size() - 2, all.size() - 1), ErrorCode::TooEarly);
  EXPECT_EQ(told(all.size() - 1, all.size() / 2), ErrorCode::Locked);
}

}  // namespace
}  // namespace shosoin::test
