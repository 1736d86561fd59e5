// Random interleavings of holds, releases, requests, approvals, batches, restarts and power cuts within batches against
// a model: never erased under a hold, never lost, never stuck. Each group of records is one interleaving; the groups of
// a round share its batches. A short seeded run in the suite; SHOSOIN_INTERLEAVINGS=10000 is the campaign
// (tests/fault/hold_campaign).
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>

#include "admin-api/service/erasures.h"
#include "admin-api/service/holds.h"
#include "firmware/base/limits.h"
#include "firmware/base/power.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

constexpr std::size_t kGroups = 8, kRecords = 3, kSteps = 10, kRoundsOfAWorld = 25;

constexpr int kStepsOfABatch = 60;  // a cut at a step behind the last one cuts nothing
std::atomic<int> steps_left{0};
std::atomic<power::Cut> cut_how{power::Cut::None};
void cut_within_a_batch(int at, power::Cut how) {
  steps_left = at;
  cut_how = how;
  power::set_plug(
      [](std::string_view) noexcept { return steps_left.fetch_sub(1) == 0 ? cut_how.load() : power::Cut::None; });
}

struct Group {
  struct Record {
    std::string id;
    bool erased = false;
  };
  struct Hold {
    std::string id, state = "active";
    std::set<std::size_t> over;
  };
  struct Request {
    std::string id, state = "requested";
    std::set<std::size_t> of;
  };
  std::vector<Record> records;
  std::vector<Hold> holds;
  std::vector<Request> requests;

  bool held(const std::set<std::size_t>& some) const {
    return std::ranges::any_of(holds, [&](const Hold& hold) {
      return hold.state != "released" && std::ranges::any_of(some, [&](auto i) { return hold.over.contains(i); });
    });
  }
  bool any_erased(const std::set<std::size_t>& some) const {
    return std::ranges::any_of(some, [&](auto i) { return records[i].erased; });
  }
  bool asked(const std::set<std::size_t>& some) const {
    return std::ranges::any_of(requests, [&](const Request& request) {
      return (request.state == "requested" || request.state == "approved") &&
             std::ranges::any_of(some, [&](auto i) { return request.of.contains(i); });
    });
  }
  std::string ids(const std::set<std::size_t>& some) const {
    std::string out;
    for (const auto i : some) out += records[i].id;
    return out;
  }
};

class Model {
 public:
  Model(RetentionWorld& place, std::uint64_t seed) : place_(place), random_(seed), seed_(seed) {}

  void round() {
    const auto ids = place_.import_people(kGroups * kRecords, 5'000'000 + seed_);
    ASSERT_EQ(ids.size(), kGroups * kRecords);
    groups_.assign(kGroups, {});
    for (std::size_t i = 0; i < ids.size(); ++i) groups_[i / kRecords].records.push_back({ids[i]});
    for (std::size_t step = 0; step < kSteps; ++step) {
      for (auto& group : groups_) act(group);
      if (pick(3) == 0) batch();
      if (pick(8) == 0) place_.restart();
    }
    settle();
  }

 private:
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  std::set<std::size_t> some() {
    std::set<std::size_t> out{pick(kRecords)};
    if (pick(2) == 0) out.insert(pick(kRecords));
    return out;
  }
  template <class Of>
  Of* one(std::vector<Of>& all, std::string_view state) {
    std::vector<Of*> fit;
    for (auto& each : all) {
      if (each.state == state) fit.push_back(&each);
    }
    return fit.empty() ? nullptr : fit[pick(fit.size())];
  }

  void act(Group& group) {
    switch (pick(6)) {
      case 0:
        return set_hold(group);
      case 1:
        return ask_release(group);
      case 2:
        return release(group, pick(3) != 0);
      case 3:
      case 4:
        return apply(group);
      default:
        return approve(group);
    }
  }

  void set_hold(Group& group) {
    const auto over = some();
    const auto told = place_.hold({{FieldId::RecordIds, group.ids(over)}});
    if (group.any_erased(over)) {
      EXPECT_EQ(told.refused, ErrorCode::NotFound);
      return;
    }
    ASSERT_FALSE(told.refused) << told.text;
    group.holds.push_back({told.member("holdId"), "active", over});
  }
  void ask_release(Group& group) {
    auto* hold = one(group.holds, "active");
    if (hold == nullptr) return;
    ASSERT_FALSE(place_.release(hold->id).refused);
    hold->state = "releasing";
  }
  void release(Group& group, bool approved) {
    auto* hold = one(group.holds, "releasing");
    if (hold == nullptr) return;
    const auto told = place_.decide_release(hold->id, approved ? "approve" : "reject");
    ASSERT_FALSE(told.refused) << told.text << " seed " << seed_;
    hold->state = approved ? "released" : "active";
  }
  void apply(Group& group) {
    const auto of = some();
    const auto told = place_.apply(group.ids(of));
    if (group.any_erased(of)) {
      EXPECT_EQ(told.refused, ErrorCode::NotFound);
    } else if (group.asked(of)) {
      EXPECT_EQ(told.refused, ErrorCode::Conflict);
    } else if (group.held(of)) {
      EXPECT_EQ(told.refused, ErrorCode::Locked);
    } else {
      ASSERT_FALSE(told.refused) << told.text;
      group.requests.push_back({told.member("erasureId"), "requested", of});
    }
  }
  void approve(Group& group) {
    auto* request = one(group.requests, "requested");
    if (request == nullptr) return;
    const auto told = place_.decide_erasure(request->id);
    if (group.held(request->of)) {
      EXPECT_EQ(told.refused, ErrorCode::Locked);
    } else {
      ASSERT_FALSE(told.refused) << told.text;
      request->state = "approved";
    }
  }

