#include "admin-api/service/init.h"

#include <algorithm>

#include "admin-api/service/people/people.h"
#include "admin-api/service/people/terminal_authority.h"
#include "admin-api/service/private_file.h"
#include "admin-api/service/retention/erasures.h"
#include "crypto/password.h"
#include "crypto/shares.h"
#include "crypto/totp.h"
#include "firmware/base/codec.h"
#include "firmware/base/disk.h"
#include "hardware/tpm/boot_approval.h"
#include "storage/erasure/appliance.h"
#include "storage/erasure/provisioning_record.h"

namespace shosoin::service {
namespace {

namespace fs = std::filesystem;

Error refuse(ErrorCode code, Literal doing, std::string* at, std::string place) {
  if (at != nullptr) *at = std::move(place);
  return Error{code, doing};
}

bool is_empty_or_absent(const fs::path& directory) {
  std::error_code failed;
  return !fs::exists(directory, failed) || (fs::is_directory(directory, failed) && fs::is_empty(directory, failed));
}

Result<void> check_places(const Settings& settings, const InitInput& input) {
  if (fs::exists(settings.data_directory / kProvisioningFile)) {
    return Error{ErrorCode::Conflict, "initialise an appliance a second time"};
  }
  if (!is_empty_or_absent(settings.data_directory))
    return Error{ErrorCode::Conflict, "use a data directory that is not empty"};
  if (!is_empty_or_absent(settings.state_copy_directory)) {
    return Error{ErrorCode::Conflict, "use a state copy directory that is not empty"};
  }
  if (fs::exists(settings.auth_file)) return Error{ErrorCode::Conflict, "overwrite TPM authorisation values"};
  if (!is_empty_or_absent(input.share_directory))
    return Error{ErrorCode::Conflict, "use a share directory that is not empty"};
  return success();
}

// As enrolment checks a person; A-12: there is no account before these two, and none with a default password.
Result<Person> officer_from(const OfficerInput& input, const std::string& place, std::string* at) {
  if (!is_person_id(input.id) || is_generic_name(input.id)) {
    return refuse(ErrorCode::InvalidContent, "accept the id of an officer", at, place + "/id");
  }
  if (input.name.empty() || is_generic_name(input.name)) {
    return refuse(ErrorCode::InvalidContent, "accept the name of an officer", at, place + "/name");
  }
  if (input.section.empty() || input.staff_number.empty()) {
    return refuse(ErrorCode::InvalidContent, "enrol an officer without section and staff number", at,
                  place + "/staffNumber");
  }
  if (input.totp_secret.size() != crypto::kTotpSecretSize) {
    return refuse(ErrorCode::InvalidContent, "read the second factor of an officer", at, place + "/totpSecret");
  }
  if (auto strong =
          crypto::check_password_strength(input.password, {input.id, input.name, input.staff_number, input.section});
      !strong) {
    if (at != nullptr) *at = place + "/password";
    return strong.error();
  }
  Person person;
  person.id = input.id;
  person.name = input.name;
  person.section = input.section;
  person.staff_number = input.staff_number;
  person.role = Role::SecurityOfficer;
  person.totp = TotpBytes(input.totp_secret);
  TRY(person.password_hash, crypto::hash_password(input.password));
  return person;
}

Result<std::vector<Person>> officers_from(const InitInput& input, std::string* at) {
  const auto& [first, second] = input.officers;
  if (person_key(first.id) == person_key(second.id) ||
      staff_key(first.staff_number) == staff_key(second.staff_number)) {
    return refuse(ErrorCode::InvalidContent, "accept one person as two officers", at, "/officers/1/id");
  }
  if (first.totp_secret == second.totp_secret) {
    return refuse(ErrorCode::InvalidContent, "bind one second factor to two officers", at, "/officers/1/totpSecret");
  }
  if (first.password == second.password) {
    return refuse(ErrorCode::InvalidContent, "accept one password for two officers", at, "/officers/1/password");
  }
  std::vector<Person> officers;
  TRY(auto one, officer_from(first, "/officers/0", at));
  officers.push_back(std::move(one));
  TRY(auto two, officer_from(second, "/officers/1", at));
  officers.push_back(std::move(two));
  return officers;
}

Result<tpm::BootTrust> boot_trust(const Settings& settings) {
  TRY(auto pem, read_file(settings.signer_public_key, kMaxInstallationFile));
  TRY(auto approvals, read_file(settings.boot_approvals, kMaxInstallationFile));
  return tpm::load_boot_trust(text_of(pem), text_of(approvals));
}

Result<tpm::CustodianAuth> hand_out_shares(const CustodianSecret& secret, const fs::path& directory) {
  TRY(disk::make_directory(directory));
  for (const auto& share : crypto::split_custodian_secret(secret)) {
    auto text = crypto::share_to_text(share) + "\n";
    auto written = write_private(directory / ("custodian-" + std::to_string(share.number) + ".share"), view_of(text));
    memory::wipe(text);
    TRY(std::move(written));
  }
  return tpm::CustodianAuth{
      crypto::derive_custodian_auth(secret, "owner"), crypto::derive_custodian_auth(secret, "endorsement"),
      crypto::derive_custodian_auth(secret, "lockout"), crypto::p256_public(crypto::custodian_signing_scalar(secret))};
}

std::vector<Entry> first_entries(const std::vector<Person>& officers, const SigningSeed& signing,
                                 const TerminalAuthority& authority, Instant now) {
  std::vector<Entry> entries;
  for (const auto& officer : officers) entries.push_back(person_entry(officer));
  signing.expose([&](auto bytes) {
    entries.push_back({{TableId::SigningKeys, copy_of(view_of("certificates"))}, Bytes(bytes.begin(), bytes.end())});
  });
  entries.push_back({terminal_authority_key(), authority.key_der});
  entries.push_back(
      {last_batch_key(), Writer{}.u64(static_cast<std::uint64_t>(now.time_since_epoch().count())).take()});
  std::ranges::sort(entries, {}, &Entry::key);
  return entries;
}

Result<std::string> provisioning_text(const tpm::Pins& pins, const tpm::TpmFacts& facts, const SigningSeed& signing,
                                      const CustodianSecret& secret, Instant now) {
  erasure::ProvisioningRecord record;
  record.appliance_id = RecordId::random().hex();
  record.made_at = to_iso8601(now);
  record.pins = pins;
  record.signing_key = crypto::ed25519_public_key(signing);
  record.tpm_manufacturer = facts.manufacturer;
  record.tpm_vendor = facts.vendor;
  record.software_tpm = facts.software;
  auto text = erasure::sign_provisioning_record(record, crypto::custodian_signing_scalar(secret));
  TRY(erasure::read_provisioning_record(text));  // as every verifier will
  return text;
}

Result<void> make_parent(const fs::path& file) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  return failed ? Result<void>(Error{ErrorCode::Settings, "make a directory of the installation", failed.value()})
                : success();
}

}  // namespace

