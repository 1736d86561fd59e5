// Three tenants on a private software TPM, of which one stays closed; batches that can be cut at any durable step or TPM command;
// copies of every disk state; and an attacker who owns all copies, the live TPM and every secret the service holds. One thread.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "firmware/base/power.h"
#include "storage/erasure/appliance.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_appliance.h"

namespace shosoin::test {

struct PlantedRecord {
  RecordId id;
  RowId row;
  std::string text;     // what the row holds
  std::string number;   // what the search index knows it by
  crypto::RowKey key{};
  Digest token{};       // of the number, as the search index holds it
};

// A record with its search key and row, for whoever makes a change or a publication of his own.
struct Planting {
  PlantedRecord record;
  std::vector<generations::Entry> entries;
  generations::NewRow row;
};
Planting make_planting(const generations::TenantStore& store, std::uint64_t seq);

// Zeros are copied as holes. What stood in `to` is removed.
void copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

// In memory where there is room: the cuts are made at the power plug, so that a real disk only makes them slower.
std::filesystem::path quick_place();

class EpochRig {
 public:
  EpochRig();  // init, tenants A, B, C, `kRecords` records in each

  static constexpr int kRecords = 12;
  static constexpr int kErased = 3;  // of A and of B, in one batch
  std::vector<TenantId> tenants;
  std::map<TenantId, std::vector<PlantedRecord>> records;

  Result<void> start();                        // anchor and appliance; opens nothing
  void stop();                                 // lets go of everything in memory
  void power_cycle();                          // stop, power back on, TPM rebooted
  erasure::Appliance& appliance() { return *appliance_; }
  using Sweep = erasure::Appliance::Sweep;
  Result<erasure::BatchOutcome> erase_some(Sweep sweep = Sweep::AtOnce);  // the first kErased records of A and B; C is not opened
  Result<erasure::BatchOutcome> erase_some_more(Sweep sweep = Sweep::AtOnce);  // one more record of C, to show that nothing is stuck
  void plant(const TenantId& tenant, int count);

  // Disk states: data directory, state copy and, for a clean slate between cuts, the TPM's own state.
  void save_all(const std::filesystem::path& into) const;
  void restore_all(const std::filesystem::path& from);
  void save_disk(const std::filesystem::path& into) const;
  void restore_disk(const std::filesystem::path& from);
  const std::filesystem::path& root() const { return place_.path(); }
  erasure::Places places() const { return {place_.path() / "live" / "data", place_.path() / "live" / "state"}; }

  // Which of the planted records can be read through the live service.
  std::set<RecordId> readable(const TenantId& tenant);
  TestAppliance& hardware() { return *hardware_; }
  const Clock& clock() const { return clock_; }

 private:
  SystemClock clock_;
  support::TemporaryDirectory place_{quick_place()};
  std::unique_ptr<TestAppliance> hardware_;
  std::unique_ptr<erasure::Appliance> appliance_;
};

// Counts the guarded steps from arm() on - or from the first of a name on - and cuts at one of them. steps() tells all since arm().
struct CutPlan {
  static void arm(int at, power::Cut how, std::string_view from = {});  // at < 0: only count
  static void disarm();
  static int seen();
  static int cut_at();  // which of steps() was cut; -1: none
  static std::string name_of_cut();
  static std::vector<std::string> steps();
};

}  // namespace shosoin::test
