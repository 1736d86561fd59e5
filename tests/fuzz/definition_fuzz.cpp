// A record file definition: refused with a message, or loaded and within every bound.
#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"
#include "storage/files/definition.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shosoin;
  using namespace shosoin::files;
  DefinitionFault fault;
  const auto definition = Definition::load(text_of({data, size}), &fault);
  if (!definition) {
    ENSURE(!fault.message.en.empty());
    return 0;
  }
  const auto& items = definition.value().items();
  ENSURE(!items.empty() && items.size() <= limits::kMaxDefinitionItems);
  for (const auto& item : items) ENSURE(item.role != ItemRole::IndividualNumber || !item.may_leave);
  return 0;
}
