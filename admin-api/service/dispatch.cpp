// The one table from kind to handler.
#include <algorithm>
#include <array>

#include "admin-api/service/handlers.h"
#include "admin-api/service/people/login.h"
#include "admin-api/service/retention/appliance_log.h"

namespace shosoin::service {
namespace {

struct HandlerRow {
  protocol::RequestKind kind;
  Handler handler;
};
using Kind = protocol::RequestKind;
constexpr std::array<HandlerRow, 74> kHandlers{{
    {Kind::Health, health},
    {Kind::Login, login},
    {Kind::Logout, logout},
    {Kind::SessionShow, session_show},
    {Kind::Retrieve, retrieve},
    {Kind::RetrieveRecord, retrieve_record},
    {Kind::NumberChangeRequest, number_change_request},
    {Kind::NumberChangeShow, number_change_show},
    {Kind::NumberChangeList, number_change_list},
    {Kind::NumberChangeDecide, number_change_decide},
    {Kind::LinkingReport, linking_report},
    {Kind::ImportOpen, import_open},
    {Kind::ImportChunk, import_chunk},
    {Kind::ImportClose, import_close},
    {Kind::ImportShow, import_show},
    {Kind::ImportDecide, import_decide},
    {Kind::QuarantineList, quarantine_list},
    {Kind::Identify, identify},
    {Kind::IdentificationDecide, identification_decide},
    {Kind::ConversionList, conversion_list},
    {Kind::ErasureRequest, erasure_request},
    {Kind::ErasureShow, erasure_show},
    {Kind::ErasureList, erasure_list},
    {Kind::ErasureDecide, erasure_decide},
    {Kind::ErasureExecute, erasure_execute},
    {Kind::ErasureReport, erasure_report},
    {Kind::ErasureAcknowledge, erasure_acknowledge},
    {Kind::ErasureWithdraw, erasure_withdraw},
    {Kind::ErasureWitness, erasure_witness},
    {Kind::ErasureHistory, erasure_history},
    {Kind::DisposalList, disposal_list},
    {Kind::DisposalShow, disposal_show},
    {Kind::RetentionRulePropose, retention_rule_propose},
    {Kind::RetentionRuleDecide, retention_rule_decide},
    {Kind::RetentionRuleList, retention_rule_list},
    {Kind::HoldSet, hold_set},
    {Kind::HoldRelease, hold_release},
    {Kind::HoldDecide, hold_decide},
    {Kind::HoldList, hold_list},
    {Kind::DueList, due_list},
    {Kind::RetentionCalendar, retention_calendar},
    {Kind::CertificateShow, certificate_show},
    {Kind::BatchCertificateShow, batch_certificate_show},
    {Kind::LostRecords, lost_records},
    {Kind::BackupCreate, backup_create},
    {Kind::ProvisioningShow, provisioning_show},
    {Kind::TenantCreate, tenant_create},
    {Kind::TenantList, tenant_list},
    {Kind::TenantRemovalRequest, tenant_removal_request},
    {Kind::TenantRemovalDecide, tenant_removal_decide},
    {Kind::TenantRemovalShow, tenant_removal_show},
    {Kind::TenantRemovalWithdraw, tenant_removal_withdraw},
    {Kind::PersonAdd, person_add},
    {Kind::PersonList, person_list},
    {Kind::PersonUnlock, person_unlock},
    {Kind::PersonDisable, person_disable},
    {Kind::TerminalAdd, terminal_add},
    {Kind::TerminalList, terminal_list},
    {Kind::TerminalRevoke, terminal_revoke},
    {Kind::BatchRun, batch_run},
    {Kind::Status, status},
    {Kind::ClockStatus, clock_status},
    {Kind::ClockAccept, clock_accept},
    {Kind::ApplianceLogRule, appliance_log_rule},
    {Kind::ApplianceLogShow, appliance_log_show},
    {Kind::ApplianceLogErase, appliance_log_erase},
    {Kind::ApplianceLogHold, appliance_log_hold},
    {Kind::ApplianceLogRelease, appliance_log_release},
    {Kind::StorageCheck, storage_check},
    {Kind::JournalWalk, journal_walk},
    {Kind::FilePreview, file_preview},
    {Kind::FileAdd, file_add},
    {Kind::FileList, file_list},
    {Kind::FileShow, file_show},
}};

}  // namespace

Handler handler_of(protocol::RequestKind kind) {
  const auto* found = std::ranges::find(kHandlers, kind, &HandlerRow::kind);
  return found == kHandlers.end() ? nullptr : found->handler;
}

Result<TenantStore*> own_tenant(Parts& parts, Context& context) {
  const auto& tenant = context.by().person.tenant;
  if (tenant == kAppliance) return Error{ErrorCode::NotFound, kNothing};
  if (protocol::field(context.request, protocol::FieldId::TenantCode)) {
    const auto facts = parts.tenants.facts(tenant);
    if (!facts || facts->code != context.text(protocol::FieldId::TenantCode))
      return Error{ErrorCode::NotFound, kNothing};
  }
  return parts.tenants.open(tenant);
}

Result<void> need(Context& context, Permission permission) {
  if (context.by().grant.has(permission)) return success();
  context.told["permission"] = permission_name(permission);
  return Error{ErrorCode::NotPermitted, "do this without the permission"};
}

Result<const files::Definition*> granted_file(Parts& parts, Context& context) {
  const auto key = context.text(protocol::FieldId::File);
  const auto* definition = parts.definitions.find(key);
  if (definition == nullptr) return Error{ErrorCode::NotFound, kNothing};
  context.target["recordFile"] = definition->key();
  if (!context.by().grant.has_file(key)) return Error{ErrorCode::NotPermitted, "use a record file that is not granted"};
  return definition;
}

Result<RuledFile> ruled_file(Parts& parts, Context& context) {
  auto key = context.text(protocol::FieldId::File);
  if (has_no_definition(key)) {
    context.target["recordFile"] = key;
    return RuledFile{std::move(key), nullptr};
  }
  TRY(const auto* definition, granted_file(parts, context));
  return RuledFile{definition->key(), definition};
}

}  // namespace shosoin::service
