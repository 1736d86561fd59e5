// From JSON text to a Definition: every member named, every value bounded, every rule with its pointer and message.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <initializer_list>
#include <set>

#include "crypto/canonical_json.h"
#include "firmware/base/limits.h"
#include "storage/files/characters.h"
#include "storage/files/definition.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxName = 200, kMaxKey = 64, kMaxNumber = 16;
constexpr std::size_t kMaxKanaNameLength = 120;  // its search key must fit limits::kMaxEntryKey
constexpr int kFormat = 1;
constexpr ItemType kTypes[] = {ItemType::Text,   ItemType::Kana, ItemType::Date,     ItemType::Code,
                               ItemType::Number, ItemType::Flag, ItemType::Timestamp};
constexpr ItemRole kRoles[] = {ItemRole::ResidentRecordCode,
                               ItemRole::IndividualNumber,
                               ItemRole::AddresseeNumber,
                               ItemRole::Name,
                               ItemRole::KanaName,
                               ItemRole::BirthDate,
                               ItemRole::Sex,
                               ItemRole::Address};
constexpr ItemCheck kChecks[] = {ItemCheck::IndividualNumber, ItemCheck::ResidentRecordCode,
                                 ItemCheck::LocalGovernmentCode, ItemCheck::OwnLocalGovernmentCode};

// One JSON object under one pointer. The first refusal fills the fault; the callers hand the error up.
class Members {
 public:
  Members(const json::object& object, std::string pointer, DefinitionFault& fault)
      : object_(object), pointer_(std::move(pointer)), fault_(fault) {}

  Error refuse(std::string_view name, Bilingual message) const {
    fault_ = {name.empty() ? pointer_ : pointer_ + '/' + std::string(name), message};
    return Error{ErrorCode::InvalidContent, "read a record file definition"};
  }
  Result<void> only(std::initializer_list<std::string_view> allowed) const {
    for (const auto& member : object_) {
      const std::string_view name(member.key().data(), member.key().size());
      if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
        return refuse(name, {"知らない項目です。", "Unknown member."});
      }
    }
    return success();
  }
  bool has(std::string_view name) const { return object_.contains(name); }
  Result<std::string> text(std::string_view name, std::size_t most) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr) return refuse(name, {"必須の項目がありません。", "A required member is missing."});
    if (!value->is_string()) return refuse(name, {"文字列にしてください。", "Must be a string."});
    std::string out(value->get_string().data(), value->get_string().size());
    const bool controls =
        std::any_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (out.empty() || length_in_characters(out) > most || controls || check_characters(out, {}).fault) {
      return refuse(name, {"空、長すぎる、または使えない文字があります。",
                           "Empty, too long, or with characters that cannot be used."});
    }
    return out;
  }
  struct Range {
    std::int64_t least, most;
  };
  Result<std::int64_t> integer(std::string_view name, Range range) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr) return refuse(name, {"必須の項目がありません。", "A required member is missing."});
    if (!value->is_int64() || value->get_int64() < range.least || value->get_int64() > range.most) {
      return refuse(name, {"範囲内の整数にしてください。", "Must be an integer within its range."});
    }
    return value->get_int64();
  }
  Result<bool> flag(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr) return refuse(name, {"必須の項目がありません。", "A required member is missing."});
    if (!value->is_bool()) return refuse(name, {"true か false にしてください。", "Must be true or false."});
    return value->get_bool();
  }
  template <class Enum, std::size_t N>
  Result<Enum> word(std::string_view name, const Enum (&choices)[N]) const {
    TRY(auto given, text(name, kMaxKey));
    for (auto choice : choices) {
      if (to_text(choice) == given) return choice;
    }
    return refuse(name, {"決められた語のどれかにしてください。", "Must be one of the words of the schema."});
  }

 private:
  const json::object& object_;
  std::string pointer_;
  DefinitionFault& fault_;
};

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool is_file_key(std::string_view key) {
  return key.size() >= 2 && lower(key.front()) &&
         std::all_of(key.begin(), key.end(), [](char c) { return lower(c) || digit(c) || c == '-'; });
}
bool is_item_key(std::string_view key) {
  return lower(key.front()) &&
         std::all_of(key.begin(), key.end(), [](char c) { return lower(c) || digit(c) || (c >= 'A' && c <= 'Z'); });
}

