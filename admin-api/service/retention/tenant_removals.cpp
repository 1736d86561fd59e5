#include "admin-api/service/retention/tenant_removals.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iterator>

#include "admin-api/service/log_fields.h"
#include "admin-api/service/people/terminal_authority.h"
#include "admin-api/service/records/imports.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/holds.h"
#include "crypto/password.h"
#include "crypto/totp.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/log.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using erasure::ErasureOrder;

constexpr int kRemovalFormat = 1;
constexpr Literal kReading{"read a request for the removal of a tenant"};

Result<RemovalFacts> read_removal(const EntryKey& key, ByteView value) {
  TRY(const auto object, stored_object(value, kRemovalFormat, kReading));
  const auto sequence = number_member(object, "sequence");
  if (key.bytes.size() != 1 + TenantId::kSize || sequence < 0) return Error{ErrorCode::Integrity, kReading};
  RemovalFacts facts;
  TRY(facts.tenant, TenantId::from(ByteView(key.bytes).subspan(1)));
  facts.code = text_member(object, "localGovernmentCode");
  facts.state = text_member(object, "state");
  facts.hand_over = object_member(object, "handOver");
  facts.requested = object_member(object, "requested");
  facts.approved = object_member(object, "approved");
  facts.requested_by = text_member(object, "requestedBy");
  facts.sequence = static_cast<std::uint64_t>(sequence);
  return facts;
}

bool is_decided(const ImportFacts& facts) {
  return facts.state != "receiving" && facts.state != "publishing" && facts.state != "staged";
}

// Row ids begin with the change_seq that made them, so a record registered or changed later shows it without being
// read.
bool is_later(const RowId& row, std::uint64_t sequence) {
  return row != RowId{} && from_be<std::uint64_t>(row.view().first<8>()) > sequence;
}

struct Counted {
  std::uint64_t records = 0, ended = 0;  // with a term that has ended
};
// What the certificate says about terms: those that had not ended go on at the receiver.
Result<Counted> count(const TenantStore& store, std::chrono::year_month_day today) {
  Counted counted;
  Result<void> read = success();
  TRY(store.scan(TableId::Records, {}, [&](const Entry&) { return ++counted.records != 0; }));
  TRY(store.scan(TableId::Due, {}, [&](const Entry& entry) {
    const auto due = decode_due(entry);
    if (!due) {
      read = due.error();
      return false;
    }
    if (due.value().day > retention::day_number(today)) return false;
    if (due.value().file != kWorkingDocuments) ++counted.ended;  // papers have terms, and are no records
    return true;
  }));
  TRY(std::move(read));
  return counted;
}

// The id stays taken for ever; nothing else of the person does.
Person without_anything(const Person& person) {
  Person gone;
  gone.id = person.id;
  gone.role = person.role;
  gone.tenant = person.tenant;
  gone.password_hash = crypto::unknown_person_hash();
  gone.totp = TotpBytes(Bytes(crypto::kTotpSecretSize));
  gone.disabled = true;
  return gone;
}

// People, terminals, sessions, the authority of its terminals and the request itself, as they stand now.
Result<std::vector<Entry>> entries_of_tenant_zero(Parts& parts, const TenantId& tenant,
                                                  std::set<Digest>& ended_sessions) {
  const auto& zero = parts.zero();
  std::vector<Entry> entries{{removal_key(tenant), std::nullopt},
                             {tenant_authority_key(tenant), std::nullopt},
                             {tenant_authority_certificate(tenant), std::nullopt}};
  std::set<std::string> ids;
  std::set<Fingerprint> fingerprints;
  TRY(const auto people, all_people(zero));
  for (const auto& person : people) {
    if (person.tenant != tenant) continue;
    ids.insert(person.id);
    entries.push_back(person_entry(without_anything(person)));
  }
  TRY(const auto terminals, all_terminals(zero));
  for (const auto& terminal : terminals) {
    if (terminal.tenant != tenant) continue;
    fingerprints.insert(terminal.fingerprint);
    entries.push_back({terminal_key(terminal.fingerprint), std::nullopt});
  }
  TRY(const auto sessions, parts.sessions.all());
  for (const auto& named : sessions) {
    if (!ids.contains(named.session.person) && !fingerprints.contains(named.session.terminal)) continue;
    ended_sessions.insert(named.id);
    entries.push_back(parts.sessions.removal_of(named.id));
  }
  return entries;
}

