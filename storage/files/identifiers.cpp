#include "storage/files/identifiers.h"

#include <algorithm>
#include <optional>

#include "firmware/memory/secret.h"
#include "storage/files/check_digits.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr std::array<IdentifierKindRow, 5> kKinds{{
    {IdentifierKind::IndividualNumber, "individual-number", {"個人番号", "individual number"}, IndividualNumber::kSize},
    {IdentifierKind::ResidentRecordCode,
     "resident-record-code",
     {"住民票コード", "resident record code"},
     ResidentRecordCode::kSize},
    {IdentifierKind::LocalGovernmentCode,
     "local-government-code",
     {"団体コード", "local government code"},
     LocalGovernmentCode::kSize},
    {IdentifierKind::CorporateNumber, "corporate-number", {"法人番号", "corporate number"}, CorporateNumber::kSize},
    {IdentifierKind::ResidenceCard,
     "residence-card",
     {"在留カード等の番号", "residence card number"},
     ResidenceCardNumber::kSize},
}};

bool is_digit(char32_t c) noexcept { return c >= U'0' && c <= U'9'; }
bool is_capital(char32_t c) noexcept { return c >= U'A' && c <= U'Z'; }
bool is_full_width(char32_t c) noexcept {
  return (c >= U'０' && c <= U'９') || (c >= U'Ａ' && c <= U'Ｚ') || (c >= U'ａ' && c <= U'ｚ');
}

// pattern: one 'd' (digit) or 'L' (capital letter) per character. The first character that does not fit is reported
// before the length, because it says more.
std::optional<IdentifierFinding> fit(std::string_view text, std::string_view pattern) {
  if (text.empty()) return IdentifierFinding{IdentifierFault::Empty, 0};
  std::size_t at = 0, position = 0;
  while (at < text.size() && position < pattern.size()) {
    const auto c = next_code_point(text, at);
    const bool wants_digit = pattern[position++] == 'd';
    if (c && (wants_digit ? is_digit(*c) : is_capital(*c))) continue;
    if (c && is_full_width(*c)) return IdentifierFinding{IdentifierFault::FullWidth, position};
    return IdentifierFinding{wants_digit ? IdentifierFault::NotADigit : IdentifierFault::NotACapitalLetter, position};
  }
  if (at != text.size() || position != pattern.size()) return IdentifierFinding{IdentifierFault::WrongLength, 0};
  return std::nullopt;
}

bool all_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

Error refuse(IdentifierFinding finding, IdentifierFinding* why, Literal doing) {
  if (why != nullptr) *why = finding;
  return Error{ErrorCode::InvalidContent, doing};
}

}  // namespace

const IdentifierKindRow& kind_row(IdentifierKind kind) noexcept { return kKinds[static_cast<std::size_t>(kind)]; }

std::string_view fault_slug(IdentifierFault fault) noexcept {
  switch (fault) {
    case IdentifierFault::Empty:
      return "empty";
    case IdentifierFault::WrongLength:
      return "wrong-length";
    case IdentifierFault::NotADigit:
      return "not-a-digit";
    case IdentifierFault::NotACapitalLetter:
      return "not-a-capital-letter";
    case IdentifierFault::FullWidth:
      return "full-width";
    case IdentifierFault::WrongCheckDigit:
      return "wrong-check-digit";
    case IdentifierFault::Placeholder:
      return "placeholder";
    case IdentifierFault::UnknownPrefecture:
      return "unknown-prefecture";
  }
  return "";
}

