#include "admin-api/service/retention/erasure_gather.h"

#include <algorithm>

#include "admin-api/service/records/quarantine.h"
#include "admin-api/service/records/search_keys.h"
#include "admin-api/service/retention/erasure_witness.h"
#include "admin-api/service/retention/halves.h"
#include "admin-api/service/retention/holds.h"
#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/stored_json.h"
#include "firmware/base/limits.h"
#include "storage/files/stored_row.h"

namespace shosoin::service {
namespace {

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
      ++batch.rows_of[import];
    }
    return true;
  }));
  batch.abandoned.assign(left_behind.begin(), left_behind.end());
  return read;
}

// Rows that nobody could identify, and that another person has rejected.
Result<void> gather_unidentified(const TenantStore& store, TenantBatch& batch) {
  std::map<RecordId, std::string> rejected;  // and by whom
  TRY(each_waiting(store, [&](const Waiting& waiting) {
    if (waiting.state == "rejected") rejected[waiting.record] = text_member(waiting.decided, "operatorId");
    return true;
  }));
  std::size_t ordered = 0;
  for (const auto& facts : batch.approved) ordered += facts.records.size();
  for (const auto& [id, by] : rejected) {
    TRY(auto record, find_record(store, id));
    if (!record || batch.records.contains(id)) continue;
    if (ordered == limits::kMaxErasureRecords) {  // the rest goes with the next one
      batch.left_over = true;
      break;
    }
    TRY(const auto hold, hold_over(store, record->file, {id}));
    if (hold) continue;  // no record that anybody sees, but what a hold finds stays
    auto& rows = batch.unidentified[record->file];
    rows.file = record->file;
    rows.records.insert(id);
    if (!by.empty()) rows.decided_by.insert(by);
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

// What a record that goes says about its person's number. Read without changing the batch: two threads do it.
struct Going {
  std::string integrated;       // "": of no person, or not there any more
  bool last = false;            // no record that stays is linked to the person
  bool changed = false;         // the last, and there is a history of numbers
  bool by_value = false;        // the last, and no row tells its number: it is found by what it stands for
  std::optional<Digest> token;  // of the number, where nothing that stays has it
};
Result<Going> look_at(const files::DefinitionSet& definitions, const TenantStore& store, const TenantBatch& batch,
                      const RecordId& id) {
  Going going;
  TRY(auto record, find_record(store, id));
  if (!record || record->integrated.empty()) return going;
  going.integrated = record->integrated;
  TRY(const bool another, has_another_record(store, record->integrated, batch));
  going.last = !another;
  const bool unreadable = std::ranges::find(batch.abandoned, record->import) != batch.abandoned.end();
  if (going.last) {
    TRY(going.changed, store.any(TableId::NumberHistory, generations::number_history_prefix(record->integrated)));
    going.by_value = unreadable || record->number.id == RowId{};
  }
  if (unreadable) return going;
  auto read = subject_number(definitions, store, *record);
  if (!read && read.error().code() == ErrorCode::LostInRestore) {  // no row tells it any more
    going.by_value = going.last;
    return going;
  }
  TRY(const auto number, std::move(read));
  if (!number) return going;
  const auto token = store.number_token(view_of(number->reveal()));
  TRY(const bool held, another ? is_number_held(store, record->integrated, token, batch) : Result<bool>(false));
  if (!held) going.token = token;
  return going;
}

// The entry number -> 団体内統合宛名番号 would tell that its subject was there: it goes with the last record that has
// the number, and all of the subject's go with the subject's last record (promise 5).
Result<void> gather_lost_numbers(const Parts& parts, const TenantStore& store, TenantBatch& batch) {
  const auto& definitions = parts.definitions.now();
  const std::vector<RecordId> ids(batch.records.begin(), batch.records.end());
  TRY(const auto all,
      look_at_each<Going>(ids, [&](const RecordId& id) { return look_at(definitions, store, batch, id); }));
  std::set<std::string> by_value;
  for (const auto& going : all) {
    bool history = false;
    if (going.changed) {
      TRY(history, gather_history(store, going.integrated, batch));
    }
    if (history || going.by_value) by_value.insert(going.integrated);
    if (going.token) batch.lost_numbers.push_back(copy_of(*going.token));
  }
  return gather_by_value(store, by_value, batch);
}

// What is held or not due stays approved under an id of its own, with everything that was decided (decision 0070); who
// was present at this run is not present at the next.
std::optional<ErasureFacts> split(ErasureFacts& facts, const Allowed& allowed) {
  if (allowed.refused.empty()) return std::nullopt;
  auto rest = facts;
  rest.id = RecordId::random();
  rest.remainder_of = facts.id.hex();
  if (needs_witness(rest)) ask_for_witness(rest);
  rest.records.clear();
  for (const auto& [id, refusal] : allowed.refused) rest.records.insert(id);
  facts.records = allowed.records;
  facts.remainder = rest.id.hex();
  return rest;
}

// In the order they were applied for, so that none waits for ever behind others; `first` before all.
void sort_by_turn(std::vector<ErasureFacts>& open, const std::optional<RecordId>& first) {
  std::ranges::stable_sort(open, {}, [&](const ErasureFacts& facts) {
    return std::pair(facts.id != first.value_or(RecordId{}), text_member(facts.requested, "at"));
  });
}

Result<void> gather_approved(const Gathering& by, const TenantStore& store, TenantBatch& batch) {
  TRY(auto open, open_erasures(store));
  sort_by_turn(open, by.first);
  const auto today = legal_today(by.parts);
  std::size_t records = 0;
  for (auto& facts : open) {
    if (facts.state != "approved") continue;
    TRY(const auto witness, witness_refusal(by.parts, facts, by.executor));
    if (!witness.empty()) {
      batch.waiting.emplace_back(std::move(facts), EarlyRefusal{ErrorCode::Conflict, witness, std::nullopt});
      continue;
    }
    if (facts.file == kAccessLog) {  // months of the log: all of them or none
      TRY(const auto refusal, refusal_of(store, facts, today, undetermined_in(facts)));
      if (refusal) {
        batch.waiting.emplace_back(std::move(facts), *refusal);
      } else {
        batch.approved.push_back(std::move(facts));
      }
      continue;
    }
    TRY(const auto allowed, allowed_among(store, facts.file, facts.records, today, undetermined_in(facts)));
    if (allowed.records.empty()) {
      batch.waiting.emplace_back(std::move(facts), allowed.refused.begin()->second);
      continue;
    }
    if (records + allowed.records.size() > limits::kMaxErasureRecords) {  // the rest goes with the next one
      batch.left_over = true;
      break;
    }
    records += allowed.records.size();
    if (auto rest = split(facts, allowed)) batch.remainders.emplace(facts.id, std::move(*rest));
    batch.approved.push_back(std::move(facts));
  }
  return success();
}

}  // namespace

Result<TenantBatch> gather_records(const Gathering& by, const TenantStore& store) {
  TenantBatch batch;
  TRY(gather_approved(by, store, batch));
  for (const auto& facts : batch.approved) batch.records.insert(facts.records.begin(), facts.records.end());
  TRY(gather_rejected(store, batch));
  TRY(gather_unidentified(store, batch));
  return batch;
}

Result<TenantBatch> gather(const Gathering& by, const TenantStore& store) {
  TRY(auto batch, gather_records(by, store));
  TRY(gather_lost_numbers(by.parts, store, batch));
  return batch;
}

}  // namespace shosoin::service
