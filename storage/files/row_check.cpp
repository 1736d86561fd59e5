#include "storage/files/row_check.h"

#include <algorithm>

#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"
#include "storage/files/utf8.h"

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

bool is_amount(std::string_view value) {
  if (value.starts_with('-')) value.remove_prefix(1);
  return !value.empty() && std::all_of(value.begin(), value.end(), is_digit);
}

bool is_addressee_number(std::string_view value) {
  const auto key = addressee_number_key(value);
  return !key.empty() && key.size() <= kMaxAddresseeDigits && std::all_of(key.begin(), key.end(), is_digit);
}

}  // namespace

struct RowChecker::Place {
  std::uint64_t row;
  std::uint32_t column;
  std::size_t index;  // of the item in its table
  std::string_view item;
  RecordInput& record;
  const FindingSink& tell;
  void say(RuleId rule, std::vector<CodePointChange> changes = {}) const {
    tell({.rule = rule, .row = row, .column = column, .item = std::string(item), .changes = std::move(changes)});
  }
};

void RowChecker::check(std::uint64_t row, std::span<const std::string_view> fields, HeaderShape shape,
                       RecordInput& record, const FindingSink& tell) const {
  const std::size_t offset = shape.addressee_column ? 1 : 0;
  ENSURE(fields.size() == items_.size() + offset);
  record.values.resize(items_.size());
  record.individual_number.reset();
  record.addressee_number.reset();
  record.other_numbers.clear();
  if (shape.addressee_column) {
    const Place place{.row = row, .column = 1, .index = 0, .item = kAddresseeColumn, .record = record, .tell = tell};
    if (!is_addressee_number(fields[0]))
      place.say(fields[0].empty() ? RuleId::RequiredEmpty : RuleId::BadAddresseeNumber);
    record.addressee_number = std::string(fields[0]);
  }
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const auto column = static_cast<std::uint32_t>(i + offset + 1);
    record.values[i].assign(fields[i + offset]);
    const auto& item = items_[i];
    check_item(item, record.values[i],
               {.row = row, .column = column, .index = i, .item = item.name, .record = record, .tell = tell});
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
  const bool digits = item.type == ItemType::Number || item.type == ItemType::Code || item.type == ItemType::Flag ||
                      item.type == ItemType::Amount;
  if (digits && narrow_digits(value)) place.say(RuleId::DigitsNarrowed);
  if (item.check == ItemCheck::None) check_length(item, value, place);
  const auto characters = check_characters(value, profile_.characters);
  if (characters.fault) place.say(rule_of(*characters.fault));
  if (characters.standard_private_use) place.say(RuleId::StandardCharacters);
  if (item.check != ItemCheck::None) {
    check_identifier(item, value, place);
  } else {
    check_type(item, value, place);
  }
}

void RowChecker::check_length(const Item& item, const std::string& value, const Place& place) const {
  const auto characters = length_in_characters(value);
  if (characters <= item.max_length) return;
  std::size_t code_points = 0;
  each_code_point(value, [&](char32_t) { return ++code_points, true; });
  place.tell({.rule = RuleId::TooLong,
              .row = place.row,
              .column = place.column,
              .item = std::string(place.item),
              .characters = characters,
              .code_points = code_points});
}

void RowChecker::check_date(const Item& item, const std::string& value, const Place& place) const {
  const bool month = item.type == ItemType::Month;
  DateFault why{};
  const auto date = month ? read_month(value, &why) : read_date(value, &why);
  if (!date) return place.say(month && why == DateFault::BadForm ? RuleId::BadMonth : rule_of(why));
  if (!date.value().date.year_known()) {
    place.say(RuleId::DateYearUnknown);
  } else if (!month && !date.value().date.exact()) {
    place.say(RuleId::DateUnknown);
  }
  if (date.value().warning != DateWarning::None) place.say(RuleId::DateEraWarning);
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
    case ItemType::Amount:
      if (!is_amount(value)) place.say(RuleId::BadAmount);
      break;
    case ItemType::Date:
    case ItemType::Month:
      check_date(item, value, place);
      break;
  }
  const bool addressee = item.role == ItemRole::AddresseeNumber || item.role == ItemRole::IntegratedAddresseeNumber;
  if (addressee && !is_addressee_number(value)) place.say(RuleId::BadAddresseeNumber);
}

void RowChecker::check_identifier(const Item& item, std::string& value, const Place& place) const {
  IdentifierFinding why;
  switch (item.check) {
    case ItemCheck::None:
      return;
    case ItemCheck::IndividualNumber:
      return take_number(item, value, place);
    case ItemCheck::ResidentRecordCode: {
      const auto code = ResidentRecordCode::parse(value, &why);
      if (!code) return place.say(rule_of(why.fault));
      if (!code.value().check_digit_holds()) place.say(RuleId::ResidentRecordCheckDigit);
      return;
    }
    case ItemCheck::LocalGovernmentCode:
    case ItemCheck::OwnLocalGovernmentCode:
      return check_government_code(item, value, place);
    case ItemCheck::CorporateNumber:
      if (!CorporateNumber::parse(value, &why)) place.say(rule_of(why.fault));
      return;
    case ItemCheck::ResidenceCard:  // the older certificates have other forms: only told
      check_length(item, value, place);
      if (!ResidenceCardNumber::parse(value)) place.say(RuleId::ResidenceCardForm);
      return check_type(item, value, place);
  }
}

// S-04: from here on it is held apart, or not at all.
void RowChecker::take_number(const Item& item, std::string& value, const Place& place) const {
  IdentifierFinding why;
  const auto number = IndividualNumber::parse(value, &why);
  memory::wipe(value);
  value.clear();
  if (!number) return place.say(rule_of(why.fault));
  if (item.role == ItemRole::IndividualNumber) {
    place.record.individual_number = number.value();
  } else {
    place.record.other_numbers.push_back({.item = place.index, .number = number.value()});
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
