#include "admin-api/service/people/login.h"

#include "admin-api/service/log_fields.h"
#include "crypto/password.h"
#include "crypto/totp.h"
#include "firmware/base/limits.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

constexpr Literal kRefused{"check terminal, password and code"};
constexpr std::size_t kTokenSize = 32;

struct Attempt {
  std::string id, password, code;
  ~Attempt() {
    memory::wipe(password);
    memory::wipe(code);
  }
};
struct Verdict {
  std::optional<Person> person;  // as it stands after the attempt; none for an unknown id
  bool both_hold = false;
  bool locked_now = false;
  std::optional<NamedSession> elsewhere;  // a live session on another terminal
  std::vector<NamedSession> replaced;
};

// The slow half, outside every lock: one Argon2id run, whoever it is.
struct PasswordCheck {
  bool holds = false;
  std::string against;  // the hash it was compared with
};
Result<PasswordCheck> check_password(Parts& parts, const Context& context, const std::optional<Person>& person,
                                     const Attempt& attempt) {
  PasswordCheck check{false, person ? person->password_hash : crypto::unknown_person_hash()};
  TRY(check.holds, parts.passwords.verify(context.terminal, check.against, attempt.password));
  return check;
}

// Decides on the person as the entry is now, inside the change; `person` is updated to what is to be stored.
Verdict decide(const Context& context, std::optional<Person> person, const PasswordCheck& password,
               std::string_view code) {
  static const Bytes nobody(crypto::kTotpSecretSize, 0x5A);
  Verdict verdict;
  const auto step = crypto::match_totp(person ? person->totp.reveal() : ByteView(nobody), code, context.now,
                                       person ? person->last_step : 0);
  const bool terminal =
      person && (context.channel == protocol::Channel::Local ? belongs_to_appliance(person->role)
                                                             : may_use(*person, context.known_terminal));
  const bool gate = context.channel == protocol::Channel::Gate;
  const bool usable = person && !person->is_locked(gate, context.now) && !person->disabled;
  verdict.both_hold = usable && terminal && step && password.holds && person->password_hash == password.against;
  if (person && verdict.both_hold) {
    person->last_step = *step;
    person->failures_at(gate) = {};
  } else if (usable && terminal) {  // from where he may not sit nobody can lock him out
    auto& failures = person->failures_at(gate);
    if (failures.locked) failures = {};  // a lock that has lapsed
    failures.add(context.now);
    verdict.locked_now = failures.locked;
  }
  verdict.person = std::move(person);
  return verdict;
}

Result<void> look_for_others(Parts& parts, const Context& context, Verdict& verdict) {
  TRY(auto sessions, parts.sessions.of_person(verdict.person->id));
  for (auto& named : sessions) {
    if (parts.sessions.is_live(named) && named.session.terminal != context.terminal) {
      verdict.elsewhere = std::move(named);
    } else {
      verdict.replaced.push_back(std::move(named));
    }
  }
  return success();
}

// A tenant's log does not learn who another tenant's person is: only what was typed.
enum class Details : std::uint8_t { None, OfPerson };

json::object attempt_line(const Context& context, const Verdict& verdict, std::string_view attempted, Details details) {
  const auto result = !verdict.both_hold  ? error_row(ErrorCode::NotAuthenticated).slug
                      : verdict.elsewhere ? error_row(ErrorCode::AlreadyLoggedIn).slug
                                          : "ok";
  auto line = log_object(context, "login", result);
  line["attemptedId"] = is_person_id(attempted) ? std::string(attempted) : "";
  if (verdict.person && details == Details::OfPerson) {
    line["operator"] = json::object{{"id", verdict.person->id},
                                    {"name", verdict.person->name},
                                    {"section", verdict.person->section},
                                    {"staffNumber", verdict.person->staff_number}};
  }
  if (verdict.locked_now && details == Details::OfPerson) line["lockedNow"] = true;
  if (verdict.elsewhere) line["otherTerminal"] = to_hex(verdict.elsewhere->session.terminal);
  if (!verdict.replaced.empty()) line["replacedSessions"] = verdict.replaced.size();
  return line;
}

