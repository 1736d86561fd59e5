// From approved requests to the orders of one batch.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <limits>
#include <optional>
#include <set>

#include "admin-api/service/log_fields.h"
#include "admin-api/service/retention/appliance_log.h"
#include "admin-api/service/retention/batch_cap.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/erasure_gather.h"
#include "admin-api/service/retention/erasure_witness.h"
#include "admin-api/service/retention/holds.h"
#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/retention/tenant_removals.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_erasure.h"
#include "firmware/base/limits_retention.h"
#include "firmware/base/log.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using erasure::ErasureOrder;

ErasureOrder unidentified_order(const TenantFacts& tenant, const std::string& file, std::set<RecordId> records) {
  ErasureOrder order;
  order.tenant = tenant.id;
  order.declaration = json::serialize(json::object{
      {"tenant", json::object{{"localGovernmentCode", tenant.code}, {"name", tenant.name}}},
      {"recordFile", file},
      {"count", static_cast<std::int64_t>(records.size())},
      {"ground", "文字同定ができなかった行の取消し / withdrawal of rows whose characters could not be identified"}});
  order.log = log_entry({{"operation", "unidentified-rows-removed"},
                         {"recordFile", file},
                         {"count", static_cast<std::int64_t>(records.size())}});
  order.records = std::move(records);
  return order;
}

std::vector<Entry> side_entries(Parts& parts, const TenantBatch& batch) {
  std::vector<Entry> entries;
  for (const auto& key : batch.lost_numbers) entries.push_back({{TableId::Addressees, key}, std::nullopt});
  for (auto facts : batch.rejected) {
    facts.state = "removed";
    entries.push_back(import_entry(facts));
  }
  for (auto facts : batch.undecided) {
    facts.state = "removed";
    facts.subject.clear();
    facts.closed_on = closing_day(parts);
    entries.push_back(number_change_entry(facts));
  }
  return entries;
}

// What was allowed when the batch was gathered is asked again under the hold of the tenant's writers (E-03).
std::function<Result<void>()> last_look(const Gathering& by, const TenantStore& store, const ErasureFacts& facts) {
  return [&parts = by.parts, executor = by.executor, &store, facts]() -> Result<void> {
    TRY(const auto now, find_erasure(store, facts.id));
    if (!now || now->state != "approved") return Error{ErrorCode::Conflict, "erase what is not approved any more"};
    TRY(const auto witness, witness_refusal(parts, *now, executor));
    if (!witness.empty()) return Error{ErrorCode::Conflict, "erase without the witness that was asked for"};
    TRY(const auto refusal, refusal_of(store, facts, legal_today(parts), undetermined_in(facts)));
    if (refusal) return Error{refusal->code, "erase what is not allowed any more"};
    return success();
  };
}

std::function<Result<void>()> last_look_unidentified(const TenantStore& store, const std::string& file,
                                                     const std::set<RecordId>& records) {
  return [&store, file, records]() -> Result<void> {
    TRY(const auto hold, hold_over(store, file, records));
    if (hold) return Error{ErrorCode::Locked, "erase unidentified rows that are on hold by now"};
    return success();
  };
}

struct Told {  // of one tenant's orders: what certificate and register say besides
  const TenantFacts& tenant;
  json::object copies;
  json::object executed;
};

json::object executed_line(const ErasureFacts& facts, const std::optional<ErasureFacts>& rest) {
  json::object line{{"operation", "erasure-execute"}, {"result", "ok"},
                    {"erasureId", facts.id.hex()},    {"disposalId", facts.disposal},
                    {"recordFile", facts.file},       {"count", facts.records.size() + facts.months.size()},
                    {"requestedBy", facts.requested}, {"approvedBy", facts.approved},
                    {"executedBy", facts.executed}};
  if (!facts.months.empty()) line["months"] = months_text(facts.months);
  if (needs_witness(facts)) line["witness"] = witness_told(facts);
  if (rest) {
    line["remainder"] = facts.remainder;
    line["remainderCount"] = rest->records.size();
  }
  return line;
}