  // By the appliance itself, one an hour: more than a day's batches would be refused.
  void batch(bool may_be_cut = true) {
    auto& world = place_.world;
    world.clock.move(std::chrono::minutes{61});
    place_.store();  // opened on first use, and a closed tenant takes no erasures
    const auto before = world.appliance().status().epoch;
    if (may_be_cut && pick(3) == 0) {
      cut_within_a_batch(static_cast<int>(pick(kStepsOfABatch)), pick(2) == 0 ? power::Cut::Before : power::Cut::After);
    }
    service::BatchFailure failure;
    bool done = false;
    {
      std::unique_lock one_at_a_time(world.parts().erasures);
      done = service::run_approved(world.parts(), nullptr, failure).has_value();
    }
    power::set_plug(nullptr);
    if (power::is_out()) {
      power::power_on();
      place_.restart();
      if (world.appliance().status().epoch == before)
        return compare();  // nothing has happened; else it came to its end
    } else {
      ASSERT_TRUE(done);
    }
    for (auto& group : groups_) {
      decltype(group.requests) remainders;
      for (auto& request : group.requests) {
        if (request.state != "approved") continue;
        std::set<std::size_t> kept;
        for (const auto i : request.of) {
          if (group.held({i})) kept.insert(i);
        }
        if (kept == request.of) continue;
        request.state = "executed";
        if (!kept.empty()) {  // they stay approved under another id (decision 0070)
          const auto id = RecordId::parse(request.id).value();
          const auto facts = service::find_erasure(place_.store(), id).value().value();
          for (const auto i : kept) request.of.erase(i);
          remainders.push_back({facts.remainder, "approved", kept});
        }
        for (const auto i : request.of) group.records[i].erased = true;
      }
      for (auto& one : remainders) group.requests.push_back(std::move(one));
    }
    compare();
  }

  void compare() {
    auto& store = place_.store();
    for (const auto& group : groups_) {
      for (const auto& record : group.records) {
        const auto id = RecordId::from(view_of(record.id)).value();
        const auto there = store.get({generations::TableId::Records, copy_of(id.view())});
        const auto gone = store.get({generations::TableId::Erased, copy_of(id.view())});
        ASSERT_TRUE(there && gone);
        ASSERT_EQ(there.value().has_value(), !record.erased) << "seed " << seed_;
        ASSERT_EQ(gone.value().has_value(), record.erased) << "seed " << seed_;
      }
      for (const auto& request : group.requests) {
        const auto facts = service::find_erasure(store, RecordId::parse(request.id).value()).value().value();
        ASSERT_EQ(facts.state, request.state) << "seed " << seed_;
      }
    }
  }

  // Never stuck: once nothing holds, everything asked for can be approved and goes with the next batch.
  void settle() {
    for (auto& group : groups_) {
      for (auto& hold : group.holds) {
        if (hold.state == "active") {
          ASSERT_FALSE(place_.release(hold.id).refused);
        }
        if (hold.state != "released") {
          const auto told = place_.decide_release(hold.id);
          ASSERT_FALSE(told.refused) << told.text << " seed " << seed_;
        }
        hold.state = "released";
      }
      while (one(group.requests, "requested") != nullptr) {
        approve(group);
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
    batch(false);
    for (const auto& group : groups_) {
      for (const auto& request : group.requests) EXPECT_EQ(request.state, "executed") << "seed " << seed_;
    }
  }

  RetentionWorld& place_;
  std::mt19937_64 random_;
  std::uint64_t seed_;
  std::vector<Group> groups_;
};

std::size_t interleavings() {
  const auto* text = std::getenv("SHOSOIN_INTERLEAVINGS");
  return text == nullptr ? kGroups : std::max<std::size_t>(kGroups, std::strtoull(text, nullptr, 10));
}

TEST(RetentionModel, NothingIsErasedUnderAHoldNothingIsLostAndNothingIsStuck) {
  const auto rounds = (interleavings() + kGroups - 1) / kGroups;
  std::unique_ptr<ServiceWorld> own;  // a campaign wants new ones: lists of one tenant are bounded
  std::unique_ptr<RetentionWorld> place;
  for (std::size_t i = 0; i < rounds; ++i) {
    if (i % kRoundsOfAWorld == 0) {
      place.reset();
      if (rounds > 1) own = std::make_unique<ServiceWorld>();
      place = std::make_unique<RetentionWorld>("082015", own ? *own : ServiceWorld::shared());
      place->prepare();
      place->adopt("1d");
    }
    Model(*place, i + 1).round();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace shosoin::test
