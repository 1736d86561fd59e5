// The certificate authority of terminals: P-256, made by init, its key in tenant zero (DESIGN section 8; A-16). Issues
// client certificates for requests (PKCS#10) whose signature holds; a certificate alone opens nothing: the terminal
// must be on the list. Pure but for the kernel's generator; any thread.
#pragma once

#include <string>

#include "admin-api/service/people.h"

namespace shosoin::service {

struct TerminalAuthority {
  Bytes key_der;  // PKCS#8; wiped by the caller
  std::string certificate_pem;
};
Result<TerminalAuthority> make_terminal_authority(Instant now);
EntryKey terminal_authority_key();  // table SigningKeys

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
