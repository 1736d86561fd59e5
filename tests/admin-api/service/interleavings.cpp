#include "tests/admin-api/service/interleavings.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>

#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/holds.h"

namespace shosoin::test {
namespace {

constexpr int kStepsOfARequest =
    6;  // two changes, the code and the act: a commit and a flush each, and what may be between
constexpr int kNever = -1;

std::atomic<int> step{0}, cut_at{kNever}, act_at{kNever};
std::atomic<power::Cut> cut_how{power::Cut::None};
std::function<void()> meanwhile;

power::Cut plug(std::string_view) noexcept {
  const int now = step.fetch_add(1);
  if (now == act_at) meanwhile();
  return now == cut_at ? cut_how.load() : power::Cut::None;
}
void plug_in(int cut, power::Cut how, int act = kNever) {
  step = 0;
  cut_at = cut;
  cut_how = how;
  act_at = act;
  power::set_plug(plug);
}

}  // namespace

std::string Tally::text() const {
  std::string out;
  const auto add = [&](std::string_view name, std::uint64_t count) {
    out += (out.empty() ? "" : " ") + std::string(name) + '=' + std::to_string(count);
  };
  add("interleavings", interleavings);
  add("holds", holds);
  add("releases", releases);
  add("applications", applications);
  add("approvals", approvals);
  add("refused-held", refused_held);
  add("refused-twice", refused_twice);
  add("refused-erased", refused_erased);
  add("batches", batches);
  add("erased", erased);
  add("kept-out-of-batch", kept_out);
  add("held-during-batch", held_during);
  add("held-too-late", held_too_late);
  add("cuts-in-batches", cuts_in_batches);
  add("of-them-came-to-their-end", cut_but_done);
  add("cuts-in-requests", cuts_in_requests);
  add("of-them-had-happened", request_done);
  add("restarts", restarts);
  return out;
}

bool Interleavings::Group::held(const Some& some) const {
  return std::ranges::any_of(holds, [&](const Hold& hold) {
    return hold.state != "released" && std::ranges::any_of(some, [&](auto i) { return hold.over.contains(i); });
  });
}
bool Interleavings::Group::any_erased(const Some& some) const {
  return std::ranges::any_of(some, [&](auto i) { return records[i].erased; });
}
bool Interleavings::Group::asked(const Some& some) const {
  return std::ranges::any_of(requests, [&](const Request& request) {
    return (request.state == "requested" || request.state == "approved") &&
           std::ranges::any_of(some, [&](auto i) { return request.of.contains(i); });
  });
}
std::string Interleavings::Group::ids(const Some& some) const {
  std::string out;
  for (const auto i : some) out += records[i].id;
  return out;
}

Interleavings::Some Interleavings::some() {
  Some out{pick(kRecords)};
  if (pick(2) == 0) out.insert(pick(kRecords));
  return out;
}
template <class Of>
Of* Interleavings::one(std::vector<Of>& all, std::string_view state) {
  std::vector<Of*> fit;
  for (auto& each : all) {
    if (each.state == state) fit.push_back(&each);
  }
  return fit.empty() ? nullptr : fit[pick(fit.size())];
}

void Interleavings::round(std::size_t groups, std::size_t steps) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  const auto ids = place_.import_people(groups * kRecords, 5'000'000 + seed_);
  ASSERT_EQ(ids.size(), groups * kRecords);
  groups_.assign(groups, {});
  for (std::size_t i = 0; i < ids.size(); ++i) groups_[i / kRecords].records.push_back({ids[i]});
  std::vector<std::size_t> holds_at(groups), applies_at(groups);  // at least one of each
  for (std::size_t i = 0; i < groups; ++i) {
    holds_at[i] = pick(steps);
    applies_at[i] = (holds_at[i] + 1 + pick(steps - 1)) % steps;
  }
  for (std::size_t at = 0; at < steps; ++at) {
    const bool late = at + 3 >= steps;
    for (std::size_t i = 0; i < groups; ++i) {
      if ((owes_request_cut_ && late) || pick(2 * groups) == 0) arm_a_cut();
      if (at == holds_at[i]) {
        set_hold(groups_[i]);
      } else if (at == applies_at[i]) {
        apply(groups_[i]);
      } else {
        act(groups_[i]);
      }
      was_cut();  // where nothing was asked for it is unplugged
      if (::testing::Test::HasFailure()) return;
    }
    if (pick(2) == 0 || (owes_batch_cut_ && late)) batch();
    if (pick(10) == 0) restart();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_FALSE(owes_batch_cut_ || owes_request_cut_);
  settle();
  tally_.interleavings += groups;
}

void Interleavings::restart() {
  place_.restart();
  ++tally_.restarts;
}

// Sessions that are good for the next minutes: the cut is for the act, not for a login.
void Interleavings::arm_a_cut() {
  place_.base(place_.nakai, place_.asks);
  place_.base(place_.oda, place_.decides);
  plug_in(static_cast<int>(pick(kStepsOfARequest)), pick(2) == 0 ? power::Cut::Before : power::Cut::After);
}

bool Interleavings::was_cut() {
  if (!power::is_out()) {
    power::set_plug(nullptr);
    return false;
  }
  restart();
  ++tally_.cuts_in_requests;
  owes_request_cut_ = false;
  return true;
}

void Interleavings::act(Group& group) {
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

// A request that failed for want of power is as if never made, or made: nothing else. One that was answered stands.
void Interleavings::set_hold(Group& group) {
  const auto over = some();
  const auto told = place_.hold({{FieldId::RecordIds, group.ids(over)}});
  if (was_cut() && told.refused == ErrorCode::StorageFailed) {
    const auto all = service::all_holds(place_.store()).value();
    for (const auto& facts : all) {
      Some of;
      for (std::size_t i = 0; i < kRecords; ++i) {
        if (facts.records.contains(RecordId::from(view_of(group.records[i].id)).value())) of.insert(i);
      }
      const bool known = std::ranges::any_of(group.holds, [&](const Hold& hold) { return hold.id == facts.id.hex(); });
      if (of.empty() || known) continue;
      ASSERT_EQ(of, over);
      ASSERT_FALSE(group.any_erased(over));
      ++tally_.request_done;
      group.holds.push_back({facts.id.hex(), facts.state, over});
    }
    return;
  }
  if (group.any_erased(over)) {
    ++tally_.refused_erased;
    EXPECT_EQ(told.refused, ErrorCode::NotFound);
    return;
  }
  ASSERT_FALSE(told.refused) << told.text;
  ++tally_.holds;
  group.holds.push_back({told.member("holdId"), "active", over});
}

void Interleavings::ask_release(Group& group) {
  auto* hold = one(group.holds, "active");
  if (hold == nullptr) return;
  const auto told = place_.release(hold->id);
  if (was_cut() && told.refused == ErrorCode::StorageFailed) return learn(*hold, "releasing");
  ASSERT_FALSE(told.refused) << told.text;
  hold->state = "releasing";
}

void Interleavings::release(Group& group, bool approved) {
  auto* hold = one(group.holds, "releasing");
  if (hold == nullptr) return;
  const auto told = place_.decide_release(hold->id, approved ? "approve" : "reject");
  if (was_cut() && told.refused == ErrorCode::StorageFailed) return learn(*hold, approved ? "released" : "active");
  ASSERT_FALSE(told.refused) << told.text;
  tally_.releases += approved;
  hold->state = approved ? "released" : "active";
}

void Interleavings::learn(Hold& hold, std::string_view after) {
  const auto state = service::find_hold(place_.store(), RecordId::parse(hold.id).value()).value().value().state;
  ASSERT_TRUE(state == hold.state || state == after) << state;
  tally_.request_done += state == after;
  hold.state = state;
}

void Interleavings::apply(Group& group) {
  const auto of = some();
  const auto told = place_.apply(group.ids(of));
  if (was_cut() && told.refused == ErrorCode::StorageFailed) return learn_applied(group, of);
  if (group.any_erased(of)) {
    ++tally_.refused_erased;
    EXPECT_EQ(told.refused, ErrorCode::NotFound);
  } else if (group.asked(of)) {
    ++tally_.refused_twice;
    EXPECT_EQ(told.refused, ErrorCode::Conflict);
  } else if (group.held(of)) {
    ++tally_.refused_held;
    EXPECT_EQ(told.refused, ErrorCode::Locked);
  } else {
    ASSERT_FALSE(told.refused) << told.text;
    ++tally_.applications;
    group.requests.push_back({told.member("erasureId"), "requested", of});
  }
}

void Interleavings::learn_applied(Group& group, const Some& of) {
  std::set<RecordId> ids;
  for (const auto i : of) ids.insert(RecordId::from(view_of(group.records[i].id)).value());
  const auto all = service::open_erasures(place_.store()).value();
  for (const auto& facts : all) {
    const bool known = std::ranges::any_of(group.requests, [&](const auto& one) { return one.id == facts.id.hex(); });
    if (known || facts.records != ids) continue;
    ASSERT_FALSE(group.any_erased(of) || group.asked(of) || group.held(of));
    ASSERT_EQ(facts.state, "requested");
    ++tally_.request_done;
    group.requests.push_back({facts.id.hex(), facts.state, of});
  }
}

void Interleavings::approve(Group& group) {
  auto* request = one(group.requests, "requested");
  if (request == nullptr) return;
  const auto told = place_.decide_erasure(request->id);
  if (was_cut() && told.refused == ErrorCode::StorageFailed) {
    const auto facts = service::find_erasure(place_.store(), RecordId::parse(request->id).value()).value().value();
    ASSERT_TRUE(facts.state == "requested" || (facts.state == "approved" && !group.held(request->of))) << facts.state;
    tally_.request_done += facts.state == "approved";
    request->state = facts.state;
  } else if (group.held(request->of)) {
    ++tally_.refused_held;
    EXPECT_EQ(told.refused, ErrorCode::Locked);
  } else {
    ASSERT_FALSE(told.refused) << told.text;
    ++tally_.approvals;
    request->state = "approved";
  }
}

// By the appliance itself, one an hour: more than a day's batches would be refused.
bool Interleavings::run_batch() {
  auto& parts = place_.world.parts();
  service::BatchFailure failure;
  std::unique_lock one_at_a_time(parts.erasures);
  return service::run_approved(parts, nullptr, failure).has_value();
}

void Interleavings::batch() {
  auto& world = place_.world;
  world.clock.move(std::chrono::minutes{61});
  place_.store();  // opened on first use, and a closed tenant takes no erasures
  const auto before = world.appliance().status().epoch;
  const bool cut = owes_batch_cut_ || pick(4) == 0;
  if (!cut && pick(2) == 0) return batch_with_a_hold();
  const auto at = cut ? static_cast<int>(pick(static_cast<std::size_t>(steps_of_a_batch_))) : kNever;
  plug_in(at, pick(2) == 0 ? power::Cut::Before : power::Cut::After);
  const bool done = run_batch();
  if (power::is_out()) {
    restart();
    ++tally_.cuts_in_batches;
    owes_batch_cut_ = false;
    if (world.appliance().status().epoch == before) return compare();  // nothing has happened; else it came to its end
    ++tally_.cut_but_done;
  } else {
    steps_of_a_batch_ = std::max(1, step.load());
    power::set_plug(nullptr);
    ASSERT_TRUE(done);
  }
  executed();
  compare();
}

// Somebody sets a hold while the batch is running: it stands before the last look and counts, or it comes too late and
// says so. The batch never waits for it, nor it for more than the batch.
void Interleavings::batch_with_a_hold() {
  auto& group = groups_[pick(groups_.size())];
  const auto over = some();
  place_.base(place_.nakai, place_.asks);  // a session that is good for the next minutes
  std::future<Told> setting;
  meanwhile = [&] {
    setting = std::async(std::launch::async, [&] { return place_.hold({{FieldId::RecordIds, group.ids(over)}}); });
  };
  plug_in(kNever, power::Cut::None, static_cast<int>(pick(static_cast<std::size_t>(steps_of_a_batch_))));
  const bool done = run_batch();
  const int steps = step.load();
  std::optional<Told> told;
  if (setting.valid()) told = setting.get();
  power::set_plug(nullptr);
  steps_of_a_batch_ = std::max(1, steps);
  ASSERT_TRUE(done);
  if (told && !told->refused) {
    ASSERT_FALSE(group.any_erased(over));
    group.holds.push_back({told->member("holdId"), "active", over});
    ++tally_.held_during;
  }
  executed();
  if (told && told->refused) {
    ++tally_.held_too_late;
    EXPECT_EQ(told->refused, ErrorCode::NotFound);
    EXPECT_TRUE(group.any_erased(over));
  }
  compare();
}

// What the batch has done, by the model.
void Interleavings::executed() {
  ++tally_.batches;
  for (auto& group : groups_) {
    decltype(group.requests) remainders;
    for (auto& request : group.requests) {
      if (request.state != "approved") continue;
      Some kept;
      for (const auto i : request.of) {
        if (group.held({i})) kept.insert(i);
      }
      tally_.kept_out += !kept.empty();
      if (kept == request.of) continue;
      request.state = "executed";
      if (!kept.empty()) {  // they stay approved under another id (decision 0070)
        const auto id = RecordId::parse(request.id).value();
        const auto facts = service::find_erasure(place_.store(), id).value().value();
        for (const auto i : kept) request.of.erase(i);
        remainders.push_back({facts.remainder, "approved", kept});
      }
      for (const auto i : request.of) group.records[i].erased = true;
      tally_.erased += request.of.size();
    }
    for (auto& one : remainders) group.requests.push_back(std::move(one));
  }
}

void Interleavings::compare() {
  auto& store = place_.store();
  for (const auto& group : groups_) {
    for (const auto& record : group.records) {
      const auto id = RecordId::from(view_of(record.id)).value();
      const auto there = store.get({generations::TableId::Records, copy_of(id.view())});
      const auto gone = store.get({generations::TableId::Erased, copy_of(id.view())});
      ASSERT_TRUE(there && gone);
      ASSERT_EQ(there.value().has_value(), !record.erased);
      ASSERT_EQ(gone.value().has_value(), record.erased);
    }
    for (const auto& request : group.requests) {
      const auto facts = service::find_erasure(store, RecordId::parse(request.id).value()).value();
      ASSERT_TRUE(facts);
      ASSERT_EQ(facts->state, request.state);
    }
    for (const auto& hold : group.holds) {
      const auto facts = service::find_hold(store, RecordId::parse(hold.id).value()).value();
      ASSERT_TRUE(facts);
      ASSERT_EQ(facts->state, hold.state);
    }
  }
}

// Never stuck: once nothing holds, everything asked for can be approved and goes with the next batch.
void Interleavings::settle() {
  for (auto& group : groups_) {
    for (auto& hold : group.holds) {
      if (hold.state == "active") {
        ASSERT_FALSE(place_.release(hold.id).refused);
        hold.state = "releasing";
      }
      if (hold.state == "releasing") {
        const auto told = place_.decide_release(hold.id);
        ASSERT_FALSE(told.refused) << told.text;
        ++tally_.releases;
      }
      hold.state = "released";
    }
    while (one(group.requests, "requested") != nullptr) {
      approve(group);
      if (::testing::Test::HasFailure()) return;
    }
  }
  place_.world.clock.move(std::chrono::minutes{61});
  place_.store();
  ASSERT_TRUE(run_batch());
  executed();
  compare();
  for (const auto& group : groups_) {
    for (const auto& request : group.requests) EXPECT_EQ(request.state, "executed");
  }
}

}  // namespace shosoin::test
