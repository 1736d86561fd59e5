// A model of holds, releases, applications, approvals and batches over groups of records of one tenant, and what drives
// service and model through the same random acts. Each group is one interleaving; the groups of a round share its
// batches, power cuts and restarts. One thread, beside the holds that come while a batch is running.
#pragma once

#include <random>
#include <set>
#include <string>
#include <vector>

#include "firmware/base/power.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {

// What was done and what came of it, for the line that a campaign prints.
struct Tally {
  std::uint64_t interleavings = 0, holds = 0, releases = 0, applications = 0, approvals = 0;
  std::uint64_t refused_held = 0, refused_twice = 0, refused_erased = 0;  // locked, conflict, unknown
  std::uint64_t batches = 0, erased = 0, kept_out = 0;                    // approved, and held at the batch
  std::uint64_t held_during = 0, held_too_late = 0;                       // holds while a batch was running
  std::uint64_t cuts_in_batches = 0, cut_but_done = 0, cuts_in_requests = 0, request_done = 0, restarts = 0;
  std::string text() const;  // one line
};

class Interleavings {
 public:
  Interleavings(RetentionWorld& place, std::uint64_t seed, Tally& tally)
      : place_(place), random_(seed), seed_(seed), tally_(tally) {}
  // Each group is held, released, applied for and approved in its own order; in each round the power goes at least once
  // within a batch and once within a request. At the end nothing is stuck. Failures are those of GoogleTest.
  void round(std::size_t groups, std::size_t steps);

 private:
  static constexpr std::size_t kRecords = 3;
  using Some = std::set<std::size_t>;
  struct Record {
    std::string id;
    bool erased = false;
  };
  struct Hold {
    std::string id, state;
    Some over;
  };
  struct Request {
    std::string id, state;
    Some of;
  };
  struct Group {
    std::vector<Record> records;
    std::vector<Hold> holds;
    std::vector<Request> requests;
    bool held(const Some& some) const;
    bool any_erased(const Some& some) const;
    bool asked(const Some& some) const;
    std::string ids(const Some& some) const;
  };

  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  Some some();
  template <class Of>
  Of* one(std::vector<Of>& all, std::string_view state);

  void act(Group& group);
  void set_hold(Group& group);
  void ask_release(Group& group);
  void release(Group& group, bool approved);
  void apply(Group& group);
  void approve(Group& group);
  // Whether the power went while it was asked for: then everything is as before or as after, and `place` runs again.
  bool was_cut();
  void learn(Hold& hold, std::string_view after);  // what a cut request has left behind
  void learn_applied(Group& group, const Some& of);
  void arm_a_cut();
  void restart();

  bool run_batch();
  void batch();
  void batch_with_a_hold();
  void executed();
  void compare();
  void settle();

  RetentionWorld& place_;
  std::mt19937_64 random_;
  std::uint64_t seed_;
  Tally& tally_;
  std::vector<Group> groups_;
  bool owes_batch_cut_ = true, owes_request_cut_ = true;
  int steps_of_a_batch_ = 30;  // a cut at a step behind the last one cuts nothing: counted with each batch
};

}  // namespace shosoin::test
