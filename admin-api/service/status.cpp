// Tenants, health, status, and what checks the store.
#include <boost/json/parse.hpp>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/refusal.h"
#include "admin-api/service/retention/appliance_log.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/scheduler.h"
#include "admin-api/service/retention/tenant_removals.h"
#include "admin-api/service/told_text.h"
#include "firmware/base/codec.h"
#include "storage/erasure/scrub.h"
#include "storage/files/identifiers.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::FieldId;

Result<json::value> parsed(std::string_view text) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  if (failed) return Error{ErrorCode::Internal, "read a report of our own", failed.value()};
  return value;
}

json::array codes_of(const std::vector<TenantFacts>& tenants) {
  json::array out;
  for (const auto& facts : tenants) out.emplace_back(facts.code);
  return out;
}

// Which files nothing expires in; rules stand in boxes, so that of a tenant that is not open nothing is known.
Result<json::object> retention_status(Parts& parts) {
  std::set<std::string> keys;
  for (const auto& definition : parts.definitions.now().all()) keys.insert(definition.key());
  keys.insert({std::string(kAccessLog), std::string(kWorkingDocuments)});
  json::array without;
  for (const auto* store : parts.tenants.all_opened()) {
    TRY(const auto rules, all_rules(*store));
    auto missing = keys;
    for (const auto& rule : rules) {
      if (rule.state == "adopted") missing.erase(rule.file);
    }
    if (missing.empty()) continue;
    const auto facts = parts.tenants.facts(store->tenant());
    without.push_back(json::object{{"localGovernmentCode", facts ? facts->code : std::string()},
                                   {"recordFiles", json::array(missing.begin(), missing.end())}});
  }
  auto unknown = codes_of(parts.tenants.not_opened());
  return json::object{
      {"note",
       without.empty() && !unknown.empty()
           ? "まだ開いていない団体(unknown)の規則は確かめられません / the rules of tenants that are not open yet "
             "(unknown) cannot be looked at"
       : without.empty()
           ? "すべてのファイルに採択された規則があります / every record file has an adopted rule"
           : "保存期間未設定のファイルがあります: 規則が採択されるまで、何も満了せず、消去もできません / record "
             "files without an adopted rule: nothing expires there, and nothing can be erased"},
      {"withoutRule", std::move(without)},
      {"unknown", std::move(unknown)}};
}

// On the local socket the certificates of a tenant that was removed are still there; also where its code is another's
// by now.
Result<bool> certificate_of_removed(Parts& parts, Context& context) {
  TRY(const auto removed, parts.appliance.removed_tenants());
  for (const auto& tenant : removed) {
    if (tenant.code != context.text(FieldId::TenantCode)) continue;
    const auto serial = context.text(FieldId::Serial);
    auto text = parts.appliance.certificate(tenant.id, serial);
    if (!text && text.error().code() == ErrorCode::NotFound) continue;
    context.target["serial"] = from_hex(serial) ? serial : "";
    TRY(context.verbatim, std::move(text));
    return true;
  }
  return false;
}

// Those that are on their way out, and by code those that are gone.
Result<json::object> removal_states(Parts& parts) {
  json::object out;
  TRY(const auto all, all_removals(parts.zero()));
  for (const auto& facts : all) {
    if (facts.is_pending()) out[facts.code] = facts.state;
  }
  return out;
}

}  // namespace

Result<void> may_see_certificates(Context& context) {
  const auto& grant = context.by().grant;
  if (grant.has(Permission::Audit) || grant.has(Permission::RequestErasure)) return success();
  return need(context, Permission::ApproveErasure);
}

Answer health(Parts& parts, Context& context) {
  (void)context;
  const auto status = parts.appliance.status();
  json::object out{{"alive", true},
                   {"ready", true},
                   {"epoch", status.epoch},
                   {"softwareTpm", parts.appliance.anchor().facts().software}};
  if (!status.certified) out["pendingEpoch"] = status.epoch;
  return out;
}

Answer provisioning_show(Parts& parts, Context& context) {
  context.verbatim = parts.provisioning;
  return json::object{};
}

Answer certificate_show(Parts& parts, Context& context) {
  std::optional<TenantFacts> facts;
  if (context.channel == protocol::Channel::Local) {
    TRY(const bool shown, certificate_of_removed(parts, context));
    if (shown) return json::object{};
    const auto code = context.text(FieldId::TenantCode);
    facts = code == kApplianceCode ? appliance_facts() : parts.tenants.by_code(code);
  } else {
    TRY(auto* store, own_tenant(parts, context));
    facts = parts.tenants.facts(store->tenant());
    TRY(may_see_certificates(context));
  }
  if (!facts) return Error{ErrorCode::NotFound, kNothing};
  const auto serial = context.text(FieldId::Serial);
  context.target["serial"] = from_hex(serial) ? serial : "";
  auto text = parts.appliance.certificate(facts->id, serial);
  if (!text && text.error().code() == ErrorCode::NotFound) return Error{ErrorCode::NotFound, kNothing};
  TRY(context.verbatim, std::move(text));
  return json::object{};
}