Bilingual fault_text(IdentifierFault fault) noexcept {
  switch (fault) {
    case IdentifierFault::Empty:
      return {"値がありません。", "There is no value."};
    case IdentifierFault::WrongLength:
      return {"桁数が違います。", "The number of characters is wrong."};
    case IdentifierFault::NotADigit:
      return {"半角数字でない文字があります。", "A character is not an ASCII digit."};
    case IdentifierFault::NotACapitalLetter:
      return {"半角英大文字でない文字があります。", "A character is not an ASCII capital letter."};
    case IdentifierFault::FullWidth:
      return {"全角文字です。半角で入力してください。", "A character is full width; write it in ASCII."};
    case IdentifierFault::WrongCheckDigit:
      return {"検査用数字が合いません。原本と見比べてください。",
              "The check digit does not fit. Compare with the original."};
    case IdentifierFault::Placeholder:
      return {"すべて0の値は仮の値で、誰の番号でもありません。", "All zeros is a placeholder and nobody's number."};
    case IdentifierFault::UnknownPrefecture:
      return {"先頭2桁が都道府県番号（01から47）ではありません。",
              "The first two digits are not a prefecture (01 to 47)."};
  }
  return {};
}

Result<IndividualNumber> IndividualNumber::parse(std::string_view text, IdentifierFinding* why) {
  constexpr Literal kDoing = "read an individual number";
  if (auto finding = fit(text, "dddddddddddd")) return refuse(*finding, why, kDoing);
  if (all_zero(text)) return refuse({IdentifierFault::Placeholder, 0}, why, kDoing);
  if (modulus_11_check_digit(text.substr(0, kSize - 1)) != text.back()) {
    return refuse({IdentifierFault::WrongCheckDigit, kSize}, why, kDoing);
  }
  IndividualNumber number;
  text.copy(number.digits_.data(), kSize);
  return number;
}
IndividualNumber::~IndividualNumber() { memory::wipe({reinterpret_cast<std::uint8_t*>(digits_.data()), kSize}); }

Result<ResidentRecordCode> ResidentRecordCode::parse(std::string_view text, IdentifierFinding* why) {
  constexpr Literal kDoing = "read a resident record code";
  if (auto finding = fit(text, "ddddddddddd")) return refuse(*finding, why, kDoing);
  if (all_zero(text)) return refuse({IdentifierFault::Placeholder, 0}, why, kDoing);
  return ResidentRecordCode(text);
}
bool ResidentRecordCode::check_digit_holds() const {
  return modulus_11_check_digit(text().substr(0, kSize - 1)) == text_.back();
}

Result<LocalGovernmentCode> LocalGovernmentCode::parse(std::string_view text, IdentifierFinding* why) {
  constexpr Literal kDoing = "read a local government code";
  if (auto finding = fit(text, "dddddd")) return refuse(*finding, why, kDoing);
  const auto prefecture = text.substr(0, 2);
  if (prefecture < "01" || prefecture > "47") return refuse({IdentifierFault::UnknownPrefecture, 1}, why, kDoing);
  if (local_government_check_digit(text.substr(0, kSize - 1)) != text.back()) {
    return refuse({IdentifierFault::WrongCheckDigit, kSize}, why, kDoing);
  }
  return LocalGovernmentCode(text);
}
Result<LocalGovernmentCode> LocalGovernmentCode::from_five_digits(std::string_view text) {
  if (fit(text, "ddddd")) return Error{ErrorCode::InvalidContent, "complete a five-digit local government code"};
  return parse(std::string(text) + local_government_check_digit(text));
}

Result<CorporateNumber> CorporateNumber::parse(std::string_view text, IdentifierFinding* why) {
  constexpr Literal kDoing = "read a corporate number";
  if (auto finding = fit(text, "ddddddddddddd")) return refuse(*finding, why, kDoing);
  if (corporate_check_digit(text.substr(1)) != text.front())
    return refuse({IdentifierFault::WrongCheckDigit, 1}, why, kDoing);
  return CorporateNumber(text);
}

Result<ResidenceCardNumber> ResidenceCardNumber::parse(std::string_view text, IdentifierFinding* why) {
  if (auto finding = fit(text, "LLddddddddLL")) return refuse(*finding, why, "read a residence card number");
  return ResidenceCardNumber(text);
}

}  // namespace shosoin::files