// Where the full line goes. A refusal goes where the terminal belongs, so that place and time of writing do not tell
// whether the person exists; a login to the person's own tenant.
TenantStore* log_of(Parts& parts, const Context& context, const Verdict& verdict) {
  const auto tenant = verdict.both_hold        ? verdict.person->tenant
                      : context.known_terminal ? context.known_terminal->tenant
                                               : kAppliance;
  auto* store = parts.tenants.opened(tenant);
  return store == &parts.zero() ? nullptr : store;
}

json::object session_members(Parts& parts, const Person& person, Instant opened) {
  const auto facts = parts.tenants.facts(person.tenant);
  const auto times = parts.sessions.times();
  json::object out{{"operatorId", person.id},           {"name", person.name},
                   {"section", person.section},         {"role", role_name(person.role)},
                   {"idleSeconds", times.idle.count()}, {"expiresAt", to_iso8601(opened + times.absolute)}};
  if (facts) {
    out["tenant"] = json::object{{"localGovernmentCode", facts->code}, {"name", facts->name}};
  }
  return out;
}

}  // namespace

Answer login(Parts& parts, Context& context) {
  Attempt attempt{context.text(FieldId::PersonId), context.text(FieldId::Password), context.text(FieldId::Code)};
  TRY(auto before, find_person(parts.zero(), attempt.id));
  TRY(const auto password, check_password(parts, context, before, attempt));
  const auto token = Secret<struct SessionTokenMeaning, kTokenSize>::random();
  const auto id = token.expose([](auto bytes) { return Sessions::id_of(bytes); });
  Verdict verdict;
  TenantStore* log = nullptr;
  json::object line;
  // One change, whatever the outcome: the code is consumed, or the failure counted, before anything is told; an unknown
  // id costs the same commit. If power goes before it: nothing happened. After it: a session nobody holds the token of,
  // which expires.
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(auto person, find_person(parts.zero(), attempt.id));
    if (context.channel == protocol::Channel::Gate) {  // revoked while the password was checked
      TRY(context.known_terminal, terminal_of(parts, context));
    }
    verdict = decide(context, std::move(person), password, attempt.code);
    Change change;
    if (verdict.person) change.entries.push_back(person_entry(*verdict.person));
    if (verdict.both_hold) {
      TRY(look_for_others(parts, context, verdict));
      if (!verdict.elsewhere) {
        for (const auto& old : verdict.replaced) change.entries.push_back(parts.sessions.removal_of(old.id));
        change.entries.push_back(
            parts.sessions.entry_for({id, {verdict.person->id, context.terminal, context.now, context.now}}));
      }
    }
    log = log_of(parts, context, verdict);
    const bool foreign = log != nullptr && verdict.person && verdict.person->tenant != log->tenant();
    const auto full = attempt_line(context, verdict, attempt.id, Details::OfPerson);
    line = foreign ? attempt_line(context, verdict, attempt.id, Details::None) : full;
    // Tenant zero's line about a tenant's person says only that credentials changed: who it was stands in the tenant's
    // log. Where it may not stand there, tenant zero has it.
    change.log = log == nullptr || foreign
                     ? log_entry(full)
                     : log_entry({{"operation", "credentials-used"}, {"requestId", context.request_id}});
    return change;
  }));
  context.logged = true;
  if (log != nullptr) {
    TRY(log->log(log_entry(line)));
  }
  if (!verdict.both_hold) return Error{ErrorCode::NotAuthenticated, kRefused};
  if (verdict.elsewhere) return Error{ErrorCode::AlreadyLoggedIn, "log in while logged in on another terminal"};
  for (const auto& old : verdict.replaced) parts.sessions.ended(old.id, false);
  parts.sessions.opened(id);
  auto reply = session_members(parts, *verdict.person, context.now);
  if (auto* store = parts.tenants.opened(verdict.person->tenant)) {  // a closed tenant's grants are told by SessionShow
    TRY(const auto grant, find_grant(*store, verdict.person->id));
    reply["permissions"] = grant_text(grant);
  }
  reply["session"] = token.expose([](auto bytes) { return to_base64url(bytes); });
  return reply;
}

