#include "admin-api/service/service.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <new>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/people/login.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/retention/scheduler.h"
#include "crypto/library_memory.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_retention.h"
#include "firmware/base/limits_state_copy.h"
#include "firmware/base/log.h"
#include "firmware/memory/stack.h"

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
  return {protocol::status_of(error.code()), request.id, json::serialize(body)};
}

}  // namespace

bool ends_process(ErrorCode code) { return code == ErrorCode::StorageFailed || code == ErrorCode::TpmUnreachable; }

Service::Service(erasure::Appliance& appliance, const Settings& settings, const Clock& clock,
                 const files::DefinitionSet& definitions, Installation installation)
    : definitions_(definitions),
      imports_(clock),
      tenants_(appliance, [this](TenantStore& store) { return imports_.abandon_unfinished(store); }),
      sessions_(appliance.zero(), clock, {settings.idle, settings.absolute}),
      space_(settings),
      parts_{appliance,
             settings,
             clock,
             definitions_,
             tenants_,
             sessions_,
             imports_,
             std::move(installation.provisioning),
             std::move(installation.terminal_authority)} {
  parts_.legal.allow_off(settings.clock_off_time);
}

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
  TRY(const auto known, known_person(checked.value().session.person));
  const auto& person = *known;
  if (!person || person->disabled || person->is_locked(context.channel == Channel::Gate, context.now))
    return Error{ErrorCode::NotAuthenticated, "find the session"};
  if (context.channel == Channel::Gate && !may_use(*person, context.known_terminal)) {
    return Error{ErrorCode::NotAuthenticated, "use a session on its terminal"};
  }
  TRY(auto* store, tenants_.open(person->tenant));
  TRY(auto grant, parts_.recall.grants.get(*store, person->id, [&] { return find_grant(*store, person->id); }));
  return Caller(known, std::move(grant), std::move(checked.value()));
}

// Who asks again and again, without what proves it: a password or code is checked against the store alone.
Result<std::shared_ptr<const std::optional<Person>>> Service::known_person(const std::string& id) {
  return parts_.recall.people.get(parts_.zero(), id, [&]() -> Result<std::optional<Person>> {
    TRY(auto person, find_person(parts_.zero(), id));
    if (person) {
      memory::wipe(person->password_hash);
      person->totp = TotpBytes(Bytes(person->totp.reveal().size()));  // zeros over the secret
    }
    return person;
  });
}

Result<void> Service::authenticate(const protocol::RequestRule& rule, Context& context) {
  const auto how = context.channel == Channel::Gate ? rule.gate_need : rule.local_need;
  if (how == Need::Nobody) return success();
  TRY(auto first, caller_of(context, FieldId::Session));
  context.caller.emplace(std::move(first));
  if (context.channel == Channel::Local && !belongs_to_appliance(context.by().person.role)) {
    return Error{ErrorCode::NotPermitted, "administer the appliance"};
  }
  if (how == Need::OnePerson) return success();
  TRY(auto second, caller_of(context, FieldId::SecondSession));
  context.second.emplace(std::move(second));
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
  TRY(write_line(context, *store, log_entry(log_object(context, rule.name, result))));
  return success();
}

Answer Service::answer(const protocol::RequestRule& rule, Context& context) {
  if (context.channel == Channel::Gate) {
    TRY(context.known_terminal, terminal_of(parts_, context));
  }
  TRY(authenticate(rule, context));
  const bool keeper = context.caller && (belongs_to_appliance(context.by().person.role) ||
                                         context.by().person.role == Role::AuditOfficer);
  TRY(admit(rule.kind, keeper ? Asker::KeepsTheAppliance : Asker::Anybody, space_.look()));
  const auto handler = handler_of(rule.kind);
  ENSURE(handler != nullptr);
  return handler(parts_, context);
}

// Where memory runs out a library throws, the one exception there is; the request ends here and the service goes on.
// What cannot stop in the middle has ended the process before (power::NoWayBack). Decision 0012.
Answer Service::answer_within_memory(const protocol::RequestRule& rule, Context& context) {
  const auto give_up = [&] {
    context.pointer.clear();
    context.told.clear();
    context.verbatim.reset();
    return Error{ErrorCode::OutOfMemory, "find memory for this request"};
  };
  const auto refused_before = crypto::library_allocations_refused();
  try {
    auto result = answer(rule, context);
    // A refusal that a library gave without memory is no judgement on the request.
    const bool starved = crypto::library_allocations_refused() != refused_before;
    if (!result && starved && !ends_process(result.error().code())) return give_up();
    return result;
  } catch (const std::bad_alloc&) {
    return give_up();
  }
}

