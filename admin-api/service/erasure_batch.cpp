// From approved requests to the orders of one batch.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>

#include "admin-api/service/erasures.h"
#include "admin-api/service/holds.h"
#include "admin-api/service/imports.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/number_changes.h"
#include "admin-api/service/quarantine.h"
#include "admin-api/service/search_keys.h"
#include "admin-api/service/tenant_removals.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_backup.h"
#include "firmware/base/limits_retention.h"
#include "firmware/base/log.h"
#include "storage/files/stored_row.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using erasure::ErasureOrder;

// What goes from one tenant in this batch, beside the requests themselves.
struct TenantBatch {
  std::vector<ErasureFacts> approved;
  std::vector<std::pair<ErasureFacts, EarlyRefusal>> waiting;  // approved, but not allowed now: they stay approved
  std::vector<ImportFacts> rejected;
  std::vector<RecordId> abandoned;  // imports that left records behind: a merge that was published after all
  std::map<std::string, std::set<RecordId>> unidentified;  // by file: rows whose 文字同定 was rejected
  std::set<RecordId> records;                              // of all four
  std::vector<Bytes> lost_numbers;                         // keys of Addressees whose last record goes
  std::set<std::string> lost_subjects;  // 団体内統合宛名番号 whose last record goes, as far as a number was changed
  std::vector<NumberChangeFacts> undecided;  // changes that were asked for about them
};

Result<void> gather_rejected(const TenantStore& store, TenantBatch& batch) {
  TRY(auto imports, all_imports(store));
  std::set<RecordId> rejected, abandoned;
  for (auto& facts : imports) {
    if (facts.state == "abandoned") abandoned.insert(facts.id);
    if (facts.state != "rejected") continue;
    rejected.insert(facts.id);
    batch.rejected.push_back(std::move(facts));
  }
  if (rejected.empty() && abandoned.empty()) return success();
  std::set<RecordId> left_behind;
  Result<void> read = success();
  TRY(store.scan(TableId::Records, {}, [&](const Entry& entry) {
    auto record = generations::decode_record_entry(*entry.value);
    if (!record) {
      read = record.error();
      return false;
    }
    const auto& import = record.value().import;
    if (abandoned.contains(import)) left_behind.insert(import);
    if (abandoned.contains(import) || rejected.contains(import)) {
      batch.records.insert(*generations::record_of(entry.key));
    }
    return true;
  }));
  batch.abandoned.assign(left_behind.begin(), left_behind.end());
  return read;
}

// Rows that nobody could identify, and that another person has rejected.
Result<void> gather_unidentified(const TenantStore& store, TenantBatch& batch) {
  std::vector<RecordId> rejected;
  TRY(each_waiting(store, [&](const Waiting& waiting) {
    if (waiting.state == "rejected") rejected.push_back(waiting.record);
    return true;
  }));
  std::size_t ordered = 0;
  for (const auto& facts : batch.approved) ordered += facts.records.size();
  for (const auto& id : rejected) {
    TRY(auto record, find_record(store, id));
    if (!record || batch.records.contains(id)) continue;
    if (ordered == limits::kMaxErasureRecords) break;  // the rest goes with the next one
    TRY(const auto hold, hold_over(store, record->file, {id}));
    if (hold) continue;  // no record that anybody sees, but what a hold finds stays
    batch.unidentified[record->file].insert(id);
    ++ordered;
    batch.records.insert(id);
  }
  return success();
}

// Numbers that no row tells - an abandoned import has dropped its rows, a change has replaced a number - are found by
// what they stand for.
Result<void> gather_by_value(const TenantStore& store, const std::set<std::string>& integrated, TenantBatch& batch) {
  if (integrated.empty()) return success();
  TRY(store.scan(TableId::Addressees, {}, [&](const Entry& entry) {
    if (integrated.contains(std::string(text_of(*entry.value)))) batch.lost_numbers.push_back(entry.key.bytes);
    return true;
  }));
  return success();
}

