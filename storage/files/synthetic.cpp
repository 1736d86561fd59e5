#include "storage/files/synthetic.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>

#include "firmware/base/limits.h"
#include "storage/files/check_digits.h"
#include "storage/files/header.h"
#include "storage/files/synthetic_names.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

using namespace synthetic;
using Values = std::map<std::string_view, std::string, std::less<>>;  // item key -> value

// SplitMix64 (Steele, Lea, Flood 2014): the same sequence on every machine, which std::distributions do not promise.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool percent(std::uint64_t n) { return below(100) < n; }
  template <class List>
  const auto& of(const List& list) {
    return list[static_cast<std::size_t>(below(list.size()))];
  }

 private:
  std::uint64_t state_;
};

// i -> (a * i + b) mod n is one-to-one because a and n have no common factor; zero is passed over.
struct Scatter {
  std::uint64_t factor, start, range;
  std::uint64_t at(std::uint64_t i) const {
    const auto value = (factor * i + start) % range;
    return value != 0 ? value : (factor * limits::kMaxSyntheticPeople + start) % range;
  }
};
constexpr std::uint64_t kNumberRange = 100'000'000'000, kCodeRange = 10'000'000'000;
constexpr std::uint64_t kNumberFactor = 27'182'818'283, kCodeFactor = 3'141'592'653;  // odd, no 5; products fit 64 bits

constexpr std::string_view kZero = "0", kTestOperator = "TESTDATA", kTestTerminal = "TEST-TERMINAL";
constexpr auto kRelationships = std::to_array<std::string_view>({"世帯主", "世帯主", "妻", "夫", "子", "子", "母"});

std::string with_check_digit(std::string digits) {
  const char last = modulus_11_check_digit(digits);
  digits.push_back(last);
  return digits;
}
std::string individual_number(std::uint64_t payload) { return with_check_digit(fmt::format("{:011}", payload)); }
std::string resident_record_code(std::uint64_t payload) { return with_check_digit(fmt::format("{:010}", payload)); }

// 清音化: voiced and small kana become plain ones, spaces go.
std::string unvoiced(std::string_view kana) {
  constexpr std::u32string_view kFrom = U"ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴァィゥェォッャュョ";
  constexpr std::u32string_view kTo = U"カキクケコサシスセソタチツテトハヒフヘホハヒフヘホウアイウエオツヤユヨ";
  static_assert(kFrom.size() == kTo.size());
  std::string out;
  each_code_point(kana, [&](char32_t c) {
    const auto at = kFrom.find(c);
    if (c != U'　') append_utf8(out, at == std::u32string_view::npos ? c : kTo[at]);
    return true;
  });
  return out;
}

std::string half_width(std::string_view kana) {
  constexpr std::u32string_view kFull =
      U"ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"
      U"ン";
  constexpr std::u32string_view kVoiced = U"ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ";
  constexpr std::u32string_view kVoicedBase = U"カキクケコサシスセソタチツテトハヒフヘホウ";
  constexpr std::u32string_view kSemiVoiced = U"パピプペポ", kSemiVoicedBase = U"ハヒフヘホ";
  const auto narrow = [&](char32_t c) { return static_cast<char32_t>(0xFF66 + kFull.find(c)); };
  std::string out;
  each_code_point(kana, [&](char32_t c) {
    if (const auto at = kVoiced.find(c); at != std::u32string_view::npos) {
      append_utf8(out, narrow(kVoicedBase[at]));
      append_utf8(out, 0xFF9E);
    } else if (const auto semi = kSemiVoiced.find(c); semi != std::u32string_view::npos) {
      append_utf8(out, narrow(kSemiVoicedBase[semi]));
      append_utf8(out, 0xFF9F);
    } else {
      append_utf8(out, kFull.find(c) != std::u32string_view::npos ? narrow(c) : c == U'　' ? U' ' : c);
    }
    return true;
  });
  return out;
}

std::string day_between(Dice& dice, unsigned first_year, unsigned last_year) {
  const auto year = first_year + dice.below(last_year - first_year + 1);
  return fmt::format("{:04}-{:02}-{:02}", year, 1 + dice.below(12), 1 + dice.below(28));
}
std::string birth_date(Dice& dice) {
  const auto exact = day_between(dice, 1926, 2025);
  if (!dice.percent(2)) return exact;
  constexpr auto kUnknown = std::to_array<std::string_view>({"-00-00", "-A1-00", "-A4-00"});
  const auto year = fmt::format("{:04}", 1926 + dice.below(30));
  switch (dice.below(6)) {
    case 0:
      return "0000-00-00";
    case 1:
      return year + "-08-A2";
    case 2:
      return year + "-03-00";
  }
  return year + std::string(dice.of(kUnknown));
}

std::string street(Dice& dice) {
  const auto a = 1 + dice.below(6), b = 1 + dice.below(30), c = 1 + dice.below(20);
  switch (dice.below(4)) {
    case 0:
      return fmt::format("{}-{}-{}", a, b, c);
    case 1:
      return fmt::format("{}丁目{}番{}号", a, b, c);
    case 2:
      return fmt::format("{}−{}−{}　コーポ見本{}号室", a, b, c, 101 + dice.below(300));
  }
  return fmt::format("{}丁目{}番地{}", a, b, c);
}

