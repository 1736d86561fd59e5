#include "admin-api/service/service.h"

#include <boost/json/serialize.hpp>

#include "admin-api/service/erasures.h"
#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/login.h"
#include "firmware/base/limits.h"
#include "firmware/base/log.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::Channel;
using protocol::FieldId;
using protocol::Need;

constexpr std::size_t kMaxReplyBody = limits::kMaxReplyFrame - 64;  // the frame's head takes under that

std::string new_request_id() {
  std::array<std::uint8_t, 8> bytes{};
  fill_random(bytes);
  return to_hex(bytes);
}

bool is_public(protocol::RequestKind kind) {
  return kind == protocol::RequestKind::Health || kind == protocol::RequestKind::ProvisioningShow ||
         kind == protocol::RequestKind::SessionShow;
}

protocol::Reply refused(const protocol::Request& request, const Error& error, const Context& context) {
  json::object body{{"code", error_row(error.code()).slug},
                    {"detail", json::object{{"en", error.doing()}}},
                    {"requestId", context.request_id}};
  if (!context.pointer.empty()) body["pointer"] = context.pointer;
  for (const auto& member : context.told) body[member.key()] = member.value();
  return {static_cast<std::uint16_t>(static_cast<unsigned>(error.code()) + 1), request.id, json::serialize(body)};
}

}  // namespace

bool ends_process(ErrorCode code) { return code == ErrorCode::StorageFailed || code == ErrorCode::TpmUnreachable; }

Service::Service(erasure::Appliance& appliance, const Settings& settings, const Clock& clock,
                 const files::DefinitionSet& definitions, Installation installation)
    : imports_(clock),
      tenants_(appliance, [this](TenantStore& store) { return imports_.abandon_unfinished(store); }),
      sessions_(appliance.zero(), clock, {settings.idle, settings.absolute}),
      parts_{appliance,
             settings,
             clock,
             definitions,
             tenants_,
             sessions_,
             imports_,
             std::move(installation.provisioning),
             std::move(installation.terminal_authority)} {}

Result<Caller> Service::caller_of(Context& context, FieldId field) {
  const auto token = protocol::field(context.request, field);
  if (!token) return Error{ErrorCode::NotAuthenticated, "find the session"};
  auto checked = sessions_.check(*token, context.terminal);
  if (!checked) {
    if (checked.error().code() == ErrorCode::SessionExpired) {
      const auto id = Sessions::id_of(*token);
      TRY(auto all, sessions_.all());
      for (const auto& named : all) {
        if (named.id != id) continue;
        const bool absolute = parts_.clock.now() - named.session.opened >= sessions_.times().absolute;
        TRY(end_session(parts_, named, absolute ? SessionEnd::Absolute : SessionEnd::Forced));
      }
    }
    return checked.error();
  }
  TRY(auto person, find_person(parts_.zero(), checked.value().session.person));
  if (!person || person->disabled || person->is_locked(context.channel == Channel::Gate, context.now))
    return Error{ErrorCode::NotAuthenticated, "find the session"};
  if (context.channel == Channel::Gate && !may_use(*person, context.known_terminal)) {
    return Error{ErrorCode::NotAuthenticated, "use a session on its terminal"};
  }
  Caller caller{std::move(*person), {}, std::move(checked.value()), {}};
  if (context.known_terminal) caller.terminal_name = context.known_terminal->name;
  TRY(auto* store, tenants_.open(caller.person.tenant));
  TRY(caller.grant, find_grant(*store, caller.person.id));
  return caller;
}

Result<void> Service::authenticate(const protocol::RequestRule& rule, Context& context) {
  const auto how = context.channel == Channel::Gate ? rule.gate_need : rule.local_need;
  if (how == Need::Nobody) return success();
  TRY(auto first, caller_of(context, FieldId::Session));
  context.caller = std::move(first);
  if (context.channel == Channel::Local && !belongs_to_appliance(context.by().person.role)) {
    return Error{ErrorCode::NotPermitted, "administer the appliance"};
  }
  if (how == Need::OnePerson) return success();
  TRY(auto second, caller_of(context, FieldId::SecondSession));
  context.second = std::move(second);
  if (same_human(context.second->person, context.by().person))
    return Error{ErrorCode::SamePerson, "act as two persons"};
  const bool one_is_security =
      context.by().person.role == Role::SecurityOfficer || context.second->person.role == Role::SecurityOfficer;
  if (!belongs_to_appliance(context.second->person.role) || !one_is_security) {
    return Error{ErrorCode::NotPermitted, "act as two persons without a security officer"};
  }
  return success();
}

