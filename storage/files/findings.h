// What an import has to say about a file: rules with a fixed action and a fixed text in both languages, and findings
// that name a row, a column and an item - never a value. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/files/bilingual.h"
#include "storage/files/normalise.h"

namespace shosoin::files {

enum class Action : std::uint8_t { RefuseFile, RefuseRow, QuarantineRow, Convert, Note };

enum class RuleId : std::uint8_t {
  // the file as CSV
  InvalidUtf8,
  InvalidBytes,
  ControlCharacter,
  UnterminatedQuote,
  StrayQuote,
  WrongColumnCount,
  CutOff,
  LineTooLong,
  FieldTooLong,
  TooManyRows,
  NoRows,
  // its header
  HeaderAbsent,
  HeaderMissing,
  HeaderExtra,
  HeaderDoubled,
  HeaderReordered,
  HeaderUnknown,
  // its tenant
  ForeignTenant,
  // a row
  RequiredEmpty,
  TooLong,
  NotADigit,
  WrongLength,
  WrongCheckDigit,
  Placeholder,
  UnknownPrefecture,
  NotACode,
  NotAFlag,
  BadDateForm,
  NoSuchDay,
  BeforeEra,
  AfterEra,
  BeforeGregorian,
  BadTimestamp,
  BadMonth,
  BadAmount,
  BadAddresseeNumber,
  DuplicateNumber,
  DuplicateRow,
  LogicCheck,  // of the definition; its own texts stand in the finding
  // a row that waits for 文字同定
  VendorPrivateUse,
  StandardPrivateUse,
  SelectorNotInCollection,
  ReplacementCharacter,
  Noncharacter,
  InvisibleCharacter,
  // conversions of the domain notes
  KanaWidened,
  DigitsNarrowed,
  CodeCompleted,
  // accepted, with a flag
  DateUnknown,
  DateYearUnknown,
  DateEraWarning,
  ResidentRecordCheckDigit,
  ResidenceCardForm,
  StandardCharacters,
};
inline constexpr std::size_t kRuleCount = static_cast<std::size_t>(RuleId::StandardCharacters) + 1;

struct Rule {
  RuleId id;
  std::string_view slug;  // stable; stands in reports and JSON
  Action action;
  Bilingual text;
};
const Rule& rule(RuleId id) noexcept;

struct FindingText {
  std::string ja, en;
};
struct Finding {
  RuleId rule;
  std::uint64_t row = 0;     // from 1, the header is row 1; 0: the whole file
  std::uint32_t column = 0;  // from 1; 0: the whole row
  std::string item;          // name as printed; "" when the column is none of the definition's
  // For KanaWidened: the distinct changes, sorted, so that they do not spell the value. Empty for numbers: the digits
  // before and after would be the number.
  std::vector<CodePointChange> changes{};
  // For TooLong: how long the value is, a base with its selector or marks counted once, and in code points; else 0.
  std::size_t characters = 0, code_points = 0;
  // For LogicCheck: the key of the check, and what the definition says where it is broken.
  std::string check{};
  FindingText own{};
};
FindingText render(const Finding& finding);

}  // namespace shosoin::files