void add_name(Dice& dice, Values& person) {
  if (dice.percent(2)) {
    const auto& foreigner = dice.of(foreigners());
    person["kanjiName"] = foreigner.latin;
    person["kanaName"] = foreigner.kana;
    person["sex"] = std::string(1, foreigner.sex);
    return;
  }
  const bool male = dice.percent(50);
  const auto& family = dice.of(family_names());
  const auto& given = dice.of(male ? male_names() : female_names());
  person["kanjiName"] = fmt::format("{}　{}", family.kanji, given.kanji);
  person["kanaName"] = fmt::format("{}　{}", family.kana, given.kana);
  person["sex"] = std::string(1, male ? '1' : '2');
}

void add_previous_address(Dice& dice, Values& person) {
  const auto& from = dice.of(municipalities());
  person["previousLocalGovernmentCode"] = from.code;
  person["previousAddress"] = fmt::format("{}{}{}", from.name, dice.of(from.towns).name, street(dice));
  person["previousAddressSubstituteCharCount"] = kZero;
}

struct Numbers {
  Scatter individual, resident;
};

Values person_at(std::uint64_t index, const SyntheticOptions& options, const Numbers& numbers) {
  Dice dice(options.seed * 0x2545F4914F6CDD1Du + index);
  Values person;
  add_name(dice, person);
  person["unvoicedKanaName"] = unvoiced(person["kanaName"]);
  if (options.half_width_kana) {
    for (const auto* key : {"kanaName", "unvoicedKanaName"}) person[key] = half_width(person[key]);
  }
  person["residentRecordCode"] = resident_record_code(numbers.resident.at(index));
  person["individualNumber"] = individual_number(numbers.individual.at(index));
  person["birthDate"] = birth_date(dice);
  const auto& home = municipality_of(options.tenant.text());
  const auto& town = dice.of(home.towns);
  person["localGovernmentCode"] = options.tenant.text();
  person["townCode"] = town.code;
  person["postalCode"] = town.postal_code;
  person["address"] = fmt::format("{}{}{}", home.name, town.name, street(dice));
  person["nameSubstituteCharCount"] = person["addressSubstituteCharCount"] = kZero;
  const auto since = day_between(dice, 2000, 2025);
  for (const auto* key : {"residentSinceDate", "addressSinceDate", "notificationDate", "changeDate"})
    person[key] = since;
  if (dice.percent(30)) add_previous_address(dice, person);
  person["relationship"] = std::string(dice.of(kRelationships));
  person["changeReason"] = fmt::format("{:02}", 1 + dice.below(12));
  if (dice.percent(3)) {
    person["formerResidentRecordCode"] = resident_record_code(1 + dice.below(kCodeRange - 1));
    person["residentRecordCodeUseDate"] = since;
  }
  person["requestControlNumber"] = fmt::format("TEST-{:08}", index + 1);
  person["operatorId"] = kTestOperator;
  person["operationTerminalId"] = kTestTerminal;
  person["updateSequenceNumber"] = person["changeUpdateSequenceNumber"] = std::to_string(1 + dice.below(9));
  for (const auto* key : {"updateProhibitedFlag", "prospectiveResidentFlag", "exclusiveLockFlag", "privateUseCharFlag"})
    person[key] = kZero;
  person["recordStatusFlag"] = std::string(1, '1');
  person["timestamp"] =
      fmt::format("20251001{:02}{:02}{:02}{:03}", dice.below(24), dice.below(60), dice.below(60), dice.below(1000));
  return person;
}

void quote(std::string& line, std::string_view value, bool first) {
  if (!first) line += ',';
  line += '"';
  for (char c : value) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

}  // namespace

Result<void> write_synthetic_people(const Definition& definition, const SyntheticOptions& options,
                                    const TextSink& out) {
  if (definition.key() != "honnin-kakunin-joho")
    return Error{ErrorCode::InvalidContent, "make synthetic people for this file"};
  if (options.count > limits::kMaxSyntheticPeople) return Error{ErrorCode::TooMany, "make synthetic people"};
  std::uint64_t tenant = 0;
  for (char c : options.tenant.text()) tenant = tenant * 10 + static_cast<std::uint64_t>(c - '0');
  Dice dice(options.seed ^ tenant << 32);
  const Numbers numbers{.individual = {kNumberFactor, dice.below(kNumberRange), kNumberRange},
                        .resident = {kCodeFactor, dice.below(kCodeRange), kCodeRange}};
  std::string line = "\xEF\xBB\xBF";
  if (options.addressee_column) quote(line, kAddresseeColumn, true);
  bool first = !options.addressee_column;
  for (const auto& item : definition.items()) quote(line, item.name, std::exchange(first, false));
  TRY(out(line + "\r\n"));
  for (std::uint64_t i = 0; i < options.count; ++i) {
    const auto person = person_at(i, options, numbers);
    line.clear();
    if (options.addressee_column) quote(line, fmt::format("{:015}", i + 1), true);
    first = !options.addressee_column;
    for (const auto& item : definition.items()) {
      const auto value = person.find(item.key);
      quote(line, value == person.end() ? std::string_view{} : value->second, std::exchange(first, false));
    }
    TRY(out(line += "\r\n"));
  }
  return success();
}

}  // namespace shosoin::files
