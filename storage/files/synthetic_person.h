// One synthetic household of three: the same seed and place give the same people, numbers included, whatever file is
// being written. The first households hold what breaks other systems (𠮷, selectors, foreigners, unknown dates), so
// that a small set has it too. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "storage/files/identifiers.h"
#include "storage/files/synthetic_places.h"

namespace shosoin::files::synthetic {

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
  std::uint64_t at(std::uint64_t i) const;
};

struct Person {
  std::uint64_t index = 0;
  bool foreign = false, removed = false, moved_in = false;
  char sex = '1';
  std::string kanji, kana, latin;                           // latin: "" for Japanese
  std::string family_kanji, family_kana;                    // "" for foreigners
  std::string birth;                                        // YYYY-MM-DD with the codes of unknown parts
  std::string individual_number, former_individual_number;  // former: "" as a rule
  std::string resident_record_code, former_resident_record_code;
  std::string addressee_number, integrated_addressee_number;  // 99..., 98...: ranges kept for test data
  std::string relationship, since, residence_card;
  const Town* previous_town = nullptr;
  const Municipality* previous_place = nullptr;
  std::string previous_lot;
};

inline constexpr std::size_t kHouseholdSize = 3;
struct Household {
  std::uint64_t index = 0;
  const Municipality* place = nullptr;
  const Town* town = nullptr;
  std::string lot, building, phone;
  std::array<Person, kHouseholdSize> people;  // 世帯主, 妻 or 夫, 子
};

class Population {
 public:
  Population(const LocalGovernmentCode& tenant, std::uint64_t seed);
  Household household(std::uint64_t index) const;
  std::uint64_t row_seed(std::uint64_t person, std::uint64_t row) const;

 private:
  void number(Person& person) const;
  std::uint64_t seed_;
  const Municipality* place_;
  std::string tenant_;
  Scatter individual_, resident_;
};

std::string town_text(const Municipality& place, const Town& town);  // prefecture, municipality, ward, town
std::string address_text(const Household& home);                     // with lot and building
std::string previous_address_text(const Person& person);             // "" unless moved_in
std::string day_text(std::uint64_t year, std::uint64_t month, std::uint64_t day);

}  // namespace shosoin::files::synthetic
