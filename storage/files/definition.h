// A record file as data: its items in printed order, their types, lengths and roles. A made Definition has passed every
// rule of definitions/record-file-definition.schema.json and the rules beside it. Immutable; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/base/result.h"
#include "storage/files/bilingual.h"
#include "storage/files/logic_check.h"

namespace shosoin::files {

// Month: a year and a month, read like a date whose day is unknown. Amount: digits, a minus sign may stand in front.
enum class ItemType : std::uint8_t { Text, Kana, Date, Code, Number, Flag, Timestamp, Month, Amount };
enum class ItemRole : std::uint8_t {
  None,
  ResidentRecordCode,
  IndividualNumber,
  AddresseeNumber,
  Name,
  KanaName,
  BirthDate,
  Sex,
  Address,
  IntegratedAddresseeNumber,  // 団体内統合宛名番号, as the file carries it
  RelatedIndividualNumber,    // another 個人番号 in the row: of spouse or dependants, or one that is to come
  FormerIndividualNumber,     // the subject's 個人番号 before a change (D-16)
};
enum class ItemCheck : std::uint8_t {
  None,
  IndividualNumber,
  ResidentRecordCode,
  LocalGovernmentCode,
  OwnLocalGovernmentCode,
  CorporateNumber,
  ResidenceCard
};
enum class GroupRows : std::uint8_t {
  One,    // at most one row per person
  Many,   // histories, children, tax terms
  Apart,  // about no person: a table of the file itself
};

struct Item {
  std::string number;  // as printed
  std::string key;     // stable
  std::string name;    // as printed; the CSV header
  ItemType type = ItemType::Text;
  std::size_t max_length = 0;  // characters
  ItemRole role = ItemRole::None;
  ItemCheck check = ItemCheck::None;
  bool required = false;
  bool may_leave = false;
  std::size_t group = 0;  // index into groups()
};

// A table of the file; its items stand together in items(). One CSV file per group.
struct Group {
  std::string key;
  std::string name;  // as printed, "" where none is
  GroupRows rows = GroupRows::One;
  std::size_t first = 0, count = 0;  // of items()
};

// Where a definition was refused, and why; both for the administrator who wrote it.
struct DefinitionFault {
  std::string pointer;  // RFC 6901; for a directory, the file name in front
  Bilingual message;
};

class Definition {
 public:
  // InvalidContent with the fault filled in; BadRequest when the text is not JSON.
  static Result<Definition> load(std::string_view json, DefinitionFault* fault = nullptr);
  const std::string& key() const noexcept { return key_; }
  std::uint16_t version() const noexcept { return version_; }
  const std::string& name() const noexcept { return name_; }
  const std::string& name_en() const noexcept { return name_en_; }
  const std::string& source() const noexcept { return source_; }
  const std::string& text() const noexcept { return text_; }  // the JSON it was loaded from
  const std::vector<Item>& items() const noexcept { return items_; }
  std::optional<std::size_t> index_of(ItemRole role) const noexcept;     // the first one of the file
  const std::vector<Group>& groups() const noexcept { return groups_; }  // at least one, in printed order
  std::span<const Item> items_of(std::size_t group) const noexcept;
  std::optional<std::size_t> group_index(std::string_view key) const noexcept;
  // Within the items of the group.
  std::optional<std::size_t> index_of(ItemRole role, std::size_t group) const noexcept;
  // Items of the type date from which a retention period could start, in the order of preference.
  const std::vector<std::size_t>& retention_events() const noexcept { return retention_events_; }
  const std::vector<LogicCheck>& checks() const noexcept { return checks_; }
  // One table, one row per person, no 個人番号 beside the subject's own: what record format 1 can hold.
  bool is_flat() const noexcept;

 private:
  Definition() = default;
  std::string key_, name_, name_en_, source_, text_;
  std::uint16_t version_ = 0;
  std::vector<Item> items_;
  std::vector<Group> groups_;
  std::vector<std::size_t> retention_events_;
  std::vector<LogicCheck> checks_;
};

// A copy shares its definitions: a Definition that was found stays good as long as any set that holds it.
class DefinitionSet {
 public:
  static Result<DefinitionSet> embedded();  // what the program was built with
  // Every *.json of the directory except *.schema.json. Refuses two definitions with the same key and version.
  static Result<DefinitionSet> load_directory(const std::filesystem::path& directory, DefinitionFault* fault = nullptr);
  const Definition* find(std::string_view key) const noexcept;  // the highest version; null when unknown
  const Definition* find(std::string_view key, std::uint16_t version) const noexcept;
  auto all() const noexcept {  // of const Definition&
    return std::views::transform(definitions_, [](const auto& held) -> const Definition& { return *held; });
  }
  bool add(Definition definition);  // false: this key and version are there

 private:
  std::vector<std::shared_ptr<const Definition>> definitions_;
};

// Values of such an item never stand among the others (S-04, S-05).
bool is_individual_number(ItemRole role) noexcept;

std::string_view to_text(ItemType type) noexcept;    // "text", as in the definition
std::string_view to_text(ItemRole role) noexcept;    // "" for None
std::string_view to_text(ItemCheck check) noexcept;  // "" for None
std::string_view to_text(GroupRows rows) noexcept;

}  // namespace shosoin::files
