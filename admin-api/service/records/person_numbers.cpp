#include "admin-api/service/records/person_numbers.h"

#include <algorithm>

#include "firmware/base/limits_linking.h"
#include "storage/files/stored_row.h"

namespace shosoin::service {

using generations::NumberChange;
using generations::NumberChangeState;

const FormerNumber* PersonNumbers::find_former(const Digest& token) const {
  const auto found = std::ranges::find(former, token, &FormerNumber::token);
  return found == former.end() ? nullptr : &*found;
}

Result<std::vector<std::pair<EntryKey, NumberChange>>> number_history(const TenantStore& store,
                                                                      std::string_view integrated) {
  std::vector<std::pair<EntryKey, NumberChange>> out;
  Result<void> read = success();
  TRY(store.scan(TableId::NumberHistory, generations::number_history_prefix(integrated), [&](const Entry& entry) {
    auto change = generations::decode_number_change(*entry.value);
    if (!change) {
      read = change.error();
      return false;
    }
    out.emplace_back(entry.key, std::move(change.value()));
    return out.size() < limits::kMaxNumberChanges;
  }));
  TRY(std::move(read));
  return out;
}

Result<std::optional<files::IndividualNumber>> subject_number(const files::DefinitionSet& definitions,
                                                              const TenantStore& store,
                                                              const generations::RecordEntry& record) {
  if (record.number.id == RowId{}) return std::optional<files::IndividualNumber>{};
  TRY(auto plain, store.read_row(record.record.id, record.record.key));
  const auto row = files::view_row(plain);
  const auto definition =
      row ? files::definition_of(row.value(), definitions) : Result<const files::Definition*>(row.error());
  const auto group = row ? row.value().group : 0;
  memory::wipe(plain);
  TRY(const auto* known, definition);
  TRY(auto held, store.read_row(record.number.id, record.number.key));
  const auto numbers = files::numbers_of_row(held, *known, group);
  memory::wipe(held);
  if (!numbers) return numbers.error();
  const auto own = known->index_of(files::ItemRole::IndividualNumber, group);
  const auto found = own ? numbers.value().find(*own) : numbers.value().end();
  if (found == numbers.value().end()) return std::optional<files::IndividualNumber>{};
  return std::optional(found->second);
}

// A number the person has again is not a former one.
Result<PersonNumbers> person_numbers(const TenantStore& store, std::string_view integrated) {
  TRY(auto history, number_history(store, integrated));
  std::erase_if(history, [](const auto& one) { return one.second.state != NumberChangeState::Done; });
  std::ranges::stable_sort(history, std::ranges::greater{}, [](const auto& one) { return one.second.done_at; });
  PersonNumbers numbers;
  for (const auto& [key, change] : history) {
    if (!numbers.present) {
      numbers.present = change.present;
      numbers.present_token = change.present_token;
    }
    if (change.former_token == numbers.present_token || numbers.find_former(change.former_token) != nullptr) continue;
    numbers.former.push_back({change.former, change.former_token, change.changed_on});
  }
  return numbers;
}

Result<bool> any_number_changed(const TenantStore& store) {
  bool any = false;
  TRY(store.scan(TableId::NumberHistory, {}, [&](const Entry&) {
    any = true;
    return false;
  }));
  return any;
}

Result<NumberSearch> search_history(const TenantStore& store, const Digest& token) {
  NumberSearch search;
  TRY(auto integrated, store.get({TableId::Addressees, copy_of(token)}));
  if (!integrated) return search;
  TRY(const auto numbers, person_numbers(store, text_of(*integrated)));
  if (!numbers.present) return search;
  search.has_history = true;
  if (const auto* former = numbers.find_former(token)) search.superseded_on = former->changed_on;
  std::vector<RecordId> ids;
  TRY(store.scan(TableId::SubjectLinks, addressee_bytes(text_of(*integrated)), [&](const Entry& entry) {
    if (const auto id = generations::record_of(entry.key)) ids.push_back(*id);
    return ids.size() < limits::kMaxPersonRecords;
  }));
  for (const auto& id : ids) {
    TRY(auto entry, find_record(store, id));
    if (entry && entry->number.id != RowId{}) search.records.push_back(id);
  }
  return search;
}

}  // namespace shosoin::service
