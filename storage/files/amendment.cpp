#include "storage/files/amendment.h"

#include <algorithm>
#include <array>

#include "firmware/base/limits_files.h"

namespace shosoin::files {
namespace {

using enum AmendmentRule;

constexpr bool kAllowed = true, kRefused = false;
constexpr std::size_t kRuleRows = static_cast<std::size_t>(TooManyChanges) + 1;
// clang-format off
constexpr std::array<AmendmentRuleRow, kRuleRows> kRules{{
    {ItemAppended, "item-appended", kAllowed, {"項目を末尾に加えます。", "An item is appended."}},
    {GroupAppended, "group-appended", kAllowed, {"組を末尾に加えます。", "A table is appended."}},
    {LengthGrown, "length-grown", kAllowed, {"文字数を増やします。", "The length grows."}},
    {NoLongerRequired, "no-longer-required", kAllowed, {"必須をやめます。", "The item is no longer required."}},
    {NoLongerLeaves, "no-longer-leaves", kAllowed, {"外に出せない項目にします。", "The item may no longer leave."}},
    {TypeWidened, "type-widened", kAllowed, {"型を緩めます。", "The type is widened."}},
    {CheckDropped, "check-dropped", kAllowed, {"検査をやめます。", "The check is dropped."}},
    {RowsWidened, "rows-widened", kAllowed, {"一人に複数の行を許します。", "Several rows per person are allowed."}},
    {EventAppended, "event-appended", kAllowed, {"保存期間の起算に使える項目を加えます。", "A retention event is added."}},
    {TextMended, "text-mended", kAllowed, {"印刷された名前や番号を改めます。", "A printed text is mended."}},
    {LogicCheckAdded, "logic-check-added", kAllowed,
     {"論理チェックを加えます。これから届く行だけが対象です。", "A logic check is added, for rows that arrive from now on."}},
    {LogicCheckChanged, "logic-check-changed", kAllowed,
     {"論理チェックを変えます。これから届く行だけが対象です。", "A logic check is changed, for rows that arrive from now on."}},
    {LogicCheckRemoved, "logic-check-removed", kAllowed,
     {"論理チェックをやめます。それが防いでいた行も受け付けるようになります。",
      "A logic check is taken away: rows that it refused will be accepted."}},

    {NotTheSameFile, "not-the-same-file", kRefused,
     {"キーが違います。別のファイルの定義です。", "Another key: the definition of another file."}},
    {VersionNotHigher, "version-not-higher", kRefused,
     {"版が前の定義より大きくありません。版を増やしてください。", "The version is not higher. Raise it."}},
    {ItemRemoved, "item-removed", kRefused,
     {"項目はなくせません。元に戻してください。", "An item cannot be taken away. Put it back."}},
    {ItemMoved, "item-moved", kRefused,
     {"項目の位置や組は変えられません。元の位置に戻してください。", "An item keeps its place and table. Put it back."}},
    {ItemInserted, "item-inserted", kRefused,
     {"新しい項目は、その組の末尾に加えてください。", "A new item goes behind the last one of its table."}},
    {NewItemRequired, "new-item-required", kRefused,
     {"新しい項目は必須にできません。前の記録には値がないためです。", "A new item cannot be required: earlier records lack it."}},
    {LengthShortened, "length-shortened", kRefused,
     {"文字数は減らせません。前の記録が収まらなくなります。", "The length cannot shrink: earlier records would not fit."}},
    {NowRequired, "now-required", kRefused,
     {"あとから必須にはできません。", "An item cannot become required."}},
    {NowLeaves, "now-leaves", kRefused,
     {"外に出せない項目を、出せるようにはできません。", "An item that may not leave cannot begin to."}},
    {TypeChanged, "type-changed", kRefused,
     {"この型には変えられません。緩める変更だけができます。", "Not to this type: it would refuse earlier values."}},
    {RoleChanged, "role-changed", kRefused,
     {"項目の役割は変えられません。別の項目を加えてください。", "A role cannot change. Append another item."}},
    {CheckChanged, "check-changed", kRefused,
     {"検査は、やめることだけができます。", "A check can only be dropped."}},
    {GroupRemoved, "group-removed", kRefused, {"組はなくせません。", "A table cannot be taken away."}},
    {GroupMoved, "group-moved", kRefused, {"組の順序は変えられません。", "The order of the tables cannot change."}},
    {GroupInserted, "group-inserted", kRefused,
     {"新しい組は末尾に加えてください。", "A new table goes behind the last one."}},
    {RowsNarrowed, "rows-narrowed", kRefused,
     {"一人あたりの行の数は、減らす方向には変えられません。", "The rows per person cannot become fewer, nor lose their person."}},
    {EventRemoved, "event-removed", kRefused,
     {"保存期間の起算に使える項目は、外したり並べ替えたりできません。", "A retention event cannot be taken away or moved."}},
    {TooManyChanges, "too-many-changes", kRefused,
     {"違いが多すぎます。比べる定義を確かめてください。", "Too many differences. Check which definitions are compared."}},
}};
// clang-format on
constexpr bool in_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<std::size_t>(kRules[i].rule) != i) return false;
  }
  return true;
}
static_assert(in_order());

