#include "admin-api/service/records/known_subjects.h"

#include "admin-api/service/records/record_keys.h"
#include "storage/files/stored_row.h"

namespace shosoin::service {

Result<std::optional<generations::RecordEntry>> KnownSubjects::find(const files::RecordInput& record) {
  using Found = std::optional<generations::RecordEntry>;
  if (target_.table().rows != files::GroupRows::One) return Found{};
  auto key = subject_key(store_, target_, record);
  if (!key) return Found{};
  if (key->prefix == last_key_) return last_;
  std::vector<RecordId> ids;
  TRY(const bool any, store_.any(TableId::SearchKeys, key->prefix));  // most rows are of somebody new: asked cheaply
  if (any) {
    TRY(ids, search(store_, *key));
  }
  Found newest;
  for (const auto& id : ids) {
    TRY(auto entry, find_record(store_, id));
    if (!entry || entry->file != target_.definition.key() || entry->group != target_.group) continue;
    if (entry->identification == generations::Identification::Rejected) continue;
    TRY(const bool confirmed, confirmed_.contains(entry->import));
    if (confirmed && (!newest || entry->version > newest->version)) newest = std::move(entry);
  }
  last_key_ = std::move(key->prefix);
  last_ = std::move(newest);
  return last_;
}

Result<std::optional<files::SubjectRow>> KnownSubjects::read(const files::RecordInput& record) {
  TRY(const auto known, find(record));
  if (!known) return std::optional<files::SubjectRow>{};
  auto stored = store_.read_row(known->record.id, known->record.key);
  if (!stored && stored.error().code() == ErrorCode::LostInRestore) return std::optional<files::SubjectRow>{};  // nothing to compare with
  TRY(auto plain, std::move(stored));
  auto row = row_of(plain);
  memory::wipe(plain);
  TRY(row);
  if (known->number.id == RowId{}) return std::optional(std::move(row).value());
  auto number = store_.read_row(known->number.id, known->number.key);
  if (!number && number.error().code() == ErrorCode::LostInRestore) return std::optional<files::SubjectRow>{};  // the same
  TRY(auto bytes, std::move(number));
  auto numbers = files::numbers_of_row(bytes, target_.definition, target_.group);
  memory::wipe(bytes);
  TRY(numbers);
  const auto own = target_.definition.index_of(files::ItemRole::IndividualNumber, target_.group);
  const auto held = own ? numbers.value().find(*own) : numbers.value().end();
  if (held != numbers.value().end()) row.value().individual_number = held->second;
  return std::optional(std::move(row).value());
}

// An amendment appends items and moves none: what an earlier version lacks was not there.
Result<files::SubjectRow> KnownSubjects::row_of(ByteView plain) const {
  TRY(const auto view, files::view_row(plain));
  TRY(files::definition_of(view, definitions_.now()));
  files::SubjectRow row;
  for (const auto value : view.values) row.values.emplace_back(value);
  row.values.resize(target_.definition.items_of(target_.group).size());
  return row;
}

}  // namespace shosoin::service