// Whether a record that stays is linked to this person.
Result<bool> has_another_record(const TenantStore& store, std::string_view integrated, const TenantBatch& batch) {
  bool another = false;
  TRY(store.scan(TableId::SubjectLinks, addressee_bytes(integrated), [&](const Entry& entry) {
    const auto other = generations::record_of(entry.key);
    another = other && !batch.records.contains(*other);
    return !another;
  }));
  return another;
}

// Whether a record that stays came with this number, or a change of the person's number speaks of it.
Result<bool> is_number_held(const TenantStore& store, std::string_view integrated, const Digest& token,
                            const TenantBatch& batch) {
  bool held = false;
  TRY(store.scan(TableId::SearchKeys, search_prefix(SearchKind::IndividualNumber, token), [&](const Entry& entry) {
    const auto other = generations::record_of(entry.key);
    held = other && !batch.records.contains(*other);
    return !held;
  }));
  if (held) return true;
  TRY(const auto history, number_history(store, integrated));
  return std::ranges::any_of(
      history, [&](const auto& one) { return one.second.former_token == token || one.second.present_token == token; });
}

// The history of the numbers of a person whose last record goes: it leaves, and what was asked for is not decided any
// more.
Result<bool> gather_history(const TenantStore& store, const std::string& integrated, TenantBatch& batch) {
  if (batch.lost_subjects.contains(integrated)) return true;
  TRY(const bool changed, store.any(TableId::NumberHistory, generations::number_history_prefix(integrated)));
  if (!changed) return false;
  TRY(const auto history, number_history(store, integrated));
  for (const auto& [key, change] : history) {
    if (change.state != generations::NumberChangeState::Requested) continue;
    TRY(const auto id, RecordId::from(ByteView(key.bytes).last(RecordId::kSize)));
    TRY(auto facts, find_number_change(store, id));
    if (facts) batch.undecided.push_back(std::move(*facts));
  }
  if (!history.empty()) batch.lost_subjects.insert(integrated);
  return !history.empty();
}

// The entry number -> 団体内統合宛名番号 would tell that its subject was there: it goes with the last record that has
// the number, and all of the subject's go with the subject's last record (promise 5).
Result<void> gather_lost_numbers(const Parts& parts, const TenantStore& store, TenantBatch& batch) {
  std::set<std::string> by_value;
  for (const auto& id : batch.records) {
    TRY(auto record, find_record(store, id));
    if (!record || record->integrated.empty()) continue;  // of no person
    TRY(const bool another, has_another_record(store, record->integrated, batch));
    const bool unreadable = std::ranges::find(batch.abandoned, record->import) != batch.abandoned.end();
    if (!another) {
      TRY(const bool history, gather_history(store, record->integrated, batch));
      if (history || unreadable || record->number.id == RowId{}) by_value.insert(record->integrated);
    }
    if (unreadable) continue;
    auto read = subject_number(parts.definitions.now(), store, *record);
    if (!read && read.error().code() == ErrorCode::LostInRestore) {  // no row tells it any more
      if (!another) by_value.insert(record->integrated);
      continue;
    }
    TRY(const auto number, std::move(read));
    if (!number) continue;
    const auto token = store.number_token(view_of(number->reveal()));
    TRY(const bool held, another ? is_number_held(store, record->integrated, token, batch) : Result<bool>(false));
    if (!held) batch.lost_numbers.push_back(copy_of(token));
  }
  return gather_by_value(store, by_value, batch);
}

bool is_empty(const TenantBatch& batch) {
  return batch.approved.empty() && batch.rejected.empty() && batch.abandoned.empty() && batch.unidentified.empty();
}

