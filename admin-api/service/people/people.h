// People and terminals as tenant zero keeps them, and the grants that their tenants keep (format page:
// service/entries.md). An id is never given to a second person: entries are disabled, not taken away. Values and
// look-ups; any thread.
#pragma once

#include <string>
#include <vector>

#include "admin-api/service/people/permissions.h"
#include "firmware/base/clock.h"
#include "firmware/base/ids.h"
#include "firmware/memory/secret.h"
#include "storage/generations/tenant_store.h"

namespace shosoin::service {

using generations::Entry;
using generations::EntryKey;
using generations::TableId;
using generations::TenantStore;

// The 20 bytes of a TOTP secret in memory; every copy wipes itself.
class TotpBytes {
 public:
  TotpBytes() = default;
  explicit TotpBytes(ByteView bytes) : bytes_(copy_of(bytes)) {}
  TotpBytes(const TotpBytes&) = default;
  TotpBytes& operator=(const TotpBytes&) = default;
  ~TotpBytes() { memory::wipe(bytes_); }
  ByteView reveal() const { return bytes_; }

 private:
  Bytes bytes_;
};

struct FailureCount {
  std::uint32_t since_success = 0;
  bool locked = false;
  Instant locked_at{};
  void add(Instant now);  // locks at limits::kFailuresToLock
};

struct Person {
  std::string id, name, section, staff_number;
  Role role = Role::Operator;
  TenantId tenant;            // zero: of the appliance
  std::string password_hash;  // libsodium's encoded string
  TotpBytes totp;
  std::uint64_t last_step = 0;  // the last TOTP step that was accepted: a code works once
  // Of the appliance's people the gate counts apart: whoever reaches it cannot lock them out of the local socket.
  FailureCount failures, gate_failures;
  bool disabled = false;
  FailureCount& failures_at(bool gate) { return gate && belongs_to_appliance(role) ? gate_failures : failures; }
  // A lock of an operator stands until two officers take it away; one of an officer lapses after limits::kOfficerLock,
  // because two locked officers could not unlock each other.
  bool is_locked(bool gate, Instant now) const;
};
Bytes encode_person(const Person& person);
Result<Person> decode_person(ByteView bytes);
EntryKey person_key(std::string_view id);  // capital letters are folded: Sato and sato are one id
Entry person_entry(const Person& person);
Result<std::optional<Person>> find_person(const TenantStore& zero, std::string_view id);
Result<std::vector<Person>> all_people(const TenantStore& zero);
// One human being under one id or two: the staff number counts within a tenant, whatever the role (promise 7).
std::string staff_key(std::string_view staff_number);  // to be compared with
bool same_human(const Person& one, const Person& other);
Result<bool> same_human(const TenantStore& zero, std::string_view id, const Person& other);

// Letters, digits, dot, hyphen, underscore, 3 to 64.
bool is_person_id(std::string_view id);
// admin, root, shared, 共用 ... also with digits behind them.
bool is_generic_name(std::string_view id_or_name);

using Fingerprint = Digest;  // SHA-256 of the client certificate (DER)
inline constexpr Fingerprint kLocalTerminal{'l', 'o', 'c', 'a',
                                            'l'};  // the administration socket; no digest of a certificate
struct Terminal {
  Fingerprint fingerprint{};
  std::string name;
  TenantId tenant;  // zero: of the data centre, for officers only
  bool revoked = false;
  Instant added{};
};
Bytes encode_terminal(const Terminal& terminal);
Result<Terminal> decode_terminal(const Fingerprint& fingerprint, ByteView bytes);
EntryKey terminal_key(const Fingerprint& fingerprint);
Result<std::optional<Terminal>> find_terminal(const TenantStore& zero, const Fingerprint& fingerprint);
Result<std::vector<Terminal>> all_terminals(const TenantStore& zero);
// Where the person may sit: a tenant's people at the tenant's terminals, officers at any or at the local socket.
bool may_use(const Person& person, const std::optional<Terminal>& terminal);

EntryKey grant_key(std::string_view person_id);  // in table Facts of the person's tenant
Result<Grant> find_grant(const TenantStore& store, std::string_view person_id);  // an empty grant when there is none

}  // namespace shosoin::service