bool widens(ItemType from, ItemType to) {
  if (to == ItemType::Text) return from == ItemType::Number || from == ItemType::Flag || from == ItemType::Code;
  if (to == ItemType::Code) return from == ItemType::Number || from == ItemType::Flag;
  return to == ItemType::Amount && from == ItemType::Number;
}

class Comparison {
 public:
  Comparison(const Definition& older, const Definition& newer) : older_(older), newer_(newer) {}
  Amendment run() {
    if (older_.key() != newer_.key()) {
      say({NotTheSameFile, false, "/key", newer_.key()});
      return std::move(found_);
    }
    if (newer_.version() <= older_.version()) say({VersionNotHigher, false, "/version", newer_.key()});
    if (older_.name() != newer_.name()) say({TextMended, false, "/name", newer_.key()});
    if (older_.name_en() != newer_.name_en()) say({TextMended, false, "/nameEn", newer_.key()});
    if (older_.source() != newer_.source()) say({TextMended, false, "/source", newer_.key()});
    compare_groups();
    compare_events();
    compare_checks();
    return std::move(found_);
  }

 private:
  void say(AmendmentChange change) {
    if (found_.changes.size() < limits::kMaxAmendmentChanges) {
      found_.changes.push_back(std::move(change));
    } else {
      found_.changes.back() = {TooManyChanges, false, "", newer_.key()};
    }
  }
  static std::string at(std::string_view list, std::size_t index, std::string_view member = "") {
    std::string pointer;
    pointer.append("/").append(list).append("/").append(std::to_string(index));
    if (!member.empty()) pointer.append("/").append(member);
    return pointer;
  }

  void compare_groups() {
    const auto& before = older_.groups();
    const auto& after = newer_.groups();
    for (std::size_t g = 0; g < before.size(); ++g) {
      const auto index = newer_.group_index(before[g].key);
      if (!index) {
        say({GroupRemoved, true, at("groups", g), before[g].key});
        for (std::size_t i = 0; i < before[g].count; ++i) missing(before[g].first + i);
        continue;
      }
      if (*index != g) say({GroupMoved, false, at("groups", *index), before[g].key});
      compare_group(g, *index);
    }
    for (std::size_t g = 0; g < after.size(); ++g) {
      if (older_.group_index(after[g].key)) continue;
      say({g < before.size() ? GroupInserted : GroupAppended, false, at("groups", g), after[g].key});
      for (std::size_t i = 0; i < after[g].count; ++i) appended(after[g].first + i);
    }
  }

  void compare_group(std::size_t old_index, std::size_t new_index) {
    const auto& before = older_.groups()[old_index];
    const auto& after = newer_.groups()[new_index];
    if (before.name != after.name) say({TextMended, false, at("groups", new_index, "name"), after.key});
    if (before.rows != after.rows) {
      const bool wider = before.rows == GroupRows::One && after.rows == GroupRows::Many;
      say({wider ? RowsWidened : RowsNarrowed, false, at("groups", new_index, "rows"), after.key});
    }
    std::size_t next = after.first;  // behind the last kept item
    for (std::size_t i = 0; i < before.count; ++i) {
      const auto& item = older_.items()[before.first + i];
      const auto place = find(item.key);
      if (!place) {
        missing(before.first + i);
        continue;
      }
      if (*place < next || *place >= after.first + after.count) {
        say({ItemMoved, false, at("items", *place), item.key});
      } else {
        next = *place + 1;
      }
      compare_item(item, *place);
    }
    for (std::size_t place = after.first; place < after.first + after.count; ++place) {
      const auto& item = newer_.items()[place];
      if (known(item.key)) continue;
      if (place < next) {
        say({ItemInserted, false, at("items", place), item.key});
      } else {
        appended(place);
      }
    }
  }