Service::Outcome Service::handle(const protocol::Request& request, Channel channel) {
  const memory::ScrubsStack behind;
  return within_memory(request, channel, Line::Waited);
}
Service::Outcome Service::begin(const protocol::Request& request, Channel channel) {
  const memory::ScrubsStack behind;
  return within_memory(request, channel, Line::Begun);
}

bool Service::is_brief(const protocol::Request& request) const {
  const bool by_key = request.kind == protocol::RequestKind::Retrieve &&
                      protocol::text_field(request, FieldId::SearchKind) != "kanaNameAndBirthDate";
  if (!by_key && request.kind != protocol::RequestKind::RetrieveRecord) return false;
  return tenants_.is_open(protocol::text_field(request, FieldId::TenantCode));
}

[[gnu::noinline]] Service::Outcome Service::within_memory(const protocol::Request& request, Channel channel,
                                                          Line line) {
  Outcome outcome;
  Context context{request, channel};
  context.may_defer = line == Line::Begun;
  try {
    serve(context, outcome);
  } catch (const std::bad_alloc&) {  // not even for its line: told all the same, as when a line cannot be written
    oplog::warning("out of memory: a request was given up without its line");
    memory::wipe(outcome.reply.body);
    outcome.reply.status = protocol::status_of(ErrorCode::OutOfMemory);
    outcome.reply.id = request.id;
  }
  outcome.after = context.after;
  return outcome;
}

void Service::serve(Context& context, Outcome& outcome) {
  const auto& request = context.request;
  const auto channel = context.channel;
  context.now = parts_.clock.now();
  context.request_id = new_request_id();
  context.terminal = kLocalTerminal;
  if (const auto bytes = protocol::field(request, FieldId::Terminal); channel == Channel::Gate && bytes) {
    std::copy_n(bytes->begin(), std::min(bytes->size(), context.terminal.size()), context.terminal.begin());
  }
  const auto* rule = protocol::find_rule(request.kind);
  ENSURE(rule != nullptr);  // decode_request lets no other kind through
  auto result = answer_within_memory(*rule, context);
  const auto note_end = [&] {
    if (!result && (context.must_end || ends_process(result.error().code()))) outcome.end = result.error().code();
  };
  note_end();  // at once: whatever fails from here on, the process ends
  // Nothing is told, not even a refusal, before its line is durable (L-10).
  if (!context.logged && !(result && is_public(rule->kind))) {
    const auto slug = result ? std::string_view("ok") : error_row(result.error().code()).slug;
    if (auto written = log_outcome(*rule, context, slug); !written) {
      oplog::failure("a line could not be written: nothing is answered", written.error());
      result = written.error();  // in place of a refusal too (promise 4), and nothing of what it would have said
      note_end();
      context.pointer.clear();
      context.told.clear();
    }
  }
  if (result) {
    auto& body = result.value();
    body["requestId"] = context.request_id;
    outcome.reply = {0, request.id, context.verbatim ? std::move(*context.verbatim) : json::serialize(body)};
    if (outcome.reply.body.size() > kMaxReplyBody) {
      memory::wipe(outcome.reply.body);
      result = Error{ErrorCode::TooLarge, "tell so much in one reply"};
    }
  }
  if (!result) outcome.reply = refused(request, result.error(), context);
}

// Due dates stand in boxes: where nobody logs in after a start, nothing would be erased and nothing overdue told
// (decision 0081). A few at a time, for each takes the TPM.
Result<void> Service::open_some() {
  const auto damaged = tenants_.damaged();
  std::size_t opened = 0;
  bool left = false;
  for (const auto& facts : tenants_.not_opened()) {
    if (std::ranges::any_of(damaged, [&](const auto& one) { return one.id == facts.id; })) continue;
    if (opened == limits::kOpenedAtOnce) {
      left = true;
      break;
    }
    const auto store = tenants_.open(facts.id);
    const auto code = store ? ErrorCode::Internal : store.error().code();
    const bool told = code == ErrorCode::Integrity;                                     // by whoever opens
    const bool leaves = code == ErrorCode::NotFound || code == ErrorCode::Unavailable;  // is being removed
    if (!store && !told && !leaves) return store.error();
    if (store) ++opened;
  }
  if (opened != 0 && !left) next_round_ = {};  // what is due in them is looked at now
  return success();
}

