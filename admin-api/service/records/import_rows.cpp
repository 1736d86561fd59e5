#include "admin-api/service/records/import_rows.h"

#include "admin-api/service/records/quarantine.h"
#include "admin-api/service/records/record_keys.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "storage/files/normalise.h"
#include "storage/files/source_values.h"
#include "storage/files/stored_row.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

ImportRows::ImportRows(TenantStore& store, ImportTarget target, const Definitions& definitions, const RecordId& import,
                       std::uint64_t seq, std::shared_ptr<Assignments> open)
    : store_(store),
      target_(target),
      import_(import),
      seq_(seq),
      subjects_(store, target, definitions),
      linker_(store, target.definition, std::move(open)),
      writer_(store) {}

void ImportRows::add(TableId table, Bytes key, Bytes value) {
  writer_.add(Entry{{table, std::move(key)}, std::move(value)});
}

generations::RowPlace ImportRows::encrypt(ByteView plain) {
  const auto id = new_row_id(seq_, writer_.place());
  crypto::DrawnRow row(plain);
  const generations::RowPlace place{id, row.key()};
  writer_.add({id, std::move(row)});
  return place;
}

// Whose record it is. A new version keeps both numbers of its subject, so that every version is found where the newest
// is: a change of the 宛名番号 or the 個人番号 is none of the changes a check lets pass. False: not to be taken.
Result<bool> ImportRows::follow(const files::ImportedRow& row, const Known& known, generations::RecordEntry& entry) {
  if (target_.table().rows == files::GroupRows::Apart) return true;
  const auto own = addressee_in(target_, row.record);
  if (known) {
    const auto same = [](std::string_view left, std::string_view right) {
      return files::addressee_number_key(left) == files::addressee_number_key(right);
    };
    if (!row.changes_subject || (own && !same(*own, known->addressee))) return false;
    entry.version = known->version + 1;
  }
  if (known && !row.record.individual_number) {
    entry.integrated = known->integrated;
    entry.addressee = known->addressee;
    return true;
  }
  TRY(auto linked, linker_.link({row.record.individual_number, own}));
  if (known && linked.integrated != known->integrated) return false;
  link_findings_.add(row.number, linked.flags);
  if (linked.entry) writer_.add(std::move(*linked.entry));
  entry.integrated = std::move(linked.integrated);
  entry.addressee = known ? known->addressee : own.value_or(entry.integrated);
  return true;
}

void ImportRows::note_person(const RecordId& id, const generations::RecordEntry& entry) {
  auto link = addressee_bytes(entry.integrated);
  append(link, id.view());
  add(TableId::SubjectLinks, std::move(link), {});
  if (last_addressee_ != entry.addressee) addressees_.push_back(last_addressee_ = entry.addressee);
}

void ImportRows::note_term(const files::ImportedRow& row, const RecordId& id) {
  if (!rule_) return;
  const std::vector<std::string_view> values(row.record.values.begin(), row.record.values.end());
  const auto term = count_term(*rule_, target_.definition, target_.group, values);
  for (auto& entry : term_entries(id, target_.definition.key(), term)) writer_.add(std::move(entry));
}

Result<void> ImportRows::note_waiting(const files::ImportedRow& row, const RecordId& id,
                                      generations::RecordEntry& entry) {
  std::vector<files::SourceValue> sources;
  Waiting waiting{import_, id, "waiting", row.number, {}, {}};
  for (const auto& value : row.doubtful) {
    sources.push_back({static_cast<std::uint16_t>(value.item), value.source});
    waiting.items.push_back({target_.definition.items_of(target_.group)[value.item].key,
                             doubtful_told(row.record.values[value.item], target_.characters)});
  }
  TRY(auto plain, files::encode_sources(sources));
  entry.identification = generations::Identification::Waiting;
  entry.source = encrypt(plain);
  memory::wipe(plain);
  writer_.add(waiting_entry(waiting));
  return success();
}

Result<void> ImportRows::take(const files::ImportedRow& row) {
  const auto& definition = target_.definition;
  const auto id = RecordId::random();
  generations::RecordEntry entry{definition.key(), import_, {}, {}, {}, {}, 1, {}, {}, {}, {}};
  entry.group = static_cast<std::uint16_t>(target_.group);
  if (!definition.is_flat()) entry.row = static_cast<std::uint32_t>(row.number);
  TRY(const auto known, subjects_.find(row.record));
  TRY(const bool taken, follow(row, known, entry));
  if (!taken) {
    ++known_subject_count_;
    if (known_subjects_.size() < limits::kMaxImportFindings) known_subjects_.push_back(row.number);
    return success();
  }
  if (target_.table().rows != files::GroupRows::Apart) note_person(id, entry);
  TRY(auto plain, files::encode_row(definition, target_.group, entry.addressee, row.record.values));
  entry.record = encrypt(plain);
  memory::wipe(plain);
  TRY(auto numbers, files::encode_row_numbers(definition, target_.group, row.record));
  if (!numbers.empty()) {
    entry.number = encrypt(numbers);
    memory::wipe(numbers);
    ++numbers_written_;
  }
  note_term(row, id);
  if (entry.version > 1) ++versions_;
  if (row.state == files::RowState::Quarantined) {
    TRY(note_waiting(row, id, entry));
  }
  if (auto changed = conversions_.take(import_, row.number, id)) writer_.add(std::move(*changed));
  add(TableId::Records, copy_of(id.view()), generations::encode_record_entry(entry));
  for (auto& key : record_keys(store_, target_, row.record, id, entry.addressee)) writer_.add(std::move(key));
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
