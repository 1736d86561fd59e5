// What reads as a number of a person in a text somebody wrote freely (domain notes, sections 1 and 4).
#include "storage/files/number_words.h"

#include <random>

#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

const boost::json::array& vectors_of(std::string_view kind, std::string_view which) {
  return domain_vectors().at("identifiers").at(kind).as_object().at(which).as_array();
}
std::string full_width(std::string_view digits) {
  std::string out;
  for (const char c : digits) out += std::string("\xEF\xBC") + static_cast<char>('\x90' + (c - '0'));
  return out;
}
std::string grouped(std::string_view twelve, std::string_view between, bool wide) {
  std::string out;
  for (std::size_t at = 0; at < twelve.size(); at += 4) {
    if (at != 0) out += between;
    const auto group = twelve.substr(at, 4);
    out += wide ? full_width(group) : std::string(group);
  }
  return out;
}

TEST(NumberWords, EveryNumberOfTheDomainVectorsIsFoundHoweverItIsWritten) {
  for (const auto& valid : vectors_of("individualNumber", "valid")) {
    const auto number = word(valid);
    EXPECT_TRUE(reads_as_a_number(number)) << number;
    EXPECT_TRUE(reads_as_a_number("番号は" + number + "です")) << number;
    EXPECT_TRUE(reads_as_a_number(full_width(number))) << number;
    for (const auto* between : {"", " ", "-", "－", "　", "ー", "‐", "−", "–", "  "}) {
      EXPECT_TRUE(reads_as_a_number(grouped(number, between, false))) << number << between;
      EXPECT_TRUE(reads_as_a_number("（" + grouped(number, between, true) + "）")) << number << between;
    }
  }
  for (const auto& valid : vectors_of("residentRecordCode", "validByFormula")) {
    EXPECT_TRUE(reads_as_a_number("コード" + word(valid))) << word(valid);
    EXPECT_TRUE(reads_as_a_number(full_width(word(valid)))) << word(valid);
  }
}

TEST(NumberWords, WhatHasAnotherCheckDigitAnotherLengthOrOtherGroupsIsNone) {
  for (const auto& other : vectors_of("individualNumber", "invalid")) {
    EXPECT_FALSE(reads_as_a_number(word(other))) << word(other);
    EXPECT_FALSE(reads_as_a_number(grouped(word(other), "-", false))) << word(other);
  }
  for (const auto& other : vectors_of("residentRecordCode", "invalidByFormula"))
    EXPECT_FALSE(reads_as_a_number(word(other))) << word(other);
  for (const auto& other : vectors_of("corporateNumber", "valid"))
    EXPECT_FALSE(reads_as_a_number(word(other))) << word(other);
  // The digits of a valid number, written as the message asks for.
  for (const auto* text : {"123-4567-8903", "12-3456-78903", "1234/5678/9018", "1234、5678、9018", "1234567-89018",
                           "A1234 5678 B9018", "1234567890180", "2026-11-22 15:30", "令和8年第1234567号", ""}) {
    EXPECT_FALSE(reads_as_a_number(text)) << text;
  }
}

// The page says one in ten, and of runs of 11 and 12 digits only.
TEST(NumberWords, OneOtherRunInTenIsTakenForANumberAndNoneOfAnotherLength) {
  std::mt19937_64 random(20261122);
  constexpr int kRuns = 20'000;
  for (std::size_t size = 8; size <= 16; ++size) {
    int taken = 0;
    for (int i = 0; i < kRuns; ++i) {
      std::string digits;
      while (digits.size() < size) digits += static_cast<char>('0' + random() % 10);
      taken += reads_as_a_number(digits) ? 1 : 0;
    }
    if (size != 11 && size != 12) {
      EXPECT_EQ(taken, 0) << size;
    } else {
      EXPECT_NEAR(taken, kRuns / 10, kRuns / 100) << size;
    }
  }
}

}  // namespace
}  // namespace shosoin::files
