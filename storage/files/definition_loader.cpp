// From JSON text to a Definition: every member named, every value bounded, every rule with its pointer and message.
#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

#include "crypto/canonical_json.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_files.h"
#include "storage/files/definition.h"
#include "storage/files/definition_json.h"
#include "storage/files/header.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxName = kMaxPrintedText, kMaxKey = kMaxKeyText, kMaxNumber = 16;
constexpr std::size_t kMaxKanaNameLength = 120;  // its search key must fit limits::kMaxEntryKey
constexpr std::size_t kIndividualNumberDigits = 12;
constexpr int kFirstFormat = 1, kLastFormat = 3;  // 2 adds groups and retentionEvents, 3 adds checks
constexpr int kFormatOfGroups = 2;
constexpr std::string_view kOnlyGroup = "main";
constexpr ItemType kTypes[] = {ItemType::Text, ItemType::Kana,      ItemType::Date,  ItemType::Code,  ItemType::Number,
                               ItemType::Flag, ItemType::Timestamp, ItemType::Month, ItemType::Amount};
constexpr ItemRole kRoles[] = {ItemRole::ResidentRecordCode,
                               ItemRole::IndividualNumber,
                               ItemRole::AddresseeNumber,
                               ItemRole::Name,
                               ItemRole::KanaName,
                               ItemRole::BirthDate,
                               ItemRole::Sex,
                               ItemRole::Address,
                               ItemRole::IntegratedAddresseeNumber,
                               ItemRole::RelatedIndividualNumber,
                               ItemRole::FormerIndividualNumber};
constexpr ItemCheck kChecks[] = {ItemCheck::IndividualNumber,    ItemCheck::ResidentRecordCode,
                                 ItemCheck::LocalGovernmentCode, ItemCheck::OwnLocalGovernmentCode,
                                 ItemCheck::CorporateNumber,     ItemCheck::ResidenceCard};
constexpr GroupRows kRows[] = {GroupRows::One, GroupRows::Many, GroupRows::Apart};

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool is_file_key(std::string_view key) {
  return key.size() >= 2 && lower(key.front()) &&
         std::all_of(key.begin(), key.end(), [](char c) { return lower(c) || digit(c) || c == '-'; });
}

// By its printed name a 個人番号, also 配偶者個人番号 and the like; the code of the linkage and the card are none.
bool names_individual_number(std::string_view name) {
  constexpr std::string_view kNumber = "個人番号", kOther = "マイナンバー";
  for (auto at = name.find(kNumber); at != std::string_view::npos; at = name.find(kNumber, at)) {
    at += kNumber.size();
    const auto behind = name.substr(at);
    if (!behind.starts_with("対応符号") && !behind.starts_with("カード")) return true;
  }
  const auto at = name.find(kOther);
  return at != std::string_view::npos && !name.substr(at + kOther.size()).starts_with("カード");
}
bool could_hold_twelve_digits(const Item& item) {
  return item.max_length >= kIndividualNumberDigits && item.type != ItemType::Date && item.type != ItemType::Month &&
         item.type != ItemType::Timestamp;
}

Result<void> check_number_roles(const Item& item, const Members& members) {
  if (is_individual_number(item.role) != (item.check == ItemCheck::IndividualNumber)) {
    return members.refuse("check", {"個人番号の役割と検査 individualNumber は必ず組にしてください。",
                                    "A role of an individual number and the check individualNumber go together."});
  }
  if (!is_individual_number(item.role) && names_individual_number(item.name) && could_hold_twelve_digits(item)) {
    return members.refuse("role",
                          {"個人番号の項目には、個人番号の役割が必要です。ほかの項目から分けて保管するためです。",
                           "An item for an individual number needs such a role: it is kept apart from the others."});
  }
  if (is_individual_number(item.role) && item.may_leave) {
    return members.refuse("mayLeave", {"個人番号は外に出せません。", "An individual number may never leave."});
  }
  return success();
}

Result<void> check_combination(const Item& item, const Members& members) {
  const bool card = item.check == ItemCheck::ResidenceCard;
  if (item.check != ItemCheck::None && item.type != (card ? ItemType::Code : ItemType::Number)) {
    return members.refuse("check", {"検査は number 型(residenceCard は code 型)の項目だけに付けられます。",
                                    "A check needs the type number; residenceCard needs code."});
  }
  TRY(check_number_roles(item, members));
  if (item.role == ItemRole::ResidentRecordCode && item.check != ItemCheck::ResidentRecordCode) {
    return members.refuse("check", {"役割 residentRecordCode には同名の検査が必要です。",
                                    "The role residentRecordCode needs the check of the same name."});
  }
  if (item.role == ItemRole::KanaName && (item.type != ItemType::Kana || item.max_length > kMaxKanaNameLength)) {
    return members.refuse("role", {"カナ氏名は kana 型、120文字以内にしてください。",
                                   "A kana name needs the type kana and at most 120 characters."});
  }
  if (item.role == ItemRole::BirthDate && item.type != ItemType::Date) {
    return members.refuse("role", {"生年月日は date 型にしてください。", "A birth date needs the type date."});
  }
  return success();
}

