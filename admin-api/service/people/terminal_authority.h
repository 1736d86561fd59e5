// The certificate authorities of terminals, P-256 (DESIGN section 8; A-16): a root made by init, which certifies the
// data centre's own terminals, and below it one authority for each tenant, whose name constraint keeps it to
// certificates of that organisation. Their keys are in tenant zero. They certify requests (PKCS#10) whose signature
// holds; a certificate alone opens nothing: the terminal must be on the list. Pure but for the kernel's generator; any
// thread.
#pragma once

#include <string>

#include "admin-api/service/people/people.h"

namespace shosoin::service {

struct TerminalAuthority {
  Bytes key_der;  // PKCS#8; wiped by the caller
  std::string certificate_pem;
};
Result<TerminalAuthority> make_terminal_authority(Instant now);
// Under `root`, for certificates whose subject begins with O=`organisation` (RFC 5280 section 4.2.1.10).
Result<TerminalAuthority> make_tenant_authority(const TerminalAuthority& root, const std::string& organisation,
                                                Instant now);
EntryKey terminal_authority_key();                              // table SigningKeys: the root's key
EntryKey tenant_authority_key(const TenantId& tenant);          // the same of a tenant's
EntryKey tenant_authority_certificate(const TenantId& tenant);  // X.509, DER

Result<Bytes> certificate_der(std::string_view pem);
Result<std::string> certificate_pem(ByteView der);

struct IssuedTerminal {
  std::string certificate_pem;
  Fingerprint fingerprint{};
};
struct TerminalSubject {
  std::string name, organisation;
};
// InvalidContent: not a request, a bad signature, or a key that is not P-256.
Result<IssuedTerminal> issue_terminal(const TerminalAuthority& authority, ByteView request_der,
                                      const TerminalSubject& subject, Instant now);

}  // namespace shosoin::service
