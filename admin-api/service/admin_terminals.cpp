// Terminals: the list of certificates from which a login is possible at all.
#include <fstream>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/login.h"
#include "admin-api/service/terminal_authority.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

constexpr std::size_t kMaxAuthorityText = 16u << 10;

json::object shown(Parts& parts, const Terminal& terminal) {
  json::object out{{"fingerprint", to_hex(terminal.fingerprint)},
                   {"name", terminal.name},
                   {"revoked", terminal.revoked},
                   {"addedAt", to_iso8601(terminal.added)}};
  if (const auto facts = parts.tenants.facts(terminal.tenant)) out["localGovernmentCode"] = facts->code;
  return out;
}

Result<IssuedTerminal> issue(Parts& parts, const Context& context, const Terminal& terminal, ByteView request) {
  std::ifstream in(parts.terminal_authority, std::ios::binary);
  TerminalAuthority authority;
  authority.certificate_pem.assign(std::istreambuf_iterator<char>(in), {});
  if (authority.certificate_pem.size() > kMaxAuthorityText) return Error{ErrorCode::Settings, "read terminal-ca.pem"};
  TRY(auto key, parts.zero().get(terminal_authority_key()));
  if (!key) return Error{ErrorCode::Integrity, "find the key of the terminal authority"};
  authority.key_der = std::move(*key);
  const auto facts = parts.tenants.facts(terminal.tenant);
  auto issued =
      issue_terminal(authority, request, {terminal.name, facts ? facts->code : std::string("Shosoin")}, context.now);
  memory::wipe(authority.key_der);
  return issued;
}

Result<Fingerprint> fingerprint_in(Context& context) {
  const auto bytes = protocol::field(context.request, FieldId::Fingerprint);
  if (!bytes || bytes->size() != 32) return Error{ErrorCode::BadRequest, "read a fingerprint"};
  Fingerprint fingerprint{};
  std::copy_n(bytes->begin(), fingerprint.size(), fingerprint.begin());
  return fingerprint;
}

}  // namespace

Answer terminal_add(Parts& parts, Context& context) {
  Terminal terminal{{}, context.text(FieldId::TerminalName), kAppliance, false, context.now};
  if (terminal.name.empty()) return context.refuse(ErrorCode::InvalidContent, "name a terminal", "/name");
  if (const auto code = context.text(FieldId::TenantCode); !code.empty()) {
    const auto facts = parts.tenants.by_code(code);
    if (!facts) return context.refuse(ErrorCode::NotFound, kNothing, "/localGovernmentCode");
    terminal.tenant = facts->id;
  }
  const auto request = protocol::field(context.request, FieldId::Csr);
  if (request.has_value() == protocol::field(context.request, FieldId::Fingerprint).has_value()) {
    return context.refuse(ErrorCode::BadRequest, "choose between a fingerprint and a certificate request",
                          "/fingerprint");
  }
  std::string certificate;
  if (request) {
    TRY(auto issued, issue(parts, context, terminal, *request));
    terminal.fingerprint = issued.fingerprint;
    certificate = std::move(issued.certificate_pem);
  } else {
    TRY(terminal.fingerprint, fingerprint_in(context));
  }
  context.target["terminalAdded"] = to_hex(terminal.fingerprint);
  std::unique_lock one_at_a_time(parts.people_changes);
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(auto known, find_terminal(parts.zero(), terminal.fingerprint));
    if (known || terminal.fingerprint == kLocalTerminal) {
      return context.refuse(ErrorCode::Conflict, "add a terminal twice", "/fingerprint");
    }
    return Change{{{terminal_key(terminal.fingerprint), encode_terminal(terminal)}},
                  {},
                  {},
                  log_entry(log_object(context, "terminal-add", "ok"))};
  }));
  context.logged = true;
  auto reply = shown(parts, terminal);
  if (!certificate.empty()) reply["certificate"] = certificate;
  return reply;
}

Answer terminal_list(Parts& parts, Context&) {
  TRY(auto terminals, all_terminals(parts.zero()));
  json::array out;
  for (const auto& terminal : terminals) out.push_back(shown(parts, terminal));
  return json::object{{"terminals", std::move(out)}};
}

Answer terminal_revoke(Parts& parts, Context& context) {
  TRY(const auto fingerprint, fingerprint_in(context));
  context.target["terminalRevoked"] = to_hex(fingerprint);
  std::optional<Terminal> terminal;
  std::vector<NamedSession> ended;
  // List and sessions in one change: removing a terminal ends its sessions.
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(terminal, find_terminal(parts.zero(), fingerprint));
    if (!terminal) return Error{ErrorCode::NotFound, kNothing};
    terminal->revoked = true;
    TRY(ended, parts.sessions.at_terminal(fingerprint));
    Change change{{{terminal_key(fingerprint), encode_terminal(*terminal)}}, {}, {}, {}};
    for (const auto& named : ended) change.entries.push_back(parts.sessions.removal_of(named.id));
    auto line = log_object(context, "terminal-revoke", "ok");
    line["endedSessions"] = ended.size();
    line["kind"] = end_name(SessionEnd::Revoked);
    change.log = log_entry(line);
    return change;
  }));
  context.logged = true;
  for (const auto& named : ended) parts.sessions.ended(named.id, false);
  return shown(parts, *terminal);
}

}  // namespace shosoin::service