// What certificate and register say of the retention; of months and documents also what takes them away.
struct Ended {
  json::object declared, said;
  MonthRemoval removal;
};
Result<Ended> ended_by(Parts& parts, const TenantStore& store, const ErasureFacts& facts) {
  Ended out;
  if (facts.file == kAccessLog) {
    const auto today = legal_today(parts);
    TRY(out.declared, declared_months(store, facts.months, today));
    TRY(out.said, months_said(parts, store, facts.months));
    TRY(out.removal, month_removal(store, facts.months, today));
  } else {
    TRY(out.declared, declared_retention(store, facts.file, facts.records));
    TRY(out.said, retention_said(parts, store, facts.file, facts.records));
  }
  if (facts.file == kWorkingDocuments) {
    TRY(const auto counted, counted_documents(store, facts.records));
    for (auto* members : {&out.declared, &out.said}) {
      for (const auto& member : counted) (*members)[member.key()] = member.value();
    }
    TRY(auto entries, document_removal(store, facts.records));
    out.removal = [entries = std::move(entries)](std::uint64_t, std::uint32_t) { return entries; };
  }
  return out;
}

Result<ErasureOrder> order_of(const Gathering& by, TenantStore& store, RegisterPage& page, const Told& told,
                              ErasureFacts facts, std::optional<ErasureFacts> rest) {
  TRY(auto ended, ended_by(by.parts, store, facts));
  ErasureOrder order;
  order.tenant = told.tenant.id;
  order.records = facts.records;
  order.additions = std::move(ended.removal);
  facts.executed = told.executed;
  facts.disposal = page.add(order, disposal_of(by.parts, told.tenant, facts, ended.said, told.copies)).hex();
  order.declaration = json::serialize(declaration_of(told.tenant, facts, ended.declared, told.copies));
  order.log = log_entry(executed_line(facts, rest));
  order.last_look = last_look(by, store, facts);
  order.additions = [own = std::move(order.additions), facts = std::move(facts), rest = std::move(rest)](
                        std::uint64_t epoch, std::uint32_t index) mutable {
    auto entries = own(epoch, index);
    facts.state = "executed";
    facts.epoch = epoch;
    facts.index = index;
    for (auto& entry : erasure_entries(facts)) entries.push_back(std::move(entry));
    if (rest) {
      for (auto& entry : erasure_entries(*rest)) entries.push_back(std::move(entry));
    }
    return entries;
  };
  return order;
}

// Another tenant's certificate does not name this tenant's operator.
json::object executed_by(const Parts& parts, const Context* executor, const TenantStore& store) {
  const bool own =
      executor != nullptr && (executor->by().person.tenant == store.tenant() || executor->second.has_value());
  if (own) return person_and_time(*executor);
  return {{"operatorId", "appliance"}, {"at", to_iso8601(parts.clock.now())}};
}

Result<std::vector<RemovedImport>> removed_imports(const TenantStore& store, const TenantBatch& batch) {
  std::vector<RemovedImport> out;
  const auto rows = [&](const RecordId& id) {
    const auto found = batch.rows_of.find(id);
    return found == batch.rows_of.end() ? 0 : found->second;
  };
  for (const auto& facts : batch.rejected) out.push_back({facts, rows(facts.id)});
  for (const auto& id : batch.abandoned) {
    TRY(auto facts, find_import(store, id));
    if (facts) out.push_back({std::move(*facts), rows(id)});
  }
  return out;
}

// Told at every batch it misses, so that nobody takes an approval for an erasure.
Result<void> log_waiting(TenantStore& store, const TenantBatch& batch) {
  for (const auto& [facts, refusal] : batch.waiting) {
    TRY(store.log(log_entry({{"operation", "erasure-waits"},
                             {"result", error_row(refusal.code).slug},
                             {"erasureId", facts.id.hex()},
                             {"reason", refusal.reason}})));
  }
  return success();
}