// Of all tenants at once: random ids, counts and hashes, as they stand in the manifest of every certificate.
Answer batch_certificate_show(Parts& parts, Context& context) {
  TRY(may_see_certificates(context));
  Reader in(protocol::field(context.request, FieldId::Epoch).value());
  const auto epoch = in.u64();
  context.target["epoch"] = epoch;
  auto text = parts.appliance.batch_certificate(epoch);
  if (!text && text.error().code() == ErrorCode::NotFound) return Error{ErrorCode::NotFound, kNothing};
  TRY(context.verbatim, std::move(text));
  return json::object{};
}

Answer tenant_create(Parts& parts, Context& context) {
  const auto code = context.text(FieldId::TenantCode);
  const auto name = context.text(FieldId::TenantName);
  if (!files::LocalGovernmentCode::parse(code)) {
    return context.refuse(ErrorCode::InvalidContent, "read a local government code", "/localGovernmentCode");
  }
  if (is_blank(name)) return context.refuse(ErrorCode::InvalidContent, "name a tenant", "/name");
  if (!is_one_line(name)) return refuse_text(context, "/name");
  context.target["tenant"] = code;
  auto made = parts.appliance.create_tenant(code, name, {}, log_entry(log_object(context, "tenant-create", "ok")));
  if (!made && made.error().code() == ErrorCode::Conflict) context.pointer = "/localGovernmentCode";
  TRY(auto facts, std::move(made));
  parts.tenants.refresh();
  TRY(auto* store, parts.tenants.open(facts.id));
  (void)store;
  context.logged = true;
  return json::object{{"localGovernmentCode", facts.code}, {"name", facts.name}, {"open", true}};
}

Answer tenant_list(Parts& parts, Context&) {
  json::array out, gone;
  TRY(const auto leaving, removal_states(parts));
  for (const auto& facts : parts.tenants.all()) {
    json::object one{
        {"localGovernmentCode", facts.code}, {"name", facts.name}, {"open", parts.tenants.opened(facts.id) != nullptr}};
    if (const auto* state = leaving.if_contains(facts.code)) one["removal"] = *state;
    out.push_back(std::move(one));
  }
  TRY(const auto removed, parts.appliance.removed_tenants());
  for (const auto& tenant : removed) {
    gone.push_back(json::object{{"localGovernmentCode", tenant.code},
                                {"name", tenant.name},
                                {"epoch", tenant.epoch},
                                {"serial", tenant.serial},
                                {"rows", tenant.rows},
                                {"removedAt", tenant.removed_at}});
  }
  return json::object{{"tenants", std::move(out)}, {"removed", std::move(gone)}};
}

Answer status(Parts& parts, Context&) {
  const auto status = parts.appliance.status();
  json::object out{{"site", parts.settings.site_label},
                   {"epoch", status.epoch},
                   {"certified", status.certified},
                   {"atStart", status.recovered},
                   {"tenants", status.tenants},
                   {"openTenants", status.open_tenants},
                   {"softwareTpm", parts.appliance.anchor().facts().software},
                   {"stateCopy", status.state_copy_behind ? "behind" : "current"},
                   {"witness",
                    "記録の外部証人なし: エポック内の巻戻しは検知できません / no witness: a rollback within an epoch "
                    "is not detected"}};
  TRY(out["retention"], retention_status(parts));
  out["damagedTenants"] = codes_of(parts.tenants.damaged());
  out["scheduler"] = round_status(parts);
  TRY(out["tenantRemovals"], removal_states(parts));
  const auto time = parts.legal.last();
  out["clock"] = json::object{{"agrees", time.state == retention::ClockState::Agreed},
                              {"accepted", to_iso8601(time.now)},
                              {"disagreementAtStart", parts.legal.disagreement().has_value()}};
  if (!status.certified) out["pendingEpoch"] = status.epoch;
  if (parts.scrub != nullptr) {
    const auto scrub = parts.scrub->status();
    json::object told{{"running", scrub.running}, {"passes", scrub.passes}, {"damaged", scrub.faults}};
    if (scrub.ended) told["lastEnded"] = to_iso8601(*scrub.ended);
    out["scrub"] = std::move(told);
  }
  return out;
}

Answer storage_check(Parts& parts, Context&) {
  TRY(auto text, parts.appliance.check_storage());
  TRY(auto report, parsed(std::move(text)));
  return json::object{{"report", std::move(report)}};
}

Answer journal_walk(Parts& parts, Context&) {
  std::uint64_t frames = 0;
  std::map<TenantId, std::uint64_t> lines;
  TRY(parts.appliance.journal().walk([&](const journal::Frame& frame) {
    ++frames;
    lines[frame.draft.tenant] = frame.draft.line;
    return true;
  }));
  json::array tenants;
  for (const auto& [tenant, line] : lines) {
    const auto facts = parts.tenants.facts(tenant);
    const std::string other = tenant == kAppliance ? "appliance" : "removed";  // lines stay, and nothing opens them
    tenants.push_back(json::object{{"localGovernmentCode", facts ? facts->code : other}, {"lines", line}});
  }
  return json::object{{"chain", "intact"}, {"frames", frames}, {"tenants", std::move(tenants)}};
}

}  // namespace shosoin::service
