// A tenant leaves (DESIGN promise 1; E-08, E-17; decision 0072): what it had was handed over (返還), one security
// officer asks with the receipt in hand, a manager of the tenant who has the same receipt approves at an own terminal,
// and the next batch removes all of it. Refused while a hold is in force, and where something was registered since the
// hand-over was declared. Any thread.
//
//   requested -> approved | rejected | withdrawn;  approved -> (batch) removed | rejected | withdrawn
#pragma once

#include <memory>
#include <set>

#include "admin-api/service/stored_json.h"
#include "storage/erasure/appliance.h"

namespace shosoin::service {

// The entry of a request in table Approvals of tenant zero, one for a tenant; JSON, format 1 (service/entries.md).
struct RemovalFacts {
  TenantId tenant;
  std::string code, state;
  boost::json::object hand_over;            // receiver, documentNumber, handedOverOn, receiptDigest
  boost::json::object requested, approved;  // who, when; approved: whoever ended it, where it is rejected or withdrawn
  std::string requested_by;
  std::uint64_t sequence = 0;  // the tenant's last change when the hand-over was declared
  bool is_pending() const { return state == "requested" || state == "approved"; }
};
Entry removal_entry(const RemovalFacts& facts);
EntryKey removal_key(const TenantId& tenant);
Result<std::optional<RemovalFacts>> find_removal(const TenantStore& zero, const TenantId& tenant);
Result<std::vector<RemovalFacts>> all_removals(const TenantStore& zero);
boost::json::object shown(const RemovalFacts& facts);

// Why a tenant may not be removed now.
struct RemovalRefusal {
  ErrorCode code = ErrorCode::TooEarly;
  std::string_view reason;  // "on-hold", "undecided-imports", "changed-since"
};
// sequence: of the declaration; what a later change registered was not handed over.
Result<std::optional<RemovalRefusal>> removal_refusal(const TenantStore& store, std::uint64_t sequence);
Error refuse_removal(Context& context, const RemovalRefusal& refusal);

// What has been approved and is still allowed, as orders of a batch; what must wait says so in tenant zero's log.
struct RemovalOrders {
  std::vector<erasure::ErasureOrder> orders;
  std::set<TenantId> tenants;
  std::shared_ptr<std::set<Digest>> sessions = std::make_shared<std::set<Digest>>();  // that end with it
};
Result<RemovalOrders> removal_orders(Parts& parts, const Context* context);
Result<bool> any_removal_approved(Parts& parts);
// The batch took place: nothing in memory names these tenants any more.
void forget_removed(Parts& parts, const RemovalOrders& removed);

}  // namespace shosoin::service
