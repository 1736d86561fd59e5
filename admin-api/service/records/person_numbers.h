// Which 個人番号 is a person's at present, and which ones were (D-16). A record keeps the number it came with; a change
// of the number stands beside all records of the person, and what is shown and searched by goes through it. Any thread.
#pragma once

#include "admin-api/service/records/search_keys.h"
#include "storage/files/definition.h"
#include "storage/files/identifiers.h"
#include "storage/generations/number_history.h"

namespace shosoin::service {

struct FormerNumber {
  generations::RowPlace row;
  Digest token{};
  std::string changed_on;  // YYYY-MM-DD, the day from which it was not the person's any more
};
// What the history of one integrated number says; only changes that were approved count.
struct PersonNumbers {
  std::optional<generations::RowPlace> present;  // none: nothing was ever changed, records have the number
  Digest present_token{};
  std::vector<FormerNumber> former;  // newest first
  const FormerNumber* find_former(const Digest& token) const;
};
// Of the record's own subject: those of others in the same row stay theirs. None where the row held none.
Result<std::optional<files::IndividualNumber>> subject_number(const files::DefinitionSet& definitions,
                                                              const TenantStore& store,
                                                              const generations::RecordEntry& record);
Result<PersonNumbers> person_numbers(const TenantStore& store, std::string_view integrated);
// Every entry of the history, also those that wait for approval.
Result<std::vector<std::pair<EntryKey, generations::NumberChange>>> number_history(const TenantStore& store,
                                                                                   std::string_view integrated);
// Whether any number of the tenant was ever changed: then, and only then, the history is worth a look.
Result<bool> any_number_changed(const TenantStore& store);

// The records of the person who has or had this number, as far as they have a number at all; none where its history is
// empty, and the search keys of the records say everything.
struct NumberSearch {
  bool has_history = false;
  std::string superseded_on;  // "": it is the present number
  std::vector<RecordId> records;
};
Result<NumberSearch> search_history(const TenantStore& store, const Digest& token);

}  // namespace shosoin::service
