#include "admin-api/service/people/terminal_check.h"

#include <algorithm>

#include "admin-api/service/context.h"
#include "admin-api/service/people/terminal_authority.h"
#include "crypto/hash.h"
#include "firmware/base/log.h"

namespace shosoin::service {

Result<std::optional<TenantId>> TerminalAuthorities::owner(const TenantStore& zero, const Tenants& tenants,
                                                           const Fingerprint& certificate) {
  const std::lock_guard lock(mutex_);
  if (!read_) {
    for (const auto& facts : tenants.all()) {
      TRY(const auto der, zero.get(tenant_authority_certificate(facts.id)));
      if (der) owners_.emplace(crypto::sha256(*der), facts.id);
    }
    read_ = true;
  }
  const auto found = owners_.find(certificate);
  return found == owners_.end() ? std::nullopt : std::optional(found->second);
}

void TerminalAuthorities::learn(const Fingerprint& certificate, const TenantId& tenant) {
  const std::lock_guard lock(mutex_);
  owners_.emplace(certificate, tenant);
}

Result<std::optional<Terminal>> terminal_of(Parts& parts, const Context& context) {
  TRY(const auto known, parts.recall.terminals.get(parts.zero(), text_of(context.terminal),
                                                   [&] { return find_terminal(parts.zero(), context.terminal); }));
  auto terminal = *known;
  const auto told = protocol::field(context.request, protocol::FieldId::TerminalAuthority);
  if (!terminal || !told) return terminal;
  Fingerprint authority{};
  std::copy_n(told->begin(), std::min(told->size(), authority.size()), authority.begin());
  TRY(const auto owner, parts.authorities.owner(parts.zero(), parts.tenants, authority));
  if (!owner || *owner == terminal->tenant) return terminal;
  oplog::warning("a terminal's certificate is of another tenant's authority");
  return std::optional<Terminal>();
}

}  // namespace shosoin::service
