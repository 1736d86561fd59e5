// A record file as data: its items in printed order, their types, lengths and roles. A made Definition has passed every
// rule of definitions/record-file-definition.schema.json and the rules beside it. Immutable; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/base/result.h"
#include "storage/files/bilingual.h"

namespace shosoin::files {

enum class ItemType : std::uint8_t { Text, Kana, Date, Code, Number, Flag, Timestamp };
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
};
enum class ItemCheck : std::uint8_t {
  None,
  IndividualNumber,
  ResidentRecordCode,
  LocalGovernmentCode,
  OwnLocalGovernmentCode
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
  const std::vector<Item>& items() const noexcept { return items_; }
  std::optional<std::size_t> index_of(ItemRole role) const noexcept;

 private:
  Definition() = default;
  std::string key_, name_, name_en_, source_;
  std::uint16_t version_ = 0;
  std::vector<Item> items_;
};

class DefinitionSet {
 public:
  static Result<DefinitionSet> embedded();  // what the program was built with
  // Every *.json of the directory except *.schema.json. Refuses two definitions with the same key and version.
  static Result<DefinitionSet> load_directory(const std::filesystem::path& directory, DefinitionFault* fault = nullptr);
  const Definition* find(std::string_view key) const noexcept;  // the highest version; null when unknown
  const Definition* find(std::string_view key, std::uint16_t version) const noexcept;
  const std::vector<Definition>& all() const noexcept { return definitions_; }

 private:
  bool add(Definition definition);
  std::vector<Definition> definitions_;
};

std::string_view to_text(ItemType type) noexcept;    // "text", as in the definition
std::string_view to_text(ItemRole role) noexcept;    // "" for None
std::string_view to_text(ItemCheck check) noexcept;  // "" for None

}  // namespace shosoin::files