// Its thread rests between two rounds, with what the last one has read still on its stack.
std::optional<ErrorCode> Service::maintain() {
  const memory::ScrubsStack behind;
  return maintain_once();
}

[[gnu::noinline]] std::optional<ErrorCode> Service::maintain_once() {
  const auto fatal = [](const Result<void>& done, Literal what) -> std::optional<ErrorCode> {
    if (done) return std::nullopt;
    oplog::failure(what, done.error());
    return ends_process(done.error().code()) ? std::optional(done.error().code()) : std::nullopt;
  };
  parts_.appliance.sweep_up();
  const auto steady = std::chrono::steady_clock::now();
  if (steady >= next_clock_) {
    next_clock_ = steady + limits::kClockLook;
    const auto looked = parts_.legal.look(parts_.appliance, parts_.clock);
    const auto end = fatal(looked, "accepted time could not be moved on");
    if (end && *end != ErrorCode::TpmUnreachable) return end;  // without the TPM it stands still, and nothing is early
  }
  if (auto end = fatal(expire_sessions(parts_), "sessions could not be expired")) return end;
  if (auto end = fatal(write_activity(parts_), "session activity could not be written")) return end;
  if (steady >= next_open_) {
    const auto opened = open_some();
    if (!opened) next_open_ = steady + limits::kOpenRetry;
    if (auto end = fatal(opened, "a tenant could not be opened")) return end;
  }
  auto stores = tenants_.all_opened();
  stores.push_back(&parts_.zero());
  imports_.begin_round();
  const bool count_terms = steady >= next_terms_;  // one tenant's failure puts off the next try, not the others' turn
  for (auto* store : stores) {
    if (auto end = fatal(unless_removed(*store, store->ensure_log_keys()), "log keys could not be made")) return end;
    if (auto end = fatal(unless_removed(*store, imports_.lapse(*store)), "a lapsed import could not be taken away"))
      return end;
    if (store != &parts_.zero() && count_terms) {
      const auto settled = unless_removed(*store, settle_unsettled(parts_, *store));
      if (!settled) next_terms_ = steady + limits::kTermsRetry;
      if (auto end = fatal(settled, "terms of records could not be computed")) return end;
    }
    if (!store->needs_merge()) continue;
    if (auto end = fatal(unless_removed(*store, parts_.appliance.merge(*store, {})), "a merge failed")) return end;
  }
  imports_.end_round();
  if (steady >= next_round_) {
    next_round_ = steady + limits::kRoundEvery;
    if (auto end = fatal(retention_round(parts_), "what is due could not be looked at")) return end;
    const auto round = parts_.round.last();
    for (const auto& [tenant, result] : round->tenants) wants_batch_ = wants_batch_ || result.applied != 0;
  }
  if (steady >= next_state_copy_) {
    next_state_copy_ = steady + limits::kStateCopyRetry;
    parts_.appliance.renew_state_copy();
  }
  if (auto end = fatal(parts_.appliance.journal().seal(), "the journal could not be sealed")) return end;
  if (steady < next_daily_batch_) return std::nullopt;  // no jump of the system clock moves the next try
  BatchFailure failure;
  const std::chrono::milliseconds age = wants_batch_ ? limits::kBatchWindow : limits::kEmptyBatchAfter;
  const auto ran = batch_after(parts_, age, failure);
  if (ran && ran.value()) wants_batch_ = failure.left_over;
  const Result<void> done = ran ? Result<void>(success()) : Result<void>(ran.error());
  if (!done) next_daily_batch_ = steady + limits::kBatchRetry;
  if (auto end = fatal(done, "the batch of the day failed")) return end;
  return failure.must_end ? std::optional(done.error().code()) : std::nullopt;
}

}  // namespace shosoin::service
