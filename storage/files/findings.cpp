#include "storage/files/findings.h"

#include <fmt/format.h>

#include <array>

namespace shosoin::files {
namespace {

using enum Action;

// clang-format off
constexpr std::array<Rule, kRuleCount> kRules{{
    {RuleId::InvalidUtf8, "csv.invalid-utf8", RefuseFile,
     {"UTF-8として正しくないバイトがあります。文字コードの指定を確かめるか、UTF-8で書き出してください。",
      "Bytes that are not UTF-8. Check the declared encoding, or export the file as UTF-8."}},
    {RuleId::InvalidBytes, "csv.invalid-bytes", RefuseFile,
     {"指定された文字コードにないバイトがあります。文字コードの指定を確かめてください。",
      "Bytes that the declared encoding does not have. Check the declared encoding."}},
    {RuleId::ControlCharacter, "csv.control-character", RefuseFile,
     {"制御文字（NUL、タブなど）があります。取り除いてください。", "A control character (NUL, tab, ...). Remove it."}},
    {RuleId::UnterminatedQuote, "csv.unterminated-quote", RefuseFile,
     {"引用符がその行で閉じていません。値の中で改行はできません。",
      "A quote is not closed on its line; values cannot span lines."}},
    {RuleId::StrayQuote, "csv.stray-quote", RefuseFile,
     {"引用符の位置が正しくありません。値の中の引用符は二つ重ね、値全体を引用符で囲んでください。",
      "A quote out of place. Double it and put the whole value in quotes."}},
    {RuleId::WrongColumnCount, "csv.wrong-column-count", RefuseFile,
     {"列の数が見出しと違います。", "The number of columns differs from the header."}},
    {RuleId::CutOff, "csv.cut-off", RefuseFile,
     {"ファイルが途中で切れています。もう一度書き出して、送り直してください。",
      "The file ends in the middle. Export it again and resend it."}},
    {RuleId::LineTooLong, "csv.line-too-long", RefuseFile, {"1行が長すぎます。", "A line is too long."}},
    {RuleId::FieldTooLong, "csv.field-too-long", RefuseFile, {"値が長すぎます。", "A value is too long."}},
    {RuleId::TooManyRows, "csv.too-many-rows", RefuseFile,
     {"行が多すぎます。分けて送ってください。", "Too many rows. Send them in parts."}},
    {RuleId::NoRows, "csv.no-rows", RefuseFile, {"ファイルにデータの行がありません。", "The file holds no row of data."}},

    {RuleId::HeaderAbsent, "header.absent", RefuseFile,
     {"1行目が見出しではありません。項目名の行を付けてください。", "The first row is no header. Add the row of item names."}},
    {RuleId::HeaderMissing, "header.missing", RefuseFile,
     {"見出しにこの項目がありません。", "The header lacks this item."}},
    {RuleId::HeaderExtra, "header.extra", RefuseFile,
     {"見出しに余分な列があります。", "The header has a column too many."}},
    {RuleId::HeaderDoubled, "header.doubled", RefuseFile,
     {"見出しに同じ項目が重なっています。", "The header has this item twice."}},
    {RuleId::HeaderReordered, "header.reordered", RefuseFile,
     {"見出しの順序が定義と違います。", "The header is not in the order of the definition."}},
    {RuleId::HeaderUnknown, "header.unknown", RefuseFile,
     {"見出しに定義にない項目名があります。", "The header has a name that the definition does not know."}},
    {RuleId::ForeignTenant, "tenant.foreign", RefuseFile,
     {"他団体の団体コードです。取り込む先とファイルを確かめてください。",
      "The code of another local government. Check the file and where it goes."}},

    {RuleId::RequiredEmpty, "value.required", RefuseRow, {"必須の項目が空です。", "A required item is empty."}},
    {RuleId::TooLong, "value.too-long", RefuseRow, {"定義の文字数を超えています。", "Longer than the definition allows."}},
    {RuleId::NotADigit, "number.not-a-digit", RefuseRow,
     {"数字でない文字があります。", "A character is not a digit."}},
    {RuleId::WrongLength, "number.wrong-length", RefuseRow, {"桁数が違います。", "The number of digits is wrong."}},
    {RuleId::WrongCheckDigit, "number.wrong-check-digit", RefuseRow,
     {"検査用数字が合いません。原本と見比べてください。", "The check digit does not fit. Compare with the original."}},
    {RuleId::Placeholder, "number.placeholder", RefuseRow,
     {"すべて0の値は仮の値です。空にするか、正しい番号を入れてください。",
      "All zeros is a placeholder. Leave it empty or give the right number."}},
    {RuleId::UnknownPrefecture, "number.unknown-prefecture", RefuseRow,
     {"先頭2桁が都道府県番号ではありません。", "The first two digits are no prefecture."}},
    {RuleId::NotACode, "code.bad-character", RefuseRow,
     {"コードに使えない文字があります。半角の英数字と記号で入力してください。",
      "A character cannot stand in a code. Use ASCII letters, digits and signs."}},
    {RuleId::NotAFlag, "flag.bad-character", RefuseRow,
     {"フラグは半角英数字で入力してください。", "A flag is ASCII letters or digits."}},
    {RuleId::BadDateForm, "date.bad-form", RefuseRow,
     {"日付の書式ではありません。2024-06-20、20240620、令和6-06-20 のように書いてください。",
      "Not a date. Write it like 2024-06-20, 20240620 or 令和6-06-20."}},
    {RuleId::NoSuchDay, "date.no-such-day", RefuseRow, {"暦にない日付です。", "No such day in the calendar."}},
    {RuleId::BeforeEra, "date.before-era", RefuseRow,
     {"その元号が始まる前の日付です。", "The day lies before the era began."}},
    {RuleId::AfterEra, "date.after-era", RefuseRow, {"その元号が終わった後の日付です。", "The day lies after the era ended."}},
    {RuleId::BeforeGregorian, "date.before-gregorian", RefuseRow,
     {"明治5年以前は旧暦なので、読み取れません。", "Before 明治6 the lunar calendar was in use."}},
    {RuleId::BadTimestamp, "timestamp.bad-form", RefuseRow,
     {"日時の書式ではありません。20240620153000 のように書いてください。", "Not a time stamp. Write it like 20240620153000."}},
    {RuleId::BadMonth, "month.bad-form", RefuseRow,
     {"年月の書式ではありません。2024-06、202406、令和6-06 のように書いてください。",
      "Not a year and a month. Write it like 2024-06, 202406 or 令和6-06."}},
    {RuleId::BadAmount, "amount.bad-form", RefuseRow,
     {"金額は半角の数字で入力してください。負の額は先頭に - を付けます。",
      "An amount is ASCII digits, with a leading - where it is negative."}},
    {RuleId::BadAddresseeNumber, "addressee.bad-form", RefuseRow,
     {"宛名番号は15桁までの数字で入力してください。", "An addressee number is up to 15 digits."}},
    {RuleId::DuplicateNumber, "row.duplicate", RefuseRow,
     {"前の行と同じ番号です。", "An earlier row has the same number."}},
    {RuleId::DuplicateRow, "row.repeated", RefuseRow,
     {"前の行とまったく同じ行です。", "The row repeats an earlier one word for word."}},
    {RuleId::LogicCheck, "row.logic", RefuseRow,
     {"定義の論理チェックに合いません。", "Does not meet a logic check of the definition."}},

    {RuleId::VendorPrivateUse, "character.vendor-private-use", QuarantineRow,
     {"対応表のない外字があります。文字同定を待ちます。", "A vendor's private character without a map; waits for identification."}},
    {RuleId::StandardPrivateUse, "character.standard-private-use", QuarantineRow,
     {"行政事務標準文字の領域の文字ですが、その取込設定ではありません。文字同定を待ちます。",
      "A character of the administrative standard set, which this import does not declare; waits for identification."}},
    {RuleId::SelectorNotInCollection, "character.selector-not-in-collection", QuarantineRow,
     {"文字情報基盤にない異体字の組です。文字同定を待ちます。",
      "A variation sequence that is not in Moji_Joho; waits for identification."}},
    {RuleId::ReplacementCharacter, "character.replacement", QuarantineRow,
     {"置換文字（U+FFFD）があります。元の文字が失われています。", "U+FFFD: the character was lost before the file was made."}},
    {RuleId::Noncharacter, "character.noncharacter", QuarantineRow,
     {"文字ではない符号位置があります。", "A code point that is no character."}},
    {RuleId::InvisibleCharacter, "character.invisible", QuarantineRow,
     {"見えない制御文字があります。", "An invisible control character."}},

    {RuleId::KanaWidened, "convert.kana-widened", Convert,
     {"半角カナを全角にしました。", "Half-width kana became full width."}},
    {RuleId::DigitsNarrowed, "convert.digits-narrowed", Convert,
     {"全角数字を半角にしました。", "Full-width digits became ASCII."}},
    {RuleId::CodeCompleted, "convert.code-completed", Convert,
     {"5桁の団体コードに検査数字を補いました。", "A five-digit code was given its check digit."}},

    {RuleId::DateUnknown, "note.date-unknown", Note,
     {"日付の一部が不明です。", "Part of the date is unknown."}},
    {RuleId::DateYearUnknown, "note.date-year-unknown", Note,
     {"年が不明です。この日付からは保存期間が自動では満了しません。",
      "The year is unknown: nothing expires by itself from this date."}},
    {RuleId::DateEraWarning, "note.date-era", Note,
     {"改元の日か、改元後の旧元号の日付です。", "The day of an era change, or an old era's day after it."}},
    {RuleId::ResidentRecordCheckDigit, "note.resident-record-check-digit", Note,
     {"住民票コードの検査数字が合いません。原本と見比べてください。",
      "The check digit of the resident record code does not fit. Compare with the original."}},
    {RuleId::ResidenceCardForm, "note.residence-card-form", Note,
     {"在留カード等の番号の形ではありません。原本と見比べてください。",
      "Not in the form of a residence card number. Compare with the original."}},
    {RuleId::StandardCharacters, "note.standard-characters", Note,
     {"行政事務標準文字の追加文字があります。文字集合の版に注意してください。",
      "Characters added by the administrative standard set; mind the version of the set."}},
}};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<std::size_t>(kRules[i].id) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

const Rule& rule(RuleId id) noexcept { return kRules[static_cast<std::size_t>(id)]; }

FindingText render(const Finding& finding) {
  const auto& text = rule(finding.rule).text;
  std::string ja, en;
  if (finding.row != 0) {
    ja = fmt::format("{}行目", finding.row);
    en = fmt::format("row {}", finding.row);
  }
  if (finding.column != 0) {
    ja += fmt::format(" {}列目", finding.column);
    en += fmt::format(", column {}", finding.column);
  }
  if (!finding.item.empty()) {
    ja += fmt::format("「{}」", finding.item);
    en += fmt::format(" ({})", finding.item);
  }
  if (finding.characters != 0) {
    ja += fmt::format("({}文字、符号位置{}個)", finding.characters, finding.code_points);
    en += fmt::format(" ({} characters, {} code points)", finding.characters, finding.code_points);
  }
  const std::string_view said_ja = finding.own.ja.empty() ? text.ja : std::string_view(finding.own.ja);
  const std::string_view said_en = finding.own.en.empty() ? text.en : std::string_view(finding.own.en);
  if (ja.empty()) return {std::string(said_ja), std::string(said_en)};
  return {fmt::format("{}: {}", ja, said_ja), fmt::format("{}: {}", en, said_en)};
}

}  // namespace shosoin::files
