#include "admin-api/gate/routes.h"

#include <array>

#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

using enum protocol::FieldId;
using Kind = protocol::RequestKind;
using enum Demand;

constexpr std::array kParameters{
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
    PathParameter{"ruleVersion", RuleVersion, JsonType::Number},
};

constexpr std::array kLogin{
    Member{"/operatorId", PersonId, JsonType::Text, ByGate},
    Member{"/password", Password, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
};
constexpr std::array kRetrieve{
    Member{"/searchKey/kind", SearchKind, JsonType::Text, ByGate},
    Member{"/searchKey/value", SearchValue, JsonType::Text, ByGate},
    Member{"/searchKey/birthDate", BirthDate, JsonType::Text, Optional},
    Member{"/accessReason/reasonCode", ReasonCode, JsonType::Text, ByVault},
    Member{"/accessReason/caseReference", CaseReference, JsonType::Text, ByVault},
    Member{"/includeIndividualNumber", IncludeIndividualNumber, JsonType::Flag, Optional},
    Member{"/group", Group, JsonType::Text, Optional},
    Member{"/cursor", Cursor, JsonType::Id16, Optional},
};
constexpr std::array kImport{
    Member{"/recordFile", File, JsonType::Text, ByGate},
    Member{"/group", Group, JsonType::Text, Optional},
    Member{"/encoding", Encoding, JsonType::Text, ByGate},
    Member{"/profile/fiveDigitCodes", FiveDigitCodes, JsonType::Flag, Optional},
    Member{"/profile/standardCharacters", StandardCharacters, JsonType::Flag, Optional},
    Member{"/profile/ivsCollection", IvsCollection, JsonType::Text, Optional},
    Member{"/resume", Resume, JsonType::Flag, Optional},
};
constexpr std::array kIdentification{
    Member{"/item", ItemKey, JsonType::Text, ByGate},
    Member{"/value", Value, JsonType::Text, ByGate},
};
constexpr std::array kRetrieveRecord{
    Member{"/accessReason/reasonCode", ReasonCode, JsonType::Text, ByVault},
    Member{"/accessReason/caseReference", CaseReference, JsonType::Text, ByVault},
    Member{"/includeIndividualNumber", IncludeIndividualNumber, JsonType::Flag, Optional},
};
constexpr std::array kDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
};
constexpr std::array kErasure{
    Member{"/recordIds", RecordIds, JsonType::Id16List, ByGate},
    Member{"/items", Items, JsonType::Text, ByVault},
    Member{"/medium", Medium, JsonType::Text, ByVault},
    Member{"/quantity", Quantity, JsonType::Text, ByVault},
    Member{"/method", protocol::FieldId::Method, JsonType::Text, ByVault},
    Member{"/plannedDate", PlannedDate, JsonType::Text, ByVault},
    Member{"/ground", Ground, JsonType::Text, Optional},
};
constexpr std::array kNumberChange{
    Member{"/recordId", protocol::FieldId::RecordId, JsonType::Id16, ByGate},
    Member{"/newIndividualNumber", NewNumber, JsonType::Text, ByGate},
    Member{"/changedOn", ChangedOn, JsonType::Text, ByVault},
    Member{"/basis", ChangeBasis, JsonType::Text, ByVault},
    Member{"/caseReference", CaseReference, JsonType::Text, ByVault},
};
constexpr std::array kNumberDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
    Member{"/newIndividualNumber", NewNumber, JsonType::Text, Optional},
};
constexpr std::array kReport{
    Member{"/cursor", ReportCursor, JsonType::Text, Optional},
};
constexpr std::array kRule{
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
constexpr std::array kRuleDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
    Member{"/shortenedCount", ShortenedCount, JsonType::Text, Optional},
    Member{"/earliestEnd", EarliestEnd, JsonType::Text, Optional},
};
constexpr std::array kHold{
    Member{"/name", HoldName, JsonType::Text, ByVault},
    Member{"/reason", ReasonCode, JsonType::Text, ByVault},
    Member{"/caseReference", CaseReference, JsonType::Text, Optional},
    Member{"/recordIds", RecordIds, JsonType::Id16List, Optional},
    Member{"/searchKey/kind", SearchKind, JsonType::Text, Optional},
    Member{"/searchKey/value", SearchValue, JsonType::Text, Optional},
    Member{"/searchKey/birthDate", BirthDate, JsonType::Text, Optional},
};
constexpr std::array kRemovalDecision{
    Member{"/decision", Decision, JsonType::Text, ByGate},
    Member{"/totpCode", Code, JsonType::Text, ByGate},
    Member{"/localGovernmentCodeAgain", TenantCodeAgain, JsonType::Text, Optional},
    Member{"/receiptDigest", ReceiptDigest, JsonType::Text, Optional},
};
constexpr std::array kExecution{
    Member{"/totpCode", Code, JsonType::Text, ByGate},
};