// The caller's tenant while it is open; else the terminal's; else tenant zero (DESIGN 7).
Result<void> Service::log_outcome(const protocol::RequestRule& rule, Context& context, std::string_view result) {
  auto* store = context.caller           ? tenants_.opened(context.caller->person.tenant)
                : context.known_terminal ? tenants_.opened(context.known_terminal->tenant)
                                         : &parts_.zero();
  if (store == nullptr) store = &parts_.zero();
  return store->log(log_entry(log_object(context, rule.name, result)));
}

Answer Service::answer(const protocol::RequestRule& rule, Context& context) {
  if (context.channel == Channel::Gate) {
    TRY(context.known_terminal, find_terminal(parts_.zero(), context.terminal));
  }
  TRY(authenticate(rule, context));
  const auto handler = handler_of(rule.kind);
  ENSURE(handler != nullptr);
  return handler(parts_, context);
}

Service::Outcome Service::handle(const protocol::Request& request, Channel channel) {
  Context context{request, channel};
  context.now = parts_.clock.now();
  context.request_id = new_request_id();
  context.terminal = kLocalTerminal;
  if (const auto bytes = protocol::field(request, FieldId::Terminal); channel == Channel::Gate && bytes) {
    std::copy_n(bytes->begin(), std::min(bytes->size(), context.terminal.size()), context.terminal.begin());
  }
  const auto* rule = protocol::find_rule(request.kind);
  ENSURE(rule != nullptr);  // decode_request lets no other kind through
  auto result = answer(*rule, context);
  // Nothing is told, not even a refusal, before its line is durable (L-10).
  if (!context.logged && !(result && is_public(rule->kind))) {
    const auto slug = result ? std::string_view("ok") : error_row(result.error().code()).slug;
    if (auto written = log_outcome(*rule, context, slug); !written) {
      oplog::failure("a line could not be written: nothing is answered", written.error());
      result = written.error();  // in place of a refusal too (promise 4), and nothing of what it would have said
      context.pointer.clear();
      context.told.clear();
    }
  }
  Outcome outcome;
  if (result) {
    auto& body = result.value();
    body["requestId"] = context.request_id;
    outcome.reply = {0, request.id, context.verbatim ? std::move(*context.verbatim) : json::serialize(body)};
    if (outcome.reply.body.size() > kMaxReplyBody) {
      memory::wipe(outcome.reply.body);
      result = Error{ErrorCode::TooLarge, "tell so much in one reply"};
    }
  }
  if (!result) {
    outcome.reply = refused(request, result.error(), context);
    if (context.must_end || ends_process(result.error().code())) outcome.end = result.error().code();
  }
  return outcome;
}

std::optional<ErrorCode> Service::maintain() {
  const auto fatal = [](const Result<void>& done, Literal what) -> std::optional<ErrorCode> {
    if (done) return std::nullopt;
    oplog::failure(what, done.error());
    return ends_process(done.error().code()) ? std::optional(done.error().code()) : std::nullopt;
  };
  if (auto end = fatal(expire_sessions(parts_), "sessions could not be expired")) return end;
  if (auto end = fatal(write_activity(parts_), "session activity could not be written")) return end;
  auto stores = tenants_.all_opened();
  stores.push_back(&parts_.zero());
  for (auto* store : stores) {
    if (auto end = fatal(store->ensure_log_keys(), "log keys could not be made")) return end;
    if (auto end = fatal(imports_.lapse(*store), "a lapsed import could not be taken away")) return end;
    if (!store->needs_merge()) continue;
    if (auto end = fatal(parts_.appliance.merge(*store, {}), "a merge failed")) return end;
  }
  if (auto end = fatal(parts_.appliance.journal().seal(), "the journal could not be sealed")) return end;
  if (parts_.clock.now() < next_daily_batch_) return std::nullopt;
  BatchFailure failure;
  const auto done = daily_batch(parts_, failure);
  if (!done) next_daily_batch_ = parts_.clock.now() + limits::kBatchRetry;
  if (auto end = fatal(done, "the batch of the day failed")) return end;
  return failure.must_end ? std::optional(done.error().code()) : std::nullopt;
}

}  // namespace shosoin::service
