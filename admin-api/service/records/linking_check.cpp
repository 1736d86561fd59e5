#include "admin-api/service/records/linking_check.h"

#include <algorithm>
#include <array>

#include "admin-api/service/records/record_versions.h"
#include "firmware/base/limits_linking.h"
#include "storage/files/normalise.h"

namespace shosoin::service {
namespace {

constexpr std::size_t kToldRecords = 10;  // ids named by one finding
constexpr std::array<LinkFaultRow, kLinkFaultKinds> kRows{{
    {LinkFaultKind::AddresseeOfTwo,
     "addressee-of-two",
     {"1つの宛名番号の記録が、2つの団体内統合宛名番号に分かれています。",
      "Records of one addressee number stand under two integrated addressee numbers."}},
    {LinkFaultKind::TwoAddressees,
     "two-addressees",
     {"1つの団体内統合宛名番号に、同じファイルの宛名番号が2つ以上あります。",
      "One integrated addressee number has two addressee numbers or more in one file."}},
    {LinkFaultKind::SeveralNumbers,
     "several-numbers",
     {"1つの団体内統合宛名番号に、現在の個人番号が2つ以上あります。",
      "One integrated addressee number has two individual numbers or more at present."}},
    {LinkFaultKind::NotInOtherFile,
     "not-in-other-file",
     {"このファイルにある人が、住民基本台帳ファイルにありません。",
      "A person of this file is not in the basic resident register."}},
    {LinkFaultKind::NumberNotLinked,
     "number-not-linked",
     {"記録の個人番号が、どの団体内統合宛名番号にも付いていません。",
      "The individual number of a record is linked to no integrated addressee number."}},
    {LinkFaultKind::NumberOfAnother,
     "number-of-another",
     {"記録の個人番号が、別の団体内統合宛名番号に付いています。",
      "The individual number of a record is linked to another integrated addressee number."}},
    {LinkFaultKind::RecordNotLinked,
     "record-not-linked",
     {"団体内統合宛名番号からたどれない記録があります。", "A record is not found by its integrated addressee number."}},
    {LinkFaultKind::LinkWithoutRecord,
     "link-without-record",
     {"団体内統合宛名番号の先に、記録がありません。",
      "An integrated addressee number leads to a record that is not there."}},
    {LinkFaultKind::NumberWithoutRecord,
     "number-without-record",
     {"個人番号の付いた団体内統合宛名番号に、その番号の記録がありません。",
      "An individual number is linked, and no record has it."}},
}};

// Whoever is in the first file must be in the second: both are made from it (seed 003).
struct FileRule {
  std::string_view file, other;
};
constexpr std::array<FileRule, 2> kFileRules{
    {{"honnin-kakunin-joho", "jumin-kihon-daicho"}, {"sofusaki-joho", "jumin-kihon-daicho"}}};

Bytes digits_of(unsigned bucket, std::size_t width) {
  auto digits = std::to_string(bucket);
  return copy_of(view_of(std::string(width - digits.size(), '0') + digits));
}

}  // namespace

const LinkFaultRow& link_fault_row(LinkFaultKind kind) noexcept { return kRows[static_cast<std::size_t>(kind)]; }

void LinkingCheck::tell(LinkFault fault) {
  if (faults_.size() >= 2 * limits::kReportFindings) {  // the rest of a bucket is counted
    ++omitted_;
    return;
  }
  if (fault.records.size() > kToldRecords) fault.records.resize(kToldRecords);
  faults_.push_back(std::move(fault));
}

Result<void> LinkingCheck::prepare() {
  TRY(const auto imports, all_imports(store_));
  for (const auto& facts : imports) {
    if (facts.state == "confirmed") used_.insert(facts.file);
  }
  return success();
}

// Looked at outside the scan: a visitor must not ask the store.
Result<std::vector<Bytes>> LinkingCheck::keys(TableId table, ByteView prefix) {
  std::vector<Bytes> out;
  TRY(store_.scan(table, prefix, [&](const Entry& entry) {
    out.push_back(entry.key.bytes);
    return out.size() < limits::kReportBucket;
  }));
  if (out.size() >= limits::kReportBucket) return Error{ErrorCode::TooMany, "look through so large a part of a report"};
  looked_at_ += out.size();
  return out;
}

Result<std::optional<LinkingCheck::Held>> LinkingCheck::visible(const RecordId& id) {
  TRY(auto entry, find_record(store_, id));
  if (!entry || !files_.contains(entry->file)) return std::optional<Held>{};
  TRY(const bool provided, is_provided(confirmed_, *entry));
  if (!provided) return std::optional<Held>{};
  return std::optional(Held{id, std::move(*entry)});
}

Result<void> LinkingCheck::look(Part part, unsigned bucket) {
  const Bytes byte{static_cast<std::uint8_t>(bucket)};
  switch (part) {
    case Part::Persons: {
      TRY(const auto links, keys(TableId::SubjectLinks, digits_of(bucket, 3)));
      std::map<std::string, std::vector<RecordId>> people;
      for (const auto& key : links) {
        const auto id = generations::record_of({TableId::SubjectLinks, key});
        if (!id || key.size() <= RecordId::kSize) continue;
        people[std::string(text_of(ByteView(key).first(key.size() - RecordId::kSize - 1)))].push_back(*id);
      }
      for (const auto& [integrated, ids] : people) {
        TRY(look_at_person(integrated, ids));
      }
      return success();
    }
    case Part::Records: {
      TRY(const auto records, keys(TableId::Records, byte));
      for (const auto& key : records) {
        TRY(const auto id, RecordId::from(key));
        TRY(look_at_record(id));
      }
      return success();
    }
    case Part::Numbers: {
      TRY(const auto numbers, keys(TableId::Addressees, byte));
      for (const auto& token : numbers) {
        TRY(look_at_number(token));
      }
      return success();
    }
    case Part::Histories: {
      TRY(const auto histories, keys(TableId::NumberHistory, digits_of(bucket, 1)));
      for (const auto& key : histories) {
        TRY(look_at_history(key));
      }
      return success();
    }
  }
  return success();
}

Result<void> LinkingCheck::look_at_person(const std::string& integrated, const std::vector<RecordId>& ids) {
  Records records;
  for (const auto& id : ids) {
    TRY(const auto stored, store_.get({TableId::Records, copy_of(id.view())}));
    if (!stored) tell({LinkFaultKind::LinkWithoutRecord, {}, {integrated}, {}, {id}});
    TRY(auto record, visible(id));
    if (record) records.push_back(std::move(*record));
  }
  if (records.empty()) return success();
  TRY(look_at_addressees(integrated, records));
  TRY(look_at_numbers(integrated, records));
  look_at_files(integrated, records);
  return success();
}

Result<void> LinkingCheck::look_at_addressees(const std::string& integrated, const Records& records) {
  std::map<std::string, std::map<std::string, const Held*>> by_file;  // and by addressee, the first record of each
  for (const auto& record : records) {
    if (record.entry.addressee == record.entry.integrated) continue;  // it came without one
    by_file[record.entry.file].try_emplace(files::addressee_number_key(record.entry.addressee), &record);
  }
  for (const auto& [file, addressees] : by_file) {
    if (addressees.size() > 1) {
      LinkFault fault{LinkFaultKind::TwoAddressees, file, {integrated}, {}, {}};
      for (const auto& [addressee, record] : addressees) {
        fault.addressees.push_back(addressee);
        fault.records.push_back(record->id);
      }
      tell(std::move(fault));
    }
    for (const auto& [addressee, record] : addressees) {
      TRY(look_at_others_of(integrated, *record));
    }
  }
  return success();
}

// The other records of this addressee in this file: told from the side of the smaller integrated number, so once.
Result<void> LinkingCheck::look_at_others_of(const std::string& integrated, const Held& record) {
  const auto addressee = files::addressee_number_key(record.entry.addressee);
  TRY(const auto found, search(store_, {SearchKind::AddresseeNumber,
                                        search_prefix(SearchKind::AddresseeNumber, addressee_bytes(addressee)),
                                        {}}));
  std::set<std::string> told;
  for (const auto& id : found) {
    TRY(const auto other, visible(id));
    if (!other || other->entry.file != record.entry.file || other->entry.integrated <= integrated) continue;
    if (!told.insert(other->entry.integrated).second) continue;
    tell({LinkFaultKind::AddresseeOfTwo,
          record.entry.file,
          {integrated, other->entry.integrated},
          {addressee},
          {record.id, other->id}});
  }
  return success();
}

Result<void> LinkingCheck::look_at_numbers(const std::string& integrated, const Records& records) {
  TRY(const auto history, person_numbers(store_, integrated));
  std::map<Digest, RecordId> present;  // of no change that is known
  for (const auto& record : records) {
    TRY(const auto number, subject_number(definitions_, store_, record.entry));
    if (!number) continue;
    const auto token = store_.number_token(view_of(number->reveal()));
    TRY(const auto linked, store_.get({TableId::Addressees, copy_of(token)}));
    if (!linked)
      tell({LinkFaultKind::NumberNotLinked, record.entry.file, {integrated}, {record.entry.addressee}, {record.id}});
    if (linked && text_of(*linked) != integrated) {
      tell({LinkFaultKind::NumberOfAnother,
            record.entry.file,
            {integrated, std::string(text_of(*linked))},
            {record.entry.addressee},
            {record.id}});
    }
    if (history.find_former(token) == nullptr) present.try_emplace(token, record.id);
  }
  if (history.present) present.try_emplace(history.present_token, records.front().id);
  if (present.size() <= 1) return success();
  LinkFault fault{LinkFaultKind::SeveralNumbers, {}, {integrated}, {}, {}};
  for (const auto& [token, id] : present) fault.records.push_back(id);
  std::ranges::sort(fault.records);  // an order that says nothing of the numbers
  tell(std::move(fault));
  return success();
}

void LinkingCheck::look_at_files(const std::string& integrated, const Records& records) {
  for (const auto& rule : kFileRules) {
    const std::string file(rule.file), other(rule.other);
    if (!used_.contains(other) || !files_.contains(other)) continue;
    const auto of = [](const std::string& key) { return [&key](const Held& held) { return held.entry.file == key; }; };
    const auto first = std::ranges::find_if(records, of(file));
    if (first == records.end() || std::ranges::any_of(records, of(other))) continue;
    tell({LinkFaultKind::NotInOtherFile, file, {integrated}, {first->entry.addressee}, {first->id}});
  }
}

Result<void> LinkingCheck::look_at_record(const RecordId& id) {
  TRY(const auto record, visible(id));
  if (!record || record->entry.integrated.empty()) return success();  // of no person
  auto link = addressee_bytes(record->entry.integrated);
  append(link, id.view());
  TRY(const auto linked, store_.get({TableId::SubjectLinks, std::move(link)}));
  if (linked) return success();
  tell({LinkFaultKind::RecordNotLinked,
        record->entry.file,
        {record->entry.integrated},
        {record->entry.addressee},
        {id}});
  return success();
}

// A number is known by a record that came with it, or by a change.
Result<void> LinkingCheck::look_at_number(const Bytes& token) {
  bool held = false;
  TRY(store_.scan(TableId::SearchKeys, search_prefix(SearchKind::IndividualNumber, token), [&](const Entry&) {
    held = true;
    return false;
  }));
  if (held) return success();
  TRY(const auto integrated, store_.get({TableId::Addressees, token}));
  if (!integrated) return success();
  TRY(const auto history, number_history(store_, text_of(*integrated)));
  const bool changed = std::ranges::any_of(history, [&](const auto& one) {
    return equal(one.second.former_token, token) || equal(one.second.present_token, token);
  });
  if (!changed) tell({LinkFaultKind::NumberWithoutRecord, {}, {std::string(text_of(*integrated))}, {}, {}});
  return success();
}

Result<void> LinkingCheck::look_at_history(const Bytes& key) {
  const std::string integrated(generations::integrated_in({TableId::NumberHistory, key}));
  bool linked = false;
  TRY(store_.scan(TableId::SubjectLinks, addressee_bytes(integrated), [&](const Entry&) {
    linked = true;
    return false;
  }));
  if (!linked) tell({LinkFaultKind::NumberWithoutRecord, {}, {integrated}, {}, {}});
  return success();
}

}  // namespace shosoin::service
