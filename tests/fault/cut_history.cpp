#include "tests/fault/cut_history.h"

#include <algorithm>
#include <cstdio>

#include "storage/generations/layout.h"
#include "tests/fault/old_image_attack.h"

namespace shosoin::test {
namespace {

using generations::Change;
using generations::EntryKey;
using generations::TableId;

constexpr int kManyBatches = 1'000'000;  // a history of minutes has more of them than a day
constexpr int kMoreTenants = 4;          // beside the rig's three
constexpr int kMostCutsOfAStart = 2;     // after the cut that made it necessary
constexpr int kStepsAtFirst = 160;
constexpr std::size_t kStepsFromCommit = 45;

// How many steps an act has, as far as has been seen: a cut behind the last one would cut nothing.
std::map<std::string, int> steps_of;

}  // namespace

std::string expected_word(const std::vector<std::string>& happened) {
  const auto did = [&](std::string_view step) { return std::ranges::find(happened, step) != happened.end(); };
  if (!did("batch:commit") || did("batch:certified")) return "settled";
  if (did("tpm:NV_Increment")) return "incremented";
  return did("tpm:NV_Extend") ? "extended" : "committed";
}

CutHistory::CutHistory(EpochRig& rig, const std::filesystem::path& base, std::uint64_t seed, CutCounts& counts)
    : rig_(rig), base_(base), seed_(seed), random_(seed), counts_(counts), tenants_(rig.tenants) {
  rig_.restore_all(base);
  for (const auto& tenant : tenants_) {
    for (const auto& record : rig_.records.at(tenant)) model_[tenant].push_back({record, false});
  }
  ENSURE(rig_.start());
}
CutHistory::~CutHistory() {
  rig_.stop();
  CutPlan::disarm();
}

void CutHistory::wrong(int& count, const std::string& what) {
  ++count;
  ++wrongs_;
  std::printf("WRONG seed %llu, cut %d, during %s: %s\n", static_cast<unsigned long long>(seed_), counts_.cuts,
              under_way_.c_str(), what.c_str());
}

generations::TenantStore* CutHistory::open(const TenantId& tenant) {
  auto store = rig_.appliance().tenant(tenant);
  if (!store) {
    if (!power::is_out()) wrong(counts_.lost, std::string("a tenant does not open: ") + store.error().doing().data());
    return nullptr;
  }
  opened_.insert(tenant);
  return store.value();
}

Result<void> CutHistory::act_batch(Act& act) {
  act.batch = true;
  act.refused_by_hold = pick(5) == 0;
  std::vector<erasure::ErasureOrder> orders;
  const auto most = 1 + pick(3);
  for (std::size_t i = 0; i < most; ++i) {
    const auto tenant = some_tenant();
    erasure::ErasureOrder order;
    order.tenant = tenant;
    const auto& all = model_[tenant];
    for (std::size_t k = 0, some = 1 + pick(4); k < some && !all.empty(); ++k) {
      const auto& one = all[pick(all.size())];
      if (!one.erased && !act.leaving[tenant].contains(one.record.id)) order.records.insert(one.record.id);
    }
    if (order.records.empty()) continue;
    act.touched.insert(tenant);
    act.leaving[tenant].insert(order.records.begin(), order.records.end());
    order.declaration = R"({"count":)" + std::to_string(order.records.size()) + R"(,"recordFile":"test"})";
    order.log = {false, R"({"operation":"erased"})"};
    orders.push_back(std::move(order));
  }
  act.refused_by_hold = act.refused_by_hold && !orders.empty();
  if (act.refused_by_hold) {  // set while the batch was being staged
    orders.back().last_look = []() -> Result<void> { return Error{ErrorCode::Locked, "erase what is held"}; };
  }
  opened_.insert(act.touched.begin(), act.touched.end());
  const auto first = orders.empty() ? kAppliance : orders.front().tenant;
  const auto sweep = pick(2) == 0 ? erasure::Appliance::Sweep::Later : erasure::Appliance::Sweep::AtOnce;
  TRY(auto outcome, rig_.appliance().run_batch(std::move(orders), kManyBatches, sweep));
  if (!outcome.serials.empty()) certificates_.emplace_back(first, outcome.serials.front());
  return success();
}

Result<void> CutHistory::act_empty_batch(Act& act) {
  act.batch = true;
  TRY(rig_.appliance().run_batch({}, kManyBatches));
  return success();
}

Result<void> CutHistory::act_plant(Act& act) {
  const auto tenant = some_tenant();
  act.touched = {tenant};
  auto* store = open(tenant);
  if (store == nullptr) return power::lost();
  TRY(store->change([&](std::uint64_t seq) -> Result<Change> {
    Change change;
    for (std::size_t i = 0, count = 1 + pick(5); i < count; ++i) {
      auto planted = make_planting(*store, seq);
      std::ranges::move(planted.entries, std::back_inserter(change.entries));
      change.rows.push_back(std::move(planted.row));
      act.arriving[tenant].push_back({std::move(planted.record), false});
    }
    change.log = {false, R"({"operation":"planted"})"};
    return change;
  }));
  return success();
}

// As an import does it: rows ahead, entries sorted, and one switch that makes all of them visible.
Result<void> CutHistory::act_publish(Act& act) {
  const auto tenant = some_tenant();
  act.touched = {tenant};
  auto* store = open(tenant);
  if (store == nullptr) return power::lost();
  auto sorter = store->sorter();
  std::vector<generations::NewRow> rows;
  for (std::size_t i = 0, count = 2 + pick(12); i < count; ++i) {
    auto planted = make_planting(*store, store->last_seq() + 1);
    for (const auto& entry : planted.entries) {
      TRY(sorter->add(entry));
    }
    rows.push_back(std::move(planted.row));
    act.arriving[tenant].push_back({std::move(planted.record), false});
  }
  std::ranges::sort(rows, {}, &generations::NewRow::id);
  TRY(store->write_rows_ahead(rows));
  TRY(auto sorted, sorter->sorted());
  return rig_.appliance().merge(*store, *sorted, {});
}

Result<void> CutHistory::act_merge(Act& act) {
  const auto tenant = some_tenant();
  act.touched = {tenant};
  auto* store = open(tenant);
  if (store == nullptr) return power::lost();
  act.fact = EntryKey{TableId::Facts, copy_of(view_of("fact/" + std::to_string(++fact_number_)))};
  return rig_.appliance().merge(*store, {{*act.fact, Bytes{1}}});
}

Result<void> CutHistory::act_create(Act& act) {
  if (new_tenants_ == kMoreTenants) return act_merge(act);
  act.new_code = std::to_string(900000 + ++new_tenants_);
  TRY(auto made,
      rig_.appliance().create_tenant(act.new_code, act.new_code, {}, {false, R"({"operation":"tenant-created"})"}));
  opened_.insert(made.id);
  return success();
}

Result<void> CutHistory::act_lines(Act& act) {
  const auto tenant = some_tenant();
  act.touched = {tenant};
  auto* store = open(tenant);
  if (store == nullptr) return power::lost();
  for (std::size_t i = 0, count = 1 + pick(6); i < count; ++i) {
    TRY(const auto line, store->log_line({pick(2) == 0, R"({"operation":"read"})"}));
    lines_[tenant] = std::max(lines_[tenant], line);
  }
  return success();
}

Result<void> CutHistory::act_backup(Act&) {
  const auto into = rig_.root() / "backup";
  std::filesystem::remove_all(into);
  std::filesystem::create_directory(into);
  TRY(rig_.appliance().copy_stores(into));
  return success();
}

// Whether the power is out. steps: gets those that have happened since arm().
bool CutHistory::cut_fired(power::Cut how, std::vector<std::string>& steps) {
  const bool out = power::is_out();
  auto all = CutPlan::steps();
  if (out) {
    const auto at = static_cast<std::size_t>(CutPlan::cut_at());
    ENSURE(at < all.size());
    all.resize(at + (how == power::Cut::After ? 1 : 0));
    ++counts_.cuts;
    ++counts_.acts[under_way_];
    if (opened_.size() < tenants_.size()) ++counts_.with_closed_tenants;
  }
  steps.insert(steps.end(), all.begin(), all.end());
  return out;
}

bool CutHistory::start_again(Act& act, std::vector<std::string> steps) {
  for (int more = 0;; ++more) {
    rig_.power_cycle();
    opened_.clear();
    const bool cut_it = more < kMostCutsOfAStart && pick(3) == 0;
    const auto due = expected_word(steps);
    const auto how = pick(2) == 0 ? power::Cut::Before : power::Cut::After;
    auto& guess = steps_of["start, " + due];
    CutPlan::arm(cut_it ? static_cast<int>(pick(static_cast<std::size_t>(std::max(guess, 3)) + 1)) : -1, how);
    const auto was = under_way_;
    under_way_ = "start after " + act.name;
    auto started = rig_.start();
    guess = std::max(guess, CutPlan::seen());
    if (cut_fired(how, steps)) {
      ++counts_.in_starts;
      ++counts_.as_told;  // taken back where the comparison after the last start of the row finds otherwise
      continue;
    }
    under_way_ = was;
    if (!started) {
      wrong(counts_.lost, std::string("no start: ") + started.error().doing().data());
      return false;
    }
    CutPlan::disarm();
    const auto status = rig_.appliance().status();
    ++counts_.found[status.recovered];
    if (status.recovered != due) wrong(counts_.otherwise_wrong, "the start says " + status.recovered + ", not " + due);
    if (!status.certified) wrong(counts_.otherwise_wrong, "the epoch is not certified");
    return true;
  }
}

// Whether the act took place; none where it left nothing to see.
std::optional<bool> CutHistory::stands(const Act& act, std::uint64_t epoch_before) {
  if (act.batch) return rig_.appliance().status().epoch == epoch_before + 1;
  if (!act.new_code.empty()) return rig_.appliance().find_tenant(act.new_code).has_value();
  if (act.fact) {
    auto* store = open(*act.touched.begin());
    return store != nullptr && store->get(*act.fact).value().has_value();
  }
  for (const auto& [tenant, records] : act.arriving) {
    auto* store = open(tenant);
    return store != nullptr &&
           store->get({TableId::Records, copy_of(records.front().record.id.view())}).value().has_value();
  }
  return std::nullopt;
}

void CutHistory::settle(Act& act, std::uint64_t epoch_before) {
  const auto epoch = rig_.appliance().status().epoch;
  if (epoch != epoch_before && !(act.batch && epoch == epoch_before + 1))
    wrong(counts_.otherwise_wrong, "the epoch has moved");
  const auto stood = stands(act, epoch_before);
  if (act.refused_by_hold && stood.value_or(false)) wrong(counts_.lost, "erased although it was held");
  if (act.acknowledged && !act.refused_by_hold && !stood.value_or(true)) {
    wrong(act.batch ? counts_.resurrected : counts_.lost, "what was acknowledged did not happen");
  }
  if (!stood.value_or(false)) return;
  ++counts_.happened;
  for (auto& [tenant, records] : act.arriving) std::ranges::move(records, std::back_inserter(model_[tenant]));
  for (const auto& [tenant, leaving] : act.leaving) {
    for (auto& kept : model_[tenant]) kept.erased = kept.erased || leaving.contains(kept.record.id);
  }
  if (act.fact) facts_[*act.touched.begin()].insert(*act.fact);
  if (!act.new_code.empty()) {
    tenants_.push_back(rig_.appliance().find_tenant(act.new_code).value().id);
    act.touched = {tenants_.back()};
  }
}

void CutHistory::compare(const TenantId& tenant) {
  auto* store = open(tenant);
  if (store == nullptr) return;
  for (const auto& [record, erased] : model_[tenant]) {
    const auto entry = store->get({TableId::Records, copy_of(record.id.view())});
    const auto search = store->any(TableId::SearchKeys, Writer{}.u8(1).raw(record.token).take());
    const auto mark = store->get({TableId::Erased, copy_of(record.id.view())});
    if (!entry || !search || !mark) {
      wrong(counts_.lost, "an entry cannot be read");
    } else if (erased) {
      if (entry.value() || search.value()) wrong(counts_.resurrected, "an erased record is there");
      if (!mark.value()) wrong(counts_.lost, "nothing says that a record was erased");
      const auto row = store->read_row(record.row, record.key);
      if (row) wrong(counts_.resurrected, "a row of an erased record is still stored");
    } else {
      const auto row = store->read_row(record.row, record.key);
      if (!entry.value() || !search.value() || mark.value() || !row || text_of(row.value()) != record.text)
        wrong(counts_.lost, "a record is not there");
    }
  }
  for (const auto& fact : facts_[tenant]) {
    const auto found = store->get(fact);
    if (!found || !found.value()) wrong(counts_.lost, "an entry that a merge added is not there");
  }
  const auto line = rig_.appliance().journal().position(tenant).line;
  if (line < lines_[tenant]) wrong(counts_.lost, "a line that was told is not there");
  lines_[tenant] = line;
}

void CutHistory::one_act() {
  struct Kind {
    std::string_view name;
    std::size_t weight;
    Result<void> (CutHistory::*act)(Act&);
  };
  static constexpr std::array<Kind, 8> kKinds{{{"batch", 10, &CutHistory::act_batch},
                                               {"empty batch", 2, &CutHistory::act_empty_batch},
                                               {"records", 3, &CutHistory::act_plant},
                                               {"publication", 3, &CutHistory::act_publish},
                                               {"merge", 2, &CutHistory::act_merge},
                                               {"new tenant", 1, &CutHistory::act_create},
                                               {"lines", 1, &CutHistory::act_lines},
                                               {"backup", 1, &CutHistory::act_backup}}};
  std::size_t drawn = pick(23);
  std::size_t which = 0;
  while (drawn >= kKinds[which].weight) drawn -= kKinds[which++].weight;
  Act act;
  act.name = kKinds[which].name;
  under_way_ = act.name;
  if (pick(3) == 0) open(some_tenant());  // which tenants are open when the power goes is chance too
  const auto epoch = rig_.appliance().status().epoch;
  const auto how = pick(2) == 0 ? power::Cut::Before : power::Cut::After;
  auto& guess = steps_of.try_emplace(act.name, kStepsAtFirst).first->second;
  const int before = wrongs_;
  // Most steps of a batch stage it; what comes from its commit on decides, and gets half of its cuts.
  const bool late = act.name.ends_with("batch") && pick(2) == 0;
  const auto reach =
      late ? kStepsFromCommit : static_cast<std::size_t>(guess) * 9 / 8 + 1;  // a little beyond: some come to their end
  CutPlan::arm(static_cast<int>(pick(reach)), how, late ? "batch:commit" : "");
  const auto done = (this->*kKinds[which].act)(act);
  act.acknowledged = done.has_value();
  std::vector<std::string> steps;
  const auto seen = CutPlan::seen();
  if (cut_fired(how, steps)) {
    ++counts_.as_told;
    const int cuts_before = counts_.cuts;
    if (!start_again(act, std::move(steps))) {
      counts_.as_told -= 1 + counts_.cuts - cuts_before;
      return;
    }
    settle(act, epoch);
    for (const auto& tenant : act.touched) compare(tenant);
    if (pick(3) == 0) compare(some_tenant());
    if (wrongs_ != before) counts_.as_told -= 1 + counts_.cuts - cuts_before;
  } else {
    if (!late) guess = std::max(seen, 1);
    CutPlan::disarm();
    const bool held = !done && done.error().code() == ErrorCode::Locked && act.refused_by_hold;
    if (!done && !held)
      wrong(counts_.otherwise_wrong, std::string("refused without a cut: ") + done.error().doing().data());
    if (done && act.refused_by_hold) wrong(counts_.lost, "a held batch was run");
    settle(act, epoch);
  }
  if (!certificates_.empty() && pick(8) == 0) {
    const auto& [tenant, serial] = certificates_[pick(certificates_.size())];
    if (!rig_.appliance().certificate(tenant, serial)) wrong(counts_.lost, "a certificate is not there");
  }
}

void CutHistory::run(int cuts) {
  const int until = counts_.cuts + cuts;
  for (int idle = 0; counts_.cuts < until && wrongs_ == 0; ++idle) {
    ENSURE(idle < 100 * cuts + 100);
    one_act();
  }
  if (wrongs_ != 0) return;
  under_way_ = "the end";
  const auto tenants = tenants_;
  for (const auto& tenant : tenants) compare(tenant);
  attack_the_first_image();
  if (wrongs_ != 0) --counts_.as_told;
}

// The thief of the first day comes back, with the TPM as it stands now.
void CutHistory::attack_the_first_image() {
  const bool moved = rig_.appliance().status().epoch != 0;
  rig_.stop();
  CutPlan::disarm();
  const auto anchor = rig_.hardware().open();
  const auto loot = attack(base_, *anchor);
  if (moved != (loot.generations == 0))
    wrong(counts_.otherwise_wrong, "the first image opens, or does not open, against its epoch");
  for (const auto& [tenant, all] : model_) {
    for (const auto& [record, erased] : all) {
      if (erased && loot.holds(record.key))
        wrong(counts_.resurrected, "the first image yields the key of an erased record");
    }
  }
}

}  // namespace shosoin::test
