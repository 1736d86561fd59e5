// The member `checks` of a definition: every rule named, every item of the right table, nothing that could never apply.
#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "firmware/base/limits_definitions.h"
#include "firmware/base/limits_files.h"
#include "storage/files/characters.h"
#include "storage/files/definition_json.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

constexpr Bilingual kNotOfTable{"この組の項目のキーを、一度だけ書いてください。",
                                "Must be the key of an item of this table, once."};
constexpr Bilingual kNumberApart{"個人番号は値として比べられません。ほかの項目から分けて保管するためです。",
                                 "An individual number cannot be compared as a value: it is kept apart."};

std::string under(const std::string& pointer, std::string_view member) { return pointer + '/' + std::string(member); }

class CheckReader {
 public:
  CheckReader(const CheckedTables& tables, DefinitionFault& fault) : tables_(tables), fault_(fault) {}

  Result<LogicCheck> read(const Members& at) {
    TRY(at.only({"key", "group", "when", "required", "inOrder", "oneOf", "subject", "changesOnly", "goneWhen", "source",
                 "ja", "en"}));
    LogicCheck check;
    TRY(check.key, at.text("key", kMaxKeyText));
    if (!is_camel_case(check.key)) return at.refuse("key", kCamelCase);
    TRY(check.group, read_group(at));
    group_ = check.group;
    TRY(check.source, at.text("source", kMaxPrintedText));
    TRY(check.ja, at.text("ja", kMaxPrintedText));
    TRY(check.en, at.text("en", kMaxPrintedText));
    if (at.has("when")) {
      TRY(check.when, read_condition(at, "when"));
    }
    TRY(read_rule(at, check));
    TRY(check_subject(at, check));
    return check;
  }

 private:
  std::span<const Item> items() const {
    return tables_.items.subspan(tables_.groups[group_].first, tables_.groups[group_].count);
  }
  Error refuse(std::string pointer, Bilingual message) {
    fault_ = {std::move(pointer), message};
    return Error{ErrorCode::InvalidContent, "read a record file definition"};
  }

  Result<std::size_t> read_group(const Members& at) {
    if (tables_.implied_group) {
      if (at.has("group")) return at.refuse("group", {"定義に groups がありません。", "The definition has no groups."});
      return std::size_t{0};
    }
    TRY(const auto key, at.text("group", kMaxKeyText));
    for (std::size_t i = 0; i < tables_.groups.size(); ++i) {
      if (tables_.groups[i].key == key) return i;
    }
    return at.refuse("group", {"groups にないキーです。", "Not the key of a group."});
  }