Result<bool> add_orders(const Gathering& by, TenantStore& store, std::vector<ErasureOrder>& orders) {
  TRY(auto batch, gather(by, store));
  TRY(log_waiting(store, batch));
  if (batch.is_empty()) return batch.left_over;
  const auto tenant = store.tenant() == kAppliance ? appliance_facts() : by.parts.tenants.facts(store.tenant());
  ENSURE(tenant.has_value());
  const Told told{*tenant, copies_said(by.parts), executed_by(by.parts, by.executor, store)};
  TRY(auto page, RegisterPage::open(by.parts, store));
  const auto first = orders.size();
  for (auto& facts : batch.approved) {
    auto rest = batch.remainders.extract(facts.id);
    TRY(auto order, order_of(by, store, page, told, std::move(facts),
                             rest ? std::optional(std::move(rest.mapped())) : std::nullopt));
    orders.push_back(std::move(order));
  }
  for (auto& [file, rows] : batch.unidentified) {
    rows.executed = told.executed;
    TRY(const auto said, retention_said(by.parts, store, file, rows.records));
    orders.push_back(unidentified_order(*tenant, file, rows.records));
    orders.back().last_look = last_look_unidentified(store, file, rows.records);
    page.add(orders.back(), disposal_of_unidentified(by.parts, *tenant, rows, said, told.copies));
  }
  const auto imports = batch.rejected.size() + batch.abandoned.size();
  if (orders.size() == first) {
    ErasureOrder order;
    order.tenant = tenant->id;
    order.declaration = json::serialize(rejected_declaration(*tenant, imports));
    order.log = log_entry({{"operation", "rejected-imports-removed"}, {"imports", imports}});
    orders.push_back(std::move(order));
  }
  if (imports != 0) {
    TRY(const auto removed, removed_imports(store, batch));
    page.add(orders[first], disposal_of_imports(by.parts, *tenant, removed, told.executed, told.copies));
  }
  for (const auto& facts : batch.rejected) orders[first].rejected_imports.insert(facts.id);
  orders[first].rejected_imports.insert(batch.abandoned.begin(), batch.abandoned.end());
  orders[first].lost_subjects = batch.lost_subjects;
  page.close(orders.back());
  auto own = std::move(orders[first].additions);
  orders[first].additions = [own = std::move(own), side = side_entries(by.parts, batch)](std::uint64_t epoch,
                                                                                         std::uint32_t index) {
    auto entries = own ? own(epoch, index) : std::vector<Entry>{};
    entries.insert(entries.end(), side.begin(), side.end());
    return entries;
  };
  return batch.left_over;
}

// By accepted time: the system clock neither hastens the next empty batch nor puts it off (decision 0080).
Result<void> note_last_batch(Parts& parts, const json::object& line) {
  TRY(parts.zero().change([&](std::uint64_t) -> Result<generations::Change> {
    const auto now = static_cast<std::uint64_t>(parts.legal.now().time_since_epoch().count());
    return generations::Change{{{last_batch_key(), Writer{}.u64(now).take()}}, {}, {}, log_entry(line)};
  }));
  return success();
}

// One tenant's damaged data does not keep the others' erasures waiting: its orders stay out, loudly, and stay approved.
Result<void> alarm_left_out(Parts& parts, const TenantStore& store, const Error& error) {
  oplog::failure("a tenant is left out of the batch: its data does not authenticate", error);
  const auto tenant = parts.tenants.facts(store.tenant());
  return parts.zero().log(log_entry({{"operation", "batch-tenant-left-out"},
                                     {"result", error_row(error.code()).slug},
                                     {"tenant", tenant ? tenant->code : std::string()}}));
}

// Months of its own log leave by orders, too (decision 0078).
std::vector<TenantStore*> with_tenant_zero(Parts& parts) {
  auto stores = parts.tenants.all_opened();
  stores.push_back(&parts.zero());
  return stores;
}

}  // namespace

Result<bool> anything_approved(Parts& parts) {
  TRY(const bool leaving, any_removal_approved(parts));
  if (leaving) return true;
  for (const auto* store : with_tenant_zero(parts)) {
    auto batch = gather_records({parts}, *store);
    if (!batch && batch.error().code() == ErrorCode::Integrity) return true;  // the batch itself tells about it
    if (!batch) return batch.error();
    if (!batch.value().is_empty()) return true;
  }
  return false;
}

