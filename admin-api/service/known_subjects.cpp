#include "admin-api/service/known_subjects.h"

#include "admin-api/service/search_keys.h"
#include "storage/files/normalise.h"
#include "storage/files/record.h"

namespace shosoin::service {

KnownSubjects::KnownSubjects(const TenantStore& store, const files::Definition& definition,
                             const Definitions& definitions)
    : store_(store), definition_(definition), definitions_(definitions), confirmed_(store) {
  asked_about_ = std::ranges::any_of(
      definition.checks(), [](const files::LogicCheck& check) { return files::is_about_subject(check.rule); });
}
KnownSubjects::~KnownSubjects() { memory::wipe(last_prefix_); }

std::optional<Bytes> KnownSubjects::prefix_of(const files::RecordInput& record) const {
  const auto value = [&](files::ItemRole role) {
    const auto index = definition_.index_of(role);
    return index ? std::string_view(record.values[*index]) : std::string_view();
  };
  if (const auto code = value(files::ItemRole::ResidentRecordCode); !code.empty())
    return search_prefix(SearchKind::ResidentRecordCode, code_token(store_, code));
  if (!asked_about_) return std::nullopt;
  auto addressee = value(files::ItemRole::AddresseeNumber);
  if (record.addressee_number) addressee = *record.addressee_number;
  if (addressee.empty()) return std::nullopt;
  return search_prefix(SearchKind::AddresseeNumber, addressee_bytes(files::addressee_number_key(addressee)));
}

Result<std::optional<generations::RecordEntry>> KnownSubjects::look_up(const Bytes& prefix) {
  const SearchKey key{static_cast<SearchKind>(prefix.front()), prefix, {}};
  TRY(const auto ids, search(store_, key));
  std::optional<generations::RecordEntry> newest;
  for (const auto& id : ids) {
    TRY(auto entry, find_record(store_, id));
    if (!entry || entry->file != definition_.key()) continue;
    TRY(const bool confirmed, confirmed_.contains(entry->import));
    if (confirmed && (!newest || entry->version > newest->version)) newest = std::move(entry);
  }
  return newest;
}

Result<std::optional<generations::RecordEntry>> KnownSubjects::find(const files::RecordInput& record) {
  auto prefix = prefix_of(record);
  if (!prefix) return std::optional<generations::RecordEntry>{};
  if (*prefix == last_prefix_) return last_;
  TRY(last_, look_up(*prefix));
  last_prefix_ = std::move(*prefix);
  return last_;
}

Result<std::optional<files::SubjectRow>> KnownSubjects::read(const files::RecordInput& record) {
  TRY(const auto known, find(record));
  if (!known) return std::optional<files::SubjectRow>{};
  TRY(auto plain, store_.read_row(known->record.id, known->record.key));
  auto stored = files::decode_record(plain);
  memory::wipe(plain);
  TRY(stored);
  const auto& under = stored.value();
  TRY(files::definition_of(under, definitions_.now()));
  // An amendment appends items and moves none: what an earlier version lacks was not there.
  files::SubjectRow row{under.values, std::nullopt};
  row.values.resize(definition_.items().size());
  if (known->number.id != RowId{}) {
    TRY(auto digits, store_.read_row(known->number.id, known->number.key));
    auto number = files::IndividualNumber::parse(text_of(digits));
    memory::wipe(digits);
    if (!number) return Error{ErrorCode::Integrity, "read the number of a confirmed record"};
    row.individual_number = number.value();
  }
  return std::optional(std::move(row));
}

}  // namespace shosoin::service
