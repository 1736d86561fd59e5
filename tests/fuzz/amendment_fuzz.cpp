// Two definitions, divided by a NUL: comparing them ends within its bound, an older version is never allowed, and a
// definition compared with itself differs in nothing but that its version is not higher.
#include "firmware/base/bytes.h"
#include "firmware/base/limits_files.h"
#include "storage/files/amendment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shosoin;
  using namespace shosoin::files;
  const auto text = text_of({data, size});
  const auto middle = text.find('\0');
  if (middle == std::string_view::npos) return 0;
  const auto older = Definition::load(text.substr(0, middle)), newer = Definition::load(text.substr(middle + 1));
  if (!older || !newer) return 0;
  const auto amendment = compare(older.value(), newer.value());
  ENSURE(amendment.changes.size() <= limits::kMaxAmendmentChanges);
  for (const auto& change : amendment.changes) ENSURE(!amendment_rule(change.rule).text.ja.empty());
  if (older.value().version() >= newer.value().version()) ENSURE(!amendment.allowed());
  const auto same = compare(newer.value(), newer.value());
  ENSURE(same.changes.size() == 1);  // only that the version is not higher
  return 0;
}
