#include "storage/files/row_check.h"

#include <algorithm>

#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::files {
namespace {

constexpr std::size_t kMaxAddresseeDigits = 15;
constexpr std::size_t kMaxKanaKey = limits::kMaxEntryKey - 64;  // room for birth date and record id behind it

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_visible(char c) { return c > ' ' && c < 0x7F; }

RuleId rule_of(IdentifierFault fault) {
  switch (fault) {
    case IdentifierFault::Empty:
      return RuleId::RequiredEmpty;
    case IdentifierFault::WrongLength:
      return RuleId::WrongLength;
    case IdentifierFault::NotADigit:
    case IdentifierFault::NotACapitalLetter:
    case IdentifierFault::FullWidth:
      return RuleId::NotADigit;
    case IdentifierFault::WrongCheckDigit:
      return RuleId::WrongCheckDigit;
    case IdentifierFault::Placeholder:
      return RuleId::Placeholder;
    case IdentifierFault::UnknownPrefecture:
      return RuleId::UnknownPrefecture;
  }
  return RuleId::NotADigit;
}
RuleId rule_of(DateFault fault) {
  switch (fault) {
    case DateFault::Empty:
      return RuleId::RequiredEmpty;
    case DateFault::BadForm:
      return RuleId::BadDateForm;
    case DateFault::NoSuchDay:
      return RuleId::NoSuchDay;
    case DateFault::BeforeEra:
      return RuleId::BeforeEra;
    case DateFault::AfterEra:
      return RuleId::AfterEra;
    case DateFault::BeforeGregorian:
      return RuleId::BeforeGregorian;
  }
  return RuleId::BadDateForm;
}
RuleId rule_of(CharacterFault fault) {
  switch (fault) {
    case CharacterFault::VendorPrivateUse:
      return RuleId::VendorPrivateUse;
    case CharacterFault::StandardPrivateUse:
      return RuleId::StandardPrivateUse;
    case CharacterFault::SelectorNotInCollection:
      return RuleId::SelectorNotInCollection;
    case CharacterFault::Replacement:
      return RuleId::ReplacementCharacter;
    case CharacterFault::Noncharacter:
      return RuleId::Noncharacter;
    case CharacterFault::Invisible:
      return RuleId::InvisibleCharacter;
  }
  return RuleId::Noncharacter;
}

bool is_addressee_number(std::string_view value) {
  const auto key = addressee_number_key(value);
  return !key.empty() && key.size() <= kMaxAddresseeDigits && std::all_of(key.begin(), key.end(), is_digit);
}

}  // namespace

struct RowChecker::Place {
  std::uint64_t row;
  std::uint32_t column;
  std::string_view item;
  RecordInput& record;
  const FindingSink& tell;
  void say(RuleId rule, std::vector<CodePointChange> changes = {}) const {
    tell({.rule = rule, .row = row, .column = column, .item = std::string(item), .changes = std::move(changes)});
  }
};

void RowChecker::check(std::uint64_t row, std::span<const std::string_view> fields, HeaderShape shape,
                       RecordInput& record, const FindingSink& tell) const {
  const auto& items = definition_.items();
  const std::size_t offset = shape.addressee_column ? 1 : 0;
  ENSURE(fields.size() == items.size() + offset);
  record.values.resize(items.size());
  record.individual_number.reset();
  record.addressee_number.reset();
  if (shape.addressee_column) {
    const Place place{.row = row, .column = 1, .item = kAddresseeColumn, .record = record, .tell = tell};
    if (!is_addressee_number(fields[0]))
      place.say(fields[0].empty() ? RuleId::RequiredEmpty : RuleId::BadAddresseeNumber);
    record.addressee_number = std::string(fields[0]);
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto column = static_cast<std::uint32_t>(i + offset + 1);
    record.values[i].assign(fields[i + offset]);
    check_item(items[i], record.values[i],
               {.row = row, .column = column, .item = items[i].name, .record = record, .tell = tell});
  }
}