Result<void> gather_approved(Parts& parts, const TenantStore& store, TenantBatch& batch) {
  TRY(auto all, all_erasures(store));
  const auto today = legal_today(parts);
  std::size_t records = 0;
  for (auto& facts : all) {
    if (facts.state != "approved") continue;
    TRY(auto refusal, early_refusal(store, facts.file, facts.records, today, undetermined_in(facts)));
    if (refusal) {
      batch.waiting.emplace_back(std::move(facts), *refusal);
    } else if (records + facts.records.size() <= limits::kMaxErasureRecords) {  // the rest goes with the next one
      records += facts.records.size();
      batch.approved.push_back(std::move(facts));
    }
  }
  return success();
}

Result<TenantBatch> gather(Parts& parts, const TenantStore& store) {
  TenantBatch batch;
  TRY(gather_approved(parts, store, batch));
  for (const auto& facts : batch.approved) batch.records.insert(facts.records.begin(), facts.records.end());
  TRY(gather_rejected(store, batch));
  TRY(gather_unidentified(store, batch));
  TRY(gather_lost_numbers(parts, store, batch));
  return batch;
}

constexpr std::string_view kCopiesKnown =
    "保管庫が作り、その場所にあるバックアップ(新しいもの)"
    "。どのバックアップも暗号文だけで、消去した行の鍵はこのバッチで失われる。よそへ移した写しは把握していない / "
    "backups that the vault made and that stand in their place, the newest; every backup holds ciphertext only, and "
    "the keys of the erased rows end with "
    "this batch; copies moved elsewhere are not known";
constexpr std::string_view kCopiesUnknown =
    "バックアップの場所を読めなかった。どのバックアップも暗号文だけで、消去した行の鍵はこのバッチで失われる / "
    "the place of backups could not be read; every backup holds ciphertext only, and the keys of the erased rows end "
    "with this batch";

// Backups that stand where the vault made them, the newest last: all it knows of, and only by their names.
std::optional<json::array> backups_in(const std::filesystem::path& place) {
  std::set<std::string> names;
  std::error_code failed;
  if (!std::filesystem::exists(place, failed)) return failed ? std::nullopt : std::optional(json::array{});
  for (std::filesystem::directory_iterator at(place, failed), end; !failed && at != end; at.increment(failed)) {
    auto name = at->path().filename().string();
    if (name.size() > limits::kMaxBackupName || name.find_first_not_of("0123456789TZ-") != std::string::npos) continue;
    names.insert(std::move(name));
    if (names.size() > limits::kBackupsDeclared) names.erase(names.begin());
  }
  if (failed) return std::nullopt;
  return json::array(names.begin(), names.end());
}

// The service's members of the certificate (DESIGN section 6; E-04, E-07): who, when, what, on which ground - no
// subject.
json::object declaration_of(const Parts& parts, const TenantFacts& tenant, const ErasureFacts& facts,
                            const json::object& retention) {
  json::object out{{"tenant", json::object{{"localGovernmentCode", tenant.code}, {"name", tenant.name}}},
                   {"recordFile", facts.file},
                   {"count", static_cast<std::int64_t>(facts.records.size())}};
  for (const auto& member : facts.application) out[member.key()] = member.value();
  for (const auto& member : retention) out[member.key()] = member.value();
  out["requestedBy"] = facts.requested;
  out["approvedBy"] = facts.approved;
  out["executedBy"] = facts.executed;
  declare_copies(parts, out);
  return out;
}

json::object rejected_declaration(const TenantFacts& tenant, std::size_t imports) {
  return {{"tenant", json::object{{"localGovernmentCode", tenant.code}, {"name", tenant.name}}},
          {"count", 0},
          {"rejectedImports", static_cast<std::int64_t>(imports)},
          {"ground", "確認されなかった一括登録の取消し / withdrawal of imports that were not confirmed"}};
}

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

std::vector<Entry> side_entries(const TenantBatch& batch) {
  std::vector<Entry> entries;
  for (const auto& key : batch.lost_numbers) entries.push_back({{TableId::Addressees, key}, std::nullopt});
  for (auto facts : batch.rejected) {
    facts.state = "removed";
    entries.push_back(import_entry(facts));
  }
  for (auto facts : batch.undecided) {
    facts.state = "removed";
    facts.subject.clear();
    entries.push_back(number_change_entry(facts));
  }
  return entries;
}