namespace {

struct Gathered {
  std::vector<ErasureOrder> orders;
  RemovalOrders removals;  // without their orders: these stand among the others
};

Result<Gathered> gather_orders(const Gathering& by, BatchFailure& failure) {
  Gathered gathered;
  failure.left_over = false;
  TRY(gathered.removals, removal_orders(by.parts, by.executor));
  auto& orders = gathered.orders;
  orders = std::move(gathered.removals.orders);
  for (auto* store : with_tenant_zero(by.parts)) {
    if (gathered.removals.tenants.contains(store->tenant())) continue;  // goes as a whole
    const auto before = orders.size();
    auto added = add_orders(by, *store, orders);
    if (added) failure.left_over = failure.left_over || added.value();
    if (added) continue;
    if (added.error().code() != ErrorCode::Integrity) return added.error();
    orders.resize(before);
    TRY(alarm_left_out(by.parts, *store, added.error()));
  }
  return gathered;
}

Result<erasure::BatchOutcome> run_gathered(int cap, Parts& parts, Gathered gathered) {
  std::unique_lock<std::mutex> nobody_new;  // joins a tenant that leaves
  if (!gathered.removals.tenants.empty()) nobody_new = std::unique_lock(parts.people_changes);
  auto outcome = parts.appliance.run_batch(std::move(gathered.orders), cap, erasure::Appliance::Sweep::Later);
  if (outcome) forget_removed(parts, gathered.removals);
  return outcome;
}

}  // namespace

int own_cap(int daily_batches) {
  return std::max(1, daily_batches - std::min(limits::kBatchesForPeople, daily_batches / 2));
}

namespace {

Result<erasure::BatchOutcome> run_up_to(int cap, const Gathering& by, BatchFailure& failure) {
  auto& parts = by.parts;
  TRY(auto gathered, gather_orders(by, failure));
  auto outcome = run_gathered(cap, parts, std::move(gathered));
  const auto came_between = [&] {
    if (outcome) return false;
    const auto code = outcome.error().code();  // Conflict: withdrawn, or the witness has left
    return code == ErrorCode::TooEarly || code == ErrorCode::Locked || code == ErrorCode::Conflict;
  };
  for (int looks = 1; came_between() && looks < limits::kBatchLooks; ++looks) {  // without what must wait now
    TRY(auto fewer, gather_orders(by, failure));
    outcome = run_gathered(cap, parts, std::move(fewer));
  }
  if (!outcome) {
    // Past its commit point a batch can only go forward, and only a start finishes it (DESIGN 4).
    failure.must_end = !parts.appliance.status().certified;
    return outcome.error();
  }
  TRY(note_last_batch(parts, {{"operation", "batch-done"}, {"epoch", outcome.value().epoch}}));
  return std::move(outcome.value());
}

}  // namespace

Result<erasure::BatchOutcome> run_approved(Parts& parts, const Context* context, BatchFailure& failure,
                                           const std::optional<RecordId>& first) {
  return run_up_to(parts.settings.daily_batches, {parts, context, first}, failure);
}

Result<erasure::BatchOutcome> run_beyond_cap(Parts& parts, const Context* context, BatchFailure& failure) {
  return run_up_to(std::numeric_limits<int>::max(), {parts, context, {}}, failure);
}

Result<bool> batch_after(Parts& parts, std::chrono::milliseconds age, BatchFailure& failure) {
  const auto time = parts.legal.last();
  if (time.now == Instant{}) return false;  // before the first look at the TPM's clock
  // While the clocks disagree accepted time goes at its slowest, by a third less than the TPM's clock.
  if (time.state != retention::ClockState::Agreed) age -= age / 3;
  TRY(auto stored, parts.zero().get(last_batch_key()));
  if (stored && stored->size() == 8) {
    const Instant last{
        std::chrono::milliseconds(static_cast<std::int64_t>(from_be<std::uint64_t>(std::span(*stored).first<8>())))};
    if (time.now >= last && time.now - last < age) return false;
    // Two persons took accepted time back, or a restore dated it by the system clock. Counted from here: neither at
    // once, nor when time has caught up.
    if (time.now < last) {
      TRY(note_last_batch(parts, {{"operation", "batch-clock-back"}, {"accepted", to_iso8601(time.now)}}));
      return false;
    }
  }
  std::unique_lock one_at_a_time(parts.erasures);
  TRY(run_up_to(own_cap(parts.settings.daily_batches), {parts}, failure));
  return true;
}

}  // namespace shosoin::service
