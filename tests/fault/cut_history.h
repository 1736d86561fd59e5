// A random history of one appliance - records, imports, merges, batches, empty batches, held batches, new tenants,
// backups - in which the power goes at random steps, in the starts after a cut too. After every start it is compared
// with a model: nothing acknowledged is lost, nothing erased comes back, and what was under way has happened whole or
// not at all. One thread.
#pragma once

#include <optional>
#include <random>

#include "tests/fault/epoch_rig.h"

namespace shosoin::test {

struct CutCounts {
  int cuts = 0, as_told = 0;  // as_told: all that was compared after it held
  int lost = 0, resurrected = 0, otherwise_wrong = 0;
  int in_starts = 0, with_closed_tenants = 0, happened = 0;
  std::map<std::string, int> acts, found;  // cuts by what was under way; what the starts said
  bool sound() const { return lost + resurrected + otherwise_wrong == 0 && as_told == cuts; }
};

class CutHistory {
 public:
  // The rig as it was made and saved in `base`. counts: of all histories together.
  CutHistory(EpochRig& rig, const std::filesystem::path& base, std::uint64_t seed, CutCounts& counts);
  ~CutHistory();
  CutHistory(const CutHistory&) = delete;
  CutHistory& operator=(const CutHistory&) = delete;
  void run(int cuts);  // ends with every tenant opened, and compared in full

 private:
  struct Kept {
    PlantedRecord record;
    bool erased = false;
  };
  // What was under way when the power went. Of one act everything happens or nothing.
  struct Act {
    std::string name;
    std::map<TenantId, std::vector<Kept>> arriving;
    std::map<TenantId, std::set<RecordId>> leaving;
    std::optional<generations::EntryKey> fact;  // of the first tenant of `touched`
    std::set<TenantId> touched;
    std::string new_code;
    bool batch = false, refused_by_hold = false, acknowledged = false;
  };

  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  const TenantId& some_tenant() { return tenants_[pick(tenants_.size())]; }
  generations::TenantStore* open(const TenantId& tenant);
  void one_act();
  Result<void> act_batch(Act& act);
  Result<void> act_empty_batch(Act& act);
  Result<void> act_plant(Act& act);
  Result<void> act_publish(Act& act);
  Result<void> act_merge(Act& act);
  Result<void> act_create(Act& act);
  Result<void> act_lines(Act& act);
  Result<void> act_backup(Act& act);
  bool cut_fired(power::Cut how, std::vector<std::string>& steps);
  bool start_again(Act& act, std::vector<std::string> steps);  // with cuts in the start, now and then
  void settle(Act& act, std::uint64_t epoch_before);
  void compare(const TenantId& tenant);
  void attack_the_first_image();
  std::optional<bool> stands(const Act& act, std::uint64_t epoch_before);
  void wrong(int& count, const std::string& what);

  EpochRig& rig_;
  std::filesystem::path base_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  CutCounts& counts_;
  std::vector<TenantId> tenants_;
  std::map<TenantId, std::vector<Kept>> model_;
  std::map<TenantId, std::uint64_t> lines_;  // told, hence durable
  std::map<TenantId, std::set<generations::EntryKey>> facts_;
  std::vector<std::pair<TenantId, std::string>> certificates_;
  std::set<TenantId> opened_;  // since the last start
  std::string under_way_;
  int wrongs_ = 0, fact_number_ = 0, new_tenants_ = 0;
};

// What the table of storage/erasure/epochs.md says for a state in which these steps have happened and no more.
std::string expected_word(const std::vector<std::string>& happened);

}  // namespace shosoin::test
