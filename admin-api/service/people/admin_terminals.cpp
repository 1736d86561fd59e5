// Terminals: the list of certificates from which a login is possible at all.
#include <fstream>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/people/login.h"
#include "admin-api/service/people/terminal_authority.h"
#include "admin-api/service/refusal.h"
#include "admin-api/service/told_text.h"
#include "crypto/hash.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

constexpr std::size_t kMaxAuthorityText = 16u << 10;
const std::string kDataCentre = "Shosoin";

json::object shown(Parts& parts, const Terminal& terminal) {
  json::object out{{"fingerprint", to_hex(terminal.fingerprint)},
                   {"name", terminal.name},
                   {"revoked", terminal.revoked},
                   {"addedAt", to_iso8601(terminal.added)}};
  if (const auto facts = parts.tenants.facts(terminal.tenant)) out["localGovernmentCode"] = facts->code;
  return out;
}

// The authority that certifies a terminal, and what is stored when it was made for that.
struct Issuer {
  TerminalAuthority authority;
  std::vector<generations::Entry> entries{};
  Issuer() = default;
  Issuer(Issuer&&) = default;
  Issuer& operator=(Issuer&&) = default;
  ~Issuer() {
    memory::wipe(authority.key_der);
    for (auto& entry : entries) memory::wipe(*entry.value);
  }
};

Result<Issuer> root_issuer(Parts& parts) {
  std::ifstream in(parts.terminal_authority, std::ios::binary);
  Issuer root;
  auto& pem = root.authority.certificate_pem;
  pem.assign(std::istreambuf_iterator<char>(in), {});
  if (pem.size() > kMaxAuthorityText) return Error{ErrorCode::Settings, "read terminal-ca.pem"};
  TRY(auto key, parts.zero().get(terminal_authority_key()));
  if (!key) return Error{ErrorCode::Integrity, "find the key of the terminal authority"};
  root.authority.key_der = std::move(*key);
  return root;
}

// A tenant's own, made with its first terminal. Under people_changes, so that none is made twice.
Result<Issuer> issuer_for(Parts& parts, const TenantId& tenant, Instant now) {
  const auto facts = parts.tenants.facts(tenant);
  if (!facts) return root_issuer(parts);
  Issuer own;
  TRY(auto key, parts.zero().get(tenant_authority_key(tenant)));
  TRY(const auto certificate, parts.zero().get(tenant_authority_certificate(tenant)));
  if (key && certificate) {
    own.authority.key_der = std::move(*key);
    TRY(own.authority.certificate_pem, certificate_pem(*certificate));
    return own;
  }
  TRY(const auto root, root_issuer(parts));
  TRY(own.authority, make_tenant_authority(root.authority, facts->code, now));
  TRY(auto der, certificate_der(own.authority.certificate_pem));
  own.entries.push_back({tenant_authority_key(tenant), own.authority.key_der});
  own.entries.push_back({tenant_authority_certificate(tenant), std::move(der)});
  return own;
}

// What the terminal shows: its certificate, and its tenant's authority below the root that the gate knows.
std::string chain_of(const IssuedTerminal& issued, const Issuer& issuer, const Terminal& terminal) {
  const bool of_root = terminal.tenant == kAppliance;
  return issued.certificate_pem + (of_root ? std::string() : issuer.authority.certificate_pem);
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
  if (is_blank(terminal.name)) return context.refuse(ErrorCode::InvalidContent, "name a terminal", "/name");
  if (!is_one_line(terminal.name)) return refuse_text(context, "/name");
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
  std::unique_lock one_at_a_time(parts.people_changes);
  std::string certificate;
  Issuer issuer;
  if (request) {
    TRY(issuer, issuer_for(parts, terminal.tenant, context.now));
    const auto facts = parts.tenants.facts(terminal.tenant);
    TRY(const auto issued,
        issue_terminal(issuer.authority, *request, {terminal.name, facts ? facts->code : kDataCentre}, context.now));
    terminal.fingerprint = issued.fingerprint;
    certificate = chain_of(issued, issuer, terminal);
  } else {
    TRY(terminal.fingerprint, fingerprint_in(context));
  }
  context.target["terminalAdded"] = to_hex(terminal.fingerprint);
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(auto known, find_terminal(parts.zero(), terminal.fingerprint));
    if (known || terminal.fingerprint == kLocalTerminal) {
      return context.refuse(ErrorCode::Conflict, "add a terminal twice", "/fingerprint");
    }
    Change change{{{terminal_key(terminal.fingerprint), encode_terminal(terminal)}}, {}, {}, {}};
    change.entries.insert(change.entries.end(), issuer.entries.begin(), issuer.entries.end());
    change.log = log_entry(log_object(context, "terminal-add", "ok"));
    return change;
  }));
  context.logged = true;
  if (!issuer.entries.empty()) parts.authorities.learn(crypto::sha256(*issuer.entries.back().value), terminal.tenant);
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
