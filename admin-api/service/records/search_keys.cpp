#include "admin-api/service/records/search_keys.h"

#include <algorithm>

#include "admin-api/service/records/person_numbers.h"
#include "firmware/base/limits.h"
#include "storage/files/dates.h"
#include "storage/files/identifiers.h"
#include "storage/files/normalise.h"
#include "storage/files/utf8.h"

namespace shosoin::service {
namespace {

using protocol::FieldId;

constexpr std::size_t kBirthKey = 8;
constexpr std::string_view kValueAt = "/searchKey/value";

Result<SearchKey> kana_key_in(Context& context, std::string_view value) {
  const auto kana = files::kana_search_key(value);
  std::size_t characters = 0;
  files::each_code_point(kana, [&](char32_t) { return ++characters > 0; });
  if (characters < limits::kMinKanaPrefix || kana.find('\0') != std::string::npos) {
    return context.refuse(ErrorCode::InvalidContent, "search by so short a name", kValueAt);
  }
  const auto date = files::read_date(context.text(FieldId::BirthDate));
  if (!date) return context.refuse(ErrorCode::InvalidContent, "read the birth date", "/searchKey/birthDate");
  return SearchKey{SearchKind::KanaName, search_prefix(SearchKind::KanaName, view_of(kana)),
                   files::birth_date_key(date.value()), TableId::SearchKeys};
}

Result<SearchKey> addressee_key_in(Context& context, std::string_view value, bool integrated) {
  const auto key = files::addressee_number_key(value);
  if (key.empty() || key.find('\0') != std::string::npos) {
    return context.refuse(ErrorCode::InvalidContent, "read an addressee number", kValueAt);
  }
  if (integrated) return SearchKey{SearchKind::AddresseeNumber, addressee_bytes(key), {}, TableId::SubjectLinks};
  return SearchKey{SearchKind::AddresseeNumber, search_prefix(SearchKind::AddresseeNumber, addressee_bytes(key)), {}};
}

// Only a table about no person is listed: people are searched for (S-03).
Result<SearchKey> group_key_in(Context& context, std::string_view value, const files::Definition& definition) {
  const auto group = definition.group_index(value);
  if (!group || definition.groups()[*group].rows != files::GroupRows::Apart) {
    return context.refuse(ErrorCode::InvalidContent, "list a table that is not one about no person", kValueAt);
  }
  return SearchKey{SearchKind::Group, search_prefix(SearchKind::Group, group_bytes(definition.key(), value)), {}};
}

// The record id behind an entry of this prefix, when the entry is a match.
std::optional<RecordId> match(const SearchKey& key, ByteView entry) {
  if (entry.size() < RecordId::kSize + 1) return std::nullopt;
  const auto id = RecordId::from(entry.last(RecordId::kSize));
  const auto middle = entry.first(entry.size() - RecordId::kSize);
  switch (key.kind) {
    case SearchKind::ResidentRecordCode:
    case SearchKind::IndividualNumber:
    case SearchKind::AddresseeNumber:
    case SearchKind::Group:
      if (middle.size() != key.prefix.size()) return std::nullopt;
      break;
    case SearchKind::KanaName: {
      if (middle.size() < key.prefix.size() + 1 + kBirthKey) return std::nullopt;
      const auto birth = middle.last(kBirthKey);
      if (middle[middle.size() - kBirthKey - 1] != 0 || text_of(birth) != key.birth_key) return std::nullopt;
      break;
    }
  }
  return id.value();
}

// By a number that a change speaks of: all records of the person that have one, with whichever they came (D-16).
Result<std::vector<RecordId>> with_history(const TenantStore& store, const SearchKey& key,
                                           std::vector<RecordId> found) {
  if (key.kind != SearchKind::IndividualNumber) return found;
  Digest token{};
  const auto bytes = ByteView(key.prefix).last(token.size());
  std::ranges::copy(bytes, token.begin());
  TRY(auto history, search_history(store, token));
  if (!history.has_history) return found;
  found.insert(found.end(), history.records.begin(), history.records.end());
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

}  // namespace

Bytes search_prefix(SearchKind kind, ByteView bytes) {
  Bytes out{static_cast<std::uint8_t>(kind)};
  append(out, bytes);
  return out;
}

Bytes code_token(const TenantStore& store, std::string_view digits) {
  return copy_of(store.number_token(view_of(digits)));
}

Bytes addressee_bytes(std::string_view addressee_key) {
  Bytes out = copy_of(view_of(addressee_key));
  out.push_back(0);
  return out;
}

Bytes group_bytes(std::string_view file, std::string_view group) {
  Bytes out = addressee_bytes(file);
  append(out, addressee_bytes(group));
  return out;
}

Bytes kana_bytes(std::string_view kana_key, std::string_view birth_key) {
  ENSURE(birth_key.size() == kBirthKey);
  Bytes out = addressee_bytes(kana_key);
  append(out, view_of(birth_key));
  return out;
}

Entry search_entry(SearchKind kind, ByteView bytes, const RecordId& record) {
  auto key = search_prefix(kind, bytes);
  append(key, record.view());
  return {{TableId::SearchKeys, std::move(key)}, Bytes{}};
}

Result<SearchKey> search_key_in(const TenantStore& store, Context& context, const files::Definition& definition) {
  const auto kind = context.text(FieldId::SearchKind);
  auto value = context.text(FieldId::SearchValue);
  if (!files::is_valid_utf8(value)) return context.refuse(ErrorCode::InvalidContent, "read the search value", kValueAt);
  if (kind == "residentRecordCode") {
    const auto code = files::ResidentRecordCode::parse(value);
    if (!code) return context.refuse(ErrorCode::InvalidContent, "read a resident record code", kValueAt);
    return SearchKey{SearchKind::ResidentRecordCode,
                     search_prefix(SearchKind::ResidentRecordCode, code_token(store, code.value().text())),
                     {}};
  }
  if (kind == "individualNumber") {
    const auto number = files::IndividualNumber::parse(value);
    memory::wipe(value);
    if (!number) return context.refuse(ErrorCode::InvalidContent, "read an individual number", kValueAt);
    return SearchKey{SearchKind::IndividualNumber,
                     search_prefix(SearchKind::IndividualNumber, code_token(store, number.value().reveal())),
                     {}};
  }
  if (kind == "addresseeNumber") return addressee_key_in(context, value, false);
  if (kind == "integratedAddresseeNumber") return addressee_key_in(context, value, true);
  if (kind == "group") return group_key_in(context, value, definition);
  if (kind == "kanaNameAndBirthDate") return kana_key_in(context, value);
  return context.refuse(ErrorCode::InvalidContent, "find this kind of search key", "/searchKey/kind");
}

Result<std::vector<RecordId>> search(const TenantStore& store, const SearchKey& key) {
  std::vector<RecordId> found;
  std::size_t passed = 0;
  TRY(store.scan(key.table, key.prefix, [&](const Entry& entry) {
    if (auto id = match(key, entry.key.bytes)) found.push_back(*id);
    return ++passed < limits::kMaxSearchScan;
  }));
  if (passed >= limits::kMaxSearchScan) return Error{ErrorCode::TooMany, "search by so common a beginning"};
  return with_history(store, key, std::move(found));
}

Result<std::optional<generations::RecordEntry>> find_record(const TenantStore& store, const RecordId& id) {
  TRY(auto stored, store.get({TableId::Records, copy_of(id.view())}));
  if (!stored) return std::optional<generations::RecordEntry>{};
  auto entry = generations::decode_record_entry(*stored);
  memory::wipe(*stored);
  TRY(auto record, std::move(entry));
  return std::optional(std::move(record));
}

}  // namespace shosoin::service