  std::optional<std::size_t> find(std::string_view key) const {
    const auto all = items();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Item& item) { return item.key == key; });
    if (found == all.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all.begin());
  }

  Result<std::vector<std::size_t>> read_items(const Members& at, std::string_view name, std::size_t most) {
    TRY(const auto given, at.array(name, most));
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const auto* text = given[i].if_string();
      const auto found = text != nullptr ? find(std::string_view(text->data(), text->size())) : std::nullopt;
      if (!found || std::find(out.begin(), out.end(), *found) != out.end()) {
        return refuse(under(under(at.pointer(), name), std::to_string(i)), kNotOfTable);
      }
      out.push_back(*found);
    }
    return out;
  }

  // A value the item could never hold would make a check that never applies.
  static bool could_hold(const Item& item, std::string_view value) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    if (length_in_characters(value) > item.max_length) return false;
    switch (item.type) {
      case ItemType::Text:
        return true;
      case ItemType::Number:
        return std::all_of(value.begin(), value.end(), digit);
      case ItemType::Code:
        return std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; });
      case ItemType::Flag:
        return std::all_of(value.begin(), value.end(), [&](char c) { return digit(c) || letter(c); });
      case ItemType::Kana:
      case ItemType::Date:
      case ItemType::Timestamp:
      case ItemType::Month:
      case ItemType::Amount:
        return false;
    }
    return false;
  }

  Result<std::vector<std::string>> read_values(const Members& at, const Item& item) {
    TRY(const auto given, at.array("in", limits::kMaxCheckValues));
    std::vector<std::string> out;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const auto* text = given[i].if_string();
      const std::string value = text != nullptr ? std::string(text->data(), text->size()) : std::string();
      if (value.empty() || !could_hold(item, value) || std::find(out.begin(), out.end(), value) != out.end()) {
        return refuse(
            under(at.pointer(), "in/" + std::to_string(i)),
            {"この項目が持てる値を、一度だけ書いてください(文字、数字、コード、フラグの項目だけ)。",
             "Must be a value this item can hold, once; only of items of the types text, number, code, flag."});
      }
      out.push_back(value);
    }
    return out;
  }

  // {"item": ..., "in": [...]} or {"item": ..., "filled": true}
  Result<LogicCondition> read_condition(const Members& from, std::string_view name) {
    TRY(const auto at, from.object(name));
    TRY(at.only({"item", "in", "filled"}));
    LogicCondition condition;
    TRY(condition.item, read_item(at));
    if (at.has("in") == at.has("filled")) {
      return at.refuse("", {"in と filled のどちらか一つを書いてください。", "Needs either in or filled."});
    }
    if (at.has("filled")) {
      TRY(const bool filled, at.flag("filled"));
      if (!filled) return at.refuse("filled", {"true だけが使えます。", "Can only be true."});
      return condition;
    }
    TRY(condition.values, read_values(at, items()[condition.item]));
    return condition;
  }

  Result<std::size_t> read_item(const Members& at) {
    TRY(const auto key, at.text("item", kMaxKeyText));
    const auto found = find(key);
    if (!found) return at.refuse("item", kNotOfTable);
    if (is_individual_number(items()[*found].role)) return at.refuse("item", kNumberApart);
    return *found;
  }

  Result<void> read_rule(const Members& at, LogicCheck& check) {
    constexpr std::array<std::string_view, 5> kRules{"required", "inOrder", "oneOf", "subject", "changesOnly"};
    if (std::count_if(kRules.begin(), kRules.end(), [&](auto name) { return at.has(name); }) != 1) {
      return at.refuse("", {"required、inOrder、oneOf、subject、changesOnly のどれか一つだけを書いてください。",
                            "Needs exactly one of required, inOrder, oneOf, subject, changesOnly."});
    }
    if (at.has("required")) return read_required(at, check);
    if (at.has("inOrder")) return read_order(at, check);
    if (at.has("oneOf")) return read_one_of(at, check);
    if (at.has("subject")) return read_subject(at, check);
    check.rule = LogicRule::ChangesOnly;
    TRY(check.items, read_items(at, "changesOnly", items().size()));
    return need_when(at, check);
  }

  static Result<void> need_when(const Members& at, const LogicCheck& check) {
    if (check.when) return success();
    return at.refuse("when", {"いつ当てはまる検査かを when に書いてください。", "Needs when: which rows it is about."});
  }

  Result<void> read_required(const Members& at, LogicCheck& check) {
    check.rule = LogicRule::Required;
    TRY(check.items, read_items(at, "required", items().size()));
    for (std::size_t i = 0; i < check.items.size(); ++i) {
      if (items()[check.items[i]].required) {
        return refuse(under(under(at.pointer(), "required"), std::to_string(i)),
                      {"この項目は、もともと必須です。", "This item is required anyway."});
      }
    }
    return need_when(at, check);  // else the item itself says it is required
  }

  Result<void> read_order(const Members& at, LogicCheck& check) {
    check.rule = LogicRule::InOrder;
    TRY(check.items, read_items(at, "inOrder", limits::kMaxDatesInOrder));
    const bool dates = std::all_of(check.items.begin(), check.items.end(),
                                   [&](std::size_t item) { return items()[item].type == ItemType::Date; });
    if (dates && check.items.size() >= 2) return success();
    return at.refuse("inOrder",
                     {"date 型の項目を二つ以上書いてください。", "Needs two or more items of the type date."});
  }

  Result<void> read_one_of(const Members& from, LogicCheck& check) {
    check.rule = LogicRule::OneOf;
    TRY(const auto at, from.object("oneOf"));
    TRY(at.only({"item", "in"}));
    TRY(const auto item, read_item(at));
    check.items = {item};
    TRY(check.values, read_values(at, items()[item]));
    return success();
  }

  Result<void> read_subject(const Members& at, LogicCheck& check) {
    TRY(const auto word, at.text("subject", kMaxKeyText));
    if (word != "exists" && word != "absent") {
      return at.refuse("subject", {"exists か absent にしてください。", "Must be exists or absent."});
    }
    check.rule = word == "exists" ? LogicRule::SubjectExists : LogicRule::SubjectAbsent;
    if (at.has("goneWhen")) {
      TRY(check.gone, read_condition(at, "goneWhen"));
    }
    return success();
  }

  // A subject is found by its resident record code or its addressee number, and has one row only where the table says
  // so.
  Result<void> check_subject(const Members& at, const LogicCheck& check) {
    if (at.has("goneWhen") && check.rule != LogicRule::SubjectExists && check.rule != LogicRule::SubjectAbsent) {
      return at.refuse("goneWhen", {"subject と組で書いてください。", "Goes with subject only."});
    }
    if (!is_about_subject(check.rule)) return success();
    const auto all = items();
    const bool named = std::any_of(all.begin(), all.end(), [](const Item& item) {
      return item.role == ItemRole::ResidentRecordCode || item.role == ItemRole::AddresseeNumber;
    });
    const bool addressee_in_front = tables_.groups.size() > 1;  // header.h
    if (tables_.groups[group_].rows == GroupRows::One && (named || addressee_in_front)) return success();
    return at.refuse(to_text(check.rule),
                     {"一人一行で、住民票コードか宛名番号のある組だけで使えます。",
                      "Only in a table with one row per person that names it by 住民票コード or 宛名番号."});
  }

  const CheckedTables& tables_;
  DefinitionFault& fault_;
  std::size_t group_ = 0;
};

