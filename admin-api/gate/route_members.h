// What the routes take: parameters of their paths and members of their bodies, with the field each becomes. Included by
// routes.cpp only.
#pragma once

#include <array>

#include "admin-api/gate/routes.h"

namespace shosoin::gate {

namespace members {

using enum protocol::FieldId;
using enum Demand;

inline constexpr std::array kParameters{
    PathParameter{"localGovernmentCode", TenantCode, JsonType::Text},
    PathParameter{"recordFile", File, JsonType::Text},
    PathParameter{"recordId", protocol::FieldId::RecordId, JsonType::Id16},
    PathParameter{"importId", ImportId, JsonType::Id16},
    PathParameter{"erasureId", ErasureId, JsonType::Id16},
    PathParameter{"numberChangeId", NumberChangeId, JsonType::Id16},
    PathParameter{"serial", Serial, JsonType::Text},
    PathParameter{"group", Group, JsonType::Text},
    PathParameter{"offset", Offset, JsonType::Number},
    PathParameter{"part", Offset, JsonType::Number},
    PathParameter{"epoch", Epoch, JsonType::Number},
    PathParameter{"holdId", HoldId, JsonType::Id16},
    PathParameter{"disposalId", DisposalId, JsonType::Id16},
    PathParameter{"ruleVersion", RuleVersion, JsonType::Number},
};

inline constexpr std::array kLogin{
    Member{"/operatorId", PersonId, JsonType::Text, ByGate},
    Member{"/password", Password, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
};
inline constexpr std::array kRetrieve{
    Member{"/searchKey/kind", SearchKind, JsonType::Text, ByGate},
    Member{"/searchKey/value", SearchValue, JsonType::Text, ByGate},
    Member{"/searchKey/birthDate", BirthDate, JsonType::Text, Optional},
    Member{"/accessReason/reasonCode", ReasonCode, JsonType::Text, ByVault},
    Member{"/accessReason/caseReference", CaseReference, JsonType::Text, ByVault},
    Member{"/includeIndividualNumber", IncludeIndividualNumber, JsonType::Flag, Optional},
    Member{"/group", Group, JsonType::Text, Optional},
    Member{"/cursor", Cursor, JsonType::Id16, Optional},
};
inline constexpr std::array kImport{
    Member{"/recordFile", File, JsonType::Text, ByGate},
    Member{"/group", Group, JsonType::Text, Optional},
    Member{"/encoding", Encoding, JsonType::Text, ByGate},
    Member{"/profile/fiveDigitCodes", FiveDigitCodes, JsonType::Flag, Optional},
    Member{"/profile/standardCharacters", StandardCharacters, JsonType::Flag, Optional},
    Member{"/profile/ivsCollection", IvsCollection, JsonType::Text, Optional},
    Member{"/resume", Resume, JsonType::Flag, Optional},
};
inline constexpr std::array kIdentification{
    Member{"/item", ItemKey, JsonType::Text, ByGate},
    Member{"/value", Value, JsonType::Text, ByGate},
};
inline constexpr std::array kRetrieveRecord{
    Member{"/accessReason/reasonCode", ReasonCode, JsonType::Text, ByVault},
    Member{"/accessReason/caseReference", CaseReference, JsonType::Text, ByVault},
    Member{"/includeIndividualNumber", IncludeIndividualNumber, JsonType::Flag, Optional},
};
inline constexpr std::array kDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
};
inline constexpr std::array kErasureDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
    Member{"/witness", WitnessRequired, JsonType::Flag, Optional},
};
inline constexpr std::array kRegister{
    Member{"/firstDay", FirstDay, JsonType::Text, Optional},
    Member{"/lastDay", LastDay, JsonType::Text, Optional},
    Member{"/cursor", ReportCursor, JsonType::Text, Optional},
};
inline constexpr std::array kErasure{
    Member{"/recordIds", RecordIds, JsonType::Id16List, Optional},
    Member{"/months", LogMonths, JsonType::Text, Optional},
    Member{"/items", Items, JsonType::Text, ByVault},
    Member{"/medium", Medium, JsonType::Text, ByVault},
    Member{"/quantity", Quantity, JsonType::Text, ByVault},
    Member{"/method", protocol::FieldId::Method, JsonType::Text, ByVault},
    Member{"/plannedDate", PlannedDate, JsonType::Text, ByVault},
    Member{"/ground", Ground, JsonType::Text, ByVault},
};
inline constexpr std::array kNumberChange{
    Member{"/recordId", protocol::FieldId::RecordId, JsonType::Id16, ByGate},
    Member{"/newIndividualNumber", NewNumber, JsonType::Text, ByGate},
    Member{"/changedOn", ChangedOn, JsonType::Text, ByVault},
    Member{"/basis", ChangeBasis, JsonType::Text, ByVault},
    Member{"/caseReference", CaseReference, JsonType::Text, ByVault},
};
inline constexpr std::array kNumberDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
    Member{"/newIndividualNumber", NewNumber, JsonType::Text, Optional},
};
inline constexpr std::array kReport{
    Member{"/cursor", ReportCursor, JsonType::Text, Optional},
};
inline constexpr std::array kRule{
    Member{"/proposal", ProposalId, JsonType::Text, Optional},
    Member{"/rule", CountingRule, JsonType::Text, Optional},
    Member{"/period", RetentionPeriod, JsonType::Text, Optional},
    Member{"/eventItems", EventItems, JsonType::Text, Optional},
    Member{"/citation", Ground, JsonType::Text, Optional},
    Member{"/automatic", Automatic, JsonType::Flag, Optional},
    Member{"/settlement", Settlement, JsonType::Text, Optional},
    Member{"/unknownParts", UnknownDates, JsonType::Text, Optional},
    Member{"/shortens", Shortens, JsonType::Flag, Optional},
};
inline constexpr std::array kRuleDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
    Member{"/shortenedCount", ShortenedCount, JsonType::Text, Optional},
    Member{"/earliestEnd", EarliestEnd, JsonType::Text, Optional},
};
inline constexpr std::array kHold{
    Member{"/name", HoldName, JsonType::Text, ByVault},
    Member{"/reason", ReasonCode, JsonType::Text, ByVault},
    Member{"/caseReference", CaseReference, JsonType::Text, Optional},
    Member{"/recordIds", RecordIds, JsonType::Id16List, Optional},
    Member{"/months", LogMonths, JsonType::Text, Optional},
    Member{"/searchKey/kind", SearchKind, JsonType::Text, Optional},
    Member{"/searchKey/value", SearchValue, JsonType::Text, Optional},
    Member{"/searchKey/birthDate", BirthDate, JsonType::Text, Optional},
};
inline constexpr std::array kRemovalDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
    Member{"/localGovernmentCodeAgain", TenantCodeAgain, JsonType::Text, Optional},
    Member{"/receiptDigest", ReceiptDigest, JsonType::Text, Optional},
};
inline constexpr std::array kExecution{
    Member{"/totpCode", Code, JsonType::Text, ByGate},
};

}  // namespace members
}  // namespace shosoin::gate
