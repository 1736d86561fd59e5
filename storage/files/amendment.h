// What an amendment of a definition may do. Stored records keep the version they came in with and must stay readable,
// and rules of retention refer to item keys; so an amendment appends items, relaxes, or mends printed texts - and
// nothing else. Logic checks judge only what arrives, never what is stored: they come, change and go, and each is told.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "storage/files/definition.h"

namespace shosoin::files {

enum class AmendmentRule : std::uint8_t {
  // allowed
  ItemAppended,   // behind the last item of its table, not required
  GroupAppended,  // behind the last table
  LengthGrown,
  NoLongerRequired,
  NoLongerLeaves,
  TypeWidened,   // number or flag to code or text, code to text, number to amount
  CheckDropped,  // not that of an identifier with a role
  RowsWidened,   // one row per person to many
  EventAppended,
  TextMended,  // printed names and numbers, source
  LogicCheckAdded,
  LogicCheckChanged,
  LogicCheckRemoved,
  // refused
  NotTheSameFile,
  VersionNotHigher,
  ItemRemoved,
  ItemMoved,     // to another place or table
  ItemInserted,  // before an item of the old version
  NewItemRequired,
  LengthShortened,
  NowRequired,
  NowLeaves,
  TypeChanged,
  RoleChanged,
  CheckChanged,
  GroupRemoved,
  GroupMoved,
  GroupInserted,
  RowsNarrowed,
  EventRemoved,
  TooManyChanges,
};
struct AmendmentRuleRow {
  AmendmentRule rule;
  std::string_view slug;  // stable; stands in JSON
  bool allowed;
  Bilingual text;
};
const AmendmentRuleRow& amendment_rule(AmendmentRule rule) noexcept;

struct AmendmentChange {
  AmendmentRule rule;
  bool in_old = false;  // the pointer leads into the old definition: what it names is gone
  std::string pointer;  // RFC 6901
  std::string key;      // of the item, group or file
};
struct Amendment {
  std::vector<AmendmentChange> changes;
  bool allowed() const noexcept;
};
Amendment compare(const Definition& older, const Definition& newer);

}  // namespace shosoin::files