void RowChecker::check_item(const Item& item, std::string& value, const Place& place) const {
  if (value.empty()) {
    if (item.required) place.say(RuleId::RequiredEmpty);
    return;
  }
  if (item.type == ItemType::Kana) {
    std::vector<CodePointChange> changes;
    if (widen_kana(value, &changes)) {
      std::sort(changes.begin(), changes.end());
      changes.erase(std::unique(changes.begin(), changes.end()), changes.end());
      if (changes.size() > limits::kMaxCodePointPairs) changes.resize(limits::kMaxCodePointPairs);
      place.say(RuleId::KanaWidened, std::move(changes));
    }
    if (item.role == ItemRole::KanaName && kana_search_key(value).size() > kMaxKanaKey) place.say(RuleId::TooLong);
  }
  const bool digits = item.type == ItemType::Number || item.type == ItemType::Code || item.type == ItemType::Flag;
  if (digits && narrow_digits(value)) place.say(RuleId::DigitsNarrowed);
  const bool fits = length_in_characters(value) <= item.max_length;
  if (!fits && item.check == ItemCheck::None) place.say(RuleId::TooLong);
  const auto characters = check_characters(value, profile_.characters);
  if (characters.fault) place.say(rule_of(*characters.fault));
  if (characters.standard_private_use) place.say(RuleId::StandardCharacters);
  if (item.check != ItemCheck::None) {
    check_identifier(item, value, place);
  } else {
    check_type(item, value, place);
  }
}

void RowChecker::check_type(const Item& item, const std::string& value, const Place& place) const {
  switch (item.type) {
    case ItemType::Text:
    case ItemType::Kana:
      break;
    case ItemType::Number:
      if (!std::all_of(value.begin(), value.end(), is_digit)) place.say(RuleId::NotADigit);
      break;
    case ItemType::Code:
      if (!std::all_of(value.begin(), value.end(), is_visible)) place.say(RuleId::NotACode);
      break;
    case ItemType::Flag:
      if (!std::all_of(value.begin(), value.end(), [](char c) { return is_digit(c) || is_letter(c); }))
        place.say(RuleId::NotAFlag);
      break;
    case ItemType::Timestamp:
      if (!check_timestamp(value)) place.say(RuleId::BadTimestamp);
      break;
    case ItemType::Date: {
      DateFault why{};
      const auto date = read_date(value, &why);
      if (!date) return place.say(rule_of(why));
      if (!date.value().date.year_known()) {
        place.say(RuleId::DateYearUnknown);
      } else if (!date.value().date.exact()) {
        place.say(RuleId::DateUnknown);
      }
      if (date.value().warning != DateWarning::None) place.say(RuleId::DateEraWarning);
      break;
    }
  }
  if (item.role == ItemRole::AddresseeNumber && !is_addressee_number(value)) place.say(RuleId::BadAddresseeNumber);
}

void RowChecker::check_identifier(const Item& item, std::string& value, const Place& place) const {
  IdentifierFinding why;
  switch (item.check) {
    case ItemCheck::None:
      return;
    case ItemCheck::IndividualNumber: {
      auto number = IndividualNumber::parse(value, &why);
      memory::wipe(value);  // it is held apart from here on, or not at all
      value.clear();
      if (!number) return place.say(rule_of(why.fault));
      place.record.individual_number = number.value();
      return;
    }
    case ItemCheck::ResidentRecordCode: {
      const auto code = ResidentRecordCode::parse(value, &why);
      if (!code) return place.say(rule_of(why.fault));
      if (!code.value().check_digit_holds()) place.say(RuleId::ResidentRecordCheckDigit);
      return;
    }
    case ItemCheck::LocalGovernmentCode:
    case ItemCheck::OwnLocalGovernmentCode:
      return check_government_code(item, value, place);
  }
}

void RowChecker::check_government_code(const Item& item, std::string& value, const Place& place) const {
  if (profile_.five_digit_codes && value.size() == LocalGovernmentCode::kSize - 1) {
    if (const auto completed = LocalGovernmentCode::from_five_digits(value)) {
      value.assign(completed.value().text());
      place.say(RuleId::CodeCompleted);
    }
  }
  IdentifierFinding why;
  const auto code = LocalGovernmentCode::parse(value, &why);
  if (!code) return place.say(rule_of(why.fault));
  const bool own = item.check == ItemCheck::OwnLocalGovernmentCode;
  if (own && code.value() != tenant_) place.say(RuleId::ForeignTenant);
}

}  // namespace shosoin::files
