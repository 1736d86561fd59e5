// 廃棄簿, the disposal register of a tenant (domain notes, section 4; E-04, E-07): one item for each erasure, numbered
// without a gap, written in the batch that erases and never changed. Of those erased it names random record ids and
// nothing else: no number, name, address, date of birth, nor a hash of one. Any thread; items are made by one batch at
// a time.
#pragma once

#include "admin-api/service/retention/erasures.h"
#include "storage/erasure/appliance.h"

namespace shosoin::service {

// 16 bytes: the legal day in BCD (4), so that days, months and years are prefixes; the number (12).
using DisposalId = RecordId;

// What one order of a batch is about, for its item.
struct Disposal {
  boost::json::object said;      // members of the item beside serial, date-time, result and certificate (entries.md)
  std::set<RecordId> records{};  // random ids; told with a single item
};
// Numbers of one tenant's items in one batch.
class RegisterPage {
 public:
  static Result<RegisterPage> open(Parts& parts, const TenantStore& store);
  // The item goes into the order: durable with it or not at all. What it will be called.
  DisposalId add(erasure::ErasureOrder& order, Disposal disposal);
  void close(erasure::ErasureOrder& order);  // once, in any of them, behind all items: where the next batch goes on

 private:
  RegisterPage(std::uint32_t day, std::uint64_t last, Instant now) : day_(day), last_(last), now_(now) {}
  std::uint32_t day_;
  std::uint64_t last_;
  Instant now_;
};

// Rule, legal basis, 満了日 and the period covered, of records that are still there. Where the rule counts from a date
// of birth, years alone are told of none of the three: a single record's would give it away.
Result<boost::json::object> retention_said(const Parts& parts, const TenantStore& store, std::string_view file,
                                           const std::set<RecordId>& records);
// The same of months of the log.
Result<boost::json::object> months_said(Parts& parts, const TenantStore& store, const std::set<unsigned>& months);
boost::json::object file_said(const Parts& parts, std::string_view file);

// An item as it is told: what is stored, its certificate's serial, and a digest over what is stored.
Result<std::optional<boost::json::object>> told_disposal(Parts& parts, const TenantStore& store, const DisposalId& id);
// The file of what was erased in this order; none where it was before there was a register.
Result<std::optional<std::string>> file_of_disposal(const TenantStore& store, ByteView epoch_and_index);

}  // namespace shosoin::service