class Loader {
 public:
  Loader(const json::object& root, DefinitionFault& fault) : fault_(fault), top_(root, "", fault) {}
  struct Parts {
    std::vector<Item> items;
    std::vector<Group> groups;
    std::vector<std::size_t> events;
    std::vector<LogicCheck> checks;
  };
  Result<Parts> read(std::int64_t format) {
    const bool later = format >= kFormatOfGroups;
    if (later && top_.has("groups")) {
      TRY(read_groups());
    } else {
      parts_.groups.push_back({.key = std::string(kOnlyGroup), .name = ""});
      implied_group_ = true;
    }
    TRY(read_items());
    if (later && top_.has("retentionEvents")) {
      TRY(read_events());
    }
    if (format == kLastFormat && top_.has("checks")) {
      TRY(parts_.checks, read_checks(top_, {parts_.items, parts_.groups, implied_group_}, fault_));
    }
    return std::move(parts_);
  }

 private:
  Result<Members> object_at(const json::value& value, const std::string& pointer) {
    const auto* object = value.if_object();
    const Members at(object != nullptr ? *object : nothing_, pointer, fault_);
    if (object == nullptr) return at.refuse("", kMustBeObject);
    return at;
  }

  Result<void> read_groups() {
    TRY(const auto groups, top_.array("groups", limits::kMaxDefinitionGroups));
    for (std::size_t i = 0; i < groups.size(); ++i) {
      TRY(const auto at, object_at(groups[i], "/groups/" + std::to_string(i)));
      TRY(at.only({"key", "name", "rows"}));
      Group group;
      TRY(group.key, at.text("key", kMaxKey));
      if (!is_camel_case(group.key)) return at.refuse("key", kCamelCase);
      const bool taken = std::any_of(parts_.groups.begin(), parts_.groups.end(),
                                     [&](const Group& earlier) { return earlier.key == group.key; });
      if (taken) return at.refuse("key", kSameKey);
      if (at.has("name")) {
        TRY(group.name, at.text("name", kMaxName));
      }
      TRY(group.rows, at.word("rows", kRows));
      parts_.groups.push_back(std::move(group));
    }
    return success();
  }

  Result<Item> read_item(const Members& at) {
    if (implied_group_) {
      TRY(at.only({"no", "key", "name", "type", "maxLength", "role", "check", "required", "mayLeave"}));
    } else {
      TRY(at.only({"no", "key", "group", "name", "type", "maxLength", "role", "check", "required", "mayLeave"}));
    }
    Item item;
    TRY(item.number, at.text("no", kMaxNumber));
    TRY(item.key, at.text("key", kMaxKey));
    if (!is_camel_case(item.key)) return at.refuse("key", kCamelCase);
    TRY(item.name, at.text("name", kMaxName));
    TRY(item.type, at.word("type", kTypes));
    TRY(auto length, at.integer("maxLength", {.least = 1, .most = limits::kMaxFieldCharacters}));
    item.max_length = static_cast<std::size_t>(length);
    if (at.has("role")) {
      TRY(item.role, at.word("role", kRoles));
    }
    if (at.has("check")) {
      TRY(item.check, at.word("check", kChecks));
    }
    if (at.has("required")) {
      TRY(item.required, at.flag("required"));
    }
    TRY(item.may_leave, at.flag("mayLeave"));
    TRY(check_combination(item, at));
    if (!implied_group_) {
      TRY(item.group, read_group_of(at));
    }
    return item;
  }

  // The items of a group stand together, in the order of the groups.
  Result<std::size_t> read_group_of(const Members& at) {
    TRY(const auto key, at.text("group", kMaxKey));
    const auto found =
        std::find_if(parts_.groups.begin(), parts_.groups.end(), [&](const Group& group) { return group.key == key; });
    if (found == parts_.groups.end()) {
      return at.refuse("group", {"groups にないキーです。", "Not the key of a group."});
    }
    const auto index = static_cast<std::size_t>(found - parts_.groups.begin());
    const std::size_t last = parts_.items.empty() ? 0 : parts_.items.back().group;
    const bool next = parts_.items.empty() ? index == 0 : index == last || index == last + 1;
    if (!next) {
      return at.refuse("group", {"組の項目は、組の順にまとめて並べてください。",
                                 "The items of a group stand together, in the order of the groups."});
    }
    return index;
  }

