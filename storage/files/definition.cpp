#include "storage/files/definition.h"

#include <algorithm>

namespace shosoin::files {

std::optional<std::size_t> Definition::index_of(ItemRole role) const noexcept {
  const auto at = std::find_if(items_.begin(), items_.end(), [&](const Item& item) { return item.role == role; });
  if (role == ItemRole::None || at == items_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - items_.begin());
}

std::span<const Item> Definition::items_of(std::size_t group) const noexcept {
  return std::span(items_).subspan(groups_[group].first, groups_[group].count);
}
std::optional<std::size_t> Definition::group_index(std::string_view key) const noexcept {
  const auto at = std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) { return group.key == key; });
  if (at == groups_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - groups_.begin());
}
std::optional<std::size_t> Definition::index_of(ItemRole role, std::size_t group) const noexcept {
  const auto items = items_of(group);
  const auto at = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.role == role; });
  if (role == ItemRole::None || at == items.end()) return std::nullopt;
  return static_cast<std::size_t>(at - items.begin());
}
bool Definition::is_flat() const noexcept {
  const bool other_numbers = std::any_of(items_.begin(), items_.end(), [](const Item& item) {
    return is_individual_number(item.role) && item.role != ItemRole::IndividualNumber;
  });
  return groups_.size() == 1 && groups_.front().rows == GroupRows::One && !other_numbers;
}

const Definition* DefinitionSet::find(std::string_view key) const noexcept {
  const Definition* newest = nullptr;
  for (const auto& definition : all()) {
    if (definition.key() == key && (newest == nullptr || definition.version() > newest->version()))
      newest = &definition;
  }
  return newest;
}
const Definition* DefinitionSet::find(std::string_view key, std::uint16_t version) const noexcept {
  for (const auto& definition : all()) {
    if (definition.key() == key && definition.version() == version) return &definition;
  }
  return nullptr;
}
bool DefinitionSet::add(Definition definition) {
  if (find(definition.key(), definition.version()) != nullptr) return false;
  definitions_.push_back(std::make_shared<const Definition>(std::move(definition)));
  return true;
}

bool is_individual_number(ItemRole role) noexcept {
  return role == ItemRole::IndividualNumber || role == ItemRole::RelatedIndividualNumber ||
         role == ItemRole::FormerIndividualNumber;
}

std::string_view to_text(ItemType type) noexcept {
  switch (type) {
    case ItemType::Text:
      return "text";
    case ItemType::Kana:
      return "kana";
    case ItemType::Date:
      return "date";
    case ItemType::Code:
      return "code";
    case ItemType::Number:
      return "number";
    case ItemType::Flag:
      return "flag";
    case ItemType::Timestamp:
      return "timestamp";
    case ItemType::Month:
      return "month";
    case ItemType::Amount:
      return "amount";
  }
  return "";
}
std::string_view to_text(ItemRole role) noexcept {
  switch (role) {
    case ItemRole::None:
      return "";
    case ItemRole::ResidentRecordCode:
      return "residentRecordCode";
    case ItemRole::IndividualNumber:
      return "individualNumber";
    case ItemRole::AddresseeNumber:
      return "addresseeNumber";
    case ItemRole::Name:
      return "name";
    case ItemRole::KanaName:
      return "kanaName";
    case ItemRole::BirthDate:
      return "birthDate";
    case ItemRole::Sex:
      return "sex";
    case ItemRole::Address:
      return "address";
    case ItemRole::IntegratedAddresseeNumber:
      return "integratedAddresseeNumber";
    case ItemRole::RelatedIndividualNumber:
      return "relatedIndividualNumber";
    case ItemRole::FormerIndividualNumber:
      return "formerIndividualNumber";
  }
  return "";
}
std::string_view to_text(ItemCheck check) noexcept {
  switch (check) {
    case ItemCheck::None:
      return "";
    case ItemCheck::IndividualNumber:
      return "individualNumber";
    case ItemCheck::ResidentRecordCode:
      return "residentRecordCode";
    case ItemCheck::LocalGovernmentCode:
      return "localGovernmentCode";
    case ItemCheck::OwnLocalGovernmentCode:
      return "ownLocalGovernmentCode";
    case ItemCheck::CorporateNumber:
      return "corporateNumber";
    case ItemCheck::ResidenceCard:
      return "residenceCard";
  }
  return "";
}
std::string_view to_text(GroupRows rows) noexcept {
  switch (rows) {
    case GroupRows::One:
      return "one";
    case GroupRows::Many:
      return "many";
    case GroupRows::Apart:
      return "apart";
  }
  return "";
}

}  // namespace shosoin::files
