// The requests about the removal of a tenant: an officer asks on the local socket, a manager of the tenant decides
// through the gate.
#include <algorithm>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/refusal.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/tenant_removals.h"
#include "admin-api/service/told_text.h"
#include "firmware/base/codec.h"
#include "storage/files/dates.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

Error refuse(Context& context, std::string_view ja, std::string_view en, std::string_view pointer) {
  return refuse_in_words(
      context, context.refuse(ErrorCode::InvalidContent, "read a request for the removal of a tenant", pointer),
      {ja, en});
}

Result<void> need_officer(const Context& context) {
  if (context.by().person.role == Role::SecurityOfficer) return success();
  return Error{ErrorCode::NotPermitted, "ask for the removal of a tenant without being a security officer"};
}

Result<void> check_typed_again(Context& context) {
  if (context.text(FieldId::TenantCodeAgain) == context.text(FieldId::TenantCode)) return success();
  return refuse(context, "団体コードをもう一度、同じに入力してください。", "Type the tenant's code again, the same.",
                "/localGovernmentCodeAgain");
}

// As its digits stand on paper, in either case; empty where it is none.
std::string receipt_in(const Context& context) {
  const auto bytes = from_hex(context.text(FieldId::ReceiptDigest));
  return bytes && bytes->size() == Digest{}.size() ? to_hex(*bytes) : std::string();
}

// E-17: what was given back, to whom, and what says so.
Result<json::object> hand_over_in(Parts& parts, Context& context) {
  const auto receiver = context.text(FieldId::Receiver), document = context.text(FieldId::DocumentNumber);
  if (is_blank(receiver)) {
    return refuse(context, "返還を受けた団体または機関を書いてください。", "Say who received what was handed over.",
                  "/receiver");
  }
  if (is_blank(document)) {
    return refuse(context, "受領書の文書番号を書いてください。", "Give the number of the receipt.", "/documentNumber");
  }
  if (!is_one_line(receiver)) return refuse_text(context, "/receiver");
  if (!is_one_line(document)) return refuse_text(context, "/documentNumber");
  const auto day = files::read_date(context.text(FieldId::HandedOverOn));
  if (!day || !day.value().date.exact() ||
      context.text(FieldId::HandedOverOn) > retention::to_text(legal_today(parts))) {
    return refuse(context, "返還した日を、今日までの日付(YYYY-MM-DD)で書いてください。",
                  "Give the day of the hand-over as YYYY-MM-DD, not after today.", "/handedOverOn");
  }
  const auto digest = receipt_in(context);
  if (digest.empty()) {
    return refuse(context, "受領書のSHA-256を、16進64桁で書いてください。",
                  "Give the receipt's SHA-256, 64 hexadecimal digits.", "/receiptDigest");
  }
  return json::object{{"receiver", receiver},
                      {"documentNumber", document},
                      {"handedOverOn", context.text(FieldId::HandedOverOn)},
                      {"receiptDigest", digest}};
}

Result<RemovalFacts> pending_removal(Parts& parts, const TenantId& tenant) {
  TRY(auto facts, find_removal(parts.zero(), tenant));
  if (!facts || !facts->is_pending()) return Error{ErrorCode::NotFound, kNothing};
  return std::move(*facts);
}

// As it stands when the change is made: what was read before may have been decided meanwhile.
Result<void> settle(Parts& parts, Context& context, RemovalFacts& facts, std::string_view state,
                    std::string_view operation) {
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_removal(parts.zero(), facts.tenant));
    const bool same =
        now && now->state == facts.state && now->sequence == facts.sequence && now->requested == facts.requested;
    if (!same) return Error{ErrorCode::Conflict, "decide on a removal that changed meanwhile"};
    facts.state = state;
    facts.approved = person_and_time(context);
    auto line = log_object(context, operation, "ok");
    line["tenant"] = facts.code;
    line["state"] = facts.state;
    return Change{{removal_entry(facts)}, {}, {}, log_entry(line)};
  }));
  return success();
}

}  // namespace