  Result<void> read_items() {
    TRY(const auto items, top_.array("items", limits::kMaxDefinitionItems));
    std::set<std::string> keys;
    std::set<std::pair<std::size_t, ItemRole>> roles;
    for (std::size_t i = 0; i < items.size(); ++i) {
      TRY(const auto at, object_at(items[i], "/items/" + std::to_string(i)));
      TRY(auto item, read_item(at));
      if (!keys.insert(item.key).second) return at.refuse("key", kSameKey);
      const bool repeats = item.role == ItemRole::None || item.role == ItemRole::RelatedIndividualNumber;
      if (!repeats && !roles.insert({item.group, item.role}).second) {
        return at.refuse("role", {"同じ役割の項目が前にあります。", "An earlier item has this role."});
      }
      auto& group = parts_.groups[item.group];
      if (group.count == 0) group.first = i;
      ++group.count;
      if (item.name == kAddresseeColumn && group.first == i && item.role != ItemRole::AddresseeNumber) {
        return at.refuse("role", {"先頭の宛名番号には役割 addresseeNumber が必要です。",
                                  "宛名番号 as the first item needs the role addresseeNumber."});
      }
      parts_.items.push_back(std::move(item));
    }
    for (std::size_t i = 0; i < parts_.groups.size(); ++i) {
      if (parts_.groups[i].count == 0) {
        fault_ = {"/groups/" + std::to_string(i), {"この組に項目がありません。", "This group has no item."}};
        return Error{ErrorCode::InvalidContent, "read a record file definition"};
      }
    }
    return success();
  }

  Result<void> read_events() {
    TRY(const auto events, top_.array("retentionEvents", limits::kMaxRetentionEvents));
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto* text = events[i].if_string();
      std::optional<std::size_t> found;
      for (std::size_t item = 0; text != nullptr && item < parts_.items.size(); ++item) {
        if (parts_.items[item].key == *text && parts_.items[item].type == ItemType::Date) found = item;
      }
      const bool again = found && std::find(parts_.events.begin(), parts_.events.end(), *found) != parts_.events.end();
      if (!found || again) {
        fault_ = {
            "/retentionEvents/" + std::to_string(i),
            {"date 型の項目のキーを、一度だけ書いてください。", "Must be the key of an item of the type date, once."}};
        return Error{ErrorCode::InvalidContent, "read a record file definition"};
      }
      parts_.events.push_back(*found);
    }
    return success();
  }

  DefinitionFault& fault_;
  const json::object nothing_;
  Members top_;
  Parts parts_;
  bool implied_group_ = false;
};

}  // namespace

Result<Definition> Definition::load(std::string_view text, DefinitionFault* fault_out) {
  DefinitionFault unwanted;
  DefinitionFault& fault = fault_out != nullptr ? *fault_out : unwanted;
  fault = {};
  if (text.size() > limits::kMaxDefinitionBytes) {
    fault.message = {"定義が大きすぎます。", "The definition is too large."};
    return Error{ErrorCode::TooLarge, "read a record file definition"};
  }
  crypto::JsonFault json_fault;
  auto parsed = crypto::parse_strict(text, &json_fault);
  if (!parsed) {
    fault = {json_fault.pointer, {"JSONとして読めません。", "Not acceptable as JSON."}};
    return Error{ErrorCode::BadRequest, "read a record file definition"};
  }
  const auto* root = parsed.value().if_object();
  const json::object nothing;
  const Members members(root != nullptr ? *root : nothing, "", fault);
  if (root == nullptr) return members.refuse("", kMustBeObject);
  TRY(const auto format, members.integer("format", {.least = kFirstFormat, .most = kLastFormat}));
  if (format == kFirstFormat) {
    TRY(members.only({"format", "key", "version", "name", "nameEn", "source", "items"}));
  } else if (format == kFormatOfGroups) {
    TRY(members.only({"format", "key", "version", "name", "nameEn", "source", "groups", "retentionEvents", "items"}));
  } else {
    TRY(members.only(
        {"format", "key", "version", "name", "nameEn", "source", "groups", "retentionEvents", "items", "checks"}));
  }
  Definition definition;
  TRY(definition.key_, members.text("key", kMaxKey));
  if (!is_file_key(definition.key_)) {
    return members.refuse(
        "key", {"英小文字で始まる英小文字、数字、ハイフンにしてください。", "Must be lower case ASCII with hyphens."});
  }
  TRY(auto version, members.integer("version", {.least = 1, .most = 0xFFFF}));
  definition.version_ = static_cast<std::uint16_t>(version);
  TRY(definition.name_, members.text("name", kMaxName));
  TRY(definition.name_en_, members.text("nameEn", kMaxName));
  TRY(definition.source_, members.text("source", kMaxName));
  Loader loader(*root, fault);
  TRY(auto parts, loader.read(format));
  definition.items_ = std::move(parts.items);
  definition.groups_ = std::move(parts.groups);
  definition.retention_events_ = std::move(parts.events);
  definition.checks_ = std::move(parts.checks);
  definition.text_ = text;
  return definition;
}

}  // namespace shosoin::files