json::object declaration_of(Parts& parts, const TenantFacts& tenant, const RemovalFacts& facts, const Counted& counted,
                            const json::object& executed) {
  auto out = facts.hand_over;
  out["tenant"] = json::object{{"localGovernmentCode", tenant.code}, {"name", tenant.name}};
  out["ground"] = "委託の終了に伴う返還と消去 / return and erasure at the end of the contract";
  out["records"] = counted.records;
  out["recordsBeforeEndOfRetention"] = counted.records - std::min(counted.records, counted.ended);
  out["logLines"] = parts.appliance.journal().position(tenant.id).line;
  out["requestedBy"] = facts.requested;
  out["approvedBy"] = facts.approved;
  out["executedBy"] = executed;
  declare_copies(parts, out);
  return out;
}

Result<ErasureOrder> order_of(Parts& parts, const Context* context, TenantStore& store, const TenantFacts& tenant,
                              const RemovalFacts& facts, const std::shared_ptr<std::set<Digest>>& sessions) {
  TRY(const auto counted, count(store, legal_today(parts)));
  const auto executed = context != nullptr
                            ? person_and_time(*context)
                            : json::object{{"operatorId", "appliance"}, {"at", to_iso8601(parts.clock.now())}};
  ErasureOrder order;
  order.tenant = tenant.id;
  order.remove_tenant = true;
  order.declaration = json::serialize(declaration_of(parts, tenant, facts, counted, executed));
  order.log = log_entry({{"operation", "tenant-removed"},
                         {"result", "ok"},
                         {"tenant", tenant.code},
                         {"records", counted.records},
                         {"handOver", facts.hand_over},
                         {"requestedBy", facts.requested},
                         {"approvedBy", facts.approved},
                         {"executedBy", executed}});
  order.last_look = [&store, sequence = facts.sequence]() -> Result<void> {
    TRY(const auto refusal, removal_refusal(store, sequence));
    if (refusal) return Error{refusal->code, "remove a tenant that something stands against by now"};
    return success();
  };
  order.zero_entries = [&parts, id = tenant.id, sessions] { return entries_of_tenant_zero(parts, id, *sessions); };
  return order;
}

Result<void> tell_waiting(Parts& parts, const RemovalFacts& facts, ErrorCode code, std::string_view reason) {
  return parts.zero().log(log_entry({{"operation", "tenant-removal-waits"},
                                     {"result", error_row(code).slug},
                                     {"tenant", facts.code},
                                     {"reason", reason}}));
}

}  // namespace

EntryKey removal_key(const TenantId& tenant) {
  return approval_key(ApprovalKind::TenantRemoval, RecordId(tenant.bytes()));
}

Entry removal_entry(const RemovalFacts& facts) {
  const json::object object{{"format", kRemovalFormat},          {"state", facts.state},
                            {"localGovernmentCode", facts.code}, {"handOver", facts.hand_over},
                            {"requested", facts.requested},      {"approved", facts.approved},
                            {"requestedBy", facts.requested_by}, {"sequence", facts.sequence}};
  return {removal_key(facts.tenant), copy_of(view_of(json::serialize(object)))};
}

Result<std::optional<RemovalFacts>> find_removal(const TenantStore& zero, const TenantId& tenant) {
  const auto key = removal_key(tenant);
  TRY(auto stored, zero.get(key));
  if (!stored) return std::optional<RemovalFacts>{};
  TRY(auto facts, read_removal(key, *stored));
  return std::optional(std::move(facts));
}

Result<std::vector<RemovalFacts>> all_removals(const TenantStore& zero) {
  return all_approvals<RemovalFacts>(zero, ApprovalKind::TenantRemoval, limits::kMaxTenants, read_removal);
}

