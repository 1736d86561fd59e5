#include "admin-api/service/records/record_keys.h"

#include <algorithm>

#include "firmware/base/codec.h"
#include "storage/files/normalise.h"

namespace shosoin::service {
namespace {

using files::ItemRole;

std::string_view value_of(ImportTarget target, const files::RecordInput& record, ItemRole role) {
  const auto index = target.definition.index_of(role, target.group);
  return index ? std::string_view(record.values[*index]) : std::string_view();
}

}  // namespace

std::optional<std::string> addressee_in(ImportTarget target, const files::RecordInput& record) {
  const auto own = files::addressee_number_key(value_of(target, record, ItemRole::AddresseeNumber));
  return own.empty() ? record.addressee_number : std::optional(own);
}

std::optional<SearchKey> subject_key(const TenantStore& store, ImportTarget target, const files::RecordInput& record) {
  const auto key = [](SearchKind kind, ByteView bytes) { return SearchKey{kind, search_prefix(kind, bytes), {}}; };
  if (const auto code = value_of(target, record, ItemRole::ResidentRecordCode); !code.empty()) {
    return key(SearchKind::ResidentRecordCode, code_token(store, code));
  }
  if (record.individual_number) {
    return key(SearchKind::IndividualNumber, code_token(store, record.individual_number->reveal()));
  }
  const auto addressee = addressee_in(target, record);
  if (!addressee) return std::nullopt;
  return key(SearchKind::AddresseeNumber, addressee_bytes(files::addressee_number_key(*addressee)));
}

std::vector<Entry> record_keys(const TenantStore& store, ImportTarget target, const files::RecordInput& record,
                               const RecordId& id, const std::string& addressee) {
  std::vector<Entry> keys;
  if (target.table().rows == files::GroupRows::Apart) {
    keys.push_back(search_entry(SearchKind::Group, group_bytes(target.definition.key(), target.table().key), id));
    return keys;
  }
  if (const auto code = value_of(target, record, ItemRole::ResidentRecordCode); !code.empty()) {
    keys.push_back(search_entry(SearchKind::ResidentRecordCode, code_token(store, code), id));
  }
  keys.push_back(
      search_entry(SearchKind::AddresseeNumber, addressee_bytes(files::addressee_number_key(addressee)), id));
  if (record.individual_number) {
    keys.push_back(
        search_entry(SearchKind::IndividualNumber, code_token(store, record.individual_number->reveal()), id));
  }
  const auto kana = files::kana_search_key(value_of(target, record, ItemRole::KanaName));
  const auto birth = files::read_date(value_of(target, record, ItemRole::BirthDate));
  if (!kana.empty() && birth) {
    keys.push_back(search_entry(SearchKind::KanaName, kana_bytes(kana, files::birth_date_key(birth.value())), id));
  }
  return keys;
}

RowId new_row_id(std::uint64_t seq, std::optional<std::uint16_t> place) {
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  if (place) std::ranges::copy(be(*place), random.begin());
  return RowId::from(Writer{}.u64(seq).raw(random).take()).value();
}

MadeRow new_row(const TenantId& tenant, std::uint64_t seq, ByteView plain) {
  const auto id = new_row_id(seq);
  auto encrypted = crypto::encrypt_row({tenant, id}, plain);
  return {{id, std::move(encrypted.bytes)}, {id, encrypted.key}};
}

}  // namespace shosoin::service
