#include "admin-api/service/people/people.h"

#include <algorithm>
#include <array>

#include "admin-api/service/told_text.h"
#include "crypto/totp.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "storage/files/utf8.h"

namespace shosoin::service {
namespace {

constexpr std::uint16_t kPersonFormat = 2;
constexpr std::uint16_t kTerminalFormat = 1;
constexpr std::uint8_t kLocked = 1, kDisabled = 2, kGateLocked = 4, kRevoked = 1;

std::string folded(std::string_view id) {
  std::string out(id);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::uint64_t milliseconds(Instant instant) { return static_cast<std::uint64_t>(instant.time_since_epoch().count()); }
Instant instant_of(std::uint64_t value) { return Instant{std::chrono::milliseconds(static_cast<std::int64_t>(value))}; }

}  // namespace

Bytes encode_person(const Person& person) {
  ENSURE(person.totp.reveal().size() == crypto::kTotpSecretSize);
  Writer out;
  out.u16(kPersonFormat).text16(person.id).text16(person.name).text16(person.section).text16(person.staff_number);
  out.u8(static_cast<std::uint8_t>(person.role)).raw(person.tenant.view()).text16(person.password_hash);
  out.raw(person.totp.reveal()).u64(person.last_step);
  for (const auto* count : {&person.failures, &person.gate_failures}) {
    out.u32(count->since_success).u64(milliseconds(count->locked_at));
  }
  out.u8(static_cast<std::uint8_t>((person.failures.locked ? kLocked : 0) | (person.disabled ? kDisabled : 0) |
                                   (person.gate_failures.locked ? kGateLocked : 0)));
  return out.take();
}

Result<Person> decode_person(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  Person person;
  person.id = in.text16(limits::kMaxPersonText);
  person.name = in.text16(limits::kMaxPersonText);
  person.section = in.text16(limits::kMaxPersonText);
  person.staff_number = in.text16(limits::kMaxPersonText);
  const auto role = in.u8();
  person.tenant = TenantId(in.fixed<16>());
  person.password_hash = in.text16(limits::kMaxPersonText);
  person.totp = TotpBytes(in.raw(crypto::kTotpSecretSize));
  person.last_step = in.u64();
  for (auto* count : {&person.failures, &person.gate_failures}) {
    count->since_success = in.u32();
    count->locked_at = instant_of(in.u64());
  }
  const auto flags = in.u8();
  TRY(in.finish("read a person"));
  if (format != kPersonFormat || role < 1 || role > 5)
    return Error{ErrorCode::Integrity, "read a person of another format"};
  person.role = static_cast<Role>(role);
  person.failures.locked = (flags & kLocked) != 0;
  person.gate_failures.locked = (flags & kGateLocked) != 0;
  person.disabled = (flags & kDisabled) != 0;
  return person;
}

void FailureCount::add(Instant now) {
  ++since_success;
  if (since_success < static_cast<std::uint32_t>(limits::kFailuresToLock)) return;
  locked = true;
  locked_at = now;
}

bool Person::is_locked(bool gate, Instant now) const {
  const auto& count = gate && belongs_to_appliance(role) ? gate_failures : failures;
  return count.locked && !(belongs_to_appliance(role) && now - count.locked_at >= limits::kOfficerLock);
}

EntryKey person_key(std::string_view id) { return {TableId::People, copy_of(view_of(folded(id)))}; }
Entry person_entry(const Person& person) { return {person_key(person.id), encode_person(person)}; }

Result<std::optional<Person>> find_person(const TenantStore& zero, std::string_view id) {
  if (!is_person_id(id)) return std::optional<Person>{};
  TRY(auto stored, zero.get(person_key(id)));
  if (!stored) return std::optional<Person>{};
  TRY(auto person, decode_person(*stored));
  memory::wipe(*stored);
  return std::optional(std::move(person));
}

Result<std::vector<Person>> all_people(const TenantStore& zero) {
  std::vector<Person> people;
  Result<void> read = success();
  TRY(zero.scan(TableId::People, {}, [&](const Entry& entry) {
    auto person = decode_person(*entry.value);
    if (!person) {
      read = person.error();
      return false;
    }
    people.push_back(std::move(person.value()));
    return people.size() <= limits::kMaxPeople;
  }));
  TRY(std::move(read));
  return people;
}

// The same number however it was typed: full-width letters and digits, case, spaces, hyphens and leading zeros make no
// other person.
std::string staff_key(std::string_view staff_number) {
  std::string out;
  files::each_code_point(staff_number, [&](char32_t c) {
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;  // the full-width forms of ASCII
    const bool dash = c == '-' || c == 0x2212 || c == 0x30FC || (c >= 0x2010 && c <= 0x2015);
    if (!dash && !is_space(c)) files::append_utf8(out, c);
    return true;
  });
  const auto zeros = std::min(out.find_first_not_of('0'), out.empty() ? 0 : out.size() - 1);
  return folded(out.substr(zeros));
}

bool same_human(const Person& one, const Person& other) {
  return person_key(one.id) == person_key(other.id) ||
         (one.tenant == other.tenant && staff_key(one.staff_number) == staff_key(other.staff_number));
}

Result<bool> same_human(const TenantStore& zero, std::string_view id, const Person& other) {
  TRY(auto one, find_person(zero, id));
  if (!one) return Error{ErrorCode::Integrity, "find who asked"};
  return same_human(*one, other);
}

bool is_person_id(std::string_view id) {
  return id.size() >= 3 && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                  c == '_';
         });
}

