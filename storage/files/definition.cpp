#include "storage/files/definition.h"

#include <algorithm>

namespace shosoin::files {

std::optional<std::size_t> Definition::index_of(ItemRole role) const noexcept {
  const auto at = std::find_if(items_.begin(), items_.end(), [&](const Item& item) { return item.role == role; });
  if (role == ItemRole::None || at == items_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - items_.begin());
}

const Definition* DefinitionSet::find(std::string_view key) const noexcept {
  const Definition* newest = nullptr;
  for (const auto& definition : definitions_) {
    if (definition.key() == key && (newest == nullptr || definition.version() > newest->version()))
      newest = &definition;
  }
  return newest;
}
const Definition* DefinitionSet::find(std::string_view key, std::uint16_t version) const noexcept {
  for (const auto& definition : definitions_) {
    if (definition.key() == key && definition.version() == version) return &definition;
  }
  return nullptr;
}
bool DefinitionSet::add(Definition definition) {
  if (find(definition.key(), definition.version()) != nullptr) return false;
  definitions_.push_back(std::move(definition));
  return true;
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
  }
  return "";
}

}  // namespace shosoin::files
