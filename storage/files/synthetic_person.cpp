#include "storage/files/synthetic_person.h"

#include <fmt/format.h>

#include <algorithm>

#include "firmware/base/limits.h"
#include "storage/files/check_digits.h"
#include "storage/files/synthetic_names.h"

namespace shosoin::files::synthetic {
namespace {

constexpr std::uint64_t kNumberRange = 100'000'000'000, kCodeRange = 10'000'000'000;
constexpr std::uint64_t kNumberFactor = 27'182'818'283, kCodeFactor = 3'141'592'653;  // odd, no 5; products fit 64 bits
constexpr std::uint64_t kAddresseeRange = 99, kIntegratedRange = 98;  // the two digits in front of the test ranges
constexpr std::uint64_t kCareNames = 8, kForeignHousehold = 6;        // at the end of family_names(); a fixed place

// Whose turn it is to be unusual: every n-th person, from a place inside the first twenty.
constexpr bool turn(std::uint64_t index, std::uint64_t every, std::uint64_t from) { return index % every == from; }

std::string with_check_digit(std::string digits) {
  const char last = modulus_11_check_digit(digits);
  digits.push_back(last);
  return digits;
}
std::string individual_number(std::uint64_t payload) { return with_check_digit(fmt::format("{:011}", payload)); }
std::string resident_record_code(std::uint64_t payload) { return with_check_digit(fmt::format("{:010}", payload)); }

std::string unknown_birth(std::uint64_t which, std::uint64_t year) {
  switch (which % 6) {
    case 0:
      return "0000-00-00";
    case 1:
      return fmt::format("{}-08-A2", year);
    case 2:
      return fmt::format("{}-03-00", year);
    case 3:
      return fmt::format("{}-A1-00", year);
    case 4:
      return fmt::format("{}-A4-00", year);
  }
  return fmt::format("{}-00-00", year);
}

std::string lot_text(Dice& dice) {
  const auto a = 1 + dice.below(6), b = 1 + dice.below(30), c = 1 + dice.below(20);
  switch (dice.below(4)) {
    case 0:
      return fmt::format("{}-{}-{}", a, b, c);
    case 1:
      return fmt::format("{}丁目{}番{}号", a, b, c);
    case 2:
      return fmt::format("{}−{}−{}", a, b, c);
  }
  return fmt::format("{}丁目{}番地{}", a, b, c);
}

void name_japanese(Dice& dice, const Name& family, Person& person) {
  const auto& given = dice.of(person.sex == '1' ? male_names() : female_names());
  person.family_kanji = family.kanji;
  person.family_kana = family.kana;
  person.kanji = fmt::format("{}　{}", family.kanji, given.kanji);
  person.kana = fmt::format("{}　{}", family.kana, given.kana);
}
void name_foreigner(Dice& dice, Person& person) {
  const auto& foreigner = dice.of(foreigners());
  person.foreign = true;
  person.sex = foreigner.sex;
  person.kanji = person.latin = foreigner.latin;
  person.kana = foreigner.kana;
  person.residence_card = fmt::format("ZZ{:08}ZZ", dice.below(100'000'000));
}

}  // namespace

std::uint64_t Scatter::at(std::uint64_t i) const {
  constexpr std::uint64_t kBeyondAll = 4 * limits::kMaxSyntheticPeople;
  const auto value = (factor * i + start) % range;
  return value != 0 ? value : (factor * kBeyondAll + start) % range;
}

std::string day_text(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}
std::string town_text(const Municipality& place, const Town& town) {
  return fmt::format("{}{}{}{}", place.prefecture, place.name, town.city, town.name);
}
std::string address_text(const Household& home) {
  const auto address = town_text(*home.place, *home.town) + home.lot;
  return home.building.empty() ? address : address + "　" + home.building;
}
std::string previous_address_text(const Person& person) {
  if (!person.moved_in) return "";
  return town_text(*person.previous_place, *person.previous_town) + person.previous_lot;
}

Population::Population(const LocalGovernmentCode& tenant, std::uint64_t seed)
    : place_(&municipality_of(tenant.text())), tenant_(tenant.text()) {
  std::uint64_t number = 0;
  for (char c : tenant_) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  Dice dice(seed ^ number << 32);
  individual_ = {.factor = kNumberFactor, .start = dice.below(kNumberRange), .range = kNumberRange};
  resident_ = {.factor = kCodeFactor, .start = dice.below(kCodeRange), .range = kCodeRange};
  seed_ = dice.next();
}

std::uint64_t Population::row_seed(std::uint64_t person, std::uint64_t row) const {
  return Dice(seed_ ^ (person << 16) ^ (row + 1)).next();
}

void Population::number(Person& person) const {
  const auto index = person.index;
  person.individual_number = individual_number(individual_.at(index));
  person.resident_record_code = resident_record_code(resident_.at(index));
  if (turn(index, 40, 7))
    person.former_individual_number = individual_number(individual_.at(index + limits::kMaxSyntheticPeople));
  if (turn(index, 30, 9))
    person.former_resident_record_code = resident_record_code(resident_.at(index + limits::kMaxSyntheticPeople));
  person.addressee_number = fmt::format("{}{:013}", kAddresseeRange, index + 1);
  person.integrated_addressee_number = fmt::format("{}{:013}", kIntegratedRange, index + 1);
}

Household Population::household(std::uint64_t index) const {
  Dice dice(row_seed(index, ~std::uint64_t{0} >> 1));
  Household home{.index = index,
                 .place = place_,
                 .town = &dice.of(place_->towns),
                 .lot = lot_text(dice),
                 .building = "",
                 .phone = "",
                 .people = {}};
  if (dice.percent(25)) home.building = fmt::format("コーポ見本{}号室", 101 + dice.below(300));
  home.phone = fmt::format("000-{:04}-{:04}", dice.below(10'000), dice.below(10'000));
  const auto families = family_names();
  const auto care = families.size() - kCareNames;
  const auto& family = index < kCareNames ? families[care + index] : dice.of(families);
  const bool drawn = dice.percent(2);
  const bool foreign = index == kForeignHousehold || (drawn && index >= kCareNames);
  const auto head_year = 1926 + dice.below(69);
  const bool head_male = dice.percent(70);
  for (std::size_t i = 0; i < kHouseholdSize; ++i) {
    auto& person = home.people[i];
    person.index = index * kHouseholdSize + i;
    person.sex = (i == 2 ? dice.percent(50) : head_male == (i == 0)) ? '1' : '2';
    if (foreign) {
      name_foreigner(dice, person);
    } else {
      name_japanese(dice, family, person);
    }
    person.relationship = i == 0 ? "世帯主" : i == 2 ? "子" : person.sex == '1' ? "夫" : "妻";
    const auto year =
        i == 2 ? std::min<std::uint64_t>(2024, head_year + 20 + dice.below(15)) : head_year + dice.below(4);
    person.birth = day_text(year, 1 + dice.below(12), 1 + dice.below(28));
    if (turn(person.index, 25, 4)) person.birth = unknown_birth(person.index / 25, year);
    const auto first = std::max<std::uint64_t>(2000, year + 1);
    person.since = day_text(first + dice.below(2026 - first), 1 + dice.below(12), 1 + dice.below(28));
    person.removed = turn(person.index, 35, 13);
    person.moved_in = dice.percent(30);
    person.previous_place = &dice.of(municipalities());
    person.previous_town = &dice.of(person.previous_place->towns);
    person.previous_lot = lot_text(dice);
    number(person);
  }
  return home;
}

}  // namespace shosoin::files::synthetic
