#include "admin-api/gate/routes.h"

#include <array>

#include "admin-api/gate/route_members.h"
#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

using namespace members;
using Kind = protocol::RequestKind;

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
          Kind::ErasureDecide, 200, kJson, kErasureDecision, false, kQuick, kSmall},
    Route{"witnessErasure", M::Post, "/v1/tenants/{localGovernmentCode}/erasures/{erasureId}/witness", Ask,
          Kind::ErasureWitness, 200, kJson, kExecution, false, kQuick, kSmall},
    Route{"executeErasure", M::Post, "/v1/tenants/{localGovernmentCode}/erasures/{erasureId}/execution", Ask,
          Kind::ErasureExecute, 200, kJson, kExecution, false, kLong, kSmall},
    Route{"withdrawErasure",
          M::Post,
          "/v1/tenants/{localGovernmentCode}/erasures/{erasureId}/withdrawal",
          Ask,
          Kind::ErasureWithdraw,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"getErasureReport",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/erasures/{erasureId}/report",
          Ask,
          Kind::ErasureReport,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
    Route{"acknowledgeErasure", M::Post, "/v1/tenants/{localGovernmentCode}/erasures/{erasureId}/acknowledgement", Ask,
          Kind::ErasureAcknowledge, 200, kJson, kExecution, false, kQuick, kSmall},
    Route{"listClosedErasures", M::Post, "/v1/tenants/{localGovernmentCode}/closed-erasures", Ask, Kind::ErasureHistory,
          200, kJson, kReport, false, kQuick, kSmall},
    Route{"listDisposals", M::Post, "/v1/tenants/{localGovernmentCode}/disposal-register", Ask, Kind::DisposalList, 200,
          kJson, kRegister, false, kLong, kSmall},
    Route{"getDisposal",
          M::Get,
          "/v1/tenants/{localGovernmentCode}/disposal-register/{disposalId}",
          Ask,
          Kind::DisposalShow,
          200,
          kNone,
          {},
          false,
          kQuick,
          0},
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