bool is_generic_name(std::string_view id_or_name) {
  constexpr std::array<std::string_view, 18> kGeneric{
      "admin", "administrator", "root",     "shared",    "share", "common", "guest",  "test",   "tester",
      "user",  "default",       "everyone", "anonymous", "kyoyo", "管理者", "テスト", "ゲスト", "担当者"};
  constexpr std::array<std::string_view, 3> kInside{"共用", "共有", "共通"};
  std::string word = folded(id_or_name);
  while (!word.empty() && ((word.back() >= '0' && word.back() <= '9') || word.back() == '-' || word.back() == '_' ||
                           word.back() == '.' || word.back() == ' ')) {
    word.pop_back();
  }
  return std::ranges::find(kGeneric, word) != kGeneric.end() ||
         std::ranges::any_of(kInside, [&](std::string_view part) { return word.find(part) != std::string::npos; });
}

Bytes encode_terminal(const Terminal& terminal) {
  return Writer{}
      .u16(kTerminalFormat)
      .text16(terminal.name)
      .raw(terminal.tenant.view())
      .u64(milliseconds(terminal.added))
      .u8(terminal.revoked ? kRevoked : 0)
      .take();
}

Result<Terminal> decode_terminal(const Fingerprint& fingerprint, ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  Terminal terminal;
  terminal.fingerprint = fingerprint;
  terminal.name = in.text16(limits::kMaxPersonText);
  terminal.tenant = TenantId(in.fixed<16>());
  terminal.added = instant_of(in.u64());
  terminal.revoked = (in.u8() & kRevoked) != 0;
  TRY(in.finish("read a terminal"));
  if (format != kTerminalFormat) return Error{ErrorCode::Integrity, "read a terminal of another format", format};
  return terminal;
}

EntryKey terminal_key(const Fingerprint& fingerprint) { return {TableId::Terminals, copy_of(fingerprint)}; }

Result<std::optional<Terminal>> find_terminal(const TenantStore& zero, const Fingerprint& fingerprint) {
  TRY(auto stored, zero.get(terminal_key(fingerprint)));
  if (!stored) return std::optional<Terminal>{};
  TRY(auto terminal, decode_terminal(fingerprint, *stored));
  return std::optional(std::move(terminal));
}

Result<std::vector<Terminal>> all_terminals(const TenantStore& zero) {
  std::vector<Terminal> terminals;
  Result<void> read = success();
  TRY(zero.scan(TableId::Terminals, {}, [&](const Entry& entry) {
    Fingerprint fingerprint{};
    std::copy_n(entry.key.bytes.begin(), std::min(entry.key.bytes.size(), fingerprint.size()), fingerprint.begin());
    auto terminal = decode_terminal(fingerprint, *entry.value);
    if (!terminal) {
      read = terminal.error();
      return false;
    }
    terminals.push_back(std::move(terminal.value()));
    return terminals.size() <= limits::kMaxTerminals;
  }));
  TRY(std::move(read));
  return terminals;
}

bool may_use(const Person& person, const std::optional<Terminal>& terminal) {
  if (!terminal || terminal->revoked) return false;
  return belongs_to_appliance(person.role) || (terminal->tenant == person.tenant && terminal->tenant != kAppliance);
}

EntryKey grant_key(std::string_view person_id) {
  return {TableId::Facts, copy_of(view_of("grant/" + folded(person_id)))};
}

Result<Grant> find_grant(const TenantStore& store, std::string_view person_id) {
  TRY(auto stored, store.get(grant_key(person_id)));
  if (!stored) return Grant{};
  return decode_grant(*stored);
}

}  // namespace shosoin::service
