// What every handler is given: the house's parts, the request, and who is asking. A handler returns the reply's JSON
// object or an Error; where a request was at fault it names the place as an RFC 6901 pointer. One request, one thread.
#pragma once

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include "admin-api/protocol/protocol.h"
#include "admin-api/service/people/password_desk.h"
#include "admin-api/service/people/sessions.h"
#include "admin-api/service/people/terminal_check.h"
#include "admin-api/service/records/definitions.h"
#include "admin-api/service/remembered.h"
#include "admin-api/service/retention/retention_clock.h"
#include "admin-api/service/retention/retention_round.h"
#include "admin-api/service/settings.h"
#include "admin-api/service/tenants.h"

namespace shosoin::erasure {
class Scrub;
}

namespace shosoin::service {

class Imports;

struct Parts {
  erasure::Appliance& appliance;
  const Settings& settings;
  const Clock& clock;
  Definitions& definitions;
  Tenants& tenants;
  Sessions& sessions;
  Imports& imports;
  std::string provisioning;                  // provisioning.json as it is
  std::filesystem::path terminal_authority;  // terminal-ca.pem
  Recall recall{};
  const erasure::Scrub* scrub = nullptr;  // none before the vault serves
  std::mutex people_changes{};            // adding people and terminals: uniqueness is looked up, then written
  std::mutex erasures{};                  // one batch of ours at a time
  PasswordDesk passwords{};
  TerminalAuthorities authorities{};
  LegalClock legal{};
  RoundState round{};
  TenantStore& zero() { return appliance.zero(); }
};

// Person and grant are shared with others who ask at the same time, and never change.
struct Caller {
  Caller(Remembered<std::optional<Person>>::Shared who, Remembered<Grant>::Shared what, NamedSession opened)
      : known(std::move(who)), granted(std::move(what)), person(**known), grant(*granted), session(std::move(opened)) {}
  Remembered<std::optional<Person>>::Shared known;
  Remembered<Grant>::Shared granted;
  const Person& person;  // of known
  const Grant& grant;    // of granted
  NamedSession session;
};

struct Context {
  const protocol::Request& request;
  protocol::Channel channel;
  Instant now{};
  std::string request_id{};  // 16 hex digits, in the log and in the reply
  Fingerprint terminal{};
  std::optional<Terminal> known_terminal{};
  std::optional<Caller> caller{}, second{};
  std::string pointer{};                    // where the request was at fault
  boost::json::object told{};               // members of a failed reply beside code, pointer and detail
  std::array<unsigned char, 2048> space{};  // never a secret: what it says is logged
  boost::json::monotonic_resource near{space.data(), space.size()};
  boost::json::object target{&near};      // what the line says it was about
  std::optional<std::string> verbatim{};  // a text that is told byte for byte in place of an object
  bool logged = false;                    // the handler has written its line
  bool may_defer = false;                 // whoever asked holds the answer back until `after` is durable
  std::optional<journal::Journal::Ticket> after{};  // the newest line that was only begun
  bool must_end = false;                  // the outcome of a batch is unknown: answer, then end the process

  std::string text(protocol::FieldId id) const { return protocol::text_field(request, id); }
  Error refuse(ErrorCode code, Literal doing, std::string_view at = {}) {
    pointer = at;
    return Error{code, doing};
  }
  const Caller& by() const {
    ENSURE(caller.has_value());
    return *caller;
  }
};

using Answer = Result<boost::json::object>;
using Handler = Answer (*)(Parts&, Context&);

// One answer for what does not exist and for what is somebody else's (promise 1).
inline constexpr Literal kNothing{"find what was asked for"};

// The caller's own tenant, when that is the one named (or none is named). NotFound for any other code, known or not.
Result<TenantStore*> own_tenant(Parts& parts, Context& context);
// NotPermitted without the permission; NotFound for a file that is not defined; NotPermitted for one not granted (P-01,
// P-12).
Result<void> need(Context& context, Permission permission);
Result<const files::Definition*> granted_file(Parts& parts, Context& context);
// The same for what rules, holds and erasures may also be about: then without a definition (ruled_files.h).
struct RuledFile {
  std::string key;
  const files::Definition* definition = nullptr;
};
Result<RuledFile> ruled_file(Parts& parts, Context& context);
template <class Id>
Result<Id> id_field(Context& context, protocol::FieldId field) {
  const auto bytes = protocol::field(context.request, field);
  if (!bytes) return Error{ErrorCode::BadRequest, "find an identifier in the request"};
  return Id::from(*bytes);
}
// A fresh code of the caller's second factor: consumed durably before it counts. NotAuthenticated otherwise, and
// counted.
Result<void> fresh_code(Parts& parts, Context& context);

}  // namespace shosoin::service
