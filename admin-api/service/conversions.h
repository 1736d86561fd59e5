// 変換記録: what an import changed in its values, row by row - rule and code points before and after, of numbers only that
// they were changed (domain notes, section 2). Kept in parts in table Quarantine beside the import (format page:
// service/entries.md). Values; any thread.
#pragma once

#include "admin-api/service/people.h"
#include "storage/files/conversion_record.h"
#include "storage/files/findings.h"

namespace shosoin::service {

// Collected while an import is received; one thread at a time.
class ConversionParts {
 public:
  explicit ConversionParts(const RecordId& import) : import_(import) {}
  // An entry, when a part is full.
  std::optional<Entry> add(const files::Finding& finding);
  std::optional<Entry> rest();

 private:
  Entry part();
  RecordId import_;
  std::uint32_t parts_ = 0;
  std::vector<files::Conversion> open_;
};
// None where the import has no such part.
Result<std::optional<std::vector<files::Conversion>>> find_conversions(const TenantStore& store, const RecordId& import,
                                                                std::uint32_t part);

}  // namespace shosoin::service
