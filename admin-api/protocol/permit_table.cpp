#include "admin-api/protocol/protocol.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_definitions.h"
#include "firmware/base/limits_log.h"
#include "firmware/base/limits_retention.h"

namespace shosoin::protocol {
namespace {

using enum FieldId;
using Kind = RequestKind;

constexpr std::size_t kCode = 6;
constexpr std::size_t kWidest = 32;  // a token, a fingerprint
constexpr std::size_t kNumber = 64;  // as typed: what is no number is refused by the vault, which points at it
constexpr std::size_t kCursor = 160;
constexpr std::size_t kCsr = 4096;  // a P-256 request takes about 300
constexpr std::size_t kRecordIds = limits::kMaxErasureRecords * 16;

constexpr FieldRule must(FieldId id, std::size_t most) { return {id, true, most}; }
constexpr FieldRule may(FieldId id, std::size_t most) { return {id, false, most}; }
constexpr FieldRule id_text(FieldId id) { return must(id, limits::kMaxIdText); }
constexpr FieldRule id16(FieldId id) { return must(id, 16); }

// The vault, not the shape, refuses a missing reason: the refusal is logged and names the item (A-12, L-02).
constexpr FieldRule kReason = may(ReasonCode, limits::kMaxIdText);
constexpr FieldRule kMonths = may(LogMonths, limits::kMaxMonthsText);
constexpr FieldRule kCase = may(CaseReference, limits::kMaxSearchText);
constexpr FieldRule kWithNumber = may(IncludeIndividualNumber, 1);
constexpr FieldRule kDefinition = must(FieldId::Definition, limits::kMaxStoredDefinition);
constexpr FieldRule kIdempotency = may(IdempotencyKey, limits::kMaxIdText);
constexpr FieldRule kGroup = may(Group, limits::kMaxIdText);
constexpr FieldRule free_text(FieldId id) { return may(id, limits::kMaxFreeText); }

RequestRule both(Kind kind, std::string_view name, Need gate, Need local, std::vector<FieldRule> fields) {
  return {kind, name, true, true, gate, local, std::move(fields)};
}
RequestRule gate_only(Kind kind, std::string_view name, std::vector<FieldRule> fields) {
  return {kind, name, true, false, Need::OnePerson, Need::TwoPersons, std::move(fields)};
}
RequestRule local_only(Kind kind, std::string_view name, Need need, std::vector<FieldRule> fields) {
  return {kind, name, false, true, Need::TwoPersons, need, std::move(fields)};
}

std::vector<RequestRule> make_table() {
  using enum Need;
  return {
      both(Kind::Health, "health", Nobody, Nobody, {}),
      both(Kind::Login, "login", Nobody, Nobody,
           {id_text(PersonId), must(Password, limits::kMaxPasswordLength), must(Code, kCode)}),
      both(Kind::Logout, "logout", OnePerson, OnePerson, {}),
      both(Kind::SessionShow, "session-show", OnePerson, OnePerson, {}),
      gate_only(Kind::Retrieve, "retrieve",
                {id_text(TenantCode), id_text(File), id_text(SearchKind), must(SearchValue, limits::kMaxSearchText),
                 may(BirthDate, limits::kMaxIdText), kReason, kCase, kWithNumber, kGroup, may(Cursor, 16)}),
      gate_only(Kind::RetrieveRecord, "retrieve-record",
                {id_text(TenantCode), id_text(File), kReason, kCase, kWithNumber, id16(FieldId::RecordId)}),
      gate_only(Kind::NumberChangeRequest, "number-change-request",
                {kIdempotency, id_text(TenantCode), id_text(File), kCase, id16(FieldId::RecordId),
                 must(NewNumber, kNumber), may(ChangedOn, limits::kMaxIdText), may(ChangeBasis, limits::kMaxIdText)}),
      gate_only(Kind::NumberChangeShow, "number-change-show", {id_text(TenantCode), id16(NumberChangeId)}),
      gate_only(Kind::NumberChangeList, "number-change-list", {id_text(TenantCode)}),
      gate_only(
          Kind::NumberChangeDecide, "number-change-decide",
          {must(Code, kCode), id_text(TenantCode), id_text(Decision), may(NewNumber, kNumber), id16(NumberChangeId)}),
      gate_only(Kind::LinkingReport, "linking-report", {id_text(TenantCode), may(ReportCursor, kCursor)}),
      gate_only(Kind::ImportOpen, "import-open",
                {kIdempotency, id_text(TenantCode), id_text(File), id_text(Encoding), kGroup, may(FiveDigitCodes, 1),
                 may(StandardCharacters, 1), may(IvsCollection, limits::kMaxIdText), may(Resume, 1)}),
      gate_only(Kind::ImportChunk, "import-chunk",
                {may(TenantCode, limits::kMaxIdText), id16(ImportId), must(Offset, 8), must(Chunk, limits::kMaxField)}),
      gate_only(Kind::ImportClose, "import-close", {may(TenantCode, limits::kMaxIdText), id16(ImportId)}),
      gate_only(Kind::ImportShow, "import-show", {id_text(TenantCode), id16(ImportId)}),
      gate_only(Kind::ImportDecide, "import-decide",
                {must(Code, kCode), id_text(TenantCode), id16(ImportId), id_text(Decision)}),
      gate_only(Kind::QuarantineList, "quarantine-list", {id_text(TenantCode), id16(ImportId)}),
      gate_only(Kind::Identify, "identify",
                {id_text(TenantCode), id16(FieldId::RecordId), id16(ImportId), id_text(ItemKey),
                 must(Value, limits::kMaxFieldBytes)}),
      gate_only(Kind::IdentificationDecide, "identification-decide",
                {must(Code, kCode), id_text(TenantCode), id16(FieldId::RecordId), id16(ImportId), id_text(Decision)}),
      gate_only(Kind::ConversionList, "conversion-list", {id_text(TenantCode), id16(ImportId), must(Offset, 8)}),
      gate_only(Kind::ErasureRequest, "erasure-request",
                {kIdempotency, id_text(TenantCode), id_text(File), may(RecordIds, kRecordIds), kMonths, free_text(Items),
                 free_text(Medium), free_text(Quantity), free_text(Method), free_text(PlannedDate), free_text(Ground)}),
      gate_only(Kind::ErasureShow, "erasure-show", {id_text(TenantCode), id16(ErasureId)}),
      gate_only(Kind::ErasureList, "erasure-list", {id_text(TenantCode)}),
      gate_only(Kind::ErasureDecide, "erasure-decide",
                {must(Code, kCode), id_text(TenantCode), id_text(Decision), id16(ErasureId), may(WitnessRequired, 1)}),
      gate_only(Kind::ErasureExecute, "erasure-execute", {must(Code, kCode), id_text(TenantCode), id16(ErasureId)}),
      gate_only(Kind::ErasureReport, "erasure-report", {id_text(TenantCode), id16(ErasureId)}),
      gate_only(Kind::ErasureAcknowledge, "erasure-acknowledge",
                {must(Code, kCode), id_text(TenantCode), id16(ErasureId)}),
      gate_only(Kind::ErasureWithdraw, "erasure-withdraw", {id_text(TenantCode), id16(ErasureId)}),
      gate_only(Kind::ErasureWitness, "erasure-witness", {must(Code, kCode), id_text(TenantCode), id16(ErasureId)}),
      gate_only(Kind::DisposalList, "disposal-list",
                {id_text(TenantCode), may(ReportCursor, kCursor), may(FirstDay, limits::kMaxIdText),
                 may(LastDay, limits::kMaxIdText)}),
      gate_only(Kind::DisposalShow, "disposal-show", {id_text(TenantCode), id16(DisposalId)}),
      gate_only(Kind::ErasureHistory, "erasure-history", {id_text(TenantCode), may(ReportCursor, kCursor)}),
      gate_only(Kind::RetentionRulePropose, "retention-rule-propose",
                {id_text(TenantCode), id_text(File), free_text(Ground), may(CountingRule, limits::kMaxIdText),
                 may(RetentionPeriod, limits::kMaxIdText), may(EventItems, limits::kMaxEventText), may(Automatic, 1),
                 may(UnknownDates, limits::kMaxIdText), may(Settlement, limits::kMaxIdText),
                 may(ProposalId, limits::kMaxIdText), may(Shortens, 1)}),
      gate_only(Kind::RetentionRuleDecide, "retention-rule-decide",
                {must(Code, kCode), id_text(TenantCode), id_text(File), id_text(Decision), must(RuleVersion, 8),
                 may(ShortenedCount, limits::kMaxIdText), may(EarliestEnd, limits::kMaxIdText)}),
      gate_only(Kind::RetentionRuleList, "retention-rule-list", {id_text(TenantCode)}),
      gate_only(Kind::HoldSet, "hold-set",
                {kIdempotency, id_text(TenantCode), id_text(File), may(SearchKind, limits::kMaxIdText),
                 may(SearchValue, limits::kMaxSearchText), may(BirthDate, limits::kMaxIdText), kReason, kCase,
                 may(RecordIds, kRecordIds), kMonths, free_text(HoldName)}),
      gate_only(Kind::HoldRelease, "hold-release", {id_text(TenantCode), id16(HoldId)}),
      gate_only(Kind::HoldDecide, "hold-decide",
                {must(Code, kCode), id_text(TenantCode), id_text(Decision), id16(HoldId)}),
      gate_only(Kind::HoldList, "hold-list", {id_text(TenantCode)}),
      gate_only(Kind::DueList, "due-list", {id_text(TenantCode), may(ReportCursor, kCursor)}),
      gate_only(Kind::RetentionCalendar, "retention-calendar", {id_text(TenantCode)}),
      both(Kind::CertificateShow, "certificate-show", OnePerson, OnePerson, {id_text(TenantCode), id_text(Serial)}),
      gate_only(Kind::BatchCertificateShow, "batch-certificate-show", {must(Epoch, 8)}),
      gate_only(Kind::LostRecords, "lost-records", {id_text(TenantCode)}),
      local_only(Kind::BackupCreate, "backup-create", OnePerson, {}),
      both(Kind::ProvisioningShow, "provisioning-show", Nobody, Nobody, {}),
      local_only(Kind::TenantCreate, "tenant-create", TwoPersons,
                 {id_text(TenantCode), must(TenantName, limits::kMaxNameText)}),
      local_only(Kind::TenantList, "tenant-list", OnePerson, {}),
      local_only(Kind::TenantRemovalRequest, "tenant-removal-request", OnePerson,
                 {id_text(TenantCode), id_text(TenantCodeAgain), must(Receiver, limits::kMaxNameText),
                  id_text(DocumentNumber), id_text(HandedOverOn), id_text(ReceiptDigest)}),
      gate_only(Kind::TenantRemovalDecide, "tenant-removal-decide",
                {must(Code, kCode), id_text(TenantCode), id_text(Decision), may(TenantCodeAgain, limits::kMaxIdText),
                 may(ReceiptDigest, limits::kMaxIdText)}),
      both(Kind::TenantRemovalShow, "tenant-removal-show", OnePerson, OnePerson, {id_text(TenantCode)}),
      local_only(Kind::TenantRemovalWithdraw, "tenant-removal-withdraw", OnePerson, {id_text(TenantCode)}),
      local_only(Kind::PersonAdd, "person-add", TwoPersons,
                 {id_text(PersonId), must(Password, limits::kMaxPasswordLength), must(PersonName, limits::kMaxNameText),
                  must(Section, limits::kMaxNameText), must(StaffNumber, limits::kMaxIdText), id_text(Role),
                  free_text(Permissions), must(TotpSecret, 20), may(TenantCode, limits::kMaxIdText)}),
      local_only(Kind::PersonList, "person-list", OnePerson, {}),
      local_only(Kind::PersonUnlock, "person-unlock", TwoPersons, {id_text(PersonId)}),
      local_only(Kind::PersonDisable, "person-disable", TwoPersons, {id_text(PersonId)}),
      local_only(Kind::TerminalAdd, "terminal-add", TwoPersons,
                 {may(TenantCode, limits::kMaxIdText), may(Fingerprint, kWidest),
                  must(TerminalName, limits::kMaxNameText), may(Csr, kCsr)}),
      local_only(Kind::TerminalList, "terminal-list", OnePerson, {}),
      local_only(Kind::TerminalRevoke, "terminal-revoke", TwoPersons, {must(Fingerprint, kWidest)}),
      local_only(Kind::BatchRun, "batch-run", TwoPersons, {may(Now, 1), may(Epoch, 8)}),
      local_only(Kind::Status, "status", OnePerson, {}),
      local_only(Kind::ClockStatus, "clock-status", OnePerson, {}),
      local_only(Kind::ClockAccept, "clock-accept", TwoPersons, {}),
      local_only(Kind::ApplianceLogRule, "appliance-log-rule", TwoPersons,
                 {free_text(Ground), may(CountingRule, limits::kMaxIdText), may(RetentionPeriod, limits::kMaxIdText),
                  may(ProposalId, limits::kMaxIdText)}),
      local_only(Kind::ApplianceLogShow, "appliance-log-show", OnePerson, {}),
      local_only(Kind::ApplianceLogErase, "appliance-log-erase", TwoPersons, {kMonths}),
      local_only(Kind::ApplianceLogHold, "appliance-log-hold", OnePerson,
                 {kReason, kCase, kMonths, free_text(HoldName)}),
      local_only(Kind::ApplianceLogRelease, "appliance-log-release", TwoPersons, {id16(HoldId)}),
      local_only(Kind::StorageCheck, "storage-check", OnePerson, {}),
      local_only(Kind::JournalWalk, "journal-walk", OnePerson, {}),
      local_only(Kind::FilePreview, "file-preview", OnePerson, {kDefinition}),
      local_only(Kind::FileAdd, "file-add", TwoPersons, {kDefinition, must(ChangeDigest, kWidest)}),
      both(Kind::FileList, "file-list", OnePerson, OnePerson, {}),
      both(Kind::FileShow, "file-show", OnePerson, OnePerson, {id_text(File), may(DefinitionVersion, 2)}),
  };
}

}  // namespace

const std::vector<RequestRule>& permit_table() {
  static const std::vector<RequestRule> table = make_table();
  return table;
}

const RequestRule* find_rule(RequestKind kind) {
  for (const auto& rule : permit_table()) {
    if (rule.kind == kind) return &rule;
  }
  return nullptr;
}

Width width_of(FieldId id) {
  switch (id) {
    case Terminal:
    case Session:
    case SecondSession:
    case Fingerprint:
    case TerminalAuthority:
    case ChangeDigest:
      return Width::ThirtyTwo;
    case DefinitionVersion:
      return Width::Two;
    case TotpSecret:
      return Width::Twenty;
    case FieldId::RecordId:
    case ImportId:
    case ErasureId:
    case NumberChangeId:
    case HoldId:
    case DisposalId:
    case Cursor:
      return Width::Sixteen;
    case RecordIds:
      return Width::Sixteens;
    case Offset:
    case Epoch:
    case RuleVersion:
      return Width::Eight;
    case IncludeIndividualNumber:
    case Now:
    case WitnessRequired:
    case Automatic:
    case Shortens:
    case FiveDigitCodes:
    case StandardCharacters:
    case Resume:
      return Width::One;
    case IdempotencyKey:
    case PersonId:
    case Password:
    case Code:
    case PersonName:
    case Section:
    case StaffNumber:
    case Role:
    case Permissions:
    case TenantCode:
    case TenantName:
    case File:
    case TerminalName:
    case SearchKind:
    case SearchValue:
    case BirthDate:
    case ReasonCode:
    case CaseReference:
    case Chunk:
    case Encoding:
    case Decision:
    case Items:
    case Medium:
    case Quantity:
    case Method:
    case PlannedDate:
    case Ground:
    case Serial:
    case Csr:
    case NewNumber:
    case ChangedOn:
    case ChangeBasis:
    case ReportCursor:
    case Group:
    case IvsCollection:
    case ItemKey:
    case Value:
    case CountingRule:
    case RetentionPeriod:
    case EventItems:
    case UnknownDates:
    case Settlement:
    case ProposalId:
    case HoldName:
    case FirstDay:
    case LastDay:
    case ShortenedCount:
    case EarliestEnd:
    case TenantCodeAgain:
    case Receiver:
    case DocumentNumber:
    case HandedOverOn:
    case ReceiptDigest:
    case LogMonths:
    case FieldId::Definition:
      return Width::Text;
  }
  return Width::Text;
}

}  // namespace shosoin::protocol
