#include "admin-api/service/import_rows.h"

#include "admin-api/service/search_keys.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "storage/files/normalise.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

ImportRows::ImportRows(TenantStore& store, const files::Definition& definition, const RecordId& import,
                       std::uint64_t seq, std::shared_ptr<Assignments> open)
    : store_(store),
      definition_(definition),
      import_(import),
      seq_(seq),
      confirmed_(store),
      linker_(store, definition.key(), std::move(open)),
      writer_(store) {}

std::string ImportRows::value_of(const files::RecordInput& record, files::ItemRole role) const {
  const auto index = definition_.index_of(role);
  return index ? record.values[*index] : std::string();
}

void ImportRows::add(TableId table, Bytes key, Bytes value) {
  writer_.add(Entry{{table, std::move(key)}, std::move(value)});
}

Result<bool> ImportRows::is_known(std::string_view resident_record_code) {
  if (resident_record_code.empty()) return false;
  const SearchKey key{SearchKind::ResidentRecordCode,
                      search_prefix(SearchKind::ResidentRecordCode, code_token(store_, resident_record_code)),
                      {}};
  TRY(const bool any, store_.any(TableId::SearchKeys, key.prefix));
  if (!any) return false;
  TRY(auto found, search(store_, key));
  for (const auto& id : found) {
    TRY(auto entry, find_record(store_, id));
    if (!entry || entry->file != definition_.key()) continue;
    TRY(const bool confirmed, confirmed_.contains(entry->import));
    if (confirmed) return true;
  }
  return false;
}

generations::RowPlace ImportRows::encrypt(ByteView plain) {
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  auto id = RowId::from(Writer{}.u64(seq_).raw(random).take());
  auto encrypted = crypto::encrypt_row({store_.tenant(), id.value()}, plain);
  generations::RowPlace place{id.value(), encrypted.key};
  writer_.add(generations::NewRow{place.id, std::move(encrypted.bytes)});
  return place;
}

void ImportRows::note_search_keys(const files::RecordInput& record, const RecordId& id, const std::string& addressee) {
  if (const auto code = value_of(record, files::ItemRole::ResidentRecordCode); !code.empty()) {
    writer_.add(search_entry(SearchKind::ResidentRecordCode, code_token(store_, code), id));
  }
  writer_.add(
      search_entry(SearchKind::AddresseeNumber, addressee_bytes(files::addressee_number_key(addressee)), id));
  if (record.individual_number) {
    writer_.add(
        search_entry(SearchKind::IndividualNumber, code_token(store_, record.individual_number->reveal()), id));
  }
  const auto kana = files::kana_search_key(value_of(record, files::ItemRole::KanaName));
  const auto birth = files::read_date(value_of(record, files::ItemRole::BirthDate));
  if (!kana.empty() && birth) {
    writer_.add(search_entry(SearchKind::KanaName, kana_bytes(kana, files::birth_date_key(birth.value())), id));
  }
}

Result<void> ImportRows::take(const files::ImportedRow& row) {
  TRY(const bool known, is_known(value_of(row.record, files::ItemRole::ResidentRecordCode)));
  if (known) {
    ++known_subject_count_;
    if (known_subjects_.size() < limits::kMaxImportFindings) known_subjects_.push_back(row.number);
    return success();
  }
  TRY(auto linked, linker_.link({row.record.individual_number, row.record.addressee_number}));
  link_findings_.add(row.number, linked.flags);
  if (linked.entry) writer_.add(std::move(*linked.entry));
  const auto& integrated = linked.integrated;
  const auto addressee = row.record.addressee_number.value_or(integrated);
  const auto id = RecordId::random();
  generations::RecordEntry entry{definition_.key(), import_, addressee, integrated, {}, {}, 1};
  TRY(auto plain,
      files::encode_record(definition_, {definition_.key(), definition_.version(), addressee, row.record.values}));
  entry.record = encrypt(plain);
  memory::wipe(plain);
  if (row.record.individual_number) {
    entry.number = encrypt(view_of(row.record.individual_number->reveal()));
    ++numbers_written_;
  }
  add(TableId::Records, copy_of(id.view()), generations::encode_record_entry(entry));
  auto link = addressee_bytes(integrated);
  append(link, id.view());
  add(TableId::SubjectLinks, std::move(link), {});
  note_search_keys(row.record, id, addressee);
  addressees_.push_back(addressee);
  ++taken_;
  return writer_.pause();
}

std::vector<std::string> ImportRows::take_addressees() {
  if (addressees_.size() <= limits::kLoggedAddressees) return std::exchange(addressees_, {});
  const auto end = addressees_.begin() + static_cast<std::ptrdiff_t>(limits::kLoggedAddressees);
  std::vector<std::string> taken(std::make_move_iterator(addressees_.begin()), std::make_move_iterator(end));
  addressees_.erase(addressees_.begin(), end);
  return taken;
}

}  // namespace shosoin::service
