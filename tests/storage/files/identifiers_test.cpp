#include "storage/files/identifiers.h"

#include "storage/files/check_digits.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

const json::object& vectors_of(std::string_view kind) {
  return domain_vectors().at("identifiers").as_object().at(kind).as_object();
}
template <class Identifier>
IdentifierFinding why_not(std::string_view text) {
  IdentifierFinding why;
  EXPECT_FALSE(Identifier::parse(text, &why));
  return why;
}

TEST(IndividualNumber, AgreesWithTheDomainVectors) {
  const auto& vectors = vectors_of("individualNumber");
  for (const auto& text : vectors.at("valid").as_array()) {
    EXPECT_EQ(IndividualNumber::parse(word(text)).value().reveal(), word(text));
  }
  for (const auto& text : vectors.at("invalid").as_array()) {
    EXPECT_EQ(why_not<IndividualNumber>(word(text)).fault, IdentifierFault::WrongCheckDigit);
  }
  for (const auto& text : vectors.at("checkDigitOkButPlaceholder").as_array()) {
    EXPECT_EQ(why_not<IndividualNumber>(word(text)).fault, IdentifierFault::Placeholder);
  }
}
TEST(IndividualNumber, ComputesTheDigitsOfTheMinistryOrderAtEveryRemainder) {  // domain notes, section 1
  EXPECT_EQ(modulus_11_check_digit("12345678901"), '8');
  EXPECT_EQ(modulus_11_check_digit("10000000042"), '0');  // remainder 0
  EXPECT_EQ(modulus_11_check_digit("10000000308"), '0');  // remainder 1
}
TEST(IndividualNumber, SaysWhereAWrongCharacterStandsAndNeverTheCharacter) {
  EXPECT_EQ(why_not<IndividualNumber>("12345A789018").fault, IdentifierFault::NotADigit);
  EXPECT_EQ(why_not<IndividualNumber>("12345A789018").position, 6u);
  EXPECT_EQ(why_not<IndividualNumber>("1234５6789018").fault, IdentifierFault::FullWidth);
  EXPECT_EQ(why_not<IndividualNumber>("1234５6789018").position, 5u);
  EXPECT_EQ(why_not<IndividualNumber>("").fault, IdentifierFault::Empty);
  EXPECT_EQ(why_not<IndividualNumber>("12345678901").fault, IdentifierFault::WrongLength);
  EXPECT_EQ(why_not<IndividualNumber>("1234567890180").fault, IdentifierFault::WrongLength);
  EXPECT_EQ(why_not<IndividualNumber>("1234-5678-9018").fault, IdentifierFault::NotADigit);
  EXPECT_EQ(why_not<IndividualNumber>("12345\xFF").position, 6u);
}
TEST(IndividualNumber, EveryOtherRepeatedDigitFails) {
  for (char c = '1'; c <= '9'; ++c) EXPECT_FALSE(IndividualNumber::parse(std::string(12, c))) << c;
}

TEST(ResidentRecordCode, AWrongCheckDigitIsAWarningAndAPlaceholderARefusal) {
  const auto& vectors = vectors_of("residentRecordCode");
  for (const auto& text : vectors.at("validByFormula").as_array()) {
    EXPECT_TRUE(ResidentRecordCode::parse(word(text)).value().check_digit_holds()) << word(text);
  }
  for (const auto& text : vectors.at("invalidByFormula").as_array()) {
    EXPECT_FALSE(ResidentRecordCode::parse(word(text)).value().check_digit_holds()) << word(text);
  }
  for (const auto& text : vectors.at("checkDigitOkButPlaceholder").as_array()) {
    EXPECT_EQ(why_not<ResidentRecordCode>(word(text)).fault, IdentifierFault::Placeholder);
  }
}
TEST(LocalGovernmentCode, AgreesWithPublishedCodes) {
  const auto& vectors = vectors_of("localGovernmentCode");
  std::size_t visited = 0;
  for (const auto& [name, text] : vectors.at("valid").as_object()) {
    const auto code = LocalGovernmentCode::parse(word(text));
    ASSERT_TRUE(code) << name;
    EXPECT_EQ(LocalGovernmentCode::from_five_digits(word(text).substr(0, 5)).value(), code.value());
    ++visited;
  }
  EXPECT_EQ(visited, 15u);
  for (const auto& text : vectors.at("invalid").as_array())
    EXPECT_FALSE(LocalGovernmentCode::parse(word(text))) << word(text);
  EXPECT_EQ(why_not<LocalGovernmentCode>("000001").fault, IdentifierFault::UnknownPrefecture);
  EXPECT_EQ(why_not<LocalGovernmentCode>("480002").fault, IdentifierFault::UnknownPrefecture);
  EXPECT_FALSE(LocalGovernmentCode::from_five_digits("1321"));
  EXPECT_FALSE(LocalGovernmentCode::from_five_digits("99999"));
}
TEST(CorporateNumber, AgreesWithPublishedNumbers) {
  const auto& vectors = vectors_of("corporateNumber");
  for (const auto& text : vectors.at("valid").as_array()) EXPECT_TRUE(CorporateNumber::parse(word(text))) << word(text);
  for (const auto& text : vectors.at("invalid").as_array())
    EXPECT_EQ(why_not<CorporateNumber>(word(text)).position, 1u);
  EXPECT_FALSE(CorporateNumber::parse("0000000000000"));
}
TEST(ResidenceCardNumber, KnowsItsForm) {
  EXPECT_TRUE(ResidenceCardNumber::parse("AB12345678CD"));
  for (const auto& text : vectors_of("residenceCardNumber").at("invalid").as_array()) {
    EXPECT_FALSE(ResidenceCardNumber::parse(word(text))) << word(text);
  }
  EXPECT_EQ(why_not<ResidenceCardNumber>("AB1234567890").fault, IdentifierFault::NotACapitalLetter);
  EXPECT_EQ(why_not<ResidenceCardNumber>("ＡB12345678CD").fault, IdentifierFault::FullWidth);
}
TEST(IdentifierFaults, HaveATextInBothLanguagesAndTheirOwnSlug) {
  std::set<std::string_view> slugs;
  for (int i = 0; i <= static_cast<int>(IdentifierFault::UnknownPrefecture); ++i) {
    const auto fault = static_cast<IdentifierFault>(i);
    EXPECT_TRUE(slugs.insert(fault_slug(fault)).second);
    EXPECT_FALSE(fault_text(fault).ja.empty());
    EXPECT_FALSE(fault_text(fault).en.empty());
  }
}

}  // namespace
}  // namespace shosoin::files