constexpr auto kQuick = limits::kVaultReply;
constexpr auto kLong = limits::kVaultLongReply;
constexpr auto kJson = BodyKind::Json;
constexpr auto kNone = BodyKind::None;
constexpr std::size_t kSmall = limits::kMaxJsonBody;
using enum Handling;
using M = gate::Method;

constexpr std::array kRoutes{
    Route{"getHealth", M::Get, "/health", Liveness, Kind::Health, 200, kNone, {}, false, kQuick, 0},
    Route{"getReadiness", M::Get, "/ready", Readiness, Kind::Health, 200, kNone, {}, false, kQuick, 0},
    Route{"getDescription", M::Get, "/openapi.yaml", OpenApi, Kind::Health, 200, kNone, {}, false, kQuick, 0},
    Route{"getProvisioningRecord",
          M::Get,
          "/v1/provisioning-record",
          Ask,
          Kind::ProvisioningShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"openSession", M::Post, "/v1/sessions", Ask, Kind::Login, 201, kJson, kLogin, false, kQuick, kSmall},
    Route{"getSession", M::Get, "/v1/sessions/current", Ask, Kind::SessionShow, 200, kNone, {}, false, kQuick, 0},
    Route{"closeSession", M::Delete, "/v1/sessions/current", Ask, Kind::Logout, 204, kNone, {}, false, kQuick, 0},
    Route{"listRecordFiles", M::Get, "/v1/record-files", Ask, Kind::FileList, 200, kNone, {}, false, kQuick, 0},
    Route{"getRecordFile",
          M::Get,
          "/v1/record-files/{recordFile}",
          Ask,
          Kind::FileShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"retrieve", M::Post, "/v1/tenants/{localGovernmentCode}/files/{recordFile}/retrievals", Ask, Kind::Retrieve,
          200, kJson, kRetrieve, false, kQuick, kSmall},
    Route{"retrieveRecord", M::Post,
          "/v1/tenants/{localGovernmentCode}/files/{recordFile}/records/{recordId}/retrievals", Ask,
          Kind::RetrieveRecord, 200, kJson, kRetrieveRecord, false, kQuick, kSmall},
    Route{"stageImport",
          M::Post,
          "/v1/tenants/{localGovernmentCode}/files/{recordFile}/imports",
          Import,
          Kind::ImportOpen,
          201,
          BodyKind::Csv,
          {},
          true,
          kLong,
          limits::kMaxHttpBody},
    Route{"stageGroupImport",
          M::Post,
          "/v1/tenants/{localGovernmentCode}/files/{recordFile}/groups/{group}/imports",
          Import,
          Kind::ImportOpen,
          201,
          BodyKind::Csv,
          {},
          true,
          kLong,
          limits::kMaxHttpBody},
    Route{"openImport", M::Post, "/v1/tenants/{localGovernmentCode}/imports", Ask, Kind::ImportOpen, 201, kJson,
          kImport, true, kQuick, kSmall},
    Route{"sendImportPart",
          M::Post,
          "/v1/tenants/{localGovernmentCode}/imports/{importId}/parts/{offset}",
          ImportPart,
          Kind::ImportChunk,
          200,
          BodyKind::Octets,
          {},
          false,
          kLong,
          limits::kMaxHttpBody},
    Route{"closeImport",
          M::Post,
          "/v1/tenants/{localGovernmentCode}/imports/{importId}/completion",
          Ask,
          Kind::ImportClose,
          200,
          kNone,
          {},
          false,
          kLong,
          0},
    Route{"getConversions",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/imports/{importId}/conversions/{part}",
          Ask,
          Kind::ConversionList,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"getQuarantine",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/imports/{importId}/quarantine",
          Ask,
          Kind::QuarantineList,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"identify", M::Post,
          "/v1/tenants/{localGovernmentCode}/imports/{importId}/quarantine/{recordId}/identifications", Ask,
          Kind::Identify, 201, kJson, kIdentification, false, kQuick, kSmall},
    Route{"decideIdentification", M::Post,
          "/v1/tenants/{localGovernmentCode}/imports/{importId}/quarantine/{recordId}/decision", Ask,
          Kind::IdentificationDecide, 200, kJson, kDecision, false, kQuick, kSmall},
    Route{"getImport",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/imports/{importId}",
          Ask,
          Kind::ImportShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"decideImport", M::Post, "/v1/tenants/{localGovernmentCode}/imports/{importId}/decision", Ask,
          Kind::ImportDecide, 200, kJson, kDecision, false, kLong, kSmall},
    Route{"requestNumberChange", M::Post, "/v1/tenants/{localGovernmentCode}/files/{recordFile}/number-changes", Ask,
          Kind::NumberChangeRequest, 201, kJson, kNumberChange, true, kLong, kSmall},
    Route{"listNumberChanges",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/number-changes",
          Ask,
          Kind::NumberChangeList,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"getNumberChange",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/number-changes/{numberChangeId}",
          Ask,
          Kind::NumberChangeShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"decideNumberChange", M::Post, "/v1/tenants/{localGovernmentCode}/number-changes/{numberChangeId}/decision",
          Ask, Kind::NumberChangeDecide, 200, kJson, kNumberDecision, false, kLong, kSmall},
    Route{"makeLinkingReport", M::Post, "/v1/tenants/{localGovernmentCode}/linking-reports", Ask, Kind::LinkingReport,
          200, kJson, kReport, false, kLong, kSmall},
    Route{"requestErasure", M::Post, "/v1/tenants/{localGovernmentCode}/files/{recordFile}/erasures", Ask,
          Kind::ErasureRequest, 201, kJson, kErasure, true, kQuick, limits::kMaxErasureBody},
    Route{"listErasures",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/erasures",
          Ask,
          Kind::ErasureList,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"getErasure",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/erasures/{erasureId}",
          Ask,
          Kind::ErasureShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"decideErasure", M::Post, "/v1/tenants/{localGovernmentCode}/erasures/{erasureId}/decision", Ask,
          Kind::ErasureDecide, 200, kJson, kDecision, false, kQuick, kSmall},
    Route{"executeErasure", M::Post, "/v1/tenants/{localGovernmentCode}/erasures/{erasureId}/execution", Ask,
          Kind::ErasureExecute, 200, kJson, kExecution, false, kLong, kSmall},
    Route{"proposeRetentionRule", M::Post, "/v1/tenants/{localGovernmentCode}/files/{recordFile}/retention-rules", Ask,
          Kind::RetentionRulePropose, 201, kJson, kRule, false, kLong, kSmall},
    Route{"decideRetentionRule", M::Post,
          "/v1/tenants/{localGovernmentCode}/files/{recordFile}/retention-rules/{ruleVersion}/decision", Ask,
          Kind::RetentionRuleDecide, 200, kJson, kRuleDecision, false, kLong, kSmall},
    Route{"listRetentionRules",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/retention-rules",
          Ask,
          Kind::RetentionRuleList,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"setHold", M::Post, "/v1/tenants/{localGovernmentCode}/files/{recordFile}/holds", Ask, Kind::HoldSet, 201,
          kJson, kHold, true, kQuick, limits::kMaxErasureBody},
    Route{"listHolds",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/holds",
          Ask,
          Kind::HoldList,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"askForRelease",
          M::Post,
          "/v1/tenants/{localGovernmentCode}/holds/{holdId}/release",
          Ask,
          Kind::HoldRelease,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"decideRelease", M::Post, "/v1/tenants/{localGovernmentCode}/holds/{holdId}/decision", Ask, Kind::HoldDecide,
          200, kJson, kDecision, false, kQuick, kSmall},
    Route{"listExpiredRecords", M::Post, "/v1/tenants/{localGovernmentCode}/expired-records", Ask, Kind::DueList, 200,
          kJson, kReport, false, kLong, kSmall},
    Route{"getRetentionCalendar",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/retention-calendar",
          Ask,
          Kind::RetentionCalendar,
          200,
          kNone,
          {},
          false,
          kLong,
          0},
    Route{"getCertificate",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/certificates/{serial}",
          Ask,
          Kind::CertificateShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"listLostRecords",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/lost-records",
          Ask,
          Kind::LostRecords,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"getTenantRemoval",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/removal",
          Ask,
          Kind::TenantRemovalShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"decideTenantRemoval", M::Post, "/v1/tenants/{localGovernmentCode}/removal/decision", Ask,
          Kind::TenantRemovalDecide, 200, kJson, kRemovalDecision, false, kLong, kSmall},
    Route{"getBatchCertificate",
          M::Get,
          "/v1/batches/{epoch}/certificate",
          Ask,
          Kind::BatchCertificateShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
};

// Takes the next segment off a path that starts with '/'.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const auto slash = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(slash);
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<PathValue>& values) {
  values.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view want = take_segment(pattern);
    const std::string_view have = take_segment(path);
    if (want.starts_with('{')) {
      if (have.empty()) return false;
      values.push_back({&path_parameter(want.substr(1, want.size() - 2)), have});
    } else if (want != have) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

std::string_view name_of(gate::Method method) {
  switch (method) {
    case M::Get:
      return "GET";
    case M::Post:
      return "POST";
    case M::Delete:
      return "DELETE";
  }
  return {};
}

const PathParameter& path_parameter(std::string_view name) {
  const PathParameter* found = nullptr;
  for (const auto& parameter : kParameters) {
    if (parameter.name == name) found = &parameter;
  }
  ENSURE(found != nullptr);
  return *found;
}

bool Route::needs_session() const {
  return handling != OpenApi && protocol::find_rule(kind)->gate_need != protocol::Need::Nobody;
}
const Member* Route::find_member(std::string_view pointer) const {
  for (const auto& member : members) {
    if (member.pointer == pointer) return &member;
  }
  return nullptr;
}
bool Route::has_pointer(std::string_view pointer) const {
  for (const auto& member : members) {
    if (!member.pointer.starts_with(pointer)) continue;
    if (member.pointer.size() == pointer.size() || member.pointer[pointer.size()] == '/') return true;
  }
  return false;
}

Match match_route(std::string_view method, std::string_view path) {
  Match match;
  std::vector<PathValue> values;
  for (const auto& route : kRoutes) {
    if (!matches(route.path, path, values)) continue;
    const bool reads = route.method == M::Get;  // then HEAD is the same request, told without its content
    if (name_of(route.method) == method || (reads && method == "HEAD")) {
      match.route = &route;
      match.values = std::move(values);
      return match;
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += name_of(route.method);
    if (reads) match.allow += ", HEAD";
  }
  return match;
}

}  // namespace shosoin::gate