json::object shown(const RemovalFacts& facts) {
  json::object out{{"localGovernmentCode", facts.code},
                   {"state", facts.state},
                   {"handOver", facts.hand_over},
                   {"requestedBy", facts.requested}};
  if (!facts.approved.empty()) out[facts.state == "approved" ? "approvedBy" : "endedBy"] = facts.approved;
  return out;
}

Result<std::optional<RemovalRefusal>> removal_refusal(const TenantStore& store, std::uint64_t sequence) {
  using Refusal = std::optional<RemovalRefusal>;
  TRY(const auto holds, all_holds(store));
  if (std::ranges::any_of(holds, &HoldFacts::in_force)) return Refusal({ErrorCode::Locked, "on-hold"});
  TRY(const auto imports, all_imports(store));
  if (!std::ranges::all_of(imports, is_decided)) return Refusal({ErrorCode::TooEarly, "undecided-imports"});
  bool changed = false;
  Result<void> read = success();
  TRY(store.scan(TableId::Records, {}, [&](const Entry& entry) {
    const auto record = generations::decode_record_entry(*entry.value);
    if (!record) {
      read = record.error();
      return false;
    }
    const auto rows = record.value().rows();
    changed = std::ranges::any_of(rows, [&](const RowId& row) { return is_later(row, sequence); });
    return !changed;
  }));
  TRY(std::move(read));
  return changed ? Refusal({ErrorCode::TooEarly, "changed-since"}) : Refusal{};
}

Error refuse_removal(Context& context, const RemovalRefusal& refusal) {
  struct Words {
    std::string_view reason, ja, en;
  };
  static constexpr Words kWords[] = {
      {"on-hold", "廃棄停止がかかっています。解除されるまで、団体は廃止できません。解除には二人が要ります。",
       "A hold is in force: the tenant cannot be removed until it is released, which takes two persons."},
      {"undecided-imports", "確認待ちの取込みがあります。確認か却下をしてから、申請してください。",
       "An import waits for its confirmation: confirm or reject it, then ask again."},
      {"changed-since",
       "返還の申告のあとに、登録または訂正された記録があります。返還をやり直し、改めて申請してください。",
       "Records were registered or corrected since the hand-over was declared: hand over again, and ask anew."}};
  context.told["reason"] = refusal.reason;
  for (const auto& words : kWords) {
    if (words.reason == refusal.reason) context.told["detail"] = json::object{{"ja", words.ja}, {"en", words.en}};
  }
  return Error{refusal.code, "remove a tenant now"};
}

Result<bool> any_removal_approved(Parts& parts) {
  TRY(const auto all, all_removals(parts.zero()));
  return std::ranges::any_of(all, [](const RemovalFacts& facts) { return facts.state == "approved"; });
}

// A tenant that does not open keeps its data: whether something stands against its removal cannot be seen.
Result<RemovalOrders> removal_orders(Parts& parts, const Context* context) {
  RemovalOrders out;
  TRY(const auto all, all_removals(parts.zero()));
  for (const auto& facts : all) {
    if (facts.state != "approved") continue;
    const auto tenant = parts.tenants.facts(facts.tenant);
    if (!tenant) continue;
    const auto added = [&]() -> Result<void> {
      TRY(auto* store, parts.tenants.open(facts.tenant));
      TRY(const auto refusal, removal_refusal(*store, facts.sequence));
      if (refusal) return tell_waiting(parts, facts, refusal->code, refusal->reason);
      TRY(auto order, order_of(parts, context, *store, *tenant, facts, out.sessions));
      out.orders.push_back(std::move(order));
      out.tenants.insert(facts.tenant);
      return success();
    }();
    if (added) continue;
    if (added.error().code() != ErrorCode::Integrity) return added.error();
    oplog::failure("a tenant is not removed: its data does not authenticate", added.error());
    TRY(tell_waiting(parts, facts, added.error().code(), "damaged"));
  }
  return out;
}

void forget_removed(Parts& parts, const RemovalOrders& removed) {
  for (const auto& tenant : removed.tenants) parts.tenants.forget(tenant);
  for (const auto& session : *removed.sessions) parts.sessions.ended(session, false);
}

}  // namespace shosoin::service