Result<void> check_combination(const Item& item, const Members& members) {
  const auto needs = [&](ItemRole role, ItemCheck check) { return (item.role == role) == (item.check == check); };
  if (item.check != ItemCheck::None && item.type != ItemType::Number) {
    return members.refuse("check", {"検査は number 型の項目だけに付けられます。", "A check needs the type number."});
  }
  // A second individual number could not be held apart from the other items (S-04, S-05).
  if (!needs(ItemRole::IndividualNumber, ItemCheck::IndividualNumber)) {
    return members.refuse("check", {"役割と検査 individualNumber は必ず組にしてください。",
                                    "Role and check individualNumber go together, always."});
  }
  if (item.role == ItemRole::ResidentRecordCode && item.check != ItemCheck::ResidentRecordCode) {
    return members.refuse("check", {"役割 residentRecordCode には同名の検査が必要です。",
                                    "The role residentRecordCode needs the check of the same name."});
  }
  if (item.role == ItemRole::IndividualNumber && item.may_leave) {
    return members.refuse("mayLeave", {"個人番号は外に出せません。", "An individual number may never leave."});
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

Result<Item> read_item(const Members& members) {
  TRY(members.only({"no", "key", "name", "type", "maxLength", "role", "check", "required", "mayLeave"}));
  Item item;
  TRY(item.number, members.text("no", kMaxNumber));
  TRY(item.key, members.text("key", kMaxKey));
  if (!is_item_key(item.key))
    return members.refuse("key", {"英小文字で始まる英数字にしてください。", "Must be camelCase ASCII."});
  TRY(item.name, members.text("name", kMaxName));
  TRY(item.type, members.word("type", kTypes));
  TRY(auto length, members.integer("maxLength", {.least = 1, .most = limits::kMaxFieldCharacters}));
  item.max_length = static_cast<std::size_t>(length);
  if (members.has("role")) {
    TRY(item.role, members.word("role", kRoles));
  }
  if (members.has("check")) {
    TRY(item.check, members.word("check", kChecks));
  }
  if (members.has("required")) {
    TRY(item.required, members.flag("required"));
  }
  TRY(item.may_leave, members.flag("mayLeave"));
  TRY(check_combination(item, members));
  return item;
}

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
  if (root == nullptr) return members.refuse("", {"オブジェクトにしてください。", "Must be an object."});
  TRY(members.only({"format", "key", "version", "name", "nameEn", "source", "items"}));
  TRY(members.integer("format", {.least = kFormat, .most = kFormat}));
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

  const auto* items = root->contains("items") ? root->at("items").if_array() : nullptr;
  if (items == nullptr || items->empty() || items->size() > limits::kMaxDefinitionItems) {
    return members.refuse("items", {"1件以上、上限以下の配列にしてください。",
                                    "Must be an array with at least one item, within the limit."});
  }
  std::set<std::string> keys;
  std::set<ItemRole> roles;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto* object = (*items)[i].if_object();
    const Members at(object != nullptr ? *object : nothing, "/items/" + std::to_string(i), fault);
    if (object == nullptr) return at.refuse("", {"オブジェクトにしてください。", "Must be an object."});
    TRY(auto item, read_item(at));
    if (!keys.insert(item.key).second)
      return at.refuse("key", {"同じキーが前にあります。", "An earlier item has this key."});
    if (item.role != ItemRole::None && !roles.insert(item.role).second) {
      return at.refuse("role", {"同じ役割の項目が前にあります。", "An earlier item has this role."});
    }
    definition.items_.push_back(std::move(item));
  }
  return definition;
}

}  // namespace shosoin::files