OfficerInput::~OfficerInput() {
  memory::wipe(password);
  memory::wipe(totp_secret);
}

Result<void> initialise_appliance(const Settings& settings, const InitInput& input, const Clock& clock,
                                  std::string* at) {
  TRY(check_places(settings, input));
  TRY(auto officers, officers_from(input, at));
  TRY(auto trust, boot_trust(settings));
  TRY(const auto facts, tpm::Anchor::examine(settings.tcti));
  if (settings.hardware_only && facts.software) {
    return Error{ErrorCode::Settings, "initialise a software TPM: tpm.hardware_only is set"};
  }
  if (facts.owned) return Error{ErrorCode::Conflict, "provision a TPM that is owned already"};
  for (const auto& file : {settings.auth_file, settings.data_directory / "x", settings.state_copy_directory / "x"}) {
    TRY(make_parent(file));
  }
  std::error_code failed;  // ciphertext or not, what lies in it is nobody else's business; the data directory follows
  fs::permissions(settings.state_copy_directory, fs::perms::owner_all, failed);
  if (failed) return Error{ErrorCode::Settings, "close the state copy directory to others", failed.value()};

  const auto now = clock.now();
  const auto secret = CustodianSecret::random();
  TRY(const auto custodians, hand_out_shares(secret, input.share_directory));
  auto service = tpm::make_service_auth();
  auto auth = tpm::encode_service_auth(service);
  auto kept = write_private(settings.auth_file, auth);
  memory::wipe(auth);
  TRY(std::move(kept));

  TRY(const auto pins, tpm::Anchor::provision(settings.tcti, service, custodians, trust));
  TRY(auto anchor, tpm::Anchor::open(settings.tcti, pins, std::move(service), std::move(trust)));
  const auto signing = SigningSeed::random();
  TRY(auto authority, make_terminal_authority(now));
  const erasure::Places places{settings.data_directory, settings.state_copy_directory};
  auto made =
      erasure::Appliance::initialise(places, pins, *anchor, clock, first_entries(officers, signing, authority, now));
  memory::wipe(authority.key_der);
  TRY(std::move(made));
  TRY(write_public(settings.data_directory / kTerminalAuthorityFile, view_of(authority.certificate_pem)));
  TRY(auto record, provisioning_text(pins, facts, signing, secret, now));
  return write_public(settings.data_directory / kProvisioningFile, view_of(record));
}

}  // namespace shosoin::service
