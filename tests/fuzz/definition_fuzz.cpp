// A record file definition: refused with a message, or loaded and within every bound.
#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_files.h"
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
  for (const auto& item : items) {
    ENSURE(!is_individual_number(item.role) || !item.may_leave);
    ENSURE(is_individual_number(item.role) == (item.check == ItemCheck::IndividualNumber));
  }
  std::size_t next = 0;  // the tables divide the items, in order and without a gap
  for (const auto& group : definition.value().groups()) {
    ENSURE(group.first == next && group.count != 0);
    next += group.count;
  }
  ENSURE(next == items.size() && definition.value().groups().size() <= limits::kMaxDefinitionGroups);
  for (const auto event : definition.value().retention_events()) ENSURE(items[event].type == ItemType::Date);
  return 0;
}
