// 変換記録: what an import changed in its values, row by row - rule and code points before and after, of numbers only
// that they were changed (domain notes, section 2). Kept in table Quarantine, an entry for each record whose row was
// changed, so that it leaves with the record (format page: service/entries.md). Values; any thread.
#pragma once

#include "admin-api/service/people/people.h"
#include "storage/files/conversion_record.h"
#include "storage/files/findings.h"

namespace shosoin::service {

// Collected while a row is checked; one thread at a time.
class RowConversions {
 public:
  void add(const files::Finding& finding);
  // The entry of the record that the row became; none when the row was stored as it came. What was collected of rows
  // that became no record is forgotten.
  std::optional<Entry> take(const RecordId& import, std::uint64_t row, const RecordId& record);

 private:
  std::vector<files::Conversion> open_;  // of one row
};

// Whole rows after the given one, in the order of the file, until limits::kConversionsTold is reached.
struct ConversionsTold {
  std::vector<files::Conversion> conversions;
  bool more = false;
};
Result<ConversionsTold> read_conversions(const TenantStore& store, const RecordId& import, std::uint64_t after_row);

}  // namespace shosoin::service
