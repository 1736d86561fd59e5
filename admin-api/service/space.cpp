#include "admin-api/service/space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "firmware/base/disk.h"
#include "firmware/base/limits_space.h"
#include "firmware/base/log.h"

namespace shosoin::service {
namespace {

using Kind = protocol::RequestKind;

enum class Use : std::uint8_t { Grows, Reads, Keeps };

// Keeps: what logs people in and out, looks after the appliance, or makes room in the end.
Use use_of(Kind kind) {
  switch (kind) {
    case Kind::ImportOpen:
    case Kind::ImportChunk:
    case Kind::ImportClose:
    case Kind::TenantCreate:
    case Kind::FileAdd:
    case Kind::NumberChangeRequest:
    case Kind::RetentionRuleDecide:  // an adoption writes the terms of all records
      return Use::Grows;
    case Kind::Retrieve:
    case Kind::RetrieveRecord:
    case Kind::ImportShow:
    case Kind::ImportDecide:  // one entry; the rows are there
    case Kind::QuarantineList:
    case Kind::Identify:              // one entry
    case Kind::IdentificationDecide:  // a row for one that goes
    case Kind::ConversionList:
    case Kind::FileList:
    case Kind::FileShow:
    case Kind::FilePreview:
    case Kind::NumberChangeShow:
    case Kind::NumberChangeList:
    case Kind::NumberChangeDecide:  // one entry; the rows are there
    case Kind::LinkingReport:
    case Kind::RetentionRulePropose:  // one entry
    case Kind::ApplianceLogRule:      // one for each month
    case Kind::ApplianceLogShow:
    case Kind::RetentionRuleList:
    case Kind::DueList:
    case Kind::RetentionCalendar:
    case Kind::ErasureHistory:
    case Kind::DisposalList:
    case Kind::DisposalShow:
      return Use::Reads;
    case Kind::Health:
    case Kind::Login:
    case Kind::Logout:
    case Kind::SessionShow:
    case Kind::ErasureRequest:
    case Kind::ErasureShow:
    case Kind::ErasureList:
    case Kind::ErasureDecide:
    case Kind::ErasureExecute:
    case Kind::ErasureReport:
    case Kind::ErasureAcknowledge:
    case Kind::ErasureWithdraw:
    case Kind::ErasureWitness:
    case Kind::HoldSet:  // what must not be erased is said at any time
    case Kind::HoldRelease:
    case Kind::HoldDecide:
    case Kind::HoldList:
    case Kind::ApplianceLogErase:
    case Kind::ApplianceLogHold:
    case Kind::ApplianceLogRelease:
    case Kind::ClockStatus:
    case Kind::ClockAccept:
    case Kind::CertificateShow:
    case Kind::BatchCertificateShow:
    case Kind::LostRecords:
    case Kind::TenantRemovalRequest:  // makes room in the end
    case Kind::TenantRemovalDecide:
    case Kind::TenantRemovalShow:
    case Kind::TenantRemovalWithdraw:
    case Kind::BackupCreate:  // on the other disk
    case Kind::ProvisioningShow:
    case Kind::TenantList:
    case Kind::PersonAdd:
    case Kind::PersonList:
    case Kind::PersonUnlock:
    case Kind::PersonDisable:
    case Kind::TerminalAdd:
    case Kind::TerminalList:
    case Kind::TerminalRevoke:
    case Kind::BatchRun:
    case Kind::Status:
    case Kind::StorageCheck:
    case Kind::JournalWalk:
      return Use::Keeps;
  }
  return Use::Grows;
}

}  // namespace

Result<std::uint64_t> free_bytes(const std::filesystem::path& directory) {
  struct statvfs status {};
  if (::statvfs(directory.c_str(), &status) != 0) return Error{disk::code_of(errno), "measure the free space", errno};
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<void> admit(Kind kind, Asker asker, Scarcity scarcity) {
  const auto use = use_of(kind);
  if (scarcity == Scarcity::None || use == Use::Keeps) return success();
  if (use == Use::Grows) return Error{ErrorCode::StorageFull, "let the store grow while space is scarce"};
  if (scarcity == Scarcity::ReserveOnly && asker == Asker::Anybody)
    return Error{ErrorCode::StorageFull, "use the reserve of the administrator and the auditor"};
  return success();
}

Scarcity Space::look() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  const auto fresh = std::chrono::steady_clock::duration(limits::kSpaceLooked).count();
  auto last = looked_.load(std::memory_order_relaxed);
  if (last != 0 && now - last < fresh) return found_.load(std::memory_order_relaxed);
  if (!looked_.compare_exchange_strong(last, now)) return found_.load(std::memory_order_relaxed);
  const auto free = free_bytes(settings_.data_directory);
  // A disk that cannot be measured is not a full one: what it cannot take, it refuses itself.
  const auto found = free ? scarcity(free.value(), settings_.reserve_bytes, limits::kGrowthFactor) : Scarcity::None;
  const auto before = found_.exchange(found);
  if (found != before) {
    oplog::warning(found == Scarcity::None ? Literal("the data disk has room again")
                   : found == Scarcity::NoGrowth
                       ? Literal("space on the data disk is scarce: nothing that grows the store is accepted")
                       : Literal("space on the data disk is down to the reserve"),
                   {"MiB", free ? static_cast<std::int64_t>(free.value() >> 20) : -1});
  }
  return found;
}

}  // namespace shosoin::service
