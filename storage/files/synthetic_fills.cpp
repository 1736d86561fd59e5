#include "storage/files/synthetic_fills.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "storage/files/characters.h"
#include "storage/files/synthetic_text.h"

namespace shosoin::files::synthetic {
namespace {

using Text = std::string;

bool is_last(const Scene& s) { return s.row + 1 == s.rows; }
Text length_of(std::string_view text) { return std::to_string(length_in_characters(text)); }
std::uint64_t amount(const Scene& s) { return (1 + (s.self.index * 7 + s.row * 13) % 300) * 100; }
Text day_of_row(const Scene& s, std::uint64_t day) { return day_text(2024, 4 + 2 * (s.row % 4), day); }
Text municipality_name(const Scene& s) {
  return std::string(s.home.place->prefecture) + std::string(s.home.place->name);
}
Text office_address(const Scene& s) { return town_text(*s.home.place, s.home.place->towns.front()) + "1-1"; }
// As a host holds it that lacks what CP932 lacks.
Text substitute(const Scene& s) {
  auto other = fitted(Encoding::Cp932, s.self.kanji);
  return other == s.self.kanji ? "" : other;
}
Text era_code(std::string_view day) {
  const auto text = restyle(day, DateStyle::Era);
  if (text.starts_with("大正")) return "2";
  if (text.starts_with("昭和")) return "3";
  if (text.starts_with("平成")) return "4";
  return text.starts_with("令和") ? "5" : "9";  // 9: 不明
}
// Every fiftieth person's digits are full width, as somebody once typed them.
Text typed(const Scene& s, Text digits) {
  return s.self.index % 50 == 11 ? full_width_digits(digits) : std::move(digits);
}

constexpr Fill kEmpty = [](Scene&) -> Text { return ""; };
constexpr Fill kIndividualNumber = [](Scene& s) -> Text { return s.self.individual_number; };
constexpr Fill kFormerIndividualNumber = [](Scene& s) -> Text {
  return is_last(s) ? s.self.former_individual_number : "";
};
constexpr Fill kCurrentIfChanged = [](Scene& s) -> Text {
  return is_last(s) && !s.self.former_individual_number.empty() ? s.self.individual_number : "";
};
constexpr Fill kResidentRecordCode = [](Scene& s) -> Text { return s.self.resident_record_code; };
constexpr Fill kFormerResidentRecordCode = [](Scene& s) -> Text { return s.self.former_resident_record_code; };
constexpr Fill kAddresseeNumber = [](Scene& s) -> Text { return s.self.addressee_number; };
constexpr Fill kIntegratedAddresseeNumber = [](Scene& s) -> Text { return s.self.integrated_addressee_number; };
constexpr Fill kHouseholdNumber = [](Scene& s) -> Text { return s.home.people[0].addressee_number; };
constexpr Fill kChildAddressee = [](Scene& s) -> Text { return s.home.people[2].addressee_number; };
constexpr Fill kRelatedAddressee = [](Scene& s) -> Text { return s.home.people[1].addressee_number; };
constexpr Fill kOwnCode = [](Scene& s) -> Text { return std::string(s.tenant); };
constexpr Fill kResidenceCard = [](Scene& s) -> Text { return s.self.residence_card; };
constexpr Fill kTestNumber = [](Scene& s) -> Text {
  return fmt::format("TEST-{:08}{}", s.self.index + 1, s.rows > 1 ? fmt::format("-{}", s.row + 1) : "");
};
constexpr Fill kHistoryNumber = [](Scene& s) -> Text { return std::to_string(s.row + 1); };
constexpr Fill kSequenceOne = [](Scene&) -> Text { return "1"; };
constexpr Fill kName = [](Scene& s) -> Text { return s.self.kanji; };
constexpr Fill kKana = [](Scene& s) -> Text { return s.self.kana; };
constexpr Fill kUnvoicedKana = [](Scene& s) -> Text { return unvoiced(s.self.kana); };
constexpr Fill kHeadName = [](Scene& s) -> Text { return s.home.people[0].kanji; };
constexpr Fill kHeadKana = [](Scene& s) -> Text { return s.home.people[0].kana; };
constexpr Fill kLatinName = [](Scene& s) -> Text { return s.self.latin; };
constexpr Fill kForeignName = [](Scene& s) -> Text { return s.self.foreign ? s.self.kanji : ""; };
constexpr Fill kForeignKana = [](Scene& s) -> Text { return s.self.foreign ? s.self.kana : ""; };
constexpr Fill kSurname = [](Scene& s) -> Text { return s.self.index % 20 == 5 ? s.self.family_kanji : ""; };
constexpr Fill kNameLength = [](Scene& s) -> Text { return length_of(s.self.kanji); };
constexpr Fill kKanaLength = [](Scene& s) -> Text { return length_of(s.self.kana); };
constexpr Fill kSubstituteName = [](Scene& s) -> Text { return substitute(s); };
constexpr Fill kSubstituteNameLength = [](Scene& s) -> Text { return length_of(substitute(s)); };
constexpr Fill kAddress = [](Scene& s) -> Text { return address_text(s.home); };
constexpr Fill kAddressLength = [](Scene& s) -> Text { return length_of(address_text(s.home)); };
constexpr Fill kPostalCode = [](Scene& s) -> Text { return typed(s, s.home.town->postal_code); };
constexpr Fill kTownCode = [](Scene& s) -> Text { return s.home.town->code; };
constexpr Fill kTownName = [](Scene& s) -> Text { return std::string(s.home.town->name); };
constexpr Fill kBuilding = [](Scene& s) -> Text { return s.home.building; };
constexpr Fill kLot = [](Scene& s) -> Text { return s.home.lot; };
constexpr Fill kPrefecture = [](Scene& s) -> Text { return std::string(s.home.place->prefecture); };
constexpr Fill kCity = [](Scene& s) -> Text {
  return std::string(s.home.place->name) + std::string(s.home.town->city);
};
constexpr Fill kMunicipalityName = [](Scene& s) -> Text { return municipality_name(s); };
constexpr Fill kMunicipalityNameLength = [](Scene& s) -> Text { return length_of(municipality_name(s)); };
constexpr Fill kOfficeAddress = [](Scene& s) -> Text { return office_address(s); };
constexpr Fill kOfficeAddressLength = [](Scene& s) -> Text { return length_of(office_address(s)); };
constexpr Fill kPreviousAddress = [](Scene& s) -> Text { return previous_address_text(s.self); };
constexpr Fill kPreviousCode = [](Scene& s) -> Text {
  return s.self.moved_in ? std::string(s.self.previous_place->code) : "";
};
constexpr Fill kPreviousPostalCode = [](Scene& s) -> Text {
  return s.self.moved_in ? s.self.previous_town->postal_code : "";
};
constexpr Fill kPreviousHead = [](Scene& s) -> Text { return s.self.moved_in ? s.home.people[0].kanji : ""; };
constexpr Fill kPhone = [](Scene& s) -> Text { return typed(s, s.home.phone); };
constexpr Fill kOfficePhone = [](Scene&) -> Text { return "000-0000-0000"; };
constexpr Fill kBirthDate = [](Scene& s) -> Text { return s.self.birth; };
constexpr Fill kBirthEra = [](Scene& s) -> Text { return era_code(s.self.birth); };
constexpr Fill kChildBirthDate = [](Scene& s) -> Text { return s.home.people[2].birth; };
constexpr Fill kSince = [](Scene& s) -> Text { return s.self.since; };
constexpr Fill kRemovalDate = [](Scene& s) -> Text {
  return s.self.removed ? day_text(2026, 1 + s.self.index % 12, 1 + s.self.index % 28) : "";
};
constexpr Fill kForeignDate = [](Scene& s) -> Text {
  return s.self.foreign ? day_text(2027, 1 + s.self.index % 12, 1) : "";
};
constexpr Fill kDueDate = [](Scene& s) -> Text { return day_of_row(s, 28); };
constexpr Fill kPaidDate = [](Scene& s) -> Text { return day_of_row(s, 20); };
constexpr Fill kRowDate = [](Scene& s) -> Text { return day_of_row(s, 10); };
constexpr Fill kMonth = [](Scene& s) -> Text { return day_of_row(s, 1).substr(0, 7); };
constexpr Fill kSex = [](Scene& s) -> Text { return std::string(1, s.self.sex); };
constexpr Fill kRelationship = [](Scene& s) -> Text { return s.self.relationship; };
constexpr Fill kRemovalReason = [](Scene& s) -> Text { return s.self.removed ? "転出" : ""; };
constexpr Fill kMoveReason = [](Scene& s) -> Text { return s.self.moved_in ? "転入" : "出生"; };
constexpr Fill kNationality = [](Scene& s) -> Text { return s.self.foreign ? "試験国" : ""; };
constexpr Fill kNationalityCode = [](Scene& s) -> Text { return s.self.foreign ? "999" : ""; };
constexpr Fill kForeignFlag = [](Scene& s) -> Text { return s.self.foreign ? "1" : ""; };
constexpr Fill kZero = [](Scene&) -> Text { return "0"; };
constexpr Fill kOne = [](Scene&) -> Text { return "1"; };
constexpr Fill kYear = [](Scene&) -> Text { return "2024"; };
constexpr Fill kAmountDue = [](Scene& s) -> Text { return std::to_string(amount(s)); };
constexpr Fill kAmountPaid = [](Scene& s) -> Text {
  return std::to_string(s.row % 3 == 2 ? amount(s) / 2 : amount(s));
};
constexpr Fill kLatest = [](Scene& s) -> Text { return is_last(s) ? "1" : "0"; };
constexpr Fill kTestOperator = [](Scene&) -> Text { return "TESTDATA"; };
constexpr Fill kTestTerminal = [](Scene&) -> Text { return "TEST-TERMINAL"; };
constexpr Fill kTestRemark = [](Scene&) -> Text { return "試験データ"; };
constexpr Fill kTestAccount = [](Scene&) -> Text { return "試験銀行 本店 普通 0000001"; };

struct KeyRow {
  std::string_view key;
  Fill fill;
};
// clang-format off
constexpr auto kKeys = std::to_array<KeyRow>({
    {"householderKanaName", kHeadKana}, {"householderKanjiName", kHeadName}, {"familyRegisterHead", kHeadName},
    {"earlierHouseholderName", kPreviousHead}, {"previousAddressHouseholderName", kPreviousHead},
    {"unvoicedKanaName", kUnvoicedKana}, {"latinName", kLatinName}, {"dispatchName", kHeadName}, {"kanaName", kKana},
    {"kanjiName", kName}, {"foreignRealName", kForeignName}, {"foreignRealNameKana", kForeignKana},
    {"foreignKanaCommonName", kForeignKana}, {"foreignKanaCommonNameSearch", kForeignKana},
    {"foreignCommonName", kForeignName}, {"foreignCommonNameKana", kForeignKana}, {"formerSurname", kSurname},
    {"nameLength", kNameLength}, {"kanaNameLength", kKanaLength}, {"dispatchNameLength", kEmpty},
    {"substituteName", kSubstituteName}, {"substituteNameLength", kSubstituteNameLength},
    {"householdNumber", kHouseholdNumber}, {"childOwnWelfareLedgerNumber", kChildAddressee},
    {"relatedPersonOwnWelfareLedgerNumber", kRelatedAddressee},
    {"formerResidentRecordCode", kFormerResidentRecordCode}, {"formerLocalGovernmentCode", kEmpty},

    {"currentAddress", kAddress}, {"address", kAddress}, {"dispatchAddress", kAddress}, {"dispatchAddressLength", kAddressLength},
    {"addressLength", kAddressLength}, {"postalCode", kPostalCode}, {"currentAddressPostalCode", kPostalCode},
    {"dispatchPostalCode", kPostalCode}, {"addressPostalCode", kPostalCode}, {"townCode", kTownCode},
    {"addressTownCode", kTownCode}, {"currentAddressTownCode", kTownCode}, {"addressCode", kTownCode},
    {"townName", kTownName}, {"addressTownName", kTownName}, {"currentAddressBuilding", kBuilding}, {"building", kBuilding},
    {"addressBuilding", kBuilding}, {"lotNumber", kLot}, {"addressBlock", kLot}, {"prefectureName", kPrefecture},
    {"cityName", kCity}, {"addressMunicipalityName", kMunicipalityName}, {"municipalityName", kMunicipalityName},
    {"municipalityNameLength", kMunicipalityNameLength}, {"currentAddressLocalGovernmentCode", kOwnCode},
    {"addressLocalGovernmentCode", kOwnCode}, {"municipalityCode", kOwnCode}, {"municipalityAddress", kOfficeAddress},
    {"municipalityAddressLength", kOfficeAddressLength}, {"municipalityPhoneNumber", kOfficePhone},
    {"deliveryPlaceAddress", kOfficeAddress}, {"deliveryPlaceAddressLength", kOfficeAddressLength},
    {"deliveryPlaceName", kMunicipalityName}, {"deliveryPlaceNameLength", kMunicipalityNameLength},
    {"deliveryPlacePhoneNumber", kOfficePhone}, {"cardDispatchPlaceName", kMunicipalityName},
    {"cardDispatchPlaceNameLength", kMunicipalityNameLength}, {"cardDispatchPlaceAddress", kOfficeAddress},
    {"cardDispatchPlaceAddressLength", kOfficeAddressLength}, {"cardDispatchPlacePhoneNumber", kOfficePhone},
    {"previousAddress", kPreviousAddress}, {"previousLocalGovernmentCode", kPreviousCode},
    {"previousAddressLocalGovernmentCode", kPreviousCode}, {"previousAddressMunicipalityCode", kPreviousCode},
    {"previousAddressPostalCode", kPreviousPostalCode}, {"originAddress", kPreviousAddress},
    {"originAddressMunicipalityCode", kPreviousCode}, {"originAddressPostalCode", kPreviousPostalCode},
    {"phoneNumber", kPhone}, {"registeredDomicile", kPreviousAddress}, {"registeredDomicilePrefecture", kPrefecture},

    {"birthDate", kBirthDate}, {"childBirthDate", kChildBirthDate}, {"birthDateEraCategory", kBirthEra},
    {"residentSinceDate", kSince}, {"addressSinceDate", kSince}, {"notificationDate", kSince}, {"changeDate", kSince},
    {"residentSinceNotificationDate", kSince}, {"wardResidentSinceDate", kSince}, {"currentAddressSinceDate", kSince},
    {"currentAddressNotificationDate", kSince}, {"wardResidentSinceNotificationDate", kSince},
    {"residentChangeDate", kSince}, {"residentNotificationDate", kSince}, {"addressSinceChangeDate", kSince},
    {"addressSinceNotificationDate", kSince}, {"registrationDate", kSince}, {"removalChangeDate", kRemovalDate},
    {"removalNotificationDate", kRemovalDate}, {"removalDate", kRemovalDate}, {"deregistrationDate", kRemovalDate},
    {"deregistrationReason", kRemovalReason}, {"removalChangeReason", kRemovalReason},
    {"removalNotificationReason", kRemovalReason}, {"unreportedPeriodStart", kEmpty}, {"unreportedPeriodEnd", kEmpty},
    {"foreignBirthDate", kForeignDate}, {"residencePeriodEndDate", kForeignDate}, {"foreignResidencePeriodEndDate", kForeignDate},
    {"foreignResidencePeriodStartDate", kEmpty}, {"residentRecordCodeUseDate", kEmpty}, {"abolitionDate", kEmpty},
    {"dueDate", kDueDate}, {"statutoryDueDate", kDueDate}, {"statutoryDueDateOrOther", kDueDate},
    {"collectionDate", kPaidDate}, {"receiptDate", kPaidDate}, {"paymentDate", kPaidDate}, {"plannedDispatchDate", kRowDate},
    {"processDate", kRowDate}, {"operationDate", kRowDate}, {"certificationDate", kRowDate}, {"claimAcceptedDate", kRowDate},
    {"extinctionDate", kEmpty}, {"extinctionMonth", kEmpty}, {"extinctionReasonCode", kEmpty}, {"rejectionDate", kEmpty},
    {"withdrawalDate", kEmpty}, {"cancellationDate", kEmpty}, {"paymentEndMonth", kEmpty}, {"paymentStartMonth", kMonth},
    {"month", kMonth}, {"qualificationMonth", kMonth}, {"subjectStartDate", kSince}, {"subjectEndDate", kEmpty},
    {"businessYearStartDate", kEmpty}, {"businessYearEndDate", kEmpty}, {"prescriptionInterruptionDate", kEmpty},

    {"sex", kSex}, {"sexCode", kSex}, {"sexCategory", kSex}, {"relationship", kRelationship}, {"relationship1", kRelationship},
    {"addressSinceChangeReason", kMoveReason}, {"addressSinceNotificationReason", kMoveReason},
    {"nationality", kNationality}, {"nationalityCode", kNationalityCode}, {"foreignNationalityCode", kNationalityCode},
    {"article30Of45Category", kForeignFlag}, {"foreignArticle30Of45Category", kForeignFlag},
    {"nameSubstituteCharCount", kZero}, {"addressSubstituteCharCount", kZero}, {"updateProhibitedFlag", kZero},
    {"prospectiveResidentFlag", kZero}, {"exclusiveLockFlag", kZero}, {"privateUseCharFlag", kZero}, {"deletedFlag", kZero},
    {"recordStatusFlag", kOne}, {"validFlag", kOne}, {"projectLatestFlag", kLatest}, {"latestFlag", kLatest},
    {"subjectCount", kOne}, {"sequenceNumber", kHistoryNumber}, {"historyNumber", kHistoryNumber},
    {"childSequenceNumber", kSequenceOne}, {"relatedPersonSequenceNumber", kSequenceOne}, {"accessLogSequence", kHistoryNumber},
    {"assessmentYear", kYear}, {"targetYear", kYear}, {"settlementYear", kYear}, {"fiscalYear", kYear},
    {"statusReportYear", kYear}, {"termSettlementAmount", kAmountDue}, {"termCollectedAmount", kAmountPaid},
    {"paymentAmount", kAmountDue}, {"applicationType", kHistoryNumber}, {"termCode", kHistoryNumber},

    {"requestControlNumber", kTestNumber}, {"registrationNumber", kTestNumber}, {"dispatchControlNumber", kTestNumber},
    {"collectionKey1", kTestNumber}, {"businessKey", kTestNumber}, {"applicationNumber", kTestNumber},
    {"controlNumber", kTestNumber}, {"sectionCode", kTestNumber}, {"operatorId", kTestOperator}, {"updateUserId", kTestOperator},
    {"staffNumber", kTestOperator}, {"operationTerminalId", kTestTerminal}, {"terminal", kTestTerminal},
    {"updateComputerName", kTestTerminal}, {"computerName", kTestTerminal}, {"remarks", kTestRemark},
    {"supplementaryNotes", kTestRemark}, {"bankAccount", kTestAccount}, {"publicBenefitAccountRegistration", kTestAccount},
    {"staffName", kTestRemark}, {"staffSection", kTestRemark}, {"qualificationInformation", kTestRemark},
    {"registeredDomicileInformation", kTestRemark}, {"kanjiBusinessKey", kTestRemark},
});
// clang-format on
constexpr auto kTableWords =
    std::to_array<std::string_view>({"resident", "tax", "integrated", "addressee", "entitlement", "child",
                                     "relatedPerson", "revision", "yearlyReview", "accessLog", "section"});
// What is said of people to whom something special happened, and of nobody here.
constexpr auto kSeldom = std::to_array<std::string_view>({"ddress", "rocessingStop", "oreign", "emoval", "emoved",
                                                          "itizen", "ejection", "xtinction", "ithdrawal", "ancellation",
                                                          "uspension", "ormer", "omicile", "esidence", "ationality"});

const KeyRow* find(std::string_view key) {
  const auto row = std::find_if(kKeys.begin(), kKeys.end(), [&](const KeyRow& one) { return one.key == key; });
  return row == kKeys.end() ? nullptr : &*row;
}

}  // namespace

Fill fill_of_role(ItemRole role) {
  switch (role) {
    case ItemRole::IndividualNumber:
      return kIndividualNumber;
    case ItemRole::RelatedIndividualNumber:
      return kCurrentIfChanged;
    case ItemRole::FormerIndividualNumber:
      return kFormerIndividualNumber;
    case ItemRole::ResidentRecordCode:
      return kResidentRecordCode;
    case ItemRole::AddresseeNumber:
      return kAddresseeNumber;
    case ItemRole::IntegratedAddresseeNumber:
      return kIntegratedAddresseeNumber;
    case ItemRole::Name:
      return kName;
    case ItemRole::KanaName:
      return kKana;
    case ItemRole::BirthDate:
      return kBirthDate;
    case ItemRole::Sex:
      return kSex;
    case ItemRole::Address:
      return kAddress;
    case ItemRole::None:
      break;
  }
  return nullptr;
}
Fill fill_of_check(ItemCheck check) {
  if (check == ItemCheck::OwnLocalGovernmentCode) return kOwnCode;
  if (check == ItemCheck::ResidenceCard) return kResidenceCard;
  return nullptr;
}

Fill fill_of_key(std::string_view key) {
  if (const auto* row = find(key)) return row->fill;
  for (const auto word : kTableWords) {
    if (!key.starts_with(word) || key.size() == word.size()) continue;
    const char next = key[word.size()];
    if (next < 'A' || next > 'Z') continue;
    Text rest(key.substr(word.size()));
    rest.front() = static_cast<char>(next - 'A' + 'a');
    if (const auto* row = find(rest)) return row->fill;
  }
  for (const auto word : kSeldom) {
    if (key.find(word) != key.npos) return kEmpty;
  }
  return nullptr;
}

}  // namespace shosoin::files::synthetic
