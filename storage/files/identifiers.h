// The identifiers of the record files as strong types. Outside text becomes one of these at the edge, once; a made
// value is always well formed. Why a text was refused comes back as a Finding that names a place, never the value.
// Values; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "firmware/base/result.h"
#include "storage/files/bilingual.h"

namespace shosoin::files {

enum class IdentifierKind : std::uint8_t {
  IndividualNumber,
  ResidentRecordCode,
  LocalGovernmentCode,
  CorporateNumber,
  ResidenceCard
};
struct IdentifierKindRow {
  IdentifierKind kind;
  std::string_view slug;  // "individual-number", as on the command line
  Bilingual name;
  std::size_t length;  // characters
};
const IdentifierKindRow& kind_row(IdentifierKind kind) noexcept;

enum class IdentifierFault : std::uint8_t {
  Empty,
  WrongLength,
  NotADigit,
  NotACapitalLetter,
  FullWidth,  // a full-width digit or letter where ASCII belongs
  WrongCheckDigit,
  Placeholder,        // all zeros: passes the check digit, stands for nobody
  UnknownPrefecture,  // the first two digits are not 01..47
};
struct IdentifierFinding {
  IdentifierFault fault = IdentifierFault::Empty;
  std::size_t position = 0;  // character, from 1; 0: the whole
};
std::string_view fault_slug(IdentifierFault fault) noexcept;  // "wrong-check-digit"
Bilingual fault_text(IdentifierFault fault) noexcept;

// 個人番号 (S-04: held apart from everything else). Wiped when it goes; readable only through reveal().
class IndividualNumber {
 public:
  static constexpr std::size_t kSize = 12;
  static Result<IndividualNumber> parse(std::string_view text, IdentifierFinding* why = nullptr);
  IndividualNumber(const IndividualNumber&) = default;
  IndividualNumber& operator=(const IndividualNumber&) = default;
  ~IndividualNumber();
  std::string_view reveal() const noexcept { return {digits_.data(), kSize}; }
  friend bool operator==(const IndividualNumber&, const IndividualNumber&) = default;

 private:
  IndividualNumber() = default;
  std::array<char, kSize> digits_{};
};

namespace detail {
template <std::size_t N>
std::array<char, N> fixed_text(std::string_view text) {
  ENSURE(text.size() == N);
  std::array<char, N> out{};
  text.copy(out.data(), N);
  return out;
}
}  // namespace detail

// 住民票コード. A wrong check digit is only reported: the notice that fixes the formula was not read.
class ResidentRecordCode {
 public:
  static constexpr std::size_t kSize = 11;
  static Result<ResidentRecordCode> parse(std::string_view text, IdentifierFinding* why = nullptr);
  bool check_digit_holds() const;
  std::string_view text() const noexcept { return {text_.data(), kSize}; }
  friend bool operator==(const ResidentRecordCode&, const ResidentRecordCode&) = default;

 private:
  explicit ResidentRecordCode(std::string_view text) : text_(detail::fixed_text<kSize>(text)) {}
  std::array<char, kSize> text_;
};

// 全国地方公共団体コード, six digits with a leading zero where it has one.
class LocalGovernmentCode {
 public:
  static constexpr std::size_t kSize = 6;
  static Result<LocalGovernmentCode> parse(std::string_view text, IdentifierFinding* why = nullptr);
  static Result<LocalGovernmentCode> from_five_digits(std::string_view text);  // adds the check digit
  std::string_view text() const noexcept { return {text_.data(), kSize}; }
  friend auto operator<=>(const LocalGovernmentCode&, const LocalGovernmentCode&) = default;

 private:
  explicit LocalGovernmentCode(std::string_view text) : text_(detail::fixed_text<kSize>(text)) {}
  std::array<char, kSize> text_;
};

// 法人番号. A swap of 0 and 9 passes its check digit.
class CorporateNumber {
 public:
  static constexpr std::size_t kSize = 13;
  static Result<CorporateNumber> parse(std::string_view text, IdentifierFinding* why = nullptr);
  std::string_view text() const noexcept { return {text_.data(), kSize}; }
  friend bool operator==(const CorporateNumber&, const CorporateNumber&) = default;

 private:
  explicit CorporateNumber(std::string_view text) : text_(detail::fixed_text<kSize>(text)) {}
  std::array<char, kSize> text_;
};

// 在留カード等の番号: two capital letters, eight digits, two capital letters; no public check digit; new at every
// re-issue.
class ResidenceCardNumber {
 public:
  static constexpr std::size_t kSize = 12;
  static Result<ResidenceCardNumber> parse(std::string_view text, IdentifierFinding* why = nullptr);
  std::string_view text() const noexcept { return {text_.data(), kSize}; }
  friend bool operator==(const ResidenceCardNumber&, const ResidenceCardNumber&) = default;

 private:
  explicit ResidenceCardNumber(std::string_view text) : text_(detail::fixed_text<kSize>(text)) {}
  std::array<char, kSize> text_;
};

}  // namespace shosoin::files
