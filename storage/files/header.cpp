#include "storage/files/header.h"

#include <algorithm>
#include <map>

namespace shosoin::files {
namespace {

using Counts = std::map<std::string_view, std::size_t>;  // printed names may repeat in a definition

Finding at_column(RuleId rule, std::size_t index, std::string_view item) {
  return {.rule = rule, .row = 1, .column = static_cast<std::uint32_t>(index + 1), .item = std::string(item)};
}

// offset: columns in front of `names` in the file.
Finding diagnose(std::span<const Item> items, std::span<const std::string_view> names, std::size_t offset) {
  Counts expected, seen;
  for (const auto& item : items) ++expected[item.name];
  std::size_t known = 0;
  for (const auto name : names) {
    ++seen[name];
    known += expected.contains(name) ? 1 : 0;
  }
  if (known == 0) return {.rule = RuleId::HeaderAbsent, .row = 1, .column = 0, .item = ""};

  Counts so_far;
  const Item* missing = nullptr;
  for (const auto& item : items) {
    if (++so_far[item.name] > seen[item.name] && missing == nullptr) missing = &item;
  }
  so_far.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto known_name = expected.find(names[i]);
    if (known_name == expected.end()) {
      return at_column(missing != nullptr ? RuleId::HeaderUnknown : RuleId::HeaderExtra, i + offset, "");
    }
    if (++so_far[names[i]] > known_name->second) return at_column(RuleId::HeaderDoubled, i + offset, names[i]);
  }
  if (missing != nullptr) return {.rule = RuleId::HeaderMissing, .row = 1, .column = 0, .item = missing->name};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != items[i].name) return at_column(RuleId::HeaderReordered, i + offset, names[i]);
  }
  return {.rule = RuleId::HeaderReordered, .row = 1, .column = 0, .item = ""};
}

}  // namespace

AddresseeColumn addressee_column(const Definition& definition, std::size_t group) noexcept {
  const bool apart = definition.groups()[group].rows == GroupRows::Apart;
  if (apart || definition.index_of(ItemRole::AddresseeNumber, group)) return AddresseeColumn::None;
  return definition.is_flat() ? AddresseeColumn::Optional : AddresseeColumn::Required;
}
std::string_view to_text(AddresseeColumn column) noexcept {
  switch (column) {
    case AddresseeColumn::None:
      return "none";
    case AddresseeColumn::Optional:
      return "optional";
    case AddresseeColumn::Required:
      return "required";
  }
  return "";
}

HeaderAnswer check_header(const Definition& definition, std::size_t group, std::span<const std::string_view> fields) {
  const auto items = definition.items_of(group);
  const auto column = addressee_column(definition, group);
  const bool extra = column != AddresseeColumn::None && !fields.empty() && fields.front() == kAddresseeColumn;
  const auto names = extra ? fields.subspan(1) : fields;
  const bool fits = std::equal(names.begin(), names.end(), items.begin(), items.end(),
                               [](std::string_view name, const Item& item) { return name == item.name; });
  if (!fits) return {.shape = std::nullopt, .finding = diagnose(items, names, extra ? 1 : 0)};
  if (!extra && column == AddresseeColumn::Required) {
    return {.shape = std::nullopt, .finding = at_column(RuleId::HeaderMissing, 0, kAddresseeColumn)};
  }
  return {.shape = HeaderShape{.addressee_column = extra}, .finding = std::nullopt};
}

}  // namespace shosoin::files