// What was allowed when the batch was gathered is asked again under the hold of the tenant's writers (E-03).
std::function<Result<void>()> last_look(Parts& parts, const TenantStore& store, const ErasureFacts& facts) {
  return [&parts, &store, file = facts.file, records = facts.records,
          undetermined = undetermined_in(facts)]() -> Result<void> {
    TRY(const auto refusal, early_refusal(store, file, records, legal_today(parts), undetermined));
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

ErasureOrder order_of(const Parts& parts, const TenantFacts& tenant, ErasureFacts facts,
                      const json::object& retention) {
  ErasureOrder order;
  order.tenant = tenant.id;
  order.records = facts.records;
  order.declaration = json::serialize(declaration_of(parts, tenant, facts, retention));
  order.log = log_entry({{"operation", "erasure-execute"},
                         {"result", "ok"},
                         {"erasureId", facts.id.hex()},
                         {"recordFile", facts.file},
                         {"count", facts.records.size()},
                         {"requestedBy", facts.requested},
                         {"approvedBy", facts.approved},
                         {"executedBy", facts.executed}});
  order.additions = [facts = std::move(facts)](std::uint64_t epoch, std::uint32_t index) mutable {
    facts.state = "executed";
    facts.epoch = epoch;
    facts.index = index;
    return std::vector<Entry>{erasure_entry(facts)};
  };
  return order;
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

Result<void> add_orders(Parts& parts, const Context* context, TenantStore& store, std::vector<ErasureOrder>& orders) {
  TRY(auto batch, gather(parts, store));
  TRY(log_waiting(store, batch));
  if (is_empty(batch)) return success();
  const auto tenant = parts.tenants.facts(store.tenant());
  ENSURE(tenant.has_value());
  const auto first = orders.size();
  for (auto& facts : batch.approved) {
    // Another tenant's certificate does not name this tenant's operator.
    const bool own =
        context != nullptr && (context->by().person.tenant == store.tenant() || context->second.has_value());
    facts.executed = own ? person_and_time(*context)
                         : json::object{{"operatorId", "appliance"}, {"at", to_iso8601(parts.clock.now())}};
    TRY(const auto retention, declared_retention(store, facts.file, facts.records));
    orders.push_back(order_of(parts, *tenant, facts, retention));
    orders.back().last_look = last_look(parts, store, facts);
  }
  for (const auto& [file, records] : batch.unidentified) {
    orders.push_back(unidentified_order(*tenant, file, records));
    orders.back().last_look = last_look_unidentified(store, file, records);
  }
  if (orders.size() == first) {
    ErasureOrder order;
    order.tenant = tenant->id;
    const auto imports = batch.rejected.size() + batch.abandoned.size();
    order.declaration = json::serialize(rejected_declaration(*tenant, imports));
    order.log = log_entry({{"operation", "rejected-imports-removed"}, {"imports", imports}});
    orders.push_back(std::move(order));
  }
  for (const auto& facts : batch.rejected) orders[first].rejected_imports.insert(facts.id);
  orders[first].rejected_imports.insert(batch.abandoned.begin(), batch.abandoned.end());
  orders[first].lost_subjects = batch.lost_subjects;
  auto own = std::move(orders[first].additions);
  orders[first].additions = [own = std::move(own), side = side_entries(batch)](std::uint64_t epoch,
                                                                               std::uint32_t index) {
    auto entries = own ? own(epoch, index) : std::vector<Entry>{};
    entries.insert(entries.end(), side.begin(), side.end());
    return entries;
  };
  return success();
}

Result<void> note_batch(Parts& parts, std::uint64_t epoch) {
  TRY(parts.zero().change([&](std::uint64_t) -> Result<generations::Change> {
    const auto now = static_cast<std::uint64_t>(parts.clock.now().time_since_epoch().count());
    return generations::Change{{{last_batch_key(), Writer{}.u64(now).take()}},
                               {},
                               {},
                               log_entry({{"operation", "batch-done"}, {"epoch", epoch}})};
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

}  // namespace

void declare_copies(const Parts& parts, json::object& declaration) {
  auto backups = backups_in(parts.settings.state_copy_directory / "backups");
  const bool known = backups.has_value();
  declaration["survivingCopies"] = known ? std::move(*backups) : json::array{};
  declaration["survivingCopiesNote"] = std::string(known ? kCopiesKnown : kCopiesUnknown);
}

Result<bool> anything_approved(Parts& parts) {
  TRY(const bool leaving, any_removal_approved(parts));
  if (leaving) return true;
  for (const auto* store : parts.tenants.all_opened()) {
    auto batch = gather(parts, *store);
    if (!batch && batch.error().code() == ErrorCode::Integrity) return true;  // the batch itself tells about it
    if (!batch) return batch.error();
    if (!is_empty(batch.value())) return true;
  }
  return false;
}

namespace {

struct Gathered {
  std::vector<ErasureOrder> orders;
  RemovalOrders removals;  // without their orders: these stand among the others
};

Result<Gathered> gather_orders(Parts& parts, const Context* context) {
  Gathered gathered;
  TRY(gathered.removals, removal_orders(parts, context));
  auto& orders = gathered.orders;
  orders = std::move(gathered.removals.orders);
  for (auto* store : parts.tenants.all_opened()) {
    if (gathered.removals.tenants.contains(store->tenant())) continue;  // goes as a whole
    const auto before = orders.size();
    auto added = add_orders(parts, context, *store, orders);
    if (added) continue;
    if (added.error().code() != ErrorCode::Integrity) return added.error();
    orders.resize(before);
    TRY(alarm_left_out(parts, *store, added.error()));
  }
  return gathered;
}

Result<erasure::BatchOutcome> run_gathered(Parts& parts, Gathered gathered) {
  std::unique_lock<std::mutex> nobody_new;  // joins a tenant that leaves
  if (!gathered.removals.tenants.empty()) nobody_new = std::unique_lock(parts.people_changes);
  auto outcome = parts.appliance.run_batch(std::move(gathered.orders), parts.settings.daily_batches);
  if (outcome) forget_removed(parts, gathered.removals);
  return outcome;
}

}  // namespace

Result<erasure::BatchOutcome> run_approved(Parts& parts, const Context* context, BatchFailure& failure) {
  TRY(auto gathered, gather_orders(parts, context));
  auto outcome = run_gathered(parts, std::move(gathered));
  const auto came_between = [&] {
    return !outcome && (outcome.error().code() == ErrorCode::TooEarly || outcome.error().code() == ErrorCode::Locked);
  };
  for (int looks = 1; came_between() && looks < limits::kBatchLooks; ++looks) {  // without what must wait now
    TRY(auto fewer, gather_orders(parts, context));
    outcome = run_gathered(parts, std::move(fewer));
  }
  if (!outcome) {
    // Past its commit point a batch can only go forward, and only a start finishes it (DESIGN 4).
    failure.must_end = !parts.appliance.status().certified;
    return outcome.error();
  }
  TRY(note_batch(parts, outcome.value().epoch));
  return std::move(outcome.value());
}

Result<bool> batch_after(Parts& parts, std::chrono::milliseconds age, BatchFailure& failure) {
  TRY(auto stored, parts.zero().get(last_batch_key()));
  const auto now = parts.clock.now();
  if (stored && stored->size() == 8) {
    const Instant last{
        std::chrono::milliseconds(static_cast<std::int64_t>(from_be<std::uint64_t>(std::span(*stored).first<8>())))};
    // A clock that went back would keep the next one waiting until it has caught up.
    if (now >= last && now - last < age) return false;
  }
  std::unique_lock one_at_a_time(parts.erasures);
  TRY(run_approved(parts, nullptr, failure));
  return true;
}

}  // namespace shosoin::service
