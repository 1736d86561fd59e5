// A record file definition: refused with a message, or loaded and within every bound, its logic checks among their own
// table's items.
#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_definitions.h"
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
  ENSURE(definition.value().checks().size() <= limits::kMaxLogicChecks);
  for (const auto& check : definition.value().checks()) {
    const auto table = definition.value().items_of(check.group);
    const auto within = [&](std::size_t item) { ENSURE(item < table.size()); };
    for (const auto* condition : {&check.when, &check.gone}) {
      if (!*condition) continue;
      within((*condition)->item);
      ENSURE(!is_individual_number(table[(*condition)->item].role));
      ENSURE((*condition)->values.size() <= limits::kMaxCheckValues);
    }
    for (const auto item : check.items) within(item);
    ENSURE(!check.ja.empty() && !check.en.empty() && !check.source.empty());
    ENSURE(!is_about_subject(check.rule) || definition.value().groups()[check.group].rows == GroupRows::One);
    if (check.rule == LogicRule::InOrder) {
      for (const auto item : check.items) ENSURE(table[item].type == ItemType::Date);
    }
  }
  for (const auto event : definition.value().retention_events()) ENSURE(items[event].type == ItemType::Date);
  return 0;
}
