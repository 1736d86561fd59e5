// Which characters a stored value may hold. Values are never changed here; what is doubtful is named, so that the row
// can wait for 文字同定 with its bytes as they came. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/files/bilingual.h"

namespace shosoin::files {

enum class CharacterFault : std::uint8_t {
  VendorPrivateUse,    // U+E000..F8FF: 外字 of a vendor, without that vendor's map
  StandardPrivateUse,  // planes 15 and 16, though the profile is not 行政事務標準文字
  SelectorNotInCollection,
  Replacement,  // U+FFFD: lost before it came here
  Noncharacter,
  Invisible,  // C1 controls, line separators, bidirectional controls, a BOM inside
};
// Which variation sequences the sender has declared. Others wait for 文字同定; no selector is ever dropped.
enum class IvsCollection : std::uint8_t { MojiJoho, None };
struct CharacterProfile {
  bool standard_characters = false;  // 行政事務標準文字: planes 15 and 16 are accepted
  IvsCollection collection = IvsCollection::MojiJoho;
  friend bool operator==(const CharacterProfile&, const CharacterProfile&) = default;
};
struct CharacterReport {
  std::optional<CharacterFault> fault;  // the first one
  std::size_t position = 0;             // code point, from 1
  bool standard_private_use = false;    // accepted because of the profile; the version of the set matters
};
CharacterReport check_characters(std::string_view valid_utf8, CharacterProfile profile);
std::string_view fault_slug(CharacterFault fault) noexcept;

// Every doubtful place, not the first alone. A selector takes its base with it, and neighbours are one place.
struct DoubtfulPlace {
  std::size_t position = 0;         // code point, from 1
  std::size_t first = 0, size = 0;  // bytes of the value
};
std::vector<DoubtfulPlace> doubtful_places(std::string_view valid_utf8, CharacterProfile profile);

// Moji_Joho of the Ideographic Variation Database (characters/moji_joho.txt).
bool in_moji_joho(char32_t base, char32_t selector);
bool is_variation_selector(char32_t c) noexcept;

// Length as the definitions mean it: a base with its variation selector or combining marks is one character.
std::size_t length_in_characters(std::string_view valid_utf8);

}  // namespace shosoin::files