Answer tenant_removal_request(Parts& parts, Context& context) {
  const auto code = context.text(FieldId::TenantCode);
  TRY(need_officer(context));
  const auto tenant = parts.tenants.by_code(code);
  if (!tenant) return context.refuse(ErrorCode::NotFound, kNothing, "/localGovernmentCode");
  context.target["tenant"] = code;
  TRY(check_typed_again(context));
  RemovalFacts facts{tenant->id, code, "requested", {}, {}, {}, context.by().person.id, 0};
  TRY(facts.hand_over, hand_over_in(parts, context));
  facts.requested = person_and_time(context);
  TRY(auto* store, parts.tenants.open(tenant->id));
  facts.sequence = store->last_seq();
  TRY(const auto refusal, removal_refusal(*store, facts.sequence));
  if (refusal) return refuse_removal(context, *refusal);
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(const auto before, find_removal(parts.zero(), facts.tenant));
    if (before && before->is_pending()) return Error{ErrorCode::Conflict, "ask for the removal of a tenant twice"};
    auto line = log_object(context, "tenant-removal-request", "ok");
    line["handOver"] = facts.hand_over;
    return Change{{removal_entry(facts)}, {}, {}, log_entry(line)};
  }));
  context.logged = true;
  // The tenant's auditors read it in their own log as well.
  TRY(store->log(
      log_entry({{"operation", "tenant-removal-asked"}, {"handOver", facts.hand_over}, {"by", facts.requested}})));
  return shown(facts);
}

Answer tenant_removal_withdraw(Parts& parts, Context& context) {
  TRY(need_officer(context));
  const auto tenant = parts.tenants.by_code(context.text(FieldId::TenantCode));
  if (!tenant) return context.refuse(ErrorCode::NotFound, kNothing, "/localGovernmentCode");
  context.target["tenant"] = tenant->code;
  TRY(auto facts, pending_removal(parts, tenant->id));
  TRY(settle(parts, context, facts, "withdrawn", "tenant-removal-withdraw"));
  context.logged = true;
  return shown(facts);
}

Answer tenant_removal_show(Parts& parts, Context& context) {
  std::optional<TenantId> id;
  if (context.channel == protocol::Channel::Local) {
    if (const auto tenant = parts.tenants.by_code(context.text(FieldId::TenantCode))) id = tenant->id;
  } else {
    TRY(auto* store, own_tenant(parts, context));
    const auto& grant = context.by().grant;
    if (!grant.has(Permission::Audit)) {
      TRY(need(context, Permission::ManageRetention));
    }
    id = store->tenant();
  }
  if (!id) return Error{ErrorCode::NotFound, kNothing};
  TRY(const auto facts, find_removal(parts.zero(), *id));
  if (!facts) return Error{ErrorCode::NotFound, kNothing};
  return shown(*facts);
}

// Approved by a manager of the tenant who holds the same receipt; ended by one at any time before the batch.
Answer tenant_removal_decide(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ManageRetention));
  const auto decision = context.text(FieldId::Decision);
  if (decision != "approve" && decision != "reject") {
    return context.refuse(ErrorCode::InvalidContent, "read a decision", "/decision");
  }
  TRY(auto facts, pending_removal(parts, store->tenant()));
  TRY(const bool same, same_human(parts.zero(), facts.requested_by, context.by().person));
  if (same) return Error{ErrorCode::SamePerson, "approve an own request for the removal of a tenant"};
  const bool approves = decision == "approve";
  if (approves) {
    if (facts.state == "approved") return Error{ErrorCode::Conflict, "approve a removal twice"};
    TRY(check_typed_again(context));
    if (receipt_in(context) != text_member(facts.hand_over, "receiptDigest")) {
      return refuse(context, "受領書のダイジェストが申請と違います。手元の受領書を確かめてください。",
                    "The receipt's digest is not that of the request: look at the receipt you hold.", "/receiptDigest");
    }
    TRY(const auto refusal, removal_refusal(*store, facts.sequence));
    if (refusal) return refuse_removal(context, *refusal);
  }
  TRY(fresh_code(parts, context));
  TRY(settle(parts, context, facts, approves ? "approved" : "rejected", "tenant-removal-decided"));
  return shown(facts);
}

}  // namespace shosoin::service