// Whether some row could meet both conditions, as far as the text tells.
bool may_meet(const std::optional<LogicCondition>& left, const std::optional<LogicCondition>& right) {
  if (!left || !right) return true;
  if (left->item != right->item) return false;  // it could, but the author may know better
  if (left->values.empty() || right->values.empty()) return true;
  return std::any_of(left->values.begin(), left->values.end(), [&](const std::string& value) {
    return std::find(right->values.begin(), right->values.end(), value) != right->values.end();
  });
}
bool contradict(const LogicCheck& left, const LogicCheck& right) {
  const bool opposed = (left.rule == LogicRule::SubjectAbsent && right.rule == LogicRule::SubjectExists) ||
                       (left.rule == LogicRule::SubjectExists && right.rule == LogicRule::SubjectAbsent);
  return opposed && left.group == right.group && may_meet(left.when, right.when);
}

}  // namespace

std::string_view to_text(LogicRule rule) noexcept {
  switch (rule) {
    case LogicRule::Required:
      return "required";
    case LogicRule::InOrder:
      return "inOrder";
    case LogicRule::OneOf:
      return "oneOf";
    case LogicRule::SubjectAbsent:
    case LogicRule::SubjectExists:
      return "subject";
    case LogicRule::ChangesOnly:
      return "changesOnly";
  }
  return "";
}

Result<std::vector<LogicCheck>> read_checks(const Members& top, const CheckedTables& tables, DefinitionFault& fault) {
  TRY(const auto given, top.array("checks", limits::kMaxLogicChecks));
  CheckReader reader(tables, fault);
  const json::object nothing;
  std::vector<LogicCheck> out;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto* object = given[i].if_object();
    const Members at(object != nullptr ? *object : nothing, "/checks/" + std::to_string(i), fault);
    if (object == nullptr) return at.refuse("", kMustBeObject);
    TRY(auto check, reader.read(at));
    const auto same = [&](const LogicCheck& earlier) { return earlier.key == check.key; };
    if (std::any_of(out.begin(), out.end(), same)) return at.refuse("key", kSameKey);
    const auto opposed = [&](const LogicCheck& earlier) { return contradict(earlier, check); };
    if (std::any_of(out.begin(), out.end(), opposed)) {
      return at.refuse("subject", {"前の検査と矛盾します。同じ行が両方を満たすことはできません。",
                                   "Contradicts an earlier check: no row could meet both."});
    }
    out.push_back(std::move(check));
  }
  return out;
}

}  // namespace shosoin::files