Answer logout(Parts& parts, Context& context) {
  TRY(end_session(parts, context.by().session, SessionEnd::Manual));
  context.logged = true;
  return json::object{};
}

Answer session_show(Parts& parts, Context& context) {
  const auto& caller = context.by();
  auto reply = session_members(parts, caller.person, caller.session.session.opened);
  reply["permissions"] = grant_text(caller.grant);
  return reply;
}

std::string_view end_name(SessionEnd end) {
  switch (end) {
    case SessionEnd::Manual:
      return "ログアウト";
    case SessionEnd::Forced:
      return "強制ログアウト";
    case SessionEnd::Absolute:
      return "強制ログアウト(最長時間)";
    case SessionEnd::Revoked:
      return "強制ログアウト(失効)";
    case SessionEnd::Replaced:
      return "強制ログアウト(再ログイン)";
  }
  return "";
}

Result<void> end_session(Parts& parts, const NamedSession& named, SessionEnd end) {
  TRY(auto person, find_person(parts.zero(), named.session.person));
  json::object line{{"operation", "logout"},
                    {"result", "ok"},
                    {"kind", end_name(end)},
                    {"terminal", json::object{{"id", to_hex(named.session.terminal)}}}};
  if (person) {
    line["operator"] = json::object{{"id", person->id},
                                    {"name", person->name},
                                    {"section", person->section},
                                    {"staffNumber", person->staff_number}};
  }
  auto* store = person ? parts.tenants.opened(person->tenant) : &parts.zero();
  if (store == &parts.zero()) store = nullptr;
  // If power goes between the two writes: the session is gone, and tenant zero's line tells that one ended.
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    return Change{{parts.sessions.removal_of(named.id)},
                  {},
                  {},
                  store == nullptr ? log_entry(line) : log_entry({{"operation", "session-ended"}})};
  }));
  const bool expired = end == SessionEnd::Forced || end == SessionEnd::Absolute;
  parts.sessions.ended(named.id, expired);
  return store == nullptr ? Result<void>(success()) : store->log(log_entry(line));
}

Result<void> expire_sessions(Parts& parts) {
  TRY(auto all, parts.sessions.all());
  for (const auto& named : all) {
    if (parts.sessions.is_live(named)) continue;
    const bool absolute = parts.clock.now() - named.session.opened >= parts.sessions.times().absolute;
    TRY(end_session(parts, named, absolute ? SessionEnd::Absolute : SessionEnd::Forced));
  }
  return success();
}

Result<void> write_activity(Parts& parts) {
  TRY(auto behind, parts.sessions.behind());
  if (behind.empty()) return success();
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    Change change;
    for (const auto& named : behind) {
      TRY(auto there, parts.zero().get(parts.sessions.removal_of(named.id).key));
      if (there) change.entries.push_back(parts.sessions.entry_for(named));  // not one that has ended meanwhile
    }
    change.log = log_entry({{"operation", "session-activity"}});
    return change;
  }));
  return success();
}

Result<void> fresh_code(Parts& parts, Context& context) {
  std::string code = context.text(FieldId::Code);
  bool holds = false;
  const auto& id = context.by().person.id;
  // The step is consumed, or the failure counted, before the act: a code works once, and guessing locks.
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(auto person, find_person(parts.zero(), id));
    const bool gate = context.channel == protocol::Channel::Gate;
    if (!person || person->is_locked(gate, context.now) || person->disabled)
      return Error{ErrorCode::NotAuthenticated, kRefused};
    const auto step = crypto::match_totp(person->totp.reveal(), code, context.now, person->last_step);
    holds = step.has_value();
    if (step) {
      person->last_step = *step;
    } else {
      person->failures_at(gate).add(context.now);
    }
    return Change{{person_entry(*person)},
                  {},
                  {},
                  log_entry({{"operation", "credentials-used"}, {"requestId", context.request_id}})};
  }));
  memory::wipe(code);
  if (!holds) return Error{ErrorCode::NotAuthenticated, kRefused};
  return success();
}

}  // namespace shosoin::service
