// A change of a 個人番号 (番号法 7条2項: on application or ex officio; D-16): asked for, approved by another person on
// another terminal who types the new number again, then one durable change (promise 7). Any thread.
//
//   requested -> approved | rejected;  requested -> removed, when a batch takes the person's last record
#pragma once

#include "admin-api/service/context.h"
#include "admin-api/service/records/person_numbers.h"

namespace shosoin::service {

// The entry of a request in table Approvals; JSON, format 1 (service/entries.md). Never a number or a token.
struct NumberChangeFacts {
  RecordId id;
  std::string state, file;
  RecordId record;      // the one it was asked for
  std::string subject;  // 団体内統合宛名番号 while requested, then "": nothing of an erased subject stays
  std::string changed_on, basis, case_reference;
  boost::json::object requested, decided;  // who, when
  std::string requested_by;
  Fingerprint requested_at{};
  std::string closed_on{};  // legal day of the decision, or of its removal (documents.h)
};
Entry number_change_entry(const NumberChangeFacts& facts);
Result<std::optional<NumberChangeFacts>> find_number_change(const TenantStore& store, const RecordId& id);
Result<std::vector<NumberChangeFacts>> all_number_changes(const TenantStore& store);  // as many as a list needs
Result<void> each_number_change(const TenantStore& store, const std::function<bool(const NumberChangeFacts&)>& visit);

}  // namespace shosoin::service