  void missing(std::size_t old_item) {
    const auto& key = older_.items()[old_item].key;
    if (!find(key)) say({ItemRemoved, true, at("items", old_item), key});
  }
  void appended(std::size_t new_item) {
    const auto& item = newer_.items()[new_item];
    if (known(item.key)) return;  // told as moved
    say({ItemAppended, false, at("items", new_item), item.key});
    if (item.required) say({NewItemRequired, false, at("items", new_item, "required"), item.key});
  }
  std::optional<std::size_t> find(std::string_view key) const { return find_in(newer_, key); }
  bool known(std::string_view key) const { return find_in(older_, key).has_value(); }
  static std::optional<std::size_t> find_in(const Definition& definition, std::string_view key) {
    const auto& items = definition.items();
    const auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.key == key; });
    if (found == items.end()) return std::nullopt;
    return static_cast<std::size_t>(found - items.begin());
  }

  void compare_item(const Item& before, std::size_t place) {
    const auto& after = newer_.items()[place];
    const auto tell = [&](AmendmentRule rule, std::string_view member) {
      say({rule, false, at("items", place, member), after.key});
    };
    if (before.number != after.number) tell(TextMended, "no");
    if (before.name != after.name) tell(TextMended, "name");
    if (before.type != after.type) tell(widens(before.type, after.type) ? TypeWidened : TypeChanged, "type");
    if (before.max_length != after.max_length)
      tell(after.max_length > before.max_length ? LengthGrown : LengthShortened, "maxLength");
    if (before.role != after.role) tell(RoleChanged, "role");
    if (before.check != after.check) tell(after.check == ItemCheck::None ? CheckDropped : CheckChanged, "check");
    if (before.required != after.required) tell(before.required ? NoLongerRequired : NowRequired, "required");
    if (before.may_leave != after.may_leave) tell(before.may_leave ? NoLongerLeaves : NowLeaves, "mayLeave");
  }

  void compare_events() {
    const auto keys = [](const Definition& definition) {
      std::vector<std::string_view> out;
      for (const auto index : definition.retention_events()) out.push_back(definition.items()[index].key);
      return out;
    };
    const auto before = keys(older_), after = keys(newer_);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (i < after.size() && after[i] == before[i]) continue;
      say({EventRemoved, true, at("retentionEvents", i), std::string(before[i])});
    }
    for (std::size_t i = before.size(); i < after.size(); ++i) {
      say({EventAppended, false, at("retentionEvents", i), std::string(after[i])});
    }
  }

  // By the keys of items, so that an item's place in its table does not matter.
  static std::vector<std::string> spelled(const Definition& definition, const LogicCheck& check) {
    const auto items = definition.items_of(check.group);
    std::vector<std::string> out{check.ja, check.en, check.source, definition.groups()[check.group].key,
                                 std::to_string(static_cast<unsigned>(check.rule))};
    const auto add_condition = [&](const std::optional<LogicCondition>& condition) {
      out.emplace_back(condition ? items[condition->item].key : std::string());
      if (condition) out.insert(out.end(), condition->values.begin(), condition->values.end());
      out.emplace_back();
    };
    add_condition(check.when);
    add_condition(check.gone);
    for (const auto item : check.items) out.push_back(items[item].key);
    out.emplace_back();
    out.insert(out.end(), check.values.begin(), check.values.end());
    return out;
  }
  static const LogicCheck* find_check(const Definition& definition, std::string_view key) {
    for (const auto& check : definition.checks()) {
      if (check.key == key) return &check;
    }
    return nullptr;
  }
  void compare_checks() {
    const auto& before = older_.checks();
    const auto& after = newer_.checks();
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (find_check(newer_, before[i].key) == nullptr) say({LogicCheckRemoved, true, at("checks", i), before[i].key});
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
      const auto* earlier = find_check(older_, after[i].key);
      if (earlier == nullptr) {
        say({LogicCheckAdded, false, at("checks", i), after[i].key});
      } else if (spelled(older_, *earlier) != spelled(newer_, after[i])) {
        say({LogicCheckChanged, false, at("checks", i), after[i].key});
      }
    }
  }

  const Definition& older_;
  const Definition& newer_;
  Amendment found_;
};

}  // namespace

const AmendmentRuleRow& amendment_rule(AmendmentRule rule) noexcept { return kRules[static_cast<std::size_t>(rule)]; }

bool Amendment::allowed() const noexcept {
  return std::all_of(changes.begin(), changes.end(),
                     [](const AmendmentChange& change) { return amendment_rule(change.rule).allowed; });
}

Amendment compare(const Definition& older, const Definition& newer) { return Comparison(older, newer).run(); }

}  // namespace shosoin::files
